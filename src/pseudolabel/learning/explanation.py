"""Explanation: why a row got its label.

Takes  rows, the models that share the vote, and the labeled rows they learnt from.
Gives  an Explanation of each row: what everyone says, how much it counts, and the labeled rows it is most like.

Nothing is attributed to columns: with a few dozen labels such numbers change with the seed. That members disagree,
and which labeled rows lie near, can be checked by a person who knows the data.

Before this: mixture.py, neighbors.py. After this: classifier.py.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pseudolabel.data.block import Block
from pseudolabel.learning.mixture import Mixture
from pseudolabel.learning.model import Voter
from pseudolabel.learning.neighbors import LabeledRows, Neighbor, find_neighbors
from pseudolabel.learning.teacher import Teacher

SHORTEST_NAME = 12
"""Characters to which names are filled up, so that numbers stand below each other."""


@dataclass(frozen=True)
class Opinion:
    """What one model says of a row.

    Attributes
    ----------
    name : str
    share : float, 0 to 1
        How much it counts: a member in the teacher's vote, everyone else in `predict`.
    label : object
        Its likeliest class.
    probabilities : ndarray of shape (n_classes,)
        Calibrated, for members and the teacher.
    temperature : float or None
        Of a member: above 1 it was too sure, below 1 not sure enough.
    """

    name: str
    share: float
    label: Any
    probabilities: NDArray[np.float64]
    temperature: float | None = None

    @property
    def confidence(self) -> float:
        """The probability of its label."""
        return float(self.probabilities.max())

    def __str__(self) -> str:
        counts = f"{self.name:{SHORTEST_NAME}} {100 * self.share:3.0f} %  {self.label!r} {self.confidence:.2f}"
        return counts if self.temperature is None else f"{counts}  (temperature {self.temperature:.2f})"


@dataclass(frozen=True)
class Explanation:
    """Why a row got its label.

    Attributes
    ----------
    label, runner_up : object
        What `predict` says, and the likeliest class beside it.
    classes : ndarray of shape (n_classes,)
    probabilities : ndarray of shape (n_classes,)
        Of `predict_proba`.
    labels_only, student, teacher : Opinion
        What there would be without pseudo-labels, the estimator refitted on everything, and the committee. Those
        with a share of 0 have no vote in `predict`.
    members : tuple of Opinion
        Of the committee. Their probabilities, weighted by their shares, sum to the teacher's.
    prior_moved : bool
        Whether a class prior moved the shared vote.
    nearest : tuple of Neighbor, or None
        The labeled rows it is most like, the nearest first. None where these are not at hand: in a loaded model, or
        without a committee of ours.

    Examples
    --------
    >>> sure, unsure = np.array([0.9, 0.1]), np.array([0.4, 0.6])
    >>> opinions = [Opinion("labels only", 0.5, "ham", sure), Opinion("student", 0.5, "ham", sure)]
    >>> teacher, member = Opinion("teacher", 0.0, "spam", unsure), Opinion("forest", 1.0, "spam", unsure, 1.5)
    >>> nearest = (Neighbor(row=7, label="ham", distance=0.25),)
    >>> classes = np.array(["ham", "spam"])
    >>> print(Explanation("ham", "spam", classes, sure, *opinions, teacher, members=(member,), nearest=nearest))
    'ham' with probability 0.90, before 'spam' with 0.10. Not all say so:
      labels only   50 %  'ham' 0.90
      student       50 %  'ham' 0.90
      teacher        0 %  'spam' 0.60
    The teacher's members:
      forest       100 %  'spam' 0.60  (temperature 1.50)
    Nearest labeled rows: 7 ('ham', at 0.25)
    """

    label: Any
    runner_up: Any
    classes: NDArray[Any]
    probabilities: NDArray[np.float64]
    labels_only: Opinion
    student: Opinion
    teacher: Opinion
    members: tuple[Opinion, ...]
    prior_moved: bool = False
    nearest: tuple[Neighbor, ...] | None = None

    @property
    def agreed(self) -> bool:
        """Whether labels-only model, student and teacher all say what `predict` says."""
        return all(opinion.label == self.label for opinion in (self.labels_only, self.student, self.teacher))

    def __str__(self) -> str:
        second, first = np.sort(self.probabilities)[-2:]
        moved = " (moved by the class prior)" if self.prior_moved else ""
        lines = [
            f"{self.label!r} with probability {first:.2f}, before {self.runner_up!r} with {second:.2f}{moved}. "
            f"{'All' if self.agreed else 'Not all'} say so:",
            *(f"  {opinion}" for opinion in (self.labels_only, self.student, self.teacher)),
            "The teacher's members:",
            *(f"  {member}" for member in self.members),
        ]
        if self.nearest:
            rows = (f"{near.row} ({near.label!r}, at {near.distance:.2f})" for near in self.nearest)
            lines.append(f"Nearest labeled rows: {', '.join(rows)}")
        return "\n".join(lines)


def explain_rows(
    block: Block,
    teacher: Teacher,
    labels_only: Voter,
    mixture: Mixture,
    labeled: LabeledRows | None,
    *,
    n_nearest: int = 3,
) -> list[Explanation]:
    """Ask everyone about each row, and find the labeled rows it is most like.

    Parameters
    ----------
    block : Block of n_rows rows
        In every form the voters take.
    teacher : Teacher
    labels_only : Voter
    mixture : Mixture
        Of a method with a teacher; the student is one of its parts.
    labeled : LabeledRows or None
        None where they are not at hand.
    n_nearest : int, default=3
        Labeled rows to find for each row.
    """
    classes, shares = mixture.classes, {part.name: part.share for part in mixture.parts}
    student = next(part.voter for part in mixture.parts if part.name == "student")
    alone, refitted, taught = (
        _opinions(name, shares.get(name, 0.0), voter.probabilities(block), classes)
        for name, voter in (("labels only", labels_only), ("student", student), ("teacher", teacher))
    )
    members = [
        _opinions(seat.name, seat.weight, seat.probabilities(block), classes, seat.temperature)
        for seat in teacher.seats
    ]
    probabilities = mixture.probabilities(block)
    nearest: Sequence[tuple[Neighbor, ...] | None] = [None] * len(probabilities)
    if labeled is not None and block.scaled is not None:
        nearest = find_neighbors(labeled, block.scaled, classes, most=n_nearest)
    return [
        Explanation(
            *_first_two(of_row, classes),
            classes,
            of_row,
            alone[row],
            refitted[row],
            taught[row],
            tuple(of_rows[row] for of_rows in members),
            mixture.factors is not None,
            nearest[row],
        )
        for row, of_row in enumerate(probabilities)
    ]


def _first_two(probabilities: NDArray[np.float64], classes: NDArray[Any]) -> tuple[Any, Any]:
    """Give the likeliest class, the earlier of two that are as likely, and the one after it."""
    first, second = np.argsort(-probabilities, kind="stable")[:2]
    return classes.tolist()[first], classes.tolist()[second]


def _opinions(
    name: str,
    share: float,
    probabilities: NDArray[np.float64],
    classes: NDArray[Any],
    temperature: float | None = None,
) -> list[Opinion]:
    """Give what one model says of each row."""
    labels = classes[probabilities.argmax(axis=1)].tolist()
    return [
        Opinion(name, share, label, of_row, temperature) for label, of_row in zip(labels, probabilities, strict=True)
    ]
