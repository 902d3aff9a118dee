"""CSV: comma, semicolon or tab separated text, plain or gzipped, read without losing or guessing anything.

Takes  one .csv, .tsv or .txt file, perhaps with .gz.
Gives  CsvRows: its cells as text (`verbatim`) and the same cells with one type for each column.

The standard library's parser, in its strict mode, because it never repairs in silence: what is broken is reported with
file and line. Only an empty cell is missing: 'NA', 'None' and 'null' are classes and words like any other.
Records are read in batches, so that Python objects exist for one batch only and all else is held by Arrow.

Before this: cells.py. After this: several.py.
"""

import codecs
import csv
import gzip
import re
import zlib
from array import array
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass, replace
from io import BufferedReader, TextIOWrapper
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pseudolabel.data.rows.cells import note_on, typed
from pseudolabel.data.rows.damage import (
    bad_gzip,
    bad_quote,
    line_for_excel,
    not_decodable,
    nul_character,
    ragged_rows,
    without_header_or_rows,
)
from pseudolabel.data.rows.limits import LONGEST_CELL, Unpacking, bounded_lines, check_columns, check_memory
from pseudolabel.data.rows.source import Note, Part, blank_batches, check_names, compact
from pseudolabel.errors import InputError, ParameterError, ResourceError

BATCH_CELLS = 500_000
"""Cells held as Python objects at a time, at some 60 bytes each: 50 000 records of 10 columns."""

HEADER_LINES = 100
"""Lines looked at to find the delimiter: a header with line breaks inside its names is longer than one."""

BLOCK_BYTES, SURELY_SMALL = 1 << 18, 1 << 26
"""Bytes that are unpacked at a time; and of a file that needs not be measured."""

INDEX_NAME = "Unnamed: 0"
"""What pandas calls a first column without a name, the usual trace of a written data frame index."""

MARK = "\ufeff"
"""The byte order mark as text: some encodings leave it in, and some programs write it twice."""

EXCEL_LINE = re.compile("sep=(.|)(,|)", re.IGNORECASE)
"""A first line that tells Excel the delimiter, its cells joined by commas."""

DELIMITERS = {".csv": ",;\t", ".tsv": "\t", ".txt": "\t,;"}
"""By suffix: the delimiters tried, the expected one first. The first that splits the header is used."""

DELIMITER_NAMES = {",": "commas", ";": "semicolons", "\t": "tabs"}

Record = tuple[int, list[str]]
"""The line on which a record starts, counted from 1, and its cells."""


@dataclass(frozen=True, eq=False)
class CsvRows:
    """The rows of one CSV file; see `Source` for what each member promises.

    Attributes
    ----------
    lines : ndarray of shape (n_rows,), int64
        The line of the file on which each row starts, counted from 1. A row may span several lines.
    """

    path: Path
    table: pa.Table
    verbatim: pa.Table
    lines: NDArray[np.int64]
    notes: tuple[Note, ...] = ()

    @property
    def name(self) -> str:
        """The file's name."""
        return self.path.name

    @property
    def paths(self) -> tuple[Path, ...]:
        """The one file that is read."""
        return (self.path,)

    @property
    def schema(self) -> pa.Schema:
        """Names and types of the columns, in file order."""
        return self.table.schema

    @property
    def n_rows(self) -> int:
        """How many rows there are."""
        return len(self.lines)

    def parts(self) -> Iterator[Part]:
        """Give the one part a CSV file is."""
        yield TextPart(self.name, self.table, self.verbatim)

    def place(self, row: int) -> str:
        """Say on which line row number `row`, counted from 0, starts."""
        return f"{self.name}, line {self.lines[row]}"


@dataclass(frozen=True, eq=False)
class TextPart:
    """Rows of a text file, in memory; see `Part` for what each member promises."""

    name: str
    table: pa.Table
    verbatim: pa.Table
    is_text: bool = True
    starts: tuple[int, ...] = (0,)

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle these rows, not the whole file they are a slice of."""
        return TextPart, (self.name, compact(self.table), compact(self.verbatim))

    @property
    def n_rows(self) -> int:
        """How many rows there are."""
        return int(self.table.num_rows)

    def between(self, start: int, stop: int) -> "TextPart":
        """Give the same part with these rows alone."""
        n_rows = stop - start
        return replace(self, table=self.table.slice(start, n_rows), verbatim=self.verbatim.slice(start, n_rows))

    def batches(
        self, columns: Sequence[str] | None = None, *, at_most: int, verbatim: bool = False
    ) -> Iterator[pa.Table]:
        """Give slices of the rows."""
        table = self.verbatim if verbatim else self.table
        kept = table if columns is None else table.select(list(columns))
        if not kept.num_columns:
            return blank_batches(kept.schema, self.n_rows, at_most)
        return (kept.slice(start, at_most) for start in range(0, max(1, self.n_rows), at_most))


def read_csv(path: Path, *, encoding: str = "utf-8") -> CsvRows:
    """Read a CSV file, plain or gzipped.

    A first column without a name is called 'Unnamed: 0', as pandas calls it. Blank lines are skipped, except in a
    table of one column, where they are its empty cells.

    Parameters
    ----------
    path : Path
        Its suffix says which delimiter is expected: a comma for .csv, a tab for .tsv and .txt.
    encoding : str, default="utf-8"
        Any text encoding Python knows. A byte order mark is dropped.

    Raises
    ------
    InputError
        If the file cannot be opened or decoded, is empty, or is not a table: the message names file and line.
    ParameterError
        If there is no such encoding.
    """
    with _long_cells_allowed():
        layout, notes = _find_layout(path, encoding)
        _check_size(layout)
        with closing(_records(layout)) as records:
            names = _header(records, path.name)
            verbatim, lines = _body(records, names, path.name)
    columns = [typed(text) for text in verbatim.columns]
    on_columns = (note_on(*column, lines) for column in zip(names, verbatim.columns, columns, strict=True))
    table = pa.Table.from_arrays(columns, names=names)
    return CsvRows(path, table, verbatim, lines, (*notes, *(note for note in on_columns if note)))


@dataclass(frozen=True)
class _Layout:
    """How a file is laid out: its encoding, what separates cells, and what ends a line ("" for all line ends)."""

    path: Path
    encoding: str
    delimiter: str
    newline: str

    def lines(self) -> AbstractContextManager[TextIOWrapper]:
        return _opened(self.path, self.encoding, self.newline)


def _find_layout(path: Path, encoding: str) -> tuple[_Layout, tuple[Note, ...]]:
    """Find what separates the header's cells, and note it where it is not what the suffix promises."""
    with _opened(path, encoding) as text:
        head = list(islice(bounded_lines(text, path.name), HEADER_LINES))
    # Only a file whose first line ends so has old Macs' lone carriage returns for line ends; elsewhere they are text.
    newline = "" if head and head[0].endswith("\r") else "\n"
    suffixes = [suffix.casefold() for suffix in path.suffixes if suffix.casefold() != ".gz"]
    tried = DELIMITERS[suffixes[-1]]
    used = next((delimiter for delimiter in tried if _n_names(head, delimiter) > 1), tried[0])
    layout = _Layout(path, encoding, used, newline)
    if used == tried[0]:
        return layout, ()
    detail = (
        f"{path.name} separates its cells by {DELIMITER_NAMES[used]}, not {DELIMITER_NAMES[tried[0]]}; it is read so."
    )
    return layout, (Note("delimiter", detail),)


def _check_size(layout: _Layout) -> None:
    """Refuse a file that is too large to be held; a small one that is not packed never is."""
    if layout.path.suffix.casefold() == ".gz" or layout.path.stat().st_size > SURELY_SMALL:
        with _explained(layout.path), _unpacked(layout.path) as raw:
            check_memory(iter(lambda: raw.read(BLOCK_BYTES), b""), layout.delimiter.encode(), layout.path.name)


def _n_names(head: list[str], delimiter: str) -> int:
    try:
        return len(next(filter(None, csv.reader(head, delimiter=delimiter)), []))
    except csv.Error:
        return 0  # What is wrong with the header is explained where it is read.


def _records(layout: _Layout) -> Generator[Record]:
    """Give every record of the file, blank lines (no cells) included."""
    with layout.lines() as text:
        marked: list[int] = []
        reader = csv.reader(_sound_lines(text, layout, marked), delimiter=layout.delimiter, strict=True)
        start = 1
        try:
            for cells in reader:
                yield start, [cell.replace("\0", "\r") for cell in cells] if marked else cells
                marked.clear()
                start = reader.line_num + 1
        except csv.Error as error:
            with layout.lines() as again:
                record = "".join(islice(bounded_lines(again, layout.path.name), start - 1, reader.line_num))
            raise bad_quote(layout.path.name, record, layout.delimiter, start) from error


def _sound_lines(text: TextIOWrapper, layout: _Layout, marked: list[int]) -> Iterator[str]:
    """Give the lines on, and stop at a NUL character: no text has one, and later tools cut a cell there.

    The parser refuses a carriage return inside a cell without quotes, although it can stand there in a file whose
    lines end otherwise (older Pythons write it so). A NUL takes its place meanwhile, and its line is `marked`.
    """
    for number, line in enumerate(bounded_lines(text, layout.path.name), start=1):
        if number == 1:
            line = line.lstrip(MARK)
        if "\0" in line:
            with _unpacked(layout.path) as raw:
                raise nul_character(layout.path.name, number, raw.read(4))
        if layout.newline and "\r" in line:
            content = line.removesuffix("\n").removesuffix("\r")
            marked += [number] * ("\r" in content)
            line = content.replace("\r", "\0") + line[len(content) :]
        yield line


def _header(records: Iterable[Record], file: str) -> list[str]:
    """Give the column names: the cells of the first record that is not a blank line."""
    line, names = next((record for record in records if record[1]), (0, []))
    if not names:
        raise without_header_or_rows(file, names)
    if EXCEL_LINE.fullmatch(",".join(names)):
        raise line_for_excel(file, line)
    check_columns(len(names), file)
    if names[0] == "":
        names[0] = INDEX_NAME
    if "" in names:
        raise InputError(
            f"{file}, line {line}: column {names.index('') + 1} of {len(names)} has no name. "
            "Give every column a name in the header line (only the first may do without, as a row number)."
        )
    check_names(names, f"{file}, line {line}")
    return names


def _body(records: Iterator[Record], names: list[str], file: str) -> tuple[pa.Table, NDArray[np.int64]]:
    """Give all cells as text, and the line on which each row starts."""
    lines, ragged, tables = array("q"), list[tuple[int, int]](), []
    while rows := _next_rows(records, len(names), lines, ragged):
        tables.append(_text_table(zip(*rows, strict=True), names))
    if ragged:
        raise ragged_rows(file, ragged, len(names))
    if not tables:
        raise without_header_or_rows(file, names)
    return pa.concat_tables(tables), np.array(lines, dtype=np.int64)


def _next_rows(
    records: Iterator[Record], width: int, lines: "array[int]", ragged: list[tuple[int, int]]
) -> list[list[str]]:
    """Take a batch of rows that fit the header; add the lines they start on to `lines`, misfits to `ragged`."""
    n_rows, rows = max(1, BATCH_CELLS // width), list[list[str]]()
    for line, cells in records:
        # A blank line says nothing in a wide table; in a table of one column it is how an empty cell is written.
        if len(cells) == width or (not cells and width == 1):
            rows.append(cells or [""])
            lines.append(line)
        elif cells:
            ragged.append((line, len(cells)))
        if len(rows) == n_rows:
            break
    return rows


def _text_table(columns: Iterable[tuple[str, ...]], names: list[str]) -> pa.Table:
    texts = [pa.array(cells, pa.string()) for cells in columns]
    return pa.Table.from_arrays([pc.if_else(pc.equal(text, ""), None, text) for text in texts], names=names)


@contextmanager
def _opened(path: Path, encoding: str, newline: str = "") -> Iterator[TextIOWrapper]:
    """Open a text file, gzipped or not, and explain whatever prevents reading it."""
    with _explained(path):
        try:
            with _unpacked(path) as raw, TextIOWrapper(raw, _known(encoding), newline=newline) as text:
                yield text
        except UnicodeError as error:
            with _unpacked(path) as raw:
                raise not_decodable(path.name, raw, encoding) from error


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    """Say of a file that cannot be read what is wrong with it."""
    try:
        yield
    except ResourceError:  # it is an OSError too, and says already what is wrong
        raise
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise bad_gzip(path.name, error) from error
    except OSError as error:
        raise InputError(f"Cannot read {str(path)!r}: {error.strerror}. Check its name and permissions.") from error


def _unpacked(path: Path) -> BinaryIO:
    if path.suffix.casefold() != ".gz":
        return path.open("rb")
    return cast(BinaryIO, BufferedReader(Unpacking(cast(BinaryIO, gzip.open(path)), path), BLOCK_BYTES))


def _known(encoding: str) -> str:
    """Give the encoding's name, the variant that drops a byte order mark for UTF-8."""
    try:
        "a".encode(encoding)
    except (LookupError, ValueError) as error:
        raise ParameterError(
            f"There is no text encoding {encoding!r}. Usual ones are utf-8, cp1252 (Windows), latin-1 and utf-16."
        ) from error
    return "utf-8-sig" if codecs.lookup(encoding).name == "utf-8" else encoding


@contextmanager
def _long_cells_allowed() -> Iterator[None]:
    """Let the parser read long texts for a while: its limit of 131 072 characters is one setting for all of Python."""
    former = csv.field_size_limit(LONGEST_CELL)
    try:
        yield
    finally:
        csv.field_size_limit(former)
