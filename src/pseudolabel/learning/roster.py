"""Roster: who learns, and who sits on the committee.

Takes  what was asked for: an estimator, a teacher, a lean or a full committee; and what the rows are like.
Gives  a Roster: the estimator, the form of rows it takes, and the members of the teacher.

A member is called only where it can follow: by rule, and with the reason kept, not by failing on the way.

Before this: committee/. After this: rounds.py.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, clone
from sklearn.ensemble import RandomForestClassifier

from pseudolabel.data.block import Form
from pseudolabel.learning.boosters import NAMES as BOOSTERS
from pseudolabel.learning.boosters import booster
from pseudolabel.learning.committee.boosting import NAME as BOOSTING
from pseudolabel.learning.committee.boosting import boosting, boosting_member
from pseudolabel.learning.committee.forest import NAME as FOREST
from pseudolabel.learning.committee.forest import extra_trees_member, forest, forest_member
from pseudolabel.learning.committee.graph import graph_member, leaf_graph_member
from pseudolabel.learning.committee.kernel import kernel_member, pairs_member
from pseudolabel.learning.committee.linear import NAME as LOGISTIC
from pseudolabel.learning.committee.linear import discriminant_member, logistic, logistic_member
from pseudolabel.learning.committee.member import EstimatorMember, Member
from pseudolabel.learning.model import seeded

NAMES = (FOREST, BOOSTING, LOGISTIC, *BOOSTERS)
"""Estimators that can be asked for by name; the first is the default."""

FEWEST_TREES_FOR_VOTES = 50
"""Every tree leaves out a third of the rows: fewer trees would vote on a row too seldom."""

COMMITTEES = ("lean", "full")

MOST_CLASSES_TO_BOOST = 5
"""Boosting grows a tree a class in every round."""

MOST_LABELED_ROWS = {"kernel": 5_000, "pairs": 5_000, "graph": 5_000, "leaf graph": 5_000}
"""Beyond these a member costs more than it adds: with so many labels, members agree."""

MOST_COLUMNS = {"boosting": 1_000}
"""Of the matrix. A fit of 40 rows of 5 000 columns takes boosting four seconds and any other member a tenth of one."""

FEWEST_ROWS_OF_A_CLASS = {"discriminant": 3}
"""It takes the spread of every class, also when a row of it is held out."""

DENSE_ONLY = ("boosting", "discriminant", "graph", "leaf graph")

NEED_UNLABELED = ("graph", "leaf graph")
"""On labeled rows alone the committee was measured to be better without them: 0.15 points, standard error 0.04."""


@dataclass(frozen=True)
class Roster:
    """Who learns and who may teach.

    Attributes
    ----------
    estimator : classifier
    form : {"given", "matrix"}
        Which form of the rows it takes.
    members : tuple of Member
    left_out : mapping of str to str
        Members that were not called, each with the reason.
    estimator_sits : bool
        Whether the first member is the estimator itself.
    """

    estimator: BaseEstimator
    form: Form
    members: tuple[Member, ...]
    left_out: Mapping[str, str]
    estimator_sits: bool

    @property
    def pays_by_fold(self) -> bool:
        """Whether the teacher is a single member that is fitted anew in every fold."""
        first = self.members[0]
        return len(self.members) == 1 and isinstance(first, EstimatorMember) and not first.out_of_bag


@dataclass(frozen=True)
class Circumstances:
    """What decides who can follow.

    Attributes
    ----------
    n_labeled, n_classes : int
    smallest : int
        Labeled rows of the rarest class.
    sparse : bool
        Whether the rows are a sparse matrix.
    n_unlabeled : int
    n_columns : int, default=1
        Of the matrix.
    """

    n_labeled: int
    n_classes: int
    smallest: int
    sparse: bool
    n_unlabeled: int
    n_columns: int = 1

    def against(self, name: str) -> str | None:
        """Say why a member is not called; None if it is.

        Examples
        --------
        >>> Circumstances(260, 26, smallest=10, sparse=False, n_unlabeled=900).against("boosting")
        '26 classes: it is called for at most 5'
        """
        most = MOST_LABELED_ROWS.get(name, self.n_labeled)
        if self.sparse and name in DENSE_ONLY:
            return "sparse rows: it takes dense ones only"
        if name == BOOSTING and self.n_classes > MOST_CLASSES_TO_BOOST:
            return f"{self.n_classes} classes: it is called for at most {MOST_CLASSES_TO_BOOST}"
        if self.n_columns > (columns := MOST_COLUMNS.get(name, self.n_columns)):
            return f"{self.n_columns} columns: it is called for at most {columns}"
        if self.smallest < (fewest := FEWEST_ROWS_OF_A_CLASS.get(name, 0)):
            return f"a class with {self.smallest} labeled rows: it needs {fewest}"
        if name in NEED_UNLABELED and not self.n_unlabeled:
            return "no unlabeled rows to spread labels through"
        if self.n_labeled > most:
            return f"{self.n_labeled} labeled rows: it is called for at most {most}"
        return None


def call_roster(
    asked: Any,
    teacher: Any,
    circumstances: Circumstances,
    *,
    committee: str,
    seed: int,
    reseed: bool,
    n_jobs: int | None,
) -> Roster:
    """Choose the estimator and the committee.

    Parameters
    ----------
    asked : classifier, one of `NAMES`, or None
    teacher : "committee", "own", or a classifier
    circumstances : Circumstances
    committee : {"lean", "full"}
    seed : int
        Of our own learners.
    reseed : bool
        Whether `seed` also goes to the unset random states of the user's estimator.
    n_jobs : int or None
        Processors for our forests, and for a booster that is asked for by name; one where members share them.
    """
    estimator, form, name = _base(asked, circumstances, seed=seed, reseed=reseed, n_jobs=n_jobs)
    if not isinstance(teacher, str) and is_same(teacher, asked):
        teacher = "own"
    if not isinstance(teacher, str):
        return Roster(
            estimator, form, (EstimatorMember(type(teacher).__name__, seeded(teacher, seed), "given"),), {}, False
        )
    base = forest_member(seed, n_jobs) if name == FOREST else _member(name, estimator, form)
    if teacher == "own":
        return Roster(estimator, form, (base,), {}, True)
    if name in BOOSTERS:
        base = _member(name, booster(name, "classes", seed=seed, n_jobs=1), form)
    others = [member for member in _committee(committee, circumstances, seed, n_jobs) if member.name != name]
    reasons = {member.name: circumstances.against(member.name) for member in others}
    if isinstance(estimator, RandomForestClassifier) and form == "given":
        reasons[FOREST] = "your estimator is one"
    called = [member for member in others if reasons[member.name] is None]
    left_out = {member: reason for member, reason in reasons.items() if reason is not None}
    return Roster(estimator, form, (base, *called), left_out, True)


def is_same(teacher: Any, estimator: Any) -> bool:
    """Tell whether two estimators are of one type and have the same settings: what one learns, the other does too.

    Examples
    --------
    >>> is_same(RandomForestClassifier(50), RandomForestClassifier(50))
    True
    >>> is_same(RandomForestClassifier(50), RandomForestClassifier())
    False
    """
    if type(teacher) is not type(estimator) or not hasattr(teacher, "get_params"):
        return False
    return _is_same_setting(teacher.get_params(deep=False), estimator.get_params(deep=False))


def _is_same_setting(one: Any, other: Any) -> bool:
    """Compare two settings; what cannot be compared is not the same."""
    if one is other:
        return True
    if type(one) is not type(other):
        return False
    if hasattr(one, "get_params") and not isinstance(one, type):
        return is_same(one, other)
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(_is_same_setting(one[name], other[name]) for name in one)
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(_is_same_setting, one, other))
    if isinstance(one, np.ndarray):
        return np.array_equal(one, other)
    equal = one == other or (isinstance(one, float) and one != one and other != other)  # XGBoost's `missing` is NaN
    return isinstance(equal, bool | np.bool_) and bool(equal)


def _member(name: str, estimator: BaseEstimator, form: Form) -> EstimatorMember:
    """Seat the estimator: a forest of many trees by its out-of-bag votes, which spares five fits."""
    member = EstimatorMember(name, estimator, form, users=form == "given")
    if not isinstance(estimator, RandomForestClassifier) or not estimator.bootstrap:
        return member
    if estimator.n_estimators < FEWEST_TREES_FOR_VOTES or estimator.oob_score:
        return member
    return replace(member, estimator=clone(estimator).set_params(oob_score=True), out_of_bag=True)


def _committee(committee: str, circumstances: Circumstances, seed: int, n_jobs: int | None) -> list[Member]:
    lean: list[Member] = [
        forest_member(seed, n_jobs),
        logistic_member(),
        kernel_member(),
        boosting_member(seed, circumstances.n_labeled),
        graph_member(seed),
    ]
    if committee == "lean":
        return lean
    return [*lean, extra_trees_member(seed, n_jobs), discriminant_member(), pairs_member(), leaf_graph_member(seed)]


def _base(
    asked: Any, circumstances: Circumstances, *, seed: int, reseed: bool, n_jobs: int | None
) -> tuple[BaseEstimator, Form, str]:
    if asked is None or asked == FOREST:
        return forest(seed, n_jobs), "matrix", FOREST
    if asked == BOOSTING:
        return boosting(seed), "matrix", BOOSTING
    if asked == LOGISTIC:
        return logistic(sparse=circumstances.sparse), "matrix", LOGISTIC
    if isinstance(asked, str):
        return booster(asked, "classes", seed=seed, n_jobs=n_jobs), "matrix", asked
    return (seeded(asked, seed) if reseed else asked), "given", type(asked).__name__
