"""Serving: the page of a review, on this machine, until it is interrupted.

Takes  a run folder.
Gives  a link that opens the page once, on a line of its own; then answers until Ctrl-C.

Before this: app.py, intake.py. After this: cli.py.
"""

import socket
import sys
import threading
import time
import webbrowser
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from getpass import getuser
from ipaddress import ip_address
from pathlib import Path
from secrets import token_hex
from typing import Any

from pseudolabel.errors import InputError, ParameterError
from pseudolabel.review.intake import open_review
from pseudolabel.review.page.guard import ENTRANCE, Keys
from pseudolabel.review.store import Store
from pseudolabel.run import Stage, no_display

LOOPBACK = "127.0.0.1"

MOST_CONNECTIONS = 500
"""At a time: more are refused, so that idle ones cannot use up what a process may open."""

IDLE_SECONDS = 30

INSTALL = (
    'The review page needs Starlette and uvicorn, which are missing. Install them: pip install "pseudolabel[review]"'
)


@dataclass(frozen=True)
class Wish:
    """How a review is to be served.

    Attributes
    ----------
    port : int or None
        0 is any that is free; None the one of the last time, if it is free.
    host : str
    is_understood : bool
        Whether a host that others can reach is meant.
    browser : bool
        Whether to open it.
    reviewer : str or None
        Who is at it; None is the user of this machine.
    images : Path or None
        What images are relative to; None is the folder the table lay in.
    """

    port: int | None = None
    host: str = LOOPBACK
    is_understood: bool = False
    browser: bool = True
    reviewer: str | None = None
    images: Path | None = None


def serve_review(
    folder: Path, wish: Wish | None = None, *, stage: Stage = no_display, say: Callable[[str], None] = print
) -> None:
    """Serve the review of a run until it is interrupted.

    Parameters
    ----------
    folder : Path
        The run folder.
    wish : Wish, optional
    stage : function, optional
        Shows the progress while a review is made.
    say : function of a text
        Says the link.

    Raises
    ------
    InputError
        If the folder holds no run of classes, its review cannot be used, or the port is taken.
    ParameterError
        If a host that others can reach was not understood, or the extra is missing.
    """
    wish = wish or Wish()
    _require_understood(wish)
    try:
        import starlette
        import uvicorn
    except ImportError as error:
        raise ParameterError(INSTALL) from error
    del starlette
    if wish.images is not None and not wish.images.is_dir():
        raise InputError(f"--images: {str(wish.images)!r} is no folder.")
    with open_review(folder, stage) as store, closing(_listening(wish, store)) as listening:
        port = listening.getsockname()[1]
        store.remember("port", str(port))
        _serve(uvicorn, folder, store, wish, listening, say)


def _serve(
    uvicorn: Any, folder: Path, store: Store, wish: Wish, listening: socket.socket, say: Callable[[str], None]
) -> None:
    from pseudolabel.review.page.app import make_app
    from pseudolabel.review.page.audit_page import AuditDesk
    from pseudolabel.review.page.desk import Review
    from pseudolabel.review.page.pictures import Pictures
    from pseudolabel.review.page.training import Training

    port = listening.getsockname()[1]
    review = Review(
        store=store,
        name=folder.resolve().name,
        folder=folder,
        keys=Keys(_secret(store)),
        pictures=Pictures(_images(wish, store)),
        training=Training(folder),
        audit=AuditDesk(folder, store),
        port=port,
        reviewer=wish.reviewer or _user(),
        host=wish.host,
    )
    config = uvicorn.Config(
        make_app(review),
        http="h11",
        ws="none",
        loop="asyncio",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        limit_concurrency=MOST_CONNECTIONS,
        timeout_keep_alive=IDLE_SECONDS,
        timeout_graceful_shutdown=3,
    )
    server = uvicorn.Server(config)
    link = f"http://{_shown(wish.host)}:{port}{ENTRANCE}?token={review.keys.new_link()}"
    threading.Thread(target=_announce, args=(server, link, wish, say), daemon=True).start()
    try:
        server.run(sockets=[listening])
    except KeyboardInterrupt:  # how a review ends: every answer is on the disk
        pass
    finally:
        review.pictures.close()
        review.training.close()


def _announce(server: Any, link: str, wish: Wish, say: Callable[[str], None]) -> None:
    """Say the link as soon as somebody answers there."""
    while not server.started:
        if server.should_exit:
            return
        time.sleep(0.01)
    say(link)
    sys.stdout.flush()
    if wish.browser:
        webbrowser.open(link)


def _listening(wish: Wish, store: Store) -> socket.socket:
    """Listen at the port that is wished for."""
    last = store.meta.get("port", "0")
    ports = [int(last), 0] if wish.port is None else [wish.port]
    family = socket.AF_INET6 if ":" in wish.host else socket.AF_INET
    for port in ports:
        # With the protocol named, asyncio sends at once; else pages wait 40 ms for the browser to acknowledge the head.
        listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind((wish.host, port))
            listening.listen(128)
        except (OSError, OverflowError) as error:
            listening.close()
            problem = error
            continue
        return listening
    raise InputError(
        f"--port {ports[-1]} at {wish.host} cannot be used ({getattr(problem, 'strerror', None) or problem}). Choose "
        "another, or 0 for any that is free."
    )


def _require_understood(wish: Wish) -> None:
    try:
        is_local = wish.host == "localhost" or ip_address(wish.host).is_loopback
    except ValueError:
        is_local = False
    if not is_local and not wish.is_understood:
        raise ParameterError(
            f"--host {wish.host}: others on the network could then reach this page, and whoever reads the link on its "
            "way sees your data, as it is not encrypted. Add --i-understand if that is what you want."
        )


def _images(wish: Wish, store: Store) -> Path | None:
    """Give the folder of images; one that was named stays so."""
    if wish.images is not None:
        store.remember("images", str(wish.images.resolve()))
    named = store.meta.get("images")
    return Path(named) if named is not None and Path(named).is_dir() else None


def _secret(store: Store) -> str:
    """Give the secret of this review, made once."""
    found = store.meta.get("secret")
    if found is None:
        found = token_hex(32)
        store.remember("secret", found)
    return found


def _user() -> str:
    try:
        return getuser()
    except (OSError, KeyError):  # a container without a name for its user
        return "reviewer"


def _shown(host: str) -> str:
    return f"[{host}]" if ":" in host else "127.0.0.1" if host in ("localhost", "0.0.0.0") else host
