"""Linear: right where classes are split by a slope.

As the user's estimator, logistic regression prepares its columns itself: missing cells become the median, sparse rows
are only scaled, so that they stay sparse. As members, the linear learners take the rows already on one scale.

Source: Ledoit and Wolf (2004) for the shrinkage of the discriminant's covariance.
"""

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import MaxAbsScaler, StandardScaler

from pseudolabel.learning.committee.member import EstimatorMember

NAME = "logistic"
MAX_ITER = 2000

MANY_COLUMNS = 1000
"""From here on a covariance takes long: of 5000 columns two minutes, for which 40 labeled rows give no more than 40."""


def logistic(*, sparse: bool) -> Pipeline:
    """Give a logistic regression with its preparation, not yet fitted."""
    classifier = LogisticRegression(max_iter=MAX_ITER)
    if sparse:
        return make_pipeline(MaxAbsScaler(), classifier)
    return make_pipeline(SimpleImputer(strategy="median", keep_empty_features=True), StandardScaler(), classifier)


def logistic_member() -> EstimatorMember:
    """Give the logistic regression as a member."""
    return EstimatorMember(NAME, LogisticRegression(max_iter=MAX_ITER), "scaled")


def discriminant_member() -> EstimatorMember:
    """Give linear discriminant analysis as a member; dense rows only."""
    discriminant = LinearDiscriminantAnalysis(solver="lsqr", shrinkage="auto")
    return EstimatorMember("discriminant", make_pipeline(Span(), discriminant), "scaled")


class Span(TransformerMixin, BaseEstimator):
    """Rows by their place in the space that the training rows span, where these are fewer than many columns.

    Nothing a linear discriminant finds lies outside of it: a direction in which no training row differs has no slope.
    Narrow tables pass through.

    Attributes
    ----------
    center_ : ndarray of shape (n_features,)
    axes_ : ndarray of shape (n_axes, n_features) or None
        None where rows pass through.
    """

    def fit(self, X: NDArray[Any], y: Any = None) -> Self:
        """Find the axes."""
        self.center_, self.axes_ = X.mean(axis=0), None
        if X.shape[1] > max(MANY_COLUMNS, len(X)):
            _, lengths, axes = np.linalg.svd(X - self.center_, full_matrices=False)
            self.axes_ = axes[lengths > lengths.max(initial=0) * len(X) * np.finfo(X.dtype).eps]
        return self

    def transform(self, X: NDArray[Any]) -> NDArray[Any]:
        """Give the place of rows along the axes."""
        return X if self.axes_ is None else (X - self.center_) @ self.axes_.T
