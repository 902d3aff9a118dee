"""Class prior: what telling or estimating the class shares is worth, when labels were drawn per class.

Takes  a folder of Parquet tables with a column `target`, imbalanced ones.
Gives  one line of a CSV file for every table, seed and method; and a summary, losses included.

Every table is cut to at most 2 000 rows, 30 % of them, stratified, are the test rows. Ten of the others keep their
label *for each class* (half of a class that has fewer than twenty), the rest is unlabeled. That is how people label:
"ten of each". The labels then say nothing about the shares, and a model learnt from them expects even ones.

All methods get the same matrix, the same split and the same forest. A cell is a table: the mean over seeds. A cell is
harmed when its accuracy is more than one point below that of the labels-only forest, and helped when it is more than
one point above. Accuracy, balanced accuracy and log-loss are differences to that forest. The forest with another seed
shows what chance alone does to these numbers.

    python benchmarks/quality/class_prior.py --data FOLDER --seeds 4 --first-seed 200 --out results.csv
"""

import argparse
import csv
import warnings
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import accuracy_score, balanced_accuracy_score, log_loss
from sklearn.model_selection import train_test_split

from pseudolabel import PseudoLabelClassifier
from pseudolabel.data.features import learn_features
from pseudolabel.learning.prior import prior_factors, with_prior
from pseudolabel.learning.shares import estimate_shares

TABLES = ("adult", "dry_bean", "mammography", "phoneme", "pima", "sms_spam", "titanic")
MOST_ROWS = 2_000
TEST_SHARE = 0.3
LABELS_OF_A_CLASS = 10
FEWEST_ROWS_OF_A_CLASS = 6
MARGIN = 1.0
"""Points of accuracy from which a cell counts as harmed or helped."""

SMALLEST = 1e-4
"""Probability below which a wrong answer costs no more log-loss."""

BASE = "labels-only forest"
FIELDS = ("table", "seed", "method", "labeled", "unlabeled", "test", "accuracy", "balanced_accuracy", "log_loss")

Split = dict[str, np.ndarray]
"""X, y (-1 where unlabeled), truth, X_test, y_test."""


def make_split(X: pd.DataFrame, target: pd.Series, seed: int) -> Split:
    """Cut and split a table, and draw its labels per class; columns become numbers without a look at test rows."""
    codes = np.unique(target.to_numpy(), return_inverse=True)[1]
    rows = np.arange(len(codes))
    if len(rows) > MOST_ROWS:
        rows, _ = train_test_split(rows, train_size=MOST_ROWS, stratify=codes, random_state=seed)
    rows = rows[np.bincount(codes[rows])[codes[rows]] >= FEWEST_ROWS_OF_A_CLASS]
    codes[rows] = np.unique(codes[rows], return_inverse=True)[1]
    train, test = train_test_split(rows, test_size=TEST_SHARE, stratify=codes[rows], random_state=seed)
    truth, y = codes[train], np.full(len(train), -1)
    kept = draw_per_class(truth, np.random.default_rng(seed))
    y[kept] = truth[kept]
    features, matrix = learn_features(X.iloc[train])
    return {"X": matrix, "y": y, "truth": truth, "X_test": features.matrix(X.iloc[test]), "y_test": codes[test]}


def draw_per_class(codes: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Draw ten rows of each class, or half of a class that has fewer than twenty."""
    order, counts = rng.permutation(len(codes)), np.bincount(codes)
    drawn = [order[codes[order] == code][: min(LABELS_OF_A_CLASS, n // 2)] for code, n in enumerate(counts)]
    return np.concatenate(drawn)


def predictions(split: Split, seed: int) -> Iterator[tuple[str, np.ndarray]]:
    """Give every method's probabilities of the test rows."""
    X, y, X_test = split["X"], split["y"], split["X_test"]
    given = y >= 0
    classes, counts = np.unique(y[given], return_counts=True)
    forest = RandomForestClassifier(random_state=seed).fit(X[given], y[given]).predict_proba(X_test)
    yield BASE, forest
    other = RandomForestClassifier(random_state=seed + 1000).fit(X[given], y[given])
    yield "same forest, other seed (noise floor)", other.predict_proba(X_test)
    yield "auto", PseudoLabelClassifier(random_state=seed).fit(X, y).predict_proba(X_test)
    true = np.bincount(split["truth"][~given]) / (~given).sum()
    estimated = estimate_shares(X[given], y[given], X[~given], len(classes))
    for name, known, asked in (("true shares", true, true), ("estimated shares", estimated, "estimate")):
        for kind in ("balanced", "bold"):
            told = PseudoLabelClassifier(class_prior=asked, mixture=kind, random_state=seed).fit(X, y)
            yield f"auto, {kind}, {name}", told.predict_proba(X_test)
        yield f"labels-only forest, {name}", with_prior(forest, prior_factors(known, classes, counts))


def measure(name: str, frame: pd.DataFrame, seed: int) -> list[dict[str, Any]]:
    """Score every method on one split."""
    split = make_split(frame.drop(columns="target"), frame["target"], seed)
    truth, n_labeled = split["y_test"], int((split["y"] >= 0).sum())
    sizes = {"labeled": n_labeled, "unlabeled": len(split["y"]) - n_labeled, "test": len(truth)}
    return [
        {"table": name, "seed": seed, "method": method}
        | sizes
        | {
            "accuracy": accuracy_score(truth, told.argmax(axis=1)),
            "balanced_accuracy": balanced_accuracy_score(truth, told.argmax(axis=1)),
            "log_loss": log_loss(truth, scaled(np.maximum(told, SMALLEST))),
        }
        for method, told in predictions(split, seed)
    ]


def scaled(probabilities: np.ndarray) -> np.ndarray:
    return np.asarray(probabilities / probabilities.sum(axis=1, keepdims=True))


def summarise(results: pd.DataFrame) -> pd.DataFrame:
    """Give one line a method: what it gained over the labels-only forest, and in how many cells it lost."""
    order = list(dict.fromkeys(results["method"]))
    cells = results.groupby(["method", "table"])[["accuracy", "balanced_accuracy", "log_loss"]].mean()
    gains = (cells - cells.loc[BASE]).unstack("table")
    points = (100 * gains["accuracy"]).round(6)  # exactly one point is not more than one
    return pd.DataFrame(
        {
            "gain": points.mean(axis=1).map("{:+.2f}".format),
            "harmed": (points < -MARGIN).mean(axis=1).map("{:.0%}".format),
            "helped": (points > MARGIN).mean(axis=1).map("{:.0%}".format),
            "worst cell": [f"{row.min():+.1f} ({row.idxmin()})" for _, row in points.iterrows()],
            "balanced accuracy": (100 * gains["balanced_accuracy"]).mean(axis=1).map("{:+.1f}".format),
            "log-loss": gains["log_loss"].mean(axis=1).map("{:+.3f}".format),
        }
        | {name: points[name].map("{:+.1f}".format) for name in points}
    ).loc[order]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder of .parquet tables with a column `target`")
    parser.add_argument("--tables", nargs="+", default=TABLES)
    parser.add_argument("--seeds", type=int, default=4)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=Path("results.csv"))
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")

    frames = {name: pd.read_parquet(arguments.data / f"{name}.parquet") for name in arguments.tables}
    seeds = range(arguments.first_seed, arguments.first_seed + arguments.seeds)
    lines: list[dict[str, Any]] = []
    with arguments.out.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, FIELDS, lineterminator="\n")
        writer.writeheader()
        for seed, name in product(seeds, frames):
            measured = measure(name, frames[name], seed)
            writer.writerows(measured)
            file.flush()
            lines += measured
    print(f"{len(frames)} tables (cells), seeds {seeds[0]} to {seeds[-1]}; differences to the labels-only forest.\n")
    with pd.option_context("display.width", 250):
        print(summarise(pd.DataFrame(lines)).to_string())


if __name__ == "__main__":
    main()
