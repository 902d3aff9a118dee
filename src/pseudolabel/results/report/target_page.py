"""Target page: what a report says of a run that predicts numbers.

Takes  the record of such a run.
Gives  the names that the template regression.html uses, with their values.

Before this: target_charts.py, differences.py. After this: page.py.
"""

from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from pseudolabel.results import wording
from pseudolabel.results.report.differences import differences_chart
from pseudolabel.results.report.measure import Measure, Unit, read_measure
from pseudolabel.results.report.target_charts import error_chart, target_chart, width_chart


def target_page(record: Mapping[str, Any]) -> dict[str, Any]:
    """Give what the template of numbers needs beside the record."""
    metrics, widths, suggested = record["metrics"], record["interval_width"], record["counts"]["suggested"]
    measures = _measures(metrics)
    return {
        "measured": "Errors",
        "judged_by": "squared error",
        "measures": measures,
        # Our own SVG; its texts are numbers and words of ours.
        "comparison": metrics and Markup(error_chart(metrics)),
        "drawn_interval": metrics and metrics["interval"]["rmse"],
        "differences": Markup(differences_chart(measures)) if measures else None,
        "distribution": Markup(target_chart(record["target"]["histogram"])) if suggested else None,
        "widths": Markup(width_chart(widths)) if len(widths["counts"]) > 1 else None,
    }


def _measures(metrics: Mapping[str, Any] | None) -> list[Measure]:
    """Give the rows of the comparison, in the unit of the numbers; differences in percent of the labels-only error."""
    if metrics is None:
        return []
    names = {"rmse": "Typical error (RMSE)", "mae": "Mean absolute error"}
    return [read_measure(metrics, key, name, "left", _unit(metrics["labels_only"][key])) for key, name in names.items()]


def _unit(whole: float) -> Unit:
    return Unit(wording.quantity, 100 / whole if whole else 0.0, 1, "\N{NO-BREAK SPACE}%")
