"""Boosting: histogram gradient boosting, small leaves because labels are few.

Source: Ke et al. (2017), LightGBM, as in scikit-learn's `HistGradientBoostingClassifier`.
"""

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.pipeline import Pipeline, make_pipeline

from pseudolabel.learning.committee.member import EstimatorMember

NAME = "boosting"
MIN_SAMPLES_LEAF = 5

N_ROUNDS_OF_A_MEMBER = 60
LEAVES_OF_A_MEMBER = (2, 20)
"""Rows in a leaf: a twentieth of the labeled rows, within these bounds."""


class EmptyColumns(TransformerMixin, BaseEstimator):
    """Fill columns that were empty in all rows of the fit: scikit-learn's binning cannot take them.

    A column may be filled in the unlabeled rows alone. It then tells nothing about classes, and one constant is as
    good as another. Gaps in other columns stay: boosting knows what to do with them.

    Attributes
    ----------
    empty_ : ndarray of shape (n_features,), bool

    Examples
    --------
    >>> EmptyColumns().fit_transform(np.array([[1.0, np.nan], [np.nan, np.nan]]))
    array([[ 1.,  0.],
           [nan,  0.]])
    """

    def fit(self, X: NDArray[Any], y: object = None) -> Self:
        """Find the columns without any value."""
        self.empty_ = np.isnan(X).all(axis=0)
        return self

    def transform(self, X: NDArray[Any]) -> NDArray[Any]:
        """Give the rows with those columns set to 0."""
        return np.where(self.empty_, 0.0, X) if self.empty_.any() else X


def boosting(seed: int) -> Pipeline:
    """Give a boosted ensemble, not yet fitted.

    Early stopping is off: it would hold back labels, and there are few.
    """
    boosted = HistGradientBoostingClassifier(min_samples_leaf=MIN_SAMPLES_LEAF, early_stopping=False, random_state=seed)
    return make_pipeline(EmptyColumns(), boosted)


def boosting_member(seed: int, n_labeled: int) -> EstimatorMember:
    """Give boosting as a member: fewer rounds, and leaves that fit the number of labels."""
    boosted = HistGradientBoostingClassifier(
        max_iter=N_ROUNDS_OF_A_MEMBER,
        min_samples_leaf=int(np.clip(n_labeled // 20, *LEAVES_OF_A_MEMBER)),
        early_stopping=False,
        random_state=seed,
    )
    return EstimatorMember(NAME, make_pipeline(EmptyColumns(), boosted))
