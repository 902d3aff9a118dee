"""Teacher: the committee that labels the unlabeled rows.

Takes  members, labeled rows, and folds.
Gives  a Teacher: the members fitted on all labels, one temperature and one weight each.

Mixing beats choosing: the weights fall smoothly with the out-of-fold Brier score, so that a member that is much
worse fades away and two that are about as good share the vote.

Sample weights count in every fit; temperatures and weights of members count each labeled row once.

Source: the weighting follows exponential weights (Littlestone and Warmuth, 1994) on the Brier score.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pseudolabel.data.block import Block
from pseudolabel.data.folds import deal_folds
from pseudolabel.learning.calibration import fit_temperature, with_temperature
from pseudolabel.learning.committee.member import Member
from pseudolabel.learning.model import Model
from pseudolabel.learning.prior import with_prior

MOST_FOLDS = 5


@dataclass(frozen=True)
class Seat:
    """A member's place on the committee.

    Attributes
    ----------
    name : str
    model : Model
        Fitted on all labeled rows.
    temperature : float
        Above 1 makes the member less sure, below 1 surer.
    brier : float or None
        Mean squared error of its calibrated out-of-fold probabilities, summed over classes: 0 best, 2 worst;
        None when no row could be held out.
    weight : float, 0 to 1
        Its share of the vote; all shares sum to 1.
    """

    name: str
    model: Model
    temperature: float
    brier: float | None
    weight: float


@dataclass(frozen=True)
class Teacher:
    """A weighted committee of calibrated models.

    Attributes
    ----------
    seats : tuple of Seat
    factors : ndarray of shape (n_classes,)
        By which probabilities are multiplied for the class prior; 1 without one.
    """

    seats: tuple[Seat, ...]
    factors: NDArray[np.float64]

    def probabilities(self, block: Block) -> NDArray[np.float64]:
        """Give the committee's calibrated probabilities: ndarray of shape (n_rows, n_classes)."""
        votes = (
            seat.weight * with_temperature(seat.model.probabilities(block), seat.temperature) for seat in self.seats
        )
        return with_prior(np.sum(list(votes), axis=0), self.factors)


def fit_teacher(
    members: Sequence[Member],
    block: Block,
    codes: NDArray[np.int64],
    classes: NDArray[Any],
    *,
    factors: NDArray[np.float64],
    seed: int,
) -> Teacher:
    """Fit every member, calibrate it, and weigh it by its out-of-fold Brier score.

    Parameters
    ----------
    members : sequence of Member
    block : Block of n_labeled rows
    codes : ndarray of shape (n_labeled,)
        Their classes, as positions in `classes`.
    classes : ndarray of shape (n_classes,)
    factors : ndarray of shape (n_classes,)
        From the class prior; see prior.py.
    seed : int
        Of the folds.
    """
    fold = deal_folds(codes, _n_folds(codes), seed)
    fitted = [member.fit(block, classes[codes], classes, fold) for member in members]
    # The same rows judge every member: those that each of them could score without their labels.
    judged = np.isfinite(np.sum([out_of_fold for _, out_of_fold in fitted], axis=0)).all(axis=1)
    temperatures = [fit_temperature(out_of_fold[judged], codes[judged]) for _, out_of_fold in fitted]
    briers = [
        brier_score(with_temperature(out_of_fold[judged], temperature), codes[judged])
        for (_, out_of_fold), temperature in zip(fitted, temperatures, strict=True)
    ]
    weights = _weights(briers, int(judged.sum()))
    seats = [
        Seat(member.name, model, temperature, brier if judged.any() else None, weight)
        for member, (model, _), temperature, brier, weight in zip(
            members, fitted, temperatures, briers, weights, strict=True
        )
    ]
    return Teacher(tuple(seats), factors)


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


def _n_folds(codes: NDArray[np.int64]) -> int:
    repeated = np.bincount(codes)
    repeated = repeated[repeated > 1]
    return int(np.clip(repeated.min(initial=MOST_FOLDS), 2, MOST_FOLDS))


def _weights(briers: Sequence[float], n_rows: int) -> list[float]:
    excess = np.asarray(briers) - min(briers)
    raw = np.exp(-excess * np.sqrt(n_rows))
    return [float(weight) for weight in raw / raw.sum()]
