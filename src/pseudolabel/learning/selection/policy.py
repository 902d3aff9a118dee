"""Policy: one question, "how far do we trust each row's pseudo-label?", one number a row.

Takes  Scores.
Gives  a weight for every row: 0 leaves it out, 1 trusts it like a given label.

Policies hold no state and read nothing but Scores.

Before this: scores.py. After this: pseudolabels.py.
"""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from pseudolabel.errors import ParameterError
from pseudolabel.learning.scores import Scores


class Policy(Protocol):
    """What a selection policy answers."""

    def weigh(self, scores: Scores) -> NDArray[np.float64]:
        """Give a weight from 0 to 1 for every row, in the row order of `scores`."""
        ...


def trust_of(policy: Policy, scores: Scores) -> NDArray[np.float64]:
    """Ask a policy, and refuse an answer that is not a number from 0 to 1 for every row.

    Raises
    ------
    ParameterError
        If it is not; `pseudolabel.checks.check_policy` finds out more.
    """
    weights = np.asarray(policy.weigh(scores), dtype=np.float64)
    n_rows = len(scores.probabilities)
    if weights.shape != (n_rows,) or not ((weights >= 0) & (weights <= 1)).all():
        got = f"numbers up to {weights.max()!r}" if weights.shape == (n_rows,) else f"shape {weights.shape}"
        raise ParameterError(
            f"{type(policy).__name__}.weigh must give a number from 0 to 1 for each of {n_rows} rows, got {got}. "
            "`pseudolabel.checks.check_policy` says what a policy must keep to."
        )
    return weights
