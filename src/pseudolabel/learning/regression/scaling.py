"""Scaling: columns of like size, learnt from labeled and unlabeled rows together.

Takes  the numeric matrix of all rows, gaps and outliers included.
Gives  a fitted transformer that every member measuring distances or slopes starts with.

No target is looked at, so the rows without one count as much as the others: the plainest way in which they help. It
is frozen, because a clone fitted on the labeled rows of a fold would forget that.

An outlier is drawn in rather than cut off: twice as far stays farther, but can never be the only thing seen.

Before this: features.py. After this: kernels.py, linear.py.
"""

from typing import Any, Self

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.decomposition import TruncatedSVD
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import make_pipeline

FARTHEST = 3.0
"""Where an outlier ends up at most, in units of a column's usual spread."""

INTERQUARTILE_RANGE_OF_NORMAL = 1.349

LEAST_SPREAD = 1e-9
"""As a part of the farthest distance from the median: a middle half that is narrower counts as one value."""

MOST_COMPONENTS = 50
"""Columns that a wider sparse matrix, as of word counts, is condensed to."""


class Squash(TransformerMixin, BaseEstimator):
    """Centre columns at their median, draw outliers in, and give each the standard deviation 1; gaps become 0.

    Attributes
    ----------
    median_, spread_ : ndarray of shape (n_features,)
        Before outliers are drawn in; the spread is that of the middle half, as it is of a normal distribution.
    mean_, deviation_ : ndarray of shape (n_features,)
        Afterwards.

    Examples
    --------
    >>> X = np.array([[1.0], [2.0], [3.0], [4.0], [5.0], [6.0], [1000.0], [np.nan]])
    >>> Squash().fit_transform(X).round(1).ravel()
    array([-1.2, -0.9, -0.5, -0.2,  0.2,  0.5,  2.3, -0.2])
    """

    def fit(self, X: Any, y: object = None) -> Self:
        """Learn centre and spread of every column."""
        X = _with_gaps(X)
        filled = np.where(np.isnan(X).all(axis=0), 0.0, X)
        low, self.median_, high = np.nanquantile(filled, [0.25, 0.5, 0.75], axis=0)
        middle, whole = (high - low) / INTERQUARTILE_RANGE_OF_NORMAL, np.nanstd(filled, axis=0)
        farthest = np.nanmax(np.abs(filled - self.median_), axis=0)
        spread = np.where(middle > LEAST_SPREAD * farthest, middle, whole)
        self.spread_ = np.where(spread > np.finfo(np.float64).tiny / LEAST_SPREAD, spread, 1.0)
        drawn_in = self._drawn_in(X)
        deviation = drawn_in.std(axis=0)
        self.mean_, self.deviation_ = drawn_in.mean(axis=0), np.where(deviation > 0, deviation, 1.0)
        return self

    def transform(self, X: Any) -> NDArray[np.float64]:
        """Give the scaled rows: ndarray of shape (n_rows, n_features), no gaps."""
        return np.asarray((self._drawn_in(_with_gaps(X)) - self.mean_) / self.deviation_)

    def _drawn_in(self, X: NDArray[np.float64]) -> NDArray[np.float64]:
        far = np.where(np.isnan(X), 0.0, (X - self.median_) / self.spread_)
        return np.asarray(far / np.hypot(1, far / FARTHEST))


def _with_gaps(X: Any) -> NDArray[np.float64]:
    """Give the rows with gaps where a cell is infinite."""
    cells = np.asarray(X.toarray() if sp.issparse(X) else X, dtype=np.float64)
    return np.where(np.isinf(cells), np.nan, cells)


def learn_scaling(matrix: Any, *, seed: int) -> FrozenEstimator:
    """Learn the scaling from all rows, and fix it.

    Parameters
    ----------
    matrix : ndarray or sparse matrix of shape (n_rows, n_features)
        Labeled and unlabeled rows. A wide sparse matrix is condensed first, which again needs no target.
    seed : int
        Of the condensing.
    """
    if not sp.issparse(matrix) or matrix.shape[1] <= MOST_COMPONENTS:
        return FrozenEstimator(Squash().fit(matrix))
    condense = TruncatedSVD(min(MOST_COMPONENTS, matrix.shape[0]), random_state=seed)
    return FrozenEstimator(make_pipeline(condense, Squash()).fit(matrix))


def own(scaling: FrozenEstimator) -> FrozenEstimator:
    """Give the same scaling in a wrapper of its own.

    scikit-learn leaves notes on the steps of a pipeline while it is fitted, and members are fitted side by side: two
    pipelines around one wrapper would now and then take each other's notes away.
    """
    return FrozenEstimator(scaling.estimator)
