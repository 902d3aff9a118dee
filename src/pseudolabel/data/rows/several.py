"""Several: the labeled table and its unlabeled companions, as one source.

Takes  sources in order: DATA first, then the files of `--unlabeled`.
Gives  one source with all their rows, whose columns are matched by name: missing cells are null.

Whole and decimal numbers become decimals, and an empty column takes the type it has elsewhere. Where types do not go
together, every cell becomes text, as it stands in its file where the file is text, and a note says so.

Before this: promotion.py and the readers. After this: the sample and the features.
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, chain, count
from pathlib import Path

import pyarrow as pa

from pseudolabel.data.rows.promotion import common_type, is_text
from pseudolabel.data.rows.source import Note, Part, Source
from pseudolabel.errors import InputError


@dataclass(frozen=True)
class Several:
    """All rows of several sources; see `Source` for what each member promises.

    Attributes
    ----------
    counts : tuple of int
        The number of rows each of `sources` gave.
    """

    sources: tuple[Source, ...]
    schema: pa.Schema
    notes: tuple[Note, ...]

    @property
    def name(self) -> str:
        """The names of all sources."""
        return ", ".join(source.name for source in self.sources)

    @property
    def paths(self) -> tuple[Path, ...]:
        """Every file of every source."""
        return tuple(path for source in self.sources for path in source.paths)

    @property
    def counts(self) -> tuple[int, ...]:
        """The number of rows each source gave."""
        return tuple(source.n_rows for source in self.sources)

    @property
    def n_rows(self) -> int:
        """How many rows all sources have together."""
        return sum(self.counts)

    def parts(self) -> Iterator[Part]:
        """Give the parts of one source after the other, under names that no two parts share."""
        taken: set[str] = set()
        for part in (part for source in self.sources for part in source.parts()):
            name = _free_name(part.name, taken)
            taken.add(name)
            yield Part(name, _fitted(part, self.schema), _fitted_verbatim(part, self.schema))

    def place(self, row: int) -> str:
        """Say where row number `row`, counted from 0 over all sources, stands."""
        ends = list(accumulate(self.counts))
        which = bisect_right(ends, row)
        return self.sources[which].place(row - ends[which] + self.counts[which])


def join_sources(sources: Sequence[Source]) -> Several:
    """Join sources to one, DATA first: its columns lead, further ones follow.

    Raises
    ------
    InputError
        If a column holds lists or structures in one source and something else in another.
    """
    names = list(dict.fromkeys(name for source in sources for name in source.schema.names))
    notes = [note for source in sources for note in source.notes]
    fields = []
    for name in names:
        having = [source for source in sources if name in source.schema.names]
        types = [source.schema.field(name).type for source in having]
        common = common_type(types)
        if common is None:
            common = pa.string()
            notes.append(_mixture_note(name, having, types))
        fields.append(pa.field(name, common))
    return Several(tuple(sources), pa.schema(fields), tuple(notes))


def _mixture_note(name: str, having: Sequence[Source], types: Sequence[pa.DataType]) -> Note:
    listed = ", ".join(f"{kind} in {source.name}" for source, kind in zip(having, types, strict=True))
    if any(map(pa.types.is_nested, types)):
        raise InputError(f"Column {name!r} has types that do not go together: {listed}. Rename it in one of the files.")
    return Note("mixed-types", f"Column {name!r} is read as text, because its files disagree: {listed}.")


def _fitted(part: Part, schema: pa.Schema) -> pa.Table:
    """Give a part's rows with exactly the columns and types of `schema`."""
    return pa.Table.from_arrays([_fitted_column(part, field) for field in schema], schema=schema)


def _fitted_column(part: Part, field: pa.Field) -> pa.ChunkedArray:
    """Give one column of a part: nulls where it has none, the cells as they stand where it must be text."""
    if field.name not in part.table.column_names:
        return pa.chunked_array([pa.nulls(part.table.num_rows, field.type)])
    cells = part.verbatim if part.verbatim is not None and is_text(field.type) else part.table
    try:
        return cells[field.name].cast(field.type)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise InputError(
            f"{part.name}: column {field.name!r} does not fit the type {field.type} it gets with the other files "
            f"({error}). Store it with the same type in all files."
        ) from error


def _fitted_verbatim(part: Part, schema: pa.Schema) -> pa.Table | None:
    """Give the cells as they stand with all columns of `schema`, if the part has such."""
    if part.verbatim is None:
        return None
    missing = pa.nulls(part.verbatim.num_rows, pa.string())
    known = set(part.verbatim.column_names)
    return pa.table({name: part.verbatim[name] if name in known else missing for name in schema.names})


def _free_name(name: str, taken: set[str]) -> str:
    """Give a name that is taken a number before its suffix.

    Examples
    --------
    >>> _free_name("rows.csv.gz", {"rows.csv.gz", "rows-2.csv.gz"})
    'rows-3.csv.gz'
    """
    stem, *_ = name.split(".")
    ending = name.removeprefix(stem)
    candidates = chain([name], (f"{stem}-{number}{ending}" for number in count(2)))
    return next(candidate for candidate in candidates if candidate not in taken)
