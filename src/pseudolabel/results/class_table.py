"""Class table: what happened to each class, and how much may be said of it.

Takes  the record of a run that predicts classes.
Gives  ClassRows: every number as it is printed.

A class with few rows is a matter of luck: below 5 nothing is said, below 20 rows are counted and nothing is judged.

Before this: wording.py. After this: card.py, report/class_page.py.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pseudolabel.results import wording

FEWEST_TO_COUNT, FEWEST_TO_JUDGE = 5, 20
"""Scored rows of a class from which on they are counted, and from which on shares are shown."""


@dataclass(frozen=True)
class ClassRow:
    """One row of the table of classes.

    Attributes
    ----------
    name : str
    given, suggested, scored : int
        Rows of the table with this label, and labeled rows that no model saw.
    numbers : list of str
        Recall of labels only and with pseudo-labels, then precision, then what could be detected; empty where too few
        rows were scored for any statement.
    alarm : bool
        Whether recall falls for sure.
    """

    name: str
    given: int
    suggested: int
    scored: int
    numbers: list[str]
    alarm: bool


def read_class_rows(record: Mapping[str, Any]) -> list[ClassRow]:
    """Give the classes in their own order, then those that only test rows have.

    Parameters
    ----------
    record : mapping
        With `classes`, `counts` and `metrics`, which may be None.
    """
    counts, scored, unseen = record["counts"], {}, []
    if record["metrics"] is not None:
        scored = {str(row["class"]): row for row in record["metrics"]["per_class"]}
        unseen = record["metrics"].get("unseen", {"classes": []})["classes"]
    return [
        ClassRow(
            name=name,
            given=counts["given_per_class"].get(name, 0),
            suggested=counts["suggested_per_class"].get(name, 0),
            scored=scored[name]["rows"] if name in scored else 0,
            numbers=_numbers(scored[name]) if name in scored else [],
            alarm=name in scored and scored[name]["alarm"],
        )
        for name in map(str, [*record["classes"], *unseen])
    ]


def _numbers(row: Mapping[str, Any]) -> list[str]:
    """Write what may be said of a class with so many rows."""
    if row["rows"] < FEWEST_TO_COUNT:
        return []
    recalls = [row["recall_labels_only"], row["recall_pseudo_labeled"]]
    if row["rows"] < FEWEST_TO_JUDGE:
        return [*(wording.out_of(recall, row["rows"]) for recall in recalls), *[wording.ABSENT] * 3]
    precisions = [row["precision_labels_only"], row["precision_pseudo_labeled"]]
    detectable = row["detectable"]
    shown = wording.ABSENT if detectable is None else f"{100 * detectable:.0f} points"
    return [*(wording.percent(share) for share in (*recalls, *precisions)), shown]
