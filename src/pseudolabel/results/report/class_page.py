"""Class page: what a report says of a run that predicts classes.

Takes  the record of such a run.
Gives  the names that the template classification.html uses, with their values.

Before this: class_table.py, doubtful.py and the charts. After this: page.py.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from pseudolabel.results.class_table import FEWEST_TO_COUNT, FEWEST_TO_JUDGE, ClassRow, read_class_rows
from pseudolabel.results.report.accuracy_chart import comparison_chart
from pseudolabel.results.report.class_charts import class_chart, shares_chart
from pseudolabel.results.report.differences import differences_chart
from pseudolabel.results.report.doubtful import read_doubtful_rows
from pseudolabel.results.report.measure import SCORE, SHARE, Measure, read_measure
from pseudolabel.results.report.trust_charts import confidence_chart, coverage_chart, reliability_chart

MOST_CLASSES = 50
MOST_DISAGREED = 5  # classes that are named

_MEASURES = {
    "accuracy": ("Accuracy", "right", SHARE),
    "balanced_accuracy": ("Balanced accuracy", "right", SHARE),
    "brier": ("Brier score", "left", SCORE),
    "log_loss": ("Log-loss", "left", SCORE),
}


def class_page(record: Mapping[str, Any]) -> dict[str, Any]:
    """Give what the template of classes needs beside the record."""
    metrics, learning = record["metrics"], record["learning"]
    classes = _most_first(read_class_rows(record))
    shown, measures = classes[:MOST_CLASSES], _measures(metrics)
    return {
        "measured": "Accuracy and probabilities",
        "judged_by": "accuracy",
        "measures": measures,
        # Our own SVG: names of classes are escaped where they are put in, everything else is words of ours.
        "comparison": _comparison(metrics),
        "drawn_interval": metrics and metrics["interval"].get("accuracy"),
        "differences": Markup(differences_chart(measures)) if measures else None,
        "classes": shown,
        "hidden_classes": classes[MOST_CLASSES:],
        "most_classes": MOST_CLASSES,
        "small_classes": any(row.scored < FEWEST_TO_JUDGE for row in classes),
        "fewest_to_count": FEWEST_TO_COUNT,
        "fewest_to_judge": FEWEST_TO_JUDGE,
        "class_drawing": _class_drawing(metrics, shown),
        "shares_drawing": _shares_drawing(record, shown),
        "confidence": _confidence(record),
        "reliability": _reliability(metrics),
        "coverage": _coverage(record["acceptance"]),
        "left_out": learning["left_out"],
        "disagreement": _disagreement(learning["disagreement"]),
        "doubtful": read_doubtful_rows(record["doubtful"], learning["members"]),
    }


def _most_first(classes: list[ClassRow]) -> list[ClassRow]:
    """Give the classes in their own order, or, where not all are shown, those with most rows first."""
    if len(classes) <= MOST_CLASSES:
        return classes
    return sorted(classes, key=lambda row: -(row.given + row.suggested))


def _measures(metrics: Mapping[str, Any] | None) -> list[Measure]:
    """Give the rows of the comparison: of models without probabilities, those of right answers only."""
    if metrics is None:
        return []
    return [
        read_measure(metrics, key, name, "right" if better == "right" else "left", unit)
        for key, (name, better, unit) in _MEASURES.items()
        if key in metrics["difference"]
    ]


def _comparison(metrics: Mapping[str, Any] | None) -> Markup | None:
    """Draw the first chart, where there is an interval to draw."""
    if metrics is None or metrics["interval"].get("accuracy") is None:
        return None
    return Markup(comparison_chart(metrics))


def _class_drawing(metrics: Mapping[str, Any] | None, shown: Sequence[ClassRow]) -> Markup | None:
    """Draw the classes of which something may be said."""
    if metrics is None:
        return None
    names = {row.name for row in shown if row.numbers}
    drawn = [row for row in metrics["per_class"] if str(row["class"]) in names]
    return Markup(class_chart(drawn, FEWEST_TO_JUDGE)) if drawn else None


def _shares_drawing(record: Mapping[str, Any], shown: Sequence[ClassRow]) -> Markup | None:
    """Draw the shares of the classes, where a label was suggested."""
    counts = record["counts"]
    if not counts["suggested"]:
        return None
    pseudo = {name: number / counts["suggested"] for name, number in counts["suggested_per_class"].items()}
    shares = {"labeled": record["shares"]["labeled"], "estimated": record["shares"]["estimated"], "pseudo": pseudo}
    known = [row.name for row in shown if row.name in pseudo]  # not those that only test rows have
    return Markup(shares_chart(known, shares))


def _confidence(record: Mapping[str, Any]) -> Markup | None:
    if record["confidence"] is None or not record["counts"]["suggested"]:
        return None
    return Markup(confidence_chart(record["confidence"]))


def _reliability(metrics: Mapping[str, Any] | None) -> Markup | None:
    """Draw confidence against right answers, where the model has probabilities and rows were scored."""
    reliability = metrics and metrics.get("reliability")
    return Markup(reliability_chart(reliability)) if reliability and any(reliability["rows"]) else None


def _coverage(acceptance: Mapping[str, Any] | None) -> Markup | None:
    return Markup(coverage_chart(acceptance)) if acceptance and acceptance["curve"] else None


def _disagreement(found: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Give how often the labels-only model disagrees, and the classes on which it does so most."""
    if found is None:
        return None
    classes = [row for row in found["per_class"] if row["share"]]
    classes.sort(key=lambda row: -row["share"])
    return {"rows": found["rows"], "share": found["share"], "classes": classes[:MOST_DISAGREED]}
