"""Class page: what a report says of a run that predicts classes.

Takes  the record of such a run.
Gives  the names that the template classification.html uses, with their values.

Before this: charts.py. After this: page.py.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from pseudolabel.results.report import wording
from pseudolabel.results.report.charts import comparison_chart, confidence_chart
from pseudolabel.results.report.measure import Measure

MOST_CLASSES = 50
_POINTS = 100  # of a whole


@dataclass(frozen=True)
class ClassRow:
    """One row of the table of classes.

    Attributes
    ----------
    name : str
    given, suggested : int
        Rows of the table with this label.
    scored : int
        Labeled rows that neither model saw.
    recall_labels_only, recall_pseudo_labeled : float or None
        Share of the scored rows that were recognised; None where none was scored.
    """

    name: str
    given: int
    suggested: int
    scored: int
    recall_labels_only: float | None
    recall_pseudo_labeled: float | None


def class_page(record: Mapping[str, Any]) -> dict[str, Any]:
    """Give what the template of classes needs beside the record."""
    metrics, classes = record["metrics"], _class_rows(record)
    return {
        "measured": "Accuracy",
        "judged_by": "accuracy",
        "measures": _measures(metrics),
        "comparison": _comparison(metrics),
        "drawn_interval": metrics and metrics["interval"].get("accuracy"),
        "classes": classes[:MOST_CLASSES],
        "hidden_classes": classes[MOST_CLASSES:],
        "confidence": _confidence(record),
        # Records of former versions do not have these.
        "disagreement": record.get("disagreement"),
        "doubtful": [_doubtful(row) for row in record.get("doubtful", [])],
        "left_out": record["learning"].get("left_out", []),
    }


def _doubtful(row: Mapping[str, Any]) -> dict[str, Any]:
    """Count the members of the committee that are for the suggested label."""
    said = [member["label"] for member in row["members"]]
    return {**row, "for": said.count(row["label"]), "members": len(said)}


def _measures(metrics: Mapping[str, Any] | None) -> list[Measure]:
    """Give the rows of the comparison: shares in percent and points, the Brier score as it is."""
    if metrics is None:
        return []
    return [
        _measure(metrics, "accuracy", "Accuracy", "higher is better"),
        _measure(metrics, "balanced_accuracy", "Balanced accuracy", "higher is better"),
        _measure(metrics, "brier", "Brier score", "lower is better"),
    ]


def _measure(metrics: Mapping[str, Any], key: str, name: str, hint: str) -> Measure:
    """Give one row; where the record holds no difference, it is that of the two numbers beside it."""
    before, after = metrics["labels_only"][key], metrics["pseudo_labeled"][key]
    difference, interval = metrics["difference"].get(key, after - before), metrics["interval"].get(key)
    if key == "brier":
        numbers = wording.decimal(before), wording.decimal(after), wording.signed(difference, 3)
        return Measure(name, hint, *numbers, wording.span(interval, 3))
    numbers = wording.percent(before), wording.percent(after), f"{wording.signed(_POINTS * difference)} points"
    return Measure(name, hint, *numbers, wording.span(interval and [_POINTS * bound for bound in interval]))


def _comparison(metrics: Mapping[str, Any] | None) -> Markup | None:
    """Draw the first chart, where there is an interval to draw."""
    if metrics is None or metrics["interval"].get("accuracy") is None:
        return None
    return Markup(comparison_chart(metrics))  # our own SVG; its texts are numbers and words of ours


def _confidence(record: Mapping[str, Any]) -> Markup | None:
    """Draw the second chart, where a label was suggested."""
    if record["confidence"] is None or not record["counts"]["suggested"]:
        return None
    return Markup(confidence_chart(record["confidence"]))  # our own SVG; its texts are numbers and words of ours


def _class_rows(record: Mapping[str, Any]) -> list[ClassRow]:
    """Give the classes in their own order, or, where not all are shown, those with most rows first."""
    counts, scored = record["counts"], {}
    if record["metrics"] is not None:
        scored = {str(row["class"]): row for row in record["metrics"]["per_class"]}
    rows = [
        ClassRow(
            name=name,
            given=counts["given_per_class"].get(name, 0),
            suggested=counts["suggested_per_class"].get(name, 0),
            scored=scored.get(name, {}).get("rows", 0),
            recall_labels_only=scored.get(name, {}).get("recall_labels_only"),
            recall_pseudo_labeled=scored.get(name, {}).get("recall_pseudo_labeled"),
        )
        for name in map(str, record["classes"])
    ]
    if len(rows) > MOST_CLASSES:
        rows.sort(key=lambda row: row.given + row.suggested, reverse=True)
    return rows
