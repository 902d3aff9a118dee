"""Dataset: what a run learns from, read from files and checked; and where to read all other rows.

Takes  the labeled table, the column of its labels, and further tables without labels.
Gives  a Dataset: every labeled row and a bounded sample of the unlabeled ones in one frame, their labels (classes or
       numbers), and the sources that all rows can be read from, as often as needed.

Whatever cannot be learnt from is refused here, before any work: no such column, nothing labeled, nothing left to
label, one class only, a word among numbers, identifiers that repeat.

Columns of paths to images are set aside, unless nothing else is there to learn from.

Before this: rows/, identifiers.py, labels.py, targets.py, task.py, features.py. After this: tasks/.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from pseudolabel.data.features import is_useful
from pseudolabel.data.identifiers import refuse_repeated, refuse_slips
from pseudolabel.data.images import look_at_images, names_of_images
from pseudolabel.data.label_cells import LabelCells, count_labels, forms_of, read_label_cells
from pseudolabel.data.labels import UNLABELED, Labels, read_labels
from pseudolabel.data.reviewed import NOT_REVIEWED, Reviewed, read_reviewed
from pseudolabel.data.rows import Note, Source, open_rows
from pseudolabel.data.rows.several import join_sources
from pseudolabel.data.rows.source import rows_of_batch
from pseudolabel.data.sample import SAMPLE_ROWS, draw_sample
from pseudolabel.data.targets import Targets, read_targets
from pseudolabel.data.task import Asked, Task, as_floats, choose_task, is_number, reads_as_quantity
from pseudolabel.errors import InputError
from pseudolabel.validation import listed, near_match

USUAL_MARKS = {"?", "-", "-1", "na", "n/a", "nan", "none", "null", "unknown", "unlabeled", "unlabelled", "missing"}
"""What people write where there is no label. Never taken for granted: each may be a class."""


@dataclass(frozen=True)
class Dataset:
    """What a run learns from.

    Attributes
    ----------
    data : Source
        The labeled table.
    unlabeled : tuple of Source
        The unlabeled ones.
    rows : Source
        All of them, one after the other.
    positions : ndarray of shape (n_taken,), int64
        The rows that are learnt from, as positions in `rows`, in order: all labeled rows, and a sample of the others.
    X : DataFrame of n_taken rows
        Their columns that may be learnt from.
    task : Task
    labels : Labels or Targets of n_taken rows
        Targets for regression. None or NaN in `values` where there is no label.
    groups, time : ndarray of shape (n_taken,) or None
        The columns named so; None where there is none.
    reviewed : Reviewed
        What people said of rows, as positions in `rows`.
    n_ignored : int
        Rows of the unlabeled tables that have a label all the same; it is not used.
    notes : tuple of Note
        What was noticed beyond what the readers of the files did.
    """

    data: Source
    unlabeled: tuple[Source, ...]
    rows: Source
    positions: NDArray[np.int64]
    X: pd.DataFrame
    task: Task
    labels: Labels | Targets
    groups: NDArray[Any] | None
    time: NDArray[Any] | None
    n_ignored: int
    notes: tuple[Note, ...] = ()
    reviewed: Reviewed = NOT_REVIEWED

    @property
    def features(self) -> list[str]:
        """The names of the columns that may be learnt from."""
        return [str(name) for name in self.X.columns]


@dataclass(frozen=True)
class Aside:
    """Columns that are never learnt from, by what they hold; None where there is no such column."""

    label: str
    id: str | None = None
    groups: str | None = None
    time: str | None = None
    remarks: str | None = None

    def names(self) -> set[str]:
        """Give the columns there are."""
        named = (self.label, self.id, self.groups, self.time, self.remarks)
        return {name for name in named if name is not None}

    def require(self, source: Source) -> None:
        """Refuse a source that lacks one of them."""
        for name, option in (
            (self.label, "--label"),
            (self.id, "--id"),
            (self.groups, "--groups"),
            (self.time, "--time"),
        ):
            _require_column(name, source, option)
            _refuse_unreadable(name, source, option)


def read_dataset(
    data: Path,
    aside: Aside,
    *,
    task: Asked = "auto",
    unlabeled: Sequence[Path] = (),
    markers: Sequence[str] = (),
    encoding: str = "utf-8",
    sample_rows: int = SAMPLE_ROWS,
    seed: int = 0,
) -> Dataset:
    """Read the rows to learn from, and find out which have a label.

    Parameters
    ----------
    data : Path
        The labeled table.
    aside : Aside
        Its column of labels, where an empty cell is none; and the columns that name rows, tell which belong together,
        and tell when they came about.
    task : {"auto", "classification", "regression"}, default="auto"
        What the labels are; "auto" looks at them.
    unlabeled : sequence of Path, default=()
        Tables all of whose rows are unlabeled.
    markers : sequence of str, default=()
        Values of the label column that also mean "no label".
    encoding : str, default="utf-8"
        Of text files.
    sample_rows : int, default=50_000
        How many unlabeled rows to learn from, chosen by position and seed alone; all of them if there are no more.
    seed : int, default=0

    Raises
    ------
    InputError
        If a table, a column or the labels cannot be used as they are.
    """
    source = open_rows(data, encoding=encoding)
    others = tuple(open_rows(path, encoding=encoding) for path in unlabeled)
    aside.require(source)
    rows = join_sources([source, *others]) if others else source
    if aside.id is not None:
        refuse_repeated(rows, aside.id)
    else:
        refuse_slips(source, aside.names())
    cells = read_label_cells(rows, aside.label, markers=markers, n_rows=source.n_rows)
    chosen = choose_task(cells.retyped(), aside.label, task)
    read = _read_targets if chosen.name == "regression" else _read_labels
    labeled, labels = read(cells, source, aside.label, markers)
    where = f"{source.name}, column {aside.label!r}"
    if len(labeled) == rows.n_rows:
        _refuse_full(where, _different(labels))
    if isinstance(labels, Labels):
        _refuse_unusable(labels, where)
    reviewed = NOT_REVIEWED if aside.remarks is None else read_reviewed(rows, aside.remarks)
    known = np.union1d(labeled, np.array(list(reviewed.ruled_out), dtype=np.int64))
    sample = draw_sample(rows.n_rows, sample_rows, seed, besides=known)
    positions = np.sort(np.concatenate([known, sample]))
    features = [name for name in rows.schema.names if name not in aside.names()]
    named = [name for name in (aside.groups, aside.time) if name is not None]
    taken = frame_of(take_cells(rows, positions, list(dict.fromkeys([*features, *named]))))
    folder = data if data.is_dir() else data.parent
    images = {name: names for name in features if (names := names_of_images(taken[name]))}
    named_only = bool(images) and not any(is_useful(name, taken[name]) for name in features if name not in images)
    features = [name for name in features if named_only or name not in images]
    return Dataset(
        source,
        others,
        rows,
        positions,
        taken[features],
        chosen,
        _spread(labels, np.searchsorted(positions, labeled), len(positions)),
        groups=None if aside.groups is None else taken[aside.groups].to_numpy(dtype=object),
        time=None if aside.time is None else _times(taken[aside.time], source, aside.time, positions),
        n_ignored=count_labels(rows, aside.label, from_row=source.n_rows) if others else 0,
        notes=tuple(look_at_images(name, cells, folder, named_only=named_only) for name, cells in images.items()),
        reviewed=reviewed,
    )


@dataclass(frozen=True)
class TestRows:
    """Rows kept for a comparison: their source, the columns the model knows, and their labels."""

    source: Source
    X: pd.DataFrame
    y: NDArray[Any]


def read_test_rows(path: Path, label: str, X: pd.DataFrame, *, markers: Sequence[str], encoding: str) -> TestRows:
    """Read the labeled rows of a table that was kept for the comparison.

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
    _refuse_unreadable(label, source, "--label, for --test")
    missing = [name for name in X.columns if name not in source.schema.names]
    if missing:
        raise InputError(f"{source.name} (--test) lacks the columns {listed(missing)} of the labeled table.")
    cells = read_label_cells(source, label, markers=markers, n_rows=source.n_rows)
    return TestRows(
        source, frame_of(take_cells(source, cells.positions, list(X.columns))), _as_objects(cells.retyped())
    )


def take_cells(rows: Source, positions: NDArray[np.int64], columns: Sequence[str]) -> pa.Table:
    """Read some columns of some rows.

    Parameters
    ----------
    rows : Source
    positions : ndarray of shape (n_taken,), int64
        In order.
    columns : sequence of str
    """
    start, tables = 0, list[pa.Table]()
    for part in rows.parts():
        for batch in part.batches(columns, at_most=rows_of_batch(len(columns))):
            first, last = np.searchsorted(positions, [start, start + batch.num_rows])
            if last - first == batch.num_rows:
                tables.append(batch)
            elif last > first:
                tables.append(batch.take(pa.array(positions[first:last] - start)))
            start += batch.num_rows
    schema = pa.schema([rows.schema.field(name) for name in columns])
    return pa.concat_tables(tables) if tables else schema.empty_table()


def _times(column: "pd.Series[Any]", source: Source, name: str, positions: NDArray[np.int64]) -> NDArray[Any]:
    """Give times as numbers or dates; text is read as dates in the order year, month, day."""
    if pd.api.types.is_numeric_dtype(column) or pd.api.types.is_datetime64_any_dtype(column):
        return np.asarray(column.dt.tz_localize(None) if getattr(column.dtype, "tz", None) else column)
    stamps = pd.to_datetime(column, errors="coerce", format="ISO8601", utc=True).dt.tz_localize(None)
    wrong = column.notna() & stamps.isna()
    if wrong.any():
        row = int(np.flatnonzero(wrong)[0])
        raise InputError(
            f"{source.place(int(positions[row]))}, column {name!r}: {column.iloc[row]!r} is no number and no date "
            "(--time). Write dates as 2026-01-31 or 2026-01-31T12:00."
        )
    return stamps.to_numpy()


def frame_of(table: pa.Table) -> pd.DataFrame:
    """Give Arrow columns as pandas, decimals as floats, dates as dates, and bytes as texts of as many characters."""
    fields = [field.with_type(pa.float64()) if pa.types.is_decimal(field.type) else field for field in table.schema]
    frame: pd.DataFrame = table.cast(pa.schema(fields)).to_pandas(date_as_object=False)
    for name in (field.name for field in table.schema if _is_bytes(field.type)):
        frame[name] = [value.decode("latin-1") if isinstance(value, bytes) else value for value in frame[name]]
    return frame


def _read_targets(
    cells: LabelCells, data: Source, label: str, markers: Sequence[str]
) -> tuple[NDArray[np.int64], Targets]:
    """Read numbers; give the rows they stand in too."""
    column = cells.retyped()
    if is_number(column.type):
        values = as_floats(column)
    else:
        places = zip(column.to_pylist(), cells.positions.tolist(), strict=True)
        values = np.array([_number_in(cell, data, row, label) for cell, row in places], dtype=np.float64)
    present = ~np.isnan(values)
    try:
        return cells.positions[present], read_targets(values[present])
    except InputError as error:
        raise InputError(f"{data.name}, column {label!r}: {error}") from error


def _number_in(cell: Any, data: Source, row: int, label: str) -> float:
    try:
        return float(cell if isinstance(cell, str) else "")
    except ValueError:
        raise InputError(
            f"{data.place(row)}, column {label!r}: {cell!r} is no number, and --task regression predicts numbers. "
            "Correct the cell, name it with --unlabeled-marker if it means that there is no label, or leave --task "
            "out."
        ) from None


def _read_labels(
    cells: LabelCells, data: Source, label: str, markers: Sequence[str]
) -> tuple[NDArray[np.int64], Labels]:
    """Read classes; give the rows they stand in too."""
    marks = [form for marker in markers for form in forms_of(marker)]
    try:
        labels = read_labels(_as_objects(cells.spelled()), unlabeled=marks)
    except InputError as error:
        raise InputError(f"{data.name}, column {label!r}: {error}") from error
    given = labels.given
    return cells.positions[given], Labels(labels.values[given], labels.codes[given], labels.classes)


def _as_objects(column: pa.ChunkedArray) -> NDArray[Any]:
    values = np.empty(len(column), dtype=object)
    values[:] = column.to_pylist()
    return values


def _spread(labels: Labels | Targets, places: NDArray[np.int64], n_rows: int) -> Labels | Targets:
    """Put labels among rows that have none."""
    if isinstance(labels, Targets):
        numbers = np.full(n_rows, np.nan)
        numbers[places] = labels.values
        return Targets(numbers)
    values, codes = np.full(n_rows, None, dtype=object), np.full(n_rows, UNLABELED, dtype=np.int64)
    values[places], codes[places] = labels.values, labels.codes
    return Labels(values, codes, labels.classes)


def _different(labels: Labels | Targets) -> Sequence[Any]:
    return sorted(set(labels.values.tolist())) if isinstance(labels, Targets) else list(labels.classes.tolist())


def _refuse_unusable(labels: Labels, where: str) -> None:
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


def _refuse_unreadable(name: str | None, source: Source, option: str) -> None:
    """Refuse a column whose cells are no plain values; those of labels must not be bare bytes either."""
    if name is None:
        return
    kind = source.schema.field(name).type
    plain = kind.value_type if pa.types.is_dictionary(kind) else kind
    if pa.types.is_nested(plain):
        raise InputError(
            f"{source.name}, column {name!r} ({option}): its cells are lists or structures ({plain}). Write the part "
            "that counts into a column of its own."
        )
    if option.startswith("--label") and _is_bytes(plain):
        raise InputError(
            f"{source.name}, column {name!r} ({option}): its cells are bytes ({plain}), not text. Write the labels as "
            "text or as numbers."
        )


def _is_bytes(kind: pa.DataType) -> bool:
    plain = kind.storage_type if isinstance(kind, pa.BaseExtensionType) else kind
    return bool(pa.types.is_binary(plain) or pa.types.is_large_binary(plain) or pa.types.is_fixed_size_binary(plain))
