"""Shift: how often differences between labeled and unlabeled rows are found, and how often one is found where none is.

Takes  scikit-learn's shipped tables, and those of a folder of Parquet files with a column `target`.
Gives  three tables in Markdown, losses included: for the shift test, for novel rows, and for the promise of precision.

Rows are labeled at random, up to 1 000 others are not. Then, but for the first kind, the unlabeled rows are moved:

    none            not at all: what is found here is a false alarm
    ten of each     labels drawn class by class, as many as there would have been at random
    tilt k          drawn with odds exp(k z), z the first principal component in standard deviations
    prior 3         drawn with odds of 3 for the rows of a random half of the classes (of values above the median)
    column k        one column moved by k of its standard deviations
    unit            one column multiplied by 1.5, as if measured in another unit
    category        in 30 % of the rows one category replaced by the commonest of its column
    joint k         a share k of the columns shuffled among the unlabeled rows: each column alone stays as it was
    catalogue       120 rows of two Gaussian classes, every sixth labeled, one column moved by 8 in all others

For novel rows a class is never labeled: one that holds 3 % of the rows or more. For the promise a forest's
out-of-fold confidence sets the level from which on at least 95 % of the labels are right, with 90 % confidence (a fixed
sequence of Clopper-Pearson bounds); it is broken when fewer than 95 % of the unlabeled rows above it are.

    python benchmarks/verdict/shift.py --data FOLDER --seeds 8 --labels 20 50 100 300 1000
"""

import argparse
import warnings
from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import beta
from sklearn.datasets import (
    load_breast_cancer,
    load_diabetes,
    load_digits,
    load_iris,
    load_wine,
    make_friedman1,
    make_friedman2,
    make_friedman3,
)
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import StratifiedKFold

from pseudolabel.data.features import learn_features
from pseudolabel.judgement.novelty import look_for_novelty
from pseudolabel.judgement.shift import look_for_shift

MOST_ROWS, MOST_UNLABELED = 6_000, 1_000
SHIPPED = {
    "breast_cancer": load_breast_cancer,
    "diabetes": load_diabetes,
    "digits": load_digits,
    "iris": load_iris,
    "wine": load_wine,
}
GENERATED = {"reg_friedman1": make_friedman1, "reg_friedman2": make_friedman2, "reg_friedman3": make_friedman3}

KINDS = (
    "none",
    "ten of each",
    "tilt 0.5",
    "tilt 1",
    "prior 3",
    "column 0.5",
    "column 1",
    "column 2",
    "unit",
    "category",
    "joint 0.3",
    "joint 1",
    "catalogue",
)
CATALOGUE_SEEDS = 20
"""Repeats of the catalogue's case for each seed: it is a small table, and the only one of its kind."""

Table = tuple[pd.DataFrame, np.ndarray]
"""The columns, and the codes of the classes (for a regression: below or above the median)."""


def read_tables(folder: Path | None) -> dict[str, Table]:
    """Read all tables, each cut to 6 000 rows."""
    frames = {name: load(as_frame=True).frame for name, load in SHIPPED.items()}
    for name, make in GENERATED.items():
        X, y = make(n_samples=2_000, random_state=0)
        frames[name] = pd.DataFrame(X).add_prefix("x").assign(target=y)
    files = sorted(folder.glob("*.parquet")) if folder else []
    frames |= {path.stem: pd.read_parquet(path) for path in files}
    return {name: _cut(frame) for name, frame in frames.items()}


def _cut(frame: pd.DataFrame) -> Table:
    frame = frame.sample(min(len(frame), MOST_ROWS), random_state=0).reset_index(drop=True)
    target = frame.pop("target")
    if target.nunique() > 26:
        return frame, (target > target.median()).to_numpy().astype(np.int64)
    return frame, np.unique(target.astype(str), return_inverse=True)[1]


def divide(
    table: Table, kind: str, n_labeled: int, rng: np.random.Generator
) -> tuple[pd.DataFrame, np.ndarray, int] | None:
    """Give rows, the labeled ones first, their classes and how many are labeled; None where a kind does not apply."""
    frame, codes = table
    name, _, strength = kind.partition(" ")
    order = rng.permutation(len(frame))
    n_labeled = min(n_labeled, len(frame) // 3)
    if kind == "ten of each":
        order = _class_by_class(order, codes, n_labeled)
    labeled, rest = order[:n_labeled], order[n_labeled:]
    if name in ("tilt", "prior"):
        odds = _tilt(table, float(strength)) if name == "tilt" else _prior(codes, float(strength), rng)
        at_most = min(MOST_UNLABELED, len(rest) // 2)
        rest = rng.choice(rest, at_most, replace=False, p=odds[rest] / odds[rest].sum())
    rows = np.concatenate([labeled, rest[:MOST_UNLABELED]])
    moved = frame.iloc[rows].reset_index(drop=True)
    change = CHANGES.get(name)
    if change is None:
        return moved, codes[rows], n_labeled
    changed = change(moved, n_labeled, float(strength or 0), rng)
    return None if changed is None else (changed, codes[rows], n_labeled)


def _class_by_class(order: np.ndarray, codes: np.ndarray, n_labeled: int) -> np.ndarray:
    turn = pd.Series(codes[order]).groupby(codes[order]).cumcount().to_numpy()
    first = np.argsort(turn, kind="stable")[:n_labeled]
    return np.concatenate([order[first], np.delete(order, first)])


def _tilt(table: Table, strength: float) -> np.ndarray:
    matrix = np.asarray(learn_features(table[0])[1], dtype=np.float64)
    matrix = np.nan_to_num(matrix - np.nanmean(matrix, axis=0))
    spread = matrix.std(axis=0)
    scaled = matrix[:, spread > 0] / spread[spread > 0]
    component = scaled @ np.linalg.eigh(scaled.T @ scaled)[1][:, -1]
    return np.exp(strength * component / component.std())


def _prior(codes: np.ndarray, strength: float, rng: np.random.Generator) -> np.ndarray:
    classes = rng.permutation(codes.max() + 1)
    return np.where(np.isin(codes, classes[: len(classes) // 2]), strength, 1.0)


def _numbers(frame: pd.DataFrame) -> list[str]:
    return [name for name in frame.select_dtypes("number") if frame[name].nunique() > 10]


def _move_column(frame: pd.DataFrame, n_labeled: int, strength: float, rng: np.random.Generator) -> pd.DataFrame | None:
    names = _numbers(frame)
    if not names:
        return None
    name = rng.choice(names)
    column = frame[name].astype(float)
    moved = column.where(np.arange(len(frame)) < n_labeled, column + strength * column.std())
    return frame.assign(**{name: moved})


def _change_unit(frame: pd.DataFrame, n_labeled: int, _: float, rng: np.random.Generator) -> pd.DataFrame | None:
    names = _numbers(frame)
    if not names:
        return None
    name = rng.choice(names)
    column = frame[name].astype(float)
    return frame.assign(**{name: column.where(np.arange(len(frame)) < n_labeled, 1.5 * column)})


def _change_category(frame: pd.DataFrame, n_labeled: int, _: float, rng: np.random.Generator) -> pd.DataFrame | None:
    names = [name for name in frame.select_dtypes(exclude="number") if frame[name].nunique() <= 40]
    if not names:
        return None
    name = rng.choice(names)
    hit = (np.arange(len(frame)) >= n_labeled) & (rng.random(len(frame)) < 0.3)
    return frame.assign(**{name: frame[name].astype(object).mask(hit, frame[name].mode()[0])})


def _shuffle_columns(frame: pd.DataFrame, n_labeled: int, share: float, rng: np.random.Generator) -> pd.DataFrame:
    frame = frame.copy()
    for name in rng.permutation(list(frame))[: max(1, round(share * frame.shape[1]))]:
        column = frame[name].to_numpy().copy()
        column[n_labeled:] = rng.permutation(column[n_labeled:])
        frame[name] = column
    return frame


CHANGES: dict[str, Callable[..., pd.DataFrame | None]] = {
    "column": _move_column,
    "unit": _change_unit,
    "category": _change_category,
    "joint": _shuffle_columns,
}


def catalogue_case(rng: np.random.Generator) -> tuple[pd.DataFrame, np.ndarray, int]:
    """Give the fault catalogue's case: 20 labeled rows, 100 others whose first column is moved by 8."""
    codes = np.arange(120) % 2
    matrix = rng.normal(size=(120, 4))
    matrix[:, 0] += 3 * codes
    labeled = np.arange(120) // 2 % 6 == 0
    matrix[~labeled, 0] += 8
    order = np.argsort(~labeled, kind="stable")
    return pd.DataFrame(matrix[order]).add_prefix("x"), codes[order], int(labeled.sum())


def measure_shift(tables: dict[str, Table], kinds: list[str], labels: list[int], seeds: int) -> pd.DataFrame:
    """Look for a shift of every kind in every table."""
    lines = []
    for kind, n_labels, seed in product(kinds, labels, range(seeds)):
        if kind == "catalogue":
            repeats = range(CATALOGUE_SEEDS if n_labels == labels[0] else 0)
            cases = [("catalogue", catalogue_case(np.random.default_rng([seed, repeat]))) for repeat in repeats]
        else:
            rng = np.random.default_rng([KINDS.index(kind), n_labels, seed])
            cases = [(name, divide(table, kind, n_labels, rng)) for name, table in tables.items()]
        for name, case in cases:
            if case is not None:
                lines.append({"table": name, "kind": kind, "labels": n_labels, "seed": seed} | _look(case, kind, seed))
    return pd.DataFrame(lines)


def _look(case: tuple[pd.DataFrame, np.ndarray, int], kind: str, seed: int) -> dict[str, Any]:
    frame, _, n_labeled = case
    features, matrix = learn_features(frame)
    names = features.origins(matrix.shape[1])
    shift = look_for_shift(matrix[:n_labeled], matrix[n_labeled:], names, seed=seed)
    return {
        "found": shift.code == "shift",
        "p": shift.p_value,
        "auc": shift.auc,
        "lower": shift.auc_interval[0] if shift.auc_interval else None,
        "named": len(shift.columns),
    } | (
        {"novel": look_for_novelty(matrix[:n_labeled], matrix[n_labeled:], seed=seed).code == "novel"}
        if kind == "none"
        else {}
    )


def measure_novelty(tables: dict[str, Table], labels: list[int], seeds: int) -> pd.DataFrame:
    """Look for the rows of a class that was never labeled."""
    lines = []
    for name, n_labels, seed in product(tables, labels, range(seeds)):
        frame, codes = tables[name]
        rng = np.random.default_rng([99, n_labels, seed])
        common = np.flatnonzero(np.bincount(codes) >= 0.03 * len(codes))
        order, novel = rng.permutation(len(codes)), codes == rng.choice(common)
        labeled = order[~novel[order]][: min(n_labels, len(codes) // 3)]
        rest = np.setdiff1d(order, labeled)
        rest = rng.permutation(rest)[: 3 * MOST_UNLABELED]
        matrix = learn_features(frame.iloc[np.concatenate([labeled, rest])])[1]
        found = look_for_novelty(matrix[: len(labeled)], matrix[len(labeled) :], seed=seed)
        truth = novel[rest]
        expected = truth.mean() / (1 - truth.mean()) * len(labeled)
        lines.append(
            {
                "table": name,
                "labels": n_labels,
                "seed": seed,
                "classes": "two classes" if len(common) < 3 else "more classes",
                "missed": expected,
                "found": found.code == "novel",
                "recall": np.isin(np.flatnonzero(truth), found.rows).mean(),
                "precision": truth[found.rows].mean() if len(found.rows) else np.nan,
            }
        )
    return pd.DataFrame(lines)


def measure_promise(tables: dict[str, Table], kinds: list[str], labels: list[int], seeds: int) -> pd.DataFrame:
    """Promise a precision on labeled rows, and see whether it is kept by the unlabeled ones."""
    lines = []
    for name, kind, n_labels, seed in product(tables, kinds, labels, range(seeds)):
        rng = np.random.default_rng([7, KINDS.index(kind), n_labels, seed])
        case = divide(tables[name], kind, n_labels, rng)
        if case is None:
            continue
        frame, codes, n_labeled = case
        features, matrix = learn_features(frame)
        kept = _keep_promise(np.nan_to_num(np.asarray(matrix)), codes, n_labeled, seed)
        if kept is not None:
            names = features.origins(matrix.shape[1])
            shift = look_for_shift(matrix[:n_labeled], matrix[n_labeled:], names, seed=seed)
            assert shift.p_value is not None
            assert shift.auc_interval is not None
            lines.append(
                {"table": name, "kind": kind, "labels": n_labels, "seed": seed, "broken": kept < 0.95, "kept": kept}
                | {"p": shift.p_value, "auc": shift.auc, "lower": shift.auc_interval[0]}
            )
    return pd.DataFrame(lines)


def _keep_promise(matrix: np.ndarray, codes: np.ndarray, n_labeled: int, seed: int) -> float | None:
    """Give the share of right labels among the accepted unlabeled rows; None where nothing is promised."""
    labels, unlabeled = codes[:n_labeled], matrix[n_labeled:]
    if np.bincount(labels).max() == n_labeled:
        return None
    confidence, right, votes = np.zeros(n_labeled), np.zeros(n_labeled, dtype=bool), np.zeros((len(unlabeled), 99))
    for train, held_out in StratifiedKFold(5, shuffle=True, random_state=seed).split(labels, labels):
        forest = RandomForestClassifier(random_state=seed).fit(matrix[train], labels[train])
        told = forest.predict_proba(matrix[held_out])
        confidence[held_out] = told.max(axis=1)
        right[held_out] = forest.classes_[told.argmax(axis=1)] == labels[held_out]
        votes[:, forest.classes_] += forest.predict_proba(unlabeled) / 5
    level = promised_level(confidence, right)
    accepted = votes.max(axis=1) >= level
    return float((votes.argmax(axis=1) == codes[n_labeled:])[accepted].mean()) if accepted.any() else None


def promised_level(confidence: np.ndarray, right: np.ndarray) -> float:
    """Give the lowest confidence for which 95 % can be promised; infinity if there is none."""
    order = np.argsort(-confidence, kind="stable")
    confidence, right, n_rows = confidence[order], right[order], len(right)
    size, level = 45 if n_rows < 200 else 77 if n_rows < 600 else 132, np.inf
    while size <= n_rows:
        size = int(np.searchsorted(-confidence, -confidence[size - 1], side="right"))
        n_right = int(right[:size].sum())
        if n_right == 0 or beta.ppf(0.10, n_right, size - n_right + 1) < 0.95:
            break
        level = confidence[size - 1]
        size = max(size + 1, int(np.ceil(1.1 * size)))
    return float(level)


def share(hits: pd.Series) -> str:
    """Give a share in percent with its standard error, of the rule of succession where it would be 0."""
    n = len(hits)
    smoothed = (hits.sum() + 1) / (n + 2)
    return f"{100 * hits.mean():.1f} ± {100 * np.sqrt(smoothed * (1 - smoothed) / n):.1f} ({n})"


def markdown(frame: pd.DataFrame) -> str:
    """Give a frame as a table in Markdown."""
    cells = [["", *map(str, frame.columns)], ["---"] * (frame.shape[1] + 1)]
    cells += [[str(name), *map(str, row)] for name, row in zip(frame.index, frame.to_numpy().tolist(), strict=True)]
    return "\n".join(f"| {' | '.join(row)} |" for row in cells)


def print_shift(lines: pd.DataFrame) -> None:
    """Show how often a shift was found, by kind and number of labels, and what the AUC was."""
    print("\n## Shift found, % ± standard error (tables x seeds)\n")
    shown = lines.groupby(["kind", "labels"], sort=False)["found"].apply(share).unstack("labels")
    shown["AUC, middle"] = lines.groupby("kind")["auc"].median().round(2)
    shown["lower bound > 0.60"] = lines.groupby("kind")["lower"].apply(lambda lower: share(lower > 0.6))
    print(markdown(shown))
    null = lines[lines["kind"] == "none"]
    if len(null):
        print("\nFalse alarms by table, the worst first:\n")
        worst = null.groupby("table")["found"].mean().sort_values(ascending=False, kind="stable").index[:5]
        print(markdown(null.groupby("table")["found"].apply(share)[worst].to_frame("found, %")))
        print(f"\np <= 0.05 on random splits: {share(null['p'] <= 0.05)} %; p <= 0.01: {share(null['p'] <= 0.01)} %")
        print(f"novel rows on random splits: {share(null['novel'])} %")


def print_novelty(lines: pd.DataFrame) -> None:
    """Show how often a class without labels was found, and which of its rows."""
    print("\n## A class that was never labeled\n")
    bins = pd.cut(lines["missed"], [0, 6, 9, 12, 20, 40, np.inf], right=False)
    print(_novelty_summary(lines.groupby(bins.rename("labels it would have had"), observed=True)))
    print()
    print(_novelty_summary(lines.groupby(["classes", "labels"])))


def _novelty_summary(groups: Any) -> str:
    summary = groups["found"].apply(share).to_frame("found, %")
    found = groups.apply(lambda part: part[part["found"]][["recall", "precision"]].mean())
    summary["rows of it listed, %"] = (100 * found["recall"]).round(0)
    summary["listed rows that are of it, %"] = (100 * found["precision"]).round(0)
    return markdown(summary)


RULES = {
    "none": lambda lines: np.zeros(len(lines), dtype=bool),
    "p <= 0.01": lambda lines: lines["p"] <= 0.01,
    "p <= 0.05": lambda lines: lines["p"] <= 0.05,
    "lower bound > 0.60": lambda lines: lines["lower"] > 0.60,
    "lower bound > 0.55": lambda lines: lines["lower"] > 0.55,
    "p <= 0.01 and lower bound > 0.55": lambda lines: (lines["p"] <= 0.01) & (lines["lower"] > 0.55),
}


def print_promise(lines: pd.DataFrame) -> None:
    """Show how often promises are broken, and what each rule to void them leaves."""
    print("\n## Promises broken among those not voided, % ± standard error (promises); voided, %\n")
    rows = {}
    for rule, applies in RULES.items():
        voided = np.asarray(applies(lines))
        rows[rule] = {kind: _left(lines["broken"], lines["kind"] == kind, voided) for kind in lines["kind"].unique()}
    print(markdown(pd.DataFrame(rows).T))


def _left(broken: pd.Series, of_kind: pd.Series, voided: np.ndarray) -> str:
    issued = of_kind & ~voided
    return f"{share(broken[issued]) if issued.any() else '-'}; {100 * voided[of_kind].mean():.0f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--data", type=Path, help="a folder of Parquet files")
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--labels", type=int, nargs="+", default=[20, 50, 100, 300, 1000])
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=KINDS)
    parser.add_argument("--parts", nargs="+", choices=("shift", "novelty", "promise"), default=("shift", "novelty"))
    parser.add_argument("--out", type=Path, help="a folder for the single results as CSV")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    tables = read_tables(options.data)
    print(f"{len(tables)} tables, {options.seeds} seeds")
    classes = {name: table for name, table in tables.items() if "reg_" not in name and name != "diabetes"}
    kinds, labels, seeds = list(options.kinds), options.labels, options.seeds
    for part, measure, show in (
        ("shift", lambda: measure_shift(tables, kinds, labels, seeds), print_shift),
        ("novelty", lambda: measure_novelty(classes, [n for n in labels if n >= 50], seeds), print_novelty),
        ("promise", lambda: measure_promise(classes, kinds, [n for n in labels if n >= 100], seeds), print_promise),
    ):
        if part in options.parts:
            lines = measure()
            if lines.empty:
                continue
            if options.out:
                options.out.mkdir(parents=True, exist_ok=True)
                lines.to_csv(options.out / f"{part}.csv", index=False)
            show(lines)


if __name__ == "__main__":
    main()
