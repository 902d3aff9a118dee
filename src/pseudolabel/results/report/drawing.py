"""Drawing: what all charts of the report have in common, as SVG that takes the page's colours and typeface.

Takes  numbers, already in the unit that is shown, and the words beside them.
Gives  the text of one <svg>, with a title and a description that state every number drawn.

Matplotlib writes fixed colours and font names. We draw in stand-in colours and replace them by the page's
own afterwards: a chart then follows the reader's light or dark scheme without a script.

Before this: plots.py. After this: the modules of charts.
"""

import re
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from html import escape
from io import StringIO
from itertools import pairwise
from typing import Literal

import matplotlib.style
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from pseudolabel.results.report.plots import Palette
from pseudolabel.results.wording import percent, signed

INK, MUTED, PAPER, ACCENT = "#010203", "#040506", "#070809", "#0a0b0c"
PAGE = Palette(INK, MUTED, PAPER, ACCENT)
"""The stand-ins, each for a colour of the page."""

_PAGE_COLOURS = {INK: "currentColor", MUTED: "var(--muted)", PAPER: "var(--paper)", ACCENT: "var(--accent)"}
_UNITS_PER_INCH = 72  # of an SVG that matplotlib writes
_WIDTH = 400  # units, about the pixels of a telephone: letters stay there as large as they are drawn
_MOST_LABELED_BARS = 12  # more percentages than this would touch each other
BAR_WIDTH = 0.95  # of its bin, so that neighbours of one height are still two bars
STYLE = {
    "font.size": 12,
    "axes.edgecolor": MUTED,
    "axes.labelcolor": MUTED,
    "axes.labelpad": 6,
    "xtick.color": MUTED,
    "xtick.labelsize": 11,
    "ytick.color": MUTED,
    "ytick.labelsize": 11,
    "axes.spines.left": False,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "svg.fonttype": "none",
}


@dataclass(frozen=True)
class Compared:
    """Two models and the difference between them, in words and in numbers.

    Attributes
    ----------
    labels_only, pseudo_labeled : str
        What each measured.
    difference : float
    interval : list of two floats
    written : tuple of str
        The difference and its interval, as printed beside the bar.
    axis : str
        What is drawn, and in which unit.
    better : {"left", "right"}
        The side of zero on which pseudo-labels are better.
    """

    labels_only: str
    pseudo_labeled: str
    difference: float
    interval: list[float]
    written: tuple[str, str]
    axis: str
    better: Literal["left", "right"]


def style() -> AbstractContextManager[None]:
    """Give the look of all charts, to draw within."""
    return matplotlib.style.context(["default", STYLE])


def draw_comparison(compared: Compared, title: str, description: str) -> str:
    """Draw a difference and its interval against the line of no difference.

    Zero is in the middle, so that which side the dot is on is seen before any number is read.
    """
    with style():
        figure, axes = canvas(height=184, box=(106, 46, 188, 108))
        _draw_difference(axes, compared)
        for row, (model, measured) in enumerate(
            [("pseudo-labeled", compared.pseudo_labeled), ("labels only", compared.labels_only)]
        ):
            _beside(axes, row, -12, "right", model, measured)
        _beside(axes, 0, 12, "left", *compared.written)
        return svg(figure, title, description)


def _draw_difference(axes: Axes, compared: Compared) -> None:
    """Put labels only on the zero line in row 1, and pseudo-labeled with its interval in row 0."""
    difference, interval = compared.difference, compared.interval
    reach = 1.1 * max(1.0, abs(difference), *map(abs, interval))  # a tenth of a point is never blown up to a chart
    axes.set(xlim=(-reach, reach), ylim=(-0.6, 1.6), xlabel=compared.axis)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=6, steps=[1, 2, 5, 10]))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: signed(value, 1).removesuffix(".0")))
    axes.axvline(0, color=INK, linewidth=1)
    axes.plot(interval, [0, 0], color=ACCENT, linewidth=2.5, marker="|", markersize=11, markeredgewidth=2)
    axes.plot(0, 1, "o", markersize=9, color=PAPER, markeredgecolor=INK, markeredgewidth=1.5)
    axes.plot(difference, 0, "o", markersize=11, color=ACCENT)
    left, right = ("better", "worse") if compared.better == "left" else ("worse", "better")
    for side, gap, word in (("right", -10, left), ("left", 10, right)):
        axes.annotate(word, (0, 1.6), (gap, 2), textcoords="offset points", ha=side, color=MUTED)


def _beside(axes: Axes, row: int, gap: int, side: str, first: str, second: str) -> None:
    """Write two lines of text `gap` units outside the plot, at the height of `row`."""
    edge = 0 if gap < 0 else 1
    for text, colour, lift in ((first, INK, 2), (second, MUTED, -13)):
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


def draw_bars(edges: Sequence[float], counts: Sequence[int], axis: str, title: str, description: str) -> str:
    """Draw how many rows are in each bin, with shares in whole percents."""
    with style():
        figure, axes = canvas(height=200, box=(12, 46, 376, 132))
        middles = [(left + right) / 2 for left, right in pairwise(edges)]
        widths = [BAR_WIDTH * (right - left) for left, right in pairwise(edges)]
        bars = axes.bar(middles, counts, widths, color=ACCENT)
        axes.bar_label(bars, _bar_labels(counts), padding=3, color=INK, fontsize=11)
        axes.set(xlim=(edges[0], edges[-1]), xlabel=axis, yticks=[])
        axes.xaxis.set_major_locator(MaxNLocator(nbins=6))
        return svg(figure, title, description)


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


def canvas(height: int, box: tuple[int, int, int, int]) -> tuple[Figure, Axes]:
    """Give a figure `height` units high, with axes in `box`: left, bottom, width and height in units."""
    left, bottom, width, tall = box
    figure = Figure(figsize=(_WIDTH / _UNITS_PER_INCH, height / _UNITS_PER_INCH))
    axes = figure.add_axes((left / _WIDTH, bottom / height, width / _WIDTH, tall / height))
    axes.tick_params(left=False, labelleft=False)
    return figure, axes


def svg(figure: Figure, title: str, description: str, names: Mapping[str, str] | None = None) -> str:
    """Give a figure as SVG to stand inside a page; the same figure gives the same bytes.

    Names of elements are hashed with the title as salt, so that two charts on a page never share one.

    Parameters
    ----------
    figure : Figure
    title, description : str
    names : mapping or None
        From a text that was drawn to the one to be shown. Other people's names get onto a page this way only: drawn
        directly, a `$` would start a formula, and letters that matplotlib's typeface lacks would be missed.
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
    for drawn_name, shown in (names or {}).items():
        body = body.replace(f">{drawn_name}</text>", f">{escape(shown)}</text>")
    width, height = (round(inches * _UNITS_PER_INCH) for inches in figure.get_size_inches())
    return (
        f'<svg role="img" aria-label="{escape(f"{title}. {description}")}" viewBox="0 0 {width} {height}">'
        f"<title>{escape(title)}</title><desc>{escape(description)}</desc>{body}"
    )
