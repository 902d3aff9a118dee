"""Log: decisions, which are only ever added, and what follows from them for the queue.

Takes  a connection in the middle of a transaction, and answers.
Gives  decisions: stored, found, or taken back; the states of their rows are brought up to date in the same commit.

The number of a decision says its place, the clock only when a person would say it was. A clock that goes back an hour
changes nothing but what is shown.

Before this: database.py, consensus.py. After this: store.py.
"""

import math
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime
from itertools import groupby
from typing import Any

from pseudolabel.errors import InputError
from pseudolabel.review.answers import ACTIONS, LABELING, Answer, Conflict, Decided, Decision, HumanLabel, State
from pseudolabel.review.checksum import DECISION, STANDING, checksum_of
from pseudolabel.review.classes import clean_name, is_name, look_up, make_class
from pseudolabel.review.consensus import agree, state_for
from pseudolabel.review.schema import SETTLED, SKIPPED, WAITING
from pseudolabel.validation import listed

NUMBERS: dict[State, int] = {"waiting": WAITING, "skipped": SKIPPED, "settled": SETTLED}

LONGEST_NAME = 200
"""Characters of the name of a reviewer or a request: what is longer is no name."""

LARGEST = 2**63 - 1
"""Of SQLite's whole numbers."""

PART_OF_REQUEST = "\x1f"
"""Between the id of a request and the number of the row it takes back; an id from outside cannot hold it."""

_COLUMNS = (
    "d.seq, d.row, d.action, d.label, d.reviewer, d.request_id, d.seen, d.is_blind, d.shown_label, d.shown_confidence, "
    "d.dwell_ms, d.batch, d.is_confirmed, d.is_settling, d.is_audit, d.round, d.suggested, d.undoes, d.at"
)
_LIVE = "(d.action <> 'undo' AND NOT EXISTS (SELECT 1 FROM decision AS u WHERE u.undoes = d.seq))"
_FLAGS = ("is_blind", "is_confirmed", "is_settling", "is_audit", "is_live")


def clock() -> datetime:
    """Tell the time of day, which is shown beside a decision and used for nothing."""
    return datetime.now(UTC)


def last_seq(connection: sqlite3.Connection, row: int | None = None) -> int:
    """Give the number of the newest decision, of all or about one row; 0 where there is none."""
    where, values = ("", ()) if row is None else ("WHERE row = ?", (row,))
    return int(connection.execute(f"SELECT coalesce(max(seq), 0) FROM decision {where}", values).fetchone()[0])


def read_decisions(
    connection: sqlite3.Connection, rest: str = "", values: Sequence[Any] = (), *, live_only: bool = False
) -> Iterator[Decision]:
    """Give decisions, oldest first unless `rest` of the SQL statement orders them; the table is `d` in it."""
    live = f"SELECT {_COLUMNS}, {_LIVE} FROM decision AS d"
    where = f"WHERE {_LIVE}" + (f" AND ({rest})" if rest else "") if live_only else rest
    order = "" if "ORDER BY" in where else " ORDER BY d.seq"
    cursor = connection.execute(f"{live} {where}{order}", values)
    names = list(Decision.__dataclass_fields__)
    for found in cursor:
        fields = dict(zip(names, found, strict=True))
        yield Decision(**{**fields, **{flag: bool(fields[flag]) for flag in _FLAGS}})


def live_decisions(connection: sqlite3.Connection, row: int) -> tuple[Decision, ...]:
    """Give the decisions about a row that were not taken back, oldest first."""
    return tuple(read_decisions(connection, "d.row = ?", (row,), live_only=True))


def consensus_until(connection: sqlite3.Connection, upto: int) -> dict[int, HumanLabel]:
    """Say of each row with decisions what they come to, as it was when decision `upto` was the newest."""
    undone = "EXISTS (SELECT 1 FROM decision AS u WHERE u.undoes = d.seq AND u.seq <= ?)"
    rest = f"WHERE d.seq <= ? AND d.action <> 'undo' AND NOT {undone} ORDER BY d.row, d.seq"
    by_row = groupby(read_decisions(connection, rest, (upto, upto)), key=lambda decision: decision.row)
    agreed = ((row, agree(decisions)) for row, decisions in by_row)
    return {row: label for row, label in agreed if label is not None}


def checked(answer: Answer) -> Answer:
    """Give the answer as it is stored.

    Raises
    ------
    InputError
        If it could not be understood later: no such action, a label missing or too many, a name of control characters.
    """
    if answer.action not in ACTIONS or answer.action == "undo":
        raise InputError(f"There is no action {answer.action!r}. Use one of {listed(list(ACTIONS[:-1]))}.")
    require_name("name of a reviewer", answer.reviewer)
    require_name("id of a request", answer.request_id)
    if answer.batch is not None:
        require_name("name of a batch", answer.batch)
    label = answer.label
    if answer.action == "reject" and label is None:
        label = answer.shown_label
    if answer.action == "new_class":
        label = clean_name(label or "")
    for text in (label, answer.shown_label):
        _require_unicode(answer.row, text)
    if (label is None) != (answer.action == "skip"):
        wanted = "names no class" if answer.action == "skip" else "must name a class"
        raise InputError(f"Row {answer.row}: {answer.action!r} {wanted}, got {label!r}.")
    for name, number in (("row", answer.row), ("seen", answer.seen)):
        if not 0 <= number <= LARGEST:
            raise InputError(f"`{name}` must be 0 or more, and no more than SQLite can count, got {number!r}.")
    dwell, shown = answer.dwell_ms, answer.shown_confidence
    return replace(
        answer,
        row=int(answer.row),
        label=label,
        seen=int(answer.seen),
        dwell_ms=int(dwell) if dwell is not None and 0 <= dwell <= LARGEST else None,
        shown_confidence=None if shown is None or math.isnan(shown) else float(shown) + 0.0,  # SQLite knows no -0.0
    )


def require_name(what: str, name: str) -> None:
    """Raise unless a name from outside is short, not blank, and free of control characters.

    Raises
    ------
    InputError
    """
    if not is_name(name, LONGEST_NAME):
        raise InputError(
            f"The {what} must be 1 to {LONGEST_NAME} characters, no control characters among them, got {name[:50]!r}."
        )


def _require_unicode(row: int, text: str | None) -> None:
    try:
        (text or "").encode()
    except UnicodeEncodeError as error:
        raise InputError(f"Row {row}: {text!r} is no proper Unicode ({error.reason}). Load the page anew.") from None


def store_answers(connection: sqlite3.Connection, answers: Iterable[Answer]) -> list[Decided]:
    """Store checked answers; those that were stored before are left as they are.

    Raises
    ------
    Conflict
        If a row has a decision that its reviewer had not seen.
    InputError
        If there is no such row or class, the label of a row was given, or an id was used for another answer.
    """
    before = last_seq(connection)
    number = newest_round(connection)
    decided: list[Decided] = []
    rows: dict[int, None] = {}
    for answer in answers:
        repeat = _repeat_of(connection, answer)
        if repeat is None:
            _require_answerable(connection, answer, before)
            decided.append(Decided(_insert(connection, answer, number), is_repeat=False))
            rows[answer.row] = None
        else:
            decided.append(Decided(repeat, is_repeat=True))
    for row in rows:
        restate(connection, row)
    return decided


def newest_round(connection: sqlite3.Connection) -> int | None:
    """Give the number of the newest finished round; None before the first."""
    number: int | None = connection.execute("SELECT max(number) FROM round WHERE is_done = 1").fetchone()[0]
    return number


def _repeat_of(connection: sqlite3.Connection, answer: Answer) -> int | None:
    """Give the number under which this very answer is stored already."""
    found = connection.execute(
        "SELECT seq, row, action, label, reviewer FROM decision WHERE request_id = ?", (answer.request_id,)
    ).fetchone()
    if found is None:
        return None
    if found[1:] != (answer.row, answer.action, answer.label, answer.reviewer):
        raise InputError(
            f"Request {answer.request_id!r} was used for another answer, to row {found[1]}. Load the page anew."
        )
    return int(found[0])


def _require_answerable(connection: sqlite3.Connection, answer: Answer, before: int) -> None:
    item = connection.execute("SELECT given FROM item WHERE row = ?", (answer.row,)).fetchone()
    if item is None:
        raise InputError(f"There is no row {answer.row} in this review.")
    if item[0] is not None:
        raise InputError(f"The label of row {answer.row} was given ({item[0]!r}), so it is not under review.")
    newest = connection.execute(
        "SELECT coalesce(max(seq), 0) FROM decision WHERE row = ? AND seq <= ?", (answer.row, before)
    ).fetchone()[0]
    if newest < answer.seen:
        raise InputError(f"Row {answer.row} has no decision {answer.seen}. Load the page anew.")
    if newest > answer.seen:
        unseen = list(read_decisions(connection, "WHERE d.row = ? AND d.seq > ?", (answer.row, answer.seen)))
        raise Conflict(next((other for other in reversed(unseen) if other.is_live), unseen[-1]), newest)


def _insert(connection: sqlite3.Connection, answer: Answer, number: int | None) -> int:
    if answer.label is not None and answer.action != "new_class":
        look_up(connection, answer.label)
    suggested = connection.execute(
        "SELECT c.name FROM suggestion AS s JOIN class AS c ON c.number = s.class WHERE s.row = ? AND s.round = ?",
        (answer.row, number),
    ).fetchone()
    said = {name: value for name, value in asdict(answer).items() if name in DECISION}
    seq = _add(connection, said | {"round": number, "suggested": suggested and suggested[0]})
    if answer.action == "new_class":
        make_class(connection, str(answer.label), seq)
    return seq


def _add(connection: sqlite3.Connection, fields: Mapping[str, Any]) -> int:
    """Add a decision, with the time of day; give its number."""
    values = [fields.get(name) for name in DECISION[:-2]]
    values += [clock().isoformat(timespec="milliseconds"), fields.get("dwell_ms")]
    values = [int(value) if isinstance(value, bool) else value for value in values]
    cursor = connection.execute(
        f"INSERT INTO decision({', '.join(DECISION)}, checksum) VALUES (?{', ?' * len(DECISION)})",
        (*values, checksum_of(values)),
    )
    return int(cursor.lastrowid or 0)


def take_back(connection: sqlite3.Connection, reviewer: str, request_id: str, seq: int | None) -> Decision | None:
    """Take back a reviewer's newest decision that counts, or decision `seq`, with all of its batch.

    Raises
    ------
    InputError
        If decision `seq` is another reviewer's, or the id was used for an answer.
    """
    repeat = next(read_decisions(connection, "WHERE d.request_id = ?", (request_id,)), None)
    if repeat is not None:
        if repeat.action != "undo" or repeat.reviewer != reviewer:
            raise InputError(f"Request {request_id!r} was used for something else. Load the page anew.")
        return _decision(connection, repeat.undoes)
    undone = _to_take_back(connection, reviewer, seq)
    if undone is None:
        return None
    rest, values = ("d.batch = ? AND d.reviewer = ?", (undone.batch, reviewer))
    batch = [undone] if undone.batch is None else list(read_decisions(connection, rest, values, live_only=True))
    others = [decision for decision in batch if decision.seq != undone.seq]
    taking = {**dict.fromkeys(_FLAGS, 0), "reviewer": reviewer, "action": "undo", "round": newest_round(connection)}
    for part, decision in enumerate([undone, *reversed(others)]):
        request = f"{request_id}{PART_OF_REQUEST}{part}" if part else request_id
        about = {"request_id": request, "row": decision.row, "undoes": decision.seq}
        _add(connection, taking | about | {"seen": last_seq(connection, decision.row)})
    for row in {decision.row for decision in batch}:
        restate(connection, row)
    return _decision(connection, undone.seq)


def _to_take_back(connection: sqlite3.Connection, reviewer: str, seq: int | None) -> Decision | None:
    if seq is None:
        rest = "d.reviewer = ? ORDER BY d.seq DESC LIMIT 1"
        found = connection.execute(f"SELECT d.seq FROM decision AS d WHERE {_LIVE} AND {rest}", (reviewer,)).fetchone()
        return _decision(connection, found and found[0])
    decision = _decision(connection, seq)
    if decision is None or decision.action == "undo":
        raise InputError(f"There is no decision {seq} that could be taken back.")
    if decision.reviewer != reviewer:
        raise InputError(f"Decision {seq} is by {decision.reviewer!r}, and only its reviewer can take it back.")
    return decision if decision.is_live else None


def _decision(connection: sqlite3.Connection, seq: int | None) -> Decision | None:
    return next(read_decisions(connection, "WHERE d.seq = ?", (seq,)), None)


def restate(connection: sqlite3.Connection, row: int) -> None:
    """Bring up to date what the queue and the counts know of a row."""
    decisions = live_decisions(connection, row)
    human = agree(decisions)
    rounds = connection.execute(
        "SELECT s.round, s.state, c.name, r.is_done FROM suggestion AS s JOIN class AS c ON c.number = s.class "
        "JOIN round AS r ON r.number = s.round WHERE s.row = ? ORDER BY s.round",
        (row,),
    ).fetchall()
    newest = NUMBERS[state_for(human, None)]
    for number, state, suggested, is_done in rounds:
        wanted = NUMBERS[state_for(human, suggested)]
        newest = wanted if is_done else newest
        if wanted != state:
            connection.execute("UPDATE suggestion SET state = ? WHERE row = ? AND round = ?", (wanted, row, number))
    if human is None:
        connection.execute("DELETE FROM standing WHERE row = ?", (row,))
    else:
        values = row, _kind(human, decisions), human.label, human.seq
        connection.execute(
            f"INSERT OR REPLACE INTO standing({', '.join(STANDING)}, state, checksum) VALUES (?, ?, ?, ?, ?, ?)",
            (*values, newest, checksum_of(values)),
        )


def _kind(human: HumanLabel, decisions: Sequence[Decision]) -> str:
    if human.is_conflict:
        return "conflict"
    if human.label is None:
        return "open"
    said = next(d for d in reversed(decisions) if d.action in LABELING and d.label == human.label)
    return "accepted" if said.suggested == human.label else "corrected"
