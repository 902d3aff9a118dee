"""Proportion: how large a share really is, from rows that were counted.

Takes  how many rows were looked at and how many of them were right.
Gives  bounds and intervals for the share of all rows of their kind, and how many rows a bound needs.

Exact bounds hold for every number of rows, also where nothing was wrong, which is where promises are made.

Source: Clopper and Pearson (1934) for the exact bounds, Wilson (1927) for the interval that is shown beside them,
Katz (1953) for a sample that is a large part of all rows.

Before this: nothing. After this: acceptance.py, audit.py.
"""

from collections.abc import Callable
from functools import cache

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import beta, hypergeom, norm

Interval = tuple[float, float]
"""Lower and upper end, 0 to 1."""

ROUNDING = 1e-9
"""Of rows and of risks: 0.95 of 60 rows are 57 and 1 - 0.9 is 0.1, whatever their last binary digits say."""


def lower_bound(right: ArrayLike, rows: ArrayLike, confidence: float) -> NDArray[np.float64]:
    """Give the exact one-sided lower bound of a share (Clopper and Pearson).

    Parameters
    ----------
    right, rows : array-like of whole numbers, 0 <= right <= rows
        Rows that were right, and rows that were looked at.
    confidence : float, above 0 and below 1
        How often such a bound lies below the true share, at least.

    Examples
    --------
    >>> lower_bound([45, 44], [45, 45], 0.9).round(3)
    array([0.95 , 0.916])
    """
    k, n = np.asarray(right, dtype=float), np.asarray(rows, dtype=float)
    return np.where(k > 0, beta.ppf(1 - confidence, np.maximum(k, 1), n - k + 1), 0.0)


def exact_interval(right: int, rows: int, level: float) -> Interval:
    """Give the exact two-sided interval of a share (Clopper and Pearson): the same risk on either side.

    Examples
    --------
    >>> tuple(round(end, 3) for end in exact_interval(206, 211, 0.9))
    (0.951, 0.991)
    """
    side = (1 + level) / 2
    return float(lower_bound(right, rows, side)), 1 - float(lower_bound(rows - right, rows, side))


def wilson_interval(right: int, rows: int, level: float) -> Interval:
    """Give the interval of a share by Wilson: narrower than the exact one, and right on average instead of always.

    Examples
    --------
    >>> tuple(round(end, 3) for end in wilson_interval(380, 400, 0.9))
    (0.929, 0.965)
    """
    if rows == 0:
        return 0.0, 1.0
    z, share = float(norm.ppf((1 + level) / 2)), right / rows
    middle = (share + z**2 / (2 * rows)) / (1 + z**2 / rows)
    reach = z / (1 + z**2 / rows) * np.sqrt(share * (1 - share) / rows + z**2 / (4 * rows**2))
    return max(0.0, float(middle - reach)), min(1.0, float(middle + reach))


def lower_bound_of_all(right: int, rows: int, population: int, confidence: float) -> float:
    """Give the lower bound of the share among `population` rows, of which `rows` were drawn at random and checked.

    Exact, and the sharper the larger the part that was checked; where all were, it is the share itself.

    Examples
    --------
    >>> round(lower_bound_of_all(42, 42, 500, 0.9), 3), lower_bound_of_all(19, 20, 20, 0.9)
    (0.95, 0.95)
    """
    wrong = rows - right

    def is_possible(all_right: int) -> bool:
        return bool(hypergeom.sf(right - 1, population, all_right, rows) > 1 - confidence + ROUNDING)

    return smallest(is_possible, right, population - wrong) / population


def fewest_right(population: int, precision: float) -> int:
    """Count how many of all rows must be right for a share of `precision`.

    Examples
    --------
    >>> fewest_right(60, 0.95), fewest_right(61, 0.95)
    (57, 58)
    """
    return int(np.ceil(precision * population - ROUNDING))


@cache
def rows_needed(errors: int, precision: float, confidence: float) -> int:
    """Count the rows that are needed, `errors` of them wrong, until the lower bound reaches `precision`.

    Examples
    --------
    >>> [rows_needed(errors, 0.95, 0.9) for errors in range(4)]
    [45, 77, 105, 132]
    """

    def is_enough(rows: int) -> bool:
        return float(lower_bound(rows - errors, rows, confidence)) >= precision

    most = errors + 1
    while not is_enough(most):
        most *= 2
    return smallest(is_enough, errors + 1, most)


def percent(share: float) -> str:
    """Give a share in percent with no more digits than it was asked for with.

    Examples
    --------
    >>> percent(0.95), percent(0.999)
    ('95%', '99.9%')
    """
    return f"{100 * share:.6g}%"


def smallest(holds: Callable[[int], bool], least: int, most: int) -> int:
    """Give the smallest number from `least` on for which `holds` is true, as it then is up to `most`.

    Examples
    --------
    >>> smallest(lambda number: number**2 > 50, 0, 100)
    8
    """
    while least < most:
        middle = (least + most) // 2
        least, most = (least, middle) if holds(middle) else (middle + 1, most)
    return least
