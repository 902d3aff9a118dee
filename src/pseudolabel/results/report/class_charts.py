"""Class charts: what happens to each class, in two drawings that stay readable with dozens of them.

Takes  rows of classes.
Gives  the text of one <svg>, a line for each class; its numbers stand in the table below it.

Before this: drawing.py. After this: class_page.py.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator

from pseudolabel.results.report.drawing import ACCENT, INK, MUTED, PAPER, canvas, style, svg
from pseudolabel.results.wording import name as shown_name
from pseudolabel.results.wording import percent, tick

_ROW = 20  # units of height, for a line of letters 11 units high
_NAMES = 92  # units of width
_LONGEST_NAME = 13  # letters of a class that fit into it
_LEGEND, _TITLE, _BELOW = 26, 18, 30
_FAINT = 0.45
_OFFSET: dict[str, Any] = {"textcoords": "offset points"}
_OPEN: dict[str, Any] = {"marker": "o", "linestyle": "", "color": PAPER, "markeredgecolor": INK, "markeredgewidth": 1.3}


def class_chart(per_class: Sequence[Mapping[str, Any]], enough: int) -> str:
    """Draw recall and precision of each class, labels only and with pseudo-labels.

    Parameters
    ----------
    per_class : sequence
        Of the record's `metrics.per_class`, those to be drawn.
    enough : int
        A class with fewer rows is drawn faintly: nothing is judged of it.
    """
    title = "Recall and precision of each class, labels only and with pseudo-labels"
    with style():
        height = _ROW * len(per_class) + _LEGEND + _TITLE + _BELOW
        figure, recall = canvas(height, box=(_NAMES, _BELOW, 132, _ROW * len(per_class)))
        precision = figure.add_axes((244 / 400, _BELOW / height, 132 / 400, _ROW * len(per_class) / height))
        precision.tick_params(left=False, labelleft=False)
        for axes, measure in ((recall, "recall"), (precision, "precision")):
            lowest = _lowest(per_class, measure)
            _prepare(axes, len(per_class), (lowest, 1.0))
            axes.annotate(measure, (0, 1), (0, 8), xycoords="axes fraction", **_OFFSET, color=INK)
            for row, of_class in enumerate(reversed(per_class)):
                sure = of_class["rows"] >= enough or of_class["alarm"]
                _draw_move(axes, row, of_class, measure, 1.0 if sure else _FAINT)
        recall.plot([], [], **_OPEN, markersize=6, label="labels only")
        recall.plot([], [], "o", color=ACCENT, markersize=7, label="with pseudo-labels")
        _legend(figure, recall)
        names = _write_names(recall, [of_class["class"] for of_class in per_class])
        return svg(figure, title, "The numbers stand in the table below.", names)


def shares_chart(classes: Sequence[str], shares: Mapping[str, Mapping[str, float] | None]) -> str:
    """Draw how large each class is among the given labels, seems to be elsewhere, and is among the pseudo-labels.

    Parameters
    ----------
    classes : sequence of str
        Those to be drawn.
    shares : mapping
        "labeled", "estimated" and "pseudo": the share of each class, or None.
    """
    known = {source: of_source for source, of_source in shares.items() if of_source is not None}
    largest = max(of_source[name] for of_source in known.values() for name in classes)
    marks: dict[str, dict[str, Any]] = {
        "labeled": {**_OPEN, "markersize": 7, "label": "given labels"},
        "estimated": {"marker": "|", "linestyle": "", "color": INK, "markersize": 13, "label": "estimated"},
        "pseudo": {"marker": "o", "linestyle": "", "color": ACCENT, "markersize": 7, "label": "pseudo-labels"},
    }
    with style():
        height = _ROW * len(classes) + _LEGEND + _BELOW
        figure, axes = canvas(height, box=(_NAMES, _BELOW, 284, _ROW * len(classes)))
        _prepare(axes, len(classes), (0.0, largest))
        for source in ("pseudo", "labeled", "estimated"):
            if source in known:
                values = [known[source][name] for name in reversed(classes)]
                axes.plot(values, range(len(classes)), **marks[source])
        _legend(figure, axes)
        names = _write_names(axes, classes)
        listed = "; ".join(
            f"{shown_name(name)}: {', '.join(f'{source} {percent(known[source][name])}' for source in known)}"
            for name in classes
        )
        return svg(figure, "Shares of the classes", f"{listed}.", names)


def _lowest(per_class: Sequence[Mapping[str, Any]], measure: str) -> float:
    """Give where the scale begins: a tenth below the lowest value, so that small moves are seen."""
    values = [of_class[f"{measure}_{model}"] for of_class in per_class for model in ("labels_only", "pseudo_labeled")]
    return max(0.0, min([value for value in values if value is not None], default=0.0) - 0.1)


def _prepare(axes: Axes, n_rows: int, limits: tuple[float, float]) -> None:
    low, high = limits
    margin = 0.04 * (high - low)
    axes.set(xlim=(low - margin, high + margin), ylim=(-0.6, n_rows - 0.4))
    axes.hlines(range(n_rows), low - margin, high + margin, color=MUTED, linewidth=0.5, alpha=0.35)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=3, steps=[1, 2, 2.5, 5, 10]))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: tick(value)))


def _draw_move(axes: Axes, row: int, of_class: Mapping[str, Any], measure: str, strength: float) -> None:
    """Draw one class: an open dot for labels only, a line to the filled one; a triangle where an alarm was raised."""
    before, after = (of_class[f"{measure}_{model}"] for model in ("labels_only", "pseudo_labeled"))
    if before is not None and after is not None:
        axes.plot([before, after], [row, row], color=ACCENT, linewidth=2, alpha=strength)
    if before is not None:
        axes.plot(before, row, **_OPEN, markersize=6, alpha=strength)
    if after is not None:
        alarmed = of_class["alarm"] and measure == "recall"
        axes.plot(after, row, "v" if alarmed else "o", color=ACCENT, markersize=9 if alarmed else 7, alpha=strength)


def _legend(figure: Any, axes: Axes) -> None:
    handles, labels = axes.get_legend_handles_labels()
    wide = {"handletextpad": 0.2, "columnspacing": 1.2, "borderaxespad": 0, "frameon": False}
    figure.legend(
        handles, labels, loc="upper left", bbox_to_anchor=(0, 1), ncols=3, labelcolor=INK, fontsize=11, **wide
    )


def _write_names(axes: Axes, classes: Sequence[str]) -> dict[str, str]:
    """Write a stand-in at each line, from the top down, and give the names they stand for."""
    names = {}
    for number, name in enumerate(classes):
        stand_in = f"class-{number}"
        names[stand_in] = _short(shown_name(name))
        at = (0, len(classes) - 1 - number)
        beside = ("axes fraction", "data")
        axes.annotate(stand_in, at, (-6, -4), xycoords=beside, **_OFFSET, ha="right", color=INK, fontsize=11)
    return names


def _short(name: str) -> str:
    """Cut a name to the width it has, in the middle: names of one family differ at their ends."""
    if len(name) <= _LONGEST_NAME:
        return name
    head = _LONGEST_NAME // 2
    return f"{name[:head]}…{name[-(_LONGEST_NAME - head - 1) :]}"
