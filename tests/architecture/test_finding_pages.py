"""Every code a run can show has a page of its own in docs/findings, and no page is left of a code that is gone."""

from pathlib import Path
from typing import get_args, get_type_hints

import pytest

from pseudolabel.judgement.findings import TITLES
from pseudolabel.judgement.verdict import Verdict

DOCS = Path(__file__).parents[2] / "docs"
PAGES = DOCS / "findings"
VERDICTS = get_args(get_type_hints(Verdict)["code"])
NO_PROMISE = "cannot-promise"
"""Said where nothing could be accepted, in `acceptance`; no finding of its own."""


def test_every_code_has_a_page_and_every_page_a_code():
    assert {page.stem for page in PAGES.iterdir()} == {*TITLES, *VERDICTS, NO_PROMISE}


@pytest.mark.parametrize("code", TITLES)
def test_the_page_of_a_finding_begins_with_the_title_a_run_shows(code):
    assert (PAGES / f"{code}.md").read_text(encoding="utf-8").startswith(f"# {TITLES[code]}\n\nCode: `{code}`\n")


@pytest.mark.parametrize("code", [*TITLES, *VERDICTS, NO_PROMISE])
def test_the_index_names_the_page(code):
    assert f"(findings/{code}.md)" in (DOCS / "README.md").read_text(encoding="utf-8")
