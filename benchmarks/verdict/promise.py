"""Promise: how often the precision promised of the accepted pseudo-labels is broken, and how many are accepted.

Takes  a folder of Parquet tables with a column `target`, numbers of labels, and seeds.
Gives  for each number of labels: runs, runs in which the accepted labels are less often right than promised, and the
       share of the unlabeled rows that was accepted; the same for another rule on the same fits.

    python benchmarks/verdict/promise.py --data FOLDER --seeds 0 1 2 --out promise.csv

Labeled rows are drawn as they come; one line a run is appended to --out, so that a run cut short goes on. The real
precision is that of the accepted rows, whose labels nobody was shown. Verdicts need repeats, promises do not: each run
makes the model once for every fold and once more.

The other rule, "by folds", holds the same levels against the mean of what the models of the folds say of the unlabeled
rows, and accepts a row if that agrees with its label. It takes a pass over all rows for every fold.

Before this: nothing. After this: docs/explanation/verdict.md.
"""

import argparse
import csv
import time
import warnings
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pseudolabel.classifier import PseudoLabelClassifier
from pseudolabel.comparison import SEEDS
from pseudolabel.judgement.evidence import Answer, Evidence, gather
from pseudolabel.judgement.levels import HeldOut, Terms, find_levels
from pseudolabel.judgement.splits import choose_design, count_scored_rows, deal_splits
from pseudolabel.judgement.verdict import without_evidence
from pseudolabel.learning.model import aligned

TABLES = ("digits", "letter", "adult", "phoneme", "dry_bean", "mammography")
LABELS = (100, 300, 1000)
RULES = {"": "the rule", "_by_folds": "by folds"}
COLUMNS = (
    *("table", "n_labeled", "seed", "committee", "unlabeled", "accepted", "right"),
    *("accepted_by_folds", "right_by_folds", "reason", "seconds"),
)


@dataclass(frozen=True)
class OfFolds:
    """What the models of the folds say: of labeled rows each its own, of the unlabeled rows their mean."""

    evidence: Evidence
    unlabeled: NDArray[np.float64]


def run(
    table: pd.DataFrame, n_labeled: int, seed: int, *, committee: str, n_unlabeled: int, precision: float
) -> dict[str, Any]:
    """Draw labels, learn, accept, and count how many of the accepted labels are right."""
    started = time.perf_counter()
    rows = table.sample(frac=1, random_state=seed)[: n_labeled + n_unlabeled]
    truth = rows.pop("target").astype(str).to_numpy(dtype=object)
    y = np.where(np.arange(len(rows)) < n_labeled, truth, None)
    model = PseudoLabelClassifier(committee=committee, unlabeled=None, random_state=seed).fit(rows, y)
    of_folds = ask_folds(model, rows, y, seed)
    # The promise is looked at alone: no verdict, and so no veto.
    model.heed(of_folds.evidence, replace(without_evidence("not_asked"), reason="undecided"), rows)
    acceptance = model.accept(precision=precision)
    labels = model.pseudo_labels_[n_labeled:]
    right = labels["pseudo_label"].to_numpy() == truth[n_labeled:]
    accepted = {
        "": (labels["source"] == "accepted").to_numpy(),
        "_by_folds": accept_by_folds(of_folds, np.searchsorted(model.classes_, labels["pseudo_label"]), precision),
    }
    counts = {f"accepted{rule}": int(rows.sum()) for rule, rows in accepted.items()}
    counts |= {f"right{rule}": int(right[rows].sum()) for rule, rows in accepted.items()}
    return {
        "unlabeled": len(right),
        **counts,
        "reason": acceptance.reason,
        "seconds": round(time.perf_counter() - started, 1),
    }


def ask_folds(model: PseudoLabelClassifier, rows: pd.DataFrame, y: NDArray[Any], seed: int) -> OfFolds:
    """Hold each labeled row out once, as `compare` does in its first repeat, and ask about all unlabeled rows too."""
    given = np.array([label is not None for label in y])
    classes, codes = model.classes_, np.full(len(y), -1)
    codes[given] = np.searchsorted(classes, y[given].astype(str))
    design = replace(choose_design(count_scored_rows(codes)), n_repeats=1)
    splits = deal_splits(codes, design, seed=seed)
    assert splits is not None
    answers, of_unlabeled = [], []
    for fold, split in enumerate(splits):
        own = PseudoLabelClassifier(
            committee=model.committee, unlabeled=None, random_state=(1000 * seed + fold) % SEEDS
        )
        own.fit(rows.iloc[split.train], y[split.train])
        held_out = rows.iloc[split.held_out]
        by_each = np.stack([aligned(said, own.classes_, classes) for said in own.predict_by_each(held_out)])
        answers.append(Answer(by_each, aligned(own.suggest_proba(held_out), own.classes_, classes)))
        of_unlabeled.append(aligned(own.suggest_proba(rows[~given]), own.classes_, classes))
    return OfFolds(gather(answers, splits, codes, design), np.mean(of_unlabeled, axis=0))


def accept_by_folds(of_folds: OfFolds, published: NDArray[np.int64], precision: float) -> NDArray[np.bool_]:
    """Accept the rows whose label the models of the folds agree to, at a mean confidence that reaches the level."""
    evidence, said = of_folds.evidence, of_folds.evidence.suggested
    codes = said.argmax(axis=1)
    terms = Terms(precision, 0.9, per_class=False, n_labeled=evidence.n_rows, n_classes=said.shape[1])
    level = find_levels(HeldOut(said.max(axis=1), codes, codes == evidence.truth), terms)[0]
    agreed = of_folds.unlabeled.argmax(axis=1) == published
    return np.asarray(agreed & (of_folds.unlabeled.max(axis=1) >= level))


def summarise(path: Path, precision: float) -> str:
    """Give a table in Markdown: a line for each number of labels and rule."""
    runs = pd.read_csv(path)
    lines = [
        "| labels | level held against | runs | a promise given | broken, of all runs | broken, of promises "
        "| mean share accepted |",
        "|---:|---|---:|---:|---:|---:|---:|",
    ]
    for name, of_size in [*runs.groupby("n_labeled"), ("all", runs)]:
        lines += [f"| {name} | {said} | {_line(of_size, rule, precision)} |" for rule, said in RULES.items()]
    return "\n".join(lines)


def _line(runs: pd.DataFrame, rule: str, precision: float) -> str:
    accepted, right, n_runs = runs[f"accepted{rule}"], runs[f"right{rule}"], len(runs)
    given, broken = int((accepted > 0).sum()), int((right < precision * accepted).sum())
    error = np.sqrt(max(broken, 1) / n_runs * (1 - broken / n_runs) / n_runs)
    return (
        f"{n_runs} | {given / n_runs:.0%} | {broken / n_runs:.1%} ± {error:.1%} | {broken / max(given, 1):.1%} | "
        f"{(accepted / runs['unlabeled']).mean():.1%}"
    )


def main() -> None:
    """Go through all draws that are not in the file yet."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--data", type=Path, required=True)
    options.add_argument("--out", type=Path, required=True)
    options.add_argument("--seeds", nargs="+", type=int, default=range(10))
    options.add_argument("--tables", nargs="+", default=TABLES)
    options.add_argument("--labels", nargs="+", type=int, default=LABELS)
    options.add_argument("--unlabeled", type=int, default=2000)
    options.add_argument("--committee", default="full")
    options.add_argument("--precision", type=float, default=0.95)
    options.add_argument("--minutes", type=float, default=float("inf"))
    options.add_argument("--summary-only", action="store_true")
    asked = options.parse_args()
    warnings.simplefilter("ignore")
    end = time.monotonic() + 60 * asked.minutes
    if not asked.summary_only:
        _go_through(asked, end)
    print(summarise(asked.out, asked.precision))


def _go_through(asked: argparse.Namespace, end: float) -> None:
    done = set()
    if asked.out.exists():
        known = pd.read_csv(asked.out)
        done = set(zip(known["table"], known["n_labeled"], known["seed"], strict=True))
    with asked.out.open("a", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS)
        if not done and not file.tell():
            writer.writeheader()
        for seed in asked.seeds:
            for name in asked.tables:
                table = pd.read_parquet(asked.data / f"{name}.parquet")
                for n_labeled in asked.labels:
                    enough = len(table) >= n_labeled + 300 and n_labeled >= 2 * table["target"].nunique()
                    if (name, n_labeled, seed) in done or not enough or time.monotonic() > end:
                        continue
                    found = run(
                        table,
                        n_labeled,
                        seed,
                        committee=asked.committee,
                        n_unlabeled=asked.unlabeled,
                        precision=asked.precision,
                    )
                    given = {"table": name, "n_labeled": n_labeled, "seed": seed, "committee": asked.committee}
                    writer.writerow({**given, **found})
                    file.flush()


if __name__ == "__main__":
    main()
