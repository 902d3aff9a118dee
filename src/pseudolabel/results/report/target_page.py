"""Target page: what a report says of a run that predicts numbers.

Takes  the record of such a run.
Gives  the names that the template regression.html uses, with their values.

Before this: target_charts.py. After this: page.py.
"""

from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from pseudolabel.results.report import wording
from pseudolabel.results.report.measure import Measure
from pseudolabel.results.report.target_charts import error_chart, target_chart, width_chart


def target_page(record: Mapping[str, Any]) -> dict[str, Any]:
    """Give what the template of numbers needs beside the record."""
    metrics, widths, suggested = record["metrics"], record["interval_width"], record["counts"]["suggested"]
    return {
        "measured": "Errors",
        "judged_by": "squared error",
        "measures": _measures(metrics),
        # Our own SVG; its texts are numbers and words of ours.
        "comparison": metrics and Markup(error_chart(metrics)),
        "drawn_interval": metrics and metrics["interval"]["rmse"],
        "distribution": Markup(target_chart(record["target"]["histogram"])) if suggested else None,
        "widths": Markup(width_chart(widths)) if len(widths["counts"]) > 1 else None,
    }


def _measures(metrics: Mapping[str, Any] | None) -> list[Measure]:
    """Give the rows of the comparison, in the unit of the numbers."""
    if metrics is None:
        return []
    return [_measure(metrics, "rmse", "Typical error (RMSE)"), _measure(metrics, "mae", "Mean absolute error")]


def _measure(metrics: Mapping[str, Any], key: str, name: str) -> Measure:
    before, after = metrics["labels_only"][key], metrics["pseudo_labeled"][key]
    in_percent = 100 / before if before else 0.0
    change = f"{wording.signed(in_percent * metrics['difference'][key])}\N{NO-BREAK SPACE}%"
    interval = wording.span([in_percent * bound for bound in metrics["interval"][key]])
    return Measure(name, "lower is better", wording.quantity(before), wording.quantity(after), change, interval)
