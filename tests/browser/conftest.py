"""A real browser, started once and asked to open pages in a light and in a dark scheme."""

from collections.abc import Callable, Iterator
from pathlib import Path
from shutil import which
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

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
