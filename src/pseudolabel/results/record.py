"""Record: everything a run did and found out, as plain data.

Takes  the values the stages of a run gave.
Gives  a Record, the content of `record.json`; the report and the terminal's summary are drawn from it alone.

No clock, no path and no name of a machine is in it: the same run gives the same bytes anywhere.

Before this: judgement/. After this: class_record.py, target_record.py, report/.
"""

import platform
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from importlib.metadata import version
from typing import Any

import pseudolabel
from pseudolabel.data.features import Features
from pseudolabel.data.rows.source import Source
from pseudolabel.data.task import Task
from pseudolabel.judgement.conclusion import Conclusion
from pseudolabel.judgement.findings import Finding
from pseudolabel.judgement.pairs import LEVEL, Difference
from pseudolabel.storage import sha256_of

Record = dict[str, Any]
"""The content of `record.json`: text, numbers, lists and dictionaries."""

FORMAT = 1
"""Raised when the meaning of a key changes."""

LIBRARIES = ("numpy", "pandas", "pyarrow", "scikit-learn", "skops", "skrub")

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
    conclusion: Conclusion,
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
    conclusion : Conclusion
    findings : sequence of Finding
    table : mapping
        The file the labeled table is in, and the names its last columns got.
    """
    return {
        "pseudolabel": pseudolabel.__version__,
        "format": FORMAT,
        "settings": dict(settings),
        "versions": record_of_versions(),
        "inputs": list(inputs),
        "columns": _columns(features, settings),
        "task": asdict(task),
        **sections,
        "conclusion": asdict(conclusion),
        "findings": [{"code": found.code, "title": found.title, "detail": found.detail} for found in findings],
        "table": dict(table),
    }


def record_of_design(n_rows: int, n_folds: int, n_repeats: int) -> Record:
    """Give how the two models were compared."""
    return {"scored_rows": n_rows, "folds": n_folds, "repeats": n_repeats, "level": LEVEL}


def record_of_differences(**differences: Difference) -> Record:
    """Give differences and their intervals, each by the name of its measure."""
    return {
        "difference": {name: difference.estimate for name, difference in differences.items()},
        "interval": {name: [difference.lower, difference.upper] for name, difference in differences.items()},
    }


def record_of_mixture(parts: Iterable[Any]) -> list[Record]:
    """Give who votes in `predict`, from objects with a name and a share."""
    return [{"name": part.name, "share": part.share} for part in parts]


def _columns(features: Features, settings: Mapping[str, Any]) -> Record:
    identifier = settings["id"]
    named = [] if identifier is None else [{"name": identifier, "reason": "identifier: named by --id"}]
    return {
        "label": settings["label"],
        "id": identifier,
        "features": [{"name": name, "kind": kind} for name, kind in features.kinds.items()],
        "left_out": named + [{"name": name, "reason": reason} for name, reason in features.left_out.items()],
    }
