"""Scaling: numbers on one scale, learnt from all rows and from no label.

Takes  the numeric matrix of all rows, labeled and unlabeled, with gaps.
Gives  a Scaling, which turns these and any later rows into standardised columns without gaps, and adds the normal
       score of every column that takes many values.

Learners that measure distances or slopes need it. Twenty labels say little about a column's spread, a thousand
unlabeled rows say enough: this is the cheapest way in which they help. A normal score tells where a value ranks, so
that an outlier is merely the last one; together with the value itself it was measured better than either alone.

Source: van der Waerden (1952) for normal scores.

Before this: features.py. After this: block.py.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.special import ndtri
from sklearn.impute import SimpleImputer
from sklearn.preprocessing import MaxAbsScaler, QuantileTransformer, StandardScaler

FEWEST_VALUES_TO_RANK = 11
"""Columns with fewer different values (flags, counts, answers from 1 to 10) keep their value only."""

MOST_QUANTILES = 200
FARTHEST_RANK = 0.001
"""Ranks are kept this far from 0 and 1, which is at most 3.1 standard deviations from the middle."""

SEED = 0
"""Of the rows that quantiles of a very long column are taken from."""


@dataclass(frozen=True)
class Scaling:
    """How columns come to one scale.

    Attributes
    ----------
    fill : SimpleImputer or None
        Puts the median where there is a gap; None for sparse rows, which have none.
    standard : StandardScaler or MaxAbsScaler
        The latter for sparse rows, so that they stay sparse.
    ranked : ndarray of shape (n_features,), bool
        The columns that get a normal score too.
    ranks : QuantileTransformer or None
        None where no column is ranked.
    """

    fill: SimpleImputer | None
    standard: StandardScaler | MaxAbsScaler
    ranked: NDArray[np.bool_]
    ranks: QuantileTransformer | None

    def apply(self, matrix: Any) -> Any:
        """Give the scaled columns: shape (n_rows, n_features + the number of ranked columns)."""
        if self.fill is None:
            return self.standard.transform(matrix)
        filled = self.fill.transform(matrix)
        scaled = np.asarray(self.standard.transform(filled))
        if self.ranks is None:
            return scaled
        ranks = self.ranks.transform(filled[:, self.ranked])
        return np.hstack([scaled, ndtri(np.clip(ranks, FARTHEST_RANK, 1 - FARTHEST_RANK))])


def learn_scaling(matrix: Any) -> Scaling:
    """Learn the scale of every column.

    Parameters
    ----------
    matrix : ndarray or sparse matrix of shape (n_rows, n_features)
        NaN where a cell is empty.

    Examples
    --------
    >>> matrix = np.array([[1.0, 5.0], [3.0, np.nan]])
    >>> learn_scaling(matrix).apply(matrix)
    array([[-1.,  0.],
           [ 1.,  0.]])
    """
    n_features = matrix.shape[1]
    if sp.issparse(matrix):
        return Scaling(None, MaxAbsScaler().fit(matrix), np.zeros(n_features, dtype=bool), None)
    fill = SimpleImputer(strategy="median", keep_empty_features=True).fit(matrix)
    filled = fill.transform(matrix)
    ranked = np.array([len(np.unique(column)) >= FEWEST_VALUES_TO_RANK for column in filled.T], dtype=bool)
    n_quantiles = min(MOST_QUANTILES, len(filled))
    ranks = QuantileTransformer(n_quantiles=n_quantiles, random_state=SEED)
    return Scaling(fill, StandardScaler().fit(filled), ranked, ranks.fit(filled[:, ranked]) if ranked.any() else None)
