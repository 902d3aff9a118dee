"""Guard: what a request must be before the page sees it.

Takes  requests from anyone who can reach the port: the reviewer's browser, but also any web page open in it.
Gives  to the page those that the reviewer has sent; an answer with a reason to all others. Headers that let no other
       page read, frame or script ours stand on every answer.

Nothing here trusts an address: a foreign name that points to this machine (DNS rebinding) comes with a foreign Host, a
foreign page's form with a foreign Origin, and neither knows the token. A request that changes something needs the
cookie, our own Origin, and a token that only our pages hold.

Source: the OWASP cheat sheets on cross-site request forgery and on session management.

Before this: nothing. After this: app.py.
"""

import hmac
import secrets
import threading
from collections.abc import Awaitable, Callable, Iterable, Mapping, MutableMapping
from dataclasses import dataclass, field
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import parse_qs

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

METHODS = ("GET", "HEAD", "POST")

MOST_BODY_BYTES = 65_536
"""Of a request: an answer has a few hundred."""

MOST_FIELDS = 2_000

TOKEN_BYTES = 32

HEADERS = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
}
"""On every answer. Not `no-referrer`: a form would then be sent with the Origin `null`, as from anywhere."""

ENTRANCE = "/enter"
STATIC = "/static/"
OPEN_PATHS = ("/favicon.ico",)

ANSWERS = {
    400: "This request could not be understood.",
    401: "This browser has no key to this review.",
    403: "This request did not come from the page.",
    405: "This method is not allowed.",
    411: "A request must say how long it is.",
    413: "This request is too large.",
    421: "This review answers under its own address only.",
}


class Keys:
    """Who may come in: links that work once, and the sessions they opened.

    Parameters
    ----------
    secret : str
        What the token of forms is made from.
    """

    def __init__(self, secret: str) -> None:
        self._secret = secret.encode()
        self._links: set[str] = set()
        self._sessions: dict[str, Session] = {}
        self._changing = threading.Lock()

    def new_link(self) -> str:
        """Make a token that opens the page once."""
        token = secrets.token_urlsafe(TOKEN_BYTES)
        with self._changing:
            self._links.add(token)
        return token

    def enter(self, token: str, reviewer: str) -> "Session | None":
        """Use up a link; give a new session, or None where there is no such link any more."""
        with self._changing:
            known = [link for link in self._links if hmac.compare_digest(link.encode(), token.encode())]
            if not known:
                return None
            self._links.discard(known[0])
            session = Session(secrets.token_urlsafe(TOKEN_BYTES), reviewer)
            self._sessions[session.token] = session
            return session

    def session(self, token: str) -> "Session | None":
        """Give the session of a cookie; every known one is compared, in the same time."""
        found = None
        for known, session in list(self._sessions.items()):
            if hmac.compare_digest(known.encode(), token.encode()):
                found = session
        return found

    @property
    def form_token(self) -> str:
        """What every form of ours sends: the same after a restart, so that an open page goes on."""
        return hmac.new(self._secret, b"form", "sha256").hexdigest()


@dataclass
class Session:
    """A browser that came in."""

    token: str
    reviewer: str
    is_named: bool = False


@dataclass(frozen=True)
class Guard:
    """Stands before the page.

    Attributes
    ----------
    app : App
        The page.
    keys : Keys
    hosts : sequence of str
        What the header Host may be, with the port.
    cookie : str
        The name of the cookie.
    refusal : function of a status and a text
        Gives the HTML of a refusal.
    """

    app: App
    keys: Keys
    hosts: tuple[str, ...]
    cookie: str
    refusal: Callable[[int, str], str] = field(default=lambda status, reason: reason)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request pass, or answer it."""
        if scope["type"] != "http":
            return
        headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]]
        status = self._refused(scope, headers)
        if status is None and scope["method"] == "POST":
            body = await _body(receive)
            fields = None if body is None else _fields(body)
            status = 413 if body is None else 400 if fields is None else self._refused_form(fields)
            scope["pseudolabel.fields"] = fields
        await (self.app(scope, receive, _guarded(send)) if status is None else self._refuse(scope, status, send))

    def _refused(self, scope: Scope, headers: Iterable[tuple[str, str]]) -> int | None:
        """Say with which status a request is refused for its head; None if it is not."""
        of: dict[str, list[str]] = {}
        for name, value in headers:
            of.setdefault(name.lower(), []).append(value)
        if len(of.get("host", ())) != 1 or of["host"][0].lower() not in self.hosts:
            return 421
        if scope["method"] not in METHODS:
            return 405
        if "transfer-encoding" in of:
            return 411
        length = of.get("content-length", ["0"])[0]
        if not length.isdecimal():
            return 400
        if int(length) > MOST_BODY_BYTES:
            return 413
        path = str(scope["path"])
        if scope["method"] != "POST" and (path.startswith(STATIC) or path in (ENTRANCE, *OPEN_PATHS)):
            return None
        session = self.keys.session(_cookie(of.get("cookie", []), self.cookie))
        if session is None:
            return 401
        scope["pseudolabel.session"] = session
        return 403 if scope["method"] == "POST" and not self._is_ours(of) else None

    def _is_ours(self, of: Mapping[str, list[str]]) -> bool:
        """Tell whether a request that changes something was sent by a page of ours."""
        site = of.get("sec-fetch-site", ["same-origin"])
        return of.get("origin") == [f"http://{of['host'][0]}"] and site[0] in ("same-origin", "none")

    def _refused_form(self, fields: Mapping[str, str]) -> int | None:
        token = fields.get("form_token", "")
        return None if hmac.compare_digest(token.encode(), self.keys.form_token.encode()) else 403

    async def _refuse(self, scope: Scope, status: int, send: Send) -> None:
        content = self.refusal(status, ANSWERS[status]).encode()
        headers = [(b"content-type", b"text/html; charset=utf-8"), (b"content-length", str(len(content)).encode())]
        headers += [(b"connection", b"close")] if status in (411, 413) else []
        headers += [(b"allow", ", ".join(METHODS).encode())] if status == 405 else []
        out = _guarded(send)
        await out({"type": "http.response.start", "status": status, "headers": headers})
        await out({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else content})


def _guarded(send: Send) -> Send:
    """Put our headers on an answer."""

    async def send_guarded(message: Message) -> None:
        if message["type"] == "http.response.start":
            ours = {name.encode(): value.encode() for name, value in HEADERS.items()}
            others = [(name, value) for name, value in message.get("headers", ()) if name.lower() not in ours]
            message = {**message, "headers": [*others, *ours.items()]}
        await send(message)

    return send_guarded


async def _body(receive: Receive) -> bytes | None:
    """Read the body of a request; None if it is longer than allowed."""
    body = b""
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return b""
        body += bytes(message.get("body", b""))
        if len(body) > MOST_BODY_BYTES:
            return None
        if not message.get("more_body"):
            return body


def _fields(body: bytes) -> dict[str, str] | None:
    """Read a form; of a field that comes twice the last counts, and names ending in [] are joined by commas."""
    try:
        parsed = parse_qs(body.decode("ascii"), keep_blank_values=True, max_num_fields=MOST_FIELDS, errors="strict")
    except (UnicodeDecodeError, ValueError):
        return None
    return {name: ",".join(values) if name.endswith("[]") else values[-1] for name, values in parsed.items()}


def _cookie(headers: Iterable[str], name: str) -> str:
    try:
        jar = SimpleCookie("; ".join(headers))
    except CookieError:
        return ""
    return jar[name].value if name in jar else ""
