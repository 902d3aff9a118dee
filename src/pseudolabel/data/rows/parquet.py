"""Parquet: one file, or a folder of files that are one table.

Takes  a .parquet file, or a folder with .parquet files directly in it (in the order of their names).
Gives  ParquetRows: one part per file, every part with the same columns and types, read row group by row group.

Files of one table must have the same columns. Their types may differ where one holds the other (int32 and int64); what
could lose a value is refused. What data frame libraries keep beside the columns is dropped: pandas would
turn names back into numbers and hide columns as an index, and every column here is a column with a name.

A row group is read page by page through a small buffer for each column: read whole, as is the default, one of a
million rows of 30 numbers takes 120 megabytes, and a file that is a single row group takes its full size.

Before this: source.py and promotion.py. After this: several.py.
"""

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import accumulate, groupby
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pseudolabel.data.rows.limits import BATCH_BYTES, bounded_batches, check_columns
from pseudolabel.data.rows.promotion import common_type, plain_type
from pseudolabel.data.rows.source import Note, Part, blank_batches, check_names, regrouped, shown
from pseudolabel.errors import InputError

SUFFIX = ".parquet"

MAGIC = b"PAR1"
"""The first and last four bytes of every Parquet file."""

ENCRYPTED = b"PARE"
"""The same of a file whose footer is encrypted."""

TEXT = "BYTE_ARRAY"
"""How Parquet calls values of any length."""

BUFFER_BYTES, LEAST_BUFFER_BYTES = 1 << 24, 1 << 12
"""Bytes of all columns' buffers together, up to 64 KiB for each; and of one, as less means a system call a page."""


@dataclass(frozen=True)
class ParquetRows:
    """The rows of one Parquet file or of a folder of them; see `Source` for what each member promises.

    Attributes
    ----------
    groups : tuple of tuple of int
        Of each of `paths`, the number of rows in each of its row groups.
    """

    path: Path
    paths: tuple[Path, ...]
    schema: pa.Schema
    groups: tuple[tuple[int, ...], ...]
    notes: tuple[Note, ...] = ()

    @property
    def name(self) -> str:
        """The name of the file or folder."""
        return self.path.name

    @property
    def n_rows(self) -> int:
        """How many rows all files have together."""
        return sum(map(sum, self.groups))

    def parts(self) -> Iterator[Part]:
        """Give one file after the other, each a part."""
        for path, groups in zip(self.paths, self.groups, strict=True):
            # Absolute, because a worker elsewhere has another working directory.
            yield ParquetPart(path.absolute(), self.schema, groups, 0, sum(groups))

    def place(self, row: int) -> str:
        """Say in which file row number `row`, counted from 0, stands, and as which of its rows, counted from 1."""
        ends = list(accumulate(map(sum, self.groups)))
        file = bisect_right(ends, row)
        return f"{self.paths[file].name}, row {row - ends[file] + sum(self.groups[file]) + 1}"


@dataclass(frozen=True)
class ParquetPart:
    """Rows of one Parquet file, from `start` to `stop`; see `Part` for what each member promises."""

    path: Path
    schema: pa.Schema
    groups: tuple[int, ...]
    start: int
    stop: int
    is_text: bool = False

    @property
    def name(self) -> str:
        """The file's name."""
        return self.path.name

    @property
    def n_rows(self) -> int:
        """How many rows there are."""
        return self.stop - self.start

    @property
    def starts(self) -> tuple[int, ...]:
        """Where row groups begin."""
        begins = dict.fromkeys((0, *accumulate(self.groups)))
        return tuple(begin - self.start for begin in begins if self.start <= begin < self.stop)

    def between(self, start: int, stop: int) -> "ParquetPart":
        """Give the same part with these rows alone."""
        return replace(self, start=self.start + start, stop=min(self.start + stop, self.stop))

    def batches(
        self, columns: Sequence[str] | None = None, *, at_most: int, verbatim: bool = False
    ) -> Iterator[pa.Table]:
        """Read the row groups these rows are in, a batch at a time."""
        names = self.schema.names if columns is None else columns
        schema = pa.schema([self.schema.field(name) for name in names])
        if not names or not self.n_rows:
            return blank_batches(schema, self.n_rows, at_most)
        return regrouped(self._read(schema, at_most), at_most)

    def _read(self, schema: pa.Schema, at_most: int) -> Iterator[pa.Table]:
        """Decode the row groups these rows are in, and give these rows of them."""
        ends = list(accumulate(self.groups))
        concerned = range(bisect_right(ends, self.start), bisect_left(ends, self.stop) + 1)
        row = (0, *ends)[concerned.start]
        with _opened(self.path, _buffer_bytes(len(schema))) as file:
            self._check(file, schema.names)
            decoded = _decoded(file, self.path, concerned, schema.names, at_most)
            for batch in bounded_batches(decoded, self.path, at_most):
                first, last = max(self.start - row, 0), min(self.stop - row, batch.num_rows)
                row += batch.num_rows
                if first < last:
                    yield _in_types_of(schema, batch.slice(first, last - first), self.name)
                if row >= self.stop:
                    return
        raise _changed(self.name)

    def _check(self, file: pq.ParquetFile, names: Sequence[str]) -> None:
        """Refuse a file that is no longer the one whose rows were counted."""
        groups = tuple(file.metadata.row_group(group).num_rows for group in range(file.num_row_groups))
        if groups != self.groups or not set(names).issubset(file.schema_arrow.names):
            raise _changed(self.name)


def _decoded(
    file: pq.ParquetFile, path: Path, groups: Iterable[int], names: Sequence[str], at_most: int
) -> Iterator[pa.RecordBatch]:
    """Decode row groups, at a time only as many rows as their texts allow."""
    wanted, columns = set(names), map(file.schema.column, range(len(file.schema)))
    texts = [
        found.path for found in columns if found.physical_type == TEXT and not wanted.isdisjoint(_stems(found.path))
    ]
    with pq.ParquetFile(path, metadata=file.metadata, read_dictionary=texts, pre_buffer=False) as packed:
        for n_rows, alike in groupby(groups, key=lambda group: _rows_at_once(packed, group, texts, at_most)):
            yield from file.iter_batches(n_rows, row_groups=list(alike), columns=names, use_threads=False)


def _stems(path: str) -> Iterator[str]:
    """Give what may be a column's name in a path: names may hold dots too."""
    return accumulate(path.split("."), "{}.{}".format)


def _rows_at_once(packed: pq.ParquetFile, group: int, texts: Sequence[str], at_most: int) -> int:
    """Give how many rows of a row group are decoded at a time.

    A dictionary holds a text once, however many rows have it, so that neither the footer nor the size of the file
    tells how much comes out: the longest text of each dictionary does. (What the footer says of single columns is not
    asked for, because Arrow ends the whole process where it is wrong.)
    """
    found = packed.metadata.row_group(group)
    n_bytes, n_rows = max(0, found.total_byte_size), max(1, found.num_rows)
    bytes_of_row = n_bytes / n_rows
    # No text is longer than its row group: where even that many bytes in every row are few, all is said.
    if texts and min(n_rows, at_most) * n_bytes > BATCH_BYTES:
        bytes_of_row += _longest_texts(packed, group, texts)
    return min(at_most, max(1, int(BATCH_BYTES / max(bytes_of_row, 1))))


def _longest_texts(packed: pq.ParquetFile, group: int, columns: Sequence[str]) -> int:
    """Give the length of the longest text in the dictionary of each column, added up.

    The first row is enough: its dictionary is that of the whole row group, and nothing is written out.
    """
    row = next(packed.iter_batches(1, row_groups=[group], columns=columns, use_threads=False), None)
    return 0 if row is None else sum(map(_longest_in_dictionary, row.columns))


def _longest_in_dictionary(column: pa.Array) -> int:
    if pa.types.is_dictionary(column.type):
        lengths = pc.binary_length(column.dictionary)
        return int(pc.max(lengths).as_py() or 0)
    if pa.types.is_struct(column.type):
        return sum(_longest_in_dictionary(column.field(place)) for place in range(column.type.num_fields))
    if pa.types.is_map(column.type):
        return _longest_in_dictionary(column.keys) + _longest_in_dictionary(column.items)
    return _longest_in_dictionary(column.values) if pa.types.is_nested(column.type) else 0


def _buffer_bytes(n_columns: int) -> int:
    """Give how many bytes of each column are read ahead."""
    return min(max(BUFFER_BYTES // n_columns, LEAST_BUFFER_BYTES), 1 << 16)


def _in_types_of(schema: pa.Schema, batch: pa.RecordBatch, file: str) -> pa.Table:
    """Give rows with the columns of `schema`, in their order and types."""
    try:
        return pa.Table.from_batches([batch]).select(schema.names).cast(schema)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise InputError(
            f"{file}: a value does not fit the type its column has in the other files ({error}). "
            "Write all files with the same types."
        ) from error


def _changed(file: str) -> InputError:
    return InputError(
        f"{file} has changed since its columns and rows were counted. Leave inputs as they are during a run."
    )


def read_parquet(path: Path) -> ParquetRows:
    """Open a Parquet file, or a folder of them: only their footers are read now.

    Raises
    ------
    InputError
        If there is no Parquet file, or one is damaged, or their columns differ, or they have no rows.
    """
    paths, notes = _files_of(path) if path.is_dir() else ((path,), ())
    footers = [_footer(file) for file in paths]
    schema = _common_schema(paths, [schema for schema, _ in footers])
    groups = tuple(groups for _, groups in footers)
    if not any(map(sum, groups)):
        raise InputError(f"{path.name} has no rows, only {len(schema)} columns. Check that it was written in full.")
    nested = [field.name for field in schema if pa.types.is_nested(field.type)]
    if nested:
        notes = (*notes, Note("nested-column", f"Lists or structures are kept but not learned from: {shown(nested)}."))
    return ParquetRows(path, paths, schema, groups, notes)


def _files_of(folder: Path) -> tuple[tuple[Path, ...], tuple[Note, ...]]:
    """List the Parquet files of a folder; hidden files and writers' own (`_metadata`, `_SUCCESS`) are no rows."""
    try:
        entries = sorted(entry for entry in folder.iterdir() if not entry.name.startswith((".", "_")))
    except OSError as error:
        raise InputError(f"Cannot read the folder {str(folder)!r}: {error.strerror}. Check its permissions.") from error
    files = tuple(entry for entry in entries if entry.suffix.casefold() == SUFFIX and entry.is_file())
    others = [entry.name for entry in entries if entry not in files]
    if not files:
        holds = f"it holds {shown(others)}" if others else "it is empty"
        raise InputError(
            f"The folder {str(folder)!r} has no {SUFFIX} file directly in it ({holds}). "
            "Give a folder of Parquet files, or one file."
        )
    if not others:
        return files, ()
    return files, (Note("ignored-files", f"{folder.name}: only {SUFFIX} files are read, not {shown(others)}."),)


def _footer(path: Path) -> tuple[pa.Schema, tuple[int, ...]]:
    """Give the columns of a file, and the number of rows in each of its row groups."""
    with _opened(path) as file:
        check_columns(file.metadata.num_columns, path.name)
        found = file.schema_arrow
        check_names(found.names, path.name)
        schema = pa.schema([pa.field(field.name, plain_type(field.type), field.nullable) for field in found])
        groups = tuple(file.metadata.row_group(group).num_rows for group in range(file.num_row_groups))
        if sum(groups) != file.metadata.num_rows or any(n_rows < 0 for n_rows in groups):
            raise pa.ArrowInvalid("its footer contradicts itself about the number of rows")
        return schema, groups


@contextmanager
def _opened(path: Path, buffer_bytes: int = 0) -> Iterator[pq.ParquetFile]:
    """Open a Parquet file, and explain whatever prevents reading it."""
    try:
        with pq.ParquetFile(path, buffer_size=buffer_bytes, pre_buffer=False) as file:
            yield file
    except MemoryError:  # Arrow's own, too: the file may be sound
        raise
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise _explained(path, error) from error


def _explained(path: Path, error: Exception) -> InputError:
    """Tell a file that is cut short from one that is no Parquet at all, or is damaged inside."""
    try:
        with path.open("rb") as file:
            start = file.read(len(MAGIC))
            file.seek(max(0, path.stat().st_size - len(MAGIC)))
            end = file.read()
    except OSError as trouble:
        return InputError(f"Cannot read {str(path)!r}: {trouble.strerror}. Check its name and permissions.")
    if not start:
        return InputError(f"{path.name} is empty, not even a Parquet file without rows. Copy or write it again.")
    if start == ENCRYPTED:
        return InputError(
            f"{path.name} is an encrypted Parquet file, which cannot be read. Write it without encryption."
        )
    if start != MAGIC:
        return InputError(
            f"{path.name} is not a Parquet file: it does not begin with {MAGIC.decode()}. Check its suffix."
        )
    if end != MAGIC:
        return InputError(f"{path.name} is cut short: the end of the Parquet file is missing. Copy or write it again.")
    fault = " ".join(str(error).split())
    return InputError(f"{path.name} is a damaged Parquet file ({fault}). Copy or write it again.")


def _common_schema(paths: Sequence[Path], schemas: Sequence[pa.Schema]) -> pa.Schema:
    """Give the columns and types that hold every file's rows."""
    first = schemas[0]
    for path, schema in zip(paths, schemas, strict=True):
        if Counter(schema.names) != Counter(first.names):
            raise _differing_columns(paths[0].name, first.names, path.name, schema.names)
    return pa.schema([_common_field(name, paths, schemas) for name in first.names])


def _common_field(name: str, paths: Sequence[Path], schemas: Sequence[pa.Schema]) -> pa.Field:
    types = [schema.field(name).type for schema in schemas]
    common = common_type(types)
    if common is not None:
        return pa.field(name, common)
    first_with = {str(kind): path.name for kind, path in zip(reversed(types), reversed(paths), strict=True)}
    listed = ", ".join(f"{kind} in {file}" for kind, file in first_with.items())
    raise InputError(
        f"Column {name!r} has types that do not go together: {listed}. Write all files with the same types."
    )


def _differing_columns(one: str, names: Sequence[str], other: str, other_names: Sequence[str]) -> InputError:
    lacks = [name for name in names if name not in other_names]
    extra = [name for name in other_names if name not in names]
    difference = " and ".join(
        [f"lacks {shown(lacks)}"] * bool(lacks) + [f"has {shown(extra)}, which {one} lacks"] * bool(extra)
    )
    return InputError(
        f"{other} has other columns than {one}: it {difference}. Files of one folder need the same columns."
    )
