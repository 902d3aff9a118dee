"""Class page: what a report says of a run that predicts classes.

Takes  the record of such a run.
Gives  the names that the template classification.html uses, with their values.

Before this: charts.py. After this: page.py.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from pseudolabel.results.report import wording
from pseudolabel.results.report.charts import comparison_chart, confidence_chart
from pseudolabel.results.report.measure import Measure

MOST_CLASSES = 50
MOST_DISAGREED = 5  # classes that are named
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


@dataclass(frozen=True)
class Camp:
    """Members of the committee that say the same of a row.

    Attributes
    ----------
    label : str
    share : float, 0 to 1
        Of the vote, that these have together.
    members : list of str
    """

    label: str
    share: float
    members: list[str]


@dataclass(frozen=True)
class Like:
    """A labeled row that is like a doubtful one: where it stands, and its label."""

    place: str
    label: str


@dataclass(frozen=True)
class DoubtfulRow:
    """One row of the table of doubtful labels.

    Attributes
    ----------
    place : str
        Where it stands in the input; without the file where that is the same for all.
    label, runner_up : str
    probability, runner_up_probability : float
    camps : list of Camp
        The one with most of the vote first.
    nearest : list of Like
        The nearest first.
    """

    place: str
    label: str
    probability: float
    runner_up: str
    runner_up_probability: float
    camps: list[Camp]
    nearest: list[Like]


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
        # Records of former versions have none of these.
        "left_out": record["learning"].get("left_out", []),
        "disagreement": _disagreement(record["learning"].get("disagreement")),
        "doubtful": _doubtful_rows(record.get("doubtful", []), record["learning"]["members"]),
    }


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


def _disagreement(found: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Give how often the labels-only model disagrees, and the classes on which it does so most."""
    if found is None:
        return None
    classes = [row for row in found["per_class"] if row["share"]]
    classes.sort(key=lambda row: -row["share"])
    return {"rows": found["rows"], "share": found["share"], "classes": classes[:MOST_DISAGREED]}


def _doubtful_rows(rows: Sequence[Mapping[str, Any]], members: Sequence[Mapping[str, Any]]) -> list[DoubtfulRow]:
    places = [place["place"] for row in rows for place in (row, *row["nearest"])]
    files = {place.rpartition(", ")[0] for place in places}
    start = len(files.pop()) + len(", ") if len(files) == 1 else 0
    weights = {member["name"]: member["weight"] for member in members}
    return [
        DoubtfulRow(
            place=row["place"][start:],
            label=row["label"],
            probability=row["probability"],
            runner_up=row["runner_up"],
            runner_up_probability=row["runner_up_probability"],
            camps=_camps(row["members"], weights),
            nearest=[Like(near["place"][start:], near["label"]) for near in row["nearest"]],
        )
        for row in rows
    ]


def _camps(members: Sequence[Mapping[str, Any]], weights: Mapping[str, float]) -> list[Camp]:
    """Put the members that say the same together."""
    camps: dict[str, Camp] = {}
    for member in members:
        camp = camps.get(member["label"], Camp(member["label"], 0.0, []))
        camps[camp.label] = Camp(camp.label, camp.share + weights[member["name"]], [*camp.members, member["name"]])
    return sorted(camps.values(), key=lambda camp: -camp.share)
