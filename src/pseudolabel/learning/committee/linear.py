"""Linear: right where classes are split by a slope.

As the user's estimator, logistic regression prepares its columns itself: missing cells become the median, sparse rows
are only scaled, so that they stay sparse. As members, the linear learners take the rows already on one scale.

Source: Ledoit and Wolf (2004) for the shrinkage of the discriminant's covariance.
"""

from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import MaxAbsScaler, StandardScaler

from pseudolabel.learning.committee.member import EstimatorMember

NAME = "logistic"
MAX_ITER = 2000


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
    return EstimatorMember("discriminant", LinearDiscriminantAnalysis(solver="lsqr", shrinkage="auto"), "scaled")
