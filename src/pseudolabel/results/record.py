"""Record: everything a run did and found out, as plain data.

Takes  the values the stages of a run gave.
Gives  a Record, the content of `record.json`; the report and the terminal's summary are drawn from it alone.

No clock, no path and no name of a machine is in it: the same run gives the same bytes anywhere.

Before this: judgement/. After this: class_record.py, target_record.py, report/.
"""

import platform
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict
from importlib.metadata import version
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pseudolabel.data.features import Features
from pseudolabel.data.rows.source import Source
from pseudolabel.data.task import Task
from pseudolabel.errors import InputError
from pseudolabel.judgement.differences import LEVEL, Difference
from pseudolabel.judgement.findings import Finding
from pseudolabel.judgement.novelty import Novelty
from pseudolabel.judgement.shift import Shift
from pseudolabel.judgement.splits import Design
from pseudolabel.manifest import Manifest, read_json
from pseudolabel.storage import sha256_of

Record = dict[str, Any]
"""The content of `record.json`: text, numbers, lists and dictionaries."""

FORMAT = 2
"""Raised when the meaning of a key changes."""

LIBRARIES = ("numpy", "pandas", "pyarrow", "scikit-learn", "skops", "skrub")

MOST_EXAMPLES = 10
"""Columns that differ, and novel rows, that are named."""

N_BARS = 20
"""Bars of every histogram."""


def record_of_inputs(sources: Mapping[str, Sequence[Source]]) -> list[Record]:
    """Name every file that was read, by role, with its size and SHA-256; rows where a source is one file."""
    return [
        {
            "name": path.name,
            "role": role,
            "rows": source.n_rows if len(source.paths) == 1 else None,
            "bytes": path.stat().st_size,
            "sha256": sha256_of(path),
        }
        for role, several in sources.items()
        for source in several
        for path in source.paths
    ]


RECORD = "record.json"

_NEEDED = {
    "task": {"name": str},
    "learning": {"task": str},
    "columns": {"label": str, "features": list, "left_out": list},
    "table": {"file": str, "columns": dict},
    "verdict": {"code": str},
    "findings": list,
}
"""Of a record: what its readers rely on."""


def read_record(manifest: Manifest) -> Record:
    """Read the record of a run, if it is as the run left it.

    Raises
    ------
    InputError
        If it is not, or is no record, or that of a newer version.
    """
    path = manifest.require(RECORD)
    record = read_json(path)
    try:
        if int(record["format"]) > FORMAT:
            raise InputError(f"{str(path)!r} was made by a newer version of pseudolabel. Update this one.")
        _require_kinds(record, _NEEDED)
    except (ValueError, TypeError, KeyError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{str(path)!r} is not the record of a run: {error} is wrong or missing.") from error
    return dict(record)


def _require_kinds(found: Any, needed: Mapping[str, Any]) -> None:
    """Insist that there are these keys, and values of these kinds."""
    for name, kind in needed.items():
        value = found[name]
        if isinstance(kind, dict):
            _require_kinds(value, kind)
        elif not isinstance(value, kind):
            raise TypeError(repr(name))


def record_of_versions() -> Record:
    """Give the versions of Python and of the libraries that decide what a run gives."""
    return {"python": platform.python_version()} | {name: version(name) for name in LIBRARIES}


def make_record(
    *,
    settings: Mapping[str, Any],
    inputs: Sequence[Record],
    task: Task,
    features: Features,
    sections: Mapping[str, Any],
    verdict: Record,
    findings: Sequence[Finding],
    table: Mapping[str, Any],
) -> Record:
    """Put a run's record together.

    Parameters
    ----------
    settings : mapping
        What was asked for.
    inputs : sequence
        As `record_of_inputs` gives it.
    task : Task
    features : Features
        Of the fitted model.
    sections : mapping
        What only the task can say: counts, learning, metrics and more.
    verdict : mapping
        As `Verdict.record` gives it, and which look it was.
    findings : sequence of Finding
    table : mapping
        The file the labeled table is in, and the names its last columns got.
    """
    return {
        "pseudolabel": version("pseudolabel"),
        "format": FORMAT,
        "settings": dict(settings),
        "versions": record_of_versions(),
        "inputs": list(inputs),
        "columns": record_of_columns(features, label=settings["label"], id=settings["id"]),
        "task": asdict(task),
        **sections,
        "verdict": dict(verdict),
        "findings": record_of_findings(findings),
        "table": dict(table),
    }


def record_of_columns(features: Features, *, label: str, id: str | None) -> Record:
    """Give which columns were learnt from, and why the others were not."""
    named = [] if id is None else [{"name": id, "reason": "identifier: named by --id"}]
    return {
        "label": label,
        "id": id,
        "features": [{"name": name, "kind": kind} for name, kind in features.kinds.items()],
        "left_out": named + [{"name": name, "reason": reason} for name, reason in features.left_out.items()],
    }


def record_of_findings(findings: Sequence[Finding]) -> list[Record]:
    """Give what was noticed."""
    return [{"code": found.code, "title": found.title, "detail": found.detail} for found in findings]


def record_of_design(design: Design, n_rows: int) -> Record:
    """Give how the models were compared."""
    return {
        "design": design.kind,
        "scored_rows": n_rows,
        "folds": design.n_folds,
        "repeats": design.n_repeats,
        "level": LEVEL,
    }


def record_of_differences(differences: Mapping[str, Difference]) -> Record:
    """Give differences and their intervals, each by the name of its measure."""
    return {
        "difference": {name: difference.estimate for name, difference in differences.items()},
        "interval": {name: [difference.lower, difference.upper] for name, difference in differences.items()},
    }


def record_of_shift(shift: Shift) -> Record:
    """Give whether labeled and unlabeled rows are from one population."""
    return {
        "code": shift.code,
        "reason": shift.reason,
        "auc": shift.auc,
        "auc_interval": None if shift.auc_interval is None else list(shift.auc_interval),
        "p_value": shift.p_value,
        "level": shift.level,
        "n_labeled": shift.n_labeled,
        "n_unlabeled": shift.n_unlabeled,
        "columns": [asdict(column) for column in shift.columns[:MOST_EXAMPLES]],
    }


def record_of_novelty(novelty: Novelty, unlabeled: NDArray[np.int64], place: Callable[[int], str]) -> Record:
    """Give which unlabeled rows are unlike anything labeled.

    Parameters
    ----------
    novelty : Novelty
    unlabeled : ndarray of shape (n_unlabeled,)
        The rows it was asked about, counted from 0.
    place : function
        From such a row to where it stands.
    """
    rows = [int(row) for row in unlabeled[novelty.rows[:MOST_EXAMPLES]]]
    return {
        "code": novelty.code,
        "reason": novelty.reason,
        "rows": len(novelty.rows),
        "share": novelty.share,
        "checked": novelty.n_checked,
        "level": novelty.level,
        "p_value": novelty.p_value,
        "examples": [{"row": row, "place": place(row)} for row in rows],
    }


def record_of_mixture(parts: Iterable[Any]) -> list[Record]:
    """Give who votes in `predict`, from objects with a name and a share."""
    return [{"name": part.name, "share": part.share} for part in parts]
