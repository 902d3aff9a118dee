"""Class record: what a record says of a run that predicts classes.

Takes  the fitted classifier, the rows it was fitted on, the tally of all rows, and the evidence if there is any.
Gives  the entries classes, counts, shares, confidence, learning, doubtful and metrics.

A bounded number of rows is looked at again: 10 are explained, 10 000 stand for all where everyone's answer counts.

Before this: record.py. After this: tasks/classification.py.
"""

from dataclasses import asdict
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from pseudolabel.classifier import PseudoLabelClassifier
from pseudolabel.data.dataset import Dataset, frame_of
from pseudolabel.data.sample import draw_sample
from pseudolabel.judgement.acceptance import Acceptance
from pseudolabel.judgement.differences import Difference
from pseudolabel.judgement.doubt import find_doubtful, most_doubtful, moved
from pseudolabel.judgement.evidence import (
    LABELS_ONLY,
    MEASURES,
    MODELS,
    PSEUDO_LABELED,
    WITHOUT_UNLABELED,
    Evidence,
)
from pseudolabel.judgement.summary import Summary
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
from pseudolabel.scoring import Tally

MOST_ROWS_COMPARED = 10_000
"""Unlabeled rows that the labels-only model is asked about: the share it disagrees on is right to a point."""

SEED = 0
"""Of the rows that stand for all."""

DIGITS = 6
"""Decimals of probabilities and distances of single rows: beyond, they may depend on the machine."""


def class_sections(
    model: PseudoLabelClassifier,
    dataset: Dataset,
    evidence: Evidence | None,
    tally: Tally,
    acceptance: Acceptance | None,
) -> Record:
    """Give the entries of a record that depend on classes.

    Parameters
    ----------
    model : PseudoLabelClassifier
    dataset : Dataset
        The rows it was fitted on, and where they stand.
    evidence : Evidence or None
    tally : Tally
        Of the scores of all rows.
    acceptance : Acceptance or None
    """
    classes, X = [str(name) for name in model.classes_.tolist()], dataset.X
    assert tally.summary is not None
    return {
        "classes": classes,
        "counts": _counts(model, classes, tally, tally.summary, acceptance),
        "shares": _shares(model, X, classes),
        "confidence": _confidence(tally.summary, len(classes)),
        "learning": {**_learning(model), "disagreement": _disagreement(model, X, classes)},
        "doubtful": _doubtful(model, dataset, tally),
        "acceptance": None if acceptance is None else record_of_acceptance(acceptance, classes),
        "metrics": None if evidence is None else record_of_evidence(evidence, classes),
    }


def _counts(
    model: PseudoLabelClassifier, classes: list[str], tally: Tally, summary: Summary, acceptance: Acceptance | None
) -> Record:
    given = np.bincount(_codes(model, model.labeled_iter_ == 0), minlength=len(classes)).tolist()
    return {
        "rows": tally.n_rows,
        "given": tally.n_given,
        "suggested": summary.n_rows,
        "accepted": 0 if acceptance is None else acceptance.n_accepted,
        "none": tally.n_rows - tally.n_given - summary.n_rows,
        "given_per_class": dict(zip(classes, given, strict=True)),
        "suggested_per_class": dict(zip(classes, map(int, summary.per_class()), strict=True)),
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


def _confidence(summary: Summary, n_classes: int) -> Record:
    edges = np.linspace(1 / n_classes, 1, N_BARS + 1)
    return {"edges": [round(float(edge), 4) for edge in edges], "counts": summary.histogram(edges).tolist()}


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


def _doubtful(model: PseudoLabelClassifier, dataset: Dataset, tally: Tally) -> list[Record]:
    """Give the suggested labels with the smallest lead over another class, the most doubtful first."""
    suggested, codes = np.flatnonzero(model.labeled_iter_ > 0), np.zeros(len(dataset.X), dtype=np.int64)
    codes[suggested] = _codes(model, suggested)
    among_fitted = find_doubtful(model.label_distributions_, codes, among=suggested)
    found = most_doubtful([moved(among_fitted, dataset.positions), tally.doubtful])
    if found is None:
        return []
    names, place = [str(name) for name in model.classes_.tolist()], dataset.rows.place
    explained = [None] * len(found) if model.teacher_ is None else model.explain(_rows_of(found, dataset))
    return [
        {
            "row": row["position"],
            "place": place(row["position"]),
            "label": names[row["code"]],
            "probability": round(row["probability"], DIGITS),
            "runner_up": names[row["runner_up"]],
            "runner_up_probability": round(row["runner_up_probability"], DIGITS),
            **_voices(explanation, dataset),
        }
        for row, explanation in zip(found.select(found.column_names[:6]).to_pylist(), explained, strict=True)
    ]


def _rows_of(found: pa.Table, dataset: Dataset) -> pd.DataFrame:
    """Give the rows that were found doubtful: of those that were fitted on, and as the scorer kept them."""
    positions = found["position"].to_numpy()
    fitted = np.isin(positions, dataset.positions)
    rows: pd.DataFrame = dataset.X.iloc[np.searchsorted(dataset.positions, positions[fitted])].set_axis(
        np.flatnonzero(fitted)
    )
    if fitted.all():
        return rows
    others = pa.Table.from_struct_array(found["row"].filter(pa.array(~fitted)))
    both: pd.DataFrame = pd.concat([rows, frame_of(others).set_axis(np.flatnonzero(~fitted))]).sort_index()
    return both


def _voices(explanation: Explanation | None, dataset: Dataset) -> Record:
    """Give what is said of a row, and the labeled rows it is most like; nothing where no committee was asked."""
    if explanation is None:
        return {"labels_only": None, "members": [], "nearest": []}
    return {
        "labels_only": _voice(explanation.labels_only),
        "members": [{"name": member.name, **_voice(member)} for member in explanation.members],
        "nearest": [
            {
                "row": int(dataset.positions[near.row]),
                "place": dataset.rows.place(int(dataset.positions[near.row])),
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
        "per_class": _per_class(evidence, [*classes, *evidence.unseen.tolist()]),
        "unseen": {
            "rows": int((evidence.truth >= len(classes)).sum()),
            "classes": evidence.unseen.tolist(),
        },
        "not_scored": {
            "rows": len(evidence.not_scored),
            "classes": [classes[code] for code in np.setdiff1d(evidence.not_scored, evidence.truth)],
        },
        "reliability": _reliability(evidence),
    }


def record_of_acceptance(acceptance: Acceptance, classes: list[str]) -> Record:
    """Give which pseudo-labels are accepted, and what is promised of them."""
    found = asdict(acceptance)
    of_classes, _ = found.pop("classes"), found.pop("levels")
    return found | {
        "level": acceptance.level,
        "accepted": found.pop("n_accepted"),
        "unlabeled": found.pop("n_unlabeled"),
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
