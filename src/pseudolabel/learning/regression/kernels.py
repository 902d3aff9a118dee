"""Kernels: a Gaussian process, the best that can be done with few targets on smooth surfaces.

Takes  scaled rows and their targets.
Gives  a regressor that learns how fast the target changes along each column.

The length scale of every column, the share of a straight line and the noise are found where the targets are likeliest,
with a prior on each: without one, thirty targets would explain themselves by thirty accidents. The prior of a column's
length scale is a common one that is learnt too, so that columns differ only where the targets insist.

Written here rather than taken from scikit-learn's `GaussianProcessRegressor`, which has no priors and takes no
weights, needs several times as long, and keeps two matrices of rows by rows in the fitted model.

Source: Rasmussen and Williams (2006), "Gaussian Processes for Machine Learning", chapters 2 and 5.

Before this: scaling.py. After this: roster.py.
"""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_solve, cholesky
from scipy.optimize import minimize
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.metrics.pairwise import euclidean_distances
from sklearn.pipeline import make_pipeline

from pseudolabel.data.sample import draw_sample
from pseudolabel.learning.regression.member import Member

MOST_COLUMNS_WITH_SCALES = 100
"""Above it all columns share one length scale: each would need a matrix of distances between all rows."""

MOST_ROWS_TO_TUNE = 400
"""Rows by which scales and variances are found; the cost grows with the third power."""

MOST_DISTANCES = 6_000_000
"""Pairs of rows times columns when they are found: with many columns fewer rows have to do."""

MOST_ROWS = 2000
"""Rows kept to predict from, drawn from more."""

MOST_STEPS = 60
"""Of the search for scales and variances."""

CENTRE = np.log([1.0, 1.0, 0.1, 0.3])
"""Of the priors, as logarithms: the common length scale, in units of the usual distance between rows, and the variances
of surface, line and noise, in units of the targets' variance."""

SPREAD = np.array([1.0, 1.0, 1.5, 1.0])
"""Of the same priors: standard deviations of the logarithms."""

ALIKE, UNLIKE = 0.5, 1.0
"""Spreads of the prior of a column's length scale around the common one: whether columns are expected to matter about
as much as each other, or some not at all."""

REACH = 8.0
"""How many standard deviations of its prior the search may go: beyond, matrices are no longer definite."""

JITTER = 1e-6
ROWS_AT_A_TIME = 4096
"""Of those that are predicted: bounds the memory."""


@dataclass(frozen=True)
class Landscape:
    """How likely scales and variances are, given rows and targets.

    A point of it holds logarithms: the common length scale, the variances of surface, line and noise, and by how much
    the length scale of each column differs from the common one.

    Attributes
    ----------
    targets : ndarray of shape (n_rows,)
    apart : ndarray of shape (n_scales, n_rows * n_rows)
        Squared distances of all pairs of rows, along each column or along all.
    straight : ndarray of shape (n_rows, n_rows)
        Products of all pairs of rows.
    noisy : ndarray of shape (n_rows,)
        How much noise each row has in proportion: 1 over its weight.
    spread_of_columns : float
        Of the prior of one column's length scale around the common one.
    """

    targets: NDArray[np.float64]
    apart: NDArray[np.float64]
    straight: NDArray[np.float64]
    noisy: NDArray[np.float64]
    spread_of_columns: float

    def loss(self, point: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        """Give the negative logarithm of the posterior, and its slope, at a point."""
        n_rows = len(self.targets)
        nearness = np.exp(-2 * (point[0] + point[4:]))
        surface, line, noise = np.exp(point[1:4])
        far = np.sqrt(5 * np.maximum(nearness @ self.apart, 0)).reshape(n_rows, n_rows)
        decay = np.exp(-far)
        smooth = (1 + far + far**2 / 3) * decay
        root = _root(surface * smooth + line * self.straight, noise * self.noisy)
        pull = cho_solve((root, True), self.targets, check_finite=False)
        slope = 0.5 * (cho_solve((root, True), np.eye(n_rows), check_finite=False) - np.outer(pull, pull))
        by_scale = (self.apart @ (slope * (1 + far) * decay).ravel()) * nearness * surface * 5 / 3
        by_variance = [
            surface * (slope * smooth).sum(),
            line * (slope * self.straight).sum(),
            noise * np.diag(slope) @ self.noisy,
        ]
        off, spread = point - self.centre(), self.spread()
        value = 0.5 * self.targets @ pull + np.log(np.diag(root)).sum() + 0.5 * ((off / spread) ** 2).sum()
        return float(value), np.concatenate([[by_scale.sum()], by_variance, by_scale]) + off / spread**2

    def centre(self) -> NDArray[np.float64]:
        """Give the centre of the prior, where the search starts."""
        return np.concatenate([CENTRE, np.zeros(len(self.apart))])

    def spread(self) -> NDArray[np.float64]:
        """Give the standard deviations of the prior."""
        return np.concatenate([SPREAD, np.full(len(self.apart), self.spread_of_columns)])

    def peak(self) -> NDArray[np.float64]:
        """Find the likeliest point."""
        centre, reach = self.centre(), REACH * self.spread()
        bounds = np.column_stack([centre - reach, centre + reach])
        options = {"maxiter": MOST_STEPS}
        found = minimize(self.loss, centre, jac=True, method="L-BFGS-B", bounds=bounds, options=options)
        return np.asarray(found.x)


class GaussianProcess(RegressorMixin, BaseEstimator):
    """Predict by nearness to the given rows, along columns that matter more or less.

    Parameters
    ----------
    spread_of_columns : float, default=0.5
        How much columns may differ in that: the standard deviation of the logarithm of a length scale.

    Attributes
    ----------
    rows_ : ndarray of shape (n_kept, n_features)
    pull_ : ndarray of shape (n_kept,)
        How much each row counts.
    point_ : ndarray of shape (4 + n_scales,)
        See Landscape.
    centre_, unit_ : float
        Mean and standard deviation of the targets.

    Examples
    --------
    >>> X = np.linspace(-1, 1, 30)[:, np.newaxis]
    >>> model = GaussianProcess().fit(X, np.sin(3 * X[:, 0]))
    >>> model.predict([[0.5]]).round(2) == np.sin(1.5).round(2)
    array([ True])
    """

    def __init__(self, spread_of_columns: float = ALIKE) -> None:
        self.spread_of_columns = spread_of_columns

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Find scales and variances, then how much each row counts."""
        weight = np.ones(len(y)) if sample_weight is None else np.asarray(sample_weight, dtype=np.float64)
        kept = np.flatnonzero(weight > 0)
        kept = kept[draw_sample(len(kept), MOST_ROWS, 0)]
        rows, y, weight = np.asarray(X, dtype=np.float64)[kept], np.asarray(y, dtype=np.float64)[kept], weight[kept]
        self.rows_, self.centre_ = rows, float(np.average(y, weights=weight))
        self.unit_ = float(np.sqrt(np.average((y - self.centre_) ** 2, weights=weight))) or 1.0
        targets, noisy = (y - self.centre_) / self.unit_, weight.mean() / weight
        tuned = draw_sample(len(kept), _most_rows_to_tune(rows.shape[1]), 1)
        self.point_ = self._landscape(rows[tuned], targets[tuned], noisy[tuned]).peak()
        root = _root(self._covariance(rows), np.exp(self.point_[3]) * noisy)
        self.pull_ = cho_solve((root, True), targets, check_finite=False)
        return self

    def predict(self, X: Any) -> NDArray[np.float64]:
        """Give the target of every row: ndarray of shape (n_rows,)."""
        X = np.asarray(X, dtype=np.float64)
        starts = range(0, len(X), ROWS_AT_A_TIME)
        parts = [self._covariance(X[start : start + ROWS_AT_A_TIME]) @ self.pull_ for start in starts]
        return np.concatenate([*parts, np.empty(0)]) * self.unit_ + self.centre_

    def _landscape(self, X: NDArray[np.float64], targets: NDArray[np.float64], noisy: NDArray[np.float64]) -> Landscape:
        n_columns = X.shape[1]
        if n_columns > MOST_COLUMNS_WITH_SCALES:
            apart = euclidean_distances(X, squared=True).reshape(1, -1)
        else:
            apart = np.array([np.subtract.outer(column, column).ravel() ** 2 for column in X.T])
        return Landscape(targets, apart / n_columns, X @ X.T / n_columns, noisy, self.spread_of_columns)

    def _covariance(self, X: NDArray[np.float64]) -> NDArray[np.float64]:
        scales = np.exp(-(self.point_[0] + self.point_[4:])) / np.sqrt(X.shape[1])
        surface, line, _ = np.exp(self.point_[1:4])
        here, there = X * scales, self.rows_ * scales
        far = np.sqrt(5) * euclidean_distances(here, there)
        straight = X @ self.rows_.T / X.shape[1]
        return np.asarray(surface * (1 + far + far**2 / 3) * np.exp(-far) + line * straight)


def gaussian_process_member(scaling: BaseEstimator) -> Member:
    """Give the Gaussian process behind this scaling as a member."""
    return Member("gaussian process", make_pipeline(scaling, GaussianProcess()))


def choosy_process_member(scaling: BaseEstimator) -> Member:
    """Give one that expects some columns to matter much more than others."""
    return Member("choosy process", make_pipeline(scaling, GaussianProcess(UNLIKE)))


def _most_rows_to_tune(n_columns: int) -> int:
    if n_columns > MOST_COLUMNS_WITH_SCALES:
        return MOST_ROWS_TO_TUNE
    return min(MOST_ROWS_TO_TUNE, int(np.sqrt(MOST_DISTANCES / n_columns)))


def _root(covariance: NDArray[np.float64], noise: NDArray[np.float64]) -> NDArray[np.float64]:
    """Give the lower Cholesky factor of the covariance of noisy targets."""
    covariance.flat[:: len(covariance) + 1] += noise + JITTER
    return np.asarray(cholesky(covariance, lower=True, overwrite_a=True, check_finite=False))
