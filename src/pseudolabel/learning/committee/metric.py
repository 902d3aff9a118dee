"""Metric: where rows lie, so that near rows are of one class.

Takes  labeled rows on one scale, and all rows.
Gives  a Metric, which gives any row its place.

Both kinds ask a forest of extra trees grown on the labels. One stretches each column by the square root of its
importance; the other puts rows near each other that end in the same leaves. In the plain metric, spreading labels
loses several points; in these two it is worth having, and the two err in different places.

Source: Breiman (2001) for importances and leaf proximities; Moosmann, Triggs and Jurie (2007) for places by leaves.

Before this: member.py. After this: graph.py.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from sklearn.decomposition import TruncatedSVD
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.preprocessing import OneHotEncoder

N_TREES = 25
MOST_LEAF_DIMENSIONS = 24
FEWEST_ROWS_OF_A_LEAF = 2

MANY_COLUMNS = 1_000
"""From here on columns of no importance are left out of places, as zeros in all of them cost time and room."""


class Metric(Protocol):
    """Gives rows their places."""

    def place(self, rows: NDArray[np.float64]) -> NDArray[np.float32]:
        """Give an ndarray of shape (n_rows, n_dimensions) for scaled rows of shape (n_rows, n_scaled)."""
        ...


LearnMetric = Callable[
    [NDArray[np.float64], NDArray[np.int64], NDArray[np.int64], NDArray[np.float64] | None, int], Metric
]
"""Learns a Metric from all rows, positions and codes of the labeled ones, their weights, and a seed."""


@dataclass(frozen=True)
class Stretch:
    """Each column times a factor.

    Attributes
    ----------
    factors : ndarray of shape (n_columns,)
    columns : ndarray of shape (n_columns,) or None, default=None
        Which columns these are; None means all.
    """

    factors: NDArray[np.float64]
    columns: NDArray[np.int64] | None = None

    def place(self, rows: NDArray[np.float64]) -> NDArray[np.float32]:
        """Give an ndarray of shape (n_rows, n_columns)."""
        seen = rows if self.columns is None else rows[:, self.columns]
        return np.asarray(seen * self.factors, dtype=np.float32)


@dataclass(frozen=True)
class Leaves:
    """The leaves a row ends in, shortened to a few dimensions."""

    trees: ExtraTreesClassifier
    leaves: OneHotEncoder
    shorten: TruncatedSVD

    def place(self, rows: NDArray[np.float64]) -> NDArray[np.float32]:
        """Give an ndarray of shape (n_rows, n_dimensions)."""
        ends = self.leaves.transform(self.trees.apply(rows))
        return np.asarray(self.shorten.transform(ends), dtype=np.float32)


def learn_stretch(
    rows: NDArray[np.float64],
    labeled: NDArray[np.int64],
    codes: NDArray[np.int64],
    weight: NDArray[np.float64] | None,
    seed: int,
) -> Stretch:
    """Stretch each column by the square root of its importance; columns of no importance vanish."""
    factors = learn_factors(rows, labeled, codes, weight, seed)
    columns = np.flatnonzero(factors)
    if rows.shape[1] <= MANY_COLUMNS or len(columns) == 0:
        return Stretch(factors)
    return Stretch(factors[columns], columns)


def learn_factors(
    rows: Any,
    labeled: NDArray[np.int64],
    codes: NDArray[np.int64],
    weight: NDArray[np.float64] | None,
    seed: int,
) -> NDArray[np.float64]:
    """Give for each column of scaled rows, dense or sparse, by how much it is stretched: shape (n_scaled,)."""
    trees = ExtraTreesClassifier(N_TREES, random_state=seed).fit(rows[labeled], codes, weight)
    return np.asarray(np.sqrt(trees.feature_importances_ * rows.shape[1]))


def learn_leaves(
    rows: NDArray[np.float64],
    labeled: NDArray[np.int64],
    codes: NDArray[np.int64],
    weight: NDArray[np.float64] | None,
    seed: int,
) -> Leaves:
    """Place rows by the leaves they end in; how leaves go together is learnt from all rows."""
    trees = ExtraTreesClassifier(N_TREES, min_samples_leaf=FEWEST_ROWS_OF_A_LEAF, random_state=seed)
    ends = trees.fit(rows[labeled], codes, weight).apply(rows)
    leaves = OneHotEncoder(handle_unknown="ignore").fit(ends)
    marked = leaves.transform(ends)
    n_dimensions = max(1, min(MOST_LEAF_DIMENSIONS, marked.shape[1] - 1, len(rows) - 1))
    return Leaves(trees, leaves, TruncatedSVD(n_dimensions, n_iter=2, random_state=seed).fit(marked))
