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

COLUMNS_AT_A_TIME = 256
"""Of which a copy is in memory."""

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
    starts = range(0, n_features, COLUMNS_AT_A_TIME)
    varied = [_is_varied(filled[:, start : start + COLUMNS_AT_A_TIME]) for start in starts]
    ranked = np.concatenate(varied) if varied else np.zeros(0, dtype=bool)
    ranks = learn_ranks(filled[:, ranked]) if ranked.any() else None
    return Scaling(fill, StandardScaler().fit(filled), ranked, ranks)


def learn_ranks(columns: NDArray[np.floating]) -> QuantileTransformer:
    """Learn how values become ranks from 0 to 1.

    To the last bit as scikit-learn does it, which goes through the columns one by one because there might be gaps: of
    5 000 columns half of the time.

    Parameters
    ----------
    columns : ndarray of shape (n_rows, n_features)
        Without gaps.

    Examples
    --------
    >>> learn_ranks(np.array([[0.0], [5.0], [20.0]])).transform(np.array([[5.0], [12.5]]))
    array([[0.5 ],
           [0.75]])
    """
    ranks = QuantileTransformer(n_quantiles=min(MOST_QUANTILES, len(columns)), random_state=SEED)
    if len(columns) > ranks.subsample:
        return ranks.fit(columns)
    ranks.n_features_in_, ranks.n_quantiles_ = columns.shape[1], ranks.n_quantiles
    ranks.references_ = np.linspace(0, 1, ranks.n_quantiles_, endpoint=True)
    ranks.quantiles_ = np.percentile(columns, ranks.references_ * 100, axis=0)
    return ranks


def _is_varied(columns: NDArray[np.floating]) -> NDArray[np.bool_]:
    """Tell for every column whether it has enough different values to be ranked."""
    in_order = np.sort(columns, axis=0)
    n_different = 1 + np.count_nonzero(in_order[1:] != in_order[:-1], axis=0)
    return np.asarray(n_different >= FEWEST_VALUES_TO_RANK)
