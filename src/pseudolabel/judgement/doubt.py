"""Doubt: the rows whose class has the smallest lead over another one.

Takes  probabilities of rows, chunk by chunk.
Gives  a table of the ten most doubtful rows; such tables are merged, and the order of merging does not matter.

Before this: nothing. After this: scoring.py, results/class_record.py.
"""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pseudolabel.data.confidence import confidence_of

MOST_DOUBTFUL = 10
"""Doubtful rows that are kept: as many as a person looks at."""


def find_doubtful(
    probabilities: NDArray[np.float64],
    codes: NDArray[np.int64],
    rows: pa.Table | None = None,
    *,
    among: NDArray[np.int64] | None = None,
) -> pa.Table | None:
    """Give the rows whose class has the smallest lead over another.

    Parameters
    ----------
    probabilities : ndarray of shape (n_rows, n_classes)
    codes : ndarray of shape (n_rows,)
        The class of every row, as its place.
    rows : pyarrow.Table of n_rows rows, or None
        To keep the doubtful ones of; None where they can be looked up later.
    among : ndarray of int or None
        The rows that come into question; None where all do and each has its likeliest class.

    Returns
    -------
    doubtful : pyarrow.Table or None
        The most doubtful first: `position`, counted from the first row, `lead`, `code`, `probability`, `runner_up`,
        `runner_up_probability`, and `row`, which holds the columns of `rows` if there are any. None where no row
        comes into question.

    Examples
    --------
    >>> found = find_doubtful(np.array([[0.9, 0.1], [0.5, 0.5]]), np.array([0, 0]), pa.table({"size": [1, 2]}))
    >>> found["position"].to_pylist(), found["lead"].to_pylist()
    ([1, 0], [0.0, 0.8])
    """
    chosen = _least_sure(probabilities) if among is None else among
    if len(chosen) == 0:
        return None
    others, each = probabilities[chosen].copy(), np.arange(len(chosen))
    own = others[each, codes[chosen]]
    others[each, codes[chosen]] = -1
    leads = own - confidence_of(others)
    order = _smallest(leads)
    found = pa.table(
        {
            "position": chosen[order],
            "lead": leads[order],
            "code": codes[chosen][order],
            "probability": own[order],
            "runner_up": others[order].argmax(axis=1),
            "runner_up_probability": others[order].max(axis=1),
        }
    )
    return found if rows is None else found.append_column("row", rows.take(pa.array(chosen[order])).to_struct_array())


def most_doubtful(several: Sequence[pa.Table | None]) -> pa.Table | None:
    """Give the most doubtful rows of several lots, the first in the table where two are equally doubtful."""
    there = [table for table in several if table is not None]
    if not there:
        return None
    all_of_them = pa.concat_tables(there, promote_options="default")
    order = np.lexsort([all_of_them["position"].to_numpy(), all_of_them["lead"].to_numpy()])[:MOST_DOUBTFUL]
    return all_of_them.take(pa.array(order))


def moved(doubtful: pa.Table | None, positions: NDArray[np.int64] | int) -> pa.Table | None:
    """Give doubtful rows with their positions in a larger table: shifted by a number, or looked up."""
    if doubtful is None:
        return None
    at = doubtful["position"].to_numpy()
    there = at + positions if isinstance(positions, int) else positions[at]
    return doubtful.set_column(doubtful.column_names.index("position"), "position", pa.array(there))


def _smallest(leads: NDArray[np.float64]) -> NDArray[np.int64]:
    """Give the places of the smallest leads in order, the first where two are equal; most need no sorting."""
    if len(leads) <= MOST_DOUBTFUL:
        return np.argsort(leads, kind="stable")
    small = np.flatnonzero(leads <= np.partition(leads, MOST_DOUBTFUL - 1)[MOST_DOUBTFUL - 1])
    return small[np.argsort(leads[small], kind="stable")][:MOST_DOUBTFUL]


def _least_sure(probabilities: NDArray[np.float64]) -> NDArray[np.int64]:
    """Give the rows among which the smallest leads are, without working out the lead of every row.

    The lead of a class with probability p is at least 2 p - 1: the least sure rows set a bound, and surer ones are out.
    """
    confidence = confidence_of(probabilities)
    if len(confidence) <= MOST_DOUBTFUL:
        return np.arange(len(confidence))
    unsure = np.argpartition(confidence, MOST_DOUBTFUL - 1)[:MOST_DOUBTFUL]
    two = np.sort(probabilities[unsure], axis=1)[:, -2:]
    return np.flatnonzero(2 * confidence - 1 <= (two[:, 1] - two[:, 0]).max() + 1e-9)
