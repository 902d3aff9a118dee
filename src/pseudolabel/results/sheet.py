"""Sheet: rows that go out to be checked by a person, and come back with answers.

Takes  rows and their numbers; later the file as the person left it, in any order.
Gives  a table with an empty column for answers; later the answers that were filled in, each with its place.

A sheet holds no judgement: which rows are on it, and what an answer is worth, is decided elsewhere.

Before this: table.py. After this: audit.py.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from pseudolabel.data.rows import open_rows
from pseudolabel.data.rows.source import whole
from pseudolabel.errors import InputError
from pseudolabel.results.table import free_names, write_table
from pseudolabel.validation import column_difference

ROW, ANSWER = "row", "answer"


@dataclass(frozen=True)
class Entry:
    """An answer: of which row, what it says, and where it stands, such as 'audit.csv, line 12'."""

    row: int
    answer: str
    place: str


def answer_column(columns: Sequence[str]) -> str:
    """Give the name of the column for answers on a sheet with these columns."""
    return free_names(columns, (ROW, ANSWER))[ANSWER]


def write_sheet(path: Path, rows: pa.Table, numbers: Sequence[int]) -> None:
    """Write rows with their numbers before and room for an answer behind.

    Parameters
    ----------
    path : Path
        Ends in .csv, .csv.gz, .tsv or .parquet. A file there is replaced.
    rows : pyarrow.Table of n_rows rows
        What is shown of each row.
    numbers : sequence of int, of length n_rows
        By which a row is known again.

    Raises
    ------
    InputError
        If the suffix is no known format, or the folder does not exist.
    """
    names = free_names(rows.column_names, (ROW, ANSWER))
    shown = {name: rows[name] for name in rows.column_names}
    room = pa.nulls(rows.num_rows, pa.string())
    write_table(path, [pa.table({names[ROW]: pa.array(numbers, pa.int64()), **shown, names[ANSWER]: room})])


def read_sheet(path: Path, columns: Sequence[str], *, encoding: str = "utf-8") -> list[Entry]:
    """Read the answers that were filled in; rows without one are left out.

    Parameters
    ----------
    path : Path
        A table with the columns of the sheet for numbers and answers; others are not looked at.
    columns : sequence of str
        Those the sheet showed of each row: they decide the names of its other two.
    encoding : str, default="utf-8"
        Of text files.

    Raises
    ------
    InputError
        If a column is missing, or a number is none.
    """
    names, source = free_names(columns, (ROW, ANSWER)), open_rows(path, encoding=encoding)
    missing = [name for name in names.values() if name not in source.schema.names]
    if missing:
        raise InputError(
            f"{source.name}: this is not the sheet of an audit. {column_difference(missing, [])}"
            "Give the file that `pseudolabel audit` wrote, with answers filled in."
        )
    columns = list(names.values())
    tables = [whole(part, columns, verbatim=True) for part in source.parts()]
    cells = pa.concat_tables(tables).cast(pa.schema([(name, pa.string()) for name in columns]))
    answers = enumerate(zip(*(cells[names[name]].to_pylist() for name in (ROW, ANSWER)), strict=True))
    return [
        Entry(_number(number, source.place(line)), answer.strip(), source.place(line))
        for line, (number, answer) in answers
        if answer and answer.strip()
    ]


def _number(text: str | None, place: str) -> int:
    try:
        return int(text or "")
    except ValueError:
        raise InputError(
            f"{place}: {text or 'an empty cell'!r} is no row number. Leave that column as it was written."
        ) from None
