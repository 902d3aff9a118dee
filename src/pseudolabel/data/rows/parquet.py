"""Parquet: one file, or a folder of files that are one table.

Takes  a .parquet file, or a folder with .parquet files directly in it (in the order of their names).
Gives  ParquetRows: one part per file, every part with the same columns and types.

Files of one table must have the same columns. Their types may differ where one holds the other (int32 and int64); what
could lose a value is refused. What data frame libraries keep beside the columns is dropped: pandas would
turn names back into numbers and hide columns as an index, and every column here is a column with a name.

Before this: source.py and promotion.py. After this: several.py.
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from pseudolabel.data.rows.promotion import common_type
from pseudolabel.data.rows.source import Note, Part, check_names, shown
from pseudolabel.errors import InputError

SUFFIX = ".parquet"

MAGIC = b"PAR1"
"""The first and last four bytes of every Parquet file."""


@dataclass(frozen=True)
class ParquetRows:
    """The rows of one Parquet file or of a folder of them; see `Source` for what each member promises.

    Attributes
    ----------
    counts : tuple of int
        The number of rows of each of `paths`.
    """

    path: Path
    paths: tuple[Path, ...]
    schema: pa.Schema
    counts: tuple[int, ...]
    notes: tuple[Note, ...] = ()

    @property
    def name(self) -> str:
        """The name of the file or folder."""
        return self.path.name

    @property
    def n_rows(self) -> int:
        """How many rows all files have together."""
        return sum(self.counts)

    def parts(self) -> Iterator[Part]:
        """Read one file after the other, each a part."""
        for path in self.paths:
            yield Part(path.name, _read(path, self.schema))

    def place(self, row: int) -> str:
        """Say in which file row number `row`, counted from 0, stands, and as which of its rows, counted from 1."""
        ends = list(accumulate(self.counts))
        file = bisect_right(ends, row)
        return f"{self.paths[file].name}, row {row - ends[file] + self.counts[file] + 1}"


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
    counts = tuple(n_rows for _, n_rows in footers)
    if sum(counts) == 0:
        raise InputError(f"{path.name} has no rows, only {len(schema)} columns. Check that it was written in full.")
    nested = [field.name for field in schema if pa.types.is_nested(field.type)]
    if nested:
        notes = (*notes, Note("nested-column", f"Lists or structures are kept but not learned from: {shown(nested)}."))
    return ParquetRows(path, paths, schema, counts, notes)


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


def _footer(path: Path) -> tuple[pa.Schema, int]:
    """Give the columns of a file, and its number of rows."""
    with _opened(path) as file:
        schema = file.schema_arrow.remove_metadata()
        check_names(schema.names, path.name)
        return schema, file.metadata.num_rows


def _read(path: Path, schema: pa.Schema) -> pa.Table:
    """Read a whole file, its columns in the order and types of `schema`."""
    with _opened(path) as file:
        table = file.read().select(schema.names)
    try:
        return table.cast(schema)
    except pa.ArrowInvalid as error:
        raise InputError(
            f"{path.name}: a value does not fit the type its column has in the other files ({error}). "
            "Write all files with the same types."
        ) from error


@contextmanager
def _opened(path: Path) -> Iterator[pq.ParquetFile]:
    """Open a Parquet file, and explain whatever prevents reading it."""
    try:
        with pq.ParquetFile(path) as file:
            yield file
    except (pa.ArrowException, OSError) as error:
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
