"""Policy: one question, "how far do we trust each row's pseudo-label?", one number a row.

Takes  Scores.
Gives  a weight for every row: 0 leaves it out, 1 trusts it like a given label.

Policies hold no state and read nothing but Scores.

Before this: scores.py. After this: pseudolabels.py.
"""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from pseudolabel.learning.scores import Scores


class Policy(Protocol):
    """What a selection policy answers."""

    def weigh(self, scores: Scores) -> NDArray[np.float64]:
        """Give a weight from 0 to 1 for every row, in the row order of `scores`."""
        ...
