"""Mixture: who shares in a prediction; what `predict` uses.

Takes  models and the committee, each with a share.
Gives  a Mixture: the weighted mean of their predictions.

The shares are fixed, as for classes: twenty to a hundred targets are no evidence to choose them by.

Before this: student.py. After this: rounds.py.
"""

from dataclasses import dataclass, replace
from functools import reduce
from operator import iadd
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from pseudolabel.data.block import Block


class Predictor(Protocol):
    """Anything that predicts a number for every row: a Model or a Committee."""

    def predict(self, block: Block) -> NDArray[Any]:
        """Give an ndarray of shape (n_rows,)."""
        ...


@dataclass(frozen=True)
class Part:
    """One predictor and its share of the prediction, 0 to 1."""

    name: str
    share: float
    predictor: Predictor


@dataclass(frozen=True)
class Mixture:
    """Predictors whose shares sum to 1.

    Attributes
    ----------
    parts : tuple of Part
    """

    parts: tuple[Part, ...]

    def without_unlabeled(self, labels_only: Predictor) -> "Mixture":
        """Give the mixture that the same procedure makes of the labeled rows alone.

        Without pseudo-targets the student is the labels-only model; the committee learns from labeled rows anyhow.
        """
        parts = [part if part.name == "committee" else replace(part, predictor=labels_only) for part in self.parts]
        return Mixture(tuple(parts))

    def predict(self, block: Block) -> NDArray[np.float64]:
        """Give the shared prediction of every row: ndarray of shape (n_rows,)."""
        return reduce(iadd, (part.share * part.predictor.predict(block) for part in self.parts))
