"""Doubt record: where the voters of a run disagree, and which rows a person should look at first.

Takes  the fitted classifier, and the rows of the run.
Gives  the entries disagreement, doubtful and shares of a record.

Before this: class_record.py. After this: tasks/classification.py.
"""

from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pseudolabel.classifier import PseudoLabelClassifier
from pseudolabel.data.sample import draw_sample
from pseudolabel.learning.explanation import Explanation, Vote
from pseudolabel.results.record import Record

N_DOUBTFUL = 10
MOST_ROWS_COMPARED = 10_000
"""Unlabeled rows on which teacher and labels-only model are compared."""


def doubt_sections(model: PseudoLabelClassifier, X: Any, shares: NDArray[np.float64] | None) -> Record:
    """Give the entries of a record that say what is doubtful.

    Parameters
    ----------
    model : PseudoLabelClassifier
        Fitted on `X`.
    X : pandas frame of shape (n_rows, n_features)
    shares : ndarray of shape (n_classes,), or None
        The estimated class shares of the unlabeled rows; None where they were not estimated.
    """
    taught = model.teacher_ is not None and (model.labeled_iter_ > 0).any()
    return {
        "disagreement": _disagreement(model, X) if taught else None,
        "doubtful": _doubtful(model, X) if taught else [],
        "shares": None if shares is None else _shares(model, shares),
    }


def _disagreement(model: PseudoLabelClassifier, X: Any) -> Record:
    """Compare the teacher's labels with those of the estimator fitted on the labels alone."""
    unlabeled = np.flatnonzero(model.labeled_iter_ > 0)
    rows = unlabeled[draw_sample(len(unlabeled), MOST_ROWS_COMPARED, seed=0)]
    taught = model.label_distributions_[rows].argmax(axis=1)
    differ = model.predict_proba_labels_only(X.iloc[rows]).argmax(axis=1) != taught
    return {
        "rows": len(rows),
        "share": float(differ.mean()),
        "per_class": {
            str(name): float(differ[taught == code].mean()) if (taught == code).any() else None
            for code, name in enumerate(model.classes_.tolist())
        },
    }


def _doubtful(model: PseudoLabelClassifier, X: Any) -> list[Record]:
    """Explain the pseudo-labels with the smallest lead over the next class."""
    second, first = np.sort(model.label_distributions_, axis=1)[:, -2:].T
    lead = np.where(model.labeled_iter_ > 0, first - second, np.inf)
    rows = np.argsort(lead, kind="stable")[: min(N_DOUBTFUL, int(np.isfinite(lead).sum()))]
    return [
        {"row": int(row), "label": str(model.transduction_[row])} | _explained(why)
        for row, why in zip(rows, model.explain(X.iloc[rows]), strict=True)
    ]


def _explained(why: Explanation) -> Record:
    return {
        "model": {"label": str(why.label), "probability": why.probability, "runner_up": str(why.runner_up)},
        "teacher": _said(why.teacher),
        "labels_only": _said(why.labels_only),
        "members": [{"name": vote.name, "weight": vote.weight} | _said(vote) for vote in why.votes],
        "nearest": [asdict(near) | {"label": str(near.label)} for near in why.nearest],
    }


def _said(vote: Vote) -> Record:
    return {"label": str(vote.label), "probability": vote.probability}


def _shares(model: PseudoLabelClassifier, estimated: NDArray[np.float64]) -> Record:
    names = [str(name) for name in model.classes_.tolist()]
    counts = np.bincount(
        np.searchsorted(model.classes_, model.transduction_[model.labeled_iter_ == 0].astype(model.classes_.dtype)),
        minlength=len(names),
    )
    return {
        "labeled": dict(zip(names, (counts / counts.sum()).tolist(), strict=True)),
        "estimated": dict(zip(names, estimated.tolist(), strict=True)),
    }
