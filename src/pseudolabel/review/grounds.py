"""Grounds: what is shown beside a suggestion, and what decides how soon it is asked about.

Takes  rows under review and labeled rows as one matrix of numbers, and how surely each is labeled.
Gives  Grounds: the nearest labeled rows, how unlike anything labeled a row is, its cluster, and what an answer is
       worth.

Nearness is that of explanations: columns are stretched by what they tell about the labels, so that a person who looks a
neighbor up sees what it has in common. An answer is worth much where it is open and stands for many rows: doubt, times
the size of the cluster, less for every more doubtful row of the same cluster, because ten answers about ten like rows
are hardly more than one.

Source: Settles and Craven (2008) for information density; the share for later rows of a cluster is that of Xu, Akella
and Zhang (2007), "Incorporating diversity and density in active learning".

Before this: queue.py, learning/neighbors.py. After this: intake.py.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from sklearn.cluster import MiniBatchKMeans
from sklearn.decomposition import TruncatedSVD

from pseudolabel.data.scaling import learn_scaling
from pseudolabel.judgement.novelty import look_for_novelty
from pseudolabel.learning.neighbors import LabeledRows, nearest_labeled, stretched_alike

N_NEAREST = 3

ROWS_OF_A_CLUSTER = 30
"""Rows a cluster has on average: what a person looks through at one go."""

MOST_CLUSTERS = 300

MOST_DIMENSIONS = 40
"""Clusters of more are looked for in the directions in which rows differ most."""

KNOWN = 0.98
"""The largest novelty of a row that is not found to be novel."""

NOVEL = 1.0


@dataclass(frozen=True)
class Grounds:
    """What is known of each row under review.

    Attributes
    ----------
    nearest : ndarray of shape (n_rows, n_nearest), int64
        Labeled rows, the nearest first, as places among the labeled rows.
    distance : ndarray of shape (n_rows, n_nearest)
    novelty : ndarray of shape (n_rows,), 0 to 1
        The share of rows that are nearer to a label, at most 0.98; 1 for rows that are unlike anything labeled.
    cluster : ndarray of shape (n_rows,), int64
        From 0, the largest first.
    impact : ndarray of shape (n_rows,), 0 or more
    """

    nearest: NDArray[np.int64]
    distance: NDArray[np.float64]
    novelty: NDArray[np.float64]
    cluster: NDArray[np.int64]
    impact: NDArray[np.float64]


def find_grounds(
    labeled: Any, codes: NDArray[np.int64], asked: Any, margin: NDArray[np.float64], *, seed: int
) -> Grounds:
    """Find out what lies around each row.

    Parameters
    ----------
    labeled : ndarray or sparse matrix of shape (n_labeled, n_features)
        NaN where a cell is empty.
    codes : ndarray of shape (n_labeled,)
        Their classes.
    asked : ndarray or sparse matrix of shape (n_rows, n_features)
    margin : ndarray of shape (n_rows,), 0 to 1
        The lead of the suggested class.
    seed : int

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> known, asked = rng.normal(size=(20, 2)), rng.normal(size=(100, 2))
    >>> grounds = find_grounds(known, (known[:, 0] > 0).astype(int), asked, np.full(100, 0.5), seed=0)
    >>> grounds.nearest.shape, bool((np.diff(np.bincount(grounds.cluster)) <= 0).all())
    ((100, 3), True)
    """
    both = sp.vstack([labeled, asked]).tocsr() if sp.issparse(labeled) else np.vstack([labeled, asked])
    scaled = learn_scaling(both).apply(both)
    known = LabeledRows(np.arange(len(codes)), codes, scaled[: len(codes)])
    near, far = nearest_labeled(known, scaled[len(codes) :], most=N_NEAREST)
    cluster = _clusters(stretched_alike(known, scaled[len(codes) :]), seed)
    return Grounds(near, far, _novelty(labeled, asked, far, seed), cluster, impact_of(margin, cluster))


def impact_of(margin: NDArray[np.float64], cluster: NDArray[np.int64]) -> NDArray[np.float64]:
    """Say what an answer to each row is worth: ndarray of shape (n_rows,).

    Parameters
    ----------
    margin : ndarray of shape (n_rows,), 0 to 1
    cluster : ndarray of shape (n_rows,), int64

    Examples
    --------
    >>> impact_of(np.array([0.0, 0.0, 0.0, 0.9]), np.array([0, 0, 1, 1])).round(2)
    array([1.41, 0.71, 1.41, 0.07])
    """
    order = np.lexsort((margin, cluster))
    sizes = np.bincount(cluster)
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    place = np.empty(len(margin), dtype=np.int64)
    place[order] = np.arange(len(margin)) - starts[cluster[order]]
    return np.asarray((1 - margin) * np.sqrt(sizes[cluster]) / (1 + place))


def _novelty(labeled: Any, asked: Any, distance: NDArray[np.float64], seed: int) -> NDArray[np.float64]:
    order = np.argsort(distance[:, 0], kind="stable")
    novelty = np.empty(len(order))
    novelty[order] = KNOWN * np.arange(len(order)) / max(1, len(order) - 1)
    novelty[look_for_novelty(labeled, asked, seed=seed).rows] = NOVEL
    return novelty


def _clusters(places: Any, seed: int) -> NDArray[np.int64]:
    """Group rows that lie together; the largest group is number 0."""
    n_rows, n_columns = places.shape
    n_clusters = min(MOST_CLUSTERS, n_rows // ROWS_OF_A_CLUSTER)
    if n_clusters < 2:
        return np.zeros(n_rows, dtype=np.int64)
    if n_columns > MOST_DIMENSIONS:
        places = TruncatedSVD(MOST_DIMENSIONS, random_state=seed).fit_transform(places)
    found = MiniBatchKMeans(n_clusters, n_init=3, random_state=seed).fit_predict(places)
    sizes = np.bincount(found, minlength=n_clusters)
    number = np.empty(n_clusters, dtype=np.int64)
    number[np.argsort(-sizes, kind="stable")] = np.arange(n_clusters)
    return np.asarray(number[found])
