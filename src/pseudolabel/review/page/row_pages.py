"""Row pages: one row after the other, and what is answered to it.

Takes  a queue, and answers.
Gives  the next row; what was answered is on the disk before it is sent.

Every page works without script; with it, an answer replaces the row by the next one. A request that is repeated stores
nothing twice.

Before this: desk.py. After this: app.py.
"""

import json
import secrets
import time
from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from pseudolabel.review.answers import LABELING, Answer, Conflict, Decision, ItemView
from pseudolabel.review.classes import clean_name
from pseudolabel.review.page.desk import Desk, Review, fields_of
from pseudolabel.review.page.forms import number, read_answer, read_query
from pseudolabel.review.page.guard import Session
from pseudolabel.review.page.pictures import SIDES
from pseudolabel.review.page.shown import recently, show, told
from pseudolabel.review.queue import Query, count, next_item, why_empty

MOST_RECENT = 8

SECONDS_COUNTED = 10.0
"""For so long a count of what waits is kept, and only what was decided since is taken off: to count 200,000 rows takes
as long as all else that is done for a key."""


class RowPages(Desk):
    """The pages of single rows."""

    def __init__(self, review: Review) -> None:
        super().__init__(review)
        self._waiting: dict[Query, tuple[float, int, int]] = {}

    def review_next(self, request: Request, session: Session) -> Response:
        """Show the next row of a queue, or one row by its number."""
        query = self.pinned(read_query(request.query_params))
        after, row = request.query_params.get("after"), request.query_params.get("row")
        view = (
            next_item(
                self.store,
                query,
                None if after is None else number("after", after),
                avoid=self.review.others_look_at(session),
            )
            if row is None
            else self.store.item(number("row", row), query.round)
        )
        return self._item(request, session, query, view)

    def decide(self, request: Request, session: Session) -> Response:
        """Store an answer, and show the next row."""
        fields = fields_of(request)
        query, row = read_query(fields), number("row", fields.get("row", ""))
        view = self.store.item(row, query.round)
        if view is None:
            return self.problem(session, 404, f"There is no row {row} in this review.")
        typed = fields.get("do", "")
        if typed in ("new_class", "correct"):
            asked = self._named(fields, typed)
            if asked is not None:
                return self._item(request, session, query, view, **asked)
            fields = {**fields, **self._settled_name(fields, typed)}
        answer = read_answer(fields, view, session.reviewer)
        try:
            decided = self.store.decide(answer)
        except Conflict as conflict:
            fresh = self.store.item(row, query.round)
            return self._item(request, session, query, fresh, conflict=conflict, tried=answer, status=409)
        said = "" if decided.is_repeat else self._after(view, answer)
        following = next_item(self.store, query, row, avoid=self.review.others_look_at(session))
        return self._item(request, session, query, following, said=said)

    def undo(self, request: Request, session: Session) -> Response:
        """Take back the reviewer's last answer, and show its row."""
        fields = fields_of(request)
        query, seq = read_query(fields), fields.get("seq")
        undone = self.store.undo(
            session.reviewer, fields.get("request_id", ""), None if not seq else number("decision", seq)
        )
        if undone is None:
            view = next_item(self.store, query)
            return self._item(request, session, query, view, said="There is nothing to take back.")
        view = self.store.item(undone.row, query.round)
        said = f"Taken back: {told(undone.action, undone.label, '' if view is None else view.item.key)}."
        if self._is_learnt(undone):
            said += " The model has learnt from this answer: re-train to take effect."
        return self._item(request, session, query, view, said=said)

    def whole(self, request: Request, session: Session) -> Response:
        """Show the whole text of a row."""
        view = self.store.item(number("row", request.path_params["row"]))
        if view is None:
            return self.problem(session, 404, "There is no such row in this review.")
        cells = json.loads(view.item.shown)
        name = request.query_params.get("column", "text")
        if name not in cells:
            return self.problem(session, 404, "There is no such column.")
        return self.html("whole.html", session, key=view.item.key, name=name, text=cells[name])

    def picture(self, request: Request, session: Session) -> Response:
        """Give the image of a row, drawn anew."""
        view = self.store.item(number("row", request.path_params["row"]))
        size = request.query_params.get("size", "large")
        if view is None or view.item.kind != "image" or size not in SIDES:
            return self.problem(session, 404, "There is no such picture.")
        drawn = self.review.pictures.draw(json.loads(view.item.shown)["image"], size)
        if not drawn:
            return self.problem(session, 404, "This picture cannot be shown.")
        return Response(drawn, media_type="image/jpeg")

    def _item(
        self, request: Request, session: Session, query: Query, view: ItemView | None, *, status: int = 200, **more: Any
    ) -> Response:
        """Show a row, or say why there is none; the part of the page that changes, where script asks for it."""
        query = self.pinned(query)
        newest = self.store.rounds()[-1].number
        values = {
            "said": "",
            "conflict": None,
            "tried": None,
            "near_name": None,
            "typed": "",
            "problem": "",
            **more,
            "query": query,
            "left": self._left(query) if query.state == "waiting" else None,
            "newest": newest,
            "shown": None if view is None else show(self.store, view),
            "empty": "" if view is not None else why_empty(self.store, query),
            "recent": recently(self.store, self.store.history(MOST_RECENT, session.reviewer, live_only=True)),
            "request_id": secrets.token_urlsafe(16),
        }
        if view is not None:
            self.review.looks_at(session, view.row)
        part = request.headers.get("hx-request") == "true"
        return self.html("_item.html" if part else "item.html", session, status=status, **values)

    def _left(self, query: Query) -> int:
        """Count the rows that wait; between counts, take off what was decided since."""
        seq, now = self.store.last_seq(), time.monotonic()
        counted, at_seq, number = self._waiting.get(query, (-SECONDS_COUNTED, 0, 0))
        if now - counted > SECONDS_COUNTED:
            counted, at_seq, number = now, seq, count(self.store, query)
            self._waiting = {query: (counted, at_seq, number)}
        since = self.store.history(seq - at_seq) if seq > at_seq else []
        settled = {decision.row for decision in since if decision.action not in ("skip", "undo")}
        if any(decision.action == "undo" for decision in since):
            self._waiting.clear()
        return max(0, number - len(settled))

    def _named(self, fields: Mapping[str, str], action: str) -> dict[str, Any] | None:
        """Say what to ask about a name that was typed; None where it can be taken as it is."""
        typed = clean_name(fields.get("name", ""))
        near = self.store.near_name(typed)
        if near is not None and near.name == typed:
            return None
        if near is not None and fields.get("is_sure") != "yes":
            return {"near_name": near.name, "typed": typed}
        if near is None and action == "correct":
            return {"typed": typed, "problem": f"There is no class {typed!r} yet."}
        return None

    def _settled_name(self, fields: Mapping[str, str], action: str) -> dict[str, str]:
        typed = clean_name(fields.get("name", ""))
        known = {known.name for known in self.store.classes()}
        return {"name": typed, "do": f"class:{typed}" if typed in known else action}

    def _after(self, view: ItemView, answer: Answer) -> str:
        """Say what was stored."""
        said = f"Saved: {told(answer.action, answer.label, view.item.key)}."
        if view.is_blind and view.suggestion is not None and answer.action in LABELING:
            agrees = view.suggestion.label == answer.label
            said += f" The model, unseen, {'says so too' if agrees else f'says {view.suggestion.label}'}."
        return said

    def _is_learnt(self, undone: Decision) -> bool:
        return undone.seq <= self.store.rounds()[-1].upto
