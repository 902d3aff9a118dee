"""The report of a run that predicts numbers tells the same story in errors and intervals."""

import re

import pytest
from records import numbers_record
from results.test_report import HOSTILE, Outline, changed, drawings, drawn, plainly, seen

from pseudolabel.results.report import render_report

NOTHING = {"count": 0} | dict.fromkeys(("mean", "standard_deviation", "minimum", "median", "maximum"))


def test_every_number_of_the_comparison_is_on_the_page():
    page = plainly(drawn(numbers_record))

    for number in (">50<", ">48.8<", ">49<", "-2.0 %", "-5.0 to +1.0", ">40<", ">41<", "+2.5 %", "88.3 %", "212.5"):
        assert number in page
    assert "111 labeled rows were dealt into 5 folds" in page


def test_given_and_suggested_numbers_stand_side_by_side():
    page = plainly(drawn(numbers_record))

    for number in ("161.2", "83.4", "49.7", "-25", "148", "1,346"):
        assert f">{number}</td>" in page


def test_each_chart_states_its_numbers_in_words():
    comparison, differences, distribution, widths = drawings(drawn(numbers_record))

    assert "Labels only 50, pseudo-labeled 49: a difference of -2.0 percent, 90 % interval -5.0 to +1.0" in comparison
    assert "add: Typical error (RMSE) +0.4 %, interval -1.8 to +2.6; Mean absolute error +5.0 %" in differences
    assert "-25 to 43.55: 11 given, 7 suggested" in distribution
    assert "0 to 100: 31; 100 to 200: 120; 200 to 300: 180" in widths


def test_the_better_side_of_an_error_is_the_left_in_both_charts():
    page = drawn(numbers_record)

    first, second = re.findall(r"<svg.*?</svg>", page, flags=re.DOTALL)[:2]
    for chart in (first, second):
        places = {word: float(re.search(rf'x="([\d.]+)"[^>]*>{word}<', chart)[1]) for word in ("better", "worse")}
        assert places["better"] < places["worse"]


def test_the_committee_is_shown_with_its_errors_and_who_was_left_out():
    failed = {"name": "boosting", "reason": f"ValueError: {HOSTILE}"}

    page = plainly(render_report(changed(numbers_record(), "learning", left_out=[failed])))

    assert "60.0 %" in page
    assert "48.75" in page
    assert "Left out of the committee" in page
    assert "<script" not in page


def test_intervals_of_one_width_are_stated_and_not_drawn():
    widths = {"level": 0.9, "median": 211.0, "edges": [0.0, 211.0], "counts": [331]}

    page = render_report(numbers_record(interval_width=widths))

    assert "Every suggested number stands in an interval 211 wide" in page
    assert page.count("<svg") == 3


def test_the_columns_of_the_table_are_explained_under_their_names():
    page = drawn(numbers_record)

    assert "<code>their_upper</code>" in page
    assert "confidence" not in page.split("How to read this page")[1]


def test_nothing_on_the_page_speaks_of_classes_or_accuracy():
    words = seen(drawn(numbers_record))

    assert "Accuracy and" not in words
    assert "Class by class" not in words
    assert "Brier" not in words
    assert "can be published" not in words


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"metrics": None},
        {"shift": None, "novelty": None},
        {
            "counts": {"rows": 111, "given": 111, "suggested": 0, "none": 0},
            "target": numbers_record()["target"] | {"suggested": NOTHING},
            "interval_width": {"level": 0.9, "median": None, "edges": [], "counts": []},
        },
    ],
    ids=["all", "no comparison", "not asked about shift", "nothing suggested"],
)
def test_the_page_is_well_formed(changes):
    page = render_report(numbers_record(**changes))

    outline = Outline(page)
    assert page.startswith("<!doctype html>\n<html lang=")
    assert outline.unbalanced == []
    assert outline.unscoped == []
    assert len(outline.ids) == len(set(outline.ids))
    assert page.count("<table") == page.count("<caption")


def test_the_same_record_gives_the_same_bytes():
    assert render_report(numbers_record()) == drawn(numbers_record)
