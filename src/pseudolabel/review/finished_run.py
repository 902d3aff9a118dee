"""Finished run: a run folder, as those read it who review it.

Takes  the folder of a run.
Gives  FinishedRun: where its labeled table is, which columns are the user's and which are ours, and where its images
       lie.

Before this: manifest.py, results/record.py. After this: intake.py, refit.py, exporting.py, importing.py.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pseudolabel.data.rows import Source, open_rows
from pseudolabel.errors import InputError
from pseudolabel.manifest import Manifest, read_json, read_manifest
from pseudolabel.results.record import Record, read_record
from pseudolabel.run import LABELED_TABLE, TIMINGS

REVIEW = "review.sqlite"


@dataclass(frozen=True)
class FinishedRun:
    """A run, and what is in its labeled table.

    Attributes
    ----------
    manifest : Manifest
    record : Record
    rows : Source
        The labeled table.
    columns : tuple of str
        The columns of the user's table that it keeps, without ours.
    """

    manifest: Manifest
    record: Record
    rows: Source
    columns: tuple[str, ...]

    @property
    def folder(self) -> Path:
        """The run folder."""
        return self.manifest.folder

    @property
    def review(self) -> Path:
        """Where its review is kept."""
        return self.folder / REVIEW

    @property
    def label(self) -> str:
        """The column of labels."""
        return str(self.record["columns"]["label"])

    @property
    def id(self) -> str | None:
        """The column that names the rows."""
        name: str | None = self.record["columns"].get("id")
        return name

    @property
    def features(self) -> list[str]:
        """The columns the model was fitted on."""
        return [column["name"] for column in self.record["columns"]["features"]]

    @property
    def classes(self) -> list[str]:
        """The names of the classes."""
        return [str(name) for name in self.record["classes"]]

    def ours(self, name: str) -> str:
        """Give the name our column `pseudo_label`, `confidence` or `source` has in this table."""
        return str(self.record["table"]["columns"][name])

    @property
    def table_digest(self) -> str:
        """What tells its labeled table from that of another run."""
        files = {name: of for name, of in self.manifest.files.items() if name.split("/")[0] == LABELED_TABLE}
        return _digest([f"{name} {sha256}" for name, (_, sha256) in sorted(files.items())])

    @property
    def inputs_digest(self) -> str:
        """What tells its rows from those of another table."""
        return _digest([f"{of['role']} {of['sha256']}" for of in self.record["inputs"] if of["role"] != "test"])

    def data_folder(self) -> Path | None:
        """Give the folder the table lay in when it was read; None if it is gone, or nobody wrote it down."""
        written = read_json(self.manifest.require(TIMINGS)).get("data")
        found = None if not isinstance(written, str) else Path(written)
        if found is None or not found.exists():
            return None
        return found if found.is_dir() else found.parent


def read_finished_run(folder: Path) -> FinishedRun:
    """Read a run that predicts classes.

    Raises
    ------
    InputError
        If the folder holds no such run, not as the run left it, or its table lacks the columns that were learnt from.
    """
    run = read_run(folder)
    if run.record["task"]["name"] != "classification":
        raise InputError(
            f"{str(folder)!r} predicts numbers, and a review is about classes: it asks which one a row is of."
        )
    missing = [name for name in run.features if name not in run.rows.schema.names]
    if missing:
        raise InputError(
            f"The labeled table of {str(folder)!r} lacks {missing[0]!r} and {len(missing) - 1} more of the columns "
            "that were learnt from, so there is nothing to look at. Fit again with --columns all."
        )
    return run


def read_run(folder: Path) -> FinishedRun:
    """Read a run, whatever it predicts and whichever columns its table keeps.

    Raises
    ------
    InputError
        If the folder holds no run, or not as the run left it.
    """
    manifest = read_manifest(folder)
    record = read_record(manifest)
    rows = open_rows(manifest.require(LABELED_TABLE))
    return FinishedRun(manifest, record, rows, tuple(_users_columns(record, rows.schema.names)))


def _users_columns(record: Record, names: Sequence[str]) -> list[str]:
    """Leave our columns out: they are the last ones, whatever the user's are called."""
    ours = {str(name) for name in record["table"]["columns"].values()}
    first = min(names.index(name) for name in ours)
    return list(names[:first])


def _digest(lines: Sequence[str]) -> str:
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()
