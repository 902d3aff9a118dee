"""Linear: ridge regression on scaled columns; right where the target rises by a slope.

How strongly slopes are pulled to zero is found from the targets without holding any out.

Source: MacKay (1992), "Bayesian Interpolation", as in scikit-learn's `BayesianRidge`.
"""

from sklearn.base import BaseEstimator
from sklearn.linear_model import BayesianRidge
from sklearn.pipeline import Pipeline, make_pipeline

from pseudolabel.learning.committee.linear import Span
from pseudolabel.learning.regression.member import Member

NAME = "linear"


def linear(scaling: BaseEstimator) -> Pipeline:
    """Give a ridge regression behind this scaling, not yet fitted.

    Of many columns it sees the span of the rows, which gives the same slopes: it keeps a matrix of columns by columns.
    """
    return make_pipeline(scaling, Span(), BayesianRidge())


def linear_member(scaling: BaseEstimator) -> Member:
    """Give the ridge regression as a member."""
    return Member(NAME, linear(scaling))
