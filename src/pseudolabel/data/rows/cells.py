r"""Cells: one type for each column of text, and only a type that loses nothing.

Takes  one column as text, exactly as the file has it, empty cells null.
Gives  the same column as int64, float64, text, or null (every cell empty), and a Note where the decision may surprise.

A type is decided over the whole column, never cell by cell: a class called '1' must not become a number in one
batch and a text in the next. A whole number must read back as the very same text, so '007', '+5' and '-0' keep
their column a text, and so does an identifier of twenty digits, which no number type here can hold.
Dates stay text: preprocessing understands them, and guessing a format here could only lose something.

Before this: source.py. After this: csv.py.
"""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pseudolabel.data.rows.source import Note

SPECIAL = r"(?i)^[+-]?(nan|inf|infinity)$"
"""Ways to write what is a floating-point value but not a number."""

DECIMAL = (
    r"^[+-]?(?:(?:0|[1-9][0-9]*)?\.[0-9]+|(?:0|[1-9][0-9]*)\.)(?:[eE][+-]?[0-9]+)?$"
    r"|^[+-]?(?:0|[1-9][0-9]*)[eE][+-]?[0-9]+$"
)
"""A number with a decimal point or an exponent; '00.5' is a code, not a number."""

WHOLE = r"^-?(?:0|[1-9][0-9]*)$"
"""A whole number as a computer would write it."""

LONG = r"^-?[1-9][0-9]{15,}$"
"""A whole number of more than 15 digits: float64 may not hold it exactly."""

PLAIN = r"(?i)^[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:e[+-]?[0-9]+)?$|^[+-]?(?:nan|inf|infinity)$"
"""What anyone would call a number; codes with leading zeros included, so that they earn no note."""

COMMA = r"^\s*[+-]?[0-9]+,[0-9]+\s*$"
"""A number with a decimal comma (or a thousands comma: nobody can tell from one cell)."""

LOOSE = r"(?i)^\s*[+-]?(?:[0-9]+[.,]?[0-9]*|\.[0-9]+)(?:e[+-]?[0-9]+)?\s*$|^\s*[+-]?(?:nan|inf|infinity)\s*$"
"""What was probably meant as a number: also with a comma, also with spaces around it."""

MOSTLY = 0.5
"""Share of cells meant as numbers from which a column that had to stay text is worth a note."""


def typed(text: pa.ChunkedArray) -> pa.ChunkedArray:
    """Give the column the narrowest type that loses nothing.

    Parameters
    ----------
    text : pyarrow.ChunkedArray of string
        One column; null where a cell is empty.

    Returns
    -------
    column : pyarrow.ChunkedArray of int64, float64, string or null
        In the same order; `text` itself if no number type fits.

    Examples
    --------
    >>> typed(pa.chunked_array([["1", None, "-20"]])).to_pylist()
    [1, None, -20]
    >>> typed(pa.chunked_array([["1", "007"]])).to_pylist()
    ['1', '007']
    >>> typed(pa.chunked_array([["1", "2.50", "NaN"]])).to_pylist()
    [1.0, 2.5, nan]
    """
    if text.null_count == len(text):
        return pa.chunked_array([pa.nulls(len(text))])
    for read in (_whole_numbers, _decimal_numbers):
        column = read(text)
        if column is not None:
            return column
    return text


def _whole_numbers(text: pa.ChunkedArray) -> pa.ChunkedArray | None:
    """Give int64 if every number, written again, is the very text it was read from."""
    try:
        column = pc.cast(text, pa.int64())
    except pa.ArrowInvalid:
        return None
    return column if pc.all(pc.equal(pc.cast(column, pa.string()), text)).as_py() else None


def _decimal_numbers(text: pa.ChunkedArray) -> pa.ChunkedArray | None:
    """Give float64 if every cell is written as a number and the column is not one of codes or names."""
    try:
        column = pc.cast(text, pa.float64())
    except pa.ArrowInvalid:
        return None
    decimal = _matches(text, DECIMAL)
    if pc.all(decimal).as_py():
        return column
    special = _matches(text, SPECIAL)
    if not pc.all(pc.or_(pc.or_(special, decimal), _matches(text, WHOLE))).as_py():
        return None
    if pc.any(decimal).as_py():
        return column
    # Without one decimal, floats are only needed for a NaN or infinity among whole numbers that float64 holds.
    among_whole = pc.any(special).as_py() and not pc.all(special).as_py()
    return column if among_whole and not pc.any(_matches(text, LONG)).as_py() else None


def note_on(name: str, text: pa.ChunkedArray, column: pa.ChunkedArray, lines: NDArray[np.int64]) -> Note | None:
    """Say what may surprise in the type that was decided for a column.

    Parameters
    ----------
    name : str
        The column's name.
    text, column : pyarrow.ChunkedArray
        The cells as they stand, and as `typed` gave them.
    lines : ndarray of shape (n_rows,), int64
        The line of the file on which each row starts, for the examples.
    """
    if pa.types.is_floating(column.type):
        return _overflow_note(name, text, column, lines)
    if pa.types.is_string(column.type):
        return _mixture_note(name, text, lines)
    return None


def _overflow_note(name: str, text: pa.ChunkedArray, column: pa.ChunkedArray, lines: NDArray[np.int64]) -> Note | None:
    over = pc.and_(pc.is_inf(column), pc.invert(_matches(text, SPECIAL)))
    if not pc.any(over).as_py():
        return None
    return Note(
        "number-overflow",
        f"Column {name!r} holds numbers too large for a computer's decimals, read as infinite: "
        f"{_examples(text, over, lines)}.",
    )


def _mixture_note(name: str, text: pa.ChunkedArray, lines: NDArray[np.int64]) -> Note | None:
    n_cells, n_meant = len(text) - text.null_count, _count(_matches(text, LOOSE))
    odd = pc.invert(_matches(text, PLAIN))
    n_odd = _count(odd)
    if n_odd == 0 or n_meant < MOSTLY * n_cells:
        return None
    examples = _examples(text, odd, lines)
    if n_odd == _count(_matches(text, COMMA)):
        return Note(
            "decimal-comma",
            f"Column {name!r} is read as text, because {n_odd} of its {n_cells} cells are written with a comma: "
            f"{examples}. If they are numbers, write them with a decimal point.",
        )
    return Note(
        "mixed-types",
        f"Column {name!r} is read as text, because {n_odd} of its {n_cells} cells are not plain numbers: {examples}. "
        "If it is meant as a column of numbers, correct these cells or leave them empty.",
    )


def _matches(text: pa.ChunkedArray, pattern: str) -> pa.ChunkedArray:
    return pc.match_substring_regex(text, pattern)


def _count(mask: pa.ChunkedArray) -> int:
    return int(pc.sum(mask).as_py() or 0)


def _examples(text: pa.ChunkedArray, mask: pa.ChunkedArray, lines: NDArray[np.int64], *, at_most: int = 3) -> str:
    """Show the first few different cells that `mask` marks, each with the line where it first stands."""
    different = pc.unique(text.filter(mask)).to_pylist()
    listed = [f"{_short(cell)} (line {lines[pc.index(text, cell).as_py()]})" for cell in different[:at_most]]
    return ", ".join(listed) + (", ..." if len(different) > at_most else "")


def _short(cell: str, *, at_most: int = 30) -> str:
    return repr(cell if len(cell) <= at_most else f"{cell[:at_most]}...")
