"""Former: what an earlier run in the same folder knew, before this one replaces it.

Takes  a run folder, and what the new run learns from.
Gives  a Former: which look at the labels is next, the earlier ones, and the evidence if it can be used again.

A look is a verdict on a set of labels. The same labels give the same verdict as often as they are asked; every other
set is one look more, and allowed less, or somebody who asks after every new label would be told "helps" in the end.

A folder that holds no readable run has no past: its files are judged when they are replaced, not here.

Before this: judgement/. After this: run.py.
"""

import hashlib
import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pseudolabel.judgement.differences import Rows
from pseudolabel.judgement.evidence import Evidence
from pseudolabel.judgement.splits import Design
from pseudolabel.judgement.target_evidence import TargetEvidence
from pseudolabel.judgement.verdict import Verdict
from pseudolabel.results.record import record_of_versions

RECORD, EVIDENCE = "record.json", "evidence.npz"

NO_LOOK = ("too_few_labels", "not_asked", "nothing_unlabeled")
"""Reasons of verdicts that looked at nothing."""

Look = dict[str, Any]


@dataclass(frozen=True)
class Former:
    """Looks at a growing set of labels.

    Attributes
    ----------
    look : int
        The number of the look that is next, or of the former one where the labels are the same; from 1.
    history : tuple of mapping
        The earlier looks: `look`, `n_labeled` and `code` of each.
    labels : str
        The digest of the labels that are looked at.
    """

    labels: str
    look: int = 1
    history: tuple[Look, ...] = ()


def read_former(folder: Path, labels: str) -> Former:
    """Find out which look at the labels is next.

    Parameters
    ----------
    folder : Path
        Where the new run will stand.
    labels : str
        The digest of its labels.
    """
    try:
        verdict = json.loads((folder / RECORD).read_text(encoding="utf-8"))["verdict"]
        look, history = int(verdict["look"] or 1), tuple(dict(past) for past in verdict["history"])
        if verdict["labels_sha256"] == labels or verdict["reason"] in NO_LOOK:
            return Former(labels, look, history)
        past = {"look": look, "n_labeled": int(verdict["n_labeled"]), "code": str(verdict["code"])}
    except (OSError, ValueError, TypeError, KeyError):
        return Former(labels)
    return Former(labels, look + 1, (*history, past))


def record_of_looks(former: Former, verdict: Verdict) -> dict[str, Any]:
    """Give what the next run in this folder needs to know."""
    return {"history": [] if verdict.look is None else list(former.history), "labels_sha256": former.labels}


def digest_of(values: ArrayLike, rows: NDArray[np.int64]) -> str:
    """Give a digest of which rows have which label.

    Parameters
    ----------
    values : array-like of shape (n_labeled,)
    rows : ndarray of shape (n_labeled,)
        Where they stand in the table.

    Examples
    --------
    >>> digest_of(["a"], np.array([0])) == digest_of(["a"], np.array([1]))
    False
    """
    labels = [[row, str(value)] for row, value in zip(rows.tolist(), np.asarray(values, dtype=object), strict=True)]
    return hashlib.sha256(json.dumps(labels).encode()).hexdigest()


def key_of(settings: Mapping[str, Any], inputs: Sequence[Mapping[str, Any]]) -> str:
    """Give a digest of all that decides the evidence: settings, files and versions, ours too."""
    versions = {"pseudolabel": version("pseudolabel"), **record_of_versions()}
    digests = [(given["role"], given["name"], given["sha256"]) for given in inputs]
    return hashlib.sha256(json.dumps([dict(settings), digests, versions], default=str).encode()).hexdigest()


def save_evidence(path: Path, evidence: Evidence | TargetEvidence, key: str) -> None:
    """Write evidence so that a run on the same rows and labels need not gather it again; same evidence, same bytes."""
    arrays = {field.name: getattr(evidence, field.name) for field in fields(evidence)}
    rows, design = arrays.pop("rows"), arrays.pop("design")
    arrays |= {f"rows_{field.name}": getattr(rows, field.name) for field in fields(rows)}
    arrays |= {"design": np.array([design.kind, str(design.n_folds), str(design.n_repeats)]), "key": np.array(key)}
    kept = {name: np.asarray(value) for name, value in arrays.items() if value is not None}
    np.savez_compressed(path, allow_pickle=False, **kept)


def load_evidence(folder: Path, key: str) -> Evidence | TargetEvidence | None:
    """Read the evidence of a former run; None where there is none, or it is of other rows, labels or settings."""
    try:
        with np.load(folder / EVIDENCE, allow_pickle=False) as file:
            arrays = dict(file)
        if str(arrays.pop("key")) != key:
            return None
        kind, n_folds, n_repeats = (str(text) for text in arrays.pop("design"))
        design = Design(kind, int(n_folds), int(n_repeats))  # type: ignore[arg-type]
        rows = Rows(*(arrays.pop(f"rows_{field.name}") for field in fields(Rows)))
        if "interval" in arrays:
            return TargetEvidence(design=design, rows=rows, **arrays)
        has_probabilities = bool(arrays.pop("has_probabilities"))
        return Evidence(design=design, rows=rows, has_probabilities=has_probabilities, **arrays)
    except (OSError, ValueError, TypeError, KeyError, EOFError, zipfile.BadZipFile):
        return None
