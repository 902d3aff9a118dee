"""Sources: rows from files, the same rows in the same order on every pass.

Takes  nothing yet: this is what every reader of rows promises.
Gives  Source, the promise; Part, the rows of one input file, in batches; Note, a reader's decision that its user
       should know.

A part is one input file, because results are handed back file by file. Its rows are read in batches, so that a file
may be larger than memory. The cells of a text file are kept as they stood too (`verbatim`): a table written back must
show '1.50' where the user wrote '1.50'.

Before this: nothing. After this: csv.py and parquet.py, which read; several.py, which joins what they read.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import pyarrow as pa

from pseudolabel.errors import InputError
from pseudolabel.validation import brief

BATCH_ROWS, BATCH_CELLS, FEWEST_BATCH_ROWS = 65_536, 1 << 21, 256
"""Rows, and cells, that are looked at together: eight megabytes of numbers, which a processor's cache nearly holds."""


@dataclass(frozen=True)
class Note:
    """Something a reader noticed and decided, to be shown as a finding.

    Attributes
    ----------
    code : str
        What kind of thing it is, such as 'delimiter' or 'mixed-types'.
    detail : str
        Where it is and what was decided, in whole sentences.
    """

    code: str
    detail: str


class Part(Protocol):
    """The rows of one input file, or some of them: to be read as often as needed, also in another process."""

    @property
    def name(self) -> str:
        """The file's name, unique within its source."""

    @property
    def n_rows(self) -> int:
        """How many rows there are."""

    @property
    def is_text(self) -> bool:
        """Whether its cells are also kept as text, exactly as the file has them."""

    @property
    def starts(self) -> tuple[int, ...]:
        """Rows, counted from 0, at which a reader can begin without reading what is before; (0,) if it can anywhere."""

    def between(self, start: int, stop: int) -> "Part":
        """Give the same part with these rows alone, counted from 0; pickled, it takes no others along."""

    def batches(
        self, columns: Sequence[str] | None = None, *, at_most: int, verbatim: bool = False
    ) -> Iterator[pa.Table]:
        """Give the rows in order, in tables of exactly `at_most` rows but for the last, whatever the file is like.

        Where there are no rows there is one table, without any.

        Parameters
        ----------
        columns : sequence of str, optional
            In the order they are wanted; by default all, in file order.
        at_most : int
        verbatim : bool, default=False
            Cells as text exactly as the file has them, null where a cell is empty, if `is_text`.

        Raises
        ------
        InputError
            If the file is damaged, or is no longer the one whose columns and rows were counted.
        """


def whole(part: Part, columns: Sequence[str] | None = None, *, verbatim: bool = False) -> pa.Table:
    """Give all rows of a part as one table, for those that need them together; see `Part.batches`."""
    return pa.concat_tables(part.batches(columns, at_most=BATCH_ROWS, verbatim=verbatim))


def compact(table: pa.Table) -> pa.Table:
    """Give the same rows in memory of their own: a slice, pickled, takes along all it was cut from.

    Examples
    --------
    >>> slice = pa.table({"x": range(1000)}).slice(0, 2)
    >>> slice.get_total_buffer_size(), compact(slice).get_total_buffer_size()
    (8000, 16)
    """
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return pa.ipc.open_stream(sink.getvalue()).read_all()


def regrouped(tables: Iterable[pa.Table], at_most: int) -> Iterator[pa.Table]:
    """Give the rows of some tables in tables of exactly `at_most` rows but for the last.

    Where there are no rows there is one table, without any.

    Examples
    --------
    >>> [table.num_rows for table in regrouped([pa.table({"x": [1, 2]}), pa.table({"x": [3, 4, 5]})], 2)]
    [2, 2, 1]
    """
    held, n_held, given = list[pa.Table](), 0, False
    for table in tables:
        start = 0
        while table.num_rows - start >= at_most - n_held:
            taken = at_most - n_held
            yield pa.concat_tables([*held, table.slice(start, taken)])
            held, n_held, start, given = [], 0, start + taken, True
        if start < table.num_rows or not (held or given):
            held.append(table.slice(start))
            n_held += table.num_rows - start
    if n_held or (held and not given):
        yield pa.concat_tables(held)


def blank_batches(schema: pa.Schema, n_rows: int, at_most: int) -> Iterator[pa.Table]:
    """Give tables without a cell, as `Part.batches` does where no column is asked for or there is no row."""
    if n_rows == 0:
        yield schema.empty_table()
    for start in range(0, n_rows, at_most):
        yield pa.table({"row": pa.nulls(min(at_most, n_rows - start))}).select([])


def rows_of_batch(n_columns: int) -> int:
    """Give how many rows are looked at together: two million cells, as a power of two of rows.

    Examples
    --------
    >>> rows_of_batch(30), rows_of_batch(10_000)
    (65536, 256)
    """
    rows: int = 1 << int(math.log2(max(1, BATCH_CELLS // max(1, n_columns))))
    return min(max(rows, FEWEST_BATCH_ROWS), BATCH_ROWS)


class Source(Protocol):
    """Rows that can be read as often as needed, always the same rows in the same order."""

    @property
    def name(self) -> str:
        """The file or folder as messages show it."""

    @property
    def paths(self) -> tuple[Path, ...]:
        """Every file that is read."""

    @property
    def schema(self) -> pa.Schema:
        """Names and types of the columns, in file order."""

    @property
    def n_rows(self) -> int:
        """How many rows all parts have together."""

    @property
    def notes(self) -> tuple[Note, ...]:
        """What the reader noticed."""

    def parts(self) -> Iterator[Part]:
        """Give the rows, one part per input file."""

    def place(self, row: int) -> str:
        """Say where row number `row` (counted from 0 over all parts) stands, such as 'data.csv, line 12'."""


def check_names(names: Sequence[str], file: str) -> None:
    """Refuse column names that are used twice: a column could no longer be named by its name.

    Examples
    --------
    >>> check_names(["id", "x", "x"], "data.csv")
    Traceback (most recent call last):
    pseudolabel.errors.InputError: data.csv: the column name 'x' is used twice, by columns 2 and 3. Rename one of them.
    """
    first: dict[str, int] = {}
    for position, name in enumerate(names, start=1):
        if name in first:
            raise InputError(
                f"{file}: the column name {brief(name)} is used twice, by columns {first[name]} and {position}. "
                "Rename one of them."
            )
        first[name] = position


def shown(names: Sequence[str], *, at_most: int = 5) -> str:
    """Show the first few of some names, and how many more there are.

    Examples
    --------
    >>> shown(["a", "b", "c"], at_most=2)
    "'a', 'b' and 1 more"
    """
    listed = ", ".join(brief(name) for name in names[:at_most])
    return listed if len(names) <= at_most else f"{listed} and {len(names) - at_most} more"
