"""Sources: rows from files, the same rows in the same order on every pass.

Takes  nothing yet: this is what every reader of rows promises.
Gives  Source, the promise; Part, the rows of one input file; Note, a reader's decision that its user should know.

A part is one input file, because results are handed back file by file. The cells of a text file are kept as they
stood too (`verbatim`): a table written back must show '1.50' where the user wrote '1.50'.

Before this: nothing. After this: csv.py and parquet.py, which read; several.py, which joins what they read.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import pyarrow as pa

from pseudolabel.errors import InputError


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


@dataclass(frozen=True)
class Part:
    """The rows of one input file.

    Attributes
    ----------
    name : str
        The file's name, unique within its source.
    table : pyarrow.Table of n_rows rows
        Typed columns, as the source's `schema` says.
    verbatim : pyarrow.Table of n_rows rows, or None
        The same cells as text exactly as the file has them, null where a cell is empty. None if the file keeps types.
    """

    name: str
    table: pa.Table
    verbatim: pa.Table | None = None


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
                f"{file}: the column name {name!r} is used twice, by columns {first[name]} and {position}. "
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
    listed = ", ".join(repr(name) for name in names[:at_most])
    return listed if len(names) <= at_most else f"{listed} and {len(names) - at_most} more"
