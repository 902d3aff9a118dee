"""App: every address of the page.

Takes  a Review: the store, the run it belongs to, and who may come in.
Gives  an ASGI application: the pages, answers taken in, pictures, and files to download.

Every page works without script; with it, an answer replaces the row by the next one. What was answered is on the disk
before the next row is sent. A request that is repeated stores nothing twice.

Source: the Starlette documentation (https://www.starlette.io).

Before this: guard.py, shown.py, forms.py, pictures.py, training.py. After this: serving.py.
"""

import json
import random
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from pseudolabel.errors import PseudolabelError
from pseudolabel.review.answers import LABELING, Answer, Conflict, Decision, ItemView
from pseudolabel.review.classes import clean_name
from pseudolabel.review.exchange import SUFFIXES, export_run
from pseudolabel.review.page.audit_page import AuditDesk, new_wish
from pseudolabel.review.page.forms import number, read_answer, read_query, written
from pseudolabel.review.page.guard import ENTRANCE, STATIC, Guard, Keys, Session
from pseudolabel.review.page.pictures import SIDES, Pictures
from pseudolabel.review.page.shown import as_percent, recently, share, show, told
from pseudolabel.review.page.training import Training
from pseudolabel.review.queue import Query, count, next_item, rows, why_empty
from pseudolabel.review.store import Store

SAMPLE = 4
"""Least sure rows of a cluster, and as many at random, that are looked at before all are accepted."""

MOST_AT_ONCE = 200
"""Rows of a cluster that are shown, and accepted, at once."""

MOST_RECENT = 8

ORDERS = {
    "doubtful": "doubtful first",
    "useful": "most useful first",
    "cluster": "cluster by cluster",
    "surest": "surest first",
    "random": "at random",
}

EXPORTS = {"csv": "CSV", "parquet": "Parquet", "jsonl": "JSON Lines", "label-studio": "Label Studio tasks"}

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

STATIC_TYPES = {"js": "text/javascript", "css": "text/css", "svg": "image/svg+xml"}

SECONDS_COUNTED = 10.0
"""For so long a count of what waits is kept, and only what was decided since is taken off: to count 200,000 rows takes
as long as all else that is done for a key."""


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


class Page:
    """The pages of a review.

    Parameters
    ----------
    review : Review
    """

    def __init__(self, review: Review) -> None:
        self.review = review
        self.store = review.store
        self._waiting: dict[Query, tuple[float, int, int]] = {}

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

    # The pages, in the order a reviewer comes by them.

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
        return self._html("home.html", session, **values)

    def review_next(self, request: Request, session: Session) -> Response:
        """Show the next row of a queue, or one row by its number."""
        query = self._pinned(read_query(request.query_params))
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
        fields = _fields(request)
        query, row = read_query(fields), number("row", fields.get("row", ""))
        view = self.store.item(row, query.round)
        if view is None:
            return self._problem(session, 404, f"There is no row {row} in this review.")
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
        fields = _fields(request)
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

    def cluster(self, request: Request, session: Session) -> Response:
        """Show the rows of a cluster, to be accepted together once a sample of them was checked."""
        return self._cluster(session, read_query(request.query_params))

    def decide_cluster(self, request: Request, session: Session) -> Response:
        """Accept the rows of a cluster that are ticked, if the sample is right."""
        fields = _fields(request)
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
        fields = _fields(request)
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

    def whole(self, request: Request, session: Session) -> Response:
        """Show the whole text of a row."""
        view = self.store.item(number("row", request.path_params["row"]))
        if view is None:
            return self._problem(session, 404, "There is no such row in this review.")
        cells = json.loads(view.item.shown)
        name = request.query_params.get("column", "text")
        if name not in cells:
            return self._problem(session, 404, "There is no such column.")
        return self._html("whole.html", session, key=view.item.key, name=name, text=cells[name])

    def picture(self, request: Request, session: Session) -> Response:
        """Give the image of a row, drawn anew."""
        view = self.store.item(number("row", request.path_params["row"]))
        size = request.query_params.get("size", "large")
        if view is None or view.item.kind != "image" or size not in SIDES:
            return self._problem(session, 404, "There is no such picture.")
        drawn = self.review.pictures.draw(json.loads(view.item.shown)["image"], size)
        if not drawn:
            return self._problem(session, 404, "This picture cannot be shown.")
        return Response(drawn, media_type="image/jpeg")

    def export(self, request: Request, session: Session) -> Response:
        """Show what an export would hold, and offer it."""
        return self._html("export.html", session, counts=self.store.counts(), kinds=EXPORTS)

    def exported(self, request: Request, session: Session) -> Response:
        """Give an export as a file."""
        kind = request.path_params["kind"]
        if kind not in EXPORTS:
            return self._problem(session, 404, "There is no such export.")
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
        return self._html("keys.html", session, said="")

    def change_keys(self, request: Request, session: Session) -> Response:
        """Change the keys of a reviewer."""
        fields = _fields(request)
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
            return self._html("keys.html", session, said=problem, status=400)
        self.store.remember(f"keys:{session.reviewer}", json.dumps(wanted))
        return self._html("keys.html", session, said="Saved.")

    def rename(self, request: Request, session: Session) -> Response:
        """Say who is reviewing."""
        session.reviewer = clean_name(_fields(request).get("reviewer", ""))
        session.is_named = True
        return RedirectResponse("/", 303)

    def invite(self, request: Request, session: Session) -> Response:
        """Make a link for another browser."""
        link = f"http://{request.headers['host']}{ENTRANCE}?token={self.review.keys.new_link()}"
        return self._html("invite.html", session, link=link)

    def retrain(self, request: Request, session: Session) -> Response:
        """Begin to train the next round."""
        self.review.training.start()
        return RedirectResponse("/", 303)

    def progress(self, request: Request, session: Session) -> Response:
        """Say how the training stands: a part of the first page."""
        values: dict[str, Any] = {"progress": self.review.training.look(), "rounds": self.store.rounds()}
        return self._html("_training.html", session, counts=self.store.counts(), **values)

    def enter(self, request: Request) -> Response:
        """Come in by a link, which works once."""
        session = self.review.keys.enter(request.query_params.get("token", ""), self.review.reviewer)
        if session is None:
            return HTMLResponse(self.refusal(401, "This link was used, or is of another start."), 401)
        answer = RedirectResponse("/", 303)
        answer.set_cookie(cookie_of(self.review.port), session.token, httponly=True, samesite="strict", path="/")
        return answer

    def refusal(self, status: int, reason: str) -> str:
        """Give the page of a refusal."""
        return self.render("refusal.html", status=status, reason=reason)

    def audit(self, request: Request, session: Session) -> Response:
        """Show the next row of the audit, or what it has found."""
        return self._audit(session)

    def answer_audit(self, request: Request, session: Session) -> Response:
        """Begin the audit, or take the answer to a row of it."""
        fields = _fields(request)
        wanted, _, label = fields.get("do", "").partition(":")
        if wanted == "begin":
            self.review.audit.begin(new_wish(fields))
            return self._audit(session, "The rows are drawn.")
        if wanted not in ("class", "undecidable"):
            return self._problem(session, 400, "An answer is a class, or that nobody can tell.")
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

    # What they share.

    def _audit(self, session: Session, said: str = "") -> Response:
        asked = self.review.audit.ask()
        shown = None if asked.view is None else show(self.store, asked.view)
        request_id = secrets.token_urlsafe(16)
        return self._html("audit.html", session, asked=asked, shown=shown, said=said, request_id=request_id)

    def _item(
        self, request: Request, session: Session, query: Query, view: ItemView | None, *, status: int = 200, **more: Any
    ) -> Response:
        """Show a row, or say why there is none; the part of the page that changes, where script asks for it."""
        query = self._pinned(query)
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
        return self._html("_item.html" if part else "item.html", session, status=status, **values)

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

    def _pinned(self, query: Query) -> Query:
        """Keep to the round a reviewer began with, until they ask for the newest."""
        return query if query.round is not None else replace(query, round=self.store.rounds()[-1].number)

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

    def _members(self, query: Query) -> tuple[list[ItemView], list[ItemView]]:
        """Give the rows of a cluster that may be accepted together, and those of them that are checked.

        Checked are the least sure ones, and some at random, which are the same each time they are asked for.
        """
        query = replace(self._pinned(query), order="surest", state="waiting")
        found = [self.store.item(row, query.round) for row in rows(self.store, query, MOST_AT_ONCE)]
        views = [view for view in reversed(found) if view is not None and view.suggestion is not None]
        least, rest = views[:SAMPLE], views[SAMPLE:]
        drawn = random.Random(f"{query.cluster}:{len(views)}").sample(rest, min(SAMPLE, len(rest)))
        return views, [*least, *drawn]

    def _cluster(self, session: Session, query: Query, said: str = "") -> Response:
        query = self._pinned(query)
        if query.label is None and query.cluster is not None:
            query = replace(query, label=self._commonest(query))
        views, sample = self._members(query)
        in_sample = {view.row for view in sample}
        return self._html(
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
        from pseudolabel.review.queue import count_labels

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
        return self._html("conflicts.html", session, said=said, found=shown, new_id=lambda: secrets.token_urlsafe(16))

    def _html(self, template: str, session: Session, *, status: int = 200, **values: Any) -> Response:
        return HTMLResponse(self.render(template, session, **values), status)

    def _problem(self, session: Session | None, status: int, reason: str) -> Response:
        return HTMLResponse(self.render("refusal.html", session, status=status, reason=reason), status)

    def explained(self, request: Request, error: Exception) -> Response:
        """Say what is wrong in a sentence; a path or a traceback is nobody's business here."""
        session = request.scope.get("pseudolabel.session")
        if isinstance(error, PseudolabelError):
            status = {2: 400, 3: 409, 4: 507}.get(error.exit_code, 500)
            reason = str(error).replace(repr(str(self.store.path)), "The review").replace(str(self.store.path), "it")
            return self._problem(session, status, reason)
        return self._problem(session, 500, "This is a mistake of ours. The answer on this page may not be stored.")


def make_app(review: Review, more: Callable[[Page], list[Route]] = lambda page: []) -> Guard:
    """Give the application of a review, with its guard before it."""
    page = Page(review)

    def view(show: Callable[[Request, Session], Response]) -> Callable[[Request], Any]:
        async def answer(request: Request) -> Response:
            try:
                return await run_in_threadpool(show, request, request.scope["pseudolabel.session"])
            except Exception as error:  # whatever it is, the reviewer is told in a sentence
                return page.explained(request, error)

        return answer

    def get(path: str, show: Callable[[Request, Session], Response]) -> Route:
        return Route(path, view(show), methods=["GET"])

    def post(path: str, show: Callable[[Request, Session], Response]) -> Route:
        return Route(path, view(show), methods=["POST"])

    routes = [
        get("/", page.home),
        get("/review", page.review_next),
        post("/decide", page.decide),
        post("/undo", page.undo),
        get("/cluster", page.cluster),
        post("/cluster", page.decide_cluster),
        get("/conflicts", page.conflicts),
        post("/settle", page.settle),
        get("/whole/{row:int}", page.whole),
        get("/picture/{row:int}", page.picture),
        get("/audit", page.audit),
        post("/audit", page.answer_audit),
        get("/export", page.export),
        get("/export/{kind}", page.exported),
        get("/keys", page.keys_page),
        post("/keys", page.change_keys),
        post("/reviewer", page.rename),
        post("/invite", page.invite),
        post("/retrain", page.retrain),
        get("/training", page.progress),
        Route(ENTRANCE, page.enter, methods=["GET"]),
        Route("/favicon.ico", lambda request: _static("icon.svg"), methods=["GET"]),
        Route(STATIC + "{name}", lambda request: _static(request.path_params["name"]), methods=["GET"]),
        *more(page),
    ]

    async def not_found(request: Request, error: Exception) -> Response:
        return page._problem(request.scope.get("pseudolabel.session"), 404, "There is no such page.")

    async def not_allowed(request: Request, error: Exception) -> Response:
        return page._problem(request.scope.get("pseudolabel.session"), 405, "This method is not allowed here.")

    app = Starlette(routes=routes, exception_handlers={404: not_found, 405: not_allowed})

    async def shown(scope: Scope, receive: Receive, send: Send) -> None:
        await app(scope, receive, send)

    own = f"[{review.host}]" if ":" in review.host else review.host
    hosts = tuple(f"{name}:{review.port}" for name in ("127.0.0.1", "localhost", own))
    return Guard(shown, review.keys, hosts, cookie_of(review.port), page.refusal)


def cookie_of(port: int) -> str:
    """Give the name of the cookie: cookies of one machine are shared by all its ports."""
    return f"pseudolabel-{port}"


def _static(name: str) -> Response:
    """Give a file of ours; none but those that were delivered with the page."""
    folder = files("pseudolabel.review.page") / "static"
    known = {found.name: found for found in folder.iterdir() if found.is_file()}
    kind = STATIC_TYPES.get(name.rpartition(".")[2])
    if name not in known or kind is None:
        return HTMLResponse("There is no such file.", 404)
    return Response(known[name].read_bytes(), media_type=kind)


def _fields(request: Request) -> dict[str, str]:
    fields: dict[str, str] = request.scope["pseudolabel.fields"]
    return fields
