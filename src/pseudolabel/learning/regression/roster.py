"""Roster: which estimator is fitted, and who sits on the committee.

Takes  what the user asked for: a regressor, a name, or nothing; and the matrix of all rows.
Gives  the estimator with the form of rows it takes, and the members that teach it.

The estimator is always a member, and the first: a committee without it can know much less than it does.

Before this: boosting.py, forests.py, kernels.py, linear.py. After this: rounds.py.
"""

from dataclasses import dataclass
from typing import Any

import scipy.sparse as sp
from sklearn.base import BaseEstimator

from pseudolabel.data.block import Form
from pseudolabel.learning.boosters import NAMES as BOOSTERS
from pseudolabel.learning.boosters import booster
from pseudolabel.learning.model import seeded
from pseudolabel.learning.regression.boosting import NAME as BOOSTING
from pseudolabel.learning.regression.boosting import boosting_member
from pseudolabel.learning.regression.forests import NAME as FOREST
from pseudolabel.learning.regression.forests import forest, forest_member, random_trees_member
from pseudolabel.learning.regression.kernels import choosy_process_member, gaussian_process_member
from pseudolabel.learning.regression.linear import NAME as LINEAR
from pseudolabel.learning.regression.linear import linear_member
from pseudolabel.learning.regression.member import Member
from pseudolabel.learning.regression.scaling import learn_scaling, own

NAMES = (FOREST, BOOSTING, LINEAR, *BOOSTERS)
"""Estimators that can be asked for by name; the first is the default."""


@dataclass(frozen=True)
class Roster:
    """Who learns and who may teach.

    Attributes
    ----------
    estimator : regressor
    form : {"given", "matrix"}
        Which form of the rows it takes.
    members : tuple of Member
        The estimator first.
    """

    estimator: BaseEstimator
    form: Form
    members: tuple[Member, ...]


def call_roster(asked: Any, matrix: Any, *, full: bool, seed: int, reseed: bool, n_jobs: int | None) -> Roster:
    """Choose the estimator and the committee.

    Parameters
    ----------
    asked : regressor, one of `NAMES`, or None
    matrix : ndarray or sparse matrix of shape (n_rows, n_features), or None
        All rows; None when nobody but the user's regressor is wanted.
    full : bool
        Whether the members that cost most sit on the committee too.
    seed : int
        Of our own learners.
    reseed : bool
        Whether `seed` also goes to the unset random states of the user's regressor.
    n_jobs : int or None
        Processors for the forest, and for a booster that is asked for by name, when it learns alone.
    """
    ours = {} if matrix is None else _ours(matrix, full=full, seed=seed)
    if isinstance(asked, str) and asked in BOOSTERS:
        teaching = Member(asked, booster(asked, "numbers", seed=seed, n_jobs=1))
        return Roster(booster(asked, "numbers", seed=seed, n_jobs=n_jobs), "matrix", (teaching, *ours.values()))
    if asked is None or isinstance(asked, str):
        first = ours.pop(asked or FOREST, None) or boosting_member(seed)
        alone = forest(seed, n_jobs) if first.name == FOREST else first.estimator
        return Roster(alone, "matrix", (first, *ours.values()))
    estimator = seeded(asked, seed) if reseed else asked
    return Roster(estimator, "given", (Member(type(asked).__name__, estimator, "given", users=True), *ours.values()))


def _ours(matrix: Any, *, full: bool, seed: int) -> dict[str, Member]:
    scaling = learn_scaling(matrix, seed=seed)
    members = [
        forest_member(seed),
        random_trees_member(seed),
        linear_member(own(scaling)),
        gaussian_process_member(own(scaling)),
    ]
    if full:
        members.append(choosy_process_member(own(scaling)))
    if full and not sp.issparse(matrix):  # boosting takes dense rows only
        members.append(boosting_member(seed))
    return {member.name: member for member in members}
