"""Several: the labeled table and its unlabeled companions, as one source.

Takes  sources in order: DATA first, then the files of `--unlabeled`.
Gives  one source with all their rows, whose columns are matched by name: missing cells are null.

Whole and decimal numbers become decimals, and an empty column takes the type it has elsewhere. Where types do not go
together, every cell becomes text, as it stands in its file where the file is text, and a note says so.

Before this: promotion.py and the readers. After this: the sample and the features.
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
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
        for source in self.sources:
            known = frozenset(source.schema.names)
            for part in source.parts():
                name = _free_name(part.name, taken)
                taken.add(name)
                yield FittedPart(name, part, self.schema, known)

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


@dataclass(frozen=True)
class FittedPart:
    """A part with the columns and types that all sources have together; see `Part` for what each member promises.

    Attributes
    ----------
    part : Part
        As its own source gives it.
    schema : pyarrow.Schema
        What it is fitted to.
    known : frozenset of str
        The columns it has itself.
    """

    name: str
    part: Part
    schema: pa.Schema
    known: frozenset[str]

    @property
    def n_rows(self) -> int:
        """How many rows there are."""
        return self.part.n_rows

    @property
    def is_text(self) -> bool:
        """Whether its cells are also kept as text."""
        return self.part.is_text

    @property
    def starts(self) -> tuple[int, ...]:
        """Rows at which a reader can begin."""
        return self.part.starts

    def between(self, start: int, stop: int) -> "FittedPart":
        """Give the same part with these rows alone."""
        return replace(self, part=self.part.between(start, stop))

    def batches(
        self, columns: Sequence[str] | None = None, *, at_most: int, verbatim: bool = False
    ) -> Iterator[pa.Table]:
        """Read the columns it has, and give nulls for the others."""
        names = self.schema.names if columns is None else list(columns)
        own = [name for name in names if name in self.known]
        as_text = self.is_text and (verbatim or any(is_text(self.schema.field(name).type) for name in own))
        texts = self.part.batches(own, at_most=at_most, verbatim=True) if as_text else None
        for table in self.part.batches(own, at_most=at_most):
            text = None if texts is None else next(texts)
            if not names:
                yield table
            elif verbatim and text is not None:
                missing = pa.nulls(table.num_rows, pa.string())
                yield pa.table({name: text[name] if name in self.known else missing for name in names})
            else:
                yield pa.table({name: self._fitted(name, table, text) for name in names})

    def _fitted(self, name: str, table: pa.Table, text: pa.Table | None) -> pa.ChunkedArray:
        """Give one column: nulls where there is none, the cells as they stand where it must be text."""
        kind = self.schema.field(name).type
        if name not in self.known:
            return pa.chunked_array([pa.nulls(table.num_rows, kind)])
        cells = text if text is not None and is_text(kind) else table
        try:
            return cells[name].cast(kind)
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
            raise InputError(
                f"{self.name}: column {name!r} does not fit the type {kind} it gets with the other files "
                f"({error}). Store it with the same type in all files."
            ) from error


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
