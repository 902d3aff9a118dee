"""Measure: one row of the comparison of three models, in words and in numbers.

Takes  the record's `metrics`.
Gives  a Measure: what each model reached, and both differences.

Before this: wording.py. After this: differences.py, class_page.py, target_page.py.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from pseudolabel.results import wording


@dataclass(frozen=True)
class Change:
    """A difference between two models.

    Attributes
    ----------
    estimate : float
    bounds : list of two floats, or None where there is no interval
        In the unit of `estimate`.
    written, written_interval : str
    """

    estimate: float
    bounds: list[float] | None
    written: str
    written_interval: str


@dataclass(frozen=True)
class Measure:
    """One row of the comparison.

    Attributes
    ----------
    name, hint : str
        What was measured, and which direction is good.
    better : {"left", "right"}
        The side of zero on which a difference is good.
    labels_only, without_unlabeled, pseudo_labeled : str
        What each model reached.
    gained : Change
        With pseudo-labels, against the labels alone.
    added : Change
        With pseudo-labels, against the same procedure without the unlabeled rows.
    """

    name: str
    hint: str
    better: Literal["left", "right"]
    labels_only: str
    without_unlabeled: str
    pseudo_labeled: str
    gained: Change
    added: Change


@dataclass(frozen=True)
class Unit:
    """How a measure is shown.

    Attributes
    ----------
    write : function
        From what a model reached to text.
    factor : float
        What a difference is multiplied by before it is shown.
    decimals : int
        Of a difference.
    suffix : str
        Behind a difference.
    """

    write: Callable[[float], str]
    factor: float
    decimals: int
    suffix: str


SHARE = Unit(wording.percent, 100, 1, " points")
SCORE = Unit(wording.decimal, 1, 3, "")


def read_measure(
    metrics: Mapping[str, Any], key: str, name: str, better: Literal["left", "right"], unit: Unit
) -> Measure:
    """Read one measure of all three models, and both differences."""
    models = ("labels_only", "without_unlabeled", "pseudo_labeled")
    before, without, after = (unit.write(metrics[model][key]) for model in models)
    gained, added = (_change(differences, key, unit) for differences in (metrics, metrics["unlabeled"]))
    hint = f"{'lower' if better == 'left' else 'higher'} is better"
    return Measure(name, hint, better, before, without, after, gained, added)


def _change(differences: Mapping[str, Any], key: str, unit: Unit) -> Change:
    estimate, interval = unit.factor * differences["difference"][key], differences["interval"].get(key)
    bounds = interval and [unit.factor * bound for bound in interval]
    written = f"{wording.signed(estimate, unit.decimals)}{unit.suffix}"
    return Change(estimate, bounds, written, wording.span(bounds, unit.decimals))
