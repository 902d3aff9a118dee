"""Boosting: trees that correct each other, small leaves because targets are few.

Gaps are filled with the median: scikit-learn's binning cannot take a column that is empty in all rows of a fold.

Source: Friedman (2001), "Greedy Function Approximation", as in scikit-learn's `HistGradientBoostingRegressor`.
"""

from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline, make_pipeline

from pseudolabel.learning.regression.member import Member

NAME = "boosting"
N_TREES = 100
MIN_SAMPLES_LEAF = 5


def boosting(seed: int) -> Pipeline:
    """Give a boosted ensemble, not yet fitted.

    Early stopping is off: it would hold back targets, and there are few.
    """
    boosted = HistGradientBoostingRegressor(
        max_iter=N_TREES, min_samples_leaf=MIN_SAMPLES_LEAF, early_stopping=False, random_state=seed
    )
    return make_pipeline(SimpleImputer(strategy="median", keep_empty_features=True), boosted)


def boosting_member(seed: int) -> Member:
    """Give the boosted ensemble as a member."""
    return Member(NAME, boosting(seed))
