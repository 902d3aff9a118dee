"""Linear: logistic regression on standardised columns; right where classes are split by a slope.

Missing cells become the column's median. Sparse rows are only scaled, so that they stay sparse.
"""

from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import MaxAbsScaler, StandardScaler

from pseudolabel.learning.committee.member import Member

NAME = "logistic"
MAX_ITER = 2000


def logistic(*, sparse: bool) -> Pipeline:
    """Give a logistic regression with its preparation, not yet fitted."""
    classifier = LogisticRegression(max_iter=MAX_ITER)
    if sparse:
        return make_pipeline(MaxAbsScaler(), classifier)
    return make_pipeline(SimpleImputer(strategy="median", keep_empty_features=True), StandardScaler(), classifier)


def logistic_member(*, sparse: bool) -> Member:
    """Give the logistic regression as a member."""
    return Member(NAME, logistic(sparse=sparse))
