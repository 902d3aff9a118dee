"""Group pages: many rows at one go, and rows that several people look at.

Takes  a cluster, or the rows reviewers disagree on.
Gives  the rows of a cluster, to be accepted together once a sample was checked; and each disagreement, to be settled.

Before this: desk.py. After this: app.py.
"""

import random
import secrets
from dataclasses import replace
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from pseudolabel.review.answers import Answer, Conflict, ItemView
from pseudolabel.review.page.desk import Desk, fields_of
from pseudolabel.review.page.forms import number, read_query
from pseudolabel.review.page.guard import Session
from pseudolabel.review.page.shown import show
from pseudolabel.review.queue import Query, count, count_labels, rows

SAMPLE = 4
"""Least sure rows of a cluster, and as many at random, that are looked at before all are accepted."""

MOST_AT_ONCE = 200
"""Rows of a cluster that are shown, and accepted, at once."""


class GroupPages(Desk):
    """The pages of clusters and of disagreements."""

    def cluster(self, request: Request, session: Session) -> Response:
        """Show the rows of a cluster, to be accepted together once a sample of them was checked."""
        return self._cluster(session, read_query(request.query_params))

    def decide_cluster(self, request: Request, session: Session) -> Response:
        """Accept the rows of a cluster that are ticked, if the sample is right."""
        fields = fields_of(request)
        query = read_query(fields)
        views, sample = self._members(query)
        checked = {view.row: fields.get(f"sample_{view.row}") for view in sample}
        if any(said not in ("right", "wrong") for said in checked.values()):
            return self._cluster(session, query, said="Say of every row of the sample whether it is right.")
        wrong = {row for row, said in checked.items() if said == "wrong"}
        ticked = {int(row) for row in fields.get("rows[]", "").split(",") if row.isdecimal()}
        taken = [view for view in views if (view.row in ticked or view in sample) and view.row not in wrong]
        if wrong:
            taken = [view for view in taken if view in sample]
        batch = fields.get("request_id", "")
        answers = [self._bulk_answer(view, "accept", session, f"{batch}-{view.row}", batch) for view in taken]
        answers += [
            self._bulk_answer(view, "reject", session, f"{batch}-{view.row}", batch)
            for view in views
            if view.row in wrong
        ]
        try:
            self.store.decide_many(answers)
        except Conflict as conflict:
            return self._cluster(session, query, said=str(conflict))
        said = f"{len(taken):,} rows accepted."
        if wrong:
            said += f" {len(wrong):,} of the sample were wrong, so the others stay in the queue."
        return self._cluster(session, query, said=said)

    def conflicts(self, request: Request, session: Session) -> Response:
        """Show the rows reviewers disagree on."""
        return self._conflicts(session)

    def settle(self, request: Request, session: Session) -> Response:
        """Settle a row that reviewers disagree on."""
        fields = fields_of(request)
        row, chosen = number("row", fields.get("row", "")), fields.get("label", "")
        action: Any = "reject" if fields.get("do") == "neither" else "correct"
        wrongs = fields.get("at_odds[]", "").split("\x1f") if action == "reject" else [chosen]
        seen, request_id = number("seen", fields.get("seen", "")), fields.get("request_id", "")
        answers = [
            Answer(
                row, action, label, session.reviewer, f"{request_id}-{at}", seen, is_confirmed=True, is_settling=True
            )
            for at, label in enumerate(wrongs)
        ]
        try:
            self.store.decide_many(answers)
        except Conflict as conflict:
            return self._conflicts(session, said=str(conflict))
        return self._conflicts(session, said="Settled.")

    def _members(self, query: Query) -> tuple[list[ItemView], list[ItemView]]:
        """Give the rows of a cluster that may be accepted together, and those of them that are checked.

        Checked are the least sure ones, and some at random, which are the same each time they are asked for.
        """
        query = replace(self.pinned(query), order="surest", state="waiting")
        found = [self.store.item(row, query.round) for row in rows(self.store, query, MOST_AT_ONCE)]
        views = [view for view in reversed(found) if view is not None and view.suggestion is not None]
        least, rest = views[:SAMPLE], views[SAMPLE:]
        drawn = random.Random(f"{query.cluster}:{len(views)}").sample(rest, min(SAMPLE, len(rest)))
        return views, [*least, *drawn]

    def _cluster(self, session: Session, query: Query, said: str = "") -> Response:
        query = self.pinned(query)
        if query.label is None and query.cluster is not None:
            query = replace(query, label=self._commonest(query))
        views, sample = self._members(query)
        in_sample = {view.row for view in sample}
        return self.html(
            "cluster.html",
            session,
            query=query,
            said=said,
            members=[show(self.store, replace(view, is_blind=False)) for view in views if view.row not in in_sample],
            sample=[show(self.store, replace(view, is_blind=False)) for view in sample],
            n_in_all=count(self.store, replace(query, order="surest", state="waiting")),
            request_id=secrets.token_urlsafe(16),
        )

    def _commonest(self, query: Query) -> str | None:
        return next(iter(count_labels(self.store, replace(query, order="surest", state="waiting"))), None)

    def _bulk_answer(self, view: ItemView, action: Any, session: Session, request_id: str, batch: str) -> Answer:
        suggestion = view.suggestion
        assert suggestion is not None
        return Answer(
            view.row,
            action,
            suggestion.label,
            session.reviewer,
            request_id,
            view.newest_seq,
            shown_label=suggestion.label,
            shown_confidence=suggestion.confidence,
            batch=batch,
        )

    def _conflicts(self, session: Session, said: str = "") -> Response:
        found = [(odd, self.store.item(odd.row)) for odd in self.store.conflicts()]
        shown = [(odd, show(self.store, replace(view, is_blind=False))) for odd, view in found if view is not None]
        return self.html("conflicts.html", session, said=said, found=shown, new_id=lambda: secrets.token_urlsafe(16))
