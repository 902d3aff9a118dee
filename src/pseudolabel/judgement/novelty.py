"""Novelty: which unlabeled rows are unlike anything labeled.

Takes  the matrices of the labeled and of the unlabeled rows.
Gives  Novelty: a code, and the rows, the most novel first.

Go from an unlabeled row to its nearest neighbour, the next nearest and so on, and count until a labeled row comes.
Where labels were given at random one comes soon; a long way through unlabeled rows alone is a region that no label
describes: a class nobody labeled, a broken sensor, another language. How long is too long, for the longest way of all,
is read off random divisions of the same rows, so that a false alarm is no more frequent than the level says. A way may
pass one or two labeled rows, which count against it. One more way begins far outside: from the loneliest row inwards,
for rows that have nothing in common but to be unlike all others.

The distance to the nearest labeled row, with a conformal p-value, would be the usual choice. It says nothing here: with
100 labels no p-value is below 1 in 101, too much for one row among thousands.

What can be seen follows from chance alone: a region is noticed only if labels given at random would have put a dozen
or more there, and likely with twenty or more. So it takes two hundred labels to miss a class of one row in ten.

Source: Schilling (1986) and Henze (1988) for two-sample tests on nearest neighbours; Tusher, Tibshirani and Chu (2001)
for the share of false discoveries from random divisions.

Before this: membership.py, compared_rows.py. After this: findings.py.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binom
from sklearn.metrics.pairwise import euclidean_distances

from pseudolabel.data.sample import draw_sample
from pseudolabel.data.scaling import learn_scaling
from pseudolabel.judgement.compared_rows import as_dense, choose_rows
from pseudolabel.judgement.membership import Design, chance, draw_membership

LEVEL = 0.01
"""The chance of a false alarm where nothing is novel, at most."""

WRONGLY_LISTED = 0.05
"""Share of the rows listed as novel that chance alone would list."""

FEWEST_LABELED, FEWEST_UNLABELED = 30, 20
"""With fewer labels only a group of more than a third of the rows could be noticed."""

MOST_CHECKED = 20_000
N_RANDOM = 399
MOST_PASSED = 3
"""A way ends at the first, the second or the third labeled row, whichever is the most surprising."""

LONGEST_WAY = 16.0
"""Where a way ends at the latest, in labeled rows to be expected on it: one of these lengths is one in ten million."""

FARTHEST = 4.0
"""Most standard deviations a cell counts as from the mean of its column: one enormous cell is no neighbourhood."""

LONELY_AT = 5
"""How lonely a row is: the distance to this nearest neighbour."""

ROWS_AT_A_TIME = 1_000


@dataclass(frozen=True)
class Novelty:
    """Which unlabeled rows no label describes.

    Attributes
    ----------
    code : {"none", "novel", "does_not_apply"}
    reason : str
        "found" or "nothing"; or why nothing was looked for: "too_few_labels", "nothing_unlabeled", "no_columns",
        "groups" or "time".
    n_labeled : int
        Labeled rows that took part.
    n_checked : int
        Unlabeled rows that were checked.
    level : float
        The chance, at most, of the code "novel" where all rows are from one population.
    p_value : float or None
    rows : ndarray
        The novel rows, the most novel first, as positions in the matrix of unlabeled rows. About 5 % of them would be
        listed by chance.
    """

    code: Literal["none", "novel", "does_not_apply"]
    reason: str
    n_labeled: int
    n_checked: int
    level: float = LEVEL
    p_value: float | None = None
    rows: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, dtype=np.int64))

    @property
    def share(self) -> float:
        """The share of the checked rows that are novel."""
        return len(self.rows) / self.n_checked if self.n_checked else 0.0


def look_for_novelty(
    labeled: Any, unlabeled: Any, *, seed: int, design: Design = "rows", level: float = LEVEL
) -> Novelty:
    """Look for unlabeled rows that are unlike anything labeled.

    Parameters
    ----------
    labeled : ndarray or sparse matrix of shape (n_labeled, n_features)
        NaN where a cell is empty.
    unlabeled : ndarray or sparse matrix of shape (n_unlabeled, n_features)
    seed : int
        Of the rows that take part and of the random divisions.
    design : {"rows", "groups", "time"}, default="rows"
        What labels were given to. A group without a label, or a time after the last one, is a region without labels
        by design: the question then does not apply.
    level : float, default=0.01

    Returns
    -------
    novelty : Novelty

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> known, other = rng.normal(size=(300, 2)), rng.normal(size=(60, 2)) + 8
    >>> novelty = look_for_novelty(known[:100], np.vstack([known[100:], other]), seed=0)
    >>> novelty.code, bool(novelty.rows.min() >= 200), len(novelty.rows) > 30
    ('novel', True, True)
    """
    checked = draw_sample(unlabeled.shape[0], MOST_CHECKED, seed)
    reason = _why_not(labeled, unlabeled, design)
    if reason:
        return Novelty("does_not_apply", reason, labeled.shape[0], 0, level)
    rows = choose_rows(labeled, unlabeled, seed)
    n_labeled = len(rows.labeled)
    # Neighbours at the same distance come in the order of the rows, which must not be labeled rows first.
    order = np.random.default_rng([seed, 1]).permutation(len(rows.matrix))
    membership = draw_membership(n_labeled, len(rows.unlabeled), seed, N_RANDOM)
    scaling = learn_scaling(rows.matrix)

    def scaled(cells: NDArray[np.float64]) -> NDArray[np.float64]:
        clipped: NDArray[np.float64] = np.clip(scaling.apply(cells), -FARTHEST, FARTHEST)
        return clipped

    ways = _find_ways(scaled(rows.matrix[order]), n_labeled)
    true, *by_chance = (ways.surprise(labeled)[~labeled] for labeled in membership.labeled[:, order])
    p_value = chance(np.array([true.max(), *(surprise.max() for surprise in by_chance)]))
    if p_value > level:
        return Novelty("none", "nothing", n_labeled, len(checked), level, p_value)
    least = _least_surprise(true, np.concatenate(by_chance))
    is_labeled = membership.labeled[0, order]
    cells = (as_dense(part, rows.columns) for part in _parts(unlabeled, checked))
    surprise = np.concatenate([ways.surprise_of_others(scaled(part), is_labeled) for part in cells])
    # Those that took part have one neighbour too many when they come back as others: themselves.
    surprise[np.searchsorted(checked, rows.unlabeled)] = ways.surprise(is_labeled)[np.argsort(order)][n_labeled:]
    found = np.flatnonzero(surprise >= least)
    novel = checked[found[np.argsort(-surprise[found], kind="stable")]]
    return Novelty("novel", "found", n_labeled, len(checked), level, p_value, novel)


def _why_not(labeled: Any, unlabeled: Any, design: Design) -> str:
    """Say why the question cannot be asked; an empty text when it can."""
    if design != "rows":
        return design
    if unlabeled.shape[0] < FEWEST_UNLABELED:
        return "nothing_unlabeled"
    if labeled.shape[0] < FEWEST_LABELED:
        return "too_few_labels"
    return "" if labeled.shape[1] else "no_columns"


def _parts(matrix: Any, positions: NDArray[np.int64]) -> Iterator[Any]:
    for start in range(0, len(positions), ROWS_AT_A_TIME):
        yield matrix[positions[start : start + ROWS_AT_A_TIME]]


def _least_surprise(true: NDArray[np.float64], by_chance: NDArray[np.float64]) -> float:
    """Give the surprise from which on at most 5 % of the rows would be listed by chance; infinity if there is none."""
    levels = np.sort(true)
    listed = len(levels) - np.searchsorted(levels, levels)
    expected = (len(by_chance) - np.searchsorted(np.sort(by_chance), levels)) / N_RANDOM
    good = expected <= WRONGLY_LISTED * listed
    return float(levels[good].min()) if good.any() else np.inf


@dataclass(frozen=True)
class _Ways:
    """From every row, and from far outside, the rows met one after the other.

    Attributes
    ----------
    cells : ndarray of shape (n_rows, n_columns)
    neighbors : ndarray of shape (n_rows, length)
        The nearest rows of each row, the nearest first, without itself.
    loneliness : ndarray of shape (n_rows,)
    surprises : ndarray of shape (MOST_PASSED, n_rows + 1)
        Minus the log of the chance to meet at most so many labeled rows among so many.
    """

    cells: NDArray[np.float64]
    neighbors: NDArray[np.int64]
    loneliness: NDArray[np.float64]
    surprises: NDArray[np.float64]

    def surprise(self, labeled: NDArray[np.bool_]) -> NDArray[np.float64]:
        """Give how surprising the ways are in a division, for every row: shape (n_rows,)."""
        met = np.cumsum(labeled[self.neighbors], axis=1, dtype=np.int16)
        own = self._most([(met <= passed).sum(axis=1) for passed in range(MOST_PASSED)])
        return np.maximum(own, self._from_outside(self.loneliness, labeled))

    def surprise_of_others(self, cells: NDArray[np.float64], labeled: NDArray[np.bool_]) -> NDArray[np.float64]:
        """Give how surprising the ways of rows that took no part are."""
        distances = euclidean_distances(cells, self.cells)
        loneliness = np.partition(distances, LONELY_AT - 1, axis=1)[:, LONELY_AT - 1]
        ends = np.sort(np.partition(distances[:, labeled], MOST_PASSED - 1, axis=1)[:, :MOST_PASSED], axis=1)
        lengths = [(distances < ends[:, [passed]]).sum(axis=1) for passed in range(MOST_PASSED)]
        longest = self.neighbors.shape[1]
        own = self._most([np.minimum(length, longest) for length in lengths])
        return np.maximum(own, self._from_outside(loneliness, labeled))

    def _most(self, lengths: list[NDArray[np.int64]]) -> NDArray[np.float64]:
        most: NDArray[np.float64] = np.max(
            [surprises[length] for surprises, length in zip(self.surprises, lengths, strict=True)], axis=0
        )
        return most

    def _from_outside(self, loneliness: NDArray[np.float64], labeled: NDArray[np.bool_]) -> NDArray[np.float64]:
        """Give the surprise of the way inwards to the rows it comes by before it ends."""
        ends = -np.sort(-self.loneliness[labeled])[:MOST_PASSED]
        surprise = np.zeros(len(loneliness))
        for surprises, end in zip(self.surprises, ends, strict=True):
            length = int((self.loneliness > end).sum())
            surprise = np.where(loneliness > end, np.maximum(surprise, surprises[length]), surprise)
        return surprise


def _find_ways(cells: NDArray[np.float64], n_labeled: int) -> _Ways:
    n_rows = len(cells)
    share = n_labeled / (n_rows - 1)
    longest = min(n_rows - 1, int(np.ceil(LONGEST_WAY / share)))
    distances = euclidean_distances(cells)
    np.fill_diagonal(distances, -1.0)
    nearest = np.argsort(distances, axis=1, kind="stable")[:, 1 : longest + 1]
    loneliness = np.take_along_axis(distances, nearest[:, [LONELY_AT - 1]], axis=1)[:, 0]
    lengths = np.arange(n_rows + 1)
    surprises = np.array([-binom.logcdf(passed, lengths, share) for passed in range(MOST_PASSED)])
    return _Ways(cells, nearest, loneliness, surprises)
