"""Compared rows: as many labeled and unlabeled rows as a comparison can afford, on one scale.

Takes  the matrices of the labeled and of the unlabeled rows.
Gives  ComparedRows: a seeded choice of both, dense; and the rank of each of their cells in its column.

Ranks, because an outlier is then merely the last one, and units do not matter. A gap lies in the middle and has a
column of its own that tells it. A rare category moves its column little and so counts little.

Before this: nothing of learning/: no label is looked at, only whether there is one. After this: shift.py, novelty.py.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.stats import rankdata

from pseudolabel.data.sample import draw_sample

MOST_LABELED = 1_000
MOST_UNLABELED = 1_000
"""Rows of each kind. The rarer kind limits what can be seen, so that more of the other kind would show little more."""

MOST_COLUMNS = 1_000
"""Columns of the matrix, those with most filled cells; fewer than this are all taken."""


@dataclass(frozen=True)
class ComparedRows:
    """The rows that take part, the labeled ones first.

    Attributes
    ----------
    matrix : ndarray of shape (n_rows, n_columns), float64
        NaN where a cell is empty.
    columns : ndarray of shape (n_columns,)
        Their positions in the matrices that came in.
    labeled, unlabeled : ndarray
        The positions, in the matrices that came in, of the rows that take part.
    """

    matrix: NDArray[np.float64]
    columns: NDArray[np.int64]
    labeled: NDArray[np.int64]
    unlabeled: NDArray[np.int64]


def choose_rows(labeled: Any, unlabeled: Any, seed: int) -> ComparedRows:
    """Choose the rows and columns that take part.

    Parameters
    ----------
    labeled, unlabeled : ndarray or sparse matrix of shape (n_labeled, n_features) and (n_unlabeled, n_features)
        NaN where a cell is empty.
    seed : int

    Examples
    --------
    >>> rows = choose_rows(np.ones((2, 3)), np.zeros((5000, 3)), seed=0)
    >>> rows.matrix.shape, rows.labeled
    ((1002, 3), array([0, 1]))
    """
    of_labeled = draw_sample(labeled.shape[0], MOST_LABELED, seed)
    of_unlabeled = draw_sample(unlabeled.shape[0], MOST_UNLABELED, seed)
    some, others = _rows(labeled, of_labeled), _rows(unlabeled, of_unlabeled)
    columns = np.arange(labeled.shape[1])
    if len(columns) > MOST_COLUMNS:
        filled = _count_filled(some) + _count_filled(others)
        columns = np.sort(np.argsort(-filled, kind="stable")[:MOST_COLUMNS])
    matrix = np.vstack([as_dense(part, columns) for part in (some, others)])
    return ComparedRows(matrix, columns, of_labeled, of_unlabeled)


def rank_cells(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """Give the rank of every cell in its column, 0 to 1, and a column of flags for each with gaps.

    Parameters
    ----------
    matrix : ndarray of shape (n_rows, n_columns)
        NaN where a cell is empty.

    Returns
    -------
    ranks : ndarray of shape (n_rows, n_columns + the number of columns with gaps)

    Examples
    --------
    >>> rank_cells(np.array([[1.0], [2.0], [2.0], [9.0]])).T
    array([[0.125, 0.5  , 0.5  , 0.875]])
    """
    gap = np.isnan(matrix)
    # Gaps as infinity come last and leave the ranks of the others as they are.
    ranks = (rankdata(np.where(gap, np.inf, matrix), axis=0) - 0.5) / np.maximum((~gap).sum(axis=0), 1)
    return np.hstack([np.where(gap, 0.5, ranks), gap[:, gap.any(axis=0)]])


def as_dense(rows: Any, columns: NDArray[np.int64]) -> NDArray[np.float64]:
    """Give some columns of a matrix of either kind as an array."""
    chosen = rows[:, columns]
    return np.asarray(chosen.toarray() if sp.issparse(chosen) else chosen, dtype=np.float64)


def _rows(matrix: Any, positions: NDArray[np.int64]) -> Any:
    """Give rows of a matrix; sparse ones in a format whose columns can be picked."""
    return sp.csr_matrix(matrix)[positions].tocsc() if sp.issparse(matrix) else np.asarray(matrix)[positions]


def _count_filled(rows: Any) -> NDArray[np.int64]:
    """Count the cells of each column that hold something: not a gap, and in sparse rows not a zero."""
    filled: NDArray[np.int64] = np.diff(rows.indptr) if sp.issparse(rows) else (~np.isnan(rows)).sum(axis=0)
    return filled
