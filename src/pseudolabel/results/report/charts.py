"""Charts: the two drawings of the report, as SVG that takes the page's colours and typeface.

Takes  the record's `metrics`, or its `confidence`.
Gives  the text of one <svg>, with a title and a description that state every number drawn.

Matplotlib writes fixed colours and font names. We draw in stand-in colours and replace them by the page's
own afterwards: a chart then follows the reader's light or dark scheme without a script.

Before this: wording.py. After this: page.py.
"""

import re
from collections.abc import Mapping, Sequence
from html import escape
from io import StringIO
from itertools import pairwise
from typing import Any

import matplotlib.style
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from pseudolabel.results.report.wording import count, percent, signed, span

_INK, _MUTED, _PAPER, _ACCENT = "#010203", "#040506", "#070809", "#0a0b0c"
_PAGE_COLOURS = {_INK: "currentColor", _MUTED: "var(--muted)", _PAPER: "var(--paper)", _ACCENT: "var(--accent)"}
_UNITS_PER_INCH = 72  # of an SVG that matplotlib writes
_WIDTH = 400  # units, about the pixels of a telephone: letters stay there as large as they are drawn
_MOST_LABELED_BARS = 12  # more percentages than this would touch each other
_BAR_WIDTH = 0.95  # of its bin, so that neighbours of one height are still two bars
_STYLE = {
    "font.size": 12,
    "axes.edgecolor": _MUTED,
    "axes.labelcolor": _MUTED,
    "axes.labelpad": 6,
    "xtick.color": _MUTED,
    "xtick.labelsize": 11,
    "axes.spines.left": False,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "svg.fonttype": "none",
}


def comparison_chart(metrics: Mapping[str, Any]) -> str:
    """Draw the difference in accuracy and its interval against the line of no difference.

    Parameters
    ----------
    metrics : mapping
        The record's `metrics`: `labels_only`, `pseudo_labeled`, `difference`, `interval` and `level`.

    Returns
    -------
    svg : str
        Zero is in the middle, so that which side the dot is on is seen before any number is read.
    """
    before, after = (percent(metrics[model]["accuracy"]) for model in ("labels_only", "pseudo_labeled"))
    difference = 100 * metrics["difference"]["accuracy"]
    interval = [100 * bound for bound in metrics["interval"]["accuracy"]]
    written = signed(difference), span(interval)
    with matplotlib.style.context(["default", _STYLE]):
        figure, axes = _canvas(height=184, box=(106, 46, 188, 108))
        _draw_difference(axes, difference, interval)
        for row, (model, accuracy) in enumerate([("pseudo-labeled", after), ("labels only", before)]):
            _beside(axes, row, -12, "right", model, accuracy)
        _beside(axes, 0, 12, "left", f"{written[0]} points", written[1])
        return _svg(
            figure,
            "Difference in accuracy on labeled rows neither model saw",
            f"Labels only {before}, pseudo-labeled {after}: a difference of {written[0]} points, "
            f"{percent(metrics['level'], 0)} interval {written[1]} points.",
        )


def _draw_difference(axes: Axes, difference: float, interval: list[float]) -> None:
    """Put labels only on the zero line in row 1, and pseudo-labeled with its interval in row 0."""
    reach = 1.1 * max(1.0, abs(difference), *map(abs, interval))  # a tenth of a point is never blown up to a chart
    axes.set(xlim=(-reach, reach), ylim=(-0.6, 1.6), xlabel="difference in accuracy, in points")
    axes.xaxis.set_major_locator(MaxNLocator(nbins=6, steps=[1, 2, 5, 10]))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: signed(value, 1).removesuffix(".0")))
    axes.axvline(0, color=_INK, linewidth=1)
    axes.plot(interval, [0, 0], color=_ACCENT, linewidth=2.5, marker="|", markersize=11, markeredgewidth=2)
    axes.plot(0, 1, "o", markersize=9, color=_PAPER, markeredgecolor=_INK, markeredgewidth=1.5)
    axes.plot(difference, 0, "o", markersize=11, color=_ACCENT)
    for side, gap, word in (("right", -10, "worse"), ("left", 10, "better")):
        axes.annotate(word, (0, 1.6), (gap, 2), textcoords="offset points", ha=side, color=_MUTED)


def _beside(axes: Axes, row: int, gap: int, side: str, first: str, second: str) -> None:
    """Write two lines of text `gap` units outside the plot, at the height of `row`."""
    edge = 0 if gap < 0 else 1
    for text, colour, lift in ((first, _INK, 2), (second, _MUTED, -13)):
        axes.annotate(
            text,
            (edge, row),
            (gap, lift),
            xycoords=("axes fraction", "data"),
            textcoords="offset points",
            ha=side,
            va="baseline",
            color=colour,
        )


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
    with matplotlib.style.context(["default", _STYLE]):
        figure, axes = _canvas(height=200, box=(12, 46, 376, 132))
        middles = [(left + right) / 2 for left, right in pairwise(edges)]
        widths = [_BAR_WIDTH * (right - left) for left, right in pairwise(edges)]
        bars = axes.bar(middles, counts, widths, color=_ACCENT)
        axes.bar_label(bars, _bar_labels(counts), padding=3, color=_INK, fontsize=11)
        axes.set(xlim=(edges[0], edges[-1]), xlabel="confidence of a suggested label", yticks=[])
        axes.xaxis.set_major_locator(MaxNLocator(nbins=6))
        listed = "; ".join(
            f"{left:.2f} to {right:.2f}: {count(counted)}"
            for (left, right), counted in zip(pairwise(edges), counts, strict=True)
        )
        return _svg(figure, "Confidence of the suggested labels", f"Rows by confidence. {listed}.")


def _bar_labels(counts: Sequence[int]) -> list[str]:
    r"""Give the share of each bar in whole percents, or, where they would touch, that of the highest bar alone.

    Examples
    --------
    >>> _bar_labels([298, 0, 1])
    ['100\xa0%', '', '<1\xa0%']
    """
    shares = [percent(counted / sum(counts), 0) if counted else "" for counted in counts]
    labels = [f"<{percent(0.01, 0)}" if share == percent(0, 0) else share for share in shares]
    if len(counts) <= _MOST_LABELED_BARS:
        return labels
    highest = counts.index(max(counts))
    return [label if bar == highest else "" for bar, label in enumerate(labels)]


def _canvas(height: int, box: tuple[int, int, int, int]) -> tuple[Figure, Axes]:
    """Give a figure `height` units high, with axes in `box`: left, bottom, width and height in units."""
    left, bottom, width, tall = box
    figure = Figure(figsize=(_WIDTH / _UNITS_PER_INCH, height / _UNITS_PER_INCH))
    axes = figure.add_axes((left / _WIDTH, bottom / height, width / _WIDTH, tall / height))
    axes.tick_params(left=False, labelleft=False)
    return figure, axes


def _svg(figure: Figure, title: str, description: str) -> str:
    """Give a figure as SVG to stand inside a page; the same figure gives the same bytes.

    Names are hashed with the title as salt, so that two charts on a page never share one.
    """
    drawn = StringIO()
    nothing = dict.fromkeys(("Date", "Creator", "Format", "Type"))
    with matplotlib.rc_context({"svg.hashsalt": title}):
        figure.savefig(drawn, format="svg", transparent=True, metadata=nothing)
    body = re.sub(r"^.*?<svg [^>]*>", "", drawn.getvalue(), count=1, flags=re.DOTALL)
    body = re.sub(r"<defs>\s*<style.*?</defs>", "", body, count=1, flags=re.DOTALL)  # it would style the whole page
    body = re.sub(r'<g id="[^"]*"', "<g", body)
    body = re.sub(r"font: ([\d.]+px) [^;\"]*", r"font-size: \1", body)  # matplotlib 3.10 writes both in one
    body = re.sub(r"font-family: [^;\"]*;? ?", "", body)
    for stand_in, colour in _PAGE_COLOURS.items():
        body = body.replace(stand_in, colour)
    width, height = (round(inches * _UNITS_PER_INCH) for inches in figure.get_size_inches())
    return (
        f'<svg role="img" aria-label="{escape(f"{title}. {description}")}" viewBox="0 0 {width} {height}">'
        f"<title>{escape(title)}</title><desc>{escape(description)}</desc>{body}"
    )
