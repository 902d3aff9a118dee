"""The report is read by people and drawn from other people's data: it must be whole, honest and harmless."""

import re
from collections.abc import Callable
from copy import deepcopy
from functools import cache
from html.parser import HTMLParser
from itertools import pairwise
from typing import Any

import pytest
import records
from records import letters_record, small_record, unproven_record, vetoed_record

from pseudolabel.results.report import render_report
from pseudolabel.results.wording import ABSENT

VOID = {"meta", "link", "br"}
HOSTILE = '<script>alert("1")</script>'


@cache
def drawn(make_record: Callable[[], dict[str, Any]]) -> str:
    """Give the page of a record that nobody changes, drawn once."""
    return render_report(make_record())


def renamed(record: dict[str, Any], **names: str) -> dict[str, Any]:
    """Give a record in which classes have other names, wherever they stand."""

    def follow(value: Any) -> Any:
        if isinstance(value, dict):
            return {names.get(key, key): follow(part) for key, part in value.items()}
        if isinstance(value, list):
            return [follow(part) for part in value]
        return names.get(value, value) if isinstance(value, str) else value

    return follow(record)


def changed(record: dict[str, Any], entry: str, **changes: Any) -> dict[str, Any]:
    """Give a record of which one entry has other values."""
    return record | {entry: record[entry] | changes}


def drawings(page: str) -> list[str]:
    """Give the title and the description of each chart."""
    return re.findall(r'<svg role="img" aria-label="([^"]*)"', plainly(page))


def seen(page: str) -> str:
    """Give the words of a page, without its elements and style."""
    page = re.sub(r"<style>.*?</style>|<title>.*?</title>", "", page, flags=re.DOTALL)
    return " ".join(plainly(re.sub("<[^>]*>", " ", page)).split())


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
    record = renamed(letters_record(), A=HOSTILE, D=HOSTILE.upper())
    record["columns"]["features"][0]["name"] = HOSTILE

    page = render_report(record)

    assert "<script" not in page.lower()
    assert "&lt;script&gt;" in page
    assert Outline(page).unbalanced == []


@pytest.mark.parametrize(
    "name", ["$x^{2$", "$a$", "\\alpha", "日本語の分類", "a\nb", "-", "class-1", "\x00", "", "x" * 300, "</text>"]
)
def test_a_class_of_any_name_is_drawn(name):
    page = render_report(renamed(small_record(), B=name))

    assert Outline(page).unbalanced == []
    assert "class-0" not in page


def test_text_of_the_record_is_escaped_wherever_it_stands():
    record = letters_record()
    verdict, second = record["verdict"], record["verdict"]["unlabeled"]
    for comparison in (verdict, second):
        comparison |= {"sentence": HOSTILE, "advice": HOSTILE, "reason": HOSTILE}
    verdict |= {"alarms": [{"class": HOSTILE, "difference": -0.1, "rows": 30}]}
    verdict["history"][0]["code"] = HOSTILE
    record["acceptance"] |= {
        "sentence": HOSTILE,
        "classes": [{"class": HOSTILE, "level": 1, "accepted": 1, "needed": 1}],
    }
    record["shift"] |= {"reason": HOSTILE, "columns": [{"name": HOSTILE, "statistic": 1, "p_value": 1}]}
    record["novelty"] |= {"reason": HOSTILE, "examples": [{"row": 1, "place": HOSTILE}]}
    record["learning"] |= {"method": HOSTILE, "termination_condition": HOSTILE}
    record["learning"]["left_out"] = [{"name": HOSTILE, "reason": HOSTILE}]
    voice = {"name": "forest", "label": HOSTILE, "probability": 1}
    near = {"row": 1, "place": HOSTILE, "label": HOSTILE, "distance": 0}
    doubtful = {"place": f"{HOSTILE}, line 1", "label": HOSTILE, "runner_up": HOSTILE}
    record["doubtful"][0] |= doubtful | {"members": [voice], "nearest": [near]}

    page = render_report(
        record
        | {
            "findings": [{"code": HOSTILE, "title": HOSTILE, "detail": HOSTILE}],
            "settings": {HOSTILE: HOSTILE},
            "versions": {HOSTILE: HOSTILE},
            "inputs": [{"name": HOSTILE, "role": HOSTILE, "rows": 1, "bytes": 1, "sha256": HOSTILE}],
        }
    )

    assert "<script" not in page.lower()
    assert Outline(page).unbalanced == []


def test_a_code_nobody_knows_is_shown_as_text():
    record = changed(small_record(), "verdict", code=HOSTILE)

    page = render_report(record)

    assert "<script" not in page.lower()
    assert "&lt;script&gt;" in page


def test_the_page_asks_nothing_of_the_network():
    page = drawn(letters_record)

    assert "default-src 'none'; style-src 'unsafe-inline'; img-src data:" in page
    assert not re.search(r"https?://|<script|<iframe|\son\w+=|@import|url\((?!#)", page)


@pytest.mark.parametrize("kind", records.ALL)
def test_the_same_record_gives_the_same_bytes_and_is_left_as_it_was(kind):
    record = records.ALL[kind]()
    before = deepcopy(record)

    assert render_report(record) == render_report(record)
    assert record == before


@pytest.mark.parametrize(
    ("record", "badge"),
    [(small_record, "▲ Helps"), (vetoed_record, "▼ Harms"), (unproven_record, "≈ Cannot tell")],
)
def test_the_first_words_are_the_verdict_in_a_sign_and_a_word_its_sentence_and_its_advice(record, badge):
    words = seen(drawn(record))

    first_screen = words[: words.index("rows in the table")]
    verdict = record()["verdict"]
    assert badge in first_screen
    assert first_screen.index(badge) < first_screen.index(verdict["sentence"]) < first_screen.index(verdict["advice"])


def test_the_two_comparisons_are_told_apart_and_never_mixed_up():
    words = seen(drawn(small_record))

    helped = words.index("Did it help?")
    first, second = (
        words.index(title, helped)
        for title in ("Against your model on the labels alone", "What the unlabeled rows themselves add")
    )
    assert "▲ Helps" in words[first:second]
    assert "≈ Cannot tell" in words[second:]
    assert "Decided by the probabilities" in words[first:second]
    assert "Nobody can tell: the same procedure" in words[second:]


def test_the_veto_is_said_aloud_and_only_then():
    assert "Veto: the model of labels only was kept" in seen(drawn(vetoed_record))
    assert "Veto" not in seen(drawn(small_record))


def test_classes_that_lose_are_on_the_first_screen_and_marked_in_the_table():
    page = seen(drawn(letters_record))

    assert "▼ class &#39;D&#39; loses: its recall falls by about 18 points (11 rows)" in page
    assert "D ▼ loses 11" in page


def test_many_alarms_are_counted():
    alarms = [{"class": str(number), "difference": -0.2, "rows": 30} for number in range(7)]

    page = seen(render_report(changed(small_record(), "verdict", alarms=alarms)))

    assert page.count("its recall falls by about 20 points") == 3
    assert "4 more classes lose" in page


def test_every_number_of_the_comparisons_is_on_the_page():
    page = plainly(drawn(small_record))

    for number in ("92.9 %", "95.1 %", "95.7 %", "+2.8 points", "-0.2 to +5.8", "+0.6 points", "-1.4 to +2.6"):
        assert number in page
    for number in ("0.097", "0.071", "0.066", "-0.031", "-0.061 to -0.001", "0.182", "0.128", "-0.054", "-0.011"):
        assert number in page
    for number in ("90.6 %", "94.1 %", "94.6 %", "96.1 %", "97.2 %", "85.0 %", "92.0 %"):
        assert number in page
    assert "159 labeled rows were dealt into 5 folds, 4 times over" in page


@pytest.mark.parametrize(
    ("design", "words"),
    [
        ("folds", "were dealt into 5 folds, 4 times over. Each fold"),
        ("groups", "rows of one group always together"),
        ("time", "5 spans of time"),
        ("test", "labeled rows of a test file, which none of them was made from"),
    ],
)
def test_the_page_says_how_the_models_were_compared(design, words):
    assert words in seen(render_report(changed(small_record(), "metrics", design=design)))


def test_looks_and_their_level_are_told():
    page = seen(drawn(letters_record))

    assert "Look 3 at a set of labels that may grow; decided at a one-sided level of 0.42 %" in page
    assert "Earlier, look 1 at 120 labels: cannot tell; look 2 at 260 labels: cannot tell." in page


def test_every_count_of_rows_is_on_the_page():
    page = drawn(small_record)

    for number in ("12,345", "159", "12,179", "9,010", "100", "7,600"):
        assert f">{number}<" in page


def test_a_negative_number_has_a_minus_sign_and_no_hyphen():
    assert "<strong>\N{MINUS SIGN}0.031</strong>" in drawn(small_record)


def test_each_chart_states_its_numbers_in_words():
    charts = drawings(drawn(small_record))

    first, differences, classes, shares, coverage, confidence, reliability = charts
    assert "Labels only 92.9 %, pseudo-labeled 95.7 %: a difference of +2.8 points" in first
    assert "90 % interval -0.2 to +5.8 points" in first
    assert "Against your model on the labels alone: Accuracy +2.8 points, interval -0.2 to +5.8" in differences
    assert "What the unlabeled rows themselves add: Accuracy +0.6 points, interval -1.4 to +2.6" in differences
    assert "The numbers stand in the table below" in classes
    assert "B: labeled 62.9 %, estimated" in shares
    assert "at 10.0 % of the rows 100.0 %" in coverage
    assert "Accepted: 74.0 % of the rows" in coverage
    assert "0.50 to 0.53: 0" in confidence
    assert "confidence 97.5 %: 99.3 % right of 433" in reliability


def test_charts_take_the_colours_and_the_typeface_of_the_page():
    charts = "".join(re.findall(r"<svg.*?</svg>", drawn(letters_record), flags=re.DOTALL))

    assert "currentColor" in charts
    assert "font-family" not in charts
    assert set(re.findall(r"(?:fill|stroke): (#[0-9a-f]+)", charts)) == set()


def test_no_two_charts_share_the_name_of_a_part():
    names = re.findall(r'\bid="([^"]+)"', drawn(letters_record))

    assert len(names) == len(set(names))


def test_better_is_to_the_right_though_an_error_falls():
    record = small_record()
    interval = {name: [0.02, 0.04] for name in ("accuracy", "balanced_accuracy")} | {
        name: [-0.04, -0.02] for name in ("brier", "log_loss")
    }
    difference = {name: sum(bounds) / 2 for name, bounds in interval.items()}
    record["metrics"] |= {"interval": interval, "difference": difference}
    record["metrics"]["unlabeled"] = {"interval": interval, "difference": difference}

    page = render_report(record)
    chart = page[page.index("Differences between the models") :].partition("</svg>")[0]
    zeros = {float(x) for x in re.findall(r'd="M ([\d.]+) [\d.]+ \nL \1 ', chart)}
    bars = [
        (float(start), float(end))
        for start, y, end, other in re.findall(r'd="M ([\d.]+) ([\d.]+) \nL ([\d.]+) ([\d.]+) *\n?"', chart)
        if y == other
    ]

    (zero,) = zeros
    assert len(bars) == 8
    assert all(min(bar) > zero for bar in bars)


def test_without_a_comparison_the_page_says_why_and_shows_no_accuracy():
    page = drawn(unproven_record)
    words = seen(page)

    assert "There is no comparison: there are too few labels to compare with." in words
    assert "recall" not in words.lower()
    assert not re.search("[Aa]ccuracy \\d|Brier score \\d", words.split("Why these labels?")[0])
    assert [chart.partition(".")[0] for chart in drawings(page)] == [
        "Shares of the classes",
        "Confidence of the suggested labels",
    ]


@pytest.mark.parametrize(
    ("interval", "words"),
    [
        ([-0.006, 0.034], "It reaches over zero"),
        ([0.01, 0.02], "It lies above zero"),
        ([-0.2, -0.1], "It lies below zero"),
    ],
)
def test_the_caption_says_on_which_side_of_zero_the_interval_lies(interval, words):
    record = small_record()
    record["metrics"]["interval"]["accuracy"] = interval

    assert words in render_report(record)


def test_a_model_without_probabilities_is_compared_by_right_answers_alone():
    record = small_record()
    metrics = record["metrics"]
    holders = [metrics[model] for model in ("labels_only", "without_unlabeled", "pseudo_labeled")]
    holders += [part[kind] for part in (metrics, metrics["unlabeled"]) for kind in ("difference", "interval")]
    for holder in holders:
        del holder["brier"], holder["log_loss"]
    metrics["reliability"] = None

    page = render_report(record)

    assert "Log-loss" not in page
    assert "Confidence against how often it is right" not in page
    assert "95.7" in page


def test_a_class_with_few_rows_is_counted_and_one_with_fewer_gets_no_statement():
    words = seen(drawn(letters_record))

    assert "I 7 264 7 5 of 7 5.9 of 7" in words
    assert "F 2 364 2 no statement" in words
    assert "A 34 610 34 89.9 % 88.3 % 87.9 % 89.3 % 10 points" in words


def test_rows_that_were_not_scored_are_counted_and_their_classes_named():
    words = seen(drawn(letters_record))

    assert "2 labeled rows took no part in the scoring: too few rows have the label H , X ." in words
    assert "H 1 811 0 no statement" in words


def test_the_promise_is_stated_with_what_was_observed():
    words = seen(drawn(small_record))

    assert "Accepted 9,010 of 12,179 rows at level 0.83" in words
    assert "Of 121 labeled rows above that level, put aside in turn, 119 were right: 98.4 %" in words
    assert "(90 % interval 95.6 % to 99.6 %)" in words
    assert "74.0 % (73.3 % to 74.6 %)" in words
    assert "The promise holds for all classes together, not for each" in words


def test_where_nothing_can_be_promised_the_page_says_so_and_what_is_needed():
    words = seen(drawn(letters_record))

    assert "Cannot promise 95 %" in words
    assert "What is needed: 45 labeled rows that would be accepted, all of them right." in words
    assert "0 accepted: no precision is promised" in words.replace(
        "accepted: no precision is promised 0", "0 accepted: no precision is promised"
    )


def test_a_promise_asked_of_each_class_is_told_class_by_class():
    words = seen(render_report(small_record(acceptance=records.per_class_promise(("B", "M")))))

    assert "B 0.91 310 67" in words
    assert "M no promise 0 67" in words
    assert "together, not for each: a rare class" not in words


def test_shift_is_told_with_its_numbers_and_the_columns_that_differ():
    words = seen(drawn(letters_record))

    assert "Labeled and unlabeled rows differ" in words
    assert "(AUC) is 0.71 (0.67 to 0.75)" in words
    assert "p = 0.001, and 1 % or less raises the alarm" in words
    assert "worst area 0.41 &lt; 0.001" in words
    assert "Some unlabeled rows are like no labeled row" in words
    assert "To look at first: letters.csv, line 42" in words


def test_that_nothing_was_found_and_that_a_question_does_not_apply_are_answers_too():
    found, unasked = seen(drawn(small_record)), seen(drawn(unproven_record))

    assert "Labeled and unlabeled rows: no difference was found" in found
    assert "Rows unlike all labeled rows: no more than by chance" in found
    assert "Labeled and unlabeled rows: does not apply 11 labeled rows are too few to compare with." in unasked
    assert "AUC" not in unasked


@pytest.mark.parametrize("kind", records.ALL)
def test_the_page_is_well_formed(kind):
    page = drawn(records.ALL[kind])

    outline = Outline(page)
    assert page.startswith("<!doctype html>\n<html lang=")
    assert outline.unbalanced == []
    assert outline.unscoped == []
    assert len(outline.ids) == len(set(outline.ids))
    assert page.count("<table") == page.count("<caption")


@pytest.mark.parametrize(
    "changes",
    [
        {"findings": []},
        {"doubtful": []},
        {"learning": small_record()["learning"] | {"members": [], "disagreement": None}, "doubtful": []},
        {"counts": small_record()["counts"] | {"suggested": 0, "none": 12186}, "confidence": None, "doubtful": []},
        {"acceptance": records.promised() | {"curve": [], "reason": "nothing_unlabeled", "accepted": 0, "level": None}},
        {"shift": None, "novelty": None},
    ],
)
def test_the_page_is_well_formed_where_something_is_missing(changes):
    outline = Outline(render_report(small_record(**changes)))

    assert outline.unbalanced == []
    assert outline.unscoped == []


@pytest.mark.parametrize("kind", records.ALL)
def test_headings_never_skip_a_level(kind):
    levels = Outline(drawn(records.ALL[kind])).headings

    assert levels.count(1) == 1
    assert levels[0] == 1
    assert all(deeper <= level + 1 for level, deeper in pairwise(levels))


def many(n_classes: int) -> dict[str, Any]:
    """Give the record of a run on many classes with long names."""
    names = tuple(f"{'long ' * 100}{number}" for number in range(n_classes))
    per_class = [records.class_row(name, 40, 0.5, 0.6) for name in names]
    record = small_record(
        **{
            key: value
            for key, value in records.frame(names, (40,) * n_classes, (300,) * n_classes, "kind", "a.csv").items()
            if key in ("classes", "counts", "shares")
        }
    )
    record["metrics"]["per_class"] = per_class
    record["columns"]["features"] = [{"name": name, "kind": "number"} for name in names]
    return record


def test_many_classes_and_columns_give_a_page_of_bounded_size():
    page = render_report(many(5000))

    assert len(page) < 300_000
    assert "… and 4,980 more" in page  # columns
    assert "… and 4,950 more" in page  # classes


def test_many_classes_show_those_with_most_rows_first():
    record = many(100)
    record["counts"]["given_per_class"][record["classes"][99]] = 1000

    table = render_report(record).partition('<table class="classes">')[2]

    assert table.index("long 99<") < table.index("long 0<")


def test_many_bins_of_confidence_label_only_the_highest_bar():
    counts = [10] * 30 + [100]
    confidence = {"edges": [edge / 31 for edge in range(32)], "counts": counts}

    page = plainly(render_report(small_record(confidence=confidence)))
    chart = page[page.index("<title>Confidence of") :].partition("</svg>")[0]

    assert chart.count(">25 %</text>") == 1
    assert ">2 %</text>" not in chart


def test_the_page_says_that_a_suggestion_is_one_and_that_the_folder_holds_data():
    page = drawn(small_record)

    assert "A suggested label is a suggestion" in page
    assert "the folder it came in holds your rows" in page


def test_the_committee_is_shown_with_its_weights_and_who_was_left_out():
    words = seen(drawn(small_record))

    assert "kernel 31.0 %" in words
    assert "naive bayes it was not asked for" in words


def test_the_page_says_how_often_the_labels_only_model_disagrees_and_on_which_classes():
    words = seen(drawn(small_record))

    assert "On 10.0 % of 10,000 rows" in words
    assert "25 % of those suggested as M ." in words


def test_members_that_say_the_same_of_a_doubtful_row_stand_together():
    words = seen(drawn(small_record))

    assert "M 51 % : graph , kernel" in words
    assert "B 49 % : boosting , forest , linear" in words
    assert words.index("M 51 %") < words.index("B 49 %")


def test_a_file_that_all_places_share_is_not_repeated():
    two_files = small_record()
    two_files["doubtful"][0]["place"] = "more.csv, line 7"

    assert ">line 7<" in drawn(small_record)
    assert ">more.csv, line 7<" in render_report(two_files)
    assert ">cells.csv, line 13<" in render_report(two_files)


def test_doubtful_rows_of_a_method_without_a_committee_have_no_voices():
    record = changed(small_record(), "learning", members=[])
    for row in record["doubtful"]:
        row |= {"labels_only": None, "members": [], "nearest": []}

    page = render_report(record)

    assert "smallest lead" in page
    assert "nearest labeled rows" not in page
    assert ABSENT not in seen(page).split("smallest lead")[1].split("How it was made")[0]
