"""Errors and intervals of predicted numbers are the formulas they claim to be."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import t as student_t

from pseudolabel.judgement.differences import Difference
from pseudolabel.judgement.evidence import LABELS_ONLY, PSEUDO_LABELED
from pseudolabel.judgement.splits import choose_design, deal_splits
from pseudolabel.judgement.target_evidence import TargetAnswer, gather_targets
from pseudolabel.judgement.verdict import in_unit_of_target, judge

TARGETS = np.where(np.arange(60) % 3 == 1, np.nan, np.linspace(-5, 30, 60))


def evidence_of(*offs, reach=1.0, targets=TARGETS, seed=0):
    """Give the evidence of models that are off by so much: on every row, or row by row."""
    given = ~np.isnan(targets)
    design = choose_design(int(given.sum()))
    splits = deal_splits(np.where(given, 0, -1), design, seed=seed)
    errors = [np.broadcast_to(off, len(targets)) for off in offs]
    answers = []
    for split in splits:
        said = np.stack([targets[split.held_out] + error[split.held_out] for error in errors])
        answers.append(TargetAnswer(said, np.column_stack([said[-1] - reach, said[-1] + reach])))
    return gather_targets(answers, splits, targets, design)


def test_the_errors_are_those_of_the_predictions():
    evidence = evidence_of(-3.0, -2.5, 2.0, reach=4.0)

    assert (evidence.rmse(LABELS_ONLY), evidence.mae(LABELS_ONLY)) == pytest.approx((3, 3))
    assert (evidence.rmse(PSEUDO_LABELED), evidence.mae(PSEUDO_LABELED)) == pytest.approx((2, 2))
    assert evidence.difference("mse", LABELS_ONLY).estimate == pytest.approx(4 - 9)
    assert (evidence.coverage(), evidence.width()) == pytest.approx((1, 8))


def test_coverage_counts_the_rows_within_the_interval():
    assert evidence_of(0.0, 0.0, 2.0, reach=1.0).coverage() == 0


@given(st.integers(0, 10_000))
def test_the_uncertainty_is_the_larger_of_that_of_the_rows_and_that_of_the_folds(seed):
    noise = np.random.default_rng(seed).normal(size=(2, 60))
    evidence = evidence_of(noise[0], 0.0, noise[1])
    errors = evidence.errors("mse")
    values = errors[PSEUDO_LABELED] - errors[LABELS_ONLY]

    found = evidence.difference("mse", LABELS_ONLY)

    of_rows = values.mean(axis=0)
    by_row = student_t.ppf(0.95, 39) * of_rows.std(ddof=1) / math.sqrt(40)
    means = np.array([values[r][evidence.rows.fold[r] == k].mean() for r in range(4) for k in range(5)])
    by_fold = student_t.ppf(0.95, 4) * math.sqrt((1 / 20 + 1 / 4) * means.var(ddof=1))
    assert found.upper - found.estimate == pytest.approx(max(by_row, by_fold))


@given(st.floats(0.01, 1e6), st.floats(-1, 1), st.floats(0, 1))
def test_the_root_keeps_the_side_of_zero_of_every_end(rmse, estimate, error):
    squared = Difference(estimate * rmse**2, error * rmse**2, 20)

    root = in_unit_of_target(squared, rmse)

    assert root.lower <= root.estimate <= root.upper
    assert np.sign(root.lower) * np.sign(squared.lower) >= 0
    assert np.sign(root.upper) * np.sign(squared.upper) >= 0


@pytest.mark.parametrize(("offs", "code"), [((3.0, 3.0, 1.0), "helps"), ((1.0, 1.0, 3.0), "harms")])
def test_a_difference_beyond_doubt_is_said(offs, code):
    verdict = judge(evidence_of(*offs))

    assert (verdict.code, verdict.reason, verdict.measure) == (code, "errors", "rmse")


def test_two_equal_models_changed_next_to_nothing():
    verdict = judge(evidence_of(1.0, 1.0, 1.0))

    assert (verdict.code, verdict.reason) == ("cannot_tell", "next_to_nothing")


def test_squared_and_absolute_errors_that_disagree_decide_nothing():
    random = np.random.default_rng(0)
    steady = np.where(random.random(60) < 0.5, -3.0, 3.0)
    # Nearly always spot on, now and then far off: squared errors lose, absolute ones gain.
    wild = np.where(np.arange(60) % 6 == 0, 9.0, 0.0)

    verdict = judge(evidence_of(steady, steady, wild, targets=np.arange(60.0)))

    assert verdict.code == "cannot_tell"
