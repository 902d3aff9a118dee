"""Oddities: what in a table should make its owner doubt labels or columns, before anything is learnt.

Takes  the columns that will be learnt from, and the labels.
Gives  findings: equal rows with different labels, columns that copy the label, classes with hardly a label, test rows
       that are learnt from.

Before this: findings.py. After this: tasks/, run.py, check.py.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import gammaln

from pseudolabel.judgement.findings import Finding
from pseudolabel.validation import listed

PAIRS_SHOWN = 3

MOST_CHANCE = 0.001
"""Of the odds that some column tells the classes apart one to one although it has nothing to do with them."""

FEWEST_NUMBERS = 10
"""Labeled rows from which a straight line through all of them is no accident."""

LARGEST_ERROR = 1e-9
"""Of a correlation: a number stored in another unit or as text still fits so well."""

MOST_UNEVEN = 20
"""Times as many labels as the rarest class: from here on the average over rows hides what happens to it."""

FEW_LABELS = 10
"""A class with fewer is told apart by luck, however even the counts are elsewhere."""

FIRST_COLUMNS = 20
"""Rows that differ in these are not looked at in the others."""

MOST_TWINS = 0.05
"""Share of labeled rows that have a twin among themselves, above which equal rows are usual in a table."""


def of_contradictions(X: pd.DataFrame, labels: NDArray[Any], name: Callable[[int], str]) -> list[Finding]:
    """Report rows that are equal in all columns and have different labels.

    Parameters
    ----------
    X : DataFrame of shape (n_rows, n_columns)
        The labeled rows, with the columns that are learnt from.
    labels : ndarray of shape (n_rows,)
    name : function
        Says where a row stands.

    Examples
    --------
    >>> X = pd.DataFrame({"size": [1, 2, 1]})
    >>> of_contradictions(X, np.array(["a", "b", "c"]), "row {}".format)[0].detail.partition(". ")[0]
    "row 0 is 'a' and row 2 is 'c'"
    """
    groups = _twins(X)
    pairs = []
    for rows in groups:
        other = next((row for row in rows[1:] if labels[row] != labels[rows[0]]), None)
        if other is not None:
            pairs.append((rows[0], other))
    if not pairs:
        return []
    shown = "; ".join(
        f"{name(one)} is {_plain(labels[one])!r} and {name(other)} is {_plain(labels[other])!r}"
        for one, other in pairs[:PAIRS_SHOWN]
    )
    more = f", and {len(pairs) - PAIRS_SHOWN:,} more such pairs" if len(pairs) > PAIRS_SHOWN else ""
    return [
        Finding(
            "contradictory-labels",
            f"{shown}{more}. No model can be right about both. Correct the labels, or add a column that tells the rows "
            "apart.",
        )
    ]


def of_copies_of_classes(X: pd.DataFrame, codes: NDArray[np.int64]) -> list[Finding]:
    """Report columns with exactly one value for each class, where chance does not explain it.

    Parameters
    ----------
    X : DataFrame of shape (n_rows, n_columns)
        The labeled rows.
    codes : ndarray of shape (n_rows,)
        Their classes.

    Examples
    --------
    >>> codes = np.arange(40) % 2
    >>> of_copies_of_classes(pd.DataFrame({"y": codes * 7, "x": np.arange(40) // 3}), codes)[0].detail.partition(" ")[0]
    "'y'"
    """
    counts = np.bincount(codes)
    counts = counts[counts > 0]
    # Among all ways to deal these labels out, those in which a column of the same shares fits.
    log_chance = gammaln(len(counts) + 1) + gammaln(counts + 1).sum() - gammaln(len(codes) + 1)
    if log_chance + math.log(max(1, X.shape[1])) > math.log(MOST_CHANCE):
        return []
    copies = [str(column) for column in X if _is_copy(X[column], codes, len(counts))]
    return [_copy_finding(copies, "one value for each class, and never another")] if copies else []


def of_copies_of_numbers(X: pd.DataFrame, targets: NDArray[np.float64]) -> list[Finding]:
    """Report columns of numbers on a straight line with the numbers to be predicted.

    Examples
    --------
    >>> y = np.arange(20.0) ** 2
    >>> [finding] = of_copies_of_numbers(pd.DataFrame({"fahrenheit": y * 1.8 + 32, "x": np.arange(20)}), y)
    >>> finding.detail.partition(" ")[0]
    "'fahrenheit'"
    """
    copies = []
    for column in X:
        numbers = pd.to_numeric(X[column], errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
        filled = np.isfinite(numbers)
        if filled.sum() < max(FEWEST_NUMBERS, 0.9 * len(targets)) or not np.ptp(numbers[filled]):
            continue
        both = np.corrcoef(numbers[filled], targets[filled])
        if abs(both[0, 1]) >= 1 - LARGEST_ERROR:
            copies.append(str(column))
    return [_copy_finding(copies, "the number itself, or a straight line with it")] if copies else []


def of_rare_classes(names: Sequence[Any], counts: NDArray[np.int64]) -> list[Finding]:
    """Report classes with hardly a label beside classes with many.

    Examples
    --------
    >>> of_rare_classes(["usual", "rare"], np.array([1000, 3]))[0].detail.partition(". ")[0]
    "'rare' has 3 of 1,003 labels, 'usual' 1,000"
    """
    rare = [at for at in np.argsort(counts, kind="stable") if _is_rare(counts, int(at))]
    if not rare:
        return []
    shown = ", ".join(f"{_plain(names[at])!r} has {counts[at]:,}" for at in rare[:PAIRS_SHOWN])
    more = f" and {len(rare) - PAIRS_SHOWN} more classes hardly more" if len(rare) > PAIRS_SHOWN else ""
    most = int(np.argmax(counts))
    return [
        Finding(
            "rare-class",
            f"{shown}{more} of {counts.sum():,} labels, {_plain(names[most])!r} {counts[most]:,}. Accuracy hardly sees "
            "such a class: look at its row in the comparison, and at the balanced accuracy. Label more of it.",
        )
    ]


def of_repeated_test_rows(n_rows: int, n_test: int) -> list[Finding]:
    """Report test rows that were left out of the comparison because they are learnt from."""
    if not n_rows:
        return []
    return [
        Finding(
            "test-rows-repeated",
            f"{n_rows:,} of {n_test:,} rows of --test are equal to labeled rows that are learnt from. They were left "
            "out of the comparison, which they would have made look better than it is.",
        )
    ]


def repeated_in(X: pd.DataFrame, X_test: pd.DataFrame) -> NDArray[np.bool_]:
    """Tell which test rows are equal to a training row, where equal rows are not usual.

    Parameters
    ----------
    X : DataFrame
        Training rows.
    X_test : DataFrame with the same columns
    """
    if not len(X) or not len(X_test) or not X.shape[1]:
        return np.zeros(len(X_test), dtype=bool)
    both = pd.concat([X, X_test[list(X.columns)]], ignore_index=True)
    twins = _twins(both)
    n_usual = sum(len(rows) - 1 for rows in (rows[rows < len(X)] for rows in twins) if len(rows) > 1)
    repeated = np.zeros(len(both), dtype=bool)
    if n_usual > MOST_TWINS * len(X):
        return repeated[len(X) :]
    for rows in twins:
        if rows[0] < len(X):
            repeated[rows] = True
    return repeated[len(X) :]


def _twins(X: pd.DataFrame) -> list[NDArray[np.int64]]:
    """Give the rows that are equal in all columns, in groups of two and more, each in order."""
    if X.empty or not X.shape[1]:
        return []
    if X.shape[1] > FIRST_COLUMNS:  # few rows are equal in the first columns: of the others nothing is looked at
        seeming = _twins(X.iloc[:, :FIRST_COLUMNS])
        some = np.sort(np.concatenate(seeming)) if seeming else np.empty(0, dtype=np.int64)
        if len(some) < len(X):
            return [some[rows] for rows in _twins(X.iloc[some])]
    # As text: a frame may mix types in a column, and a missing cell is equal to a missing cell.
    hashes = pd.util.hash_pandas_object(X.astype(str), index=False).to_numpy()
    order = np.argsort(hashes, kind="stable")
    starts = np.flatnonzero(np.r_[True, hashes[order][1:] != hashes[order][:-1]])
    groups = [rows for rows in np.split(order, starts[1:]) if len(rows) > 1]
    return sorted((np.sort(rows) for rows in groups), key=lambda rows: int(rows[0]))


def _is_copy(column: "pd.Series[Any]", codes: NDArray[np.int64], n_classes: int) -> bool:
    """Tell whether a column has one value for each class, and each for one class only."""
    first = column.iloc[: 2 * n_classes + 1].tolist()  # of thousands of columns, nearly all are told by these
    if len(set(first)) > n_classes or column.isna().any():
        return False
    values, different = pd.factorize(column)
    return len(different) == n_classes and len(np.unique(values * (codes.max() + 1) + codes)) == n_classes


def _copy_finding(names: Sequence[str], what: str) -> Finding:
    verb, them = ("holds", "it tells") if len(names) == 1 else ("hold", "they tell")
    return Finding(
        "label-copied",
        f"{listed(names)} {verb} {what} on all labeled rows. If {them} the label only because it was known already, "
        "the comparison is worthless, and so are pseudo-labels of rows where it is not: leave such columns out.",
    )


def _is_rare(counts: NDArray[np.int64], at: int) -> bool:
    few = FEW_LABELS * MOST_UNEVEN
    return bool(counts.max() >= MOST_UNEVEN * counts[at] and (counts[at] < FEW_LABELS or counts.max() >= few))


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value
