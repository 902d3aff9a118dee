"""Prediction: new rows, labeled with the model of a run.

Takes  a run folder and a table with the columns the model was fitted on.
Gives  the table with a label for every row: a class and its confidence, or a number and its interval.

Before this: results/table.py, model_file.py. After this: cli.py.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
from sklearn.base import is_regressor

from pseudolabel.classifier import PseudoLabelClassifier, load
from pseudolabel.data.dataset import frame_of
from pseudolabel.data.rows import Source, open_rows
from pseudolabel.data.rows.source import rows_of_batch
from pseudolabel.errors import InputError, PseudolabelError
from pseudolabel.manifest import read_manifest
from pseudolabel.reading import PROCEDURES
from pseudolabel.regressor import PseudoLabelRegressor
from pseudolabel.results.record import read_record
from pseudolabel.results.table import check_table_path, free_names, is_text, with_columns, write_table
from pseudolabel.run import MODEL, Stage, no_display
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
    run: Path,
    data: Path,
    out: Path,
    *,
    probabilities: bool = False,
    encoding: str = "utf-8",
    raw: bool = False,
    trust_pickle: bool = False,
    stage: Stage = no_display,
) -> Predicted:
    """Label the rows of a new table with the model of a run.

    Parameters
    ----------
    run : Path
        The folder of a run, or a model file.
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
    trust_pickle : bool, default=False
        Open a model file that is a pickle.
    stage : function, optional
        Shows the progress of each stage.

    Raises
    ------
    InputError
        If the folder holds no run, or not as it was left, or the model is not one of ours, or the columns are not those
        of the run.
    ParameterError
        If probabilities are asked of a run that predicts numbers.
    """
    check_table_path(out, inputs=(data,))
    with stage("Reading", None):
        model, known = _read_model(run, trust_pickle=trust_pickle)
        source = open_rows(data, encoding=encoding)
        with _of_the_model():
            procedure = PROCEDURES["regression" if is_regressor(model) else "classification"]
            ignored = _check_columns(model, source, known)
    with stage("Labeling", None):
        tables = _labeled(procedure, model, source, probabilities, verbatim=is_text(out))
        changed = write_table(out, tables, raw=raw)
    return Predicted(source.n_rows, ignored, changed)


def _read_model(run: Path, *, trust_pickle: bool) -> tuple[Any, tuple[str | None, ...]]:
    """Read the model of a run, or of a file; with the columns it knows but does not learn from."""
    if run.is_file():
        model = load(run, trust_pickle=trust_pickle)
        if not isinstance(model, PseudoLabelClassifier | PseudoLabelRegressor) or not hasattr(model, "features_"):
            raise InputError(
                f"{str(run)!r} holds a {type(model).__name__} and no fitted model of pseudolabel. Give a run folder, "
                "or what `save` wrote."
            )
        return model, ()
    manifest = read_manifest(run)
    columns = read_record(manifest)["columns"]
    return load(manifest.require(MODEL)), (columns["label"], columns.get("id"))


@contextmanager
def _of_the_model() -> Iterator[None]:
    """Say of any other error than our own that the model is at fault: a file may hold one that cannot be asked."""
    try:
        yield
    except (PseudolabelError, MemoryError):
        raise
    except Exception as error:  # whatever the parts of a model do that do not belong together
        raise InputError(
            f"The model cannot be asked ({type(error).__name__}: {' '.join(str(error).split())[:200]}). It is damaged, "
            "or was made with other versions of the libraries. Fit it anew, or ask its maker for it."
        ) from error


def _check_columns(model: Any, source: Source, known: Sequence[str | None]) -> tuple[str, ...]:
    """Refuse a table that lacks columns the model uses; name those it has no use for."""
    there = source.schema.names
    fitted = [str(name) for name in model.feature_names_in_]
    extra = tuple(name for name in there if name not in fitted and name not in known)
    missing = [name for name in _used_by(model) if name not in there]
    if missing:
        raise InputError(
            f"{source.name}: the columns are not those the model was fitted on. "
            f"{column_difference(missing, extra)}Rename or add the missing columns."
        )
    return extra


def _used_by(model: Any) -> list[str]:
    """Name the columns a model looks at: an estimator of the user's looks at all of them."""
    return [str(name) for name in model.features_.kinds or model.feature_names_in_]


def _labeled(
    procedure: Procedure, model: Any, source: Source, with_probabilities: bool, *, verbatim: bool
) -> Iterator[pa.Table]:
    """Give rows with what was found out about them, some at a time."""
    names = source.schema.names
    with _of_the_model():
        of_the_model = _used_by(model)
    used = [name for name in names if name in of_the_model]
    at_most, appended = rows_of_batch(len(names)), free_names(names, procedure.appended)
    for part in source.parts():
        texts = part.batches(at_most=at_most, verbatim=True) if verbatim and part.is_text else None
        for table in part.batches(at_most=at_most):
            # Columns that were left out of the fit may be missing or empty: the model looks at none of them.
            X = frame_of(table.select(used)).reindex(columns=list(model.feature_names_in_))
            with _of_the_model():
                found = procedure.predicted(model, X, probabilities=with_probabilities)
            yield with_columns(table if texts is None else next(texts), found, appended)
