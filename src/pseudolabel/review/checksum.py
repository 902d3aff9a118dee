"""Checksum: whether a row of the file is as it was stored.

Takes  the values of a row.
Gives  a number that is kept beside them; and on opening, whether every row still agrees with its own.

SQLite sees a damaged page by its structure. A bit that flips in a cell or in an answer leaves the structure sound, and
a wrong label would look like any other.

Before this: database.py. After this: log.py, store.py.
"""

import sqlite3
import zlib
from collections.abc import Sequence

from pseudolabel.review.classes import fold

ITEM = ("row", "key", "kind", "shown", "given")
"""What the checksum of an item is about, in this order."""

DECISION = (
    *("request_id", "batch", "row", "round", "action", "label", "suggested", "shown_label", "shown_confidence"),
    *("is_blind", "is_confirmed", "is_settling", "is_audit", "undoes", "seen", "reviewer", "at", "dwell_ms"),
)
"""That of a decision."""

STANDING = ("row", "kind", "label", "seq")
"""And that of what the decisions about a row come to; its state changes with every round."""


def checksum_of(values: Sequence[str | int | float | None]) -> int:
    """Give the checksum of values as SQLite gives them back: flags as 0 and 1, real numbers as floats.

    Examples
    --------
    >>> checksum_of(["cat", 1, None]) == checksum_of(["cbt", 1, None])
    False
    """
    plain = tuple(_plain(value) for value in values)
    return zlib.crc32(repr(plain).encode("utf-8", "surrogatepass"))


def _plain(value: str | int | float | None) -> str | int | float | None:
    """Give a value as Python's own: a text of numpy's looks different, and is stored as the same."""
    kinds: tuple[type, ...] = (str, int, float)
    return next((kind(value) for kind in kinds if isinstance(value, kind)), value)


def find_damage(connection: sqlite3.Connection) -> str | None:
    """Say which row is not as it was stored; None where all are."""
    for table, columns in (("decision", DECISION), ("item", ITEM), ("standing", STANDING)):
        number = "seq" if table == "decision" else "row"
        stored = connection.execute(f"SELECT {number}, checksum, {', '.join(columns)} FROM {table}")
        for place, checksum, *values in stored:
            if checksum_of(values) != checksum:
                return f"{table} {place} is not as it was stored"
    for name, fold_key in connection.execute("SELECT name, fold_key FROM class"):
        if fold(name) != fold_key:
            return f"the class {name!r} is not as it was stored"
    return None
