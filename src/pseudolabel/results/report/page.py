"""The page: a run's record as one HTML file for a person to read, print or send.

Takes  the content of a run's `record.json`.
Gives  the text of an HTML page that needs no script, no network and no other file.

Drawn from the record alone, so that an old run's report can be drawn again. Names of columns and classes are
other people's text: jinja2 escapes all of it, and only our own charts are let through as they are.

Before this: charts.py. After this: the file `report.html` of a run folder.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from pseudolabel.results.report import wording
from pseudolabel.results.report.charts import comparison_chart, confidence_chart

MOST_COLUMNS = 20  # of one kind; a table of thousands of columns must still give a page one can read
MOST_CLASSES = 50
MOST_FINDINGS = 50
_POINTS = 100  # of a whole


@dataclass(frozen=True)
class Measure:
    """One row of the comparison, in words.

    Attributes
    ----------
    name, hint : str
        What was measured, and which direction is good.
    labels_only, pseudo_labeled, difference, interval : str
        `interval` is of the difference.
    """

    name: str
    hint: str
    labels_only: str
    pseudo_labeled: str
    difference: str
    interval: str


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


def render_report(record: Mapping[str, Any]) -> str:
    """Draw a run's report.

    Parameters
    ----------
    record : mapping
        The content of `record.json`. `metrics` may be None: the page then says why there is no comparison.

    Returns
    -------
    html : str
        A whole page; the same record gives the same text.

    Examples
    --------
    >>> page = render_report(json.loads(Path("run/record.json").read_text()))  # doctest: +SKIP
    """
    classes = _class_rows(record)
    page = _environment().get_template("report.html")
    return page.render(
        record=record,
        measures=_measures(record["metrics"]),
        comparison=_comparison(record["metrics"]),
        classes=classes[:MOST_CLASSES],
        hidden_classes=classes[MOST_CLASSES:],
        confidence=_confidence(record),
        kinds=_by_kind(record["columns"]["features"]),
        most_columns=MOST_COLUMNS,
        most_findings=MOST_FINDINGS,
    )


def _environment() -> Environment:
    """Give a jinja2 that escapes every value, and refuses a name the record does not have."""
    environment = Environment(
        loader=PackageLoader("pseudolabel.results.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    for write in (wording.count, wording.percent, wording.decimal, wording.span, wording.name, wording.setting):
        environment.filters[write.__name__] = write
    return environment


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


def _by_kind(features: Sequence[Mapping[str, str]]) -> dict[str, list[str]]:
    """Give the names of the columns used under the kind they were taken for."""
    kinds: dict[str, list[str]] = {}
    for feature in features:
        kinds.setdefault(feature["kind"], []).append(feature["name"])
    return kinds
