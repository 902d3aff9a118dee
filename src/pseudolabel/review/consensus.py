"""Consensus: what the answers to one row come to.

Takes  the decisions about a row that were not taken back, in the order of their numbers.
Gives  a HumanLabel, or None where there are none; and what it means for the queue.

Of each reviewer the newest label counts. To skip says nothing and takes nothing back. "Not this class" holds for good:
through all rounds, until the same reviewer gives the row that class or takes the answer back. Where reviewers differ
the row has no label until one of them changes an answer or somebody settles it.

Before this: answers.py. After this: log.py, rounds.py.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from pseudolabel.review.answers import LABELING, Decision, HumanLabel, State


@dataclass
class _Tally:
    """The labels given by each reviewer and the classes refused by each, as the decisions are read one by one."""

    labels: dict[str, Decision] = field(default_factory=dict)
    refused: dict[tuple[str, str], Decision] = field(default_factory=dict)

    def read(self, decision: Decision) -> None:
        if decision.is_settling:
            self.labels.clear()
        if decision.action in LABELING and decision.label is not None:
            self._give(decision, decision.label)
        elif decision.action == "reject" and decision.label is not None:
            self.refused[decision.reviewer, decision.label] = decision
            former = self.labels.get(decision.reviewer)
            if former is not None and former.label == decision.label:
                del self.labels[decision.reviewer]

    def _give(self, decision: Decision, label: str) -> None:
        self.labels[decision.reviewer] = decision
        for reviewer, refused in list(self.refused):
            if refused == label and (reviewer == decision.reviewer or decision.is_settling):
                del self.refused[reviewer, refused]

    @property
    def given(self) -> set[str | None]:
        return {decision.label for decision in self.labels.values()}

    @property
    def rejected(self) -> frozenset[str]:
        return frozenset(label for _, label in self.refused)

    @property
    def is_conflict(self) -> bool:
        return len(self.given) > 1 or not self.given.isdisjoint(self.rejected)


def agree(decisions: Iterable[Decision]) -> HumanLabel | None:
    """Say what the decisions about a row come to.

    Parameters
    ----------
    decisions : iterable of Decision
        About one row, those that count, in the order of their numbers.

    Examples
    --------
    >>> agree([]) is None
    True
    """
    tally, newest = _Tally(), None
    who: set[str] = set()
    for decision in decisions:
        tally.read(decision)
        newest = decision
        who.add(decision.reviewer)
    if newest is None:
        return None
    labels = sorted(tally.labels.values(), key=lambda decision: decision.seq)
    said = labels[-1] if labels else newest
    return HumanLabel(
        row=said.row,
        label=None if tally.is_conflict or not labels else said.label,
        action=said.action,
        reviewers=tuple(sorted(tally.labels or who)),
        seq=newest.seq,
        rejected=tally.rejected,
        is_conflict=tally.is_conflict,
    )


def at_odds(decisions: Iterable[Decision]) -> tuple[Decision, ...]:
    """Give the decisions that make a row one its reviewers disagree on, oldest first; none where they do not."""
    tally = _Tally()
    for decision in decisions:
        tally.read(decision)
    if not tally.is_conflict:
        return ()
    against = [refusal for (_, label), refusal in tally.refused.items() if label in tally.given]
    return tuple(sorted([*tally.labels.values(), *against], key=lambda decision: decision.seq))


def state_for(human: HumanLabel | None, suggested: str | None) -> State:
    """Say whether a row is to be asked about, where `suggested` is what a round suggests for it.

    A row of which only is known what it is not waits again as soon as a round suggests something else.
    """
    if human is None:
        return "waiting"
    if human.label is not None or human.is_conflict or suggested in human.rejected:
        return "settled"
    return "skipped" if human.action == "skip" else "waiting"
