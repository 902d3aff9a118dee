"""Identifiers: columns that name rows, and whether they name each row once.

Takes  the rows of a source and a column of them.
Gives  an InputError where two rows have the same name: the name, and both places.

A column named by --id must name every row once. A column that was not named, but is called `id` and is different in
nearly every row, was meant as an identifier: one repeated value in it is a slip (a row pasted twice), and silence would
hand back a table whose rows cannot be told apart. Names such as `customer_id` are no such promise: customers return.

Identifiers that only ever increase are all different. Others are compared by hashes of 64 bits, eight bytes each and a
bounded number of them at a time, so any number of rows can be compared; where two hashes agree, the values themselves
decide.

Before this: rows/. After this: features.py, dataset.py.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pseudolabel.data.rows import Source
from pseudolabel.data.rows.source import BATCH_ROWS
from pseudolabel.errors import InputError
from pseudolabel.validation import brief

FEWEST_ROWS_TO_JUDGE = 20
"""Below this many filled cells, "all different" says nothing about a column."""

NEARLY_ALL = 0.95
"""Share of different values from which repeated ones are slips; what repeats more often was never to be unique."""

MOST_HASHES = 1 << 25
"""Hashes held at a time, 268 megabytes: of more rows, a share in each of several passes."""

SPARE = 1.01
"""What is held ready for a share, as a multiple of what it comes to if no value repeats."""

EMPTY = -6_907_143_682_119_475_203
"""Stands for an empty cell among whole numbers; a cell that holds this very number is told from it by its value."""

_NAMES_OF_IDENTIFIERS = re.compile(
    r"(^|[\W_])(id|ids|uid|uuid|guid|key|rowid|rowno|index)$|^unnamed: \d+$|^$", re.IGNORECASE
)
_NAMES_OF_ROWS = re.compile(
    r"^((row|record|example|instance|observation)[\W_]*)?(id|uid)$|^(uuid|guid)$", re.IGNORECASE
)
_CAMEL_CASE = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def is_named_like_identifier(name: str) -> bool:
    """Say whether a column's name is one of an identifier, of the rows or of something they refer to.

    Examples
    --------
    >>> is_named_like_identifier("customerId"), is_named_like_identifier("size")
    (True, False)
    """
    return bool(_NAMES_OF_IDENTIFIERS.search(_CAMEL_CASE.sub("_", name)))


def is_named_like_row(name: str) -> bool:
    """Say whether a column's name promises one value for each row, and never the same one twice.

    Examples
    --------
    >>> is_named_like_row("ID"), is_named_like_row("record_id"), is_named_like_row("customer_id")
    (True, True, False)
    """
    return bool(_NAMES_OF_ROWS.search(name.strip()))


def refuse_repeated(rows: Source, name: str) -> None:
    """Refuse a column named by --id in which a value stands twice; an empty cell is a value too.

    Raises
    ------
    InputError
        With the value and both places.
    """
    found = _find_repeated(rows, name)
    if found is not None:
        raise InputError(f"{_said(rows, name, found)} Make it unique, or leave --id out.")


def refuse_slips(rows: Source, besides: set[str]) -> None:
    """Refuse a column that is called and filled like an identifier of the rows, but for a few repeated values.

    Parameters
    ----------
    rows : Source
    besides : set of str
        Columns whose part is known: they are not looked at.

    Raises
    ------
    InputError
        With the value and both places.
    """
    for field in rows.schema:
        if field.name in besides or not is_named_like_row(field.name) or not _may_identify(field.type):
            continue
        found = _find_repeated(rows, field.name, nearly_all=NEARLY_ALL)
        if found is not None:
            raise InputError(
                f"{_said(rows, field.name, found)} Nearly all its values differ, so it was meant to name the rows. "
                "Correct it, or name another identifier with --id; if it is no identifier, rename the column."
            )


@dataclass(frozen=True)
class _Repeated:
    """A value that stands twice: in rows `first` and `second`, counted from 0."""

    value: object
    first: int
    second: int


def _said(rows: Source, name: str, found: _Repeated) -> str:
    return (
        f"The identifier {brief(found.value)} stands twice in column {name!r}: {rows.place(found.first)} and "
        f"{rows.place(found.second)}."
    )


def _may_identify(kind: pa.DataType) -> bool:
    plain = kind.value_type if pa.types.is_dictionary(kind) else kind
    is_text = pa.types.is_string(plain) or pa.types.is_large_string(plain) or pa.types.is_string_view(plain)
    return bool(is_text or pa.types.is_integer(plain))


def _find_repeated(rows: Source, name: str, *, nearly_all: float | None = None) -> _Repeated | None:
    """Give the first value that stands twice.

    With `nearly_all`, empty cells are left aside, and nothing is given where a lesser share of the values differs.
    """
    if _only_increases(rows, name):
        return None
    skips_empty = nearly_all is not None
    n_passes, n_filled, n_surplus = -(-rows.n_rows // MOST_HASHES), 0, 0
    suspects = np.empty(0, dtype=np.uint64)
    for turn in range(n_passes):
        hashes = _hashes(rows, name, turn, n_passes, skips_empty=skips_empty)
        again = np.flatnonzero(hashes[1:] == hashes[:-1])
        n_filled, n_surplus = n_filled + len(hashes), n_surplus + len(again)
        suspects = np.concatenate([suspects, np.unique(hashes[again])])
    if not n_surplus:
        return None
    if nearly_all is not None and (n_filled < FEWEST_ROWS_TO_JUDGE or n_filled - n_surplus < nearly_all * n_filled):
        return None
    return _first_repeated(rows, name, suspects, skips_empty=skips_empty)


def _only_increases(rows: Source, name: str) -> bool:
    """Tell whether every value is larger than the one before: then none stands twice, and nothing need be held."""
    if not _may_identify(rows.schema.field(name).type):
        return False
    last: Any = None
    for part in rows.parts():
        for batch in part.batches([name], at_most=BATCH_ROWS):
            column = _in_one_piece(batch[name])
            if len(column) == 0:
                continue
            first = column[0].as_py()
            if column.null_count or (last is not None and first <= last):
                return False
            if not pc.all(pc.greater(column[1:], column[:-1]), min_count=0).as_py():
                return False
            last = column[-1].as_py()
    return True


def _hashes(rows: Source, name: str, turn: int, n_passes: int, *, skips_empty: bool) -> NDArray[np.uint64]:
    """Give the hashes that are compared in this pass, in order; they are gathered in place, as they may be many."""
    gathered = np.empty(min(rows.n_rows, int(SPARE * rows.n_rows / n_passes) + BATCH_ROWS), dtype=np.uint64)
    n_kept = 0
    for _, _, hashes in _hashed(rows, name, skips_empty=skips_empty):
        kept = hashes if n_passes == 1 else hashes[hashes % np.uint64(n_passes) == turn]
        if n_kept + len(kept) > len(gathered):  # of values that repeat, more have the same remainder
            gathered = np.concatenate([gathered[:n_kept], np.empty(len(gathered), dtype=np.uint64)])
        gathered[n_kept : n_kept + len(kept)] = kept
        n_kept += len(kept)
    gathered = gathered[:n_kept]
    gathered.sort()
    return gathered


def _first_repeated(rows: Source, name: str, suspects: NDArray[np.uint64], *, skips_empty: bool) -> _Repeated | None:
    """Give the first row whose very value stood before: equal hashes are only a reason to look."""
    seen: dict[object, int] = {}
    for column, positions, hashes in _hashed(rows, name, skips_empty=skips_empty):
        for at in np.flatnonzero(np.isin(hashes, suspects)):
            value, row = column[int(at)].as_py(), int(positions[at])
            key = (type(value).__name__, repr(value))  # a list has no hash, and NaN is not itself
            if key in seen:
                return _Repeated(value, seen[key], row)
            seen[key] = row
    return None


def _hashed(
    rows: Source, name: str, *, skips_empty: bool
) -> Iterator[tuple[pa.Array, NDArray[np.int64], NDArray[np.uint64]]]:
    """Give the cells of a column batch by batch, each with its row and its hash."""
    start = 0
    for part in rows.parts():
        for batch in part.batches([name], at_most=BATCH_ROWS):
            column = _in_one_piece(batch[name])
            positions = np.arange(start, start + len(column))
            start += len(column)
            if skips_empty:
                filled = column.is_valid()
                positions = positions[filled.to_numpy(zero_copy_only=False)]
                column = column.filter(filled)
            yield column, positions, _hash(column)


def _in_one_piece(column: pa.ChunkedArray) -> pa.Array:
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    return column.combine_chunks()


def _hash(column: pa.Array) -> NDArray[np.uint64]:
    """Give 64 bits for each cell, the same for the same value; an empty cell has bits like any other."""
    if pa.types.is_integer(column.type):
        numbers = column.to_numpy(zero_copy_only=False) if not column.null_count else _with_empty(column)
        return np.asarray(pd.util.hash_array(numbers.astype(np.uint64)))
    try:
        texts = pc.cast(column, pa.string()).to_numpy(zero_copy_only=False)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        texts = np.array([repr(value) for value in column.to_pylist()], dtype=object)
    return np.asarray(pd.util.hash_array(texts, categorize=False))


def _with_empty(column: pa.Array) -> NDArray[np.int64]:
    wide = column.cast(pa.int64(), safe=False)  # beyond 2^63 numbers wrap, each to another one
    return np.asarray(pc.fill_null(wide, EMPTY).to_numpy(zero_copy_only=False))
