"""Mixture: who shares the vote; what `predict` uses.

Takes  models and teachers, each with a share.
Gives  a Mixture: the weighted mean of their probabilities.

The labels-only model keeps a share that nothing but the number of labels decides. That is what removes harm: shares
that follow the evidence would need evidence, and twenty to a hundred labels do not give enough of it.

Before this: student.py. After this: rounds.py.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import reduce
from operator import iadd
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pseudolabel.data.block import Block
from pseudolabel.learning.model import Model, Voter
from pseudolabel.learning.prior import with_prior
from pseudolabel.learning.teacher import Teacher

KINDS = ("safe", "balanced", "bold")
"""`safe` is the user's estimator alone; `bold` gains most on average and harms most; `balanced` is between."""

SHARE_OF_ONE_LABEL = 10 / 3
"""The labels-only model keeps this share under `balanced`, divided by the square root of the number of labels."""


@dataclass(frozen=True)
class Part:
    """One voter and its share of the vote, 0 to 1."""

    name: str
    share: float
    voter: Voter


@dataclass(frozen=True)
class Mixture:
    """Voters whose shares sum to 1.

    Attributes
    ----------
    parts : tuple of Part
    classes : ndarray of shape (n_classes,)
    factors : ndarray of shape (n_classes,), or None
        By which shared probabilities are multiplied for the class prior; see prior.py. None without one.
    """

    parts: tuple[Part, ...]
    classes: NDArray[Any]
    factors: NDArray[np.float64] | None = None

    def probabilities(self, block: Block) -> NDArray[np.float64]:
        """Give the shared probabilities: ndarray of shape (n_rows, n_classes)."""
        shared = reduce(iadd, (part.share * part.voter.probabilities(block) for part in self.parts))
        return np.asarray(shared) if self.factors is None else with_prior(shared, self.factors)

    def without_unlabeled(self, labels_only: Voter) -> "Mixture":
        """Give the mixture that the same procedure makes of the labeled rows alone.

        Without pseudo-labels the student is the labels-only model, and a teacher calls no member that needs unlabeled
        rows. How the columns came to one scale stays as it was learnt.
        """
        parts = [replace(part, voter=_without_unlabeled(part, labels_only)) for part in self.parts]
        return replace(self, parts=tuple(parts))

    def predict(self, block: Block) -> NDArray[Any]:
        """Give the likeliest class of every row; a single model is asked itself, for it may choose another."""
        if len(self.parts) == 1 and isinstance(self.parts[0].voter, Model):
            return self.parts[0].voter.predict(block)
        return np.asarray(self.classes[self.probabilities(block).argmax(axis=1)])


def _without_unlabeled(part: Part, labels_only: Voter) -> Voter:
    return part.voter.without_unlabeled() if isinstance(part.voter, Teacher) else labels_only


def shares_of(kind: str, n_labeled: int) -> dict[str, float]:
    """Give everyone's share of the vote.

    The fewer labels, the less a committee knows about itself, and the more the labels-only model keeps. Of the rest
    the student has a third and the teacher two.

    Parameters
    ----------
    kind : {"safe", "balanced", "bold"}
    n_labeled : int

    Examples
    --------
    >>> {name: round(share, 2) for name, share in shares_of("balanced", n_labeled=100).items()}
    {'labels only': 0.33, 'student': 0.22, 'teacher': 0.44}
    """
    if kind == "safe":
        return {"labels only": 0.5, "student": 0.5}
    kept = 0.0 if kind == "bold" else min(0.5, SHARE_OF_ONE_LABEL / n_labeled**0.5)
    shares = {"labels only": kept, "student": (1 - kept) / 3, "teacher": 2 * (1 - kept) / 3}
    return {name: share for name, share in shares.items() if share > 0}


def mix(
    shares: Mapping[str, float],
    voters: Mapping[str, Voter],
    classes: NDArray[Any],
    factors: NDArray[np.float64] | None = None,
) -> Mixture:
    """Give every voter its share; those without one do not vote."""
    return Mixture(tuple(Part(name, share, voters[name]) for name, share in shares.items()), classes, factors)
