"""Sample: a bounded, seeded choice among many unlabeled rows.

Takes  how many rows there are, which of them take part anyway, how many may be drawn, and a seed.
Gives  the positions of those that are, in order.

Each position is hashed with the seed and the smallest hashes win, so the choice depends on nothing but position
and seed: not on chunk size, not on the order in which workers come back. Positions are looked at block by block: a
billion of them take no more memory than a million.

Source of the hash: Steele, Lea and Flood (2014), SplitMix64.

Before this: nothing. After this: dataset.py, learning/.
"""

import numpy as np
from numpy.typing import NDArray

SAMPLE_ROWS = 50_000
"""Unlabeled rows that take part in training unless asked otherwise: beyond 20 000 to 50 000 accuracy was flat."""

BLOCK_ROWS = 1 << 17
"""Positions hashed at a time: as many as stay in the cache of a processor."""

NONE: NDArray[np.int64] = np.empty(0, dtype=np.int64)


def draw_sample(n_rows: int, at_most: int, seed: int, *, besides: NDArray[np.int64] = NONE) -> NDArray[np.int64]:
    """Choose `at_most` of `n_rows` positions, all of them if there are no more.

    Parameters
    ----------
    n_rows : int
    at_most : int
    seed : int
    besides : ndarray of shape (n_besides,), int64
        Positions that are not to be drawn, in order.

    Examples
    --------
    >>> draw_sample(4, at_most=10, seed=0)
    array([0, 1, 2, 3])
    >>> draw_sample(4, at_most=10, seed=0, besides=np.array([1, 2]))
    array([0, 3])
    >>> len(draw_sample(1000, at_most=10, seed=0))
    10
    """
    if n_rows - len(besides) <= at_most:
        return _open_positions(0, n_rows, besides)
    drawn, hashes, bound = NONE, np.empty(0, dtype=np.uint64), None
    for start in range(0, n_rows if at_most else 0, BLOCK_ROWS):
        positions = _open_positions(start, min(start + BLOCK_ROWS, n_rows), besides)
        hashed = _hash(positions.astype(np.uint64), seed)
        if bound is not None:  # few of a later block have a chance
            positions, hashed = positions[hashed <= bound], hashed[hashed <= bound]
        drawn, hashes = np.concatenate([drawn, positions]), np.concatenate([hashes, hashed])
        if len(drawn) > 2 * at_most:
            drawn, hashes = _with_smallest(drawn, hashes, at_most)
            bound = hashes.max()
    return np.sort(_with_smallest(drawn, hashes, at_most)[0])


def _with_smallest(
    positions: NDArray[np.int64], hashes: NDArray[np.uint64], number: int
) -> tuple[NDArray[np.int64], NDArray[np.uint64]]:
    smallest = np.argpartition(hashes, number - 1)[:number] if number else NONE
    return positions[smallest], hashes[smallest]


def _open_positions(start: int, stop: int, besides: NDArray[np.int64]) -> NDArray[np.int64]:
    first, last = np.searchsorted(besides, [start, stop])
    return np.delete(np.arange(start, stop, dtype=np.int64), besides[first:last] - start)


def _hash(positions: NDArray[np.uint64], seed: int) -> NDArray[np.uint64]:
    with np.errstate(over="ignore"):  # wrapping at 64 bits is the method
        mixed = (positions + np.uint64(seed) + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
        mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return mixed ^ (mixed >> np.uint64(31))
