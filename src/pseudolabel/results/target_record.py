"""Target record: what a record says of a run that predicts numbers.

Takes  the fitted regressor, the scores of all rows, and the evidence if there is any.
       Scores are read several times and never held together.
Gives  the entries counts, target, interval_width, learning and metrics.

Before this: record.py. After this: tasks/regression.py.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

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
from pseudolabel.scoring import GIVEN, Scored

SAME_WIDTH = 1e-6
"""Widths that differ by less, relative to the widest, differ by rounding alone."""


def target_sections(model: PseudoLabelRegressor, evidence: TargetEvidence | None, scored: Scored) -> Record:
    """Give the entries of a record that depend on numbers."""
    n_rows, n_given = scored.tally.n_rows, scored.tally.n_given
    targets = Numbers(lambda: ((scores["pseudo_label"], scores["given"]) for scores in _columns(scored, _TARGET)))
    widths = Numbers(
        lambda: ((scores["upper"] - scores["lower"], scores["given"]) for scores in _columns(scored, _BOUNDS))
    )
    given, suggested = targets.description(given=True), targets.description(given=False)
    lowest = min(ends["minimum"] for ends in (given, suggested) if ends["count"])
    highest = max(ends["maximum"] for ends in (given, suggested) if ends["count"])
    edges = np.linspace(lowest, highest, N_BARS + 1)
    return {
        "counts": {"rows": n_rows, "given": n_given, "suggested": n_rows - n_given, "none": 0},
        "target": {
            "given": given,
            "suggested": suggested,
            "histogram": {
                "edges": edges.tolist(),
                "given": targets.histogram(edges, given=True).tolist(),
                "suggested": targets.histogram(edges, given=False).tolist(),
            },
        },
        "interval_width": histogram_of_widths(widths),
        "learning": _learning(model),
        "acceptance": None,
        "metrics": None if evidence is None else record_of_target_evidence(evidence),
    }


_TARGET, _BOUNDS = ("pseudo_label", GIVEN), ("lower", "upper", GIVEN)


def _columns(scored: Scored, names: Sequence[str]) -> Iterator[dict[str, NDArray[Any]]]:
    for table in scored.columns(names):
        yield {name: table[name].to_numpy() for name in names}


@dataclass(frozen=True)
class Numbers:
    """Numbers that are read as often as needed, some at a time, each with whether it was given.

    Attributes
    ----------
    read : function
        Gives pairs of an ndarray of numbers and an ndarray of bool.
    """

    read: Callable[[], Iterable[tuple[NDArray[np.float64], NDArray[np.bool_]]]]

    def description(self, *, given: bool) -> Record:
        """Describe numbers: how many, where, how far apart; nulls but for the count where there are none.

        The median is right to a thousandth of a bar of a histogram.

        Examples
        --------
        >>> numbers = Numbers(lambda: [(np.array([1.0, 2.0, 3.0]), np.array([True, True, True]))])
        >>> described = numbers.description(given=True)
        >>> described["standard_deviation"], round(described["median"], 3)
        (1.0, 2.0)
        """
        count, total, lowest, highest = 0, 0.0, np.inf, -np.inf
        for values in self._of(given):
            count, total = count + len(values), total + float(values.sum())
            lowest, highest = min(lowest, float(values.min())), max(highest, float(values.max()))
        described: Record = {"count": count}
        if not count:
            return described | dict.fromkeys(("mean", "standard_deviation", "minimum", "median", "maximum"))
        mean = total / count
        squares = sum(float(((values - mean) ** 2).sum()) for values in self._of(given))
        return described | {
            "mean": mean,
            "standard_deviation": float(np.sqrt(squares / (count - 1))) if count > 1 else None,
            "minimum": lowest,
            "median": self._median(count, lowest, highest, given),
            "maximum": highest,
        }

    def histogram(self, edges: NDArray[np.float64], *, given: bool) -> NDArray[np.int64]:
        """Count the numbers between each pair of edges."""
        counts = np.zeros(len(edges) - 1, dtype=np.int64)
        for values in self._of(given):
            counts += np.histogram(values, edges)[0]
        return counts

    def _median(self, count: int, lowest: float, highest: float, given: bool) -> float:
        edges = np.linspace(lowest, highest, 1000 * N_BARS + 1)
        if lowest == highest:
            return lowest
        reached = self.histogram(edges, given=given).cumsum()
        below, above = (int(np.searchsorted(reached, rank)) for rank in ((count + 1) // 2, count // 2 + 1))
        middles = (edges[1:] + edges[:-1]) / 2
        return float((middles[below] + middles[above]) / 2)

    def _of(self, given: bool) -> Iterator[NDArray[np.float64]]:
        for values, was_given in self.read():
            chosen = values[was_given == given]
            if len(chosen):
                yield chosen


def histogram_of_widths(widths: Numbers) -> Record:
    """Count the widths of the intervals of suggested numbers, from 0 on; in a single bin where all are alike.

    Examples
    --------
    >>> histogram_of_widths(Numbers(lambda: [(np.array([2.0, 2.0]), np.array([False, False]))]))
    {'level': 0.9, 'median': 2.0, 'edges': [0.0, 2.0], 'counts': [2]}
    """
    found = widths.description(given=False)
    described = {"level": LEVEL, "median": found["median"]}
    if not found["count"]:
        return described | {"edges": [], "counts": []}
    widest = found["maximum"]
    alike = widest - found["minimum"] <= SAME_WIDTH * widest
    edges = np.linspace(0, widest or 1.0, 2 if alike else N_BARS + 1)
    return described | {"edges": edges.tolist(), "counts": widths.histogram(edges, given=False).tolist()}


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
