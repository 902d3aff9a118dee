"""Headline: what the first screen of a page says, for someone who reads no further.

Takes  the record.
Gives  a Headline: a badge, sentences, and what must be said aloud.

Before this: badge.py. After this: page.py.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pseudolabel.badge import VETO, Badge, alarm_text, badge_of, has_evidence
from pseudolabel.results import wording

MOST_ALARMS = 3  # on the first screen; the table of classes marks them all


@dataclass(frozen=True)
class Spoken:
    """One comparison in words.

    Attributes
    ----------
    code : str
    badge : Badge
    sentence, advice : str
    reason : str
        What decided, or why nothing could.
    compared : bool
        Whether there was a comparison at all.
    """

    code: str
    badge: Badge
    sentence: str
    advice: str
    reason: str
    compared: bool


@dataclass(frozen=True)
class Headline:
    """What the first screen says.

    Attributes
    ----------
    first, second : Spoken
        Against the labels alone, and what the unlabeled rows themselves add.
    veto : str or None
    alarms : list of str
    hidden_alarms : int
    looks : str
    """

    first: Spoken
    second: Spoken
    veto: str | None
    alarms: list[str]
    hidden_alarms: int
    looks: str


def read_headline(record: Mapping[str, Any]) -> Headline:
    """Read the first screen from a record."""
    verdict = record["verdict"]
    alarms = [alarm_text(alarm) for alarm in verdict["alarms"]]
    return Headline(
        first=_spoken(verdict),
        second=_spoken(verdict["unlabeled"]),
        veto=VETO if verdict["vetoed"] else None,
        alarms=alarms[:MOST_ALARMS],
        hidden_alarms=len(alarms[MOST_ALARMS:]),
        looks=wording.looks(verdict),
    )


def _spoken(comparison: Mapping[str, Any]) -> Spoken:
    return Spoken(
        code=comparison["code"],
        badge=badge_of(comparison),
        sentence=comparison["sentence"],
        advice=comparison["advice"],
        reason=wording.reason(comparison["reason"]),
        compared=has_evidence(comparison),
    )
