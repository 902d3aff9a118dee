r"""Table: the labeled rows as a file a person or program can read on.

Takes  tables, part by part, in input order.
Gives  one CSV or Parquet file (or a folder of Parquet files), whole or not at all; the columns we append, named so
       that no column of the input changes.

Parquet keeps every type. CSV has minimal quotes, '\n' line ends, empty cells for missing values, floats by the shortest
text that reads back as the same number, and no cell that a spreadsheet would run, unless all shall be as they are.
Nothing in a file tells the time: same rows, same bytes.

Before this: spreadsheet.py. After this: the reader's own tools.
"""

import csv
import gzip
import json
import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from io import TextIOWrapper
from itertools import chain, count
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from pseudolabel.data.rows.source import regrouped
from pseudolabel.errors import InputError
from pseudolabel.results.spreadsheet import neutralised, neutralised_text
from pseudolabel.storage import write_whole

PREFIX = "pseudolabel_"
"""Put before the name of an appended column that the input already uses."""

CSV_BATCH_ROWS = 50_000
"""Rows turned into Python objects at a time."""

GROUP_ROWS, GROUP_CELLS, FEWEST_GROUP_ROWS = 131_072, 1 << 24, 2048
"""Rows, and cells, of a row group, which is held in memory: 128 megabytes of numbers, less than a reader minds."""

GZIP_LEVEL = 6
"""The usual balance: level 9 takes three times as long for one or two percent."""


Changed = dict[str, int]
"""Of each column, by name, how many cells were made harmless."""


def write_table(path: Path, parts: Iterable[pa.Table], *, raw: bool = False) -> Changed:
    """Write tables, one after the other, as one file in the format of its suffix.

    Parameters
    ----------
    path : Path
        Ends in one of `WRITERS`. A file there is replaced.
    parts : iterable of pyarrow.Table, at least one
        All with the same columns, of any number of rows; only as many are in memory at a time as a row group has
        rows. The same rows give the same bytes, however many are handed over at a time.
    raw : bool, default=False
        Leave cells of text files as they are that a spreadsheet would run as formulas.

    Returns
    -------
    changed : dict
        Of each column with such cells, by name, how many of them got an apostrophe.

    Raises
    ------
    InputError
        If the suffix is no known format, or the folder does not exist.
    """
    check_table_path(path)
    write, changed = WRITERS[_format_of(path)], Counter[str]()
    write_whole(path, lambda made: write(made, parts, None if raw else changed))
    return dict(changed)


def write_parts(folder: Path, parts: Iterable[tuple[str, Iterable[pa.Table]]]) -> None:
    """Write a folder of Parquet files, one for each (name, tables); a name without .parquet gets it appended.

    Parameters
    ----------
    folder : Path
        Must not exist yet, or be empty.
    parts : iterable of (str, iterable of pyarrow.Table)
        No two names alike; the tables of each as `write_table` takes them.
    """

    def write(made: Path) -> None:
        made.mkdir()
        for name, tables in parts:
            file = name if name.casefold().endswith(".parquet") else f"{name}.parquet"
            _write_parquet(made / file, tables, None)

    write_whole(folder, write)


def check_table_path(path: Path, *, inputs: Sequence[Path] = ()) -> None:
    """Refuse, before any work is done, a path that `write_table` could not or must not write.

    Raises
    ------
    InputError
        If the suffix is no known format, the folder does not exist, or the path is a folder or one of the inputs.
    """
    if any(path.resolve().is_relative_to(given.resolve()) for given in inputs):
        raise InputError(
            f"Cannot write {str(path)!r}: it is an input or in a folder that is, and inputs are never changed. "
            "Choose another name."
        )
    if _format_of(path) not in WRITERS:
        raise InputError(f"Cannot write {str(path)!r}: let the name end in one of {', '.join(WRITERS)}.")
    if not path.parent.is_dir():
        raise InputError(f"Cannot write {str(path)!r}: there is no folder {str(path.parent)!r}. Create it first.")
    if path.is_dir():
        raise InputError(f"Cannot write {str(path)!r}: it is a folder. Choose another name for the file.")


def free_names(columns: Sequence[str], appended: Sequence[str]) -> dict[str, str]:
    """Choose the names of the appended columns: the usual ones, unless the input has such columns.

    Examples
    --------
    >>> free_names(["id", "source"], ["pseudo_label", "source"])
    {'pseudo_label': 'pseudo_label', 'source': 'pseudolabel_source'}
    """
    return {name: _free_name(name, columns) for name in appended}


def probability_columns(probabilities: NDArray[np.float64], classes: NDArray[Any]) -> pa.Table:
    """Give the probability of each class as a column.

    Examples
    --------
    >>> probability_columns(np.array([[0.25, 0.75]]), np.array(["M", "B"])).column_names
    ['probability_M', 'probability_B']
    """
    return pa.table({f"probability_{name}": probabilities[:, code] for code, name in enumerate(classes.tolist())})


def is_text(path: Path) -> bool:
    """Tell whether a table goes to a text file: cells that came from text are then written as they stood."""
    return _format_of(path) != ".parquet"


def in_type_of(labels: pa.ChunkedArray, kind: pa.DataType) -> pa.ChunkedArray:
    """Give labels in the type of the column they belong to; as they are where that type cannot hold them."""
    plain = kind.value_type if pa.types.is_dictionary(kind) else kind
    try:
        return labels.cast(plain)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        return labels


def with_columns(table: pa.Table, more: pa.Table, names: Mapping[str, str]) -> pa.Table:
    """Append columns under the name chosen for them; one without gets a free name."""
    columns = dict(zip(table.column_names, table.columns, strict=True))
    for name in more.column_names:
        columns[names.get(name) or _free_name(name, list(columns))] = more[name]
    return pa.table(columns)


def side_by_side(left: pa.Table, right: pa.Table) -> pa.Table:
    """Give the columns of two tables of the same rows as one table."""
    return with_columns(left, right, {})


def _free_name(name: str, taken: Sequence[str]) -> str:
    numbered = (f"{PREFIX}{name}_{number}" for number in count(2))
    return next(free for free in chain([name, PREFIX + name], numbered) if free not in taken)


def _write_parquet(path: Path, parts: Iterable[pa.Table], changed: Counter[str] | None) -> None:
    tables = iter(parts)
    first = next(tables)
    n_rows = rows_of_group(first.num_columns)
    # Looking for equal decimals takes longer than writing them, and where there are none the file becomes larger.
    repeated = [field.name for field in first.schema if not pa.types.is_floating(field.type)]
    options: dict[str, Any] = {"compression": "zstd", "use_dictionary": repeated, "write_page_checksum": True}
    with pq.ParquetWriter(path, first.schema, **options) as writer:
        for table in regrouped(chain([first], tables), n_rows):
            # In one piece, because the writer looks for the end of a page anew in every piece.
            writer.write_table(table.combine_chunks(), row_group_size=n_rows)


def rows_of_group(n_columns: int) -> int:
    """Give how many rows a row group gets: fewer in a wide table, as a power of two.

    Examples
    --------
    >>> rows_of_group(30), rows_of_group(1000)
    (131072, 16384)
    """
    rows: int = 1 << int(math.log2(max(1, GROUP_CELLS // max(1, n_columns))))
    return min(max(rows, FEWEST_GROUP_ROWS), GROUP_ROWS)


def _write_csv(path: Path, parts: Iterable[pa.Table], changed: Counter[str] | None) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        _write_cells(file, parts, ",", changed)


def _write_tsv(path: Path, parts: Iterable[pa.Table], changed: Counter[str] | None) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        _write_cells(file, parts, "\t", changed)


def _write_csv_gz(path: Path, parts: Iterable[pa.Table], changed: Counter[str] | None) -> None:
    with _gzipped(path) as file:
        _write_cells(file, parts, ",", changed)


WRITERS: dict[str, Callable[[Path, Iterable[pa.Table], Counter[str] | None], None]] = {
    ".csv": _write_csv,
    ".csv.gz": _write_csv_gz,
    ".tsv": _write_tsv,
    ".parquet": _write_parquet,
}
"""By suffix: what writes it."""


def _format_of(path: Path) -> str:
    name = path.name.casefold()
    return next((suffix for suffix in WRITERS if name.endswith(suffix)), path.suffix)


class _Written(Protocol):
    def write(self, text: str, /) -> object: ...


class _NewlineEnds:
    r"""Ends every record in '\n' although the writer was told '\r\n'.

    Told '\n', the writer leaves a lone '\r' in a cell without quotes (before Python 3.13), and few readers get it back.
    """

    def __init__(self, file: _Written) -> None:
        self.file = file

    def write(self, record: str, /) -> None:
        self.file.write(record.removesuffix("\r\n") + "\n")


def _write_cells(file: _Written, parts: Iterable[pa.Table], delimiter: str, changed: Counter[str] | None) -> None:
    """Write the first table's header, then the rows of all tables; count the cells that are changed, or change none."""
    writer = csv.writer(_NewlineEnds(file), delimiter=delimiter, lineterminator="\r\n")
    for number, table in enumerate(parts):
        if number == 0:
            writer.writerow(table.column_names if changed is None else map(neutralised_text, table.column_names))
        for start in range(0, table.num_rows, CSV_BATCH_ROWS):
            columns = table.slice(start, CSV_BATCH_ROWS)
            if changed is not None:
                columns = _harmless(columns, changed)
            writer.writerows(zip(*map(_cells, columns.columns), strict=True))


def _harmless(table: pa.Table, changed: Counter[str]) -> pa.Table:
    """Put an apostrophe before the text of cells that a spreadsheet would run."""
    columns = []
    for name, column in zip(table.column_names, table.columns, strict=True):
        kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
        if pa.types.is_string(kind) or pa.types.is_large_string(kind):
            column, n_changed = neutralised(column.cast(kind))
            if n_changed:
                changed[name] += n_changed
        columns.append(column)
    return pa.Table.from_arrays(columns, names=table.column_names)


@contextmanager
def _gzipped(path: Path) -> Iterator[TextIOWrapper]:
    """Open a gzip file for text; without name and time in its head, the same text gives the same bytes."""
    with (
        path.open("wb") as raw,
        gzip.GzipFile("", "wb", GZIP_LEVEL, raw, mtime=0) as packed,
        TextIOWrapper(packed, encoding="utf-8", newline="") as file,
    ):
        yield file


def _cells(column: pa.ChunkedArray) -> list[Any]:
    """Give a column's cells as the CSV writer takes them: text, floats (it writes their shortest text), or None."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        return _cells(column.cast(kind.value_type))
    if pa.types.is_floating(kind):
        # By way of text: 0.1 as float32 is shortest '0.1', but widened it would be 0.10000000149011612.
        wide = column if pa.types.is_float64(kind) else column.cast(pa.string()).cast(pa.float64())
        return list(wide.to_pylist())
    try:
        return list(column.cast(pa.string()).to_pylist())
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        return [
            None if value is None else json.dumps(value, ensure_ascii=False, default=str)
            for value in column.to_pylist()
        ]
