"""Rounds: what each round of learning suggests.

Takes  suggestions, and the newest decision that was learned from.
Gives  a round that everybody sees at once: all of it or none.

The rows of a round are stored in small commits while reviewers go on, and a last one makes the round the newest: one
commit for all would make them wait for seconds. An answer given meanwhile finds the rows stored before it, and is
found by those stored after it. What a process that was killed left behind is cleared away by the next round.

Before this: log.py. After this: store.py.
"""

import json
import math
import sqlite3
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from hashlib import blake2b
from itertools import islice
from typing import Any

from filelock import FileLock, Timeout

from pseudolabel.errors import BusyError, InputError
from pseudolabel.review.answers import Round, Suggestion
from pseudolabel.review.classes import look_up
from pseudolabel.review.database import Database
from pseudolabel.review.log import clock, last_seq, newest_round, restate
from pseudolabel.review.schema import GIVEN, WAITING

ROWS_AT_ONCE = 2_000
"""Rows of one commit: some 50 ms, which a reviewer does not notice."""

ROWS_AT_FIRST = 50_000
"""Rows of one commit of the first round, which nobody waits for: pages of an index are then written once, not often."""

MOST_RANKED = 9
"""Classes that have a digit on the keyboard."""


def shuffled(seed: str, row: int) -> int:
    """Give the place of a row in a random order of all rows, which is the same whenever it is asked for.

    Parameters
    ----------
    seed : str
    row : int

    Returns
    -------
    place : int, 0 or more and below 2**63
    """
    return int.from_bytes(blake2b(f"{seed}:{row}".encode(), digest_size=8).digest(), "big") >> 1


def read_rounds(connection: sqlite3.Connection) -> list[Round]:
    """Give the finished rounds, oldest first."""
    found = connection.execute("SELECT number, upto, config, evidence, at FROM round WHERE is_done = 1 ORDER BY number")
    return [
        Round(number, upto, json.loads(config), None if evidence is None else json.loads(evidence), at)
        for number, upto, config, evidence, at in found
    ]


def read_suggestion(connection: sqlite3.Connection, row: int, number: int | None) -> Suggestion | None:
    """Give what a round suggests for a row; None where it says nothing of it."""
    found = connection.execute(
        "SELECT s.row, c.name, s.confidence, s.margin, s.impact, s.novelty, s.cluster, s.accepted, g.ranked, g.nearest "
        "FROM suggestion AS s JOIN class AS c ON c.number = s.class "
        "LEFT JOIN grounds AS g ON g.row = s.row AND g.round = s.round WHERE s.row = ? AND s.round = ?",
        (row, number),
    ).fetchone()
    if found is None:
        return None
    row, label, confidence, margin, impact, novelty, cluster, accepted, ranked, nearest = found
    likeliest = tuple((name, share) for name, share in json.loads(ranked or "[]"))
    near = tuple((other, name, distance) for other, name, distance in json.loads(nearest or "[]"))
    return Suggestion(row, label, confidence, margin, impact, novelty, cluster, likeliest, near, bool(accepted))


def read_labels_between(
    connection: sqlite3.Connection, number: int | None, start: int, stop: int
) -> dict[int, tuple[str, float, bool]]:
    """Give label, confidence and whether it is published with a promise, as a round suggests them for some rows."""
    found = connection.execute(
        "SELECT s.row, c.name, s.confidence, s.accepted FROM suggestion AS s JOIN class AS c ON c.number = s.class "
        "WHERE s.round = ? AND s.row >= ? AND s.row < ?",
        (number, start, stop),
    )
    return {row: (label, confidence, bool(accepted)) for row, label, confidence, accepted in found}


def store_round(
    database: Database,
    suggestions: Iterable[Suggestion],
    *,
    upto: int,
    config: Mapping[str, Any],
    evidence: Mapping[str, Any] | None,
) -> int:
    """Store a round and make it the newest; see `Store.add_round`."""
    noted = json.dumps(config, allow_nan=False), None if evidence is None else json.dumps(evidence, allow_nan=False)
    with _one_round(database):
        number, seed, classes = _begin(database, upto, noted)
        remaining = iter(suggestions)
        while chunk := list(islice(remaining, ROWS_AT_FIRST if number == 1 else ROWS_AT_ONCE)):
            began = time.monotonic()
            _store_chunk(database, number, chunk, classes, [shuffled(seed, each.row) for each in chunk])
            if number > 1:  # reviewers are at work: leave them as much time as was taken
                time.sleep(time.monotonic() - began)
        with database.writing() as connection:
            connection.execute(
                "UPDATE round SET is_done = 1, at = ? WHERE number = ?",
                (clock().isoformat(timespec="milliseconds"), number),
            )
            connection.execute(  # only what nobody gave a label for is asked again
                "UPDATE standing SET state = s.state FROM suggestion AS s "
                "WHERE s.row = standing.row AND s.round = ? AND standing.kind = 'open'",
                (number,),
            )
    return number


def _begin(database: Database, upto: int, noted: tuple[str, str | None]) -> tuple[int, str, dict[str, int]]:
    """Clear away what was left unfinished; give the number of the new round, the seed, and the classes by name."""
    _clear_unfinished(database)
    with database.writing() as connection:
        if not 0 <= upto <= last_seq(connection):
            raise InputError(f"`upto` must be 0 to {last_seq(connection)}, the newest decision, got {upto!r}.")
        number = (newest_round(connection) or 0) + 1
        connection.execute("INSERT INTO round VALUES (?, 0, ?, ?, ?, '')", (number, upto, *noted))
        seed = connection.execute("SELECT value FROM meta WHERE key = 'seed'").fetchone()
        classes = dict(connection.execute("SELECT name, number FROM class").fetchall())
    return number, seed[0] if seed else "0", classes


def _clear_unfinished(database: Database) -> None:
    while True:
        with database.writing() as connection:
            found = connection.execute("SELECT number FROM round WHERE is_done = 0 LIMIT 1").fetchone()
            if found is None:
                return
            left = (found[0], found[0], ROWS_AT_ONCE)
            for table in ("grounds", "suggestion"):
                rows = "SELECT row FROM suggestion WHERE round = ? LIMIT ?"
                connection.execute(f"DELETE FROM {table} WHERE round = ? AND row IN ({rows})", left)
            if not connection.execute("SELECT 1 FROM suggestion WHERE round = ? LIMIT 1", found).fetchone():
                connection.execute("DELETE FROM round WHERE number = ?", found)


def _store_chunk(
    database: Database, number: int, chunk: list[Suggestion], classes: dict[str, int], places: list[int]
) -> None:
    with database.writing() as connection:
        for suggestion in chunk:
            _require_usable(suggestion)
            if suggestion.label not in classes:
                classes[suggestion.label] = look_up(
                    connection, suggestion.label
                )  # a person made it since, or it raises
        _insert(
            connection,
            [(number, classes[s.label], *_numbers(s), place) for s, place in zip(chunk, places, strict=True)],
        )
        connection.executemany(
            "INSERT INTO grounds VALUES (?, ?, ?, ?)",
            ((int(s.row), number, *_grounds(s)) for s in chunk if s.ranked or s.nearest),
        )
        rows = json.dumps([int(suggestion.row) for suggestion in chunk])
        for (row,) in connection.execute(
            "SELECT row FROM standing WHERE row IN (SELECT value FROM json_each(?))", (rows,)
        ).fetchall():
            restate(connection, row)


def _numbers(suggestion: Suggestion) -> tuple[int | float | None, ...]:
    """Give the numbers of a suggestion as Python's own, whatever kind they came in."""
    parts = suggestion.confidence, suggestion.margin, suggestion.impact, suggestion.novelty
    cluster = None if suggestion.cluster is None else int(suggestion.cluster)
    return int(suggestion.row), *map(float, parts), cluster, bool(suggestion.accepted)


def _grounds(suggestion: Suggestion) -> tuple[str, str]:
    """Give the ranked classes and the nearest rows as JSON."""
    ranked = [(label, float(share)) for label, share in suggestion.ranked]
    return json.dumps(ranked), json.dumps([(int(row), label, float(far)) for row, label, far in suggestion.nearest])


def _insert(connection: sqlite3.Connection, fields: list[tuple[Any, ...]]) -> None:
    try:
        connection.executemany(
            "INSERT INTO suggestion(round, class, row, confidence, margin, impact, novelty, cluster, accepted, "
            "shuffle, state) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, "
            f"CASE WHEN (SELECT given FROM item WHERE row = ?3) IS NULL THEN {WAITING} ELSE {GIVEN} END)",
            fields,
        )
    except sqlite3.IntegrityError as error:
        raise InputError(
            f"Rows {fields[0][2]} to {fields[-1][2]} hold one that is not in the review, or one that is suggested a "
            f"label twice ({error})."
        ) from error


def _require_usable(suggestion: Suggestion) -> None:
    parts = suggestion.confidence, suggestion.margin, suggestion.novelty
    if not all(0 <= part <= 1 for part in parts) or not math.isfinite(suggestion.impact):
        raise InputError(
            f"Row {suggestion.row}: confidence, margin and novelty must be from 0 to 1 and the impact finite, got "
            f"{(*parts, suggestion.impact)}."
        )
    if len(suggestion.ranked) > MOST_RANKED:
        raise InputError(
            f"Row {suggestion.row}: at most {MOST_RANKED} classes are ranked, got {len(suggestion.ranked)}."
        )


@contextmanager
def _one_round(database: Database) -> Iterator[None]:
    """Be the only one who stores a round; the system takes the right back when its holder ends."""
    path = database.path.with_name(f".{database.path.name}.round")
    lock = FileLock(path, blocking=False)
    try:
        lock.acquire()
    except Timeout:
        raise BusyError(
            f"Another process is storing a round in {str(database.path)!r}. Wait until it is done, then refit."
        ) from None
    try:
        yield
    finally:
        with suppress(OSError):
            path.unlink()
        lock.release()
