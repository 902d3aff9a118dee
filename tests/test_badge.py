"""A verdict is a sign and a word, and in a notebook a piece of HTML that nobody's text can break."""

import pytest
import records
from records import letters_record, small_record, unproven_record, vetoed_record
from results.test_report import Outline, seen

from pseudolabel.badge import badge_of, verdict_html

HOSTILE = '"><script>alert(1)</script>'


@pytest.mark.parametrize(
    ("code", "shown"), [("helps", "▲ Helps"), ("harms", "▼ Harms"), ("cannot_tell", "≈ Cannot tell")]
)
def test_every_verdict_has_a_sign_of_its_own_beside_the_word(code, shown):
    assert str(badge_of({"code": code})) == shown


def test_the_snippet_says_word_sentence_and_advice_and_then_what_the_unlabeled_rows_add():
    words = seen(verdict_html(small_record()["verdict"]))

    assert words.startswith("▲ Helps Against your model on the labels alone Pseudo-labels help here")
    assert words.index("A rule like this") < words.index(
        "What the unlabeled rows themselves add: ≈ Cannot tell. Nobody"
    )


def test_the_snippet_says_the_veto_and_the_classes_that_lose():
    assert "Veto: the model of labels only was kept" in seen(verdict_html(vetoed_record()["verdict"]))
    assert "▼ class &#x27;D&#x27; loses" in seen(verdict_html(letters_record()["verdict"]))
    assert "Veto" not in verdict_html(small_record()["verdict"])


def test_without_evidence_the_second_comparison_is_left_out():
    assert "themselves add" not in verdict_html(unproven_record()["verdict"])


@pytest.mark.parametrize("kind", records.ALL)
def test_the_snippet_is_one_closed_element_without_fixed_colours_of_words(kind):
    snippet = verdict_html(records.ALL[kind]()["verdict"])

    assert Outline(snippet).unbalanced == []
    assert snippet.startswith("<div ")
    assert snippet.endswith("</div>")
    assert snippet.count("<div") == 1
    assert {part.split(";")[0] for part in snippet.split(";color:")[1:]} == {"inherit"}


def test_all_text_of_the_snippet_is_escaped():
    verdict = letters_record()["verdict"]
    hostile = {"code": HOSTILE, "sentence": HOSTILE, "advice": HOSTILE, "reason": HOSTILE}
    verdict |= hostile | {"unlabeled": verdict["unlabeled"] | hostile}
    verdict["alarms"] = [{"class": HOSTILE, "difference": -0.1, "rows": 30}]

    snippet = verdict_html(verdict)

    assert "<script" not in snippet
    assert Outline(snippet).unbalanced == []
