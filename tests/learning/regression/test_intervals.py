"""Intervals hold as many targets as they say, and are wide where predictions are bad."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pseudolabel.learning.regression.intervals import learn_intervals


def uneven_errors(n_rows, seed):
    """Give predictions, disagreement and targets; errors are as large as the disagreement says."""
    random = np.random.default_rng(seed)
    predictions, disagreement = random.normal(size=n_rows), random.uniform(0.1, 2, n_rows)
    return predictions, disagreement, predictions + disagreement * random.normal(size=n_rows)


@pytest.mark.parametrize("n_rows", [40, 150])
def test_as_many_targets_are_inside_as_the_level_says(n_rows):
    """Mean of 12 draws of n labeled rows; each has a standard deviation of at most 0.08, their mean of 0.023."""
    levels, shares = [0.5, 0.8, 0.9, 0.95], []
    for seed in range(12):
        intervals = learn_intervals(*uneven_errors(n_rows, seed), seed=0)
        predictions, disagreement, targets = uneven_errors(500, 1000 + seed)
        bounds = [intervals.around(predictions, disagreement, level).T for level in levels]
        shares.append([np.mean((lower <= targets) & (targets <= upper)) for lower, upper in bounds])

    assert np.all(np.abs(np.mean(shares, axis=0) - levels) < 0.06)


def test_intervals_are_wider_where_the_committee_disagrees():
    intervals = learn_intervals(*uneven_errors(200, 0), seed=0)

    lower, upper = intervals.around(np.zeros(2), np.array([0.2, 1.8]), 0.9).T

    assert (upper - lower)[1] > 2 * (upper - lower)[0]


@settings(max_examples=10)
@given(st.integers(5, 60), st.floats(0.05, 0.9), st.floats(0.05, 0.9))
def test_a_higher_level_is_never_narrower(n_rows, one, other):
    predictions, disagreement, targets = uneven_errors(n_rows, 0)
    intervals = learn_intervals(predictions, disagreement, targets, seed=0)

    narrow, wide = (intervals.around(predictions, disagreement, level) for level in sorted([one, other]))

    assert np.all(wide[:, 0] <= narrow[:, 0])
    assert np.all(narrow[:, 1] <= wide[:, 1])


def test_a_level_no_error_is_rare_enough_for_takes_the_farthest():
    intervals = learn_intervals(*uneven_errors(6, 0), seed=0)

    one, other = (intervals.around(np.zeros(1), np.ones(1), level) for level in (0.9, 0.99))

    assert np.array_equal(one, other)


def test_perfect_predictions_have_no_width():
    exact = np.arange(10.0)

    intervals = learn_intervals(exact, np.zeros(10), exact, seed=0)

    assert np.allclose(intervals.around(exact, np.zeros(10), 0.9), exact[:, np.newaxis])


def test_what_is_kept_does_not_grow_with_the_rows():
    few, many = (learn_intervals(*uneven_errors(n_rows, 0), seed=0).errors for n_rows in (20, 2000))

    assert len(few) == len(many)
