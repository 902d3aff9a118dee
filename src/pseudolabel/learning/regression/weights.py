"""Weights: how much each member of a committee counts.

Takes  the out-of-fold predictions of all members, and the targets.
Gives  one weight a member; the weights are positive and sum to 1.

They fall smoothly with the mean squared error, as the weights of classifiers do with the Brier score, and slower where
an excess may be the doing of a few outliers: then its standard error is large. Non-negative least squares, the usual
stack, was measured too: it follows the chance of a few dozen targets, or has to be shrunk so far that a bad member
keeps its share.

Source: exponential weights, Littlestone and Warmuth (1994).

Before this: member.py. After this: committee.py.
"""

import numpy as np
from numpy.typing import NDArray

EAGERNESS = 1.5
"""How fast a weight falls with a member's excess error, in units of how far that is known. From 1 to 2 all is equally
good."""


def weigh_members(out_of_fold: NDArray[np.float64], targets: NDArray[np.float64]) -> NDArray[np.float64]:
    """Weigh members by their out-of-fold errors.

    Parameters
    ----------
    out_of_fold : ndarray of shape (n_rows, n_members)
    targets : ndarray of shape (n_rows,)

    Returns
    -------
    weights : ndarray of shape (n_members,)
        Positive; they sum to 1.

    Examples
    --------
    >>> targets = np.arange(20.0)
    >>> near, far = targets + 1, targets[::-1]
    >>> weigh_members(np.column_stack([near, near, far]), targets).round(2)
    array([0.5, 0.5, 0. ])
    """
    errors = (out_of_fold - targets[:, np.newaxis]) ** 2 / targets.var()
    excess = errors - errors[:, [errors.mean(axis=0).argmin()]]
    known_to = np.maximum(1, excess.std(axis=0)) / np.sqrt(len(targets))
    raw = np.exp(-EAGERNESS * excess.mean(axis=0) / known_to)
    return np.asarray(raw / raw.sum())
