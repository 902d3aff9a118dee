"""Class record: what a record says of a run that predicts classes.

Takes  the fitted classifier, the rows it was fitted on, and the evidence if there is any.
Gives  the entries classes, counts, shares, confidence, learning, doubtful and metrics.

A bounded number of rows is looked at again: 10 are explained, 10 000 stand for all where everyone's answer counts.

Before this: record.py. After this: tasks/classification.py.
"""

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pseudolabel.classifier import PseudoLabelClassifier
from pseudolabel.data.sample import draw_sample
from pseudolabel.judgement.acceptance import Acceptance
from pseudolabel.judgement.differences import Difference
from pseudolabel.judgement.evidence import (
    LABELS_ONLY,
    MEASURES,
    MODELS,
    PSEUDO_LABELED,
    WITHOUT_UNLABELED,
    Evidence,
)
from pseudolabel.judgement.verdict import alarms_of
from pseudolabel.learning.explanation import Explanation, Opinion
from pseudolabel.learning.prior import shares_in_order, wants_estimate
from pseudolabel.learning.shares import MOST_ROWS, estimate_shares
from pseudolabel.results.record import (
    N_BARS,
    Record,
    record_of_design,
    record_of_differences,
    record_of_mixture,
)

MOST_DOUBTFUL = 10
"""Doubtful rows that are explained: as many as a person looks at."""

MOST_ROWS_COMPARED = 10_000
"""Unlabeled rows that the labels-only model is asked about: the share it disagrees on is right to a point."""

SEED = 0
"""Of the rows that stand for all."""

DIGITS = 6
"""Decimals of probabilities and distances of single rows: beyond, they may depend on the machine."""


def class_sections(
    model: PseudoLabelClassifier, X: pd.DataFrame, evidence: Evidence | None, *, place: Callable[[int], str]
) -> Record:
    """Give the entries of a record that depend on classes.

    Parameters
    ----------
    model : PseudoLabelClassifier
    X : DataFrame
        The rows it was fitted on.
    evidence : Evidence or None
    place : function
        From the number of a row, counted from 0, to where it stands, such as "data.csv, line 12".
    """
    classes = [str(name) for name in model.classes_.tolist()]
    acceptance = getattr(model, "acceptance_", None)  # only of a model that was asked to accept
    return {
        "classes": classes,
        "counts": _counts(model, classes),
        "shares": _shares(model, X, classes),
        "confidence": _confidence(model),
        "learning": {**_learning(model), "disagreement": _disagreement(model, X, classes)},
        "doubtful": _doubtful(model, X, place),
        "acceptance": None if acceptance is None else record_of_acceptance(acceptance, classes),
        "metrics": None if evidence is None else record_of_evidence(evidence, classes),
    }


def _counts(model: PseudoLabelClassifier, classes: list[str]) -> Record:
    given, never = model.labeled_iter_ == 0, model.labeled_iter_ < 0
    suggested = ~given & ~never
    codes = _codes(model, ~never)
    per_class = {
        name: np.bincount(codes[rows[~never]], minlength=len(classes)).tolist()
        for name, rows in {"given": given, "suggested": suggested}.items()
    }
    return {
        "rows": len(given),
        "given": int(given.sum()),
        "suggested": int(suggested.sum()),
        "accepted": int((model.pseudo_labels_["source"] == "accepted").sum()),
        "none": int(never.sum()),
        "given_per_class": dict(zip(classes, per_class["given"], strict=True)),
        "suggested_per_class": dict(zip(classes, per_class["suggested"], strict=True)),
    }


def _codes(model: PseudoLabelClassifier, rows: NDArray[Any]) -> NDArray[np.int64]:
    """Give the classes of rows that have a label, given or suggested, as positions in `classes_`."""
    return np.asarray(np.searchsorted(model.classes_, model.transduction_[rows].astype(model.classes_.dtype)))


def _shares(model: PseudoLabelClassifier, X: pd.DataFrame, classes: list[str]) -> Record:
    """Give how large each class is among the labels and seems to be elsewhere, and what the model was told."""
    given = np.flatnonzero(model.labeled_iter_ == 0)
    codes, prior, estimated, used = _codes(model, given), model.class_prior, None, None
    if model.method == "auto" and len(given) < len(X) and (prior is None or wants_estimate(prior)):
        estimated = _estimated_shares(model, X, given, codes)
    if prior is not None:
        used = estimated if wants_estimate(prior) else shares_in_order(prior, model.classes_)
    labeled = np.bincount(codes, minlength=len(classes)) / len(codes)
    return {
        name: None if shares is None else dict(zip(classes, shares.tolist(), strict=True))
        for name, shares in (("labeled", labeled), ("estimated", estimated), ("used", used))
    }


def _estimated_shares(
    model: PseudoLabelClassifier, X: pd.DataFrame, given: NDArray[np.int64], codes: NDArray[np.int64]
) -> NDArray[np.float64]:
    unlabeled = np.flatnonzero(model.labeled_iter_ != 0)
    labeled_sample, sample = (draw_sample(len(rows), MOST_ROWS, SEED) for rows in (given, unlabeled))
    labeled_matrix, matrix = (
        model.features_.matrix(X.iloc[rows]) for rows in (given[labeled_sample], unlabeled[sample])
    )
    return estimate_shares(labeled_matrix, codes[labeled_sample], matrix, len(model.classes_))


def _confidence(model: PseudoLabelClassifier) -> Record:
    confidence = model.label_distributions_[model.labeled_iter_ > 0].max(axis=1)
    edges = np.linspace(1 / len(model.classes_), 1, N_BARS + 1)
    # A mean of probabilities can miss the range by the last digit.
    counts, _ = np.histogram(np.clip(confidence, edges[0], 1), bins=edges)
    return {"edges": [round(float(edge), 4) for edge in edges], "counts": counts.tolist()}


def _learning(model: PseudoLabelClassifier) -> Record:
    seats, left_out = ((), {}) if model.teacher_ is None else (model.teacher_.seats, model.teacher_.left_out)
    return {
        "task": "classification",
        "method": model.method,
        "n_rounds": model.n_iter_,
        "termination_condition": model.termination_condition_,
        "members": [
            {"name": seat.name, "weight": seat.weight, "temperature": seat.temperature, "brier": seat.brier}
            for seat in seats
        ],
        "left_out": [{"name": name, "reason": reason} for name, reason in left_out.items()],
        "mixture": record_of_mixture(model.mixture_.parts),
    }


def _disagreement(model: PseudoLabelClassifier, X: pd.DataFrame, classes: list[str]) -> Record | None:
    """Give on how many of the rows it labeled the teacher has another opinion than the labels-only model."""
    suggested = np.flatnonzero(model.labeled_iter_ > 0)
    if model.teacher_ is None or len(suggested) == 0:
        return None
    rows = suggested[draw_sample(len(suggested), MOST_ROWS_COMPARED, SEED)]
    taught = _codes(model, rows)
    differs = taught != model.predict_proba_labels_only(X.iloc[rows]).argmax(axis=1)
    n_rows = np.bincount(taught, minlength=len(classes)).tolist()
    n_differing = np.bincount(taught[differs], minlength=len(classes)).tolist()
    return {
        "rows": len(rows),
        "share": float(differs.mean()),
        "per_class": [
            {"class": name, "rows": of_class, "share": differing / of_class if of_class else None}
            for name, of_class, differing in zip(classes, n_rows, n_differing, strict=True)
        ],
    }


def _doubtful(model: PseudoLabelClassifier, X: pd.DataFrame, place: Callable[[int], str]) -> list[Record]:
    """Give the suggested labels with the smallest lead over another class, the most doubtful first."""
    suggested = np.flatnonzero(model.labeled_iter_ > 0)
    codes, others = _codes(model, suggested), model.label_distributions_[suggested]
    each = np.arange(len(suggested))
    lead = others[each, codes]
    others[each, codes] = -1
    order = np.argsort(lead - others.max(axis=1), kind="stable")[:MOST_DOUBTFUL]
    rows, names = suggested[order], [str(name) for name in model.classes_.tolist()]
    explained = [None] * len(rows) if model.teacher_ is None or not len(rows) else model.explain(X.iloc[rows])
    return [
        {
            "row": int(suggested[at]),
            "place": place(int(suggested[at])),
            "label": names[codes[at]],
            "probability": round(float(lead[at]), DIGITS),
            "runner_up": names[others[at].argmax()],
            "runner_up_probability": round(float(others[at].max()), DIGITS),
            **_voices(explanation, place),
        }
        for at, explanation in zip(order, explained, strict=True)
    ]


def _voices(explanation: Explanation | None, place: Callable[[int], str]) -> Record:
    """Give what is said of a row, and the labeled rows it is most like; nothing where no committee was asked."""
    if explanation is None:
        return {"labels_only": None, "members": [], "nearest": []}
    return {
        "labels_only": _voice(explanation.labels_only),
        "members": [{"name": member.name, **_voice(member)} for member in explanation.members],
        "nearest": [
            {
                "row": near.row,
                "place": place(near.row),
                "label": str(near.label),
                "distance": round(near.distance, DIGITS),
            }
            for near in explanation.nearest or ()
        ],
    }


def _voice(opinion: Opinion) -> Record:
    return {"label": str(opinion.label), "probability": round(opinion.confidence, DIGITS)}


def record_of_evidence(evidence: Evidence, classes: list[str]) -> Record:
    """Give what three models measured on the same held-out rows."""
    differences: dict[int, dict[str, Difference]] = {
        model: {measure: evidence.difference(measure, model) for measure in MEASURES}
        for model in (LABELS_ONLY, WITHOUT_UNLABELED)
    }
    return {
        **record_of_design(evidence.design, evidence.n_rows),
        **{name: {measure: evidence.mean(measure, model) for measure in MEASURES} for model, name in enumerate(MODELS)},
        **record_of_differences(differences[LABELS_ONLY]),
        "unlabeled": record_of_differences(differences[WITHOUT_UNLABELED]),
        "per_class": _per_class(evidence, classes),
        "not_scored": {
            "rows": len(evidence.not_scored),
            "classes": [classes[code] for code in np.setdiff1d(evidence.not_scored, evidence.truth)],
        },
        "reliability": _reliability(evidence),
    }


def record_of_acceptance(acceptance: Acceptance, classes: list[str]) -> Record:
    """Give which pseudo-labels are accepted, and what is promised of them."""
    found = asdict(acceptance)
    of_classes = found.pop("classes")
    return found | {
        "accepted": acceptance.n_accepted,
        "unlabeled": len(acceptance.accepted),
        "coverage_interval": list(acceptance.coverage_interval),
        "classes": of_classes and [{"class": classes[each.pop("code")], **each} for each in of_classes],
    }


def _per_class(evidence: Evidence, classes: list[str]) -> list[Record]:
    alarmed = {alarm.code for alarm in alarms_of(evidence)}
    return [
        {
            "class": classes[measured.code],
            "rows": measured.n_rows,
            **{
                f"{measure}_{MODELS[model]}": getattr(measured, measure)[model]
                for measure in ("recall", "precision")
                for model in (LABELS_ONLY, PSEUDO_LABELED)
            },
            "detectable": None if measured.change is None else measured.change.detectable(),
            "alarm": measured.code in alarmed,
        }
        for measured in evidence.per_class()
    ]


def _reliability(evidence: Evidence) -> Record:
    bins = evidence.reliability()
    return {
        "edges": np.linspace(0, 1, len(bins) + 1).round(4).tolist(),
        "rows": [n_rows for n_rows, _, _ in bins],
        "confidence": [confidence for _, confidence, _ in bins],
        "right": [right for _, _, right in bins],
    }
