"""Record: everything a run did and found out, as plain data.

Takes  the values the stages of a run gave.
Gives  a Record, the content of `record.json`; the report and the terminal's summary are drawn from it alone.

No clock, no path and no name of a machine is in it: the same run gives the same bytes anywhere.

Before this: judgement/. After this: report/, the command line.
"""

import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from importlib.metadata import version
from typing import Any

import numpy as np

import pseudolabel
from pseudolabel.classifier import PseudoLabelClassifier
from pseudolabel.data.rows.source import Source
from pseudolabel.judgement.conclusion import Conclusion
from pseudolabel.judgement.evidence import LEVEL, Difference, Evidence
from pseudolabel.judgement.findings import Finding
from pseudolabel.storage import sha256_of

Record = dict[str, Any]
"""The content of `record.json`: text, numbers, lists and dictionaries."""

FORMAT = 1
"""Raised when the meaning of a key changes."""

LIBRARIES = ("numpy", "pandas", "pyarrow", "scikit-learn", "skops", "skrub")

N_BARS = 20
"""Bars of the confidence histogram, from the lowest confidence there can be to 1."""


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
    model: PseudoLabelClassifier,
    evidence: Evidence | None,
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
    model : PseudoLabelClassifier
        Fitted.
    evidence : Evidence or None
    conclusion : Conclusion
    findings : sequence of Finding
    table : mapping
        Where the labeled rows are, and the names of the columns that were added.
    """
    classes = [str(name) for name in model.classes_.tolist()]
    return {
        "pseudolabel": pseudolabel.__version__,
        "format": FORMAT,
        "settings": dict(settings),
        "versions": record_of_versions(),
        "inputs": list(inputs),
        "columns": _columns(model, settings),
        "classes": classes,
        "counts": _counts(model, classes),
        "confidence": _confidence(model),
        "learning": _learning(model),
        "metrics": None if evidence is None else _metrics(evidence, classes),
        "conclusion": asdict(conclusion),
        "findings": [{"code": found.code, "title": found.title, "detail": found.detail} for found in findings],
        "table": dict(table),
    }


def _columns(model: PseudoLabelClassifier, settings: Mapping[str, Any]) -> Record:
    features = model.features_
    identifier = settings["id"]
    named = [] if identifier is None else [{"name": identifier, "reason": "identifier: named by --id"}]
    return {
        "label": settings["label"],
        "id": identifier,
        "features": [{"name": name, "kind": kind} for name, kind in features.kinds.items()],
        "left_out": named + [{"name": name, "reason": reason} for name, reason in features.left_out.items()],
    }


def _counts(model: PseudoLabelClassifier, classes: list[str]) -> Record:
    given, never = model.labeled_iter_ == 0, model.labeled_iter_ < 0
    suggested = ~given & ~never
    codes = np.searchsorted(model.classes_, model.transduction_[~never].astype(model.classes_.dtype))
    per_class = {
        name: np.bincount(codes[rows[~never]], minlength=len(classes)).tolist()
        for name, rows in {"given": given, "suggested": suggested}.items()
    }
    return {
        "rows": len(given),
        "given": int(given.sum()),
        "suggested": int(suggested.sum()),
        "none": int(never.sum()),
        "given_per_class": dict(zip(classes, per_class["given"], strict=True)),
        "suggested_per_class": dict(zip(classes, per_class["suggested"], strict=True)),
    }


def _confidence(model: PseudoLabelClassifier) -> Record:
    confidence = model.label_distributions_[model.labeled_iter_ > 0].max(axis=1)
    edges = np.linspace(1 / len(model.classes_), 1, N_BARS + 1)
    # A mean of probabilities can miss the range by the last digit.
    counts, _ = np.histogram(np.clip(confidence, edges[0], 1), bins=edges)
    return {"edges": [round(float(edge), 4) for edge in edges], "counts": counts.tolist()}


def _learning(model: PseudoLabelClassifier) -> Record:
    seats = () if model.teacher_ is None else model.teacher_.seats
    return {
        "task": "classification",
        "method": model.method,
        "n_rounds": model.n_iter_,
        "termination_condition": model.termination_condition_,
        "members": [
            {"name": seat.name, "weight": seat.weight, "temperature": seat.temperature, "brier": seat.brier}
            for seat in seats
        ],
        "mixture": [{"name": part.name, "share": part.share} for part in model.mixture_.parts],
    }


def _metrics(evidence: Evidence, classes: list[str]) -> Record:
    return {
        "scored_rows": evidence.n_rows,
        "folds": evidence.n_folds,
        "repeats": evidence.n_repeats,
        "level": LEVEL,
        "labels_only": asdict(evidence.labels_only),
        "pseudo_labeled": asdict(evidence.pseudo_labeled),
        "difference": {"accuracy": evidence.accuracy.estimate, "brier": evidence.brier.estimate},
        "interval": {"accuracy": _interval(evidence.accuracy), "brier": _interval(evidence.brier)},
        "per_class": [
            {
                "class": classes[recall.code],
                "rows": recall.n_rows,
                "recall_labels_only": recall.labels_only,
                "recall_pseudo_labeled": recall.pseudo_labeled,
            }
            for recall in evidence.per_class
        ],
        "not_scored": {"rows": len(evidence.not_scored), "classes": [classes[code] for code in evidence.not_scored]},
    }


def _interval(difference: Difference) -> list[float]:
    return [difference.lower, difference.upper]
