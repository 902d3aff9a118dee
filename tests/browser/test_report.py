"""The report in a real browser: nothing goes wrong, nothing is asked for, everybody can read it, and it prints."""

import re
from functools import cache

import pytest
import records
from axe_playwright_python.sync_playwright import Axe
from records import ALL, letters_record, small_record

from pseudolabel.badge import verdict_html
from pseudolabel.results.report import render_report

SCHEMES = ("light", "dark")
PHONE, SCREEN, SHEET = 390, 1280, 642
"""Widths in pixels; a sheet is A4 without its margins."""

PAPER = {"light": ("white", "black"), "dark": ("#111", "#eee")}
"""Ground and ink of notebooks."""


@cache
def page_of(kind: str) -> str:
    return render_report(ALL[kind]())


def notebook(scheme: str, snippet: str) -> str:
    ground, ink = PAPER[scheme]
    look = f"background: {ground}; color: {ink}"
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Notebook</title>'
        f'<link rel="icon" href="data:,"></head><body style="{look}"><main><h1>Notebook</h1>{snippet}</main></body>'
        "</html>"
    )


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("kind", ALL)
def test_the_report_opens_without_a_word_on_the_console_and_asks_for_nothing(opened, kind, scheme):
    report = opened(page_of(kind), scheme=scheme)

    assert report.said == []
    assert [url for url in report.asked if not url.startswith("data:")] == [report.page.url]


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("kind", ALL)
def test_the_report_has_nothing_that_keeps_anyone_from_reading_it(opened, kind, scheme):
    report = opened(page_of(kind), scheme=scheme)
    report.ask("document.querySelectorAll('details').forEach(each => each.open = true)")

    found = Axe().run(report.page)

    assert found.response["passes"]
    assert found.violations_count == 0, found.generate_report()


@pytest.mark.parametrize("width", [PHONE, SCREEN])
@pytest.mark.parametrize("kind", ALL)
def test_the_report_is_never_wider_than_the_window(opened, kind, width):
    report = opened(page_of(kind), width=width)

    assert report.ask("document.documentElement.scrollWidth") == width


@pytest.mark.parametrize(("media", "width"), [("screen", SCREEN), ("print", SHEET)])
@pytest.mark.parametrize("kind", ALL)
def test_no_table_is_cut_off_on_a_screen_or_on_paper(opened, kind, media, width):
    report = opened(page_of(kind), width=width)
    report.page.emulate_media(media=media)

    wide = report.ask("""[...document.querySelectorAll('.scroll')].filter(
        box => box.querySelector('table').getBoundingClientRect().width > box.getBoundingClientRect().width + 1
    ).map(box => box.getAttribute('aria-label'))""")

    assert wide == []


def test_long_names_do_not_make_the_report_wider(opened):
    record = letters_record()
    record["columns"]["label"] = record["inputs"][0]["name"] = "n" * 500
    record["verdict"]["alarms"][0]["class"] = "w" * 500
    record["acceptance"]["classes"] = [{"class": "c" * 500, "level": None, "accepted": 0, "needed": 45}]

    report = opened(render_report(record), width=PHONE)

    assert report.ask("document.documentElement.scrollWidth") == PHONE


@pytest.mark.parametrize("kind", ALL)
def test_a_manager_sees_the_verdict_and_the_figures_on_the_first_screen(opened, kind):
    report = opened(page_of(kind))

    bottom = report.ask("document.querySelector('.keys').getBoundingClientRect().bottom")
    top = report.ask("document.querySelector('.badge').getBoundingClientRect().top")

    assert 0 < top < bottom <= 800


@pytest.mark.parametrize("kind", ALL)
def test_no_letters_of_a_chart_lie_on_others_or_outside_of_it(opened, kind):
    report = opened(page_of(kind))

    collisions = report.ask("""
        [...document.querySelectorAll('svg')].flatMap(svg => {
            const frame = svg.getBoundingClientRect()
            const texts = [...svg.querySelectorAll('text')].filter(text => text.textContent.trim())
            const boxes = texts.map(text => [text.textContent, text.getBoundingClientRect()])
            return boxes.flatMap(([one, a], at) => [
                ...(a.left < frame.left - 2 || a.right > frame.right + 2 ? [one + ' sticks out'] : []),
                ...boxes.slice(at + 1).filter(([_, b]) =>
                    a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 5 && b.top < a.bottom - 5
                ).map(([other, _]) => one + ' on ' + other),
            ])
        })
    """)

    assert collisions == []


def test_light_and_dark_differ_and_charts_follow(opened):
    colours = {
        scheme: opened(page_of("small"), scheme=scheme).ask("""[
            getComputedStyle(document.documentElement).backgroundColor,
            getComputedStyle(document.querySelector('svg path[style*="--accent"]')).stroke,
        ]""")
        for scheme in SCHEMES
    }

    assert all(light != dark for light, dark in zip(*colours.values(), strict=True))


def test_on_paper_the_page_is_light_and_folded_parts_are_open(opened):
    report = opened(page_of("small"), scheme="dark")

    report.page.emulate_media(media="print")

    assert report.ask("getComputedStyle(document.documentElement).getPropertyValue('--paper').trim()") == "#fdfcfa"
    assert report.ask("document.querySelector('details > table').getBoundingClientRect().height") > 20


@pytest.mark.parametrize("kind", ["small", "letters"])
def test_the_report_prints_on_a_few_sheets(opened, kind):
    printed = opened(page_of(kind)).page.pdf(format="A4")

    assert 3 <= len(re.findall(rb"/Type\s*/Page\b", printed)) <= 12


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("kind", ALL)
def test_the_verdict_of_a_notebook_can_be_read_by_everyone(opened, kind, scheme):
    report = opened(notebook(scheme, verdict_html(records.ALL[kind]()["verdict"])), scheme=scheme)

    found = Axe().run(report.page)

    assert found.violations_count == 0, found.generate_report()
    assert report.said == []


def test_hostile_names_do_nothing_in_a_browser(opened):
    hostile = '"><img src=x onerror=alert(1)><script>alert(1)</script>'
    record = small_record()
    record["columns"]["label"] = hostile
    record["verdict"]["sentence"] = hostile
    record["verdict"]["alarms"] = [{"class": hostile, "difference": -0.1, "rows": 30}]

    report, snippet = opened(render_report(record)), opened(notebook("light", verdict_html(record["verdict"])))

    for page in (report, snippet):
        assert page.ask("document.querySelectorAll('img, script').length") == 0
        assert page.said == []
