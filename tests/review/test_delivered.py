"""What the page is delivered with: the htmx that was looked at, and nothing that asks another machine."""

import hashlib
import re
from importlib.resources import files

import pytest

STATIC = files("pseudolabel.review.page") / "static"

HTMX = "d6fdc75f204e6bdefa99b69bf1e6d4ac69b8a364f77929f45c13476b4000f717"
"""SHA-256 of htmx.min.js of htmx.org 2.0.11, as npm has it."""


def test_htmx_is_the_file_that_its_makers_published():
    assert hashlib.sha256((STATIC / "htmx.min.js").read_bytes()).hexdigest() == HTMX
    assert "Zero-Clause BSD" in (STATIC / "htmx.license.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("folder", ["static", "templates"])
def test_nothing_of_ours_names_another_machine(folder):
    for found in (files("pseudolabel.review.page") / folder).iterdir():
        if not found.name.startswith("htmx"):
            addresses = set(re.findall(r"(?:https?:)?//[\w.-]+\.\w+", found.read_text(encoding="utf-8")))
            assert addresses <= {"http://www.w3.org"}, found.name
