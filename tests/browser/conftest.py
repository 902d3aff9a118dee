"""A real browser, started once and asked to open pages in a light and in a dark scheme."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from shutil import which
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright
from reviewed_runs import copy_of
from served import Client, Served, until

from pseudolabel.review.store import Store

CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
"""Commands a system's own browser may have; without one, that of `playwright install chromium` is started."""

FLAGS = ["--no-sandbox", "--disable-gpu"]
"""Pages of our own alone are opened, often by root in a container, where the sandbox cannot start."""


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Start a browser; where there is none, this is an error and no reason to skip."""
    found = next(filter(None, map(which, CHROMIUM)), None)
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=found, args=FLAGS)
        yield started
        started.close()


@pytest.fixture
def opened(browser: Browser, tmp_path: Path) -> Iterator[Callable[..., "Opened"]]:
    """Give a function that shows the text of a page in a window of some width and scheme."""
    contexts = []

    def show(html: str, *, scheme: str = "light", width: int = 1280) -> Opened:
        context = browser.new_context(color_scheme=scheme, viewport={"width": width, "height": 800})
        contexts.append(context)
        path = tmp_path / "page.html"
        path.write_text(html, encoding="utf-8")
        return Opened(context.new_page(), path)

    yield show
    for context in contexts:
        context.close()


class Opened:
    """A page that was opened, what it said on the console, and what it asked for."""

    def __init__(self, page: Page, path: Path) -> None:
        self.page = page
        self.said: list[str] = []
        self.asked: list[str] = []
        page.on("console", lambda message: self.said.append(message.text))
        page.on("pageerror", lambda error: self.said.append(str(error)))
        page.on("request", lambda request: self.asked.append(request.url))
        page.goto(path.as_uri(), wait_until="load")

    def ask(self, script: str) -> Any:
        """Give what a line of JavaScript says of the page."""
        return self.page.evaluate(script)


@pytest.fixture
def run_of(tmp_path, tmp_path_factory):
    """Give a function that gives a run to review, of a kind."""
    return lambda kind: copy_of(kind, tmp_path, tmp_path_factory)


@pytest.fixture
def reviewing(browser: Browser) -> Iterator[Callable[..., "Reviewing"]]:
    """Give a function that serves a run and opens its review, as a user starts it."""
    opened: list[Reviewing] = []

    def review(run: Path, *options: str, **window: Any) -> Reviewing:
        opened.append(Reviewing(browser, Served(run, *options), window))
        return opened[-1]

    yield review
    for each in opened:
        each.close()


@pytest.fixture(scope="session")
def shared_pages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Served]]:
    """Pages that are only looked at, served once for each kind of run, with an answer in them."""
    pages: dict[str, Served] = {}

    class Shared(dict[str, Served]):
        def __missing__(self, kind: str) -> Served:
            run = copy_of(kind, tmp_path_factory.mktemp("shared"), tmp_path_factory)
            self[kind] = Served(run, "--images", str(run.parent))
            self[kind].host = Client(self[kind])
            self[kind].host.answer("skip")
            return self[kind]

    pages = Shared()
    yield pages
    for page in pages.values():
        page.stop()


@pytest.fixture
def looking(browser: Browser, shared_pages: dict[str, Served]) -> Iterator[Callable[..., "Reviewing"]]:
    """Give a function that opens a page to look at it, and stores nothing."""
    opened: list[Reviewing] = []

    def look(kind: str, **window: Any) -> Reviewing:
        served = shared_pages[kind]
        served.link = re.search(r"<code>(http[^<]+)</code>", served.host.post("/invite", {})[2]).group(1)
        opened.append(Reviewing(browser, served, window))
        return opened[-1]

    yield look
    for each in opened:
        each.leave()


class Reviewing:
    """A review in a browser: what the page says on the console, and everything that is asked for."""

    def __init__(self, browser: Browser, served: Served, window: dict[str, Any]) -> None:
        self.browser, self.served = browser, served
        self.contexts: list[Any] = []
        self.said: list[str] = []
        self.asked: list[str] = []
        self.page = self.enter(**window)

    def enter(self, **window: Any) -> Page:
        """Come in by the link, in a window without cookies."""
        context = self.browser.new_context(**{"viewport": {"width": 1280, "height": 900}, **window})
        self.contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: self.said.append(message.text))
        page.on("pageerror", lambda error: self.said.append(str(error)))
        page.on("request", lambda request: self.asked.append(request.url))
        page.goto(self.served.link)
        return page

    def go(self, path: str) -> Page:
        """Open an address of the page."""
        self.page.goto(self.served.origin + path)
        return self.page

    def begin(self, query: str = "") -> Page:
        """Open the first row of a queue."""
        self.go(f"/review?{query}")
        self.page.wait_for_selector("#answer")
        return self.page

    def press(self, key: str, page: Page | None = None) -> None:
        """Press a key, and wait until the page has answered."""
        page = page or self.page
        page.evaluate(
            "() => { window.isSettled = false; document.addEventListener('htmx:afterSettle', () => "
            "{ window.isSettled = true; }, {once: true}); }"
        )
        page.keyboard.press(key)
        until(lambda: page.evaluate("window.isSettled"))  # not wait_for_function: the page lets nobody evaluate text

    def key(self, page: Page | None = None) -> str:
        """Give the name of the row on the screen."""
        return (page or self.page).inner_text("#key")

    def decisions(self) -> list[Any]:
        """Give what is stored, oldest first."""
        with Store.open(self.served.run / "review.sqlite") as store:
            return store.history(1_000)[::-1]

    def leave(self) -> None:
        """Close all windows."""
        for context in self.contexts:
            context.close()

    def close(self) -> None:
        """Close all windows, and end the page."""
        self.leave()
        self.served.stop()
