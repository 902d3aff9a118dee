"""Classes: their names, and which of them mean the same.

Takes  a connection in the middle of a transaction, and a name.
Gives  the number of the class; or an error that names the nearest one.

"Alex" and "alex " are most likely one person: names that differ only in case, in spaces or in how accents are stored
have the same key, and the page asks before it makes a second one. A class that a person made and took back is gone,
unless somebody else has used it since.

Before this: database.py. After this: log.py, rounds.py.
"""

import sqlite3
import unicodedata
from collections.abc import Iterable

from pseudolabel.errors import InputError
from pseudolabel.review.answers import ClassView
from pseudolabel.validation import listed, near_match

LONGEST = 200
"""Characters of the name of a class that a person makes."""

_USED = (
    "(c.made_by IS NULL OR EXISTS (SELECT 1 FROM live AS l WHERE l.label = c.name AND l.action <> 'reject') OR EXISTS "
    "(SELECT 1 FROM suggestion AS s WHERE s.round = (SELECT max(number) FROM round WHERE is_done = 1) AND "
    "s.class = c.number))"
)


_UNSEEN = {"Cc", "Cs", "Zl", "Zp"}
"""Categories of Unicode that no name holds: control characters, half characters, line ends."""

_TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""They turn the direction of what is written after them, so that one name looks like another."""


def fold(name: str) -> str:
    """Give what names are compared by: without case, composed accents (NFC), single spaces.

    Examples
    --------
    >>> fold(" Anna  Maria") == fold("anna maria")
    True
    """
    return " ".join(unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold()).split())


def is_name(text: str, longest: int = LONGEST) -> bool:
    r"""Tell whether a text from outside can stand as a name: not blank, not too long, and all of it can be seen.

    Examples
    --------
    >>> is_name("Zoë"), is_name("a\nb"), is_name(" ")
    (True, False, False)
    """
    hidden = any(unicodedata.category(letter) in _UNSEEN or letter in _TURNING for letter in text)
    return bool(text.strip()) and len(text) <= longest and not hidden


def clean_name(name: str) -> str:
    """Give the name of a new class as it is stored: composed, and without spaces around it.

    Raises
    ------
    InputError
        If nothing is left of it, it is too long, or holds control characters.

    Examples
    --------
    >>> clean_name(" Maria ")
    'Maria'
    """
    cleaned = unicodedata.normalize("NFC", name).strip()
    if not is_name(cleaned):
        raise InputError(
            f"The name of a class must be 1 to {LONGEST} characters, no control characters among them, got "
            f"{name[:50]!r}. Choose another name."
        )
    return cleaned


def add_classes(connection: sqlite3.Connection, names: Iterable[str]) -> None:
    """Add the classes that a run came with."""
    connection.executemany(
        "INSERT INTO class(name, fold_key) VALUES (?, ?) ON CONFLICT(name) DO NOTHING",
        ((name, fold(name)) for name in names),
    )


def make_class(connection: sqlite3.Connection, name: str, seq: int) -> None:
    """Add a class that decision `seq` made, unless there is one of exactly that name."""
    connection.execute(
        "INSERT INTO class(name, fold_key, made_by) VALUES (?, ?, ?) ON CONFLICT(name) DO NOTHING",
        (name, fold(name), seq),
    )


def look_up(connection: sqlite3.Connection, name: str) -> int:
    """Give the number of a class.

    Raises
    ------
    InputError
        If there is none of that name.
    """
    found = connection.execute("SELECT number FROM class WHERE name = ?", (name,)).fetchone()
    if found is None:
        names = [view.name for view in all_classes(connection)]
        raise InputError(f"There is no class {name!r}.{near_match(name, names)} The classes are {listed(names)}.")
    return int(found[0])


def all_classes(connection: sqlite3.Connection) -> list[ClassView]:
    """Give the classes, in the order in which they were made."""
    found = connection.execute(
        "SELECT c.name, c.fold_key, d.reviewer FROM class AS c LEFT JOIN decision AS d ON d.seq = c.made_by "
        f"WHERE {_USED} ORDER BY c.number"
    )
    return [ClassView(*fields) for fields in found]


def near_class(connection: sqlite3.Connection, name: str) -> ClassView | None:
    """Give the class of this name, or else one with the same key."""
    found = connection.execute(
        "SELECT c.name, c.fold_key, d.reviewer FROM class AS c LEFT JOIN decision AS d ON d.seq = c.made_by "
        f"WHERE c.fold_key = ? AND {_USED} ORDER BY c.name <> ?, c.number LIMIT 1",
        (fold(name), name),
    ).fetchone()
    return None if found is None else ClassView(*found)
