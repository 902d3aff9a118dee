"""Published: the labels of a run, as they stand in its labeled table.

Takes  a run folder.
Gives  PublishedLabels: of every row the label and where it came from, what a reader would see of the row, and a hash
       that tells whether any of it has changed.

Before this: run.py. After this: audit.py.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pseudolabel.data.rows import open_rows
from pseudolabel.data.rows.source import whole
from pseudolabel.errors import InputError
from pseudolabel.manifest import read_manifest
from pseudolabel.results.record import read_record
from pseudolabel.results.spreadsheet import restored
from pseudolabel.run import LABELED_TABLE
from pseudolabel.storage import sha256_of
from pseudolabel.validation import listed, near_match

Which = Literal["accepted", "suggested", "both"]


@dataclass(frozen=True)
class PublishedLabels:
    """The labels of the rows of a run.

    Attributes
    ----------
    shown : pyarrow.Table of n_rows rows
        What a reviewer sees: the columns of the input but for the label.
    labels : pyarrow.ChunkedArray of length n_rows
        Given and pseudo-labels.
    source : ndarray of shape (n_rows,), of str
        Where each label came from.
    sha256 : str
        Of the file, or of all files.
    promise : mapping
        `precision` and `confidence` the run was asked for, where it was.
    """

    shown: pa.Table
    labels: pa.ChunkedArray
    source: NDArray[Any]
    sha256: str
    promise: Mapping[str, float]

    def rows_of(self, which: Which) -> NDArray[np.int64]:
        """Give the rows whose labels came about so."""
        wanted = ["accepted", "suggested"] if which == "both" else [which]
        return np.flatnonzero(np.isin(self.source, wanted))

    def label(self, row: int) -> str:
        """Give the text of a row's label."""
        return str(self.labels[row].as_py())

    def class_named(self, text: str) -> str:
        """Give the class a text names, as text: 1 and 1.0 are the same number, TRUE and True the same truth.

        Raises
        ------
        InputError
            If there is no such class.
        """
        classes = {str(value): value for value in pc.unique(self.labels).to_pylist() if value is not None}
        for spelled in (text, restored(text)):  # copied from a sheet, where it was made harmless
            if spelled in classes:
                return spelled
        for name, value in classes.items():
            if isinstance(value, bool):
                same = text.casefold() == name.casefold()
            else:
                same = isinstance(value, int | float) and _as_number(text) == value
            if same:
                return name
        raise InputError(
            f"There is no class {text!r}.{near_match(text, classes)} The classes are {listed(list(classes))}."
        )


def read_published(folder: Path) -> PublishedLabels:
    """Read the labels of a run that predicts classes.

    Raises
    ------
    InputError
        If the folder holds no run, or not as it was left, or its labels are numbers.
    """
    manifest = read_manifest(folder)
    record = read_record(manifest)
    if record["task"]["name"] != "classification":
        raise InputError("This run predicts numbers, and an audit is about classes, which are right or wrong.")
    ours, columns = record["table"]["columns"], record["columns"]
    path = manifest.require(LABELED_TABLE)
    source = open_rows(path)
    inputs = {columns["id"], *(column["name"] for column in columns["features"] + columns["left_out"])}
    shown = [name for name in source.schema.names if name in inputs]
    columns = [*shown, *ours.values()]
    table = pa.concat_tables([whole(part, columns) for part in source.parts()])
    promise = record.get("acceptance") or {}
    return PublishedLabels(
        shown=table.select(shown),
        labels=table[ours["pseudo_label"]],
        source=np.array(table[ours["source"]].to_pylist(), dtype=object),
        sha256=sha256_of(path) if path.is_file() else _sha256_of_all(source.paths),
        promise={name: promise[name] for name in ("precision", "confidence") if name in promise},
    )


def _as_number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _sha256_of_all(paths: Iterable[Path]) -> str:
    named = "".join(f"{sha256_of(path)} {path.name}\n" for path in paths)
    return hashlib.sha256(named.encode()).hexdigest()
