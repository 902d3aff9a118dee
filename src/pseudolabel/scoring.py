"""Scoring: what a model says of every row of a table, chunk by chunk, wherever the work is done.

Takes  a source of rows, a Scorer, what is known of some rows already, and an engine to do the work.
Gives  Scored: a file of scores for every chunk, and a Tally of all of them.

`score_chunk` is the whole of the work: pure, so that it may be done by anyone and more than once; and a file of scores
appears whole or not at all, so that one that is there need not be made again. All else here hands out chunks and adds
up tallies.

Rows are scored in blocks that begin where their file begins, and whose size depends on the number of columns alone: a
matrix product may round the last digit differently when rows are grouped differently, and the same table must give
the same bytes whatever the memory, the engine and the number of workers.

Before this: judgement/summary.py. After this: tasks/, run.py.
"""

import math
import os
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial, reduce
from itertools import pairwise
from pathlib import Path
from typing import Protocol, Self

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from pseudolabel.data.rows import Part, Source
from pseudolabel.data.rows.source import compact, rows_of_batch
from pseudolabel.engine.engine import Engine
from pseudolabel.errors import ResourceError
from pseudolabel.judgement.doubt import most_doubtful, moved
from pseudolabel.judgement.summary import Summary
from pseudolabel.storage import flush_to_disk

BLOCKS_OF_A_CHUNK = 8
"""Half a million rows of 30 columns: seconds of work, so that handing a chunk out costs next to nothing."""

MOST_CHUNKS_OF_A_GROUP = 8
"""Of a large row group each chunk reads, and drops, all that is before it: so they must not be too many."""

GIVEN = "given"
"""The column of the scores that tells rows which came with a label."""

_DOUBTFUL = b"doubtful"


class Scorer(Protocol):
    """What says something of rows: a fitted model, and what of its answer is kept. It can be pickled."""

    @property
    def columns(self) -> Sequence[str]:
        """The columns it looks at."""

    def score(self, rows: pa.Table) -> tuple[pa.Table, pa.Table | None]:
        """Give the scores of the rows, and the most doubtful of them; None where nothing is doubtful.

        Of the latter `position` counts from the first of the rows, and the smaller the `lead` the more doubtful.
        """
        ...

    def summary(self, scores: pa.Table) -> Summary | None:
        """Count the pseudo-labels among scores by class and confidence; None for numbers."""
        ...


@dataclass(frozen=True)
class Chunk:
    """Rows that are scored in one go.

    Attributes
    ----------
    number : int
        Its place among all chunks.
    part : Part
        Its rows.
    start : int
        The position of the first of them in the table.
    known : pyarrow.Table
        The scores of those of its rows that are known already, and their `position` in the table, in order.
    """

    number: int
    part: Part
    start: int
    known: pa.Table


@dataclass(frozen=True)
class Tally:
    """What chunks add to the record of a run; tallies are added.

    Attributes
    ----------
    n_rows : int
    n_given : int
        Rows that came with a label.
    summary : Summary or None
        The pseudo-labels of all others by class and confidence; None for numbers.
    doubtful : pyarrow.Table or None
        The most doubtful of the rows that were scored, the most doubtful first, by their `position` in the table.
    """

    n_rows: int
    n_given: int
    summary: Summary | None
    doubtful: pa.Table | None

    def __add__(self, other: Self) -> Self:
        """Add up what two sets of chunks found."""
        both = None if self.summary is None or other.summary is None else self.summary + other.summary
        return replace(
            self,
            n_rows=self.n_rows + other.n_rows,
            n_given=self.n_given + other.n_given,
            summary=both,
            doubtful=most_doubtful([self.doubtful, other.doubtful]),
        )


@dataclass(frozen=True)
class Scored:
    """The scores of all rows of a table.

    Attributes
    ----------
    files : sequence of (Part, sequence of Path)
        Every part of the table, and the files of its scores in order.
    tally : Tally
    """

    files: Sequence[tuple[Part, Sequence[Path]]]
    tally: Tally

    def of_part(self, number: int, *, at_most: int) -> Iterator[pa.Table]:
        """Give the scores of a part in its order, in tables of `at_most` rows but for the last."""
        return batches_of(self.files[number][1], at_most=at_most)

    def columns(self, names: Sequence[str]) -> Iterator[pa.Table]:
        """Give some columns of the scores, a file at a time."""
        for _, paths in self.files:
            for path in paths:
                yield pq.read_table(path, columns=list(names), use_threads=False, page_checksum_verification=True)


def plan_chunks(rows: Source, known: pa.Table, n_columns: int) -> list[Chunk]:
    """Cut the rows of a table into chunks.

    A chunk begins at a block, and where a reader can begin without reading much of what it does not need.

    Parameters
    ----------
    rows : Source
    known : pyarrow.Table
        The scores that are known already, and their `position`, in order.
    n_columns : int
        How many columns are looked at.
    """
    block, start, chunks = rows_of_batch(n_columns), 0, list[Chunk]()
    positions = known["position"].to_numpy()
    for part in rows.parts():
        cuts = _cuts(part, block)
        for first, last in pairwise(cuts):
            among = np.searchsorted(positions, [start + first, start + last])
            chunks.append(
                Chunk(
                    len(chunks),
                    part.between(first, last),
                    start + first,
                    compact(known.slice(among[0], among[1] - among[0])),
                )
            )
        start += part.n_rows
    return chunks


def score_all(
    rows: Source,
    known: pa.Table,
    scorer: Scorer,
    folder: Path,
    engine: Engine,
    *,
    on_rows: Callable[[int], None] = lambda n_rows: None,
) -> Scored:
    """Score all rows of a table.

    Parameters
    ----------
    rows : Source
    known : pyarrow.Table
        As `plan_chunks` takes it. Its other columns are those that the scorer gives, and `given`.
    scorer : Scorer
    folder : Path
        For the files of scores; whatever is there of an earlier attempt is used.
    engine : Engine
    on_rows : function, optional
        Called with the number of rows whenever a chunk is done.
    """
    chunks, tallies = plan_chunks(rows, known, len(scorer.columns)), list[Tally]()
    for tally in engine.map(partial(score_chunk, scorer, folder), ((chunk,) for chunk in chunks)):
        tallies.append(tally)
        on_rows(tally.n_rows)
    files, numbers = list[tuple[Part, Sequence[Path]]](), iter(chunks)
    for part in rows.parts():
        n_chunks = len(_cuts(part, rows_of_batch(len(scorer.columns)))) - 1
        files.append((part, [_path_of(folder, next(numbers)) for _ in range(n_chunks)]))
    return Scored(files, reduce(Tally.__add__, tallies))


def score_chunk(scorer: Scorer, folder: Path, chunk: Chunk) -> Tally:
    """Score the rows of a chunk, and leave a file of their scores in `folder`.

    The same file and the same tally, however often and by whomever it is done; a file that is there is taken as it
    is, unless it is damaged.

    Raises
    ------
    ResourceError
        If the file cannot be written.
    """
    path = _path_of(folder, chunk)
    if path.exists():
        try:
            return _read_tally(path, scorer)
        except (OSError, pa.ArrowException):  # what a disk has lost is made again
            path.unlink()
    block, start, tables, doubtful = rows_of_batch(len(scorer.columns)), chunk.start, list[pa.Table](), None
    positions = chunk.known["position"].to_numpy()
    for batch in chunk.part.batches(list(scorer.columns), at_most=block):
        first, last = np.searchsorted(positions, [start, start + batch.num_rows])
        known = chunk.known.slice(first, last - first).drop_columns(["position"])
        scores, found = _score_block(scorer, batch, known, positions[first:last] - start)
        doubtful = most_doubtful([doubtful, moved(found, start)])
        tables.append(scores)
        start += batch.num_rows
    scores = pa.concat_tables(tables).combine_chunks()
    _write(path, scores, doubtful)
    return _tally(scores, doubtful, scorer)


def _score_block(
    scorer: Scorer, batch: pa.Table, known: pa.Table, at: NDArray[np.int64]
) -> tuple[pa.Table, pa.Table | None]:
    """Score the rows of a block that are not known, and put both kinds in order."""
    if known.num_rows == batch.num_rows:
        return known, None
    is_open = np.ones(batch.num_rows, dtype=bool)
    is_open[at] = False
    scores, doubtful = scorer.score(batch if len(at) == 0 else batch.filter(pa.array(is_open)))
    scores = scores.append_column(GIVEN, pa.repeat(pa.scalar(False), scores.num_rows)).select(known.column_names)
    if len(at) == 0:
        return scores, doubtful
    order = np.empty(batch.num_rows, dtype=np.int64)
    order[is_open], order[at] = np.arange(scores.num_rows), scores.num_rows + np.arange(len(at))
    both = pa.concat_tables([scores, known.cast(scores.schema)]).take(pa.array(order))
    return both, moved(doubtful, np.flatnonzero(is_open))


def batches_of(paths: Sequence[Path], *, at_most: int) -> Iterator[pa.Table]:
    """Give the scores in some files, in order, in tables of `at_most` rows but for the last."""
    for path in paths:
        with pq.ParquetFile(path, page_checksum_verification=True) as file:
            table = file.read(use_threads=False)
        for start in range(0, max(1, table.num_rows), at_most):
            yield table.slice(start, at_most)


def _cuts(part: Part, block: int) -> list[int]:
    """Give the rows at which the chunks of a part begin, and where the last one ends."""
    most, cuts = BLOCKS_OF_A_CHUNK * block, [0]
    for start, stop in pairwise([*part.starts, part.n_rows]):
        step = most if part.is_text else max(most, math.ceil((stop - start) / MOST_CHUNKS_OF_A_GROUP))
        for row in range(start, stop, step):
            aligned = math.ceil(row / block) * block
            if aligned - cuts[-1] >= most and aligned < part.n_rows:
                cuts.append(aligned)
    return [*cuts, part.n_rows]


def _path_of(folder: Path, chunk: Chunk) -> Path:
    return folder / f"{chunk.number:06d}.parquet"


def _write(path: Path, scores: pa.Table, doubtful: pa.Table | None) -> None:
    if doubtful is not None:
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, doubtful.schema) as writer:
            writer.write_table(doubtful)
        scores = scores.replace_schema_metadata({_DOUBTFUL: sink.getvalue().to_pybytes()})
    made = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    try:
        pq.write_table(
            scores, made, compression="none", use_dictionary=False, write_statistics=False, write_page_checksum=True
        )
        flush_to_disk(made)
        os.replace(made, path)
    except OSError as error:
        made.unlink(missing_ok=True)
        raise ResourceError(f"Cannot write the scores {str(path)!r}: {error.strerror or error}.") from error


def _read_tally(path: Path, scorer: Scorer) -> Tally:
    scores = pq.read_table(path, use_threads=False, page_checksum_verification=True)
    packed, doubtful = (scores.schema.metadata or {}).get(_DOUBTFUL), None
    if packed is not None:
        doubtful = pa.ipc.open_stream(packed).read_all()
    return _tally(scores, doubtful, scorer)


def _tally(scores: pa.Table, doubtful: pa.Table | None, scorer: Scorer) -> Tally:
    n_given = int(np.count_nonzero(scores[GIVEN].to_numpy()))
    return Tally(scores.num_rows, n_given, scorer.summary(scores), doubtful)
