"""The pictures of the documentation show the page as it is: these tests take them, and keep them on `make pictures`."""

import os
from pathlib import Path

import pytest
from PIL import Image
from reviewed_runs import truth_of
from served import until

from pseudolabel.review.store import Store

DOCS = Path(__file__).parents[2] / "docs"
FOLDER = "how-to/review-by-hand"
WINDOW = {"width": 1120, "height": 760}


@pytest.fixture
def take(tmp_path):
    """Give a function that takes a picture, and holds the one of the documentation against it."""

    def take_picture(page, name):
        path = tmp_path / f"{name}.png"
        page.screenshot(path=path)
        kept = DOCS / FOLDER / f"{name}.png"
        if os.environ.get("PICTURES"):
            with Image.open(path) as picture:
                picture.convert("P", palette=Image.Palette.ADAPTIVE).save(kept, optimize=True)
        with Image.open(path) as now, Image.open(kept) as then:
            assert then.size == now.size
        assert f"(review-by-hand/{name}.png)" in (DOCS / f"{FOLDER}.md").read_text(encoding="utf-8")

    return take_picture


def test_the_how_to_page_shows_the_review(reviewing, run_of, take):
    run = run_of("cells")
    named = run.rename(run.with_name("tumours"))
    review = reviewing(named, "--reviewer", "ann", viewport=WINDOW)
    with Store.open(named / "review.sqlite") as store:
        rows = [row for row in store.rows(given=False) if not store.item(row).is_blind]
    page = review.page
    for row in rows[:5]:
        review.go(f"/review?row={row}")
        page.click(f"#answer button[value='class:{truth_of(run)[row]}']")
        until(lambda: "Saved" in page.inner_text("#said"))
    take(review.go("/"), "home")
    review.go("/review?order=doubtful")
    while "Shown without" in page.inner_text("main"):
        review.press("s")
    take(page, "row")
    take(review.go("/cluster?cluster=0"), "cluster")
