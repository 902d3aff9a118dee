"""A temperature changes how sure a model is, never which class it prefers, and is learnt from its mistakes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import probability_tables

from pseudolabel.learning.calibration import TEMPERATURES, fit_temperature, with_temperature

WITHIN = st.floats(*TEMPERATURES)


@given(probability_tables(), WITHIN)
def test_calibrated_rows_sum_to_one(probabilities, temperature):
    assert np.allclose(with_temperature(probabilities, temperature).sum(axis=1), 1)


@given(probability_tables(), WITHIN)
def test_no_class_overtakes_another(probabilities, temperature):
    calibrated = with_temperature(probabilities, temperature)

    order = np.argsort(probabilities, axis=1, kind="stable")
    assert np.all(np.diff(np.take_along_axis(calibrated, order, axis=1), axis=1) >= -1e-12)


@given(probability_tables(), WITHIN, WITHIN)
def test_a_higher_temperature_never_makes_surer(probabilities, one, other):
    low, high = sorted([one, other])

    sure = with_temperature(probabilities, low).max(axis=1)
    assert np.all(with_temperature(probabilities, high).max(axis=1) <= sure + 1e-12)


@given(st.integers(2, 5), WITHIN)
def test_no_class_is_ever_impossible_or_certain(n_classes, temperature):
    calibrated = with_temperature(np.eye(n_classes), temperature)

    assert np.all((calibrated > 0) & (calibrated < 1))


def test_temperature_one_only_mixes_in_an_even_share():
    assert with_temperature(np.array([[1.0, 0.0]]), 1.0) == pytest.approx(np.array([[0.99, 0.01]]))


@given(probability_tables(), st.integers(0, 10))
def test_temperature_stays_within_its_range(probabilities, seed):
    codes = np.random.default_rng(seed).integers(0, probabilities.shape[1], len(probabilities))

    assert TEMPERATURES[0] <= fit_temperature(probabilities, codes) <= TEMPERATURES[1]


def test_nothing_to_learn_from_changes_nothing():
    assert fit_temperature(np.empty((0, 2)), np.empty(0, dtype=int)) == 1.0


@pytest.mark.parametrize(("share_right", "cooler"), [(0.6, False), (1.0, True)])
def test_who_is_too_sure_is_made_less_sure_and_who_is_too_shy_surer(share_right, cooler):
    probabilities = np.tile([0.85, 0.15], (100, 1))
    codes = (np.arange(100) >= 100 * share_right).astype(int)

    assert (fit_temperature(probabilities, codes) < 1) is cooler


def test_temperature_that_blurred_probabilities_is_found_again():
    """Labels are drawn from true probabilities; 2 000 of them, and the even share mixed in, leave a tenth to miss."""
    random = np.random.default_rng(0)
    truth = random.dirichlet([5, 5, 5], size=2000)
    codes = np.array([random.choice(3, p=row) for row in truth])
    too_sure = truth**2 / (truth**2).sum(axis=1, keepdims=True)

    assert fit_temperature(too_sure, codes) == pytest.approx(2, abs=0.2)


def test_a_few_rows_hardly_move_the_temperature():
    few = fit_temperature(np.array([[0.9, 0.1]]), np.array([1]))
    many = fit_temperature(np.tile([0.9, 0.1], (50, 1)), np.ones(50, dtype=int))

    assert 1 < few < many
