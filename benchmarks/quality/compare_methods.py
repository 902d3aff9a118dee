"""Quality: which ways of pseudo-labeling help on tables, and how often each of them harms.

Takes  a folder of Parquet tables with a column `target` (by default the tables that ship with scikit-learn).
Gives  one line of a CSV file for every table, budget, seed and method; and a summary, losses included.

Every table is cut to at most 2 000 rows. 30 % of them, stratified, are the test rows, which nobody learns from. Of the
others a budget of rows keeps its label ("10c": 10 times the number of classes; 100; 500; at least two of each class),
drawn as the classes fall; the rest is unlabeled. All methods get the same matrix, the same split and the same forest.

A cell is a table with a budget: the mean over seeds. A cell is harmed when the accuracy on the test rows is more than
one point below that of the labels-only forest, and helped when it is more than one point above. The forest with
another seed shows what chance alone does to these numbers. "No unlabeled rows" is our model without any: what remains
of a gain there is the committee's, not the unlabeled rows'.

    python benchmarks/quality/compare_methods.py --data FOLDER --seeds 3 --out results.csv
"""

import argparse
import csv
import time
import warnings
from collections.abc import Callable, Iterator
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from joblib import Parallel, delayed
from sklearn.datasets import load_breast_cancer, load_digits, load_iris, load_wine
from sklearn.ensemble import RandomForestClassifier
from sklearn.impute import SimpleImputer
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.semi_supervised import LabelSpreading, SelfTrainingClassifier

from pseudolabel import PseudoLabelClassifier
from pseudolabel.data.features import learn_features

MOST_ROWS = 2_000
TEST_SHARE = 0.3
FIXED_BUDGETS = (100, 500)
FEWEST_ROWS_OF_A_CLASS = 10
"""Rarer classes are left out: they could not be in the test rows, the labels and the unlabeled rows alike."""

MARGIN = 1.0
"""Points of accuracy from which a cell counts as harmed or helped."""

BASE = "labels-only forest"
FIELDS = ("table", "budget", "seed", "method", "labeled", "unlabeled", "test", "accuracy", "seconds")
SHIPPED = {"breast_cancer": load_breast_cancer, "digits": load_digits, "iris": load_iris, "wine": load_wine}

Split = dict[str, Any]
"""X, y (-1 where unlabeled), truth, X_test, y_test."""


def forest(seed: int) -> RandomForestClassifier:
    return RandomForestClassifier(random_state=seed)


def supervised(split: Split, seed: int) -> Any:
    given = split["y"] >= 0
    return forest(seed).fit(split["X"][given], split["y"][given])


def scikit_self_training(split: Split, seed: int) -> Any:
    return SelfTrainingClassifier(forest(seed), threshold=0.75).fit(split["X"], split["y"])


def label_spreading(split: Split, seed: int) -> Any:
    scaled = make_pipeline(SimpleImputer(), StandardScaler(), LabelSpreading(kernel="knn"))
    return scaled.fit(split["X"], split["y"])


def ours(split: Split, seed: int, *, own_forest: bool = True, **parameters: Any) -> Any:
    model = PseudoLabelClassifier(forest(seed) if own_forest else None, random_state=seed, **parameters)
    return model.fit(split["X"], split["y"])


def no_unlabeled_rows(split: Split, seed: int) -> Any:
    given = split["y"] >= 0
    return PseudoLabelClassifier(random_state=seed).fit(split["X"][given], split["y"][given])


def ceiling(split: Split, seed: int) -> Any:
    return forest(seed).fit(split["X"], split["truth"])


METHODS: dict[str, Callable[[Split, int], Any]] = {
    BASE: supervised,
    "same forest, other seed (noise floor)": lambda split, seed: supervised(split, seed + 1000),
    "one-shot (the tutorial)": partial(ours, method="one-shot"),
    "scikit-learn SelfTrainingClassifier(RF, 0.75)": scikit_self_training,
    "scikit-learn LabelSpreading(knn), scaled": label_spreading,
    "pseudolabel self-training": partial(ours, method="self-training"),
    "pseudolabel curriculum": partial(ours, method="curriculum"),
    "pseudolabel auto, forest given (halves)": ours,
    "pseudolabel auto (thirds)": partial(ours, own_forest=False),
    "pseudolabel auto, no unlabeled rows": no_unlabeled_rows,
    "all labels known (ceiling)": ceiling,
}


def read_tables(folder: Path | None) -> dict[str, tuple[pd.DataFrame, np.ndarray]]:
    """Give the columns and class codes of every table, by name; those whose target is a decimal are passed over."""
    if folder is None:
        return {name: load(return_X_y=True, as_frame=True) for name, load in SHIPPED.items()}
    frames = {path.stem: pd.read_parquet(path) for path in sorted(folder.glob("*.parquet"))}
    return {
        name: (frame.drop(columns="target"), pd.factorize(frame["target"], sort=True)[0])
        for name, frame in frames.items()
        if not pd.api.types.is_float_dtype(frame["target"])
    }


def budgets_of(codes: np.ndarray) -> dict[str, int]:
    """Give the numbers of labels to try: at most half of the rows that are not kept for the test."""
    smallest = 10 * len(np.unique(codes))
    most = int((1 - TEST_SHARE) * min(len(codes), MOST_ROWS)) // 2
    return {"10c": min(smallest, most)} | {str(n): n for n in FIXED_BUDGETS if smallest < n <= most}


def make_split(X: pd.DataFrame, codes: np.ndarray, budget: int, seed: int) -> Split:
    """Cut, split and blank a table; the columns become numbers without a look at the test rows."""
    codes = np.asarray(codes)
    rows = np.flatnonzero(np.bincount(codes)[codes] >= FEWEST_ROWS_OF_A_CLASS)
    if len(rows) > MOST_ROWS:
        rows, _ = train_test_split(rows, train_size=MOST_ROWS, stratify=codes[rows], random_state=seed)
    train, test = train_test_split(rows, test_size=TEST_SHARE, stratify=codes[rows], random_state=seed)
    classes = np.unique(codes[rows])
    both = np.searchsorted(classes, codes)
    truth, y = both[train], np.full(len(train), -1)
    kept = draw_labels(truth, budget, len(classes), np.random.default_rng(seed))
    y[kept] = truth[kept]
    features, matrix = learn_features(X.iloc[train])
    return {
        "X": matrix.astype(float),
        "y": y,
        "truth": truth,
        "X_test": features.matrix(X.iloc[test]).astype(float),
        "y_test": both[test],
    }


def draw_labels(codes: np.ndarray, budget: int, n_classes: int, rng: np.random.Generator) -> np.ndarray:
    """Draw two rows of each class, and the rest of the budget from all others alike."""
    order = rng.permutation(len(codes))
    first = np.concatenate([order[codes[order] == code][:2] for code in range(n_classes)])
    others = order[~np.isin(order, first)]
    return np.concatenate([first, others[: max(0, budget - len(first))]])


def measure(name: str, budget: str, X: pd.DataFrame, codes: np.ndarray, seed: int) -> list[dict[str, Any]]:
    """Score every method on one split."""
    warnings.simplefilter("ignore")
    split = make_split(X, codes, budgets_of(codes)[budget], seed)
    sizes = {
        "labeled": int((split["y"] >= 0).sum()),
        "unlabeled": int((split["y"] < 0).sum()),
        "test": len(split["y_test"]),
    }
    lines = []
    for method, fit in METHODS.items():
        start = time.perf_counter()
        accuracy = float((fit(split, seed).predict(split["X_test"]) == split["y_test"]).mean())
        seconds = round(time.perf_counter() - start, 3)
        lines.append(
            {"table": name, "budget": budget, "seed": seed, "method": method}
            | sizes
            | {"accuracy": accuracy, "seconds": seconds}
        )
    return lines


def measure_all(tables: dict[str, Any], n_seeds: int, jobs: int) -> Iterator[list[dict[str, Any]]]:
    """Score every method on every table, budget and seed, a whole seed at a time."""
    work = [
        (name, budget, *tables[name], seed)
        for seed, name in product(range(n_seeds), tables)
        for budget in budgets_of(tables[name][1])
    ]
    yield from Parallel(n_jobs=jobs, return_as="generator")(delayed(measure)(*one) for one in work)


def summarise(results: pd.DataFrame) -> pd.DataFrame:
    """Give one line a method: what it gained over the labels-only forest, and in how many cells it lost."""
    accuracy = results.pivot_table(index=["table", "budget"], columns="method", values="accuracy")
    gains = (100 * accuracy.sub(accuracy[BASE], axis=0)).round(6)  # exactly one point is not more than one
    worst = {method: f"{gains[method].min():+.1f} ({' '.join(gains[method].idxmin())})" for method in gains}
    return pd.DataFrame(
        {
            "accuracy": (100 * accuracy.mean()).map("{:.1f}".format),
            "gain": gains.mean().map("{:+.2f}".format),
            "harmed": (gains < -MARGIN).mean().map("{:.0%}".format),
            "helped": (gains > MARGIN).mean().map("{:.0%}".format),
            "worst cell": pd.Series(worst),
            "seconds": results.groupby("method")["seconds"].mean().map("{:.1f}".format),
        }
    ).loc[list(METHODS)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, help="folder of .parquet tables with a column `target`")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--jobs", type=int, default=1, help="splits measured at a time")
    parser.add_argument("--out", type=Path, default=Path("results.csv"))
    arguments = parser.parse_args()

    lines: list[dict[str, Any]] = []
    with arguments.out.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, FIELDS, lineterminator="\n")
        writer.writeheader()
        for measured in measure_all(read_tables(arguments.data), arguments.seeds, arguments.jobs):
            writer.writerows(measured)
            file.flush()
            lines += measured
    results = pd.DataFrame(lines)
    n_cells = len(results[["table", "budget"]].drop_duplicates())
    print(f"{results['table'].nunique()} tables, {n_cells} cells, {arguments.seeds} seeds; gain in points.\n")
    print(summarise(results).to_string())


if __name__ == "__main__":
    main()
