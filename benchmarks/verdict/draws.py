"""Draws: the rows of one simulated question, "did it help here?", and the answer a large test set knows.

Takes  a table with plenty of labels, a number of them to reveal, and a seed.
Gives  a Draw: few labeled rows, a pool without labels, and test rows that stand for the truth.

The labeled rows are drawn at random, as they come to a user, not stratified; only a class with fewer than two of them
is topped up from the others. Groups are made up (no public table of ours has any): each group of five rows has an
effect of its own on its features and on its labels.

Source: Parquet files with a column `target`, and what scikit-learn generates.

Before this: nothing. After this: learners.py.
"""

import zlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits, make_classification, make_friedman1

LARGEST_LEVELS = 12
"""Levels of a column of texts that become columns of their own."""

MOST_STANDARD_DEVIATIONS = 5.0
"""Columns are clipped here: one wild cell shall not decide what a linear learner says."""

ROWS_OF_A_GROUP = 5
GROUP_SPREAD = 1.0
TWIN_SPREAD = 0.2
"""Standard deviations: of what the rows of a group share, where a row's own part has 1; and of that part in twins."""


@dataclass(frozen=True)
class Table:
    """Numbers of shape (n_rows, n_features), and class codes or values; `group` is -1 where there are no groups."""

    X: NDArray[np.float32]
    y: NDArray[Any]
    group: NDArray[np.int64]


@dataclass(frozen=True)
class Draw:
    """What a method is given, and what only the truth reads.

    Attributes
    ----------
    X, y, group : ndarrays of shapes (n_labeled, n_features), (n_labeled,) and (n_labeled,)
    unlabeled : ndarray of shape (n_unlabeled, n_features)
    X_test, y_test : ndarrays of shapes (n_test, n_features) and (n_test,)
    n_classes : int
        0 for values.
    """

    X: NDArray[np.float32]
    y: NDArray[Any]
    group: NDArray[np.int64]
    unlabeled: NDArray[np.float32]
    X_test: NDArray[np.float32]
    y_test: NDArray[Any]
    n_classes: int


def seed_of(*parts: str | int) -> int:
    """Give a seed that belongs to these words and numbers, whatever was drawn before them."""
    return zlib.crc32("/".join(map(str, parts)).encode())


@cache
def read_table(name: str, folder: Path | None) -> Table:
    """Read a table by name: scikit-learn's and generated ones need no folder."""
    if name in SHIPPED:
        X, y = SHIPPED[name]()
        frame, target = pd.DataFrame(X), pd.Series(y)
    elif name.startswith("groups_"):
        return _grouped(name)
    elif folder is None:
        raise SystemExit(f"Table {name!r} is a file: name its folder with --data.")
    else:
        frame = pd.read_parquet(folder / f"{name}.parquet")
        target = frame.pop("target")
    values = name.startswith("reg_")
    y = ((target - target.mean()) / target.std()).to_numpy(float) if values else pd.factorize(target, sort=True)[0]
    return Table(_numbers(frame), y, np.full(len(y), -1))


def draw_rows(table: Table, n_labeled: int, n_unlabeled: int, n_test: int, seed: int) -> Draw:
    """Draw rows of a table for their three roles; no row, and no group, has two."""
    random = np.random.default_rng(seed)
    n_classes = int(table.y.max()) + 1 if table.y.dtype.kind in "iu" else 0
    if (table.group >= 0).any():
        groups = random.permutation(table.group.max() + 1)
        order = np.argsort(np.argsort(groups)[table.group], kind="stable")
        labeled, rest = order[:n_labeled], order[n_labeled:]
    else:
        order = random.permutation(len(table.y))
        labeled = _topped_up(order, table.y, n_labeled, n_classes) if n_classes else order[:n_labeled]
        rest = random.permutation(np.setdiff1d(order, labeled))
    pool, test = rest[:n_unlabeled], rest[n_unlabeled : n_unlabeled + n_test]
    X, y = table.X, table.y
    return Draw(X[labeled], y[labeled], table.group[labeled], X[pool], X[test], y[test], n_classes)


def _topped_up(order: NDArray[np.int64], codes: NDArray[np.int64], n_labeled: int, n_classes: int) -> NDArray[np.int64]:
    """Take the first rows in order, then swap in the first of every class that has fewer than two."""
    labeled, rest = list(order[:n_labeled]), order[n_labeled:]
    for code in range(n_classes):
        missing = 2 - sum(codes[row] == code for row in labeled)
        for row in rest[codes[rest] == code][: max(missing, 0)]:
            counts = np.bincount(codes[labeled], minlength=n_classes)
            leaver = next(position for position, taken in enumerate(labeled) if counts[codes[taken]] > 2)
            labeled[leaver] = row
    return np.array(labeled)


def _numbers(frame: pd.DataFrame) -> NDArray[np.float32]:
    columns = []
    for name in frame:
        column = frame[name]
        if pd.api.types.is_numeric_dtype(column):
            columns.append(column.astype(float).fillna(column.median()).to_numpy())
        else:
            texts = column.astype(object).where(column.notna(), "?").astype(str)
            columns += [(texts == level).to_numpy(float) for level in texts.value_counts().index[:LARGEST_LEVELS]]
    matrix = np.column_stack(columns)
    matrix = matrix[:, matrix.std(axis=0) > 0]
    scaled = (matrix - matrix.mean(axis=0)) / matrix.std(axis=0)
    return np.clip(scaled, -MOST_STANDARD_DEVIATIONS, MOST_STANDARD_DEVIATIONS).astype(np.float32)


def _grouped(name: str) -> Table:
    """Make groups: "features", "labels" and "both" say where a group has its effect; "twins" are nearly one row."""
    random = np.random.default_rng(seed_of(name))
    n_groups, n_features = 1_500, 10
    group = np.repeat(np.arange(n_groups), ROWS_OF_A_GROUP)
    own = random.normal(size=(len(group), n_features))
    shared = random.normal(scale=GROUP_SPREAD, size=(n_groups, n_features))[group]
    X = own + shared if name != "groups_labels" else own * np.sqrt(1 + GROUP_SPREAD**2)
    X = shared + TWIN_SPREAD * own if name == "groups_twins" else X
    slopes = random.normal(size=(3, n_features))
    signal = np.tanh(X @ slopes.T / 3) * 4
    luck = random.normal(scale=2.0, size=(n_groups, 3))[group] if name != "groups_features" else 0.0
    y = (signal + luck + random.gumbel(size=(len(group), 3))).argmax(axis=1)
    y = y[group * ROWS_OF_A_GROUP] if name == "groups_twins" else y
    return Table((X / X.std(axis=0)).astype(np.float32), y, group)


def _generated(n_classes: int, n_rows: int = 4_000, **settings: Any) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    return make_classification(n_rows, n_classes=n_classes, n_informative=6, **settings)


SHIPPED: dict[str, Any] = {
    "shipped_digits": lambda: load_digits(return_X_y=True),
    "shipped_cancer": lambda: load_breast_cancer(return_X_y=True),
    "shipped_rare": lambda: _generated(2, n_features=12, weights=[0.93], flip_y=0.03, class_sep=0.8, random_state=1),
    "shipped_hard": lambda: _generated(4, n_features=15, class_sep=0.7, random_state=2),
    "shipped_large": lambda: _generated(3, 20_000, n_features=10, class_sep=0.7, random_state=3),
    "reg_shipped_diabetes": lambda: load_diabetes(return_X_y=True),
    "reg_friedman": lambda: make_friedman1(n_samples=6_000, noise=1.0, random_state=0),
}
"""Tables that need no file. The generated ones are a rare class and four classes that overlap."""
