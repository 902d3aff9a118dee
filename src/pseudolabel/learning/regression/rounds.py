"""Rounds: the ways from targets to a model, one function each.

Takes  a Task: the estimator, all rows, the targets some of them have.
Gives  Learned: what predicts, the pseudo-targets, the intervals around both, and how they came about.

`auto` asks a committee, once. `one_shot` is the tutorial's recipe, kept to be reproduced and compared: a model that
is its own teacher learns nothing new.

Before this: mixture.py. After this: regressor.py.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator

from pseudolabel.data.block import Block, Form
from pseudolabel.learning.model import Model
from pseudolabel.learning.regression.committee import Committee, fit_committee
from pseudolabel.learning.regression.intervals import Intervals, learn_intervals
from pseudolabel.learning.regression.member import Member, fit_regression
from pseudolabel.learning.regression.mixture import Mixture, Part, Predictor
from pseudolabel.learning.regression.student import fit_student

MIXTURES = {
    "safe": {"labels only": 0.5, "student": 0.5},
    "balanced": {"labels only": 1 / 3, "student": 1 / 3, "committee": 1 / 3},
    "bold": {"committee": 1.0},
}
"""Shares of the prediction, by what the user asked for."""


@dataclass(frozen=True)
class Task:
    """What there is to learn from.

    Attributes
    ----------
    estimator : regressor
        The user's, or the default one.
    form : {"given", "matrix"}
        Which form of the rows it takes.
    block : Block of n_rows rows
    targets : ndarray of shape (n_rows,)
        NaN where there is none.
    seed : int
    n_jobs : int or None
    """

    estimator: BaseEstimator
    form: Form
    block: Block
    targets: NDArray[np.float64]
    seed: int
    n_jobs: int | None = None

    @property
    def labeled(self) -> NDArray[np.int64]:
        """Positions of the labeled rows."""
        return np.flatnonzero(~np.isnan(self.targets))

    @property
    def unlabeled(self) -> NDArray[np.int64]:
        """Positions of the unlabeled rows."""
        return np.flatnonzero(np.isnan(self.targets))


@dataclass(frozen=True)
class Learned:
    """What was learnt, and how.

    Attributes
    ----------
    mixture : Mixture
        What predicts.
    labels_only : Model
        The estimator fitted on the labeled rows alone: what there would be without pseudo-targets.
    student : Model
        The estimator as fitted last.
    pseudo_targets : ndarray of shape (n_unlabeled,)
    disagreement : ndarray of shape (n_unlabeled,)
        Of the teacher about them.
    intervals : Intervals
    teacher : Committee
    """

    mixture: Mixture
    labels_only: Model
    student: Model
    pseudo_targets: NDArray[np.float64]
    disagreement: NDArray[np.float64]
    intervals: Intervals
    teacher: Committee


def learn_from_committee(task: Task, members: Sequence[Member], mixture: str) -> Learned:
    """Let a committee give the unlabeled rows their targets once, and refit the estimator on everything.

    Parameters
    ----------
    task : Task
    members : sequence of Member
        The task's estimator first.
    mixture : {"safe", "balanced", "bold"}
    """
    labeled, unlabeled = task.block.take(task.labeled), task.block.take(task.unlabeled)
    targets = task.targets[task.labeled]
    teacher, evidence = fit_committee(members, labeled, targets, seed=task.seed, n_jobs=task.n_jobs)
    # The first member is the estimator; if it failed there it fails here too, in its own words.
    labels_only = teacher.model_of(members[0].name) or fit_regression(task.estimator, labeled, targets, task.form)
    pseudo_targets, disagreement = np.empty(0), np.empty(0)
    if len(task.unlabeled):
        votes = teacher.votes(unlabeled)
        pseudo_targets, disagreement = votes.predictions(), votes.disagreement()
    student = _student(task, labels_only, pseudo_targets)
    shares = MIXTURES[mixture]
    predictors: dict[str, Predictor] = {"labels only": labels_only, "student": student, "committee": teacher}
    parts = tuple(Part(name, share, predictors[name]) for name, share in shares.items())
    honest = evidence.blend(members[0].name, shares.get("labels only", 0.0))
    intervals = learn_intervals(honest, evidence.disagreement(), targets, seed=task.seed)
    return Learned(Mixture(parts), labels_only, student, pseudo_targets, disagreement, intervals, teacher)


def learn_in_one_shot(task: Task, member: Member) -> Learned:
    """Fit on the labeled rows, predict the rest, fit on everything: the tutorial's recipe, exactly.

    Source: Lee (2013), "Pseudo-Label".
    """
    labeled, unlabeled = task.block.take(task.labeled), task.block.take(task.unlabeled)
    targets = task.targets[task.labeled]
    labels_only = fit_regression(task.estimator, labeled, targets, task.form)
    teacher, evidence = fit_committee([member], labeled, targets, seed=task.seed, n_jobs=task.n_jobs)
    pseudo_targets = labels_only.predict(unlabeled) if len(task.unlabeled) else np.empty(0)
    student = _student(task, labels_only, pseudo_targets)
    intervals = learn_intervals(evidence.predictions(), evidence.disagreement(), targets, seed=task.seed)
    mixture, disagreement = Mixture((Part("student", 1.0, student),)), np.zeros(len(pseudo_targets))
    return Learned(mixture, labels_only, student, pseudo_targets, disagreement, intervals, teacher)


def _student(task: Task, labels_only: Model, pseudo_targets: NDArray[np.float64]) -> Model:
    """Refit the estimator on given and pseudo-targets; without any of these the labels-only model is the student."""
    if len(pseudo_targets) == 0:
        return labels_only
    return fit_student(
        task.estimator,
        task.form,
        task.block,
        task.targets,
        taught=task.unlabeled,
        pseudo_targets=pseudo_targets,
    )
