"""Target charts: the drawings of a report on numbers.

Takes  the record's `metrics`, its `target` or its `interval_width`.
Gives  the text of one <svg>.

Before this: drawing.py. After this: target_page.py.
"""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from matplotlib.ticker import MaxNLocator

from pseudolabel.results.report.drawing import (
    ACCENT,
    BAR_WIDTH,
    INK,
    Compared,
    canvas,
    draw_bars,
    draw_comparison,
    style,
    svg,
)
from pseudolabel.results.wording import count, percent, quantity, signed, span


def error_chart(metrics: Mapping[str, Any]) -> str:
    """Draw the difference in error and its interval, in percent of the labels-only error.

    Parameters
    ----------
    metrics : mapping
        The record's `metrics` of a run that predicts numbers.
    """
    before, after = (metrics[model]["rmse"] for model in ("labels_only", "pseudo_labeled"))
    in_percent = 100 / before if before else 0.0
    difference = in_percent * metrics["difference"]["rmse"]
    interval = [in_percent * bound for bound in metrics["interval"]["rmse"]]
    written = f"{signed(difference)} percent", span(interval)
    axis = "difference in typical error, in percent"
    return draw_comparison(
        Compared(quantity(before), quantity(after), difference, interval, written, axis, better="left"),
        "Difference in typical error on labeled rows neither model saw",
        f"Labels only {quantity(before)}, pseudo-labeled {quantity(after)}: a difference of {written[0]}, "
        f"{percent(metrics['level'], 0)} interval {written[1]} percent.",
    )


def target_chart(histogram: Mapping[str, Any]) -> str:
    """Draw where the given and the suggested numbers lie: shares of either, as there are many more of the one.

    Parameters
    ----------
    histogram : mapping
        The record's `target.histogram`: `edges`, and the counts `given` and `suggested`.
    """
    edges = histogram["edges"]
    shares = {source: _shares(histogram[source]) for source in ("given", "suggested")}
    with style():
        figure, axes = canvas(height=216, box=(12, 46, 376, 148))
        middles = [(left + right) / 2 for left, right in pairwise(edges)]
        widths = [BAR_WIDTH * (right - left) for left, right in pairwise(edges)]
        axes.bar(
            middles, shares["suggested"], widths, color=ACCENT, alpha=0.5, label="suggested"
        )  # the line stays readable
        axes.stairs(shares["given"], edges, color=INK, linewidth=1.5, label="given")
        highest = max(*shares["given"], *shares["suggested"])
        axes.set(xlim=(edges[0], edges[-1]), ylim=(0, 1.3 * highest), xlabel="number", yticks=[])  # room for the legend
        axes.xaxis.set_major_locator(MaxNLocator(nbins=6))
        axes.legend(loc="upper right", ncols=2, frameon=False, labelcolor=INK, fontsize=11)
        listed = _listed(edges, *(_named(histogram[source], source) for source in ("given", "suggested")))
        return svg(figure, "Given and suggested numbers", f"Rows by number. {listed}.")


def width_chart(widths: Mapping[str, Any]) -> str:
    """Draw how wide the intervals of the suggested numbers are.

    Parameters
    ----------
    widths : mapping
        The record's `interval_width`: `edges` and `counts`.
    """
    edges, counts = widths["edges"], widths["counts"]
    listed = _listed(edges, [count(counted) for counted in counts])
    title = "Width of the intervals"
    return draw_bars(edges, counts, "width of a suggested number\u2019s interval", title, f"Rows by width. {listed}.")


def _shares(counts: Sequence[int]) -> list[float]:
    whole = sum(counts) or 1
    return [counted / whole for counted in counts]


def _named(counts: Sequence[int], source: str) -> list[str]:
    return [f"{count(counted)} {source}" for counted in counts]


def _listed(edges: Sequence[float], *columns: Sequence[str]) -> str:
    """State what every bin holds."""
    bins = zip(pairwise(edges), zip(*columns, strict=True), strict=True)
    return "; ".join(f"{quantity(left)} to {quantity(right)}: {', '.join(held)}" for (left, right), held in bins)
