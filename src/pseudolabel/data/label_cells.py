"""Label cells: the cells of the label column that hold a label, and the rows they stand in.

Takes  a source of rows, the name of the column, and what marks a row without a label besides an empty cell.
Gives  LabelCells. Labeled rows are few: whatever the source holds, only these cells stay in memory.

Before this: rows/. After this: dataset.py.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pseudolabel.data.rows import Source
from pseudolabel.data.rows.cells import typed
from pseudolabel.data.rows.source import BATCH_ROWS
from pseudolabel.data.task import is_number


@dataclass(frozen=True)
class LabelCells:
    """The cells that hold a label.

    Attributes
    ----------
    positions : ndarray of shape (n_labeled,), int64
        The rows they stand in, in order.
    values : pyarrow.ChunkedArray of length n_labeled
        In the type of their column.
    texts : pyarrow.ChunkedArray of length n_labeled, or None
        As a text file spells them; None if the file keeps types.
    marked : bool
        Whether some cells were marks.
    """

    positions: NDArray[np.int64]
    values: pa.ChunkedArray
    texts: pa.ChunkedArray | None
    marked: bool

    def retyped(self) -> pa.ChunkedArray:
        """Give the values; as numbers again if only the marks among them made text of their column."""
        from_text = self.texts is not None and pa.types.is_string(self.values.type)
        return typed(self.values) if self.marked and from_text else self.values

    def spelled(self) -> pa.ChunkedArray:
        """Give the values; as text where a text file spells a class "nan", which is no gap."""
        spelled = pa.types.is_floating(self.values.type) and pc.any(pc.is_nan(self.values)).as_py()
        return self.texts if spelled and self.texts is not None else self.values


def read_label_cells(rows: Source, label: str, *, markers: Sequence[str], n_rows: int) -> LabelCells:
    """Find the labels among the first rows of a source.

    Parameters
    ----------
    rows : Source
    label : str
        A column of it.
    markers : sequence of str
        Values that mean "no label", as an empty cell does.
    n_rows : int
        The rows that may have one: those of the labeled table.
    """
    kind, start, n_marked = rows.schema.field(label).type, 0, 0
    positions, values, texts = list[NDArray[np.int64]](), list[pa.Array](), list[pa.Array]()
    for part in rows.parts():
        if start >= n_rows:
            break
        verbatim = part.batches([label], at_most=BATCH_ROWS, verbatim=True) if part.is_text else None
        for batch in part.batches([label], at_most=BATCH_ROWS):
            column = batch[label].combine_chunks()
            text = None if verbatim is None else next(verbatim)[label].combine_chunks()
            marked = _marked(column, markers)
            present = pc.and_(column.is_valid(), pc.invert(marked))
            if text is None and pa.types.is_floating(kind):
                present = pc.and_(present, pc.fill_null(pc.invert(pc.is_nan(column)), False))
            n_marked += pc.sum(marked).as_py() or 0
            positions.append(start + np.flatnonzero(present.to_numpy(zero_copy_only=False)))
            values.append(column.filter(present))
            texts += [] if text is None else [text.filter(present)]
            start += batch.num_rows
    return LabelCells(
        np.concatenate(positions),
        pa.chunked_array(values, kind),
        pa.chunked_array(texts, pa.string()) if texts and len(texts) == len(values) else None,
        n_marked > 0,
    )


def count_labels(rows: Source, label: str, *, from_row: int) -> int:
    """Count the cells of the label column that are filled, from a row on."""
    start, n_filled = 0, 0
    for part in rows.parts():
        if start >= from_row:
            batches = part.batches([label], at_most=BATCH_ROWS)
            n_filled += sum(batch.num_rows - batch[label].null_count for batch in batches)
        start += part.n_rows
    return n_filled


def forms_of(marker: str) -> Sequence[Any]:
    """Give a marker as text and, where it reads as one, as a number.

    Examples
    --------
    >>> forms_of("-1")
    ['-1', -1.0]
    """
    try:
        return [marker, float(marker)]
    except ValueError:
        return [marker]


def _marked(column: pa.Array, markers: Sequence[str]) -> pa.Array:
    """Tell which cells are a mark; an empty text always is one, a truth value never."""
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    forms = ["", *(form for marker in markers for form in forms_of(marker))]
    if is_number(column.type):
        numbers = [form for form in forms if isinstance(form, float)]
        return pc.is_in(pc.cast(column, pa.float64(), safe=False), pa.array(numbers, pa.float64()))
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        return pc.is_in(column, pa.array([form for form in forms if isinstance(form, str)], column.type))
    return pa.repeat(pa.scalar(False), len(column))
