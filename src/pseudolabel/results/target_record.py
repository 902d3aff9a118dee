"""Target record: what a record says of a run that predicts numbers.

Takes  the fitted regressor, and the evidence if there is any.
Gives  the entries counts, target, interval_width, learning and metrics.

Before this: record.py. After this: tasks/regression.py.
"""

import numpy as np
from numpy.typing import NDArray

from pseudolabel.judgement.differences import LEVEL
from pseudolabel.judgement.evidence import LABELS_ONLY, MODELS, WITHOUT_UNLABELED
from pseudolabel.judgement.target_evidence import TargetEvidence
from pseudolabel.judgement.verdict import in_unit_of_target
from pseudolabel.regressor import PseudoLabelRegressor
from pseudolabel.results.record import (
    N_BARS,
    Record,
    record_of_design,
    record_of_differences,
    record_of_mixture,
)

SAME_WIDTH = 1e-6
"""Widths that differ by less, relative to the widest, differ by rounding alone."""


def target_sections(model: PseudoLabelRegressor, evidence: TargetEvidence | None) -> Record:
    """Give the entries of a record that depend on numbers."""
    table = model.pseudo_labels_
    by_source = {source: table[table["source"] == source] for source in ("given", "suggested", "none")}
    given, suggested = by_source["given"], by_source["suggested"]
    return {
        "counts": {"rows": len(table)} | {source: len(rows) for source, rows in by_source.items()},
        "target": _target(given["pseudo_label"].to_numpy(), suggested["pseudo_label"].to_numpy()),
        "interval_width": histogram_of_widths((suggested["upper"] - suggested["lower"]).to_numpy()),
        "learning": _learning(model),
        "acceptance": None,
        "metrics": None if evidence is None else record_of_target_evidence(evidence),
    }


def _target(given: NDArray[np.float64], suggested: NDArray[np.float64]) -> Record:
    return {
        "given": description(given),
        "suggested": description(suggested),
        "histogram": histogram_of_numbers(given, suggested),
    }


def description(numbers: NDArray[np.float64]) -> Record:
    """Describe numbers: how many, where, how far apart; nulls but for the count where there are none.

    Examples
    --------
    >>> description(np.array([1.0, 2.0, 3.0]))["standard_deviation"]
    1.0
    """
    described: Record = {"count": len(numbers)}
    if not len(numbers):
        return described | dict.fromkeys(("mean", "standard_deviation", "minimum", "median", "maximum"))
    return described | {
        "mean": float(numbers.mean()),
        "standard_deviation": float(numbers.std(ddof=1)) if len(numbers) > 1 else None,
        "minimum": float(numbers.min()),
        "median": float(np.median(numbers)),
        "maximum": float(numbers.max()),
    }


def histogram_of_numbers(given: NDArray[np.float64], suggested: NDArray[np.float64]) -> Record:
    """Count given and suggested numbers in the same bins, from the lowest of all to the highest."""
    both = np.concatenate([given, suggested])
    edges = np.linspace(both.min(), both.max(), N_BARS + 1)
    return {
        "edges": edges.tolist(),
        "given": np.histogram(given, edges)[0].tolist(),
        "suggested": np.histogram(suggested, edges)[0].tolist(),
    }


def histogram_of_widths(widths: NDArray[np.float64]) -> Record:
    """Count the widths of intervals, from 0 on; in a single bin where all are alike.

    Examples
    --------
    >>> histogram_of_widths(np.array([2.0, 2.0]))
    {'level': 0.9, 'median': 2.0, 'edges': [0.0, 2.0], 'counts': [2]}
    """
    described = {"level": LEVEL, "median": description(widths)["median"]}
    if not len(widths):
        return described | {"edges": [], "counts": []}
    widest = float(widths.max())
    alike = widest - widths.min() <= SAME_WIDTH * widest
    edges = np.linspace(0, widest or 1.0, 2 if alike else N_BARS + 1)
    return described | {"edges": edges.tolist(), "counts": np.histogram(widths, edges)[0].tolist()}


def _learning(model: PseudoLabelRegressor) -> Record:
    teacher = model.teacher_
    return {
        "task": "regression",
        "method": model.method,
        "n_rounds": model.n_iter_,
        "termination_condition": model.termination_condition_,
        "members": [{"name": seat.name, "weight": seat.weight, "rmse": seat.error} for seat in teacher.seats],
        "left_out": [{"name": name, "reason": reason} for name, reason in teacher.left_out.items()],
        "mixture": record_of_mixture(model.mixture_.parts),
    }


def record_of_target_evidence(evidence: TargetEvidence) -> Record:
    """Give what three models measured on the same held-out rows."""
    return {
        **record_of_design(evidence.design, evidence.n_rows),
        **{name: {"rmse": evidence.rmse(model), "mae": evidence.mae(model)} for model, name in enumerate(MODELS)},
        **_differences(evidence, LABELS_ONLY),
        "unlabeled": _differences(evidence, WITHOUT_UNLABELED),
        "coverage": {"level": LEVEL, "share": evidence.coverage(), "mean_width": evidence.width()},
    }


def _differences(evidence: TargetEvidence, model: int) -> Record:
    squared = evidence.difference("mse", model)
    return record_of_differences(
        {
            "rmse": in_unit_of_target(squared, evidence.rmse(model)),
            "mae": evidence.difference("mae", model),
            "mse": squared,
        }
    )
