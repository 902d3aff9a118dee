"""Exporting: the labels of a run for other programs.

Takes  a run folder, with its review where there is one.
Gives  one file with every row once, which says of each label whether a person or a machine gave it.

What people say stands before what a machine says, and the two are never in one column without the word that tells
them apart.

Before this: intake.py, label_studio.py. After this: cli.py.
"""

import json
import math
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path
from typing import Any, Literal, NamedTuple

import pyarrow as pa

from pseudolabel.audit import SHEET
from pseudolabel.audit import STATE as AUDIT
from pseudolabel.data.rows.source import rows_of_batch
from pseudolabel.errors import InputError
from pseudolabel.manifest import MANIFEST
from pseudolabel.results.table import free_names, with_columns, write_table
from pseudolabel.review.answers import HumanLabel
from pseudolabel.review.classes import all_classes
from pseudolabel.review.finished_run import REVIEW, FinishedRun, read_run
from pseudolabel.review.intake import identity_of, open_review, shown_as
from pseudolabel.review.label_studio import (
    INTERFACE_MARK,
    Row,
    Status,
    labeling_interface,
    names_beside,
    task_of,
)
from pseudolabel.review.log import newest_round
from pseudolabel.review.rounds import read_labels_between
from pseudolabel.run import MADE, Stage, no_display
from pseudolabel.run_folder import UNFINISHED
from pseudolabel.storage import sha256_of, write_text, write_whole

Form = Literal["csv", "parquet", "jsonl", "label-studio"]

SUFFIXES: dict[Form, tuple[str, ...]] = {
    "csv": (".csv", ".csv.gz", ".tsv"),
    "parquet": (".parquet",),
    "jsonl": (".jsonl", ".ndjson"),
    "label-studio": (".json",),
}
"""By form: how the name of the file ends."""

STATUSES: tuple[Status, ...] = ("given", "human", "accepted", "suggested", "none")

OF_CLASSES = ("final_label", "status", "suggestion", "confidence", "reviewed_by")
OF_NUMBERS = ("final_label", "status", "suggestion", "lower", "upper")
"""The columns we append."""

BETWEEN_REVIEWERS = "; "

LINE_ENDS = {"\x85": "\\u0085", "\u2028": "\\u2028", "\u2029": "\\u2029"}
"""What some readers take for the end of a line; in JSON they can be written so that nobody does."""


class Settled(NamedTuple):
    """What is known of the label of one row."""

    status: Status
    label: str | None
    suggestion: str | None
    confidence: float | None
    reviewed_by: str | None


@dataclass(frozen=True)
class Exported:
    """What was written.

    Attributes
    ----------
    path : Path
    counts : mapping from str to int
        How many rows have each status; all of them together are the rows of the run.
    changed : mapping from str to int
        Of each column, how many cells got an apostrophe because a spreadsheet would run them.
    interface : Path or None
        The labeling interface, where there is one.
    """

    path: Path
    counts: Mapping[str, int]
    changed: Mapping[str, int]
    interface: Path | None = None


def export_run(run: Path, to: Form, out: Path, *, raw: bool = False, stage: Stage = no_display) -> Exported:
    """Write every row of a run once, in order: the user's columns, the label, and who gave it.

    Parameters
    ----------
    run : Path
        The run folder. Its review decides where it says something of a row.
    to : {"csv", "parquet", "jsonl", "label-studio"}
    out : Path
        The file to write, none of the run's own; a file there is replaced.
    raw : bool, default=False
        Leave cells of CSV as they are that a spreadsheet would run as formulas.
    stage : function, optional
        Shows the progress.

    Raises
    ------
    InputError
        If the folder holds no run, its review is of another table, or the file cannot or must not be written.
    ResourceError
        If the disk is full or the system refuses.
    """
    check_out(run, to, out)
    found = read_run(run)
    _require_no_input(found, out)
    counts = Counter[str]()
    with _review_of(found, stage) as review, stage("Writing", None):
        if found.record["task"]["name"] != "classification":
            _require_tables(to)
            return _write_tables(to, out, _tables_of_numbers(found, counts), counts, raw=raw)
        batches = _settled(found, review, counts)
        if to == "label-studio":
            return _write_tasks(found, review, out, batches, counts)
        return _write_tables(to, out, _tables_of_classes(found, review, batches), counts, raw=raw)


def check_out(run: Path, to: Form, out: Path) -> None:
    """Refuse, before any work is done, a path that an export cannot or must not be written to.

    Raises
    ------
    InputError
    """
    if not out.name.casefold().endswith(SUFFIXES[to]):
        raise InputError(f"Cannot write {to} to {str(out)!r}: let the name end in {' or '.join(SUFFIXES[to])}.")
    if not out.parent.is_dir():
        raise InputError(f"Cannot write {str(out)!r}: there is no folder {str(out.parent)!r}. Create it first.")
    if out.is_dir():
        raise InputError(f"Cannot write {str(out)!r}: it is a folder. Choose another name for the file.")
    if out.resolve().is_relative_to(run.resolve()) and _is_of_run(out.resolve().relative_to(run.resolve())):
        raise InputError(f"Cannot write {str(out)!r}: that is a place of the run's own files. Choose another name.")
    interface = _interface_path(out)
    if to == "label-studio" and interface.exists() and not _is_interface(interface):
        raise InputError(
            f"{str(interface)!r} would hold the labeling interface, but there is something else. Move it away, or "
            "choose another name."
        )


def _is_of_run(name: Path) -> bool:
    """Tell whether a path in a run folder is one of the run's own, of its review or of its audit."""
    return name.parts[0] in (*MADE, MANIFEST, UNFINISHED, AUDIT, SHEET) or name.parts[0].startswith((REVIEW, "."))


def _require_no_input(run: FinishedRun, out: Path) -> None:
    n_bytes = out.stat().st_size if out.is_file() else None
    alike = [of for of in run.record["inputs"] if of["bytes"] == n_bytes]
    if alike and sha256_of(out) in [of["sha256"] for of in alike]:
        raise InputError(f"Cannot write {str(out)!r}: it is an input of the run, and inputs are never changed.")


def _require_tables(to: Form) -> None:
    if to == "label-studio":
        raise InputError(
            "This run predicts numbers, and people choose between classes in Label Studio. Export it with --to csv, "
            "parquet or jsonl."
        )


@dataclass(frozen=True)
class _Review:
    """What a review says, as of one moment; of a run without one, nothing.

    `classes` are the names of all classes, `identity` tells it from others, `round` is the newest one.
    """

    classes: tuple[str, ...]
    identity: str
    people: Mapping[int, HumanLabel]
    connection: sqlite3.Connection | None = None
    round: int | None = None

    def between(self, start: int, stop: int) -> tuple[dict[int, bool], dict[int, tuple[str, float, bool]]]:
        """Give of some rows whether their label was given, and what the newest round suggests."""
        if self.connection is None:
            return {}, {}
        rows = "SELECT row, given IS NOT NULL FROM item WHERE row >= ? AND row < ?"
        given = {row: bool(is_given) for row, is_given in self.connection.execute(rows, (start, stop))}
        return given, read_labels_between(self.connection, self.round, start, stop)


@contextmanager
def _review_of(run: FinishedRun, stage: Stage) -> Iterator[_Review]:
    """Lend the review of a run, if it has one; answers that come meanwhile are not seen."""
    classes = [str(name) for name in run.record.get("classes", [])]
    if not classes or not run.review.exists():
        yield _Review(tuple(classes), identity_of(run, None), {})
        return
    with open_review(run.folder, stage) as store, store.database.reading() as connection:
        names = dict.fromkeys([*classes, *(view.name for view in all_classes(connection))])
        yield _Review(tuple(names), identity_of(run, store), store.labels(), connection, newest_round(connection))


def _settled(run: FinishedRun, review: _Review, counts: Counter[str]) -> Iterator[tuple[int, pa.Table, list[Settled]]]:
    """Give the rows, some at a time: the number of the first, the user's columns, and what is known of their labels."""
    ours = [run.ours(name) for name in ("pseudo_label", "confidence", "source")]
    start = 0
    for table in _batches(run, ours):
        stop = start + table.num_rows
        given, suggested = review.between(start, stop)
        cells = list(enumerate(zip(*(table[name].to_pylist() for name in ours), strict=True), start))
        rows = [
            _settle(label, confidence, source, given.get(row), suggested.get(row), review.people.get(row))
            for row, (label, confidence, source) in cells
        ]
        counts.update(row.status for row in rows)
        learnt = [given.get(row) is False and source == "given" for row, (_, _, source) in cells]
        yield start, _without_answers(table.select(list(run.columns)), run.label, learnt), rows
        start = stop


def _without_answers(table: pa.Table, label: str, learnt: Sequence[bool]) -> pa.Table:
    """Empty the user's cells that a run filled with the answers it has learnt from: they came without a label."""
    if label not in table.column_names or not any(learnt):
        return table
    at = table.column_names.index(label)
    kept = pa.array([None if is_learnt else place for place, is_learnt in enumerate(learnt)], pa.int64())
    return table.set_column(at, table.field(at), table[label].take(kept))  # what is taken from nowhere is empty


def _batches(run: FinishedRun, ours: Sequence[str]) -> Iterator[pa.Table]:
    columns = [*run.columns, *ours]
    for part in run.rows.parts():
        yield from part.batches(columns, at_most=rows_of_batch(len(columns)))


def _settle(
    label: Any,
    confidence: float | None,
    source: str,
    is_given: bool | None,
    suggested: tuple[str, float, bool] | None,
    human: HumanLabel | None,
) -> Settled:
    """Say what is known of a row: people first, then the newest round, then the table.

    A run that has learnt from answers holds them as given labels; the review knows better, where it knows the row.
    """
    if is_given or (is_given is None and source == "given"):
        return Settled("given", str(label), None, None, None)
    if suggested is None and source in ("accepted", "suggested"):
        suggested = str(label), float(confidence or 0), source == "accepted"
    name, share, is_accepted = suggested or (None, None, False)
    said_by = None if human is None else BETWEEN_REVIEWERS.join(human.reviewers)
    if human is not None and human.label is not None:
        return Settled("human", human.label, name, None, said_by)
    if human is not None and (human.is_conflict or name in human.rejected):
        return Settled("none", None, name, share, said_by)
    if name is None:
        return Settled("none", None, None, None, None)
    return Settled("accepted" if is_accepted else "suggested", name, name, share, None)


def _tables_of_classes(
    run: FinishedRun, review: _Review, batches: Iterable[tuple[int, pa.Table, list[Settled]]]
) -> Iterator[pa.Table]:
    kind = _type_of_labels(run.rows.schema.field(run.ours("pseudo_label")).type, review.classes)
    names = free_names(run.columns, OF_CLASSES)
    for _, table, rows in batches:
        status, label, suggestion, confidence, reviewed_by = zip(*rows, strict=True) if rows else ((),) * 5
        appended = {
            "final_label": pa.array(label, pa.string()).cast(kind),
            "status": pa.array(status, pa.string()),
            "suggestion": pa.array(suggestion, pa.string()).cast(kind),
            "confidence": pa.array(confidence, pa.float32()),
            "reviewed_by": pa.array(reviewed_by, pa.string()),
        }
        yield with_columns(table, pa.table(appended), names)


def _type_of_labels(kind: pa.DataType, classes: Sequence[str]) -> pa.DataType:
    """Give the type of the labels in the table, or text where a class that people made does not fit into it.

    Examples
    --------
    >>> _type_of_labels(pa.int64(), ["1", "2"]), _type_of_labels(pa.int64(), ["1", "unclear"])
    (DataType(int64), DataType(string))
    """
    plain = kind.value_type if pa.types.is_dictionary(kind) else kind
    try:
        back = pa.array(classes, pa.string()).cast(plain)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        return pa.string()
    return plain if [str(value) for value in back.to_pylist()] == list(classes) else pa.string()


def _tables_of_numbers(run: FinishedRun, counts: Counter[str]) -> Iterator[pa.Table]:
    """Give the rows of a run that predicts numbers; it has no review."""
    label, lower, upper, source = (run.ours(name) for name in ("pseudo_label", "lower", "upper", "source"))
    names = free_names(run.columns, OF_NUMBERS)
    for table in _batches(run, [label, lower, upper, source]):
        statuses = [status or "none" for status in table[source].to_pylist()]
        counts.update(statuses)
        is_ours = [status != "given" for status in statuses]
        columns = {"final_label": table[label], "status": pa.array(statuses, pa.string())}
        for name, column in (("suggestion", label), ("lower", lower), ("upper", upper)):
            cells = zip(table[column].to_pylist(), is_ours, strict=True)
            columns[name] = pa.array([cell if ours else None for cell, ours in cells], table[column].type)
        yield with_columns(table.select(list(run.columns)), pa.table(columns), names)


def _write_tables(to: Form, out: Path, tables: Iterable[pa.Table], counts: Counter[str], *, raw: bool) -> Exported:
    changed: Mapping[str, int] = {}
    if to == "jsonl":
        write_whole(out, lambda made: _write_json_lines(made, tables))
    else:
        changed = write_table(out, tables, raw=raw)
    return Exported(out, _in_order(counts), changed)


def _in_order(counts: Mapping[str, int]) -> dict[str, int]:
    return {status: counts.get(status, 0) for status in STATUSES}


def _write_json_lines(path: Path, tables: Iterable[pa.Table]) -> None:
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for table in tables:
            for cells in zip(*map(_json_cells, table.columns), strict=True):
                file.write(_json(dict(zip(table.column_names, cells, strict=True))) + "\n")


def _json(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    for letter, written in LINE_ENDS.items():
        text = text.replace(letter, written)
    return text


def _json_cells(column: pa.ChunkedArray) -> list[Any]:
    kind = column.type
    if pa.types.is_floating(kind) and not pa.types.is_float64(kind):
        column = column.cast(pa.string()).cast(pa.float64())  # 0.1 as float32 is not 0.10000000149011612
    return [_plain(cell) for cell in column.to_pylist()]


def _plain(cell: Any) -> Any:
    """Give a cell as JSON has it; what it has not, as text.

    Examples
    --------
    >>> _plain(float("nan")), _plain(float("inf")), _plain([1, datetime(2026, 1, 31)])
    (None, 'inf', [1, '2026-01-31T00:00:00'])
    """
    if isinstance(cell, float) and not math.isfinite(cell):
        return None if math.isnan(cell) else str(cell)
    if cell is None or isinstance(cell, bool | int | float | str):
        return cell
    if isinstance(cell, dict):
        return {str(name): _plain(value) for name, value in cell.items()}
    if isinstance(cell, list | tuple):
        return [_plain(value) for value in cell]
    return cell.isoformat() if isinstance(cell, date | datetime | time) else shown_as(cell)


def _write_tasks(
    run: FinishedRun,
    review: _Review,
    out: Path,
    batches: Iterable[tuple[int, pa.Table, list[Settled]]],
    counts: Counter[str],
) -> Exported:
    """Write the tasks and, beside them, the labeling interface they fit."""
    names, path = names_beside(run.columns), _interface_path(out)
    interface = labeling_interface(names, review.classes)
    model = f"pseudolabel {run.record['pseudolabel']}, {run.table_digest[:8]}, round {review.round or 0}"

    def write(made: Path) -> None:
        with made.open("w", encoding="utf-8", newline="\n") as file:
            separator = "[\n"
            for row in _rows_to_show(run, batches):
                file.write(separator + _json(task_of(row, names, review=review.identity, model=model)))
                separator = ",\n"
            file.write("\n]\n")
        write_text(path, interface)

    write_whole(out, write)
    return Exported(out, _in_order(counts), {}, path)


def _rows_to_show(run: FinishedRun, batches: Iterable[tuple[int, pa.Table, list[Settled]]]) -> Iterator[Row]:
    read = [name for name in run.columns if name != run.label]
    for start, table, rows in batches:
        cells = {name: [shown_as(cell) for cell in table[name].to_pylist()] for name in run.columns}
        for place, settled in enumerate(rows):
            of_row, number = {name: texts[place] for name, texts in cells.items()}, start + place
            yield Row(
                number=number,
                key=of_row.get(run.id or "") or f"row {number}",  # as the review names its items
                cells=of_row,
                text="\n".join(f"{name}: {of_row[name]}" for name in read) or f"row {number}",
                status=settled.status,
                label=settled.label,
                suggestion=settled.suggestion,
                confidence=None if settled.confidence is None else round(settled.confidence, 6),
            )


def _interface_path(out: Path) -> Path:
    return out.with_suffix(".xml")


def _is_interface(path: Path) -> bool:
    try:
        return INTERFACE_MARK in path.read_text(encoding="utf-8")
    except (OSError, ValueError):
        return False
