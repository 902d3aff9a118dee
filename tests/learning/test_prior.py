"""Known class shares move probabilities halfway towards them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import probability_tables

from pseudolabel.errors import ParameterError
from pseudolabel.learning.prior import prior_factors, with_prior

CLASSES = np.array(["ash", "birch", "cedar"])
EVEN = np.array([10, 10, 10])
POSITIVE = st.floats(0.01, 10)


def test_shares_the_labels_already_have_change_nothing():
    assert prior_factors([1, 1, 1], CLASSES, EVEN) == pytest.approx(np.ones(3))


@given(st.lists(POSITIVE, min_size=3, max_size=3), POSITIVE)
def test_shares_may_have_any_sum(shares, times):
    scaled = [times * share for share in shares]

    assert np.allclose(prior_factors(scaled, CLASSES, EVEN), prior_factors(shares, CLASSES, EVEN))


@given(st.lists(POSITIVE, min_size=3, max_size=3))
def test_shares_by_name_and_in_order_are_the_same(shares):
    by_name = dict(zip(CLASSES[::-1], shares[::-1], strict=True))

    assert np.array_equal(prior_factors(by_name, CLASSES, EVEN), prior_factors(shares, CLASSES, EVEN))


@given(st.lists(POSITIVE, min_size=3, max_size=3))
def test_a_class_with_a_larger_share_gets_a_larger_factor(shares):
    factors = prior_factors(shares, CLASSES, EVEN)

    assert np.array_equal(np.argsort(factors, kind="stable"), np.argsort(shares, kind="stable"))


def test_correction_is_the_square_root_of_the_full_one():
    factors = prior_factors([1, 1, 2], CLASSES, np.array([19.5, 9.5, 9.5]))  # half a row is added to each

    assert factors**2 == pytest.approx(np.array([0.25 / 0.5, 0.25 / 0.25, 0.5 / 0.25]))


@given(probability_tables(), st.data())
def test_rows_still_sum_to_one(probabilities, data):
    n_classes = probabilities.shape[1]
    factors = np.array(data.draw(st.lists(POSITIVE, min_size=n_classes, max_size=n_classes)))

    assert np.allclose(with_prior(probabilities, factors).sum(axis=1), 1)


@pytest.mark.parametrize(
    "shares",
    [
        [1, 1],
        [1, 1, 0],
        [1, 1, -1],
        [1, 1, np.nan],
        [1, 1, np.inf],
        {"ash": 1, "birch": 1},
        {"ash": 1, "birch": 1, "cedar": 1, "oak": 1},
        "even",
        0.5,
        [[1, 1, 1]],
    ],
    ids=repr,
)
def test_unusable_shares_are_refused_with_the_classes(shares):
    with pytest.raises(ParameterError, match=r"`class_prior` must be .*for each of the classes \['ash', 'birch', 'ced"):
        prior_factors(shares, CLASSES, EVEN)
