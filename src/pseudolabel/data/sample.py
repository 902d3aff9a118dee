"""Sample: a bounded, seeded choice among many unlabeled rows.

Takes  how many rows there are, how many may take part, and a seed.
Gives  the positions of those that do, in order.

Each position is hashed with the seed and the smallest hashes win, so the choice depends on nothing but position
and seed: not on chunk size, not on the order in which workers come back.

Source of the hash: Steele, Lea and Flood (2014), SplitMix64.
"""

import numpy as np
from numpy.typing import NDArray


def draw_sample(n_rows: int, at_most: int, seed: int) -> NDArray[np.int64]:
    """Choose `at_most` of `n_rows` positions, all of them if there are no more.

    Examples
    --------
    >>> draw_sample(4, at_most=10, seed=0)
    array([0, 1, 2, 3])
    >>> len(draw_sample(1000, at_most=10, seed=0))
    10
    """
    positions = np.arange(n_rows, dtype=np.int64)
    if n_rows <= at_most:
        return positions
    order = np.argsort(_hash(positions.astype(np.uint64), seed), kind="stable")
    return np.sort(positions[order[:at_most]])


def _hash(positions: NDArray[np.uint64], seed: int) -> NDArray[np.uint64]:
    with np.errstate(over="ignore"):  # wrapping at 64 bits is the method
        mixed = (positions + np.uint64(seed) + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
        mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return mixed ^ (mixed >> np.uint64(31))
