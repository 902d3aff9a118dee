"""Dataset: all rows of a run, read from files and checked.

Takes  the labeled table, the column of its labels, and further tables without labels.
Gives  a Dataset: the rows in one frame, their labels (classes or numbers), and the sources they can be read from again.

Whatever cannot be learnt from is refused here, before any work: no such column, nothing labeled, nothing left to
label, one class only, a word among numbers, identifiers that repeat.

Before this: rows/, labels.py, targets.py, task.py. After this: features.py.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pseudolabel.data.labels import Labels, read_labels
from pseudolabel.data.rows import Part, Source, open_rows
from pseudolabel.data.rows.cells import typed
from pseudolabel.data.rows.several import join_sources
from pseudolabel.data.targets import Targets, read_targets
from pseudolabel.data.task import Asked, Task, as_floats, choose_task, is_number, reads_as_quantity
from pseudolabel.errors import InputError
from pseudolabel.validation import listed, near_match

USUAL_MARKS = {"?", "-", "-1", "na", "n/a", "nan", "none", "null", "unknown", "unlabeled", "unlabelled", "missing"}
"""What people write where there is no label. Never taken for granted: each may be a class."""


@dataclass(frozen=True)
class Dataset:
    """All rows of a run.

    Attributes
    ----------
    data : Source
        The labeled table.
    unlabeled : tuple of Source
        The unlabeled ones.
    rows : Source
        All of them, one after the other.
    X : DataFrame of n_rows rows
        The columns that may be learnt from.
    task : Task
    labels : Labels or Targets
        Targets for regression. None or NaN in `values` where there is no label.
    groups, time : ndarray of shape (n_rows,) or None
        The columns named so; None where there is none.
    n_ignored : int
        Rows of the unlabeled tables that have a label all the same; it is not used.
    """

    data: Source
    unlabeled: tuple[Source, ...]
    rows: Source
    X: pd.DataFrame
    task: Task
    labels: Labels | Targets
    groups: NDArray[Any] | None
    time: NDArray[Any] | None
    n_ignored: int


def read_dataset(
    data: Path,
    label: str,
    *,
    task: Asked = "auto",
    unlabeled: Sequence[Path] = (),
    id: str | None = None,
    groups: str | None = None,
    time: str | None = None,
    markers: Sequence[str] = (),
    encoding: str = "utf-8",
) -> Dataset:
    """Read all rows, and find out which have a label.

    Parameters
    ----------
    data : Path
        The labeled table.
    label : str
        The column of its labels; an empty cell is none.
    task : {"auto", "classification", "regression"}, default="auto"
        What the labels are; "auto" looks at them.
    unlabeled : sequence of Path, default=()
        Tables all of whose rows are unlabeled.
    id : str or None, default=None
        A column that names the rows.
    groups, time : str or None, default=None
        Columns that say which rows belong together, and when each came about. As `id`, they are not learnt from.
    markers : sequence of str, default=()
        Values of the label column that also mean "no label".
    encoding : str, default="utf-8"
        Of text files.

    Raises
    ------
    InputError
        If a table, a column or the labels cannot be used as they are.
    """
    source = open_rows(data, encoding=encoding)
    others = tuple(open_rows(path, encoding=encoding) for path in unlabeled)
    for name, option in ((label, "--label"), (id, "--id"), (groups, "--groups"), (time, "--time")):
        _require_column(name, source, option)
    rows = join_sources([source, *others]) if others else source
    parts = list(rows.parts())
    everything = pa.concat_tables([part.table for part in parts])
    if id is not None:
        _refuse_repeated_ids(everything[id], id, rows)
    there = _unmarked(parts, everything[label].slice(0, source.n_rows), label, markers)
    chosen = choose_task(there.drop_null(), label, task)
    labels = (
        _read_targets(there, source, label, rows.n_rows)
        if chosen.name == "regression"
        else _read_labels(_label_column(parts, everything, label), source, label, markers)
    )
    aside = {name for name in (label, id, groups, time) if name is not None}
    X = frame_of(everything.drop_columns(sorted(aside)))
    of_others = everything[label].slice(source.n_rows)
    n_ignored = len(of_others) - of_others.null_count
    return Dataset(
        source,
        others,
        rows,
        X,
        chosen,
        labels,
        groups=None if groups is None else frame_of(everything.select([groups]))[groups].to_numpy(dtype=object),
        time=None if time is None else _times(frame_of(everything.select([time]))[time], source, time),
        n_ignored=n_ignored,
    )


@dataclass(frozen=True)
class TestRows:
    """Rows kept for a comparison: their source, the columns the model knows, and their labels."""

    source: Source
    X: pd.DataFrame
    y: NDArray[Any]


def read_test_rows(path: Path, label: str, X: pd.DataFrame, *, markers: Sequence[str], encoding: str) -> TestRows:
    """Read a table of rows with labels that were kept for the comparison.

    Parameters
    ----------
    path : Path
    label : str
    X : DataFrame
        What is learnt from; the table needs the same columns.
    markers : sequence of str
        Values of the label column that mean "no label".
    encoding : str

    Raises
    ------
    InputError
        If columns are missing.
    """
    source = open_rows(path, encoding=encoding)
    _require_column(label, source, "--label, for --test")
    missing = [name for name in X.columns if name not in source.schema.names]
    if missing:
        raise InputError(f"{source.name} (--test) lacks the columns {listed(missing)} of the labeled table.")
    parts = list(source.parts())
    everything = pa.concat_tables([part.table for part in parts])
    kept = _unmarked(parts, everything[label], label, markers).to_pylist()
    y = np.empty(len(kept), dtype=object)
    y[:] = kept
    return TestRows(source, frame_of(everything.select(list(X.columns))), y)


def _times(column: "pd.Series[Any]", source: Source, name: str) -> NDArray[Any]:
    """Give times as numbers or dates; text is read as dates in the order year, month, day."""
    if pd.api.types.is_numeric_dtype(column) or pd.api.types.is_datetime64_any_dtype(column):
        return np.asarray(column.dt.tz_localize(None) if getattr(column.dtype, "tz", None) else column)
    stamps = pd.to_datetime(column, errors="coerce", format="ISO8601", utc=True).dt.tz_localize(None)
    wrong = column.notna() & stamps.isna()
    if wrong.any():
        row = int(np.flatnonzero(wrong)[0])
        raise InputError(
            f"{source.place(row)}, column {name!r}: {column.iloc[row]!r} is no number and no date (--time). Write "
            "dates as 2026-01-31 or 2026-01-31T12:00."
        )
    return stamps.to_numpy()


def frame_of(table: pa.Table) -> pd.DataFrame:
    """Give Arrow columns as pandas, decimals as floats and dates as dates."""
    fields = [field.with_type(pa.float64()) if pa.types.is_decimal(field.type) else field for field in table.schema]
    frame: pd.DataFrame = table.cast(pa.schema(fields)).to_pandas(date_as_object=False)
    return frame


def _label_column(parts: Sequence[Part], everything: pa.Table, label: str) -> pa.ChunkedArray:
    """Give the labels with their type; as text where a text file spells a class "nan", which is no gap."""
    column = everything[label]
    spelled = pa.types.is_floating(column.type) and pc.any(pc.is_nan(column)).as_py()
    texts = [part.verbatim[label] for part in parts if spelled and part.verbatim is not None]
    return pa.chunked_array([chunk for text in texts for chunk in text.chunks]) if len(texts) == len(parts) else column


def _unmarked(parts: Sequence[Part], column: pa.ChunkedArray, label: str, markers: Sequence[str]) -> pa.ChunkedArray:
    """Give the labels of the labeled table, null where marked; numbers again if only the marks made text of them."""
    marks = ["", *(form for marker in markers for form in _forms(marker))]
    missing = [not isinstance(cell, bool) and cell in marks for cell in column.to_pylist()]  # True == 1 in Python
    if not any(missing):
        return column
    kept = pc.if_else(pa.array(missing), pa.scalar(None, column.type), column)
    from_text = all(part.verbatim is not None for part in parts)
    return typed(kept) if from_text and pa.types.is_string(column.type) else kept


def _read_targets(column: pa.ChunkedArray, data: Source, label: str, n_rows: int) -> Targets:
    """Read numbers; the rows of all tables but the labeled one have none."""
    values = np.full(n_rows, np.nan)
    if is_number(column.type):
        values[: len(column)] = as_floats(column)
    else:
        for row, cell in enumerate(column.to_pylist()):
            values[row] = _number_in(cell, f"{data.place(row)}, column {label!r}")
    where = f"{data.name}, column {label!r}"
    try:
        targets = read_targets(values)
    except InputError as error:
        raise InputError(f"{where}: {error}") from error
    if not np.isnan(values[: len(column)]).any() and len(column) == len(values):
        _refuse_full(where, sorted(set(values.tolist())))
    return targets


def _number_in(cell: Any, place: str) -> float:
    if cell is None:
        return np.nan
    try:
        return float(cell if isinstance(cell, str) else "")
    except ValueError:
        raise InputError(
            f"{place}: {cell!r} is no number, and --task regression predicts numbers. Correct the cell, name it with "
            "--unlabeled-marker if it means that there is no label, or leave --task out."
        ) from None


def _read_labels(column: pa.ChunkedArray, data: Source, label: str, markers: Sequence[str]) -> Labels:
    """Find the labels of the labeled table; the rows of all further ones have none."""
    values = np.empty(len(column), dtype=object)
    values[: data.n_rows] = column.slice(0, data.n_rows).to_pylist()
    where = f"{data.name}, column {label!r}"
    try:
        labels = read_labels(values, unlabeled=[form for marker in markers for form in _forms(marker)])
    except InputError as error:
        raise InputError(f"{where}: {error}") from error
    values[~labels.given] = None
    _refuse_unusable(labels, where)
    return Labels(values, labels.codes, labels.classes)


def _forms(marker: str) -> Sequence[Any]:
    """Give a marker as text and, where it reads as one, as a number."""
    try:
        return [marker, float(marker)]
    except ValueError:
        return [marker]


def _refuse_unusable(labels: Labels, where: str) -> None:
    if labels.given.all():
        _refuse_full(where, labels.classes.tolist())
    if len(labels.classes) < 2:
        raise InputError(
            f"{where}: all {labels.counts()[0]} labeled rows are of one class, {labels.classes.tolist()[0]!r}. "
            "Label rows of at least one other class."
        )
    if reads_as_quantity(labels.classes, labels.counts()):
        raise InputError(
            f"{where}: {len(labels.classes)} different numbers, such as {labels.classes[0].item()!r}, read as a "
            "quantity rather than as classes. Leave --task out to predict numbers. If they are classes, write them "
            "as text."
        )


def _refuse_full(where: str, different: Sequence[Any]) -> NoReturn:
    marks = [name for name in different if str(name).casefold() in USUAL_MARKS]
    hint = f" If {marks[0]!r} is no class, add --unlabeled-marker={marks[0]}." if marks else ""
    raise InputError(
        f"{where}: every row has a label ({listed(different, most=5)}), so there is nothing to "
        "pseudo-label. Leave the cell empty where there is no label, name the value that marks such rows with "
        f"--unlabeled-marker, or give more rows with --unlabeled.{hint}"
    )


def _require_column(name: str | None, source: Source, option: str) -> None:
    names = source.schema.names
    if name is not None and name not in names:
        raise InputError(
            f"{source.name} has no column {name!r} ({option}).{near_match(name, names)} "
            f"Its columns are {listed(names, most=20)}."
        )


def _refuse_repeated_ids(column: pa.ChunkedArray, name: str, rows: Source) -> None:
    first: dict[Any, int] = {}
    for row, value in enumerate(column.to_pylist()):
        if value in first:
            raise InputError(
                f"The identifier {value!r} stands twice in column {name!r}: {rows.place(first[value])} and "
                f"{rows.place(row)}. Make it unique, or leave --id out."
            )
        first[value] = row
