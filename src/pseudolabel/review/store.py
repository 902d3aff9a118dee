"""Store: the review of a run, in one file.

Takes  items, rounds of suggestions, and answers.
Gives  answers that are on the disk before they are reported, in an order of their own, with undo without end; and what
       they come to: labels, classes, counts, disagreements.

Decisions are only ever added. To take one back adds another, so a wrong key is no loss, and what happened stays known.
Nothing is locked for a reviewer: who answers says which decision they had seen last, and is shown the newer one instead
where there is one. A page that sends the same answer twice has it stored once.

Several threads and processes may use one file at a time: reviewers, and the process that trains.

Before this: log.py, rounds.py. After this: queue.py.
"""

import sqlite3
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from pseudolabel.errors import InputError
from pseudolabel.review.answers import (
    Action,
    Answer,
    ClassView,
    Conflict,
    Counts,
    Decided,
    Decision,
    Disagreement,
    HumanLabel,
    Item,
    ItemView,
    Round,
    State,
    Suggestion,
)
from pseudolabel.review.checksum import checksum_of, find_damage
from pseudolabel.review.classes import add_classes, all_classes, near_class
from pseudolabel.review.consensus import agree, at_odds, state_for
from pseudolabel.review.database import Database, create_database, require_sound
from pseudolabel.review.log import (
    checked,
    consensus_until,
    last_seq,
    live_decisions,
    newest_round,
    read_decisions,
    require_name,
    store_answers,
    take_back,
)
from pseudolabel.review.rounds import read_rounds, read_suggestion, shuffled, store_round
from pseudolabel.review.schema import SETTLED, SKIPPED
from pseudolabel.review.search import Searches

__all__ = [
    "Action",
    "Answer",
    "ClassView",
    "Conflict",
    "Counts",
    "Decided",
    "Decision",
    "Disagreement",
    "HumanLabel",
    "Item",
    "ItemView",
    "Round",
    "State",
    "Store",
    "Suggestion",
]

BLIND_ONE_IN = 20
"""One row in so many is shown without its suggestion: enough to tell within a few hundred answers whether people judge
or merely agree, and few enough that reading suggestions stays the rule."""


class Store:
    """The review of a run. Make one with `create` or `open`, and `close` it, or use it as a context.

    Attributes
    ----------
    path : Path
    meta : mapping from str to str
        What it was created with, and what was `remember`ed. `seed`, "0" by default, decides on the random order and on
        which rows are blind.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with Store.create(Path(folder) / "review.sqlite", meta={}, classes=["cat", "dog"]) as store:
    ...         store.add_items([Item(0, "a", "row", "{}")])
    ...         number = store.add_round([Suggestion(0, "cat", 0.6, 0.2, 1.0, 0.0)], upto=0, config={}, evidence=None)
    ...         decided = store.decide(Answer(0, "correct", "dog", "ann", "first", seen=0))
    ...         decided, store.labels()[0].label, store.undo("ann", "second").label, store.labels()
    (Decided(seq=1, is_repeat=False), 'dog', 'dog', {})
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.database = Database(path)
        self.searches = Searches(self.database)

    @classmethod
    def create(cls, path: Path, *, meta: Mapping[str, str], classes: Sequence[str]) -> Self:
        """Make a review without items, whole or not at all; only its owner may read it.

        Parameters
        ----------
        path : Path
            Where nothing stands yet, in a folder that exists.
        meta : mapping from str to str
        classes : sequence of str
            The classes of the run.

        Raises
        ------
        InputError
            If something stands there, the folder keeps no write-ahead log, or SQLite is older than 3.37.
        ResourceError
            If the disk is full or the system refuses.
        """

        def fill(connection: sqlite3.Connection) -> None:
            connection.executemany("INSERT INTO meta VALUES (?, ?)", meta.items())
            add_classes(connection, classes)

        create_database(path, fill)
        return cls(path)

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open a review, if it is whole and of a version we know. Otherwise the file stays as it is.

        Raises
        ------
        InputError
            If there is none, it is damaged, empty, something else or from a newer version; with advice.
        """
        require_sound(path, find_damage)
        return cls(path)

    def close(self) -> None:
        """Fold the write-ahead log into the file and let go of it."""
        self.database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def meta(self) -> Mapping[str, str]:
        """What was written down about the review."""
        with self.database.reading() as connection:
            return dict(connection.execute("SELECT key, value FROM meta ORDER BY key").fetchall())

    def remember(self, key: str, value: str) -> None:
        """Write something down about the review, in place of what stood under this key."""
        with self.database.writing() as connection:
            connection.execute(
                "INSERT INTO meta VALUES (?, ?) ON CONFLICT(key) DO UPDATE SET value = excluded.value", (key, value)
            )

    def add_items(self, items: Iterable[Item]) -> None:
        """Add rows, all of them or none.

        Raises
        ------
        InputError
            If a row or a key comes twice, or a text is no proper Unicode.
        """
        with self.database.writing() as connection:
            for item in items:
                try:
                    values = int(item.row), item.key, item.kind, item.shown, item.given
                    connection.execute("INSERT INTO item VALUES (?, ?, ?, ?, ?, ?)", (*values, checksum_of(values)))
                except (sqlite3.IntegrityError, UnicodeEncodeError) as error:
                    raise _unusable(connection, item, error) from error

    def add_classes(self, names: Iterable[str]) -> None:
        """Add classes of a run; those there are stay."""
        with self.database.writing() as connection:
            add_classes(connection, names)

    def rows(self, *, given: bool) -> list[int]:
        """List the rows with a given label, or all others, in order."""
        is_null = "NOT NULL" if given else "NULL"
        with self.database.reading() as connection:
            return [row for (row,) in connection.execute(f"SELECT row FROM item WHERE given IS {is_null} ORDER BY row")]

    def add_round(
        self,
        suggestions: Iterable[Suggestion],
        *,
        upto: int,
        config: Mapping[str, Any],
        evidence: Mapping[str, Any] | None,
    ) -> int:
        """Add a round of learning, which becomes the newest in one commit; reviewers go on meanwhile.

        Parameters
        ----------
        suggestions : iterable of Suggestion
            At most one for each row. A row without one is in no queue.
        upto : int
            The newest decision that was learned from.
        config, evidence : mapping, mapping or None
            Kept as JSON.

        Returns
        -------
        number : int
            Of the round, from 1.

        Raises
        ------
        InputError
            If a suggestion is for no row of the review, of no class of it, out of range, or the second one for its row.
        BusyError
            If another process is storing a round.
        """
        return store_round(self.database, suggestions, upto=upto, config=config, evidence=evidence)

    def rounds(self) -> list[Round]:
        """Give the finished rounds, oldest first."""
        with self.database.reading() as connection:
            return read_rounds(connection)

    def decide(self, answer: Answer) -> Decided:
        """Store an answer. When this returns, it is on the disk.

        Raises
        ------
        Conflict
            If the row has a decision that the reviewer had not seen; nothing is stored.
        InputError
            If there is no such row or class, its label was given, or `request_id` was used for another answer.
        """
        return self._decide([checked(answer)])[0]

    def decide_many(self, answers: Sequence[Answer]) -> list[Decided]:
        """Store answers in one commit, all of them or none; one undo takes all back.

        Where they name no batch, the first one's `request_id` becomes its name. Two answers to one row are no conflict.

        Raises
        ------
        Conflict, InputError
            As `decide`.
        """
        if not answers:
            return []
        batch = answers[0].batch or answers[0].request_id
        if {answer.batch or batch for answer in answers} != {batch} or len({a.reviewer for a in answers}) > 1:
            raise InputError("Answers that are stored together must be of one batch and by one reviewer.")
        return self._decide([replace(checked(answer), batch=batch) for answer in answers])

    def undo(self, reviewer: str, request_id: str, seq: int | None = None) -> Decision | None:
        """Take back the newest decision of a reviewer that counts, with all of its batch; or decision `seq`.

        Returns
        -------
        undone : Decision or None
            None where there is nothing to take back.

        Raises
        ------
        InputError
            If `seq` is another reviewer's decision, or `request_id` was used for an answer.
        """
        require_name("name of a reviewer", reviewer)
        require_name("id of a request", request_id)
        with self.database.writing() as connection:
            return take_back(connection, reviewer, request_id, seq)

    def item(self, row: int, round: int | None = None) -> ItemView | None:
        """Give all that is known of a row as of one moment, with what the newest round suggests, or an earlier one."""
        with self.database.reading() as connection:
            found = connection.execute("SELECT row, key, kind, shown, given FROM item WHERE row = ?", (row,)).fetchone()
            if found is None:
                return None
            item, number = Item(*found), newest_round(connection) if round is None else round
            suggestion = read_suggestion(connection, row, number)
            decisions = live_decisions(connection, row)
            human, suggested = agree(decisions), None if suggestion is None else suggestion.label
            state: State = "given" if item.given is not None else state_for(human, suggested)
            newest = last_seq(connection, row)
            is_blind = shuffled(f"blind:{self._seed(connection)}", row) % BLIND_ONE_IN == 0
        return ItemView(item, suggestion, None if suggestion is None else number, decisions, newest, state, is_blind)

    def history(self, n: int, reviewer: str | None = None, *, live_only: bool = False) -> list[Decision]:
        """Give the newest `n` decisions, newest first; `live_only` without what was taken back and the taking back."""
        rest, values = ("1", ()) if reviewer is None else ("d.reviewer = ?", (reviewer,))
        if not live_only:
            rest = f"WHERE {rest} ORDER BY d.seq DESC LIMIT ?"
            with self.database.reading() as connection:
                return list(read_decisions(connection, rest, (*values, n)))
        with self.database.reading() as connection:
            seqs = f"SELECT d.seq FROM live AS d WHERE {rest} ORDER BY d.seq DESC LIMIT ?"
            found = read_decisions(connection, f"WHERE d.seq IN ({seqs}) ORDER BY d.seq DESC", (*values, n))
            return list(found)

    def counts(self) -> Counts:
        """Say how far the review has come."""
        with self.database.reading() as connection:
            standing = connection.execute(
                "SELECT kind, state, label, count(*) FROM standing GROUP BY 1, 2, 3"
            ).fetchall()
            items = _number(connection, "SELECT count(*) FROM item")
            given = _number(connection, "SELECT count(*) FROM item WHERE given IS NOT NULL")
            blind = connection.execute(
                "SELECT count(*), coalesce(sum(label = suggested), 0) FROM live WHERE is_blind = 1 AND is_audit = 0 "
                "AND action IN ('accept', 'correct', 'new_class') AND suggested IS NOT NULL"
            ).fetchone()
            unlearned = _number(
                connection,
                "SELECT count(*) FROM decision WHERE seq > "
                "coalesce((SELECT upto FROM round WHERE is_done = 1 ORDER BY number DESC LIMIT 1), 0)",
            )
        by_kind, by_state, per_class = Counter[str](), Counter[int](), Counter[str]()
        for kind, state, label, rows in standing:
            by_kind[kind] += rows
            by_state[state] += rows if kind == "open" else 0
            per_class.update({label: rows} if label is not None else {})
        looked_at = by_kind.total() - by_kind["open"] + by_state[SETTLED] + by_state[SKIPPED]
        return Counts(
            accepted=by_kind["accepted"],
            corrected=by_kind["corrected"],
            rejected=by_state[SETTLED],
            skipped=by_state[SKIPPED],
            waiting=items - given - looked_at,
            given=given,
            conflicts=by_kind["conflict"],
            per_class=dict(sorted(per_class.items())),
            blind_shown=blind[0],
            blind_agreed=blind[1],
            decisions=unlearned,
        )

    def labels(self, upto: int | None = None) -> dict[int, HumanLabel]:
        """Say what the answers to each row come to, in the order of the rows; `upto` leaves out later decisions.

        Returns
        -------
        labels : dict from int to HumanLabel
            Only rows with a decision that counts. Where it was skipped, rejected or disagreed on, the label is None.
        """
        with self.database.reading() as connection:
            return consensus_until(connection, last_seq(connection) if upto is None else upto)

    def conflicts(self) -> list[Disagreement]:
        """Give the rows that reviewers disagree on, in the order of their newest decisions."""
        with self.database.reading() as connection:
            found = connection.execute("SELECT row FROM standing WHERE kind = 'conflict' ORDER BY seq").fetchall()
            number = newest_round(connection)
            return [
                Disagreement(
                    row,
                    at_odds(live_decisions(connection, row)),
                    read_suggestion(connection, row, number),
                    last_seq(connection, row),
                )
                for (row,) in found
            ]

    def classes(self) -> list[ClassView]:
        """Give the classes, in the order in which they were made."""
        with self.database.reading() as connection:
            return all_classes(connection)

    def near_name(self, name: str) -> ClassView | None:
        """Give the class of this name, or one that differs only in case, spaces or how accents are stored."""
        with self.database.reading() as connection:
            return near_class(connection, name)

    def last_seq(self) -> int:
        """Give the number of the newest decision; 0 before the first."""
        with self.database.reading() as connection:
            return last_seq(connection)

    def _decide(self, answers: Sequence[Answer]) -> list[Decided]:
        with self.database.writing() as connection:
            return store_answers(connection, answers)

    def _seed(self, connection: sqlite3.Connection) -> str:
        found = connection.execute("SELECT value FROM meta WHERE key = 'seed'").fetchone()
        return str(found[0]) if found else "0"


def _number(connection: sqlite3.Connection, statement: str) -> int:
    return int(connection.execute(statement).fetchone()[0])


def _unusable(connection: sqlite3.Connection, item: Item, error: Exception) -> InputError:
    """Say what is wrong with an item that could not be stored."""
    if isinstance(error, UnicodeEncodeError):
        return InputError(f"Row {item.row} holds text that is no proper Unicode ({error.reason}). Store it as UTF-8.")
    other = connection.execute("SELECT row, key FROM item WHERE key = ? OR row = ?", (item.key, item.row)).fetchone()
    if other is None:
        return InputError(f"Row {item.row} (key {item.key!r}) cannot be reviewed: {error}.")
    return InputError(
        f"Row {item.row} (key {item.key!r}) and row {other[0]} (key {other[1]!r}) have the same row or key. Rows are "
        "told apart by their key; give the review a column of ids without repeats."
    )
