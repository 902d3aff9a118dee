"""A sample has the size asked for and depends on nothing but position and seed."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pseudolabel.data import sample as sample_module
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


@given(NUMBERS, NUMBERS, st.sets(st.integers(0, 299)), SEEDS)
def test_rows_that_take_part_anyway_are_not_drawn(n_rows, at_most, besides, seed):
    besides = np.array(sorted(row for row in besides if row < n_rows), dtype=np.int64)

    sample = draw_sample(n_rows, at_most, seed, besides=besides)

    assert len(sample) == min(n_rows - len(besides), at_most)
    assert not set(sample) & set(besides)


@given(NUMBERS, NUMBERS, st.sets(st.integers(0, 299)), SEEDS)
def test_a_row_that_gets_a_label_gives_its_place_to_one_other(n_rows, at_most, besides, seed):
    besides = np.array(sorted(row for row in besides if row < n_rows), dtype=np.int64)
    among_all = draw_sample(n_rows, at_most, seed)

    sample = draw_sample(n_rows, at_most, seed, besides=besides)

    assert set(among_all) - set(besides) <= set(sample)


@given(NUMBERS, NUMBERS, st.sets(st.integers(0, 299)), SEEDS, st.integers(1, 50))
def test_the_sample_does_not_depend_on_how_many_rows_are_looked_at_at_a_time(n_rows, at_most, besides, seed, block):
    besides = np.array(sorted(row for row in besides if row < n_rows), dtype=np.int64)
    expected = draw_sample(n_rows, at_most, seed, besides=besides)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sample_module, "BLOCK_ROWS", block)
        found = draw_sample(n_rows, at_most, seed, besides=besides)

    assert np.array_equal(found, expected)


@pytest.mark.parametrize("seed", [0, 1, 7, 2**31 - 1])
def test_sample_is_spread_evenly(seed):
    """Of 10 000 rows 1 000 are drawn: 100 from each tenth, with a standard deviation of 9; five of them are allowed."""
    sample = draw_sample(10_000, 1000, seed)

    assert np.all(np.abs(np.bincount(sample // 1000, minlength=10) - 100) < 45)


def test_another_seed_draws_another_sample():
    one, other = set(draw_sample(10_000, 1000, 0)), set(draw_sample(10_000, 1000, 1))

    assert len(one & other) < 200  # 100 are expected by chance, with a standard deviation of 9
