"""Mixture: who shares the vote; what `predict` uses.

Takes  models and teachers, each with a share.
Gives  a Mixture: the weighted mean of their probabilities.

The labels-only model keeps a *fixed* share. That is what removes harm: shares that follow the evidence would need
evidence, and twenty to a hundred labels do not give enough of it.

Before this: student.py. After this: rounds.py.
"""

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from pseudolabel.data.block import Block
from pseudolabel.learning.model import Model


class Voter(Protocol):
    """Anything that gives probabilities of the task's classes: a Model or a Teacher."""

    def probabilities(self, block: Block) -> NDArray[np.float64]:
        """Give an ndarray of shape (n_rows, n_classes)."""
        ...


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
    """

    parts: tuple[Part, ...]
    classes: NDArray[Any]

    def probabilities(self, block: Block) -> NDArray[np.float64]:
        """Give the shared probabilities: ndarray of shape (n_rows, n_classes)."""
        return np.asarray(np.sum([part.share * part.voter.probabilities(block) for part in self.parts], axis=0))

    def predict(self, block: Block) -> NDArray[Any]:
        """Give the likeliest class of every row; a single model is asked itself, for it may choose another."""
        if len(self.parts) == 1 and isinstance(self.parts[0].voter, Model):
            return self.parts[0].voter.predict(block)
        return np.asarray(self.classes[self.probabilities(block).argmax(axis=1)])


def mix(classes: NDArray[Any], **voters: Voter) -> Mixture:
    """Give every voter the same share."""
    share = 1 / len(voters)
    parts = tuple(Part(name.replace("_", " "), share, voter) for name, voter in voters.items())
    return Mixture(parts, classes)
