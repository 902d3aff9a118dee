"""Boosting: histogram gradient boosting, small leaves because labels are few.

Source: Ke et al. (2017), LightGBM, as in scikit-learn's `HistGradientBoostingClassifier`.
"""

from sklearn.ensemble import HistGradientBoostingClassifier

NAME = "boosting"
MIN_SAMPLES_LEAF = 5


def boosting(seed: int) -> HistGradientBoostingClassifier:
    """Give a boosted ensemble, not yet fitted.

    Early stopping is off: it would hold back labels, and there are few.
    """
    return HistGradientBoostingClassifier(min_samples_leaf=MIN_SAMPLES_LEAF, early_stopping=False, random_state=seed)
