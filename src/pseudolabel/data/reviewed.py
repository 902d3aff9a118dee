"""Reviewed: what people said of rows in a review.

Takes  a table, and its column of remarks that a review left.
Gives  Reviewed: the rows whose labels are answers, and the rows that are known not to be of some classes.

Labels that were answered are learnt from like any other, but the rows were chosen by a machine that doubted: nothing
can be judged on them. A class that was ruled out stays ruled out, whatever a model says.

Before this: rows/. After this: dataset.py.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pseudolabel.data.rows import Source
from pseudolabel.data.rows.source import rows_of_batch
from pseudolabel.errors import InputError

ANSWERED = "answered"
"""The remark on a row whose label is an answer."""


@dataclass(frozen=True)
class Reviewed:
    """What people said of rows.

    Attributes
    ----------
    answered : ndarray of int64
        Rows whose label is an answer, in order.
    ruled_out : mapping from int to tuple of str
        Of rows without a label, the classes they do not have.
    """

    answered: NDArray[np.int64]
    ruled_out: Mapping[int, tuple[str, ...]]

    def is_answered(self, positions: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Tell which of these rows have an answer for a label."""
        return np.asarray(np.isin(positions, self.answered))

    def ruled_out_of(self, positions: NDArray[np.int64]) -> NDArray[np.object_] | None:
        """Give for each of these rows the classes it does not have, None where none; None if there are none at all."""
        if not self.ruled_out:
            return None
        found = np.full(len(positions), None, dtype=object)
        for place, position in enumerate(positions.tolist()):
            found[place] = self.ruled_out.get(position)
        return found


NOT_REVIEWED = Reviewed(np.empty(0, dtype=np.int64), {})


def remark_of(answered: bool, ruled_out: frozenset[str]) -> str | None:
    """Write what is said of a row.

    Examples
    --------
    >>> remark_of(True, frozenset()), remark_of(False, frozenset({"cat"})), remark_of(False, frozenset())
    ('answered', '["cat"]', None)
    """
    if answered:
        return ANSWERED
    return json.dumps(sorted(ruled_out), ensure_ascii=False) if ruled_out else None


def read_reviewed(rows: Source, column: str) -> Reviewed:
    """Read the remarks of a table.

    Raises
    ------
    InputError
        If one cannot be understood.
    """
    answered, ruled_out, start = list[int](), dict[int, tuple[str, ...]](), 0
    for part in rows.parts():
        for batch in part.batches([column], at_most=rows_of_batch(1)):
            remarks = batch[column].combine_chunks()
            for place in np.flatnonzero(np.asarray(remarks.is_valid())).tolist():
                remark = remarks[place].as_py()
                if remark == ANSWERED:
                    answered.append(start + place)
                else:
                    ruled_out[start + place] = _classes(rows, start + place, column, remark)
            start += batch.num_rows
    return Reviewed(np.array(answered, dtype=np.int64), ruled_out)


def _classes(rows: Source, row: int, column: str, remark: object) -> tuple[str, ...]:
    try:
        named = json.loads(str(remark))
        if isinstance(named, list) and all(isinstance(name, str) for name in named):
            return tuple(named)
    except ValueError:
        pass
    raise InputError(f"{rows.place(row)}, column {column!r}: {str(remark)[:80]!r} is nothing that a review wrote.")
