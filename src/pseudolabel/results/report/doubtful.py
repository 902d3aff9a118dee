"""Doubtful rows: the suggestions a person should look at first, with what speaks for and against each.

Takes  the record's `doubtful` rows and the members of its committee.
Gives  DoubtfulRows, the members that agree put together.

Before this: nothing. After this: class_page.py.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


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


def read_doubtful_rows(rows: Sequence[Mapping[str, Any]], members: Sequence[Mapping[str, Any]]) -> list[DoubtfulRow]:
    """Give the rows of the table; a file that all places share is not repeated."""
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
