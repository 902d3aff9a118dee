"""The report is read by people and drawn from other people's data: it must be whole, honest and harmless."""

import re
from html.parser import HTMLParser
from itertools import pairwise
from typing import Any

import pytest

from pseudolabel.results.report import render_report
from pseudolabel.results.report.wording import ABSENT

VOID = {"meta", "link"}
HOSTILE = '<script>alert("1")</script>'


def record_of(
    classes: tuple[str, ...] = ("B", "M"), columns: tuple[str, ...] = ("radius",), **changes: Any
) -> dict[str, Any]:
    """Give the record of a small run; `changes` replace its entries."""
    record = {
        "pseudolabel": "0.1.0",
        "format": 1,
        "settings": {"label": "diagnosis", "seed": 0, "unlabeled_markers": ["?"], "probabilities": False},
        "versions": {"python": "3.11.7"},
        "inputs": [{"name": "cells.csv", "role": "data", "rows": 12345, "bytes": 84321, "sha256": "c0ffee"}],
        "columns": {
            "label": "diagnosis",
            "id": "id",
            "features": [{"name": name, "kind": "number"} for name in columns],
            "left_out": [{"name": name, "reason": "constant: one value"} for name in columns],
        },
        "classes": list(classes),
        "counts": {
            "rows": 12345,
            "given": 159,
            "suggested": 12179,
            "none": 7,
            "given_per_class": dict.fromkeys(classes, 80),
            "suggested_per_class": dict.fromkeys(classes, 6090),
        },
        "confidence": {"edges": [0.5, 0.75, 1.0], "counts": [1179, 11000]},
        "learning": learning_of(members=[{"name": "forest", "weight": 1.0, "temperature": 0.93, "brier": None}]),
        "metrics": metrics_of(classes),
        "conclusion": {"code": "better", "sentence": "The unlabeled rows helped."},
        "findings": [{"code": "constant-column", "title": "Constant columns", "detail": "One value."}],
        "table": {
            "file": "labeled.csv",
            "columns": {"pseudo_label": "pseudo_label", "confidence": "confidence", "source": "source"},
        },
    }
    return record | changes


def learning_of(members: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "task": "classification",
        "method": "auto",
        "n_rounds": 1,
        "termination_condition": "all_labeled",
        "members": members,
        "mixture": [{"name": "labels only", "share": 0.5}, {"name": "student", "share": 0.5}],
    }


def doubtful_row(label: str = "M", place: str = "cells.csv, line 7", **changes: Any) -> dict[str, Any]:
    near = {"row": 11, "place": "cells.csv, line 13", "label": "B", "distance": 0.4}
    row = {
        "row": 5,
        "place": place,
        "label": label,
        "probability": 0.52,
        "runner_up": "B",
        "runner_up_probability": 0.48,
        "labels_only": {"label": "B", "probability": 0.6},
        "members": [
            {"name": "forest", "label": "B", "probability": 0.6},
            {"name": "kernel", "label": label, "probability": 0.9},
            {"name": "graph", "label": "B", "probability": 0.55},
        ],
        "nearest": [near],
    }
    return row | changes


def explained_record(**changes: Any) -> dict[str, Any]:
    """Give the record of a run whose committee can be asked why."""
    weights = {"forest": 0.25, "kernel": 0.45, "graph": 0.3}
    members = [{"name": name, "weight": share, "temperature": 1.5, "brier": 0.1} for name, share in weights.items()]
    per_class = [{"class": "B", "rows": 6000, "share": 0.0}, {"class": "M", "rows": 4000, "share": 0.25}]
    of_committee = {
        "left_out": [{"name": "boosting", "reason": "26 classes: it is called for at most 5"}],
        "disagreement": {"rows": 10000, "share": 0.1, "per_class": per_class},
    }
    return record_of(learning=learning_of(members) | of_committee, doubtful=[doubtful_row()]) | changes


def metrics_of(classes: tuple[str, ...] = ("B", "M"), **changes: Any) -> dict[str, Any]:
    metrics = {
        "scored_rows": 159,
        "folds": 5,
        "repeats": 4,
        "level": 0.9,
        "labels_only": {"accuracy": 0.943, "balanced_accuracy": 0.936, "brier": 0.084},
        "pseudo_labeled": {"accuracy": 0.957, "balanced_accuracy": 0.951, "brier": 0.066},
        "difference": {"accuracy": 0.014, "brier": -0.018},
        "interval": {"accuracy": [-0.006, 0.034], "brier": [-0.03, -0.006]},
        "per_class": [
            {"class": name, "rows": 79, "recall_labels_only": 0.961, "recall_pseudo_labeled": 0.972} for name in classes
        ],
        "not_scored": {"rows": 0, "classes": []},
    }
    return metrics | changes


def plainly(page: str) -> str:
    """Give a page with the signs of a keyboard for the minus sign and the space that does not break."""
    return page.replace("\N{MINUS SIGN}", "-").replace("\N{NO-BREAK SPACE}", " ")


class Outline(HTMLParser):
    """What a page is made of: levels of headings, ids, header cells without a scope, elements never closed."""

    def __init__(self, page):
        super().__init__()
        self.headings, self.ids, self.unscoped, self.unbalanced, self._open = [], [], [], [], []
        self.feed(page)
        self.close()
        self.unbalanced += self._open

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))
        if "id" in attributes:
            self.ids.append(attributes["id"])
        if tag == "th" and "scope" not in attributes:
            self.unscoped.append(self.getpos())
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        self._open.pop()

    def handle_endtag(self, tag):
        if not self._open or self._open.pop() != tag:
            self.unbalanced.append(tag)


def test_names_of_classes_and_columns_are_text_and_never_markup():
    page = render_report(record_of(classes=(HOSTILE, "M"), columns=(HOSTILE,)))

    assert "<script" not in page.lower()
    assert page.count("&lt;script&gt;") == 3


def test_text_of_the_record_is_escaped_wherever_it_stands():
    finding = {"code": HOSTILE, "title": HOSTILE, "detail": HOSTILE}
    record = record_of(
        findings=[finding],
        conclusion={"code": HOSTILE, "sentence": HOSTILE},
        settings={HOSTILE: HOSTILE},
        versions={HOSTILE: HOSTILE},
        inputs=[{"name": HOSTILE, "role": HOSTILE, "rows": 1, "bytes": 1, "sha256": HOSTILE}],
        learning=learning_of([{"name": HOSTILE, "weight": 1, "temperature": 1, "brier": 0}])
        | {"method": HOSTILE, "termination_condition": HOSTILE},
        metrics=metrics_of(not_scored={"rows": 1, "classes": [HOSTILE]}),
    )

    page = render_report(record)

    assert "<script" not in page.lower()
    assert Outline(page).unbalanced == []


def test_the_page_asks_nothing_of_the_network():
    page = render_report(record_of())

    assert "Content-Security-Policy" in page
    assert "default-src 'none'; style-src 'unsafe-inline'; img-src data:" in page
    assert re.findall(r"""(?:src|href|url|@import)\s*[=(]?\s*["']?\s*(?:https?:)?//""", page) == []
    assert not re.search(r"https?://|<script|<iframe|\son\w+=", page)


def test_the_same_record_gives_the_same_bytes():
    assert render_report(record_of()) == render_report(record_of())


def test_the_record_is_left_as_it_was():
    record = record_of(classes=tuple(map(str, range(99))))

    render_report(record)

    assert record == record_of(classes=tuple(map(str, range(99))))


def test_every_number_of_the_comparison_is_on_the_page():
    page = plainly(render_report(record_of()))

    for number in ("94.3 %", "95.7 %", "+1.4 points", "-0.6 to +3.4", "93.6 %", "95.1 %", "+1.5 points"):
        assert number in page
    for number in ("0.084", "0.066", "-0.018", "-0.030 to -0.006", "90 %", "96.1 %", "97.2 %"):
        assert number in page
    assert "159 labeled rows were dealt into 5 folds" in page
    assert "4 times over" in page


def test_every_count_of_rows_is_on_the_page():
    page = render_report(record_of())

    for number in ("12,345", "159", "12,179", "7", "80", "6,090"):
        assert f">{number}<" in page


def test_a_negative_number_has_a_minus_sign_and_no_hyphen():
    page = render_report(record_of())

    assert "<strong>\N{MINUS SIGN}0.018</strong>" in page


def test_each_chart_states_its_numbers_in_words():
    charts = re.findall(r'<svg role="img" aria-label="([^"]*)"', plainly(render_report(record_of())))

    comparison, confidence = charts
    assert "Labels only 94.3 %, pseudo-labeled 95.7 %: a difference of +1.4 points" in comparison
    assert "90 % interval -0.6 to +3.4 points" in comparison
    assert "0.50 to 0.75: 1,179; 0.75 to 1.00: 11,000" in confidence


def test_charts_take_the_colours_and_the_typeface_of_the_page():
    charts = "".join(re.findall(r"<svg.*?</svg>", render_report(record_of()), flags=re.DOTALL))

    assert "currentColor" in charts
    assert "font-family" not in charts
    assert set(re.findall(r"(?:fill|stroke): (#[0-9a-f]+)", charts)) == set()


def test_without_metrics_the_page_says_why_there_is_no_comparison():
    conclusion = {"code": "no_evidence", "sentence": "Two labels are too few to put one aside."}

    page = render_report(record_of(metrics=None, conclusion=conclusion))

    assert "Two labels are too few to put one aside." in page
    assert "There is no comparison" in page
    assert "recall" not in page.lower()
    assert page.count("<svg") == 1


@pytest.mark.parametrize(
    ("code", "badge"),
    [("better", "Better"), ("worse", "Worse"), ("cannot_tell", "Cannot tell"), ("no_evidence", "No evidence")],
)
def test_the_badge_says_the_conclusion_in_a_word(code, badge):
    page = render_report(record_of(conclusion={"code": code, "sentence": "So it is."}))

    assert f"</span> {badge}</p>" in page


@pytest.mark.parametrize(
    ("interval", "words"),
    [
        ([-0.006, 0.034], "It reaches over zero"),
        ([0.01, 0.02], "It lies above zero"),
        ([-0.2, -0.1], "It lies below zero"),
    ],
)
def test_the_caption_says_on_which_side_of_zero_the_interval_lies(interval, words):
    page = render_report(record_of(metrics=metrics_of(interval={"accuracy": interval, "brier": None})))

    assert words in page


def test_without_an_interval_the_difference_is_not_drawn():
    page = render_report(record_of(metrics=metrics_of(interval={"accuracy": None, "brier": None})))

    assert page.count("<svg") == 1
    assert "no interval" in page


def test_a_class_that_was_not_scored_has_no_recall_and_is_named():
    metrics = metrics_of(classes=("B",), not_scored={"rows": 1, "classes": ["M"]})

    page = render_report(record_of(metrics=metrics))

    assert page.count(f">{ABSENT}</td>") == 3  # two recalls of M, and the forest's Brier score
    assert "1 labeled row took no part in the scoring: too few rows have the label" in page


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"metrics": None},
        {"learning": learning_of(members=[])},
        {"findings": []},
        {"counts": record_of()["counts"] | {"suggested": 0, "none": 12186}, "confidence": None},
    ],
)
def test_the_page_is_well_formed(changes):
    page = render_report(record_of(**changes))

    outline = Outline(page)
    assert page.startswith("<!doctype html>\n<html lang=")
    assert outline.unbalanced == []
    assert outline.unscoped == []
    assert len(outline.ids) == len(set(outline.ids))
    assert page.count("<table") == page.count("<caption")


def test_headings_never_skip_a_level():
    levels = Outline(render_report(record_of())).headings

    assert levels.count(1) == 1
    assert levels[0] == 1
    assert all(deeper <= level + 1 for level, deeper in pairwise(levels))


def test_many_classes_and_columns_give_a_page_of_bounded_size():
    names = tuple(f"{'long ' * 100}{number}" for number in range(5000))

    page = render_report(record_of(classes=names, columns=names))

    assert len(page) < 100_000
    assert "… and 4,980 more" in page  # columns
    assert "… and 4,950 more" in page  # classes


def test_many_classes_show_those_with_most_rows_first():
    names = tuple(map(str, range(100)))
    record = record_of(classes=names)
    record["counts"]["given_per_class"]["99"] = 1000

    page = render_report(record)

    assert page.index('<bdi class="name">99</bdi>') < page.index('<bdi class="name">0</bdi>')


def test_many_bins_of_confidence_label_only_the_highest_bar():
    counts = [10] * 30 + [100]
    confidence = {"edges": [edge / 31 for edge in range(32)], "counts": counts}

    page = plainly(render_report(record_of(confidence=confidence)))

    assert page.count(">25 %</text>") == 1
    assert ">2 %</text>" not in page


def test_the_page_says_that_a_suggestion_is_one_and_that_the_folder_holds_data():
    page = render_report(record_of())

    assert "A suggested label is a suggestion" in page
    assert "the folder it came in holds your rows" in page


def test_a_record_of_a_former_version_without_a_task_is_drawn_and_one_with_it_says_so():
    task = {"name": "classification", "reason": "'diagnosis' holds <text>."}

    assert "Task <code>" not in render_report(record_of())
    page = render_report(record_of(task=task))

    assert "Task <code>classification</code>: &#39;diagnosis&#39; holds &lt;text&gt;." in page


def test_the_committee_is_shown_with_its_weights_and_who_was_left_out():
    page = plainly(render_report(explained_record()))

    assert "45.0 %" in page
    assert "26 classes: it is called for at most 5" in page


def test_the_page_says_how_often_the_labels_only_model_disagrees_and_on_which_classes():
    page = plainly(render_report(explained_record()))

    assert "On 10.0 % of 10,000 rows" in page
    assert '25 % of those suggested as <bdi class="name">M</bdi>.' in page


def test_members_that_say_the_same_of_a_doubtful_row_stand_together():
    page = plainly(re.sub("<[^>]*>", "", render_report(explained_record())))

    assert "B 55 %: forest, graph" in page
    assert "M 45 %: kernel" in page
    assert page.index("B 55 %") < page.index("M 45 %")


def test_a_file_that_all_places_share_is_not_repeated():
    one_file = render_report(explained_record())
    two_files = render_report(explained_record(doubtful=[doubtful_row(place="more.csv, line 7")]))

    assert ">line 7<" in one_file
    assert ">more.csv, line 7<" in two_files
    assert ">cells.csv, line 13<" in two_files


def test_doubtful_rows_of_a_method_without_a_committee_have_no_voices():
    row = doubtful_row(labels_only=None, members=[], nearest=[])

    page = render_report(record_of(learning=learning_of([]), doubtful=[row]))

    assert "smallest lead" in page
    assert "nearest labeled rows" not in page


def test_text_of_doubtful_rows_is_escaped():
    hostile = {"place": f"{HOSTILE}, line 1", "label": HOSTILE, "runner_up": HOSTILE}
    voice = {"name": "forest", "label": HOSTILE, "probability": 1}
    near = {"row": 1, "place": HOSTILE, "label": HOSTILE, "distance": 0}

    page = render_report(explained_record(doubtful=[doubtful_row(**hostile, members=[voice], nearest=[near])]))

    assert "<script" not in page.lower()


@pytest.mark.parametrize("changes", [{}, {"doubtful": []}, {"doubtful": [doubtful_row()] * 10}])
def test_the_section_on_why_is_well_formed(changes):
    page = render_report(explained_record(**changes))

    assert Outline(page).unbalanced == []
    assert Outline(page).unscoped == []
    assert page.count("<table") == page.count("<caption")
