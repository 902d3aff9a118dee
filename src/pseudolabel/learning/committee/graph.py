"""Graph: labels spread from row to row, through labeled and unlabeled rows alike.

Rows near each other get the same class; what "near" means is learnt from the labels (metric.py), so it is learnt
anew in every fold: keeping one metric for all folds leaks the held-out labels into this member's weight, and was
measured to quadruple the harm.

Source: Zhou et al. (2004), "Learning with local and global consistency".

Before this: metric.py. After this: teacher.py.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from sklearn.neighbors import NearestNeighbors

from pseudolabel.data.block import Block
from pseudolabel.learning.committee.member import Lesson
from pseudolabel.learning.committee.metric import LearnMetric, Metric, learn_leaves, learn_stretch

N_NEIGHBORS = 10
N_STEPS = 40
SPREAD = 0.9
"""How much of a row's score comes from its neighbors in every step; the rest is its own label."""

ROWS_AT_A_TIME = 8_192
"""Of those that are scored: the scores of ten neighbors in a hundred classes would fill memory."""

NEGLIGIBLE = 1e-9
"""Keeps a division defined where rows coincide or no label arrives."""


@dataclass(frozen=True)
class Graph:
    """Rows with scores; a new row takes the scores of the nearest.

    Attributes
    ----------
    metric : Metric
    nodes : ndarray of shape (n_nodes, n_dimensions), float32
        The places of labeled and unlabeled rows.
    reach : float
        The distance at which a neighbor's weight has fallen to 1/e.
    scores : ndarray of shape (n_nodes, n_classes)
        Probabilities of every node.
    """

    metric: Metric
    nodes: NDArray[np.float32]
    reach: float
    scores: NDArray[np.float64]

    def probabilities(self, block: Block) -> NDArray[np.float64]:
        """Give the probability of every class for every row: ndarray of shape (n_rows, n_classes)."""
        neighbors, places = _neighbors(self.nodes), self.metric.place(block.scaled)
        scores = np.empty((len(places), self.scores.shape[1]))
        for start in range(0, len(places), ROWS_AT_A_TIME):
            part = slice(start, start + ROWS_AT_A_TIME)
            distances, nearest = neighbors.kneighbors(places[part])
            weights = np.exp(-((distances / self.reach) ** 2)) + NEGLIGIBLE
            scores[part] = np.einsum("rn,rnc->rc", weights, self.scores[nearest])
        return np.asarray(scores / scores.sum(axis=1, keepdims=True))


@dataclass(frozen=True)
class GraphMember:
    """Label spreading in a metric learnt from labels, as a member; dense rows only."""

    name: str
    learn_metric: LearnMetric
    seed: int
    users: bool = False
    uses_unlabeled: bool = True

    def fit(self, lesson: Lesson) -> tuple[Graph, NDArray[np.float64]]:
        """Spread all labels, and those of all folds but one, fold by fold."""
        rows = np.vstack([lesson.block.scaled, lesson.unlabeled.scaled])
        out_of_fold = lesson.blank()
        for held_out in lesson.held_out():
            graph = self._spread(rows, np.flatnonzero(~held_out), lesson)
            out_of_fold[held_out] = graph.scores[: len(held_out)][held_out]
        return self._spread(rows, np.arange(len(lesson.codes)), lesson), out_of_fold

    def _spread(self, rows: NDArray[np.float64], labeled: NDArray[np.int64], lesson: Lesson) -> Graph:
        codes = lesson.codes[labeled]
        weight = None if lesson.block.weight is None else lesson.block.weight[labeled]
        metric = self.learn_metric(rows, labeled, codes, weight, self.seed)
        nodes = metric.place(rows)
        links, reach = link(nodes)
        return Graph(metric, nodes, reach, spread_labels(links, labeled, codes, len(lesson.classes)))


def graph_member(seed: int) -> GraphMember:
    """Give the graph of rows that are alike in the columns that matter."""
    return GraphMember("graph", learn_stretch, seed)


def leaf_graph_member(seed: int) -> GraphMember:
    """Give the graph of rows that trees put into the same leaves."""
    return GraphMember("leaf graph", learn_leaves, seed)


def link(nodes: NDArray[np.float32]) -> tuple[Any, float]:
    """Link every node with its nearest.

    Parameters
    ----------
    nodes : ndarray of shape (n_nodes, n_features)

    Returns
    -------
    links : sparse array of shape (n_nodes, n_nodes)
        Symmetric; normalised so that no node is heard more for having many links.
    reach : float
        The median distance to the last neighbor.
    """
    distances, nearest = _neighbors(nodes).kneighbors()
    reach = float(np.median(distances[:, -1])) + NEGLIGIBLE
    n_nodes, n_nearest = nearest.shape
    weights = np.exp(-((distances / reach) ** 2))
    starts = np.arange(0, n_nodes * n_nearest + 1, n_nearest)
    one_way = sp.csr_array((weights.ravel(), nearest.ravel(), starts), shape=(n_nodes, n_nodes))
    both_ways = one_way.maximum(one_way.T)
    shrink = sp.diags_array((both_ways.sum(axis=1) + NEGLIGIBLE) ** -0.5)
    return (shrink @ both_ways @ shrink).tocsr(), reach


def spread_labels(
    links: Any, labeled: NDArray[np.int64], codes: NDArray[np.int64], n_classes: int
) -> NDArray[np.float64]:
    """Let labels flow along the links, every class with the same total; then put the class shares back.

    Returns
    -------
    scores : ndarray of shape (n_nodes, n_classes)
        Rows sum to 1.

    Examples
    --------
    >>> chain = sp.csr_array(np.eye(3, k=1) + np.eye(3, k=-1)) / 2
    >>> spread_labels(chain, np.array([0]), np.array([1]), n_classes=2).round(2)
    array([[0., 1.],
           [0., 1.],
           [0., 1.]])
    """
    shares = np.bincount(codes, minlength=n_classes) / len(codes)
    seeds = np.zeros((links.shape[0], n_classes))
    seeds[labeled, codes] = 1 / (shares[codes] * n_classes)
    scores = seeds
    for _ in range(N_STEPS):
        scores = SPREAD * (links @ scores) + (1 - SPREAD) * seeds
    scores = (scores + NEGLIGIBLE) * shares
    return np.asarray(scores / scores.sum(axis=1, keepdims=True))


def _neighbors(nodes: NDArray[np.float32]) -> NearestNeighbors:
    return NearestNeighbors(n_neighbors=min(N_NEIGHBORS, len(nodes) - 1)).fit(nodes)
