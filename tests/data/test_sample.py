"""A sample has the size asked for and depends on nothing but position and seed."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pseudolabel.data.sample import draw_sample

NUMBERS = st.integers(0, 300)
SEEDS = st.integers(0, 2**31)


@given(NUMBERS, NUMBERS, SEEDS)
def test_sample_has_the_size_asked_for_or_holds_every_row(n_rows, at_most, seed):
    sample = draw_sample(n_rows, at_most, seed)

    assert len(sample) == min(n_rows, at_most)


@given(NUMBERS, NUMBERS, SEEDS)
def test_sample_is_in_order_and_holds_no_row_twice(n_rows, at_most, seed):
    sample = draw_sample(n_rows, at_most, seed)

    assert np.all(np.diff(sample) > 0)
    assert set(sample) <= set(range(n_rows))


@given(NUMBERS, NUMBERS, NUMBERS, SEEDS)
def test_a_smaller_sample_is_part_of_a_larger_one(n_rows, one, other, seed):
    small, large = sorted([one, other])

    assert set(draw_sample(n_rows, small, seed)) <= set(draw_sample(n_rows, large, seed))


@given(NUMBERS, st.integers(1, 100), NUMBERS, SEEDS)
def test_rows_that_follow_only_push_others_out(n_rows, at_most, n_more, seed):
    before, after = draw_sample(n_rows, at_most, seed), draw_sample(n_rows + n_more, at_most, seed)

    assert {row for row in after if row < n_rows} <= set(before)


@given(NUMBERS, NUMBERS, SEEDS)
def test_one_seed_draws_one_sample(n_rows, at_most, seed):
    assert np.array_equal(draw_sample(n_rows, at_most, seed), draw_sample(n_rows, at_most, seed))


@pytest.mark.parametrize("seed", [0, 1, 7, 2**31 - 1])
def test_sample_is_spread_evenly(seed):
    """Of 10 000 rows 1 000 are drawn: 100 from each tenth, with a standard deviation of 9; five of them are allowed."""
    sample = draw_sample(10_000, 1000, seed)

    assert np.all(np.abs(np.bincount(sample // 1000, minlength=10) - 100) < 45)


def test_another_seed_draws_another_sample():
    one, other = set(draw_sample(10_000, 1000, 0)), set(draw_sample(10_000, 1000, 1))

    assert len(one & other) < 200  # 100 are expected by chance, with a standard deviation of 9
