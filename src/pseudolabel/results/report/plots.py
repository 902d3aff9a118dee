"""Plots: parts of a record drawn on any axes of matplotlib, in any colours.

Takes  axes, a part of a record and a palette.
Gives  nothing: the axes are drawn on.

The report draws them in stand-in colours that become the page's, a display in those of the reader's own style.

Before this: wording.py. After this: trust_charts.py, displays.py.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import floor
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator

from pseudolabel.badge import FIRST, SECOND, badge_of, has_evidence
from pseudolabel.results.wording import quantity, signed, span, tick

_LARGEST_DOT = 12
_SMALLEST_DOT = 4
_POINTS = 100
_ZERO = 0.22  # half the length of the line of no difference, which must not cross the words


@dataclass(frozen=True)
class Palette:
    """Four colours: of what is read, of what is beside it, of the ground, and of what the eye shall find."""

    ink: str
    muted: str
    paper: str
    accent: str

    @classmethod
    def of_style(cls) -> "Palette":
        """Give the colours of matplotlib's present style."""
        chosen = mpl.rcParams
        return cls(chosen["text.color"], chosen["axes.labelcolor"], chosen["axes.facecolor"], "C0")


def plot_reliability(axes: Axes, reliability: Mapping[str, Any], palette: Palette) -> None:
    """Draw how often labels of a confidence are right; larger dots stand for more rows.

    Parameters
    ----------
    axes : Axes
    reliability : mapping
        The record's `metrics.reliability`.
    palette : Palette
    """
    seen = [
        (x, y, n) for x, y, n in zip(*(reliability[key] for key in ("confidence", "right", "rows")), strict=True) if n
    ]
    edges = [left for (left, _), n in zip(pairwise(reliability["edges"]), reliability["rows"], strict=True) if n]
    lowest = min([*edges, *(y for _, y, _ in seen), 0.9])
    start = floor(10 * lowest) / 10
    axes.plot([start, 1], [start, 1], color=palette.muted, linewidth=1, linestyle=(0, (4, 3)))
    axes.plot([x for x, _, _ in seen], [y for _, y, _ in seen], color=palette.accent, linewidth=1.5)
    most = max((n for _, _, n in seen), default=1)
    for x, y, n in seen:
        size = _SMALLEST_DOT + (_LARGEST_DOT - _SMALLEST_DOT) * (n / most) ** 0.5
        axes.plot(x, y, "o", color=palette.accent, markersize=size)
    margin = 0.04 * (1 - start)
    axes.set(xlim=(start - margin, 1 + margin), ylim=(start - margin, 1 + margin))
    axes.set(xlabel="confidence", ylabel="share that is right", aspect="equal")
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(MaxNLocator(nbins=5, steps=[1, 2, 5, 10]))
        axis.set_major_formatter(FuncFormatter(lambda value, _: tick(value)))


def plot_coverage(axes: Axes, acceptance: Mapping[str, Any], palette: Palette) -> None:
    """Draw how precise labels are by how many of the unlabeled rows they cover, and the level that was accepted.

    Parameters
    ----------
    axes : Axes
    acceptance : mapping
        The record's `acceptance`.
    palette : Palette
    """
    curve = acceptance["curve"]
    covered, exact, lower = ([point[key] for point in curve] for key in ("coverage", "precision", "lower"))
    axes.fill_between(covered, lower, exact, color=palette.accent, alpha=0.18, linewidth=0)
    axes.plot(covered, exact, color=palette.accent, linewidth=2)
    axes.plot(covered, lower, color=palette.accent, linewidth=1)
    axes.axhline(acceptance["precision"], color=palette.ink, linewidth=1, linestyle=(0, (4, 3)))
    _mark_accepted(axes, acceptance, palette)
    bottom = min([*lower, acceptance["precision"]])
    axes.set(xlim=(0, 1.02), ylim=(max(0.0, bottom - 0.02), 1.005))
    axes.set(xlabel="share of the unlabeled rows", ylabel="precision")
    axes.xaxis.set_major_locator(MaxNLocator(nbins=5, steps=[1, 2, 5, 10]))
    axes.yaxis.set_major_locator(MaxNLocator(nbins=5, steps=[1, 2, 5, 10]))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: tick(value)))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: tick(value)))


def _mark_accepted(axes: Axes, acceptance: Mapping[str, Any], palette: Palette) -> None:
    """Put a dot and a line where the accepted level stands; nothing where nothing was accepted, or no one level."""
    if acceptance["level"] is None:
        return
    covered, exact = ([point[key] for point in acceptance["curve"]] for key in ("coverage", "precision"))
    height = np.interp(acceptance["coverage"], covered, exact)
    axes.axvline(acceptance["coverage"], color=palette.muted, linewidth=1)
    axes.plot(acceptance["coverage"], height, "o", color=palette.accent, markersize=9, markeredgecolor=palette.paper)


def plot_verdict(axes: Axes, verdict: Mapping[str, Any], palette: Palette) -> None:
    """Draw both comparisons, each a dot with its interval beside the line of no difference.

    Parameters
    ----------
    axes : Axes
    verdict : mapping
        The record's `verdict`.
    palette : Palette
    """
    of_accuracy = verdict["measure"] == "accuracy"
    comparisons = [(FIRST, verdict), (SECOND, verdict["unlabeled"])]
    reach = 1.15 * max([_POINTS * 0.01 if of_accuracy else 1e-9, *map(abs, _bounds(comparisons))])
    for row, (title, comparison) in zip((1, 0), comparisons, strict=True):
        axes.plot([0, 0], [row - _ZERO, row + _ZERO], color=palette.ink, linewidth=1)
        _plot_comparison(axes, row, comparison, palette)
        _write(axes, row + 0.3, title, palette.ink)
    unit = "difference in accuracy, in points (right is better)"
    axes.set(xlim=(-reach, reach), ylim=(-0.6, 1.6), yticks=[])
    axes.set(xlabel=unit if of_accuracy else "difference in error (left is better)")


def _bounds(comparisons: Sequence[tuple[str, Mapping[str, Any]]]) -> list[float]:
    return [bound for _, one in comparisons if has_evidence(one) for bound in _in_unit(one)[1]]


def _in_unit(comparison: Mapping[str, Any]) -> tuple[float, list[float]]:
    """Give difference and interval in points of accuracy, or in the unit of the numbers."""
    unit = _POINTS if comparison["measure"] == "accuracy" else 1
    return unit * comparison["difference"], [unit * bound for bound in comparison["interval"]]


def _plot_comparison(axes: Axes, row: int, comparison: Mapping[str, Any], palette: Palette) -> None:
    written = str(badge_of(comparison))
    if has_evidence(comparison):
        difference, interval = _in_unit(comparison)
        axes.plot(interval, [row, row], color=palette.accent, linewidth=2.5, marker="|", markersize=11)
        axes.plot(difference, row, "o", color=palette.accent, markersize=10)
        of_accuracy = comparison["measure"] == "accuracy"
        numbers = (signed(difference), span(interval)) if of_accuracy else (quantity(difference), _plain_span(interval))
        written += f": {numbers[0]} ({numbers[1]})"
    else:
        written += ": no comparison was made"
    _write(axes, row - 0.38, written, palette.muted)


def _write(axes: Axes, height: float, text: str, colour: str) -> None:
    """Write a line at the left edge, clear of the frame."""
    at = ("axes fraction", "data")
    axes.annotate(text, (0, height), (6, 0), xycoords=at, textcoords="offset points", color=colour)


def _plain_span(interval: Sequence[float]) -> str:
    return " to ".join(quantity(bound) for bound in interval)
