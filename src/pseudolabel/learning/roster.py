"""Roster: which estimator is fitted, and who sits on the committee.

Takes  what the user asked for: a classifier, a name, or nothing.
Gives  the estimator with the form of rows it takes, and the members that teach it.

The user's estimator is always a member: a committee without it can know much less than it does.

Before this: committee/. After this: rounds.py.
"""

from dataclasses import dataclass
from typing import Any

from sklearn.base import BaseEstimator

from pseudolabel.data.block import Form
from pseudolabel.learning.committee.boosting import NAME as BOOSTING
from pseudolabel.learning.committee.boosting import boosting
from pseudolabel.learning.committee.forest import NAME as FOREST
from pseudolabel.learning.committee.forest import forest, forest_member
from pseudolabel.learning.committee.linear import NAME as LOGISTIC
from pseudolabel.learning.committee.linear import logistic, logistic_member
from pseudolabel.learning.committee.member import Member
from pseudolabel.learning.model import seeded

NAMES = (FOREST, BOOSTING, LOGISTIC)
"""Estimators that can be asked for by name; the first is the default."""


@dataclass(frozen=True)
class Roster:
    """Who learns and who may teach.

    Attributes
    ----------
    estimator : classifier
    form : {"given", "matrix"}
        Which form of the rows it takes.
    members : tuple of Member
    """

    estimator: BaseEstimator
    form: Form
    members: tuple[Member, ...]


def call_roster(asked: Any, teacher: Any, *, seed: int, reseed: bool, sparse: bool, n_jobs: int | None) -> Roster:
    """Choose the estimator and the committee.

    Parameters
    ----------
    asked : classifier, one of `NAMES`, or None
    teacher : "committee", "own", or a classifier
    seed : int
        Of our own learners.
    reseed : bool
        Whether `seed` also goes to the unset random states of the user's estimator.
    sparse : bool
        Whether the rows are a sparse matrix.
    n_jobs : int or None
        Processors for our forests.
    """
    ours = {
        FOREST: forest_member(seed, n_jobs),
        LOGISTIC: logistic_member(sparse=sparse),
    }
    estimator, form, name = _base(asked, seed=seed, reseed=reseed, sparse=sparse, n_jobs=n_jobs)
    base = ours.get(name, Member(name, estimator, form, users=form == "given"))
    if not isinstance(teacher, str):
        return Roster(estimator, form, (Member(type(teacher).__name__, seeded(teacher, seed), "given"),))
    members = [base] if teacher == "own" else list(({name: base} | ours).values())
    return Roster(estimator, form, tuple(members))


def _base(asked: Any, *, seed: int, reseed: bool, sparse: bool, n_jobs: int | None) -> tuple[BaseEstimator, Form, str]:
    if asked is None or asked == FOREST:
        return forest(seed, n_jobs), "matrix", FOREST
    if asked == BOOSTING:
        return boosting(seed), "matrix", BOOSTING
    if asked == LOGISTIC:
        return logistic(sparse=sparse), "matrix", LOGISTIC
    return (seeded(asked, seed) if reseed else asked), "given", type(asked).__name__
