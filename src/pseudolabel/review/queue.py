"""Queue: which row is asked next.

Takes  a Store, and a Query: an order and filters.
Gives  the next row, how many there are, or why there is none.

Every order is an index, so the next of 200,000 rows is found in well under a millisecond. Rows that were put off come
back when nothing else waits, the one put off first before the others. The order never depends on the clock, nor on who
else is at work: a row that somebody else has on the screen (`avoid`) comes later, and is not locked.

One row in twenty is blind: shown without the suggestion. Which ones depends on the row and the seed alone, so no order
and no filter can pick them, and how often people agree with a label they have not seen is measured on them.

Before this: store.py. After this: the page.
"""

import json
import sqlite3
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any, Literal, get_args

from pseudolabel.errors import InputError
from pseudolabel.review.answers import ItemView
from pseudolabel.review.classes import fold
from pseudolabel.review.log import newest_round
from pseudolabel.review.schema import ORDERS, SETTLED, SKIPPED, WAITING
from pseudolabel.review.store import Store
from pseudolabel.validation import near_match

Order = Literal["doubtful", "useful", "cluster", "surest", "random", "audit"]
Wanted = Literal["waiting", "skipped", "settled", "any"]

STATES: dict[Wanted, tuple[int, ...]] = {
    "waiting": (WAITING, SKIPPED),
    "skipped": (SKIPPED,),
    "settled": (SETTLED,),
    "any": (WAITING, SKIPPED, SETTLED),
}

FEW = 2_000
"""Up to so many rows that hold a text are sorted; of more, one is soon met on the way through the order."""


@dataclass(frozen=True)
class Query:
    """An order and filters; None asks for nothing.

    Attributes
    ----------
    order : {"doubtful", "useful", "cluster", "surest", "random", "audit"}
        Least lead over the second class first; most impact first; cluster after cluster, in each the most doubtful
        first, then what is in none; most confident first; at random, always the same; or `rows` as they are listed.
    label : str or None
        The class the row has: by its reviewers where they agree on one, else by the round.
    at_least, at_most : float or None
        Of the confidence, both included.
    text : str or None
        Found in the row's key or one of its cells, whatever the case.
    round : int or None
        The round whose suggestions are looked at; None is the newest.
    state : {"waiting", "skipped", "settled", "any"}
        "waiting" is followed by what was put off. Given labels are never in the queue.
    cluster : int or None
    reviewer : str or None
        Who has answered the row. Without a meaning where `state` is "waiting", as nobody has.
    rows : tuple of int
        For the order "audit" alone: the drawn rows without an answer. They come in this order, always blind, whatever
        their state, and no filter is applied.
    """

    order: Order = "doubtful"
    label: str | None = None
    at_least: float | None = None
    at_most: float | None = None
    text: str | None = None
    round: int | None = None
    state: Wanted = "waiting"
    cluster: int | None = None
    reviewer: str | None = None
    rows: tuple[int, ...] = ()


FILTERS = {
    "label": "the class {!r}",
    "at_least": "a confidence of at least {}",
    "at_most": "a confidence of at most {}",
    "text": "the text {!r}",
    "cluster": "cluster {}",
    "reviewer": "the reviewer {!r}",
}
"""What each filter is called where it is to be dropped."""


def next_item(store: Store, query: Query, after: int | None = None, *, avoid: Collection[int] = ()) -> ItemView | None:
    """Give the next row of a queue.

    Parameters
    ----------
    store : Store
    query : Query
    after : int, optional
        Go on behind this row, answered or not. The end is followed by the beginning, and the row itself comes last;
        rows that were put off come only when no other waits.
    avoid : collection of int
        Rows that others have on their screens: they come when nothing else is left.

    Returns
    -------
    view : ItemView or None
        None if and only if the queue is empty.

    Raises
    ------
    InputError
        If the query asks for something there is not.
    """
    _check(query)
    with store.database.reading() as connection:
        later = None
        for row in _in_turn(store, connection, query, after):
            if row not in avoid:
                return _view(store, query, row)
            later = row if later is None else later
        return None if later is None else _view(store, query, later)


def rows(store: Store, query: Query, limit: int | None = None) -> list[int]:
    """List the rows of a queue in its order, the first `limit` or all: for a grid, or to answer them at once."""
    _check(query)
    with store.database.reading() as connection:
        if query.order == "audit":
            return _listed(query)[:limit]
        found: list[int] = []
        for phase in _phases(store, connection, query):
            left = -1 if limit is None else limit - len(found)
            found += phase.rows(connection, left)
        return found


def count(store: Store, query: Query) -> int:
    """Count the rows of a queue."""
    _check(query)
    with store.database.reading() as connection:
        if query.order == "audit":
            return len(_listed(query))
        return sum(phase.count(connection) for phase in _phases(store, connection, query))


def count_labels(store: Store, query: Query) -> dict[str, int]:
    """Count the rows of a queue by the class that is suggested for them, the most frequent first."""
    _check(query)
    if query.order == "audit":
        return {}
    total: dict[str, int] = {}
    with store.database.reading() as connection:
        for phase in _phases(store, connection, query):
            for name, n_rows in phase.count_labels(connection):
                total[name] = total.get(name, 0) + n_rows
    return dict(sorted(total.items(), key=lambda entry: (-entry[1], entry[0])))


def why_empty(store: Store, query: Query) -> str:
    """Say why a queue is empty, and what to drop to go on; an empty text if it is not."""
    if count(store, query):
        return ""
    if query.order == "audit":
        return "Every row that was drawn is answered."
    numbers = [each.number for each in store.rounds()]
    if not numbers:
        return "No round has suggested labels yet."
    if query.round not in (None, *numbers):
        return f"There is no round {query.round}; the newest is {numbers[-1]}."
    plain = Query(query.order, state=query.state, round=query.round)
    in_use = [name for name in FILTERS if getattr(query, name) is not None]
    without = {name: count(store, _without(query, name)) for name in in_use}
    helpful = sorted((name for name in in_use if without[name]), key=lambda name: -without[name])
    if helpful:
        ways = [f"{_rows(without[name])} without {FILTERS[name].format(getattr(query, name))}" for name in helpful]
        return f"No row matches. There {'is' if without[helpful[0]] == 1 else 'are'} {', '.join(ways)}."
    left = count(store, plain)
    if left:
        return f"No row matches. Drop all filters: {_rows(left)} {_left(query, left)}."
    return {
        "waiting": "Nothing waits: every row has an answer.",
        "skipped": "No row was put off.",
        "settled": "No row is settled yet.",
        "any": "The round has suggested no label for any row.",
    }[query.state]


def _without(query: Query, name: str) -> Query:
    changes: dict[str, Any] = {name: None}
    return replace(query, **changes)


def _rows(number: int) -> str:
    return f"{number:,} row" if number == 1 else f"{number:,} rows"


def _left(query: Query, number: int) -> str:
    if query.state == "waiting":
        return "waits" if number == 1 else "wait"
    return "remains" if number == 1 else "remain"


@dataclass(frozen=True)
class _Phase:
    """A stretch of a queue: the rows of some states, in one order.

    Attributes
    ----------
    columns : tuple of str
        What it is ordered by, upwards; the row comes last, so that no two places are equal.
    states : tuple of int
    source : str
        The tables, `s` the suggestion.
    where : tuple of str
        Conditions that hold beside round and state.
    values : mapping
        Of the parameters in it.
    """

    columns: tuple[str, ...]
    states: tuple[int, ...]
    source: str
    where: tuple[str, ...]
    values: dict[str, Any]

    def around(self, connection: sqlite3.Connection, after: int | None) -> Iterator[int]:
        """Give its rows one by one: those behind `after`, then all from the beginning."""
        begin = self._position(connection, after)
        for place in (begin, None) if begin is not None else (None,):
            while (found := self._least(connection, place)) is not None:
                place = found
                yield int(found[-1])

    def rows(self, connection: sqlite3.Connection, limit: int) -> list[int]:
        """Give its rows in order, all of them where `limit` is below 0."""
        statement = f"SELECT s.row {self._from()} ORDER BY {', '.join(self.columns)} LIMIT :limit"
        return [row for (row,) in connection.execute(statement, {**self.values, "limit": limit})]

    def count(self, connection: sqlite3.Connection) -> int:
        """Count its rows."""
        return int(connection.execute(f"SELECT count(*) {self._from()}", self.values).fetchone()[0])

    def count_labels(self, connection: sqlite3.Connection) -> list[tuple[str, int]]:
        """Count its rows by the class that is suggested."""
        counted = f"SELECT s.class AS number, count(*) AS n_rows {self._from()} GROUP BY s.class"
        return connection.execute(
            f"SELECT c.name, n_rows FROM ({counted}) AS g JOIN class AS c ON c.number = g.number", self.values
        ).fetchall()

    def has(self, connection: sqlite3.Connection, row: int) -> bool:
        """Tell whether a row is one of its."""
        statement = f"SELECT 1 {self._from()} AND s.row = :row"
        return connection.execute(statement, {**self.values, "row": row}).fetchone() is not None

    def _least(self, connection: sqlite3.Connection, place: tuple[Any, ...] | None) -> tuple[Any, ...] | None:
        """Give the place that comes next behind `place`, or first of all; each state is a stretch of the index."""
        order = ", ".join(self.columns)
        named = {f"place_{part}": value for part, value in enumerate(place or ())}
        behind = f"AND ({order}) > ({', '.join(f':{name}' for name in named)})" if named else ""
        found = [
            connection.execute(
                f"SELECT {order} {self._from((state,))} {behind} ORDER BY {order} LIMIT 1", {**self.values, **named}
            ).fetchone()
            for state in self.states
        ]
        return min((each for each in found if each is not None), default=None)

    def _position(self, connection: sqlite3.Connection, row: int | None) -> tuple[Any, ...] | None:
        """Give the place of a row in this order, whether or not it is in the queue still; None if it never was."""
        place: tuple[Any, ...] | None = connection.execute(
            f"SELECT {', '.join(self.columns)} FROM suggestion AS s LEFT JOIN standing AS h ON h.row = s.row "
            "WHERE s.round = :round AND s.row = :row",
            {"round": self.values["round"], "row": row},
        ).fetchone()
        return None if place is None or None in place else place

    def _from(self, states: tuple[int, ...] | None = None) -> str:
        wanted = f"s.state IN ({', '.join(map(str, states or self.states))})"
        return f"FROM {self.source} WHERE {' AND '.join(('s.round = :round', wanted, *self.where))}"


def _in_turn(store: Store, connection: sqlite3.Connection, query: Query, after: int | None) -> Iterator[int]:
    """Give the rows of a queue, each once: those behind `after`, those before it, then those put off likewise."""
    if query.order == "audit":
        listed = _listed(query)
        start = listed.index(after) + 1 if after in listed else 0
        yield from (*listed[start:], *listed[:start])
        return
    phases = _phases(store, connection, query)
    seen = {after}
    for row in chain.from_iterable(phase.around(connection, after) for phase in phases):
        if row not in seen:
            seen.add(row)
            yield row
    if after is not None and any(phase.has(connection, after) for phase in phases):
        yield after


def _phases(store: Store, connection: sqlite3.Connection, query: Query) -> list[_Phase]:
    number = newest_round(connection) if query.round is None else query.round
    source, where = "suggestion AS s", list[str]()
    values: dict[str, Any] = {"round": number}
    if query.label is not None:
        where.append("s.class = :class" if query.state == "waiting" else _HAS_LABEL)
        values |= {"class": _class_number(connection, query.label), "label": query.label}
        source += "" if query.state == "waiting" else " LEFT JOIN standing AS h ON h.row = s.row"
    for name, condition in _RANGES.items():
        if getattr(query, name) is not None:
            where.append(condition)
            values[name] = getattr(query, name)
    if query.reviewer is not None and query.state != "waiting":
        where.append("EXISTS (SELECT 1 FROM live AS l WHERE l.row = s.row AND +l.reviewer = :reviewer)")
        values["reviewer"] = query.reviewer
    if query.text is not None and fold(query.text):
        matches = store.searches.rows_with(query.text)
        if len(matches) <= FEW:
            source = source.replace(
                "suggestion AS s", "json_each(:rows) AS j CROSS JOIN suggestion AS s ON s.row = j.value"
            )
            values["rows"] = json.dumps(sorted(matches))
        else:
            connection.create_function("is_match", 1, matches.__contains__, deterministic=True)
            where.append("is_match(s.row)")
    columns = (*(f"s.{column}" for column in ORDERS[query.order]), "s.row")
    if query.state != "waiting":
        return [_Phase(columns, STATES[query.state], source, tuple(where), values)]
    put_off = source if " AS h " in source else f"{source} JOIN standing AS h ON h.row = s.row"
    return [
        _Phase(columns, (WAITING,), source, tuple(where), values),
        _Phase(("h.seq", "s.row"), (SKIPPED,), put_off, tuple(where), values),
    ]


_HAS_LABEL = "CASE WHEN h.label IS NULL THEN s.class = :class ELSE h.label = :label END"

_RANGES = {
    "at_least": "s.confidence >= :at_least",
    "at_most": "s.confidence <= :at_most",
    "cluster": "s.place = :cluster",
}


def _class_number(connection: sqlite3.Connection, name: str) -> int:
    """Give the number of a class; one that there is not has no rows."""
    found = connection.execute("SELECT number FROM class WHERE name = ?", (name,)).fetchone()
    return int(found[0]) if found else -1


def _check(query: Query) -> None:
    for what, given, known in (("order", query.order, get_args(Order)), ("state", query.state, STATES)):
        if given not in known:
            raise InputError(f"There is no {what} {given!r}.{near_match(str(given), known)}")


def _listed(query: Query) -> list[int]:
    return list(dict.fromkeys(query.rows))


def _view(store: Store, query: Query, row: int) -> ItemView:
    view = store.item(row, query.round)
    if view is None:
        raise InputError(f"There is no row {row} in this review, though it was drawn for an audit.")
    return replace(view, is_blind=True) if query.order == "audit" else view
