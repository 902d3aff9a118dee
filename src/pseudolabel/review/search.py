"""Search: the rows that hold a text.

Takes  a Database, and a text.
Gives  the rows whose key or cells hold it, whatever its case.

Going through 200,000 rows takes about a second, and items never change: what was found is kept for the next row of the
same queue. An index of all words would take longer to write than a reviewer searches in a day.

Before this: database.py. After this: store.py.
"""

import json
import threading
from collections import OrderedDict

from pseudolabel.review.classes import fold
from pseudolabel.review.database import Database

KEPT = 8
"""Texts whose rows are kept: a few reviewers, each with a filter or two."""

BETWEEN = "\0"
"""Between cells, so that no text is found across two of them."""


class Searches:
    """Searches in the items of a review.

    Parameters
    ----------
    database : Database
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._found: OrderedDict[tuple[str, int], frozenset[int]] = OrderedDict()
        self._one = threading.Lock()

    def rows_with(self, text: str) -> frozenset[int]:
        """Give the rows whose key or cells hold a text, apart from case and the number of spaces."""
        wanted = fold(text)
        with self._one, self._database.reading() as connection:
            n_items = connection.execute("SELECT count(*) FROM item").fetchone()[0]
            found = self._found.pop((wanted, n_items), None)
            if found is None:
                items = connection.execute("SELECT row, key, shown FROM item")
                found = frozenset(row for row, key, shown in items if wanted in _text_of(key, shown))
            self._found[wanted, n_items] = found
            while len(self._found) > KEPT:
                self._found.popitem(last=False)
        return found


def _text_of(key: str, shown: str) -> str:
    """Give the text of a row as it is searched in."""
    cells = (cell if isinstance(cell, str) else json.dumps(cell) for cell in json.loads(shown).values())
    return fold(BETWEEN.join((key, *cells)))
