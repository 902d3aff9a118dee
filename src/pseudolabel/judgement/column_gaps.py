"""Column gaps: how far labeled and unlabeled rows lie apart, column by column.

Takes  the matrix of all rows, the column each of its columns came from, and divisions of the rows.
Gives  ColumnGaps: what the true division shows of each column, and how surprising each division finds it.

A column is cut at a few of its values, and each side of a cut is a share of the rows: so a number, a flag of a category
and a gap are compared alike. The largest difference of shares is what a reader sees (the Kolmogorov-Smirnov distance,
taken at the cuts); the squared differences, each over its variance and summed, are what is tested (the statistic of
Anderson and Darling for numbers, chi-square for categories), because many small differences along a column count too.

Columns are made comparable by how surprising each value is among all divisions, and the chance that *any* column is as
surprising as this one comes from the same divisions: with a thousand columns there is no more of false alarm than
with one.

Source: Westfall and Young (1993), the step-down procedure.

Before this: membership.py. After this: shift.py.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import gamma

from pseudolabel.judgement.membership import Membership

MOST_CUTS_OF_A_COLUMN = 15
FEWEST_CUTS_OF_A_COLUMN = 3
MOST_CUTS = 3_000
"""Over all columns; cost grows with it."""


@dataclass(frozen=True)
class ColumnGap:
    """One column that differs.

    Attributes
    ----------
    name : str
    statistic : float
        The largest difference, 0 to 1, between shares of the labeled and of the unlabeled rows: those at or below some
        value, those of some category, or those with a gap.
    p_value : float
        The chance that any column would look as different if none were.
    """

    name: str
    statistic: float
    p_value: float


@dataclass(frozen=True)
class ColumnGaps:
    """What divisions of the rows show, column by column.

    Attributes
    ----------
    names : tuple of str
        The columns that take more than one value.
    widest : ndarray of shape (n_columns,)
        The largest difference of shares in the true division.
    surprise : ndarray of shape (n_divisions, n_columns)
        Larger where the column differs more than in other divisions; comparable between columns.
    """

    names: tuple[str, ...]
    widest: NDArray[np.float64]
    surprise: NDArray[np.float64]

    def differing(self, level: float) -> tuple[ColumnGap, ...]:
        """Give the columns that differ in the true division, the most surprising first.

        Among columns that do not differ, the chance to name a single one is at most `level`.
        """
        order = np.lexsort((-self.widest, -self.surprise[0]))
        found: list[ColumnGap] = []
        p_value = 0.0
        for place, column in enumerate(order):
            # A column is compared with the most surprising of itself and those after it, and never
            # looks less likely by chance than the one before it.
            rivals = self.surprise[:, order[place:]].max(axis=1)
            p_value = max(p_value, float((rivals >= self.surprise[0, column]).mean()))
            if p_value > level:
                break
            found.append(ColumnGap(self.names[column], float(self.widest[column]), p_value))
        return tuple(found)


def measure_gaps(matrix: NDArray[np.float64], names: tuple[str, ...], membership: Membership) -> ColumnGaps:
    """Measure how far labeled and unlabeled rows lie apart in every column and every division.

    Parameters
    ----------
    matrix : ndarray of shape (n_rows, n_features)
        NaN where a cell is empty. Columns without two different cells are passed over.
    names : tuple of n_features str
        The column each came from; those of the same name are taken together.
    membership : Membership

    Examples
    --------
    >>> from pseudolabel.judgement.membership import draw_membership
    >>> sizes = np.r_[np.linspace(0, 1, 20), np.linspace(0.5, 1.5, 40)]
    >>> gaps = measure_gaps(sizes[:, None], ("size",), draw_membership(20, 40, seed=0))
    >>> gaps.names, gaps.widest.round(2)
    (('size',), array([0.5]))
    """
    known = tuple(dict.fromkeys(names))
    code = {name: at for at, name in enumerate(known)}
    at_most = int(np.clip(MOST_CUTS // max(1, len(names)), FEWEST_CUTS_OF_A_COLUMN, MOST_CUTS_OF_A_COLUMN))
    cut = [(code[name], side) for name, column in zip(names, matrix.T, strict=True) for side in _sides(column, at_most)]
    if not cut:
        return ColumnGaps((), np.empty(0), np.empty((len(membership.labeled), 0)))
    cut.sort(key=lambda pair: pair[0])
    owner = np.array([at for at, _ in cut])
    used, starts = np.unique(owner, return_index=True)
    gaps = _share_differences(np.array([side for _, side in cut]).T, membership)
    summed = np.add.reduceat(gaps.standardised, starts, axis=1)
    widest = np.maximum.reduceat(gaps.true, starts)
    return ColumnGaps(tuple(known[at] for at in used), widest, _surprise(summed))


def _sides(column: NDArray[np.float64], at_most: int) -> list[NDArray[np.bool_]]:
    """Give the rows at or below each of a few values of a column, and those with a gap."""
    gap = np.isnan(column)
    filled = column[~gap]
    sides = []
    if len(filled):
        ranks = np.arange(1, at_most + 1) / (at_most + 1)
        values = np.unique(np.quantile(filled, ranks, method="lower"))
        values = np.unique(np.append(values, filled.min()))  # a rare second value is a cut as well
        sides = [column <= value for value in values[values < filled.max()]]
    return [*sides, gap] if gap.any() and len(filled) else sides


@dataclass(frozen=True)
class _Differences:
    true: NDArray[np.float64]
    standardised: NDArray[np.float64]


def _share_differences(sides: NDArray[np.bool_], membership: Membership) -> _Differences:
    """Give how far the shares of labeled and unlabeled rows differ, absolutely and squared over their variance."""
    n_labeled, n_rows = membership.n_labeled, membership.n_rows
    n_unlabeled = n_rows - n_labeled
    totals = sides.sum(axis=0)
    counted = membership.labeled.astype(np.float32) @ sides.astype(np.float32)  # small whole numbers: exact
    labeled = counted.astype(np.float64)
    differences = labeled / n_labeled - (totals - labeled) / n_unlabeled
    share = totals / n_rows
    variance = share * (1 - share) * (1 / n_labeled + 1 / n_unlabeled)
    return _Differences(np.abs(differences[0]), differences**2 / variance)


def _surprise(summed: NDArray[np.float64]) -> NDArray[np.float64]:
    """Give the surprise of each value among those of the other divisions: minus the log of a gamma tail.

    The others only, because a single enormous value would else hide in the variance it makes. The tail is a yardstick,
    not a p-value: what is concluded from it is permuted in turn.
    """
    others = len(summed) - 1
    mean = (summed.sum(axis=0) - summed) / others
    variance = ((summed**2).sum(axis=0) - summed**2) / others - mean**2
    variance = np.maximum(variance, np.finfo(float).tiny + 1e-9 * mean**2)
    surprise: NDArray[np.float64] = -gamma.logsf(summed, mean**2 / variance, scale=variance / mean)
    return surprise
