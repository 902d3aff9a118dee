"""Front pages: how far the review is, who reviews and with which keys, the audit, the next round, and exports.

Takes  a Review.
Gives  its first page, and those that are looked at now and then.

Before this: desk.py. After this: app.py.
"""

import json
import secrets
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, RedirectResponse, Response

from pseudolabel.review.answers import Conflict
from pseudolabel.review.classes import clean_name
from pseudolabel.review.exporting import SUFFIXES, export_run
from pseudolabel.review.page.audit_page import new_wish
from pseudolabel.review.page.desk import ACTIONS, Desk, fields_of
from pseudolabel.review.page.forms import number, read_query
from pseudolabel.review.page.guard import ENTRANCE, Session
from pseudolabel.review.page.shown import show
from pseudolabel.review.queue import count

EXPORTS = {"csv": "CSV", "parquet": "Parquet", "jsonl": "JSON Lines", "label-studio": "Label Studio tasks"}


class FrontPages(Desk):
    """The first page and those beside the queue."""

    def home(self, request: Request, session: Session) -> Response:
        """Show how far the review is, what to look at next, and whether it helped."""
        query = read_query(request.query_params)
        rounds = self.store.rounds()
        values: dict[str, Any] = {
            "counts": self.store.counts(),
            "query": query,
            "classes": [known.name for known in self.store.classes()],
            "rounds": rounds,
            "progress": self.review.training.look(),
            "waiting": count(self.store, replace(query, state="waiting")),
        }
        return self.html("home.html", session, **values)

    def audit(self, request: Request, session: Session) -> Response:
        """Show the next row of the audit, or what it has found."""
        return self._audit(session)

    def answer_audit(self, request: Request, session: Session) -> Response:
        """Begin the audit, or take the answer to a row of it."""
        fields = fields_of(request)
        wanted, _, label = fields.get("do", "").partition(":")
        if wanted == "begin":
            self.review.audit.begin(new_wish(fields))
            return self._audit(session, "The rows are drawn.")
        if wanted not in ("class", "undecidable"):
            return self.problem(session, 400, "An answer is a class, or that nobody can tell.")
        try:
            self.review.audit.answer(
                number("row", fields.get("row", "")),
                label if wanted == "class" else None,
                session.reviewer,
                fields.get("request_id", ""),
                number("seen", fields.get("seen", "")),
            )
        except Conflict as conflict:
            return self._audit(session, str(conflict))
        return self._audit(session, "Saved.")

    def export(self, request: Request, session: Session) -> Response:
        """Show what an export would hold, and offer it."""
        return self.html("export.html", session, counts=self.store.counts(), kinds=EXPORTS)

    def exported(self, request: Request, session: Session) -> Response:
        """Give an export as a file."""
        kind = request.path_params["kind"]
        if kind not in EXPORTS:
            return self.problem(session, 404, "There is no such export.")
        folder = TemporaryDirectory(prefix="pseudolabel-export-")
        name = f"{self.review.name}{SUFFIXES[kind][0]}"
        try:
            made = export_run(self.review.folder, kind, Path(folder.name) / name)
        except BaseException:
            folder.cleanup()
            raise
        return FileResponse(made.path, filename=name, background=BackgroundTask(folder.cleanup))

    def keys_page(self, request: Request, session: Session) -> Response:
        """Show the keys, to be changed or switched off."""
        return self.html("keys.html", session, said="")

    def change_keys(self, request: Request, session: Session) -> Response:
        """Change the keys of a reviewer."""
        fields = fields_of(request)
        wanted = {action: fields.get(f"key_{action}", "").strip() for action in ACTIONS}
        in_use = [key for key in wanted.values() if key]
        problem = ""
        if any(len(key) != 1 or not key.isprintable() for key in in_use):
            problem = "A key is one character. Leave the field empty to switch it off."
        elif any(key.isdecimal() for key in in_use):
            problem = "The digits are the classes. Choose another key."
        elif len({key.casefold() for key in in_use}) < len(in_use):
            problem = "Two actions have the same key. Choose another."
        if problem:
            return self.html("keys.html", session, said=problem, status=400)
        self.store.remember(f"keys:{session.reviewer}", json.dumps(wanted))
        return self.html("keys.html", session, said="Saved.")

    def rename(self, request: Request, session: Session) -> Response:
        """Say who is reviewing."""
        session.reviewer = clean_name(fields_of(request).get("reviewer", ""))
        session.is_named = True
        return RedirectResponse("/", 303)

    def invite(self, request: Request, session: Session) -> Response:
        """Make a link for another browser."""
        link = f"http://{request.headers['host']}{ENTRANCE}?token={self.review.keys.new_link()}"
        return self.html("invite.html", session, link=link)

    def retrain(self, request: Request, session: Session) -> Response:
        """Begin to train the next round."""
        self.review.training.start()
        return RedirectResponse("/", 303)

    def progress(self, request: Request, session: Session) -> Response:
        """Say how the training stands: a part of the first page."""
        progress = self.review.training.look()
        values: dict[str, Any] = {"progress": progress, "rounds": self.store.rounds(), "counts": self.store.counts()}
        answer = self.html("_training.html", session, **values)
        if not progress.running:
            answer.headers["HX-Refresh"] = "true"  # all else on the first page is of the round before
        return answer

    def enter(self, request: Request) -> Response:
        """Come in by a link, which works once."""
        session = self.review.keys.enter(request.query_params.get("token", ""), self.review.reviewer)
        if session is None:
            return HTMLResponse(self.refusal(401, "This link was used, or is of another start."), 401)
        answer = RedirectResponse("/", 303)
        answer.set_cookie(cookie_of(self.review.port), session.token, httponly=True, samesite="strict", path="/")
        return answer

    def _audit(self, session: Session, said: str = "") -> Response:
        asked = self.review.audit.ask()
        shown = None if asked.view is None else show(self.store, asked.view)
        request_id = secrets.token_urlsafe(16)
        return self.html("audit.html", session, asked=asked, shown=shown, said=said, request_id=request_id)


def cookie_of(port: int) -> str:
    """Give the name of the cookie: cookies of one machine are shared by all its ports."""
    return f"pseudolabel-{port}"
