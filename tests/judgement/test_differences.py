"""The standard errors are the formulas they claim to be."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import t as student_t

from pseudolabel.data.folds import deal_folds
from pseudolabel.judgement.differences import Difference, Rows, of_folds, of_rows, wider

ANSWERS = arrays(
    np.float64, st.tuples(st.integers(1, 4), st.integers(2, 40)), elements=st.sampled_from([-1.0, 0.0, 1.0])
)


def single(n_rows, n_repeats=1):
    return Rows(np.zeros((n_repeats, n_rows), dtype=int), np.ones(n_rows), np.arange(n_rows))


@given(ANSWERS)
def test_the_error_of_rows_is_bonett_and_prices_or_the_unaveraged_one_if_larger(differences):
    n_rows = differences.shape[1]
    rows = [sum(column) / len(column) for column in differences.T.tolist()]
    cells = differences.ravel().tolist()
    mean = sum(cells) / len(cells)

    found = of_rows(differences, single(n_rows))

    with_two = [*rows, 1.0, -1.0]
    centre = sum(with_two) / len(with_two)
    shrunk = math.sqrt(sum((value - centre) ** 2 for value in with_two)) / len(with_two)
    unaveraged = math.sqrt(sum((value - mean) ** 2 for value in cells) / len(cells) / (n_rows - 1))
    assert found.estimate == pytest.approx(mean)
    assert found.error == pytest.approx(max(shrunk, unaveraged))
    assert found.upper - found.estimate == pytest.approx(student_t.ppf(0.95, n_rows - 1) * found.error)


@given(arrays(np.float64, (4, 40), elements=st.floats(-2, 2)))
def test_the_error_of_folds_is_nadeau_and_bengios(values):
    fold = np.array([deal_folds(np.zeros(40, dtype=int), 5, seed) for seed in range(4)])
    means = [values[repeat][fold[repeat] == number].mean() for repeat in range(4) for number in range(5)]

    found = of_folds(values, Rows(fold, np.ones(40), np.arange(40)))

    variance = sum((value - sum(means) / 20) ** 2 for value in means) / 19
    assert found.estimate == pytest.approx(sum(means) / 20, abs=1e-9)
    assert found.error == pytest.approx(math.sqrt((1 / 20 + 1 / 4) * variance), abs=1e-9)


@given(ANSWERS)
def test_swapping_the_models_mirrors_the_interval(differences):
    rows = single(differences.shape[1])
    one, other = of_rows(differences, rows), of_rows(-differences, rows)

    assert (one.estimate, one.lower, one.upper) == pytest.approx((-other.estimate, -other.upper, -other.lower))


def test_rows_of_a_group_count_as_one():
    answers = np.random.default_rng(0).choice([-1.0, 0.0, 1.0], size=(1, 30))
    thrice = np.repeat(answers, 3, axis=1)

    grouped = of_rows(thrice, Rows(np.zeros((1, 90), dtype=int), np.ones(90), np.repeat(np.arange(30), 3)))

    alone = of_rows(answers, single(30))
    assert (grouped.estimate, grouped.error, grouped.freedom) == pytest.approx((alone.estimate, alone.error, 29))


def test_a_row_of_weight_two_counts_twice_in_the_estimate():
    values = np.array([[1.0, 0.0, 0.0]])
    weight = np.array([2.0, 1.0, 1.0])

    found = of_rows(values, Rows(np.zeros((1, 3), dtype=int), weight / weight.mean(), np.arange(3)))

    assert found.estimate == pytest.approx(0.5)


def test_a_single_repeat_is_as_uncertain_as_its_rows_or_its_folds_whichever_is_more():
    fold = np.arange(200)[np.newaxis] % 10
    rows = Rows(fold, np.ones(200), np.arange(200))
    # The same in every fold: only the rows vary. Then one fold against the other: only the folds do.
    alike = np.where(np.arange(200) // 10 % 2 == 0, 1.0, -1.0)[np.newaxis]
    apart = np.where(fold % 2 == 0, 1.0, -1.0)

    assert of_folds(alike, rows).error == 0
    assert of_rows(alike, rows).freedom == 199
    assert of_rows(apart, rows) == of_folds(apart, rows)
    assert of_rows(apart, rows).freedom == 9


def test_the_wider_of_two_keeps_the_first_estimate():
    narrow, wide = Difference(1.0, 0.1, 50), Difference(1.2, 0.3, 9)

    assert wider(narrow, wide) == Difference(1.0, 0.3, 9)


def test_a_detectable_difference_shrinks_with_the_root_of_the_rows():
    answers = np.random.default_rng(0).choice([-1.0, 0.0, 1.0], size=(1, 200))

    few, many = of_rows(answers, single(200)), of_rows(np.tile(answers, 4), single(800))

    assert few.detectable() / many.detectable() == pytest.approx(2, rel=0.03)
