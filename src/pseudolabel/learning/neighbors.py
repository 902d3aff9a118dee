"""Neighbors: the labeled rows a row is most like.

Takes  labeled rows on one scale, and rows to find neighbors of.
Gives  for each of these the nearest labeled rows: which, of what class, and how far.

Near in the columns that matter: each is stretched by the square root of its importance to a forest grown on the
labels, as for the graph of the committee. In the plain distance a dozen columns of noise outvote the two that tell
the classes apart, and a person who looks the neighbors up sees nothing in common.

Before this: committee/metric.py. After this: explanation.py.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from sklearn.neighbors import NearestNeighbors

from pseudolabel.data.block import Block
from pseudolabel.data.sample import draw_sample
from pseudolabel.learning.committee.metric import learn_factors

MOST_ROWS_TO_LEARN = 5_000
"""Labeled rows that importances are learnt from; all of them can be neighbors."""

SEED = 0
"""Of the forest: the same rows have the same neighbors, whatever the model's seed was."""


@dataclass(frozen=True)
class LabeledRows:
    """The labeled rows of a fit.

    Attributes
    ----------
    positions : ndarray of shape (n_labeled,)
        Where they stand among all rows of the fit.
    codes : ndarray of shape (n_labeled,)
        Their classes.
    scaled : ndarray or sparse matrix of shape (n_labeled, n_scaled)
    weight : ndarray of shape (n_labeled,) or None
    """

    positions: NDArray[np.int64]
    codes: NDArray[np.int64]
    scaled: Any
    weight: NDArray[np.float64] | None = None


@dataclass(frozen=True)
class Neighbor:
    """A labeled row near the one in question.

    Attributes
    ----------
    row : int
        Where it stands among all rows of the fit, counted from 0; rows of `X_unlabeled` come after those of `X`.
    label : object
        As the user wrote it.
    distance : float
        0 for the row itself; to be compared with those of the other neighbors only.
    """

    row: int
    label: Any
    distance: float


def keep_labeled_rows(block: Block, codes: NDArray[np.int64], positions: NDArray[np.int64]) -> LabeledRows | None:
    """Keep what neighbors are looked for among; None where no learner asked for rows on one scale.

    Parameters
    ----------
    block : Block of n_rows rows
    codes : ndarray of shape (n_rows,)
        Classes; -1 where there is no label.
    positions : ndarray of shape (n_rows,)
        Where they stand among all rows of the fit.
    """
    if block.scaled is None:
        return None
    labeled = np.flatnonzero(codes >= 0)
    weight = None if block.weight is None else block.weight[labeled]
    return LabeledRows(positions[labeled], codes[labeled], block.scaled[labeled], weight)


def find_neighbors(
    labeled: LabeledRows, scaled: Any, classes: NDArray[Any], *, most: int
) -> list[tuple[Neighbor, ...]]:
    """Find the labeled rows nearest to each row, the nearest first.

    Parameters
    ----------
    labeled : LabeledRows
    scaled : ndarray or sparse matrix of shape (n_rows, n_scaled)
        On the scale of the labeled ones. For a few rows: each is held against every labeled one.
    classes : ndarray of shape (n_classes,)
    most : int
        Neighbors of a row.

    Examples
    --------
    >>> labeled = LabeledRows(np.array([2, 5]), np.array([0, 1]), np.array([[0.0], [1.0]]))
    >>> [[nearest]] = find_neighbors(labeled, np.array([[0.75]]), np.array(["ham", "spam"]), most=1)
    >>> nearest
    Neighbor(row=5, label='spam', distance=0.25)
    """
    factors = _learn_factors(labeled)
    among, asked = _stretched(labeled.scaled, factors), _stretched(scaled, factors)
    names, found = classes.tolist(), []
    for position in range(asked.shape[0]):
        distances = _distances(among, asked[position : position + 1])
        nearest = np.argsort(distances, kind="stable")[:most]
        found.append(
            tuple(
                Neighbor(int(labeled.positions[near]), names[labeled.codes[near]], float(distances[near]))
                for near in nearest
            )
        )
    return found


def nearest_labeled(labeled: LabeledRows, scaled: Any, *, most: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Find the labeled rows nearest to each of many rows.

    Parameters
    ----------
    labeled : LabeledRows
    scaled : ndarray or sparse matrix of shape (n_rows, n_scaled)
    most : int
        Neighbors of a row; fewer where fewer are labeled.

    Returns
    -------
    nearest : ndarray of shape (n_rows, n_nearest), int64
        Places among the labeled rows, the nearest first.
    distance : ndarray of shape (n_rows, n_nearest)
    """
    factors = _learn_factors(labeled)
    among = NearestNeighbors(n_neighbors=min(most, len(labeled.codes)), algorithm="brute")
    distance, nearest = among.fit(_stretched(labeled.scaled, factors)).kneighbors(_stretched(scaled, factors))
    return nearest.astype(np.int64), distance.astype(np.float64)


def stretched_alike(labeled: LabeledRows, scaled: Any) -> Any:
    """Give rows as they lie for `nearest_labeled`: each column stretched by what it tells about the labels."""
    return _stretched(scaled, _learn_factors(labeled))


def _learn_factors(labeled: LabeledRows) -> NDArray[np.float64]:
    kept = draw_sample(len(labeled.codes), MOST_ROWS_TO_LEARN, SEED)
    weight = None if labeled.weight is None else labeled.weight[kept]
    return learn_factors(labeled.scaled, kept, labeled.codes[kept], weight, SEED)


def _stretched(rows: Any, factors: NDArray[np.float64]) -> Any:
    return sp.csr_array(rows).multiply(factors).tocsr() if sp.issparse(rows) else rows * factors


def _distances(among: Any, asked: Any) -> NDArray[np.float64]:
    """Give the distances of all rows to one, by differences: a row is then at distance 0 from itself, exactly."""
    if sp.issparse(among):
        off = among - asked[np.zeros(among.shape[0], dtype=np.int64)]
        return np.asarray(np.sqrt(np.ravel(off.multiply(off).sum(axis=1))))
    return np.asarray(np.sqrt(((among - asked) ** 2).sum(axis=1)))
