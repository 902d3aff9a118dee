"""Charts: the two drawings of a report on classes.

Takes  the record's `metrics`, or its `confidence`.
Gives  the text of one <svg>.

Before this: drawing.py. After this: class_page.py.
"""

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from pseudolabel.results.report.drawing import Compared, draw_bars, draw_comparison
from pseudolabel.results.report.wording import count, percent, signed, span


def comparison_chart(metrics: Mapping[str, Any]) -> str:
    """Draw the difference in accuracy and its interval.

    Parameters
    ----------
    metrics : mapping
        The record's `metrics`: `labels_only`, `pseudo_labeled`, `difference`, `interval` and `level`.

    Returns
    -------
    svg : str
    """
    before, after = (percent(metrics[model]["accuracy"]) for model in ("labels_only", "pseudo_labeled"))
    difference = 100 * metrics["difference"]["accuracy"]
    interval = [100 * bound for bound in metrics["interval"]["accuracy"]]
    written = f"{signed(difference)} points", span(interval)
    axis = "difference in accuracy, in points"
    return draw_comparison(
        Compared(before, after, difference, interval, written, axis, better="right"),
        "Difference in accuracy on labeled rows neither model saw",
        f"Labels only {before}, pseudo-labeled {after}: a difference of {written[0]}, "
        f"{percent(metrics['level'], 0)} interval {written[1]} points.",
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
    listed = "; ".join(
        f"{left:.2f} to {right:.2f}: {count(counted)}"
        for (left, right), counted in zip(pairwise(edges), counts, strict=True)
    )
    title = "Confidence of the suggested labels"
    return draw_bars(edges, counts, "confidence of a suggested label", title, f"Rows by confidence. {listed}.")
