"""PseudoLabels: what the unlabeled rows are taken to be.

Takes  a teacher's probabilities of the unlabeled rows.
Gives  PseudoLabels: for every unlabeled row a class or none, the probabilities, and the round it was labeled in.

Soft by default: a row that is 70 % this and 30 % that teaches both, with those weights. Filtering would remove the
very rows that carry new information; weighting keeps them.

Before this: teacher.py, selection/. After this: student.py.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pseudolabel.data.confidence import confidence_of

SMALLEST_SHARE = 0.08
"""Classes a row belongs to with less probability than this are dropped: many rows of little weight cost time only."""

NEVER = -1
"""The round of a row that got no pseudo-label."""


@dataclass(frozen=True)
class PseudoLabels:
    """Pseudo-labels of the unlabeled rows, in their order.

    Attributes
    ----------
    codes : ndarray of shape (n_unlabeled,), int64
        Classes; -1 for a row that got no pseudo-label.
    probabilities : ndarray of shape (n_unlabeled, n_classes)
        Of the model that labeled the row; of the last model for rows without a pseudo-label.
    rounds : ndarray of shape (n_unlabeled,), int64
        In which round a row was labeled, from 1; -1 if in none.
    """

    codes: NDArray[np.int64]
    probabilities: NDArray[np.float64]
    rounds: NDArray[np.int64]

    @property
    def confidence(self) -> NDArray[np.float64]:
        """The highest probability of every row: ndarray of shape (n_unlabeled,)."""
        return confidence_of(self.probabilities)


def label_all(probabilities: NDArray[np.float64]) -> PseudoLabels:
    """Give every row its likeliest class, all in round 1."""
    codes = probabilities.argmax(axis=1) if len(probabilities) else np.empty(0, dtype=np.int64)
    return PseudoLabels(codes, probabilities, np.ones(len(codes), dtype=np.int64))


def without_ruled_out(probabilities: NDArray[np.float64], ruled_out: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Share what classes that are ruled out had among the others, in proportion.

    Parameters
    ----------
    probabilities, ruled_out : ndarray of shape (n_rows, n_classes)

    Returns
    -------
    probabilities : ndarray of shape (n_rows, n_classes)
        Rows sum to 1, or are 0 where every class is ruled out.

    Examples
    --------
    >>> without_ruled_out(np.array([[0.5, 0.3, 0.2]]), np.array([[True, False, False]]))
    array([[0. , 0.6, 0.4]])
    """
    left = np.where(ruled_out, 0.0, np.maximum(probabilities, np.finfo(np.float64).tiny))
    sums = left.sum(axis=1, keepdims=True)
    changed = np.divide(left, sums, out=np.zeros_like(left), where=sums > 0)
    return np.where(ruled_out.any(axis=1, keepdims=True), changed, probabilities)


def obeying(pseudo_labels: PseudoLabels, ruled_out: NDArray[np.bool_] | None) -> PseudoLabels:
    """Give pseudo-labels none of which is ruled out; a row of which every class is gets none.

    Parameters
    ----------
    pseudo_labels : PseudoLabels of n_rows rows
    ruled_out : ndarray of shape (n_rows, n_classes), bool, or None

    Examples
    --------
    >>> obeying(label_all(np.array([[0.9, 0.1], [0.8, 0.2]])), np.array([[True, False], [True, True]])).codes
    array([ 1, -1])
    """
    if ruled_out is None or not ruled_out.any():
        return pseudo_labels
    probabilities = without_ruled_out(pseudo_labels.probabilities, ruled_out)
    known, none_left = ruled_out.any(axis=1), ruled_out.all(axis=1)
    codes = np.where(known & (pseudo_labels.codes >= 0), probabilities.argmax(axis=1), pseudo_labels.codes)
    rounds = np.where(none_left, NEVER, pseudo_labels.rounds)
    return PseudoLabels(np.where(none_left, -1, codes), probabilities, rounds)


def sharpened(probabilities: NDArray[np.float64]) -> NDArray[np.float64]:
    """Square probabilities and scale every row to sum to 1 again: what is likely becomes likelier.

    A student taught calibrated probabilities votes as hesitantly as its teacher, and then loses every vote it shares
    with a model fitted on the labels alone. Squared ones gained more than calibrated and than hard labels.

    Source: Berthelot et al. (2019), "MixMatch", whose temperature of 1/2 this is.

    Examples
    --------
    >>> sharpened(np.array([[0.6, 0.4]])).round(2)
    array([[0.69, 0.31]])
    """
    squares = probabilities**2
    return np.asarray(squares / squares.sum(axis=1, keepdims=True))


def soft_pairs(
    probabilities: NDArray[np.float64],
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Give the (row, class) pairs that stand for soft labels, with weights that sum to 1 in every row.

    Examples
    --------
    >>> soft_pairs(np.array([[0.95, 0.05], [0.6, 0.4]]))
    (array([0, 1, 1]), array([0, 0, 1]), array([1. , 0.6, 0.4]))
    """
    if len(probabilities) == 0:
        nothing = np.empty(0, dtype=np.int64)
        return nothing, nothing, np.empty(0)
    kept = probabilities >= SMALLEST_SHARE
    kept[np.arange(len(probabilities)), probabilities.argmax(axis=1)] = True
    shares = np.where(kept, probabilities, 0.0)
    shares /= shares.sum(axis=1, keepdims=True)
    rows, codes = np.nonzero(kept)
    return rows, codes, shares[rows, codes]
