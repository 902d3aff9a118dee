"""Both models predict rows neither saw, and the errors and intervals are the formulas they claim to be."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import t as student_t

from pseudolabel.data.folds import deal_folds
from pseudolabel.judgement.conclusion import conclude_on_targets
from pseudolabel.judgement.pairs import Design, Difference, Pairs, choose_design
from pseudolabel.judgement.target_evidence import (
    Predictions,
    error_difference,
    in_unit_of_target,
    weigh_target_evidence,
)

TARGETS = np.where(np.arange(60) % 3 == 1, np.nan, np.linspace(-5, 30, 60))
GIVEN = np.flatnonzero(~np.isnan(TARGETS))


def off_by(labels_only, pseudo_labeled, reach=1.0, targets=TARGETS):
    """Make both models as liars: each is off by so much, on every row."""

    def predict_both(train, held_out):
        truth = targets[held_out]
        interval = np.column_stack([truth + pseudo_labeled - reach, truth + pseudo_labeled + reach])
        return Predictions(truth + labels_only, truth + pseudo_labeled, interval)

    return predict_both


def seen_by_predict_both():
    seen = []

    def predict_both(train, held_out):
        seen.append((set(train.tolist()), set(held_out.tolist())))
        return off_by(1.0, 1.0)(train, held_out)

    weigh_target_evidence(predict_both, TARGETS, seed=0)
    return seen


def test_held_out_rows_are_in_no_training_and_all_others_are():
    for train, held_out in seen_by_predict_both():
        assert not train & held_out
        assert train | held_out == set(range(60))
        assert held_out <= set(GIVEN.tolist())


def test_every_labeled_row_is_scored_once_in_every_repeat():
    times = np.bincount([row for _, held_out in seen_by_predict_both() for row in held_out], minlength=60)

    assert np.array_equal(times, np.where(np.isnan(TARGETS), 0, choose_design(len(GIVEN)).n_repeats))


def test_with_fewer_than_twenty_labels_nothing_is_said():
    def never(train, held_out):
        raise AssertionError("no model need be made")

    targets = np.append(np.arange(19.0), [np.nan] * 10)

    assert weigh_target_evidence(never, targets, seed=0) is None


def test_the_errors_are_those_of_the_predictions():
    evidence = weigh_target_evidence(off_by(-3.0, 2.0, reach=4.0), TARGETS, seed=0)

    assert (evidence.n_rows, evidence.n_folds, evidence.n_repeats) == (40, 5, 4)
    assert (evidence.labels_only.rmse, evidence.labels_only.mae) == pytest.approx((3, 3))
    assert (evidence.pseudo_labeled.rmse, evidence.pseudo_labeled.mae) == pytest.approx((2, 2))
    assert evidence.mse.estimate == pytest.approx(4 - 9)
    assert (evidence.mae.estimate, evidence.rmse.estimate) == pytest.approx((-1, -1))
    assert (evidence.coverage, evidence.width) == pytest.approx((1, 8))


def test_coverage_counts_the_rows_within_the_interval():
    evidence = weigh_target_evidence(off_by(0.0, 2.0, reach=1.0), TARGETS, seed=0)

    assert evidence.coverage == 0


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_number_of_processors_changes_nothing(n_jobs):
    noise = np.random.default_rng(0).normal(size=(2, 60))

    def predict_both(train, held_out):
        one, other = (TARGETS[held_out] + noise[model][held_out] for model in (0, 1))
        return Predictions(one, other, np.column_stack([other, other]))

    one, other = (weigh_target_evidence(predict_both, TARGETS, seed=0, n_jobs=jobs) for jobs in (n_jobs, None))

    assert one == other


@given(arrays(np.float64, (4, 40), elements=st.floats(-100, 100)))
def test_the_interval_is_the_wider_of_that_of_the_rows_and_that_of_the_folds(differences):
    folds = [deal_folds(np.zeros(40, dtype=int), 5, seed) for seed in range(4)]
    held_out = [np.flatnonzero(fold == number) for fold in folds for number in range(5)]
    rows = [sum(column) / 4 for column in differences.T.tolist()]
    means = [differences[pair // 5, held_out[pair]].mean().item() for pair in range(20)]

    interval = error_difference(differences, Pairs(Design(5, 4), held_out, [None] * 20))

    mean = sum(rows) / 40
    by_row = student_t.ppf(0.95, 39) * math.sqrt(sum((row - mean) ** 2 for row in rows) / 39 / 40)
    variance = sum((value - sum(means) / 20) ** 2 for value in means) / 19
    by_fold = student_t.ppf(0.95, 19) * math.sqrt((1 / 20 + 1 / 4) * variance)
    assert interval.estimate == pytest.approx(mean, abs=1e-9)
    assert interval.upper - interval.estimate == pytest.approx(max(by_row, by_fold), abs=1e-9)
    assert interval.estimate - interval.lower == pytest.approx(max(by_row, by_fold), abs=1e-9)


@given(st.floats(0.01, 1e6), st.floats(-1, 1), st.floats(0, 1))
def test_the_root_keeps_the_side_of_zero_of_every_end(rmse, estimate, reach):
    mse = Difference(*(rmse**2 * end for end in (estimate, estimate - reach, estimate + reach)))

    root = in_unit_of_target(mse, rmse)

    assert root.lower <= root.estimate <= root.upper
    assert np.sign(root.lower) * np.sign(mse.lower) >= 0
    assert np.sign(root.upper) * np.sign(mse.upper) >= 0


def test_a_model_that_is_only_noise_anew_is_rarely_called_better():
    """Neither model is better, so "better" may come up in at most 5 of 100 comparisons.

    With 60 comparisons eight or more would have a chance of one in a hundred even at the full 5 %; the seeds are fixed.
    """
    said = []
    for seed in range(60):
        noise = np.random.default_rng(seed).normal(size=(2, 60))

        def predict_both(train, held_out, noise=noise):
            one, other = (TARGETS[held_out] + noise[model][held_out] for model in (0, 1))
            return Predictions(one, other, np.column_stack([other, other]))

        said.append(conclude_on_targets(weigh_target_evidence(predict_both, TARGETS, seed=seed)).code)

    assert said.count("better") <= 7
    assert said.count("worse") <= 7


@pytest.mark.parametrize(("pair", "code"), [((3.0, 1.0), "better"), ((1.0, 3.0), "worse")])
def test_a_difference_beyond_doubt_is_said(pair, code):
    assert conclude_on_targets(weigh_target_evidence(off_by(*pair), TARGETS, seed=0)).code == code


def test_two_equal_models_changed_next_to_nothing():
    conclusion = conclude_on_targets(weigh_target_evidence(off_by(1.0, 1.0), TARGETS, seed=0))

    assert conclusion.code == "cannot_tell"
    assert conclusion.sentence.startswith("Pseudo-labels changed next to nothing here: ")
