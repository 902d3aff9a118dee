"""Promise: how often the precision promised of the accepted pseudo-labels is broken, and how many are accepted.

Takes  a folder of Parquet tables with a column `target`, numbers of labels, and seeds.
Gives  for each number of labels: runs, runs in which the accepted labels are less often right than promised, and the
       share of the unlabeled rows that was accepted.

    python benchmarks/verdict/promise.py --data FOLDER --seeds 10 --out promise.csv

Labeled rows are drawn as they come; one line a run is appended to --out, so that a run cut short goes on. The real
precision is that of the accepted rows, whose labels nobody was shown. Verdicts need repeats, promises do not: each run
makes the model once for every fold and once more.

Before this: nothing. After this: docs/explanation/verdict.md.
"""

import argparse
import csv
import time
import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from pseudolabel.classifier import PseudoLabelClassifier
from pseudolabel.comparison import Comparable, case_of_labels, compare_by_splits
from pseudolabel.data.block import Block
from pseudolabel.data.labels import read_labels
from pseudolabel.judgement.splits import Design, Effort
from pseudolabel.judgement.verdict import without_evidence

TABLES = ("digits", "letter", "adult", "phoneme", "dry_bean", "mammography")
LABELS = (100, 300, 1000)
COLUMNS = ("table", "n_labeled", "seed", "committee", "unlabeled", "accepted", "right", "reason", "seconds")


class OneRepeat(Comparable):
    """A case whose rows are held out once each."""

    def design(self, effort: Effort) -> Design | None:
        """Give the usual folds, once."""
        usual = super().design(effort)
        return None if usual is None else replace(usual, n_repeats=1)


def run(
    table: pd.DataFrame, n_labeled: int, seed: int, *, committee: str, n_unlabeled: int, precision: float
) -> dict[str, Any]:
    """Draw labels, learn, accept, and count how many of the accepted labels are right."""
    started = time.perf_counter()
    rows = table.sample(frac=1, random_state=seed)[: n_labeled + n_unlabeled]
    truth = rows.pop("target").astype(str).to_numpy(dtype=object)
    y = np.where(np.arange(len(rows)) < n_labeled, truth, None)
    model = PseudoLabelClassifier(committee=committee, unlabeled=None, random_state=seed).fit(rows, y)
    case = case_of_labels(model, Block(rows), read_labels(y, unlabeled=None))
    evidence = compare_by_splits(OneRepeat(**vars(case)))
    # The promise is looked at alone: no verdict, and so no veto.
    model.heed(evidence, replace(without_evidence("not_asked"), reason="undecided"), rows)
    acceptance = model.accept(precision=precision)
    labels = model.pseudo_labels_
    accepted = (labels["source"] == "accepted").to_numpy()
    return {
        "unlabeled": len(rows) - n_labeled,
        "accepted": int(accepted.sum()),
        "right": int((labels["pseudo_label"].to_numpy()[accepted] == truth[accepted]).sum()),
        "reason": acceptance.reason,
        "seconds": round(time.perf_counter() - started, 1),
    }


def summarise(path: Path, precision: float) -> str:
    """Give a table in Markdown: a line for each number of labels."""
    runs = pd.read_csv(path)
    lines = [
        "| labels | runs | a promise given | broken, of all runs | broken, of promises | mean share accepted |",
        "|---:|---:|---:|---:|---:|---:|",
    ]
    for name, of_size in [*runs.groupby("n_labeled"), ("all", runs)]:
        given = of_size[of_size["accepted"] > 0]
        broken = int((given["right"] < precision * given["accepted"]).sum())
        error = np.sqrt(max(broken, 1) / len(of_size) * (1 - broken / len(of_size)) / len(of_size))
        lines.append(
            f"| {name} | {len(of_size)} | {len(given) / len(of_size):.0%} | {broken / len(of_size):.1%} "
            f"± {error:.1%} | {broken / max(len(given), 1):.1%} | "
            f"{(of_size['accepted'] / of_size['unlabeled']).mean():.0%} |"
        )
    return "\n".join(lines)


def main() -> None:
    """Go through all draws that are not in the file yet."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--data", type=Path, required=True)
    options.add_argument("--out", type=Path, required=True)
    options.add_argument("--seeds", type=int, default=10)
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
        for seed in range(asked.seeds):
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
