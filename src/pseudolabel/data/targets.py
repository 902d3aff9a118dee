"""Targets: which rows have a number to learn from, and which number.

Takes  `y` of a regression as people have it: numbers with NaN, nullable series, text that spells numbers.
Gives  Targets: one number for every row, NaN where there is none.

An entry that is null, NaN or an empty text marks an unlabeled row. -1 is a number like any other here, unless
`unlabeled=-1` says otherwise: a balance may well be -1.

Before this: labels.py. After this: features.py.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pseudolabel.data.labels import as_vector, labeled_rows
from pseudolabel.errors import InputError

FEWEST_LABELED = 5
"""Labeled rows below which nothing could be held out to learn from: a fold a row."""


@dataclass(frozen=True)
class Targets:
    """The targets of a table's rows.

    Attributes
    ----------
    values : ndarray of shape (n_rows,), float64
        NaN where there is no target.
    """

    values: NDArray[np.float64]

    @property
    def given(self) -> NDArray[np.bool_]:
        """Which rows have a target: ndarray of shape (n_rows,)."""
        return ~np.isnan(self.values)

    def filled(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Give the targets with gaps filled from `values`, one for each gap, in order.

        Examples
        --------
        >>> Targets(np.array([1.0, np.nan, 3.0])).filled(np.array([2.5]))
        array([1. , 2.5, 3. ])
        """
        filled = self.values.copy()
        filled[~self.given] = values
        return filled

    def take(self, positions: NDArray[np.int64]) -> "Targets":
        """Give the targets of these rows."""
        return Targets(self.values[positions])

    def extended(self, n_rows: int) -> "Targets":
        """Give the targets with `n_rows` more unlabeled rows at the end."""
        return Targets(np.concatenate([self.values, np.full(n_rows, np.nan)]))


def read_targets(y: ArrayLike, *, unlabeled: Any = None) -> Targets:
    """Find out which rows have a target, and check that it is a number one can learn.

    Parameters
    ----------
    y : array-like of shape (n_rows,)
        A list, array, or pandas, polars or Arrow series. Text is read where it spells a number.
    unlabeled : value, list of values or None, default=None
        What marks a row without a target, besides null, NaN and empty text, which always do.

    Returns
    -------
    targets : Targets

    Raises
    ------
    InputError
        If an entry is no finite number, fewer than five rows have a target, or all targets are the same.

    Examples
    --------
    >>> read_targets([1, 2.5, None, "4", 5, -1]).given
    array([ True,  True, False,  True,  True,  True])
    """
    values = as_vector(y)
    given = known_targets(values, unlabeled=unlabeled)
    numbers = np.full(len(values), np.nan)
    numbers[given] = _as_numbers(values, given)
    _refuse_infinite(numbers)
    n_given = int(given.sum())
    if n_given < FEWEST_LABELED:
        raise InputError(
            f"{n_given} {'sample has' if n_given == 1 else 'samples have'} a target in y, and fewer than "
            f"{FEWEST_LABELED} are too few to learn from. Give the targets of more rows."
        )
    if np.ptp(numbers[given]) == 0:
        raise InputError(
            f"All {n_given} targets in y are {float(numbers[given][0])!r}: there is nothing to tell rows apart by. "
            "Give rows with other targets too."
        )
    return Targets(numbers)


def known_targets(y: ArrayLike, *, unlabeled: Any = None) -> NDArray[np.bool_]:
    """Tell which rows have a target: ndarray of shape (n_rows,).

    Examples
    --------
    >>> known_targets([0.5, float("nan"), -1.0], unlabeled=-1)
    array([ True, False, False])
    """
    return labeled_rows(y, unlabeled=unlabeled, classes=np.empty(0))


def _as_numbers(values: NDArray[Any], given: NDArray[np.bool_]) -> NDArray[np.float64]:
    if values.dtype.kind in "fiub":
        return values[given].astype(np.float64)
    rows = np.flatnonzero(given).tolist()
    return np.array([_as_number(value, row) for value, row in zip(values[rows].tolist(), rows, strict=True)])


def _as_number(value: Any, row: int) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = np.nan
    if np.isnan(number):
        raise InputError(
            f"Row {row} of y (counted from 0) holds {value!r}, which is no number. Correct it, leave it empty, or "
            f"name it with `unlabeled=` if it marks unlabeled rows."
        )
    return number


def _refuse_infinite(numbers: NDArray[np.float64]) -> None:
    infinite = np.flatnonzero(np.isinf(numbers))
    if len(infinite):
        raise InputError(
            f"{len(infinite)} targets in y are infinity, the first in row {infinite[0]} (counted from 0). Correct "
            "them, or leave them empty."
        )
