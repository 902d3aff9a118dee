"""Charts: the first drawing of a report on classes.

Takes  the record's `metrics`.
Gives  the text of one <svg>.

Before this: drawing.py, measure.py. After this: class_page.py.
"""

from collections.abc import Mapping
from typing import Any

from pseudolabel.results.report.drawing import Compared, draw_comparison
from pseudolabel.results.wording import percent, signed, span


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
