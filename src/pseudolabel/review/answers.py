"""Answers: what is asked of a person about a row, and what the person says.

Takes  nothing: these are the values that the other modules of the review hand on.
Gives  Item and Suggestion, the question; Answer and Decision, before and after it was stored; and what they come to.

Before this: errors.py. After this: consensus.py, store.py.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

from pseudolabel.errors import PseudolabelError

Action = Literal["accept", "correct", "reject", "skip", "new_class", "undo"]
ACTIONS: tuple[Action, ...] = get_args(Action)

LABELING: tuple[Action, ...] = ("accept", "correct", "new_class")
"""The actions that give a row a label."""

Kind = Literal["row", "text", "image"]
State = Literal["given", "waiting", "skipped", "settled"]


@dataclass(frozen=True)
class Item:
    """One row under review.

    Attributes
    ----------
    row : int
        Its position in the labeled table, from 0.
    key : str
        The user's id of the row where there is one, else the position as text. No two items have the same.
    kind : {"row", "text", "image"}
        How it is looked at.
    shown : str
        A JSON object of the cells that are shown, column to text. Of a text, `text` comes first; of an image, `image`
        is its path inside the data folder.
    given : str or None
        The label it came with. Such an item is never asked about, but is a neighbor of others.
    """

    row: int
    key: str
    kind: Kind
    shown: str
    given: str | None = None


@dataclass(frozen=True)
class Suggestion:
    """What a round of learning says about an item.

    Attributes
    ----------
    row : int
    label : str
    confidence : float, 0 to 1
    margin : float, 0 to 1
        Its lead over the second likeliest class.
    impact : float
        How much an answer would change: more is asked sooner.
    novelty : float, 0 to 1
        From 0.99: unlike anything labeled.
    cluster : int or None
        Clusters are asked about from 0 on, so number the largest first.
    ranked : tuple of (str, float)
        The likeliest classes and their probabilities, likeliest first, at most 9.
    nearest : tuple of (int, str, float)
        Row, label and distance of the nearest labeled rows.
    accepted : bool
        Published with a promise.
    """

    row: int
    label: str
    confidence: float
    margin: float
    impact: float
    novelty: float
    cluster: int | None = None
    ranked: tuple[tuple[str, float], ...] = ()
    nearest: tuple[tuple[int, str, float], ...] = ()
    accepted: bool = False


@dataclass(frozen=True)
class Answer:
    """What a reviewer does to one item.

    Attributes
    ----------
    row : int
    action : {"accept", "correct", "reject", "skip", "new_class"}
        Taking back is `Store.undo`.
    label : str or None
        The class the item has, or with "reject" has not; there None means `shown_label`. None with "skip".
    reviewer : str
    request_id : str
        Made by the page. The same answer twice under one id is stored once.
    seen : int
        Number of the item's newest decision that the reviewer had seen, 0 where there was none.
    is_blind : bool
        The suggestion was hidden.
    shown_label, shown_confidence : str, float or None
        The suggestion as it was shown.
    dwell_ms : int or None
        Milliseconds the item was looked at; below 0 counts as unknown.
    batch : str or None
        Answers of one batch are taken back together.
    is_confirmed : bool
        The reviewer was shown a conflicting answer first.
    is_settling : bool
        It settles a disagreement: the labels given to the item before no longer count, whoever gave them.
    is_audit : bool
        It answers a row of an audit, which was not drawn like the blind rows of the queue.
    """

    row: int
    action: Action
    label: str | None
    reviewer: str
    request_id: str
    seen: int
    is_blind: bool = False
    shown_label: str | None = None
    shown_confidence: float | None = None
    dwell_ms: int | None = None
    batch: str | None = None
    is_confirmed: bool = False
    is_settling: bool = False
    is_audit: bool = False


@dataclass(frozen=True)
class Decision:
    """An answer as it was stored, or the taking back of one.

    Attributes
    ----------
    seq : int
        Its number, from 1: the order of all decisions. The clock is shown and never relied on.
    row, action, label, reviewer, request_id, seen, is_blind, shown_label, shown_confidence, dwell_ms, batch
        As in the answer.
    is_confirmed, is_settling, is_audit : bool
        As in the answer.
    round : int or None
        The newest round when it was given.
    suggested : str or None
        The label that round suggested, whether it was shown or not.
    undoes : int or None
        Of an "undo", the decision that it takes back.
    at : str
        When it was stored, in UTC, as ISO 8601.
    is_live : bool
        It is no "undo" and was not taken back.
    """

    seq: int
    row: int
    action: Action
    label: str | None
    reviewer: str
    request_id: str
    seen: int
    is_blind: bool
    shown_label: str | None
    shown_confidence: float | None
    dwell_ms: int | None
    batch: str | None
    is_confirmed: bool
    is_settling: bool
    is_audit: bool
    round: int | None
    suggested: str | None
    undoes: int | None
    at: str
    is_live: bool


@dataclass(frozen=True)
class Decided:
    """The number an answer is stored under, and whether it was there already."""

    seq: int
    is_repeat: bool


class Conflict(PseudolabelError):  # noqa: N818 - what happened is a conflict, and nobody made an error
    """The item has a decision that the reviewer had not seen. Nothing was stored.

    Attributes
    ----------
    other : Decision
        The newest one not seen; one that still counts, where there is one.
    newest : int
        What `seen` must be to answer all the same.
    """

    exit_code = 3

    def __init__(self, other: Decision, newest: int) -> None:
        super().__init__(
            f"Row {other.row} was answered by {other.reviewer!r} in the meantime. Look at that answer, then confirm "
            "yours or leave it."
        )
        self.other = other
        self.newest = newest


@dataclass(frozen=True)
class HumanLabel:
    """What the answers to a row come to.

    Attributes
    ----------
    row : int
    label : str or None
        The label all reviewers who gave one agree on; None where there is none, or they disagree.
    action : Action
        The newest action that counts.
    reviewers : tuple of str
        Who gave a label, or else who answered, in order of their names.
    seq : int
        The newest decision that counts.
    rejected : frozenset of str
        Classes the row does not have, for good.
    is_conflict : bool
        The reviewers disagree; the label is None until it is settled.
    """

    row: int
    label: str | None
    action: Action
    reviewers: tuple[str, ...]
    seq: int
    rejected: frozenset[str] = frozenset()
    is_conflict: bool = False


@dataclass(frozen=True)
class Disagreement:
    """A row its reviewers disagree on, and the newest decision of each that counts."""

    row: int
    decisions: tuple[Decision, ...]
    suggestion: Suggestion | None
    newest_seq: int


@dataclass(frozen=True)
class ItemView:
    """An item with all that is known of it.

    Attributes
    ----------
    item : Item
    suggestion : Suggestion or None
        Of the newest round, or of the one that was asked for.
    round : int or None
        The number of that round.
    decisions : tuple of Decision
        Those that count, oldest first.
    newest_seq : int
        Of all its decisions, also those that were taken back: what an answer's `seen` has to be. 0 without any.
    state : {"given", "waiting", "skipped", "settled"}
    is_blind : bool
        It is to be shown without its suggestion and without decisions.
    """

    item: Item
    suggestion: Suggestion | None
    round: int | None
    decisions: tuple[Decision, ...]
    newest_seq: int
    state: State
    is_blind: bool

    @property
    def row(self) -> int:
        """The row of the item."""
        return self.item.row


@dataclass(frozen=True)
class ClassView:
    """A class: its name, what names are compared by, and who made it (None: it came with the run)."""

    name: str
    fold_key: str
    made_by: str | None


@dataclass(frozen=True)
class Round:
    """A finished round of learning.

    Attributes
    ----------
    number : int
        From 1.
    upto : int
        The newest decision it has learned from; later ones are for the next round.
    config, evidence : mapping, mapping or None
    at : str
        When it was stored, in UTC.
    """

    number: int
    upto: int
    config: Mapping[str, Any]
    evidence: Mapping[str, Any] | None
    at: str


@dataclass(frozen=True)
class Counts:
    """How far the review has come, in rows unless said otherwise.

    Attributes
    ----------
    accepted, corrected : int
        People agree on the label that was suggested when they answered, or on another.
    rejected : int
        It is only known what the row is not, and the newest round suggests nothing else yet.
    skipped, waiting : int
        Of those without any of these, put off, and not looked at. What was rejected waits again as soon as a round
        suggests another class.
    given : int
    conflicts : int
        The reviewers disagree.
    per_class : mapping from str to int
        Rows people agree on, by class.
    blind_shown, blind_agreed : int
        Answers with a label to rows whose suggestion was hidden, and how many named the hidden class; without audits.
    decisions : int
        Answers and takings back that no round has learned from yet.
    """

    accepted: int
    corrected: int
    rejected: int
    skipped: int
    waiting: int
    given: int
    conflicts: int
    per_class: Mapping[str, int]
    blind_shown: int
    blind_agreed: int
    decisions: int
