"""Rounds: the ways from labels to a model, one function each.

Takes  a Task: the user's estimator, all rows, the labels some of them have.
Gives  Learned: what predicts, the pseudo-labels, and how they came about.

`auto` needs one round. `one_shot` is the tutorial's recipe, `self_training` scikit-learn's rule, `curriculum` the
percentile schedule: kept to be reproduced and compared, because a model that is its own teacher repeats its mistakes.

Before this: mixture.py. After this: classifier.py.
"""

import copy
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, clone

from pseudolabel.data.block import Block, Form
from pseudolabel.data.sample import draw_sample
from pseudolabel.errors import ParameterError
from pseudolabel.learning.committee.member import Lesson
from pseudolabel.learning.mixture import Mixture, Part, mix, shares_of
from pseudolabel.learning.model import Model, Voter, fit_model, refit_model
from pseudolabel.learning.prior import with_prior
from pseudolabel.learning.pseudolabels import NEVER, PseudoLabels, label_all, without_ruled_out
from pseudolabel.learning.roster import Roster
from pseudolabel.learning.scores import Scores
from pseudolabel.learning.selection.curriculum import Curriculum
from pseudolabel.learning.selection.policy import Policy, trust_of
from pseudolabel.learning.student import fit_student
from pseudolabel.learning.teacher import Teacher, deal_lesson_folds, enough_folds, fit_teacher

MOST_ROWS_BESIDE = 10_000
"""Unlabeled rows that members see while they learn; nothing was gained beyond about as many."""

CURRICULUM_SHARES = (0.2, 0.4, 0.6, 0.8, 1.0)
"""Share of the unlabeled rows in each round of the curriculum."""


@dataclass(frozen=True)
class Task:
    """What there is to learn from.

    Attributes
    ----------
    estimator : classifier
        The user's, or the default one.
    form : {"given", "matrix"}
        Which form of the rows it takes.
    block : Block of n_rows rows
    codes : ndarray of shape (n_rows,)
        Classes; -1 where there is no label.
    classes : ndarray of shape (n_classes,)
    seed : int
    ruled_out : ndarray of shape (n_rows, n_classes), bool, or None
        The classes rows are known not to be of.
    """

    estimator: BaseEstimator
    form: Form
    block: Block
    codes: NDArray[np.int64]
    classes: NDArray[Any]
    seed: int
    ruled_out: NDArray[np.bool_] | None = None

    @property
    def labeled(self) -> NDArray[np.int64]:
        """Positions of the labeled rows."""
        return np.flatnonzero(self.codes >= 0)

    @property
    def unlabeled(self) -> NDArray[np.int64]:
        """Positions of the unlabeled rows."""
        return np.flatnonzero(self.codes < 0)

    def fit(self, rows: NDArray[np.int64], codes: NDArray[np.int64]) -> Model:
        """Fit the estimator on these rows with these classes."""
        return fit_model(self.estimator, self.block.take(rows), self.classes[codes], self.classes, self.form)


@dataclass(frozen=True)
class Learned:
    """What was learnt, and how.

    Attributes
    ----------
    mixture : Mixture
        What predicts.
    labels_only : Model
        The estimator fitted on the labeled rows alone: what there would be without pseudo-labels.
    student : Model
        The estimator as fitted last.
    pseudo_labels : PseudoLabels
    n_rounds : int
        Rounds of pseudo-labeling.
    stop_reason : {"all_labeled", "max_iter", "no_change"}
    teacher : Teacher or None
        None where the estimator taught itself.
    """

    mixture: Mixture
    labels_only: Model
    student: Model
    pseudo_labels: PseudoLabels
    n_rounds: int
    stop_reason: str
    teacher: Teacher | None = None


def learn_from_teacher(
    task: Task,
    roster: Roster,
    factors: NDArray[np.float64] | None,
    policy: Policy,
    *,
    mixture: str,
    n_jobs: int | None,
) -> Learned:
    """Let a committee label the unlabeled rows once, softly, and refit the estimator on everything.

    Parameters
    ----------
    task : Task
    roster : Roster
        Who sits on the committee.
    factors : ndarray of shape (n_classes,), or None
        From the class prior. They move the whole vote, and the pseudo-labels that are handed out; the student is
        taught what the teacher says without them, or they would count twice.
    policy : Policy
        How far to trust each pseudo-label.
    mixture : {"safe", "balanced", "bold"}
        Who shares the vote.
    n_jobs : int or None
        Members fitted at a time.
    """
    labeled, unlabeled = task.labeled, task.unlabeled
    codes = task.codes[labeled]
    beside = unlabeled[draw_sample(len(unlabeled), MOST_ROWS_BESIDE, task.seed)]
    fold = deal_lesson_folds(codes, task.seed)
    lesson = Lesson(
        task.block.take(labeled),
        codes,
        task.classes,
        enough_folds(fold) if roster.pays_by_fold else fold,
        task.block.take(beside),
    )
    teacher = fit_teacher(roster.members, lesson, left_out=roster.left_out, n_jobs=n_jobs)
    labels_only = _labels_only(task, roster, teacher)
    probabilities = _probabilities(teacher, task.block, unlabeled, len(task.classes))
    impossible: NDArray[np.bool_] = np.zeros(len(unlabeled), dtype=bool)
    if task.ruled_out is not None:
        probabilities = without_ruled_out(probabilities, task.ruled_out[unlabeled])
        impossible = np.asarray(~probabilities.any(axis=1))
    student, trust = labels_only, np.where(impossible, 0, trust_of(policy, Scores(probabilities)))
    if trust.any():
        student = fit_student(
            task.estimator,
            task.form,
            task.block,
            task.codes,
            task.classes,
            taught=unlabeled,
            probabilities=probabilities,
            trust=trust,
        )
    voters: dict[str, Voter] = {"labels only": labels_only, "student": student, "teacher": teacher}
    shared = mix(shares_of(mixture, len(labeled)), voters, task.classes, factors)
    pseudo_labels = label_all(probabilities if factors is None else with_prior(probabilities, factors))
    return Learned(shared, labels_only, student, pseudo_labels, min(1, len(unlabeled)), "all_labeled", teacher)


def learn_in_one_shot(task: Task) -> Learned:
    """Fit on the labeled rows, predict the rest, fit on everything: the tutorial's recipe, exactly.

    Source: Lee (2013), "Pseudo-Label".
    """
    labeled, unlabeled = task.labeled, task.unlabeled
    model = task.fit(labeled, task.codes[labeled])
    if len(unlabeled) == 0:
        return _of_student(model, model, label_all(np.empty((0, len(task.classes)))), 0, "all_labeled")
    pseudo_labels = label_all(model.probabilities(task.block.take(unlabeled)))
    # The recipe predicts labels, and a few estimators predict another one than their likeliest.
    codes = np.searchsorted(task.classes, model.predict(task.block.take(unlabeled)))
    student = task.fit(np.concatenate([labeled, unlabeled]), np.concatenate([task.codes[labeled], codes]))
    pseudo_labels = PseudoLabels(codes, pseudo_labels.probabilities, pseudo_labels.rounds)
    return _of_student(model, student, pseudo_labels, 1, "all_labeled")


def learn_by_self_training(task: Task, policy: Policy, max_iter: int | None) -> Learned:
    """Label what the policy trusts, refit, and go on; a label once given stays.

    The same estimator object is refitted each round, as scikit-learn's `SelfTrainingClassifier` does: with a
    random generator for `random_state` a fresh clone would go another way.

    Source: Yarowsky (1995).
    """
    # Narrow types: beside a large fit these are what a table of many rows costs.
    codes = task.codes.astype(np.min_scalar_type(-len(task.classes)))
    most_rounds = len(codes) if max_iter is None else max_iter
    rounds = np.full(len(codes), NEVER, dtype=np.min_scalar_type(-max(1, most_rounds)))
    probabilities: NDArray[np.floating] = np.zeros((len(codes), len(task.classes)))
    estimator, labels_only, n_rounds, stop_reason = clone(task.estimator), None, 0, "max_iter"
    while (codes < 0).any() and n_rounds < most_rounds:
        n_rounds += 1
        model = _refit(estimator, task, codes)
        labels_only = labels_only or copy.deepcopy(model)
        still_open = np.flatnonzero(codes < 0)
        scores = _confident_scores(model, task.block.take(still_open))
        if n_rounds == 1:
            probabilities = np.zeros(probabilities.shape, dtype=scores.probabilities.dtype)
        probabilities[still_open] = scores.probabilities
        trusted = policy.weigh(scores) > 0
        still_open = still_open[trusted]
        codes[still_open], rounds[still_open] = Scores(scores.probabilities[trusted]).codes, n_rounds
        n_trusted = len(still_open)
        del scores, trusted, still_open  # the next fit needs the memory
        if n_trusted == 0:
            stop_reason = "no_change"
            break
    if n_rounds == max_iter:
        stop_reason = "max_iter"
    if (codes >= 0).all():
        stop_reason = "all_labeled"
    student = _refit(estimator, task, codes)
    pseudo_labels = _of_unlabeled(task, codes, probabilities, rounds)
    return _of_student(labels_only or student, student, pseudo_labels, n_rounds, stop_reason)


def learn_by_curriculum(task: Task) -> Learned:
    """Take a growing share of the surest rows of every class, labeled anew and fitted from scratch each round.

    Source: Cascante-Bonilla et al. (2021), "Curriculum Labeling".
    """
    labeled, unlabeled = task.labeled, task.unlabeled
    labels_only = model = task.fit(labeled, task.codes[labeled])
    rounds = np.full(len(task.codes), NEVER)
    probabilities = np.zeros((len(task.codes), len(task.classes)))
    codes, n_rounds = task.codes.copy(), 0
    for share in CURRICULUM_SHARES if len(unlabeled) else ():
        n_rounds += 1
        scores = _confident_scores(model, task.block.take(unlabeled))
        trusted = Curriculum(share).weigh(scores) > 0
        probabilities[unlabeled] = scores.probabilities
        codes[unlabeled] = np.where(trusted, scores.codes, -1)
        rounds[unlabeled] = np.where(trusted, np.where(rounds[unlabeled] > 0, rounds[unlabeled], n_rounds), NEVER)
        taken = np.flatnonzero(codes >= 0)
        model = task.fit(taken, codes[taken])
    pseudo_labels = _of_unlabeled(task, codes, probabilities, rounds)
    return _of_student(labels_only, model, pseudo_labels, n_rounds, "all_labeled")


def _confident_scores(model: Model, block: Block) -> Scores:
    """Score rows; refuse a model that cannot say how sure it is, for then every row would pass any policy."""
    if not hasattr(model.estimator, "predict_proba"):
        raise ParameterError(
            f"{type(model.estimator).__name__} has no `predict_proba`, and this method picks rows by confidence. "
            "Use an estimator that has it, or wrap yours in scikit-learn's CalibratedClassifierCV."
        )
    return Scores(model.raw_probabilities(block))


def _refit(estimator: BaseEstimator, task: Task, codes: NDArray[np.signedinteger]) -> Model:
    labeled = codes >= 0
    return refit_model(estimator, task.block.take(labeled), task.classes[codes[labeled]], task.classes, task.form)


def _labels_only(task: Task, roster: Roster, teacher: Teacher) -> Model:
    """Give the estimator fitted on the labels alone, which the teacher mostly has done already."""
    first = teacher.seats[0].voter
    if roster.estimator_sits and isinstance(first, Model):
        return first
    return task.fit(task.labeled, task.codes[task.labeled])


def _probabilities(teacher: Teacher, block: Block, rows: NDArray[np.int64], n_classes: int) -> NDArray[np.float64]:
    return teacher.probabilities(block.take(rows)) if len(rows) else np.empty((0, n_classes))


def _of_student(
    labels_only: Model, student: Model, pseudo_labels: PseudoLabels, n_rounds: int, stop_reason: str
) -> Learned:
    mixture = Mixture((Part("student", 1.0, student),), student.classes)
    return Learned(mixture, labels_only, student, pseudo_labels, n_rounds, stop_reason)


def _of_unlabeled(
    task: Task, codes: NDArray[np.signedinteger], probabilities: NDArray[np.floating], rounds: NDArray[np.signedinteger]
) -> PseudoLabels:
    rows = task.unlabeled
    return PseudoLabels(
        codes[rows].astype(np.int64), probabilities[rows].astype(np.float64), rounds[rows].astype(np.int64)
    )
