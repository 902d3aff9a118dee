"""App: every address of the page.

Takes  a Review.
Gives  an ASGI application, with its guard before it.

Source: the Starlette documentation (https://www.starlette.io).

Before this: row_pages.py, group_pages.py, front_pages.py. After this: serving.py.
"""

from collections.abc import Callable
from importlib.resources import files
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from pseudolabel.review.page.desk import Review
from pseudolabel.review.page.front_pages import FrontPages, cookie_of
from pseudolabel.review.page.group_pages import GroupPages
from pseudolabel.review.page.guard import ENTRANCE, STATIC, Guard, Session
from pseudolabel.review.page.row_pages import RowPages

STATIC_TYPES = {"js": "text/javascript", "css": "text/css", "svg": "image/svg+xml"}


def make_app(review: Review) -> Guard:
    """Give the application of a review, with its guard before it."""
    front, of_rows, of_groups = FrontPages(review), RowPages(review), GroupPages(review)

    def view(show: Callable[[Request, Session], Response]) -> Callable[[Request], Any]:
        async def answer(request: Request) -> Response:
            try:
                return await run_in_threadpool(show, request, request.scope["pseudolabel.session"])
            except Exception as error:  # whatever it is, the reviewer is told in a sentence
                return front.explained(request, error)

        return answer

    def get(path: str, show: Callable[[Request, Session], Response]) -> Route:
        return Route(path, view(show), methods=["GET"])

    def post(path: str, show: Callable[[Request, Session], Response]) -> Route:
        return Route(path, view(show), methods=["POST"])

    routes = [
        get("/", front.home),
        get("/review", of_rows.review_next),
        post("/decide", of_rows.decide),
        post("/undo", of_rows.undo),
        get("/cluster", of_groups.cluster),
        post("/cluster", of_groups.decide_cluster),
        get("/conflicts", of_groups.conflicts),
        post("/settle", of_groups.settle),
        get("/whole/{row:int}", of_rows.whole),
        get("/picture/{row:int}", of_rows.picture),
        get("/audit", front.audit),
        post("/audit", front.answer_audit),
        get("/export", front.export),
        get("/export/{kind}", front.exported),
        get("/keys", front.keys_page),
        post("/keys", front.change_keys),
        post("/reviewer", front.rename),
        post("/invite", front.invite),
        post("/retrain", front.retrain),
        get("/training", front.progress),
        Route(ENTRANCE, front.enter, methods=["GET"]),
        Route("/favicon.ico", lambda request: _static("icon.svg"), methods=["GET"]),
        Route(STATIC + "{name}", lambda request: _static(request.path_params["name"]), methods=["GET"]),
    ]

    async def not_found(request: Request, error: Exception) -> Response:
        return front.problem(request.scope.get("pseudolabel.session"), 404, "There is no such page.")

    async def not_allowed(request: Request, error: Exception) -> Response:
        return front.problem(request.scope.get("pseudolabel.session"), 405, "This method is not allowed here.")

    app = Starlette(routes=routes, exception_handlers={404: not_found, 405: not_allowed})

    async def shown(scope: Scope, receive: Receive, send: Send) -> None:
        await app(scope, receive, send)

    own = f"[{review.host}]" if ":" in review.host else review.host
    hosts = tuple(f"{name}:{review.port}" for name in ("127.0.0.1", "localhost", own))
    return Guard(shown, review.keys, hosts, cookie_of(review.port), front.refusal)


def _static(name: str) -> Response:
    """Give a file of ours; none but those that were delivered with the page."""
    folder = files("pseudolabel.review.page") / "static"
    known = {found.name: found for found in folder.iterdir() if found.is_file()}
    kind = STATIC_TYPES.get(name.rpartition(".")[2])
    if name not in known or kind is None:
        return HTMLResponse("There is no such file.", 404)
    return Response(known[name].read_bytes(), media_type=kind)
