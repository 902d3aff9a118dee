"""The model card says what the record holds, no more and no less, and other people's text does nothing in it."""

import re
from copy import deepcopy

import pytest
import records
from markdown_it import MarkdownIt
from records import letters_record, numbers_record, small_record, unproven_record, vetoed_record
from results.test_report import plainly, renamed

from pseudolabel.results.card import plain, render_card

SECTIONS = ["Intended use", "Data", "Procedure", "Evidence", "Promise", "Limits", "How it was made", "Versions"]
HOSTILE = (
    "<script>alert(1)</script>",
    "[here](javascript:alert(1))",
    "![x](https://example.org/x.png)",
    "https://example.org",
    "www.example.org",
    "a | b |\n| - |",
    "# heading",
    "- list",
    "1. list",
    "\n\n---\n\n",
    "`code`",
    "**bold** _and_ ~~gone~~",
    "$x^2$",
    "&copy;",
    "a\\",
    "\x1b[31m",
)


def page_of(card: str) -> str:
    """Give a card as a site shows it, tables and links of bare addresses included, without its metadata."""
    body = card.partition("\n---\n")[2]
    return MarkdownIt("gfm-like", {"linkify": False, "html": True}).render(body)


def words_of(card: str) -> str:
    return " ".join(re.sub("<[^>]*>", " ", plainly(page_of(card))).split())


@pytest.mark.parametrize("kind", records.ALL)
def test_the_same_record_gives_the_same_card_and_is_left_as_it_was(kind):
    record = records.ALL[kind]()
    before = deepcopy(record)

    assert render_card(record) == render_card(record)
    assert record == before


def test_a_card_has_the_sections_of_a_model_card_and_starts_with_its_metadata():
    card = render_card(small_record())

    assert card.startswith("---\nlibrary_name: pseudolabel\npipeline_tag: tabular-classification\ntags:\n")
    assert re.findall("^## (.*)$", card, re.MULTILINE) == SECTIONS
    assert card.endswith("|\n")


def test_a_card_of_numbers_promises_nothing_and_has_no_classes():
    card = plainly(render_card(numbers_record()))

    assert "pipeline_tag: tabular-regression" in card
    assert re.findall("^## (.*)$", card, re.MULTILINE) == [name for name in SECTIONS if name != "Promise"]
    assert "| typical error, RMSE (0 is best) | 50 | 48.8 | 49 | -2.5 to 0.5 | -0.9 to 1.3 |" in card
    assert "Recall" not in card


def test_the_evidence_tells_both_comparisons_with_their_numbers():
    words = words_of(render_card(small_record()))

    assert "Against your model on the labels alone: ▲ Helps. Pseudo-labels help here" in words
    assert "What the unlabeled rows themselves add: ≈ Cannot tell. Nobody can tell" in words
    assert "accuracy 92.9 % 95.1 % 95.7 % -0.2 to +5.8 points -1.4 to +2.6 points" in words
    assert "159 labeled rows were dealt into 5 folds, 4 times over" in words
    assert "Look 1 at a set of labels" in words


def test_classes_that_lose_are_marked_and_small_ones_are_not_judged():
    words = words_of(render_card(letters_record()))

    assert "D ▼ loses 11 5.6 of 11 3.6 of 11" in words
    assert "F 2 no statement no statement" in words
    assert "class 'D' loses: its recall falls by about 18 points (11 rows)." in words


def test_the_promise_is_stated_or_what_it_would_need():
    promised, refused = (words_of(render_card(make())) for make in (small_record, letters_record))

    assert "Accepted: 9,010 of 12,179 unlabeled rows, 74.0 % (73.3 % to 74.6 %)." in promised
    assert "119 of 121 such labels were right: 98.4 % (95.6 % to 99.6 %)." in promised
    assert "A promise would need 45 such labeled rows, all of them right." in refused
    assert "Labels that were not accepted carry no promise at all." in refused


def test_a_veto_is_the_first_thing_said():
    words = words_of(render_card(vetoed_record()))

    assert words.index("Veto: the model of labels only was kept") < words.index("Intended use")


def test_without_evidence_no_accuracy_is_stated():
    card = render_card(unproven_record())

    assert "No comparison was made, so no accuracy is stated." in card
    assert "accuracy |" not in card
    assert "does not apply. 11 labeled rows are too few to compare with." in card


@pytest.mark.parametrize("hostile", HOSTILE)
def test_text_of_others_is_read_as_it_is_and_does_nothing(hostile):
    shown = page_of(f"---\n---\n\n{plain(hostile)}\n\n| a | b |\n| --- | --- |\n| {plain(hostile)} | x |\n")

    elements = set(re.findall(r"<(\w+)", shown))
    assert elements == {"p", "table", "thead", "tbody", "tr", "th", "td"}
    assert shown.count("<td>") == 2


@pytest.mark.parametrize("hostile", HOSTILE)
def test_a_card_with_hostile_names_has_the_parts_of_one_without(hostile):
    harmless, record = small_record(), renamed(small_record(), B=hostile, diagnosis=hostile)
    for finding in record["findings"]:
        finding |= {"title": hostile, "detail": hostile}
    record["verdict"] |= {"sentence": hostile, "alarms": [{"class": hostile, "difference": -0.1, "rows": 30}]}
    harmless["verdict"]["alarms"] = [{"class": "B", "difference": -0.1, "rows": 30}]

    elements, expected = (re.findall(r"<(/?\w+)", page_of(render_card(each))) for each in (record, harmless))

    assert elements == expected


def test_many_classes_and_columns_give_a_card_of_bounded_size():
    names = tuple(f"{'long ' * 100}{number}" for number in range(3000))
    record = small_record(classes=list(names))
    record["counts"] |= {key: dict.fromkeys(names, 40) for key in ("given_per_class", "suggested_per_class")}
    record["metrics"]["per_class"] = [records.class_row(name, 40, 0.5, 0.6) for name in names]
    record["columns"]["features"] = [{"name": name, "kind": "number"} for name in names]

    card = render_card(record)

    assert len(card) < 20_000
    assert "… and 2,950 more" in card
    assert "… and 2,980 more" in card
