"""Explanation: why a row got its label.

Takes  rows, the fitted voters, and the labeled rows they learnt from.
Gives  an Explanation a row: what each member of the committee says of it and with which weight, what the labels-only
       model says, and the labeled rows nearest to it.

"Near" counts the columns that matter: each is stretched by the square root of its importance to trees grown on the
labels, as in the committee's graph.

Before this: mixture.py. After this: classifier.py.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from sklearn.neighbors import NearestNeighbors
from sklearn.utils.validation import _num_samples

from pseudolabel.data.block import Block
from pseudolabel.learning.committee.metric import learn_stretch
from pseudolabel.learning.mixture import Mixture
from pseudolabel.learning.model import Voter
from pseudolabel.learning.teacher import Teacher

N_NEAREST = 3
SEED = 0


@dataclass(frozen=True)
class Vote:
    """What one voter says of a row.

    Attributes
    ----------
    name : str
    weight : float, 0 to 1
        Its share of the committee's vote.
    temperature : float
        By which its probabilities were calibrated.
    label : object
        The class it holds likeliest.
    probability : float, 0 to 1
        Of that class.
    """

    name: str
    weight: float
    temperature: float
    label: Any
    probability: float


@dataclass(frozen=True)
class NearRow:
    """A labeled row near the explained one: its position among the training rows, its label, and how far it is."""

    row: int
    label: Any
    distance: float


@dataclass(frozen=True)
class LabeledRows:
    """The labeled rows a model learnt from.

    Attributes
    ----------
    positions : ndarray of shape (n_labeled,)
        Among the training rows.
    codes : ndarray of shape (n_labeled,)
    scaled : ndarray of shape (n_labeled, n_scaled), sparse matrix, or None
        On one scale; None where no learner asked for that.
    """

    positions: NDArray[np.int64]
    codes: NDArray[np.int64]
    scaled: Any


@dataclass(frozen=True)
class Explanation:
    """Why a row got its label.

    Attributes
    ----------
    label, runner_up : object
        The likeliest class and the next, by the whole vote.
    probability, margin : float, 0 to 1
        Of the label; and by how much it leads.
    votes : tuple of Vote
        The members of the committee, the weightiest first.
    teacher, labels_only : Vote
        The whole committee, and the estimator fitted on the labels alone; weight and temperature are 1.
    nearest : tuple of NearRow
        The labeled rows nearest to it, the nearest first; empty where they are not known, as in a loaded model.
    """

    label: Any
    runner_up: Any
    probability: float
    margin: float
    votes: tuple[Vote, ...]
    teacher: Vote
    labels_only: Vote
    nearest: tuple[NearRow, ...]

    @property
    def agreed(self) -> bool:
        """Whether teacher and labels-only model hold the same class likeliest."""
        return bool(self.teacher.label == self.labels_only.label)

    def __str__(self) -> str:
        """Give a few lines for a person."""
        lines = [
            f"{self.label!r} with probability {self.probability:.2f}; {self.runner_up!r} is {self.margin:.2f} behind",
            f"  labels alone: {self.labels_only.label!r} ({self.labels_only.probability:.2f}); "
            f"committee: {self.teacher.label!r} ({self.teacher.probability:.2f})",
            *(f"    {vote.weight:4.0%} {vote.name}: {vote.label!r} ({vote.probability:.2f})" for vote in self.votes),
            *(f"  near row {near.row}, a {near.label!r}, at {near.distance:.2f}" for near in self.nearest),
        ]
        return "\n".join(lines)


def explain_rows(
    block: Block,
    mixture: Mixture,
    teacher: Teacher,
    labels_only: Voter,
    labeled: LabeledRows | None,
) -> list[Explanation]:
    """Say of each row who voted for what, and which labeled rows are near it.

    Parameters
    ----------
    block : Block of n_rows rows
        With the scaled form, if members of the teacher take it.
    mixture : Mixture
    teacher : Teacher
    labels_only : Voter
    labeled : LabeledRows or None
        None leaves `nearest` empty.
    """
    classes = mixture.classes
    shared = mixture.probabilities(block)
    seats = sorted(teacher.seats, key=lambda seat: -seat.weight)
    of_seats = [_votes(seat.name, seat.weight, seat.temperature, seat.probabilities(block), classes) for seat in seats]
    of_teacher = _votes("committee", 1.0, 1.0, teacher.probabilities(block), classes)
    alone = _votes("labels only", 1.0, 1.0, labels_only.probabilities(block), classes)
    near = _nearest(block, labeled, classes)
    explanations = []
    for row, probabilities in enumerate(shared):
        second, first = np.argsort(probabilities, kind="stable")[-2:]
        explanations.append(
            Explanation(
                label=classes[first],
                runner_up=classes[second],
                probability=float(probabilities[first]),
                margin=float(probabilities[first] - probabilities[second]),
                votes=tuple(votes[row] for votes in of_seats),
                teacher=of_teacher[row],
                labels_only=alone[row],
                nearest=near[row],
            )
        )
    return explanations


def _votes(
    name: str, weight: float, temperature: float, probabilities: NDArray[np.float64], classes: NDArray[Any]
) -> list[Vote]:
    codes = probabilities.argmax(axis=1)
    return [
        Vote(name, weight, temperature, classes[code], float(probabilities[row, code]))
        for row, code in enumerate(codes)
    ]


def _nearest(block: Block, labeled: LabeledRows | None, classes: NDArray[Any]) -> Sequence[tuple[NearRow, ...]]:
    if labeled is None or labeled.scaled is None or block.scaled is None or sp.issparse(block.scaled):
        return [()] * _num_samples(block.given)
    metric = learn_stretch(labeled.scaled, np.arange(len(labeled.codes)), labeled.codes, None, SEED)
    neighbors = NearestNeighbors(n_neighbors=min(N_NEAREST, len(labeled.codes)))
    distances, nearest = neighbors.fit(metric.place(labeled.scaled)).kneighbors(metric.place(block.scaled))
    return [
        tuple(
            NearRow(int(labeled.positions[at]), classes[labeled.codes[at]], float(distance))
            for at, distance in zip(of_row, far, strict=True)
        )
        for of_row, far in zip(nearest, distances, strict=True)
    ]
