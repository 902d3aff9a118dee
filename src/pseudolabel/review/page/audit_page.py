"""Audit page: rows drawn at random, answered blind, until they prove something.

Takes  the audit of a run folder.
Gives  one drawn row after the other, without its pseudo-label; after each answer what the audit says now.

An answer is a label like any other too, so it is stored in the review as well; the audit judges the published labels.

Before this: app.py's Page, pseudolabel.audit. After this: app.py.
"""

import threading
from dataclasses import dataclass, replace
from typing import Any

from pseudolabel.audit import STATE, UNDECIDABLE, State, Wish, answer_row, begin_audit, load_state
from pseudolabel.errors import InputError
from pseudolabel.published import PublishedLabels, read_published
from pseudolabel.review.answers import Answer, ItemView
from pseudolabel.review.finished_run import read_finished_run
from pseudolabel.review.intake import add_missing
from pseudolabel.review.page.forms import number
from pseudolabel.review.store import Store


@dataclass(frozen=True)
class Asked:
    """What the page shows.

    Attributes
    ----------
    state : State or None
        None where no audit was begun.
    view : ItemView or None
        The row to answer, blind; None where the audit is over, or not begun.
    problem : str
        Why there is no audit.
    """

    state: State | None
    view: ItemView | None
    problem: str = ""

    @property
    def said(self) -> Any:
        """What the answers allow to say."""
        return None if self.state is None else self.state.judge()


class AuditDesk:
    """The audit of a run, as it is answered on the page.

    Parameters
    ----------
    folder : Path
        The run folder.
    store : Store
    """

    def __init__(self, folder: Any, store: Store) -> None:
        self._folder, self._store = folder, store
        self._published: tuple[str, PublishedLabels] | None = None
        self._one = threading.Lock()

    def ask(self) -> Asked:
        """Give the next row to answer."""
        rows = self._rows()
        if not (self._folder / STATE).exists():
            return Asked(None, None)
        try:
            state = load_state(self._folder, rows)
        except InputError:  # the labels are of another round now
            return Asked(None, None, "The labels have changed since the last audit was begun, so it is void.")
        waiting = state.open_rows
        if not waiting or state.judge().code != "open":
            return Asked(state, None)
        return Asked(state, self._view(waiting[0]))

    def begin(self, wish: Wish) -> None:
        """Draw the rows of a new audit, if none goes on."""
        rows = self._rows()
        is_void = bool(self.ask().problem)
        if is_void:
            (self._folder / STATE).unlink()
        begin_audit(self._folder, rows, wish)

    def answer(self, row: int, label: str | None, reviewer: str, request_id: str, seen: int) -> None:
        """Store an answer; None for a row that nobody can decide."""
        if label is not None:
            self._store.decide(Answer(row, "correct", label, reviewer, request_id, seen, is_blind=True, is_audit=True))
        answer_row(self._folder, self._rows(), row, UNDECIDABLE if label is None else label)

    def _view(self, row: int) -> ItemView:
        view = self._store.item(row)
        if view is None:
            add_missing(read_finished_run(self._folder), self._store, [row])
            view = self._store.item(row)
        assert view is not None
        return replace(view, is_blind=True, suggestion=None, decisions=())

    def _rows(self) -> PublishedLabels:
        """Read the published labels once for every round."""
        with self._one:
            digest = read_finished_run(self._folder).table_digest
            if self._published is None or self._published[0] != digest:
                self._published = digest, read_published(self._folder)
            return self._published[1]


def new_wish(fields: dict[str, str]) -> Wish:
    """Read what is asked of a new audit."""
    numbers = [name for name in ("precision", "confidence") if fields.get(name, "").strip()]
    given = {name: number(name, fields[name], float) for name in numbers}
    source: Any = fields.get("source") or None
    if source not in (None, "accepted", "suggested", "both"):
        raise InputError(f"There are no labels called {source[:40]!r}.")
    return Wish(source=source, **given)
