"""Desk: what every page of a review needs.

Takes  a Review: the store, the run it belongs to, and who may come in.
Gives  Desk, which draws templates; every value in them is escaped.

Before this: guard.py, shown.py, forms.py. After this: row_pages.py, group_pages.py, front_pages.py.
"""

import json
import threading
from collections import OrderedDict
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from pseudolabel.errors import PseudolabelError
from pseudolabel.review.page.audit_page import AuditDesk
from pseudolabel.review.page.forms import written
from pseudolabel.review.page.guard import Keys, Session
from pseudolabel.review.page.pictures import Pictures
from pseudolabel.review.page.shown import as_percent, share
from pseudolabel.review.page.training import Training
from pseudolabel.review.queue import Query
from pseudolabel.review.store import Store

ORDERS = {
    "doubtful": "doubtful first",
    "useful": "most useful first",
    "cluster": "cluster by cluster",
    "surest": "surest first",
    "random": "at random",
}

STATES = {"waiting": "waiting", "skipped": "skipped", "settled": "answered", "any": "all"}

ACTIONS = {
    "accept": ("a", "accept the suggestion"),
    "reject": ("x", "not this class"),
    "skip": ("s", "skip, it comes back later"),
    "name": ("/", "type the name of a class"),
    "new": ("n", "a new class"),
    "undo": ("z", "take back your last answer"),
    "cluster": ("c", "the whole cluster"),
    "whole": ("o", "the whole text or picture"),
    "help": ("?", "these keys"),
}
"""What a key does; the digits are the classes in the order they are listed. Each can be changed or switched off."""


@dataclass
class Review:
    """A review that is served.

    Attributes
    ----------
    store : Store
    name : str
        Of the run, for people.
    folder : Path
        Of the run.
    keys : Keys
    pictures : Pictures
    training : Training
    audit : AuditDesk
    port : int
    reviewer : str
        Who is at it, until someone says another name.
    host : str
        Where it is served.
    """

    store: Store
    name: str
    folder: Path
    keys: Keys
    pictures: Pictures
    training: Training
    audit: AuditDesk
    port: int
    reviewer: str
    host: str = "127.0.0.1"
    on_screen: "OrderedDict[str, int]" = field(default_factory=OrderedDict)
    _one: threading.Lock = field(default_factory=threading.Lock)

    def others_look_at(self, session: Session) -> set[int]:
        """Give the rows that other browsers have on their screens."""
        with self._one:
            return {row for token, row in self.on_screen.items() if token != session.token}

    def looks_at(self, session: Session, row: int) -> None:
        """Remember what a browser has on its screen."""
        with self._one:
            self.on_screen[session.token] = row
            self.on_screen.move_to_end(session.token)
            while len(self.on_screen) > 50:
                self.on_screen.popitem(last=False)


class Desk:
    """Draws the pages of a review.

    Parameters
    ----------
    review : Review
    """

    def __init__(self, review: Review) -> None:
        self.review = review
        self.store = review.store

    @cached_property
    def templates(self) -> Environment:
        """Jinja2, which escapes every value."""
        environment = Environment(
            loader=PackageLoader("pseudolabel.review.page"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        environment.filters.update(percent=as_percent, count=lambda value: f"{value:,}", from_json=json.loads)
        environment.globals.update(share=share, written=written, orders=ORDERS, states=STATES, actions=ACTIONS)
        return environment

    def render(self, template: str, session: Session | None = None, **values: Any) -> str:
        """Draw a template."""
        form_token = "" if session is None else self.review.keys.form_token
        return self.templates.get_template(template).render(
            run=self.review.name,
            session=session,
            form_token=form_token,
            keys=self.bindings(session),
            pictures=self.review.pictures,
            **values,
        )

    def bindings(self, session: Session | None) -> dict[str, str]:
        """Give the key of each action for a reviewer; an empty text where it is switched off."""
        usual = {action: key for action, (key, _) in ACTIONS.items()}
        if session is None:
            return usual
        kept = self.store.meta.get(f"keys:{session.reviewer}")
        return {**usual, **({} if kept is None else json.loads(kept))}

    def html(self, template: str, session: Session, *, status: int = 200, **values: Any) -> Response:
        """Give a page."""
        return HTMLResponse(self.render(template, session, **values), status)

    def problem(self, session: Session | None, status: int, reason: str) -> Response:
        """Give a page that says what is wrong."""
        return HTMLResponse(self.render("refusal.html", session, status=status, reason=reason), status)

    def refusal(self, status: int, reason: str) -> str:
        """Give the page of a refusal."""
        return self.render("refusal.html", status=status, reason=reason)

    def explained(self, request: Request, error: Exception) -> Response:
        """Say what is wrong in a sentence; a path or a traceback is nobody's business here."""
        session = request.scope.get("pseudolabel.session")
        if isinstance(error, PseudolabelError):
            status = {2: 400, 3: 409, 4: 507}.get(error.exit_code, 500)
            reason = str(error).replace(repr(str(self.store.path)), "The review").replace(str(self.store.path), "it")
            return self.problem(session, status, reason)
        return self.problem(session, 500, "This is a mistake of ours. The answer on this page may not be stored.")

    def pinned(self, query: Query) -> Query:
        """Keep to the round a reviewer began with, until they ask for the newest."""
        return query if query.round is not None else replace(query, round=self.store.rounds()[-1].number)


def fields_of(request: Request) -> dict[str, str]:
    """Give the fields of a form, as the guard has read them."""
    fields: dict[str, str] = request.scope["pseudolabel.fields"]
    return fields
