"""The report of a run that predicts numbers tells the same story in errors and intervals."""

import re
from typing import Any

import pytest
from results.test_report import HOSTILE, Outline, plainly, record_of

from pseudolabel.results.report import render_report


def described(**changes: Any) -> dict[str, Any]:
    numbers = {"mean": 161.2, "standard_deviation": 83.4, "minimum": -25.0, "median": 148.0, "maximum": 1346.0}
    return {"count": 111} | numbers | changes


METRICS = {
    "scored_rows": 111,
    "folds": 5,
    "repeats": 4,
    "level": 0.9,
    "labels_only": {"rmse": 50.0, "mae": 40.0},
    "pseudo_labeled": {"rmse": 49.0, "mae": 41.0},
    "difference": {"rmse": -1.0, "mae": 1.0, "mse": -99.0},
    "interval": {"rmse": [-2.5, 0.5], "mae": [-2.0, 4.0], "mse": [-240.0, 50.0]},
    "coverage": {"level": 0.9, "share": 0.883, "mean_width": 212.5},
}
LEARNING = {
    "task": "regression",
    "method": "auto",
    "n_rounds": 1,
    "termination_condition": "all_labeled",
    "members": [{"name": "forest", "weight": 0.4, "rmse": 51.0}, {"name": "linear", "weight": 0.6, "rmse": 48.75}],
    "left_out": [],
    "mixture": [{"name": "student", "share": 0.5}, {"name": "committee", "share": 0.5}],
}
WIDTHS = {"level": 0.9, "median": 211.0, "edges": [0.0, 150.0, 300.0], "counts": [31, 300]}


def numbers_of(**changes: Any) -> dict[str, Any]:
    """Give the record of a small run on numbers; `changes` replace its entries."""
    record = record_of() | {
        "task": {"name": "regression", "reason": "'price' holds 93 different numbers, with decimals."},
        "counts": {"rows": 442, "given": 111, "suggested": 331, "none": 0},
        "target": {
            "given": described(),
            "suggested": described(count=331, standard_deviation=49.7),
            "histogram": {"edges": [-25.0, 660.5, 1346.0], "given": [100, 11], "suggested": [330, 1]},
        },
        "interval_width": WIDTHS,
        "learning": LEARNING,
        "metrics": METRICS,
        "table": {
            "file": "labeled.parquet",
            "columns": {"pseudo_label": "pseudo_label", "lower": "lower", "upper": "their_upper", "source": "source"},
        },
    }
    for of_classes in ("classes", "confidence"):
        del record[of_classes]
    return record | changes


def test_every_number_of_the_comparison_is_on_the_page():
    page = plainly(render_report(numbers_of()))

    for number in (">50<", ">49<", "-2.0 %", "-5.0 to +1.0", ">40<", ">41<", "+2.5 %", "88.3 %", "212.5"):
        assert number in page
    assert "111 labeled rows were dealt into 5 folds" in page


def test_given_and_suggested_numbers_stand_side_by_side():
    page = plainly(render_report(numbers_of()))

    for number in ("161.2", "83.4", "49.7", "-25", "148", "1,346"):
        assert f">{number}</td>" in page


def test_each_chart_states_its_numbers_in_words():
    charts = re.findall(r'<svg role="img" aria-label="([^"]*)"', plainly(render_report(numbers_of())))

    comparison, distribution, widths = charts
    assert "Labels only 50, pseudo-labeled 49: a difference of -2.0 percent, 90 % interval -5.0 to +1.0" in comparison
    assert "-25 to 660.5: 100 given, 330 suggested; 660.5 to 1,346: 11 given, 1 suggested" in distribution
    assert "0 to 150: 31; 150 to 300: 300" in widths


def test_the_better_side_of_an_error_is_the_left():
    page = render_report(numbers_of())

    chart = page[page.index("<svg") : page.index("</svg>")]
    assert chart.index(">better<") < chart.index(">worse<")


def test_the_committee_is_shown_with_its_errors_and_who_was_left_out():
    failed = {"name": "boosting", "reason": f"ValueError: {HOSTILE}"}

    page = plainly(render_report(numbers_of(learning=LEARNING | {"left_out": [failed]})))

    assert "60.0 %" in page
    assert "48.75" in page
    assert "Left out of the committee" in page
    assert "<script" not in page


def test_intervals_of_one_width_are_stated_and_not_drawn():
    widths = {"level": 0.9, "median": 211.0, "edges": [0.0, 211.0], "counts": [331]}

    page = render_report(numbers_of(interval_width=widths))

    assert "Every suggested number stands in an interval 211 wide" in page
    assert page.count("<svg") == 2


def test_the_columns_of_the_table_are_explained_under_their_names():
    page = render_report(numbers_of())

    assert "<code>their_upper</code>" in page
    assert "confidence" not in page.split("How to read this page")[1]


def test_nothing_on_the_page_speaks_of_classes_or_accuracy():
    page = re.sub(r"<style>.*?</style>", "", render_report(numbers_of()), flags=re.DOTALL)

    assert "Accuracy on" not in page
    assert "Class by class" not in page
    assert "Brier" not in page


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"metrics": None},
        {
            "counts": {"rows": 111, "given": 111, "suggested": 0, "none": 0},
            "target": numbers_of()["target"] | {"suggested": {"count": 0} | dict.fromkeys(list(described())[1:])},
            "interval_width": {"level": 0.9, "median": None, "edges": [], "counts": []},
        },
    ],
    ids=["all", "no comparison", "nothing suggested"],
)
def test_the_page_is_well_formed(changes):
    page = render_report(numbers_of(**changes))

    outline = Outline(page)
    assert page.startswith("<!doctype html>\n<html lang=")
    assert outline.unbalanced == []
    assert outline.unscoped == []
    assert len(outline.ids) == len(set(outline.ids))
    assert page.count("<table") == page.count("<caption")


def test_the_same_record_gives_the_same_bytes():
    assert render_report(numbers_of()) == render_report(numbers_of())
