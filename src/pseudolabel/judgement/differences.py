"""Differences: how much two models differ on the same held-out rows, and how far that is to be trusted.

Takes  what the rows say, repeat by repeat, and the fold each was held out in.
Gives  Differences: an estimate with its standard error, and bounds at any level.

Rows share training sets, so the differences of repeated folds vary less than they should. Two ways out: for bounded
differences of rows the larger of two standard errors, with two rows made up so that models that never disagree are
not thought certain; for anything else the variance of the fold means, corrected for the rows training sets share.

Source: Bonett and Price (2012) for the added rows; Nadeau and Bengio (2003) for the corrected variance.

Before this: splits.py. After this: evidence.py, target_evidence.py, verdict.py.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import t as student_t

LEVEL = 0.90
"""Of the two-sided intervals that are shown: 5 % are left on each side."""


@dataclass(frozen=True)
class Difference:
    """A difference with its uncertainty.

    Attributes
    ----------
    estimate : float
    error : float
        Standard error.
    freedom : int
        Degrees of freedom of Student's distribution.
    """

    estimate: float
    error: float
    freedom: int

    @property
    def lower(self) -> float:
        """The lower end of the interval that is shown."""
        return self.bounds((1 - LEVEL) / 2)[0]

    @property
    def upper(self) -> float:
        """The upper end of the interval that is shown."""
        return self.bounds((1 - LEVEL) / 2)[1]

    def bounds(self, alpha: float) -> tuple[float, float]:
        """Give the one-sided bounds that leave `alpha` beyond each of them.

        Examples
        --------
        >>> Difference(1.0, 0.0, 9).bounds(0.05)
        (1.0, 1.0)
        """
        reach = float(student_t.ppf(1 - alpha, self.freedom)) * self.error
        return self.estimate - reach, self.estimate + reach

    def detectable(self, alpha: float = 0.05) -> float:
        """Give the true difference that would be seen four times in five at this one-sided level."""
        return (float(student_t.ppf(1 - alpha, self.freedom)) + POWER_QUANTILE) * self.error


POWER_QUANTILE = 0.84
"""Of the normal distribution at 80 %."""


@dataclass(frozen=True)
class Rows:
    """How held-out rows belong together.

    Attributes
    ----------
    fold : ndarray of shape (n_repeats, n_rows)
        In which fold of each repeat a row was held out.
    weight : ndarray of shape (n_rows,)
        With mean 1.
    unit : ndarray of shape (n_rows,), int
        Rows of the same unit are not independent: those of a group.
    """

    fold: NDArray[np.int64]
    weight: NDArray[np.float64]
    unit: NDArray[np.int64]

    @property
    def n_folds(self) -> int:
        """How many folds a repeat has, of those that hold any of the rows."""
        return len(np.unique(self.fold))

    @property
    def row_among_units(self) -> float:
        """How much a row weighs where units are counted: 1 if they are rows, less if they are groups."""
        return len(np.unique(self.unit)) / len(self.unit)

    def take(self, rows: NDArray[np.bool_]) -> "Rows":
        """Give some of the rows."""
        return Rows(self.fold[:, rows], self.weight[rows], self.unit[rows])

    def per_unit(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Sum weighted values within units, scaled so that their mean stays: shape (n_repeats, n_units)."""
        _, unit = np.unique(self.unit, return_inverse=True)
        n_units = int(unit.max()) + 1
        sums = [np.bincount(unit, weights=of_repeat * self.weight, minlength=n_units) for of_repeat in values]
        return np.asarray(np.stack(sums) * (n_units / values.shape[1]), dtype=np.float64)

    def fold_means(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Give the weighted mean of every fold of every repeat."""
        means = []
        for of_repeat, fold in zip(values, self.fold, strict=True):
            total, weight = (np.bincount(fold, weights=what) for what in (of_repeat * self.weight, self.weight))
            means.append((total / np.maximum(weight, np.finfo(float).tiny))[weight > 0])
        return np.concatenate(means)


def of_rows(values: NDArray[np.float64], rows: Rows) -> Difference:
    """Give the mean of bounded differences, with the larger of two standard errors.

    Parameters
    ----------
    values : ndarray of shape (n_repeats, n_rows), each from -1 to 1
        Such as 1 where only the second model was right.
    rows : Rows

    Examples
    --------
    >>> rows = Rows(np.zeros((1, 40), dtype=int), np.ones(40), np.arange(40))
    >>> of_rows(np.array([[1.0, 0.0, 0.0, 0.0] * 10]), rows).estimate
    0.25
    """
    by_unit = rows.per_unit(values)
    n_units, estimate = by_unit.shape[1], float(by_unit.mean())
    unaveraged = np.sqrt(max((by_unit**2).mean() - estimate**2, 0.0) / (n_units - 1))
    of_units = Difference(
        estimate, float(max(_error_with_two_made_up(by_unit, rows.row_among_units**2), unaveraged)), n_units - 1
    )
    if len(values) > 1 or rows.n_folds == 1:
        return of_units
    # With a single repeat both errors are one, and neither knows of the training rows that folds share.
    return wider(of_units, of_folds(values, rows))


def of_folds(values: NDArray[np.float64], rows: Rows) -> Difference:
    """Give the mean of differences of any size, from the means of the folds, corrected for shared training rows.

    With a single fold, models are fixed and rows independent: the plain standard error of the rows, or units, holds.

    Examples
    --------
    >>> rows = Rows(np.array([[0, 1]]), np.ones(2), np.arange(2))
    >>> of_folds(np.array([[0.0, 1.0]]), rows).estimate
    0.5
    """
    if rows.n_folds == 1:
        by_unit = rows.per_unit(values).mean(axis=0)
        error = by_unit.std(ddof=1) / np.sqrt(len(by_unit))
        return Difference(float(by_unit.mean()), float(error), len(by_unit) - 1)
    means = rows.fold_means(values)
    error = np.sqrt((1 / len(means) + 1 / (rows.n_folds - 1)) * means.var(ddof=1))
    return Difference(float(means.mean()), float(error), len(means) - 1)


def wider(first: Difference, second: Difference) -> Difference:
    """Give the first estimate with the error and freedom of whichever is less certain."""
    less_certain = max(first, second, key=lambda difference: difference.upper - difference.estimate)
    return Difference(first.estimate, less_certain.error, less_certain.freedom)


def _error_with_two_made_up(by_unit: NDArray[np.float64], of_a_row: float) -> float:
    """Give the standard error of the mean of the units, shape (n_repeats, n_units), with one more for each model.

    What is made up weighs a row, also where the unit is a group: whole groups would hide what ten groups show.
    """
    over_repeats = by_unit.mean(axis=0)
    n_units = len(over_repeats)
    mean = over_repeats.sum() / (n_units + 2)
    return float(np.sqrt((((over_repeats**2).sum() + 2 * of_a_row) / (n_units + 2) - mean**2) / (n_units + 2)))
