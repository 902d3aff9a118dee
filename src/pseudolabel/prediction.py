"""Prediction: new rows, labeled with the model of a run.

Takes  a run folder and a table with the columns the model was fitted on.
Gives  the table with a label for every row: a class and its confidence, or a number and its interval.

Before this: results/table.py, model_file.py. After this: cli.py.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from pseudolabel.classifier import load
from pseudolabel.data.dataset import frame_of
from pseudolabel.data.rows import Source, open_rows
from pseudolabel.data.rows.source import rows_of_batch
from pseudolabel.errors import InputError
from pseudolabel.results.table import check_table_path, free_names, is_text, with_columns, write_table
from pseudolabel.run import MODEL, PROCEDURES, RECORD, Stage, no_display
from pseudolabel.tasks.procedure import Procedure
from pseudolabel.validation import column_difference


@dataclass(frozen=True)
class Predicted:
    """What became of a table.

    Attributes
    ----------
    n_rows : int
        How many rows were labeled.
    ignored : tuple of str
        Columns of theirs that the model does not know.
    changed : mapping
        Of each column, how many cells got an apostrophe because a spreadsheet would run them.
    """

    n_rows: int
    ignored: tuple[str, ...]
    changed: Mapping[str, int]


def predict_file(
    folder: Path,
    data: Path,
    out: Path,
    *,
    probabilities: bool = False,
    encoding: str = "utf-8",
    raw: bool = False,
    stage: Stage = no_display,
) -> Predicted:
    """Label the rows of a new table with the model of a run.

    Parameters
    ----------
    folder : Path
        Of the run.
    data : Path
        With the columns the model was fitted on; further ones are carried along.
    out : Path
        The file to write: the rows, and what was found out about each.
    probabilities : bool, default=False
        Add a column for the probability of each class; not for numbers.
    encoding : str, default="utf-8"
        Of text files.
    raw : bool, default=False
        Leave cells that a spreadsheet would run as they are.
    stage : function, optional
        Shows the progress of each stage.

    Raises
    ------
    InputError
        If the folder holds no run, or the columns are not those of the run.
    ParameterError
        If probabilities are asked of a run that predicts numbers.
    """
    check_table_path(out, inputs=(data,))
    if not (folder / MODEL).is_file() or not (folder / RECORD).is_file():
        raise InputError(f"{str(folder)!r} is not a run: it holds no {MODEL}. Give the --out folder of a finished fit.")
    with stage("Reading", None):
        model = load(folder / MODEL)
        record = json.loads((folder / RECORD).read_text(encoding="utf-8"))
        columns, procedure = record["columns"], PROCEDURES[record["learning"]["task"]]
        source = open_rows(data, encoding=encoding)
        ignored = _check_columns(model, source, known=(columns["label"], columns["id"]))
    with stage("Labeling", None):
        tables = _labeled(procedure, model, source, probabilities, verbatim=is_text(out))
        changed = write_table(out, tables, raw=raw)
    return Predicted(source.n_rows, ignored, changed)


def _check_columns(model: Any, source: Source, known: Sequence[str | None]) -> tuple[str, ...]:
    """Refuse a table that lacks columns the model uses; name those it has no use for."""
    there = source.schema.names
    fitted = [str(name) for name in model.feature_names_in_]
    extra = tuple(name for name in there if name not in fitted and name not in known)
    missing = [name for name in model.features_.kinds if name not in there]
    if missing:
        raise InputError(
            f"{source.name}: the columns are not those the model was fitted on. "
            f"{column_difference(missing, extra)}Rename or add the missing columns."
        )
    return extra


def _labeled(
    procedure: Procedure, model: Any, source: Source, with_probabilities: bool, *, verbatim: bool
) -> Iterator[pa.Table]:
    """Give rows with what was found out about them, some at a time."""
    names = source.schema.names
    used = [name for name in names if name in model.features_.kinds]
    at_most, appended = rows_of_batch(len(names)), free_names(names, procedure.appended)
    for part in source.parts():
        texts = part.batches(at_most=at_most, verbatim=True) if verbatim and part.is_text else None
        for table in part.batches(at_most=at_most):
            # Columns that were left out of the fit may be missing or empty: the model looks at none of them.
            X = frame_of(table.select(used)).reindex(columns=list(model.feature_names_in_))
            found = procedure.predicted(model, X, probabilities=with_probabilities)
            yield with_columns(table if texts is None else next(texts), found, appended)
