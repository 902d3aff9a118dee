"""Runs to review, and their pages as a process of their own serves them."""

import re

import pytest
from reviewed_runs import copy_of
from served import Client, served


@pytest.fixture
def run_of(tmp_path, tmp_path_factory):
    """Give a function that gives a run of a kind."""
    return lambda kind: copy_of(kind, tmp_path, tmp_path_factory)


@pytest.fixture(scope="session")
def shared_page(tmp_path_factory):
    """A page that many tests ask, each as a reviewer of its own; none of them may end it."""
    with served(copy_of("cells", tmp_path_factory.mktemp("shared"), tmp_path_factory)) as page:
        page.host = Client(page)
        yield page


@pytest.fixture
def page(shared_page):
    """That page, with a link that was not used."""
    shared_page.link = re.search(r"<code>(http[^<]+)</code>", shared_page.host.post("/invite", {})[2]).group(1)
    return shared_page


@pytest.fixture
def client(page):
    return Client(page)


@pytest.fixture
def run(run_of):
    """A run of one's own."""
    return run_of("cells")
