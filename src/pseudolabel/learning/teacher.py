"""Teacher: the committee that labels the unlabeled rows.

Takes  members, labeled rows, and unlabeled rows beside them.
Gives  a Teacher: the members fitted on all labels, one temperature and one weight each.

Mixing beats choosing: the weights fall smoothly with the out-of-fold Brier score, so that a member that is much
worse fades away and two that are about as good share the vote.

A member that fails is left out, with its reason: a committee of seven can do without one. The user's own estimator
must not fail.

Sample weights count in every fit; temperatures and weights of members count each labeled row once.

Source: the weighting follows exponential weights (Littlestone and Warmuth, 1994) on the Brier score.

Before this: committee/. After this: pseudolabels.py.
"""

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from functools import reduce
from operator import iadd

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import ThreadpoolController

from pseudolabel.data.block import Block
from pseudolabel.data.folds import NEVER_HELD_OUT, deal_folds
from pseudolabel.engine.local import map_in_order
from pseudolabel.learning.calibration import fit_temperature, with_temperature
from pseudolabel.learning.committee.member import Lesson, Member
from pseudolabel.learning.model import Voter

MOST_FOLDS = 5

ENOUGH_HELD_OUT = 1_000
"""Labeled rows that fix the temperature of a teacher who sits alone. On 5 tables with 2 500 or 5 000 labels its Brier
score on new rows was 0.0002 above what five folds gave, 0.002 at worst; with 500 such rows 0.0005 and 0.005."""

FAILED = "failed: "
"""What the reason begins with where a member was called and failed; others were not called."""

Fitted = tuple[Voter, NDArray[np.float64]]


@dataclass(frozen=True)
class Seat:
    """A member's place on the committee.

    Attributes
    ----------
    name : str
    voter : Voter
        Fitted on all labeled rows.
    temperature : float
        Above 1 makes the member less sure, below 1 surer.
    brier : float or None
        Mean squared error of its calibrated out-of-fold probabilities, summed over classes: 0 best, 2 worst;
        None when no row could be held out.
    weight : float, 0 to 1
        Its share of the vote; all shares sum to 1.
    uses_unlabeled : bool
        Whether it learnt from unlabeled rows too.
    """

    name: str
    voter: Voter
    temperature: float
    brier: float | None
    weight: float
    uses_unlabeled: bool = False

    def probabilities(self, block: Block) -> NDArray[np.float64]:
        """Give this member's calibrated probabilities: ndarray of shape (n_rows, n_classes)."""
        return with_temperature(self.voter.probabilities(block), self.temperature)


@dataclass(frozen=True)
class Teacher:
    """A weighted committee of calibrated models.

    Attributes
    ----------
    seats : tuple of Seat
    left_out : mapping of str to str
        Members that are not on the committee, each with the reason.
    """

    seats: tuple[Seat, ...]
    left_out: Mapping[str, str]

    def probabilities(self, block: Block) -> NDArray[np.float64]:
        """Give the committee's calibrated probabilities: ndarray of shape (n_rows, n_classes)."""
        return reduce(iadd, (seat.weight * seat.probabilities(block) for seat in self.seats))

    def without_unlabeled(self) -> "Teacher":
        """Give the committee there would be without unlabeled rows: the other members, their weights in proportion.

        A weight is set by a member's own score alone, so a committee called without the members that use unlabeled
        rows has exactly these weights. No member need be fitted again.
        """
        staying = [seat for seat in self.seats if not seat.uses_unlabeled]
        total = sum(seat.weight for seat in staying)
        return replace(self, seats=tuple(replace(seat, weight=seat.weight / total) for seat in staying))


def fit_teacher(
    members: Sequence[Member],
    lesson: Lesson,
    *,
    left_out: Mapping[str, str],
    n_jobs: int | None = None,
) -> Teacher:
    """Fit every member, calibrate it, and weigh it by its out-of-fold Brier score.

    Parameters
    ----------
    members : sequence of Member
    lesson : Lesson of n_labeled rows
    left_out : mapping of str to str
        Members that were not called, each with the reason.
    n_jobs : int or None, default=None
        Members at a time. The result does not depend on it.
    """
    libraries = ThreadpoolController()
    calls = [(lesson, member, member.users or len(members) == 1, libraries) for member in members]
    outcomes = _fit_members(calls, libraries, n_jobs)
    failed = {member.name: said for member, said in zip(members, outcomes, strict=True) if isinstance(said, str)}
    fitting = [member for member in members if member.name not in failed]
    fitted = [outcome for outcome in outcomes if not isinstance(outcome, str)]
    # The same rows judge every member: those that each of them could score without their labels.
    judged = np.isfinite(np.sum([out_of_fold for _, out_of_fold in fitted], axis=0)).all(axis=1)
    codes = lesson.codes[judged]
    temperatures = [fit_temperature(out_of_fold[judged], codes) for _, out_of_fold in fitted]
    briers = [
        brier_score(with_temperature(out_of_fold[judged], temperature), codes)
        for (_, out_of_fold), temperature in zip(fitted, temperatures, strict=True)
    ]
    weights = _weights(briers, len(codes))
    seats = [
        Seat(member.name, voter, temperature, brier if judged.any() else None, weight, member.uses_unlabeled)
        for member, (voter, _), temperature, brier, weight in zip(
            fitting, fitted, temperatures, briers, weights, strict=True
        )
    ]
    return Teacher(tuple(seats), {**left_out, **failed})


def deal_lesson_folds(codes: NDArray[np.int64], seed: int) -> NDArray[np.int64]:
    """Deal labeled rows into as many folds as the smallest class that repeats has rows, from 2 to 5.

    Examples
    --------
    >>> int(deal_lesson_folds(np.array([0, 0, 0, 1, 1, 1, 1, 2]), seed=0).max()) + 1
    3
    """
    repeated = np.bincount(codes)
    repeated = repeated[repeated > 1]
    return deal_folds(codes, int(np.clip(repeated.min(initial=MOST_FOLDS), 2, MOST_FOLDS)), seed)


def enough_folds(fold: NDArray[np.int64]) -> NDArray[np.int64]:
    """Keep the first folds, as many as hold out enough rows; those of the others are never held out.

    For a teacher who sits alone: all that is learnt from held-out rows is one temperature and one score, and every fold
    costs a fit.

    Examples
    --------
    >>> np.unique(enough_folds(np.arange(5_000) % 5)).tolist()
    [-1, 0]
    >>> np.unique(enough_folds(np.arange(300) % 5)).tolist()
    [0, 1, 2, 3, 4]
    """
    held_out = np.bincount(fold[fold >= 0])
    n_folds = int(np.searchsorted(held_out.cumsum(), ENOUGH_HELD_OUT)) + 1
    return np.where(fold < n_folds, fold, NEVER_HELD_OUT)


def brier_score(probabilities: NDArray[np.float64], codes: NDArray[np.int64]) -> float:
    """Give the mean squared error of probabilities, summed over classes: 0 best, 2 worst.

    Examples
    --------
    >>> brier_score(np.array([[1.0, 0.0], [0.5, 0.5]]), np.array([0, 1]))
    0.25
    """
    if len(codes) == 0:
        return 0.0
    truth = np.eye(probabilities.shape[1])[codes]
    return float(((probabilities - truth) ** 2).sum(axis=1).mean())


def _fit_members(
    calls: Sequence[tuple[Lesson, Member, bool, ThreadpoolController]],
    libraries: ThreadpoolController,
    n_jobs: int | None,
) -> list[Fitted | str]:
    """Fit all members: the user's own first, as it is, then ours side by side.

    BLAS has one number of threads for the whole process. It is set around all of ours, for were each to set it and to
    put it back, one would change it under another, and the last digits of a sum depend on it.
    """
    users, ours = ([call for call in calls if call[1].users is own] for own in (True, False))
    outcomes = [_fit_member(*call) for call in users]
    with libraries.limit(limits=1):
        outcomes += map_in_order(_fit_member, ours, n_jobs=n_jobs)
    by_name = dict(zip((call[1].name for call in users + ours), outcomes, strict=True))
    return [by_name[call[1].name] for call in calls]


def _fit_member(lesson: Lesson, member: Member, needed: bool, libraries: ThreadpoolController) -> Fitted | str:
    """Fit a member; give what it said if it fails and can be done without.

    Numerical libraries get one thread: a hundred labels need no more, and on a busy machine threads that wait for
    each other were measured to turn 2 seconds into 240.
    """
    try:
        with (
            nullcontext() if member.users else libraries.limit(limits=1),
            nullcontext() if member.users else np.errstate(divide="ignore", invalid="ignore"),
        ):
            voter, out_of_fold = member.fit(lesson)
    except (ArithmeticError, ValueError) as error:  # ValueError also stands for numpy's LinAlgError
        if needed:
            raise
        return f"{FAILED}{(str(error) or type(error).__name__).splitlines()[0]}"
    scored = out_of_fold[lesson.fold >= 0]
    if len(scored) and not needed and not np.isfinite(scored).any():
        return f"{FAILED}it gave no probabilities"
    return voter, out_of_fold


def _weights(briers: Sequence[float], n_rows: int) -> list[float]:
    excess = np.asarray(briers) - min(briers)
    raw = np.exp(-excess * np.sqrt(n_rows))
    return [float(weight) for weight in raw / raw.sum()]
