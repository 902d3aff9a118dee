"""A verdict is as bold as the rule it states, and no bolder; looks spend it; alarms name classes."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from witnesses import CODES, RIGHT, WRONG, evidence_of

from pseudolabel.data.folds import deal_folds
from pseudolabel.judgement.differences import Rows
from pseudolabel.judgement.verdict import decide, judge, level_of_look, without_evidence

N_ROWS = 100


def rows_of(n_rows=N_ROWS, n_repeats=4):
    fold = np.array([deal_folds(np.zeros(n_rows, dtype=int), 5, seed) for seed in range(n_repeats)])
    return Rows(fold, np.ones(n_rows), np.arange(n_rows))


def changes(n_better, n_worse, n_rows=N_ROWS, n_repeats=4, seed=0):
    """Give differences in accuracy: so many rows are right only with pseudo-labels, so many only without."""
    values = np.zeros(n_rows)
    values[:n_better], values[n_better : n_better + n_worse] = 1, -1
    return np.tile(np.random.default_rng(seed).permutation(values), (n_repeats, 1))


def brier(mean, spread=0.05, n_rows=N_ROWS, n_repeats=4, seed=1):
    """Give differences in Brier score with exactly this mean."""
    noise = np.random.default_rng(seed).normal(size=(n_repeats, n_rows))
    return mean + spread * (noise - noise.mean())


@pytest.mark.parametrize(
    ("accuracy", "loss", "code", "reason"),
    [
        (changes(12, 0), brier(-0.1), "helps", "accuracy"),
        (changes(6, 3), brier(-0.1), "helps", "probabilities"),
        (changes(3, 6), brier(-0.1), "cannot_tell", "probabilities_only"),
        (changes(12, 0), brier(0.05, spread=1.0), "cannot_tell", "disagree"),
        (changes(4, 3), brier(0.0, spread=0.3), "cannot_tell", "undecided"),
        (changes(3, 6), brier(0.1), "harms", "probabilities"),
        (changes(0, 12), brier(0.1), "harms", "accuracy"),
    ],
)
def test_the_rule(accuracy, loss, code, reason):
    assert decide(accuracy, loss, rows_of()) == (code, reason)


@given(st.integers(0, 20), st.integers(0, 20), st.floats(-0.3, 0.3), st.integers(0, 1000))
def test_swapping_the_models_swaps_the_word(n_better, n_worse, mean, seed):
    accuracy, loss = changes(n_better, n_worse, seed=seed), brier(mean, seed=seed)

    word, mirrored = decide(accuracy, loss, rows_of())[0], decide(-accuracy, -loss, rows_of())[0]

    assert mirrored == {"helps": "harms", "harms": "helps"}.get(word, word)


@given(st.integers(0, 20), st.integers(0, 20), st.floats(-0.3, 0.3), st.integers(0, 1000))
def test_a_stricter_level_never_turns_doubt_into_a_word(n_better, n_worse, mean, seed):
    accuracy, loss = changes(n_better, n_worse, seed=seed), brier(mean, seed=seed)

    strict, bold = (decide(accuracy, loss, rows_of(), alpha)[0] for alpha in (0.005, 0.05))

    assert strict in ("cannot_tell", bold)


def test_without_probabilities_the_accuracy_alone_decides():
    assert decide(changes(6, 3), brier(-0.1), rows_of(), has_probabilities=False)[0] == "cannot_tell"
    assert decide(changes(12, 0), brier(0.5), rows_of(), has_probabilities=False) == ("helps", "accuracy")


def test_probabilities_that_never_vary_open_no_route():
    constant = np.full((4, N_ROWS), -0.2)

    assert decide(changes(3, 2), constant, rows_of())[0] == "cannot_tell"


@given(st.integers(1, 200))
def test_all_looks_together_spend_no_more_than_one(n_looks):
    assert sum(level_of_look(look) for look in range(1, n_looks + 1)) <= level_of_look(None)


@pytest.mark.parametrize(("tables", "code"), [((WRONG, WRONG, RIGHT), "helps"), ((RIGHT, RIGHT, WRONG), "harms")])
def test_a_difference_beyond_doubt_is_said(tables, code):
    assert judge(evidence_of(*tables)).code == code


def test_the_two_comparisons_have_a_verdict_each():
    verdict = judge(evidence_of(WRONG, RIGHT, RIGHT))

    assert verdict.code == "helps"
    assert (verdict.unlabeled.code, verdict.unlabeled.difference.estimate) == ("cannot_tell", 0)
    assert "labels alone" in verdict.sentence
    assert "without the unlabeled rows" in verdict.unlabeled.sentence


def test_the_sentence_holds_the_numbers_and_the_advice_what_could_be_seen():
    random = np.random.default_rng(0)
    noise = random.dirichlet([1, 1, 1], size=(3, 60))

    verdict = judge(evidence_of(*noise))

    assert verdict.code == "cannot_tell"
    assert f"{100 * verdict.difference.estimate:+.1f} points" in verdict.sentence
    assert "60 labeled rows" in verdict.sentence
    assert f"{100 * verdict.detectable:.0f} points" in verdict.advice


def test_an_interval_beside_zero_that_does_not_decide_is_explained():
    random = np.random.default_rng(3)
    right = random.random((2, 60)) < np.array([[0.5], [0.72]])
    tables = [np.where(row[:, np.newaxis], 0.4 * RIGHT[CODES] + 0.2, 0.4 * WRONG[CODES] + 0.2) for row in right]
    evidence = evidence_of(tables[0], tables[0], tables[1])

    verdict = judge(evidence, look=40)

    assert (verdict.code, verdict.difference.lower > 0) == ("cannot_tell", True)
    assert "stricter than that of the interval, 0.003 % on one side" in verdict.advice


@pytest.mark.parametrize("reason", ["too_few_labels", "nothing_unlabeled", "not_asked"])
@pytest.mark.parametrize("numbers", [False, True])
def test_without_evidence_it_cannot_tell_and_says_why(reason, numbers):
    verdict = without_evidence(reason, numbers=numbers)

    assert (verdict.code, verdict.reason, verdict.n_labeled) == ("cannot_tell", reason, 0)
    assert verdict.unlabeled.reason == reason
    assert verdict.difference is None
    assert verdict.sentence


def test_too_few_labels_are_no_evidence():
    assert judge(None).reason == "too_few_labels"


def test_a_class_that_surely_loses_sounds_an_alarm_and_the_word_stays():
    codes = np.repeat([0, 1], [200, 40])
    first_better = np.repeat([[0.4, 0.6], [0.1, 0.9]], [200, 40], axis=0)
    now = np.repeat([[0.9, 0.1], [0.6, 0.4]], [200, 40], axis=0)

    verdict = judge(evidence_of(first_better, first_better, now, codes=codes))

    assert verdict.code == "helps"
    assert [(alarm.code, alarm.n_rows) for alarm in verdict.alarms] == [(1, 40)]
    assert verdict.alarms[0].change < -0.5


def test_a_class_of_four_rows_never_sounds_an_alarm():
    codes = np.repeat([0, 1], [56, 4])
    lost = np.where(codes[:, np.newaxis] == 1, [[0.9, 0.1]], [[0.9, 0.1]])

    assert judge(evidence_of(np.eye(2)[codes], np.eye(2)[codes], lost, codes=codes)).alarms == ()


def test_a_model_seeded_anew_is_rarely_judged():
    """Neither model is better: each word may come up in at most 5 of 100 cases; more than 5 of 40 has odds of 1:70."""
    random = np.random.default_rng(0)
    said = []
    for _ in range(40):
        right = random.random((2, 60)) < 0.75
        tables = [
            np.where(row[:, np.newaxis], 0.8 * RIGHT[CODES] + 0.2 / 3, 0.8 * WRONG[CODES] + 0.2 / 3) for row in right
        ]
        said.append(judge(evidence_of(tables[0], tables[0], tables[1]), look=None).code)

    assert said.count("helps") <= 5
    assert said.count("harms") <= 5


def test_a_veto_is_said_first():
    plain = judge(evidence_of(RIGHT, RIGHT, WRONG))

    vetoed = plain.with_veto()

    assert (plain.vetoed, vetoed.vetoed) == (False, True)
    assert vetoed.advice.startswith("The model on the labels alone is used instead.")
    assert replace(vetoed, vetoed=False, advice=plain.advice) == plain
