"""Trust charts: how far the suggested labels may be believed, in three drawings.

Takes  the record's `confidence`, its `metrics.reliability` and its `acceptance`.
Gives  the text of one <svg> each.

Before this: drawing.py, plots.py. After this: class_page.py.
"""

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from pseudolabel.results.report.drawing import ACCENT, INK, PAGE, canvas, draw_bars, style, svg
from pseudolabel.results.report.plots import plot_coverage, plot_reliability
from pseudolabel.results.wording import count, percent

_OFFSET: dict[str, Any] = {"textcoords": "offset points"}


def confidence_chart(confidence: Mapping[str, Any]) -> str:
    """Draw how many suggested labels have which confidence.

    Parameters
    ----------
    confidence : mapping
        The record's `confidence`: `counts` of the bins, and their `edges`, one more than there are bins.

    Returns
    -------
    svg : str
    """
    edges, counts = confidence["edges"], confidence["counts"]
    listed = "; ".join(
        f"{left:.2f} to {right:.2f}: {count(counted)}"
        for (left, right), counted in zip(pairwise(edges), counts, strict=True)
    )
    title = "Confidence of the suggested labels"
    return draw_bars(edges, counts, "confidence of a suggested label", title, f"Rows by confidence. {listed}.")


def reliability_chart(reliability: Mapping[str, Any]) -> str:
    """Draw how often a label of some confidence is right.

    Parameters
    ----------
    reliability : mapping
        The record's `metrics.reliability`: `edges`, `rows`, `confidence` and `right` of ten bins.
    """
    seen = zip(*(reliability[key] for key in ("confidence", "right", "rows")), strict=True)
    listed = "; ".join(
        f"confidence {percent(sure)}: {percent(right)} right of {count(rows)}" for sure, right, rows in seen if rows
    )
    with style():
        figure, axes = canvas(height=290, box=(70, 46, 236, 236))
        axes.tick_params(left=False, labelleft=True)
        plot_reliability(axes, reliability, PAGE)
        return svg(figure, "Confidence against how often it is right", f"{listed}.")


def coverage_chart(acceptance: Mapping[str, Any]) -> str:
    """Draw precision against coverage, the promise, and the level that was accepted.

    Parameters
    ----------
    acceptance : mapping
        The record's `acceptance`, with a `curve` of at least one point.
    """
    ends = [acceptance["curve"][0], acceptance["curve"][-1]]
    listed = "; ".join(
        f"at {percent(end['coverage'])} of the rows {percent(end['precision'])}, at least {percent(end['lower'])}"
        for end in ends
    )
    accepted = f" Accepted: {percent(acceptance['coverage'])} of the rows." if acceptance["accepted"] else ""
    with style():
        figure, axes = canvas(height=226, box=(70, 46, 306, 170))
        axes.tick_params(left=False, labelleft=True)
        plot_coverage(axes, acceptance, PAGE)
        promise = f"asked for: {percent(acceptance['precision'], 0)}"
        at = (0.02, acceptance["precision"])
        axes.annotate(promise, at, (0, -13), **_OFFSET, color=INK, fontsize=11)
        if acceptance["level"] is not None:
            edge = (acceptance["coverage"], 0)
            axes.annotate(
                "accepted", edge, (-5, 6), xycoords=("data", "axes fraction"), **_OFFSET, ha="right", color=ACCENT
            )
        return svg(figure, "Precision against coverage", f"{listed}.{accepted}")
