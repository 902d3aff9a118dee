"""Class record: what a record says of a run that predicts classes.

Takes  the fitted classifier, and the evidence if there is any.
Gives  the entries classes, counts, confidence, learning and metrics.

Before this: record.py. After this: tasks/classification.py.
"""

from dataclasses import asdict

import numpy as np

from pseudolabel.classifier import PseudoLabelClassifier
from pseudolabel.judgement.evidence import Evidence
from pseudolabel.results.record import (
    N_BARS,
    Record,
    record_of_design,
    record_of_differences,
    record_of_left_out,
    record_of_mixture,
)


def class_sections(model: PseudoLabelClassifier, evidence: Evidence | None) -> Record:
    """Give the entries of a record that depend on classes."""
    classes = [str(name) for name in model.classes_.tolist()]
    return {
        "classes": classes,
        "counts": _counts(model, classes),
        "confidence": _confidence(model),
        "learning": _learning(model),
        "metrics": None if evidence is None else _metrics(evidence, classes),
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
        "left_out": record_of_left_out({} if model.teacher_ is None else model.teacher_.left_out),
        "mixture": record_of_mixture(model.mixture_.parts),
    }


def _metrics(evidence: Evidence, classes: list[str]) -> Record:
    return {
        **record_of_design(evidence.n_rows, evidence.n_folds, evidence.n_repeats),
        "labels_only": asdict(evidence.labels_only),
        "pseudo_labeled": asdict(evidence.pseudo_labeled),
        **record_of_differences(accuracy=evidence.accuracy, brier=evidence.brier),
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
