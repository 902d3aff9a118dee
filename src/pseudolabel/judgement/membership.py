"""Membership: which rows count as labeled, as they truly are and by chance.

Takes  numbers of labeled and of unlabeled rows, and a seed.
Gives  Membership: the true division of the rows first, then random ones of the same sizes.

If labels were given to rows at random, the true division is one like all others, and whatever is measured on it ranks
anywhere among what is measured on them with the same chance. That is all a permutation test needs, however the measure
came about: its level holds for any columns, in any number, for any number of rows.

Source: Phipson and Smyth (2010): the true division is one of those counted, so that no p-value is ever 0.

Before this: nothing. After this: column_gaps.py.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Design = Literal["rows", "groups", "time"]
"""What labels were given to: rows one by one, whole groups of rows, or rows up to some time."""

N_RANDOM = 999
"""Random divisions; the smallest possible p-value is one in a thousand."""


@dataclass(frozen=True)
class Membership:
    """Divisions of the same rows into labeled and unlabeled ones.

    Attributes
    ----------
    labeled : ndarray of shape (n_divisions, n_rows), bool
        The true division first.
    """

    labeled: NDArray[np.bool_]

    @property
    def n_labeled(self) -> int:
        """Rows that count as labeled, the same number in every division."""
        return int(self.labeled[0].sum())

    @property
    def n_rows(self) -> int:
        """All rows."""
        return int(self.labeled.shape[1])


def draw_membership(n_labeled: int, n_unlabeled: int, seed: int, n_random: int = N_RANDOM) -> Membership:
    """Divide rows, the labeled ones first, as they truly are and then at random.

    Examples
    --------
    >>> membership = draw_membership(2, 3, seed=0)
    >>> membership.labeled[0]
    array([ True,  True, False, False, False])
    >>> membership.labeled.shape, set(membership.labeled.sum(axis=1).tolist())
    ((1000, 5), {2})
    """
    true = np.arange(n_labeled + n_unlabeled) < n_labeled
    divisions = np.tile(true, (n_random + 1, 1))
    np.random.default_rng(seed).permuted(divisions[1:], axis=1, out=divisions[1:])
    return Membership(divisions)


def chance(extremes: NDArray[np.floating]) -> float:
    """Give the share of divisions that are at least as extreme as the true one, itself included: the p-value.

    Parameters
    ----------
    extremes : ndarray of shape (n_divisions,)
        A measure that is large when labeled and unlabeled rows differ; of the true division first.

    Examples
    --------
    >>> chance(np.array([3.0, 1.0, 2.0, 5.0]))
    0.5
    """
    return float((extremes >= extremes[0]).mean())
