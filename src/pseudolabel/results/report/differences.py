"""Differences: all measures of both comparisons in one drawing.

Takes  Measures.
Gives  the text of one <svg>: for either comparison a line each measure, with its interval.

Measures have units of their own, so each line has a scale of its own, the same in both comparisons; what all share is
the line of no difference, and the side on which pseudo-labels are better.

Before this: drawing.py, measure.py. After this: class_page.py, target_page.py.
"""

from collections.abc import Sequence
from typing import Any

from matplotlib.axes import Axes

from pseudolabel.badge import FIRST, SECOND
from pseudolabel.results.report.drawing import ACCENT, INK, MUTED, canvas, style, svg
from pseudolabel.results.report.measure import Change, Measure

_ROW = 26  # units of height
_LEFT = 136  # units of width, for the names
_GROUPS = (FIRST, SECOND)


def differences_chart(measures: Sequence[Measure]) -> str:
    """Draw both comparisons, the better side the same for all lines.

    Where measures differ in what is good, those of which less is better are turned: better is to the right then.

    Parameters
    ----------
    measures : sequence of Measure, at least one

    Returns
    -------
    svg : str
    """
    turned = len({measure.better for measure in measures}) > 1
    n_rows = len(_GROUPS) * (len(measures) + 1)
    height = _ROW * n_rows + 26
    with style():
        figure, axes = canvas(height=height, box=(_LEFT, 4, 108, height - 26))
        axes.set(xlim=(-1, 1), ylim=(-0.6, n_rows - 0.4), xticks=[])
        axes.spines["bottom"].set_visible(False)
        row = n_rows - 1
        for title, changes in zip(_GROUPS, _changes(measures), strict=True):
            axes.annotate(title, (0, row), (-_LEFT, -4), xycoords=("axes fraction", "data"), **_OFFSET, color=INK)
            for below, (measure, change) in enumerate(zip(measures, changes, strict=True), start=1):
                _draw(axes, row - below, measure, change, _sign(measure, turned))
            axes.plot([0, 0], [row - len(measures) - 0.4, row - 0.6], color=INK, linewidth=1)
            row -= len(measures) + 1
        left, right = ("better", "worse") if measures[0].better == "left" and not turned else ("worse", "better")
        for side, gap, word in (("right", -8, left), ("left", 8, right)):
            axes.annotate(word, (0, n_rows - 0.4), (gap, 4), textcoords="offset points", ha=side, color=MUTED)
        return svg(figure, "Differences between the models, measure by measure", _description(measures))


_OFFSET: dict[str, Any] = {"textcoords": "offset points"}


def _changes(measures: Sequence[Measure]) -> tuple[list[Change], list[Change]]:
    return [measure.gained for measure in measures], [measure.added for measure in measures]


def _sign(measure: Measure, turned: bool) -> int:
    return -1 if turned and measure.better == "left" else 1


def _draw(axes: Axes, row: int, measure: Measure, change: Change, sign: int) -> None:
    """Draw one line: the name on the left, the interval, the numbers on the right."""
    scale = sign / _reach(measure)
    if change.bounds is not None:
        axes.plot([scale * bound for bound in change.bounds], [row, row], color=ACCENT, linewidth=2.5)
    axes.plot(scale * change.estimate, row, "o", markersize=7, color=ACCENT)
    beside = ("axes fraction", "data")
    axes.annotate(measure.name, (0, row), (-10, -4), xycoords=beside, **_OFFSET, ha="right", color=MUTED, fontsize=11)
    numbers = f"{change.written.removesuffix(' points')} ({change.written_interval})"
    axes.annotate(numbers, (1, row), (10, -4), xycoords=beside, **_OFFSET, color=INK, fontsize=10)


def _reach(measure: Measure) -> float:
    """Give the scale of a line: the furthest that either comparison goes."""
    bounds = [abs(bound) for change in (measure.gained, measure.added) for bound in change.bounds or ()]
    return 1.05 * max([abs(measure.gained.estimate), abs(measure.added.estimate), *bounds]) or 1.0


def _description(measures: Sequence[Measure]) -> str:
    said = []
    for title, changes in zip(_GROUPS, _changes(measures), strict=True):
        listed = "; ".join(
            f"{measure.name} {change.written}, interval {change.written_interval}"
            for measure, change in zip(measures, changes, strict=True)
        )
        said.append(f"{title}: {listed}.")
    return " ".join(said)
