"""Bounds of a share: right by their definition, in known cases and at the ends."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom, hypergeom

from pseudolabel.judgement.proportion import (
    exact_interval,
    fewest_right,
    lower_bound,
    lower_bound_of_all,
    rows_needed,
    wilson_interval,
)

counts = st.integers(1, 300).flatmap(lambda rows: st.tuples(st.integers(0, rows), st.just(rows)))


@given(counts, st.floats(0.5, 0.99))
def test_at_the_lower_bound_so_many_right_rows_are_just_as_unlikely_as_stated(counted, confidence):
    right, rows = counted

    bound = float(lower_bound(right, rows, confidence))

    assert bound == 0 if right == 0 else binom.sf(right - 1, rows, bound) == pytest.approx(1 - confidence, rel=1e-6)


@given(counts)
def test_intervals_hold_what_was_observed(counted):
    right, rows = counted

    for lower, upper in (exact_interval(right, rows, 0.9), wilson_interval(right, rows, 0.9)):
        assert 0 <= lower <= right / rows + 1e-12
        assert right / rows - 1e-12 <= upper <= 1


@pytest.mark.parametrize(
    ("confidence", "expected"),
    [(0.9, [45, 77, 105, 132, 158, 184]), (0.95, [59, 93, 124, 153])],
)
def test_the_rows_a_promise_of_95_percent_needs(confidence, expected):
    assert [rows_needed(errors, 0.95, confidence) for errors in range(len(expected))] == expected


@given(st.integers(0, 4), st.floats(0.3, 0.99), st.floats(0.5, 0.99))
def test_one_row_less_than_needed_is_not_enough(errors, precision, confidence):
    rows = rows_needed(errors, precision, confidence)

    assert lower_bound(rows - errors, rows, confidence) >= precision
    assert rows == errors + 1 or lower_bound(rows - 1 - errors, rows - 1, confidence) < precision


@pytest.mark.parametrize(("rows", "level", "half"), [(322, 0.9, 0.02), (457, 0.95, 0.02)])
def test_wilson_tells_95_percent_to_two_points(rows, level, half):
    lower, upper = wilson_interval(round(0.95 * rows), rows, level)

    assert (upper - lower) / 2 == pytest.approx(half, abs=5e-4)


@given(st.integers(2, 200), st.data())
def test_the_bound_of_a_large_part_is_the_smallest_total_that_is_not_too_unlikely(population, data):
    rows = data.draw(st.integers(1, population))
    right = data.draw(st.integers(0, rows))

    total = round(population * lower_bound_of_all(right, rows, population, 0.9))

    assert hypergeom.sf(right - 1, population, total, rows) > 0.1 + 1e-9
    assert total == right or hypergeom.sf(right - 1, population, total - 1, rows) <= 0.1 + 1e-9


@given(counts)
def test_where_all_rows_were_checked_the_bound_is_the_share(counted):
    right, rows = counted

    assert lower_bound_of_all(right, rows, rows, 0.9) == right / rows


@given(st.integers(1, 10_000), st.floats(0.01, 0.99))
def test_the_fewest_right_rows_reach_the_precision_and_one_less_does_not(population, precision):
    fewest = fewest_right(population, precision)

    assert fewest / population >= precision - 1e-9
    assert (fewest - 1) / population < precision


def test_bounds_are_taken_of_many_counts_at_once():
    np.testing.assert_allclose(lower_bound([45, 76], [45, 77], 0.9), [0.95012, 0.95042], atol=1e-5)
