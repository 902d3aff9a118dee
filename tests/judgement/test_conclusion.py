"""The sentence says no more than the evidence does."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pseudolabel.judgement.conclusion import conclude, conclude_on_targets, points
from pseudolabel.judgement.evidence import Evidence, Measures
from pseudolabel.judgement.pairs import Difference
from pseudolabel.judgement.target_evidence import Errors, TargetEvidence

EVIDENCE = Evidence(
    n_rows=120,
    n_folds=5,
    n_repeats=4,
    labels_only=Measures(0.9, 0.9, 0.2),
    pseudo_labeled=Measures(0.95, 0.95, 0.1),
    accuracy=Difference(0.05, 0.01, 0.09),
    brier=Difference(-0.1, -0.2, 0.0),
    per_class=(),
    not_scored=(),
)


def evidence(accuracy, brier=-0.1):
    return replace(EVIDENCE, accuracy=Difference(*accuracy), brier=Difference(brier, brier - 0.1, brier + 0.1))


@pytest.mark.parametrize(
    ("accuracy", "brier", "code"),
    [
        ((0.05, 0.01, 0.09), -0.1, "better"),
        ((0.05, 0.01, 0.09), 0.0, "better"),
        ((0.05, 0.01, 0.09), 0.1, "cannot_tell"),
        ((0.05, -0.01, 0.11), -0.1, "cannot_tell"),
        ((0.05, 0.0, 0.1), -0.1, "cannot_tell"),
        ((-0.05, -0.09, -0.01), 0.1, "worse"),
        ((-0.05, -0.09, -0.01), -0.1, "cannot_tell"),
        ((0.0, -0.05, 0.05), 0.0, "cannot_tell"),
    ],
)
def test_a_verdict_needs_the_whole_interval_and_no_objection_of_the_brier_score(accuracy, brier, code):
    assert conclude(evidence(accuracy, brier)).code == code


@pytest.mark.parametrize(
    ("accuracy", "opening"),
    [
        ((0.05, 0.01, 0.09), "The model with pseudo-labels is better: "),
        ((0.05, -0.01, 0.11), "These labels cannot tell whether pseudo-labels helped: "),
        ((0.001, -0.007, 0.009), "Pseudo-labels changed next to nothing here: "),
    ],
)
def test_the_sentence_opens_with_the_verdict(accuracy, opening):
    assert conclude(evidence(accuracy)).sentence.startswith(opening)


def test_the_sentence_holds_the_numbers():
    sentence = conclude(EVIDENCE).sentence

    for part in ["120 labeled rows", "90.0% with the labels alone", "95.0% with pseudo-labels"]:
        assert part in sentence
    assert "+5.0 points (90% interval +1.0 to +9.0)" in sentence


def test_who_is_worse_off_is_told_to_use_the_labels_alone():
    sentence = conclude(evidence((-0.05, -0.09, -0.01), 0.1)).sentence

    assert sentence.startswith("The model with pseudo-labels is worse: ")
    assert sentence.endswith(" Use the labels alone.")


def test_who_cannot_tell_learns_what_difference_would_show():
    assert conclude(evidence((0.05, -0.02, 0.12))).sentence.endswith(
        "only a difference of about 7 points or more would show."
    )


def test_without_evidence_the_sentence_says_what_is_missing():
    conclusion = conclude(None)

    assert conclusion.code == "no_evidence"
    assert "at least 20 labeled rows in two classes" in conclusion.sentence


@given(st.floats(-1, 1))
def test_points_have_a_sign_and_one_decimal(share):
    text = points(share)

    assert text[0] in "+-"
    assert text != "-0.0"
    assert float(text) == pytest.approx(100 * share, abs=0.0501)


def test_a_difference_that_shows_is_not_said_to_be_too_small_to_show():
    sentence = conclude(evidence((0.05, 0.01, 0.09), 0.1)).sentence

    assert sentence.startswith("Accuracy and probabilities disagree on whether pseudo-labels helped: ")
    assert "would show" not in sentence


# Of numbers.

TARGET_EVIDENCE = TargetEvidence(
    n_rows=120,
    n_folds=5,
    n_repeats=4,
    labels_only=Errors(50.0, 40.0),
    pseudo_labeled=Errors(45.0, 36.0),
    mse=Difference(-475.0, -700.0, -250.0),
    mae=Difference(-4.0, -6.0, -2.0),
    rmse=Difference(-5.0, -7.5, -2.5),
    coverage=0.9,
    width=150.0,
)


def target_evidence(rmse, mae=-1.0):
    return replace(TARGET_EVIDENCE, rmse=Difference(*rmse), mae=Difference(mae, mae - 1, mae + 1))


@pytest.mark.parametrize(
    ("rmse", "mae", "code"),
    [
        ((-5.0, -7.5, -2.5), -1.0, "better"),
        ((-5.0, -7.5, -2.5), 0.0, "better"),
        ((-5.0, -7.5, -2.5), 1.0, "cannot_tell"),
        ((-5.0, -10.5, 0.5), -1.0, "cannot_tell"),
        ((-5.0, -10.0, 0.0), -1.0, "cannot_tell"),
        ((5.0, 2.5, 7.5), 1.0, "worse"),
        ((5.0, 2.5, 7.5), -1.0, "cannot_tell"),
    ],
)
def test_of_numbers_a_verdict_needs_the_whole_interval_and_no_objection_of_the_absolute_error(rmse, mae, code):
    assert conclude_on_targets(target_evidence(rmse, mae)).code == code


def test_of_numbers_the_sentence_holds_the_errors_and_the_change_in_percent():
    sentence = conclude_on_targets(TARGET_EVIDENCE).sentence

    assert sentence == (
        "The model with pseudo-labels is better: on 120 labeled rows that neither model had seen, the typical error "
        "(RMSE) was 50 with the labels alone and 45 with pseudo-labels: -10.0% (90% interval -15.0% to -5.0%)."
    )


def test_of_numbers_who_cannot_tell_learns_what_difference_would_show():
    assert conclude_on_targets(target_evidence((-1.0, -4.5, 2.5))).sentence.endswith(
        "only a difference of about 7% or more would show."
    )


def test_of_numbers_measures_that_disagree_are_both_told():
    sentence = conclude_on_targets(target_evidence((-5.0, -7.5, -2.5), 1.0)).sentence

    assert sentence.startswith("Squared and absolute errors disagree on whether pseudo-labels helped: ")
    assert sentence.endswith("but the mean absolute error went from 40 to 36.")


def test_of_numbers_without_evidence_the_sentence_says_what_is_missing():
    conclusion = conclude_on_targets(None)

    assert conclusion.code == "no_evidence"
    assert "needs at least 20 labeled rows. " in conclusion.sentence
