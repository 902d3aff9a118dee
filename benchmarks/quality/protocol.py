"""Protocol: which rows are test, labeled and unlabeled, the same for every method.

Takes  a table, a budget of labels and a seed.
Gives  a Split: matrices, labels with gaps, and the truth that only the scores and the ceilings read.

A table is cut to at most `cap` rows. 30 % of them are test rows, which nobody learns from, not even the features. Of
the others a budget keeps its label and the rest is unlabeled. Labels are drawn in proportion to the classes, at least
two of each, so that no method is judged by the luck of the draw.

Before this: table_files.py. After this: methods.py.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.impute import SimpleImputer
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from pseudolabel.data.features import learn_features

TEST_SHARE = 0.3
FEWEST_ROWS_OF_A_CLASS = 6
"""Rarer classes are left out: they could not be in the test rows, the labels and the unlabeled rows alike."""

FEWEST_LABELS_OF_A_CLASS = 2
"""What stratified folds and calibration need at the very least."""

FEWEST_LABELS_PER_CLASS = 3
"""On average over the classes: a smaller budget is raised to it."""

MOST_LABELED = 0.5
"""Share of the rows outside the test that a fixed budget may take: more leaves too few unlabeled rows to learn from."""

SMALLEST_STEP = 1.3
"""A budget this little above the one before it would measure the same thing twice, and is left out."""

MOST_STANDARD_DEVIATIONS = 10.0
"""Scaled columns are clipped here: one wild cell shall not decide what a linear learner or a distance says."""

_BUDGET = re.compile(r"(\d+)(c|%|)")


@dataclass(frozen=True)
class Split:
    """The rows of one table, budget and seed.

    Attributes
    ----------
    X : ndarray of shape (n_rows, n_features)
        Labeled and unlabeled rows; missing cells are NaN.
    y : ndarray of shape (n_rows,)
        Class codes with -1, or values with NaN, where there is no label.
    truth : ndarray of shape (n_rows,)
        The same without gaps.
    X_test, y_test : ndarrays of shapes (n_test, n_features) and (n_test,)
    scaled, scaled_test : ndarrays like X and X_test
        Gaps filled with the median, columns standardised: for learners that need it.
    seed : int
    """

    X: NDArray[np.float64]
    y: NDArray[Any]
    truth: NDArray[Any]
    X_test: NDArray[np.float64]
    y_test: NDArray[Any]
    scaled: NDArray[np.float64]
    scaled_test: NDArray[np.float64]
    seed: int

    @property
    def given(self) -> NDArray[np.bool_]:
        """Whether each row has a label."""
        return np.isfinite(self.y) if self.y.dtype.kind == "f" else self.y >= 0


def class_budgets(target: pd.Series, wanted: Sequence[str], cap: int) -> dict[str, int]:
    """Give the number of labels of every budget that makes sense for a table.

    Parameters
    ----------
    target : Series of n_rows
    wanted : sequence of str
        "10c" is 10 times the number of classes, "100" a number of labels, "40%" a share of the rows outside the test.
    cap : int
        Most rows used of the table.

    Returns
    -------
    budgets : dict of str to int
        In the order wanted. A number or multiple that would label more than half of the rows outside the test is left
        out, and so is a budget that is not 1.3 times the one before it.
    """
    n_classes = target.nunique()
    pool = int((1 - TEST_SHARE) * min(len(target), cap))
    return _sensible_budgets({name: _n_labels(name, n_classes, pool) for name in wanted}, pool, n_classes)


def value_budgets(target: pd.Series, wanted: Sequence[str], cap: int) -> dict[str, int]:
    """Give the number of labels of every budget that makes sense for a table of numbers, as `class_budgets` does."""
    pool = int((1 - TEST_SHARE) * min(len(target), cap))
    return _sensible_budgets({name: _n_labels(name, 1, pool) for name in wanted}, pool, 1)


def class_split(X: pd.DataFrame, target: pd.Series, *, n_labels: int, cap: int, seed: int) -> Split:
    """Cut, split and blank a table with classes."""
    codes = pd.factorize(target, sort=True)[0]
    rows = _of_frequent_classes(np.arange(len(codes)), codes)
    if len(rows) > cap:
        rows, _ = train_test_split(rows, train_size=cap, stratify=codes[rows], random_state=seed)
        rows = _of_frequent_classes(rows, codes)
    codes = np.searchsorted(np.unique(codes[rows]), codes)
    train, test = train_test_split(rows, test_size=TEST_SHARE, stratify=codes[rows], random_state=seed)
    y = np.full(len(train), -1)
    labeled = draw_labels(codes[train], n_labels, np.random.default_rng(seed))
    y[labeled] = codes[train][labeled]
    return _split(X, y, codes, train, test, seed)


def value_split(X: pd.DataFrame, target: pd.Series, *, n_labels: int, cap: int, seed: int) -> Split:
    """Cut, split and blank a table with numbers to predict."""
    values = target.to_numpy(dtype=np.float64)
    rows = np.random.default_rng(seed).permutation(np.flatnonzero(np.isfinite(values)))[:cap]
    train, test = train_test_split(rows, test_size=TEST_SHARE, random_state=seed)
    y = np.where(np.arange(len(train)) < n_labels, values[train], np.nan)  # the rows are in random order
    return _split(X, y, values, train, test, seed)


def draw_labels(codes: NDArray[np.int64], n_labels: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Draw rows to label, class by class.

    Parameters
    ----------
    codes : ndarray of shape (n_rows,)
        Class codes from 0, each at least three times.
    n_labels : int
    rng : Generator

    Returns
    -------
    positions : ndarray of shape (n_labels,)
        Each class has its share of the labels to within rounding, at least two, and keeps a row without a label.
    """
    counts = np.bincount(codes)
    wanted = n_labels * counts / len(codes)
    drawn = np.minimum(FEWEST_LABELS_OF_A_CLASS, counts - 1)
    while drawn.sum() < n_labels:
        drawn[np.argmax(np.where(drawn < counts - 1, wanted - drawn, -np.inf))] += 1
    order = rng.permutation(len(codes))
    return np.concatenate([order[codes[order] == code][:n] for code, n in enumerate(drawn)])


def _n_labels(budget: str, n_classes: int, pool: int) -> int:
    found = _BUDGET.fullmatch(budget)
    if found is None:
        raise SystemExit(f"A budget is written 10c, 100 or 40%, got {budget!r}.")
    number, unit = int(found[1]), found[2]
    return {"": number, "c": number * n_classes, "%": number * pool // 100}[unit]


def _sensible_budgets(sizes: dict[str, int], pool: int, n_classes: int) -> dict[str, int]:
    budgets: dict[str, int] = {}
    before = 0
    for name, size in sizes.items():
        n_labels = max(size, FEWEST_LABELS_PER_CLASS * n_classes)
        leaves_enough = name.endswith("%") or n_labels <= MOST_LABELED * pool
        if leaves_enough and n_labels >= SMALLEST_STEP * before:
            budgets[name] = before = n_labels
    return budgets


def _of_frequent_classes(rows: NDArray[np.int64], codes: NDArray[np.int64]) -> NDArray[np.int64]:
    """Leave out rows without a class (code -1), and those of classes too rare to be split."""
    rows = rows[codes[rows] >= 0]
    return rows[np.bincount(codes[rows])[codes[rows]] >= FEWEST_ROWS_OF_A_CLASS]


def _split(
    X: pd.DataFrame, y: NDArray[Any], truth: NDArray[Any], train: NDArray[np.int64], test: NDArray[np.int64], seed: int
) -> Split:
    """Learn the features from the rows outside the test, without their labels, and turn all rows into numbers."""
    features, matrix = learn_features(X.iloc[train])
    matrix, matrix_test = np.asarray(matrix, dtype=np.float64), np.asarray(features.matrix(X.iloc[test]), np.float64)
    scaler = make_pipeline(SimpleImputer(strategy="median"), StandardScaler()).fit(matrix)
    low, high = -MOST_STANDARD_DEVIATIONS, MOST_STANDARD_DEVIATIONS
    scaled, scaled_test = (np.clip(scaler.transform(part), low, high) for part in (matrix, matrix_test))
    return Split(matrix, y, truth[train], matrix_test, truth[test], scaled, scaled_test, seed)
