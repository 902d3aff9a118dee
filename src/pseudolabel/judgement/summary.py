"""Summary: how many rows of each class have which confidence, as small for a billion rows as for a thousand.

Takes  class and confidence of rows, a chunk at a time.
Gives  a Summary: counts by class and bin, merged by addition, from which levels and shares are read off.

Confidences pile up below 1, so bins even in the confidence put a third of all rows into the last one. Here they are
even in the logarithm of what is missing to 1: the top bits of that number as a float, 64 bins an octave. Every bin has
a lowest confidence, its floor. Held against a floor, a row and its bin always say the same, so counts are exact.

Before this: nothing. After this: acceptance.py.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

SHIFT = 17
"""Low bits of a float32 that are dropped: six of its mantissa stay, 64 bins an octave."""

LEAST_DOUBT = np.float32(2.0**-25)
"""Stands for a doubt of nothing: half the smallest that a confidence below 1 can leave."""

_NO_CONFIDENCE = int(np.float32(1).view(np.uint32)) >> SHIFT

N_BINS = _NO_CONFIDENCE - (int(LEAST_DOUBT.view(np.uint32)) >> SHIFT) + 1
"""From the bin of 0 to the bin that 1 has for itself."""


def bin_of(confidence: ArrayLike) -> NDArray[np.int32]:
    """Give the bin of every confidence: the higher the surer.

    Parameters
    ----------
    confidence : array-like of any shape, 0 to 1
        Taken as float32; what rounding has put above 1 counts as 1.

    Examples
    --------
    >>> bin_of([0.0, 0.5, 0.9, 0.99, 1.0])
    array([   0,   64,  218,  431, 1600], dtype=int32)
    """
    given = np.asarray(confidence, dtype=np.float32)
    doubt = np.subtract(np.float32(1), given, out=np.empty_like(given))
    # In place, and no `clip`: every row of every table passes here, and this takes a tenth of the time.
    np.maximum(doubt, LEAST_DOUBT, out=doubt)
    np.minimum(doubt, np.float32(1), out=doubt)
    bits = doubt.view(np.int32)
    bits >>= SHIFT
    return np.subtract(np.int32(_NO_CONFIDENCE), bits, out=bits)


def floor_of(confidence: ArrayLike) -> NDArray[np.float32]:
    """Round every confidence down to the lowest of its bin.

    A confidence reaches `floor_of(c)` exactly where its bin is the bin of `c` or a higher one.

    Parameters
    ----------
    confidence : array-like of any shape, 0 to 1

    Examples
    --------
    >>> floor_of([0.0, 0.9, 0.995, 1.0]).round(4)
    array([0.    , 0.8994, 0.995 , 1.    ], dtype=float32)
    """
    return FLOORS[bin_of(confidence)]


def _floors() -> NDArray[np.float32]:
    """Find the lowest confidence of every bin by halving: positive floats are in the order of their bits."""
    bins = np.arange(N_BINS)
    least = np.zeros(N_BINS, dtype=np.uint32)
    most = np.full(N_BINS, np.float32(1).view(np.uint32))
    while (least < most).any():
        middle = (least + most) // np.uint32(2)
        reaches = bin_of(middle.view(np.float32)) >= bins
        least, most = np.where(reaches, least, middle + np.uint32(1)), np.where(reaches, middle, most)
    return least.view(np.float32)


FLOORS = _floors()
"""The lowest confidence from which on the bin is this one or a higher one: shape (N_BINS,), rising."""


@dataclass(frozen=True, eq=False)
class Summary:
    """How many rows of each class have which confidence.

    Summaries are added; the sum is the same in whatever chunks and order the rows came.

    Attributes
    ----------
    n_classes : int
    keys : ndarray of shape (n_filled,), int32
        Bins that hold a row, each as class * N_BINS + bin, rising.
    counts : ndarray of shape (n_filled,), int64
        Rows in each, 1 or more.
    """

    n_classes: int
    keys: NDArray[np.int32]
    counts: NDArray[np.int64]

    @classmethod
    def of(cls, codes: ArrayLike, confidence: ArrayLike, n_classes: int) -> Self:
        """Count rows.

        Parameters
        ----------
        codes : array-like of shape (n_rows,), int
            Classes as positions, 0 to n_classes - 1.
        confidence : array-like of shape (n_rows,), 0 to 1
        n_classes : int

        Examples
        --------
        >>> Summary.of([0, 1, 1], [0.9, 0.6, 0.99], n_classes=2).per_class()
        array([1, 2])
        """
        places = np.asarray(codes, dtype=np.int32) * np.int32(N_BINS) + bin_of(confidence)
        rows = np.bincount(places, minlength=n_classes * N_BINS)
        keys = np.flatnonzero(rows)
        return cls(n_classes, keys.astype(np.int32), rows[keys].astype(np.int64))

    def __add__(self, other: Self) -> Self:
        """Give the Summary of the rows of both, which must know the same classes."""
        if self.n_classes != other.n_classes:
            raise ValueError(f"Summaries of {self.n_classes} and of {other.n_classes} classes cannot be added.")
        keys, place = np.unique(np.concatenate([self.keys, other.keys]), return_inverse=True)
        counts = np.zeros(len(keys), dtype=np.int64)
        np.add.at(counts, place, np.concatenate([self.counts, other.counts]))
        return type(self)(self.n_classes, keys, counts)

    @property
    def n_rows(self) -> int:
        """How many rows were counted."""
        return int(self.counts.sum())

    def per_class(self) -> NDArray[np.int64]:
        """Count the rows of each class: shape (n_classes,)."""
        return self.count_from(0.0)

    def count_from(self, levels: ArrayLike) -> NDArray[np.int64]:
        """Count the rows of each class that reach its level.

        Parameters
        ----------
        levels : array-like of shape (n_classes,), or one level for all
            Infinite where no row reaches it. Exact for floors (see `floor_of`); of a bin that another level cuts, no
            row is counted.

        Returns
        -------
        counts : ndarray of shape (n_classes,), int64

        Examples
        --------
        >>> Summary.of([0, 0, 1], [0.9, 0.6, 0.99], n_classes=2).count_from(floor_of([0.9, 0.9]))
        array([1, 1])
        """
        codes, bins = np.divmod(self.keys, N_BINS)
        reached = FLOORS[bins] >= np.broadcast_to(levels, self.n_classes)[codes]
        counts = np.zeros(self.n_classes, dtype=np.int64)
        np.add.at(counts, codes[reached], self.counts[reached])
        return counts

    def level_for_share(self, share: float, *, per_class: bool = False) -> NDArray[np.float64]:
        """Give the level that is reached by the share of the rows that is nearest to the one asked for.

        Rows of a bin stay together, so the share is missed by at most half of those in the fullest bin.

        Parameters
        ----------
        share : float, 0 to 1
            Of all rows; with `per_class` of each class by itself.
        per_class : bool, default=False
            A level for each class instead of one for all.

        Returns
        -------
        levels : ndarray of shape (n_classes,)
            Infinite where no row is wanted, or there is none.

        Examples
        --------
        >>> summary = Summary.of(np.zeros(1001, dtype=int), np.linspace(0.9, 1, 1001), n_classes=2)
        >>> levels = summary.level_for_share(0.3)
        >>> levels.round(3), summary.count_from(levels)
        (array([0.97, 0.97]), array([301,   0]))
        """
        codes, bins = np.divmod(self.keys, N_BINS)
        if not per_class:
            return np.full(self.n_classes, _level(bins, self.counts, share))
        of_each = (codes == code for code in range(self.n_classes))
        return np.array([_level(bins[there], self.counts[there], share) for there in of_each])

    def histogram(self, edges: ArrayLike) -> NDArray[np.int64]:
        """Count the rows of all classes in bars; a bin goes to the bar its floor lies in.

        Parameters
        ----------
        edges : array-like of shape (n_bars + 1,), rising
            What lies outside goes to the outermost bar.

        Returns
        -------
        counts : ndarray of shape (n_bars,), int64

        Examples
        --------
        >>> Summary.of([0, 0, 1], [0.9, 0.6, 0.99], n_classes=2).histogram([0.5, 0.75, 1.0])
        array([1, 2])
        """
        ends = np.asarray(edges, dtype=np.float64)
        bars = np.clip(np.searchsorted(ends, FLOORS[self.keys % N_BINS], side="right") - 1, 0, len(ends) - 2)
        counts = np.zeros(len(ends) - 1, dtype=np.int64)
        np.add.at(counts, bars, self.counts)
        return counts


def _level(bins: NDArray[np.int32], counts: NDArray[np.int64], share: float) -> float:
    """Give the floor that the share of the rows nearest to `share` reaches; of two as near the stricter."""
    rows = np.zeros(N_BINS, dtype=np.int64)
    np.add.at(rows, bins, counts)
    filled = np.flatnonzero(rows)[::-1]
    reached = np.concatenate([[0], rows[filled].cumsum()])
    return float(np.append(np.inf, FLOORS[filled])[np.abs(reached - share * rows.sum()).argmin()])
