"""Weights of members are a fair share that falls with the error."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pseudolabel.learning.regression.weights import weigh_members


def votes_with_noise(noise, n_rows=60, seed=0):
    random = np.random.default_rng(seed)
    targets = random.normal(size=n_rows)
    return targets[:, np.newaxis] + random.normal(size=(n_rows, len(noise))) * noise, targets


@given(st.lists(st.floats(0, 5), min_size=1, max_size=6), st.integers(2, 80), st.integers(0, 100))
def test_weights_are_shares(noise, n_rows, seed):
    weights = weigh_members(*votes_with_noise(noise, n_rows, seed))

    assert np.all(weights >= 0)
    assert np.isclose(weights.sum(), 1)


@given(st.lists(st.floats(0, 5), min_size=2, max_size=6), st.integers(0, 100))
def test_the_member_that_errs_least_counts_most(noise, seed):
    votes, targets = votes_with_noise(noise, seed=seed)

    weights = weigh_members(votes, targets)

    assert weights[((votes - targets[:, np.newaxis]) ** 2).sum(axis=0).argmin()] == weights.max()


def test_a_useless_member_hardly_counts():
    weights = weigh_members(*votes_with_noise([0.3, 0.3, 2.0]))

    assert weights[2] < 0.02


@given(st.floats(0.01, 100), st.floats(-100, 100))
def test_neither_unit_nor_origin_of_the_target_matters(unit, origin):
    votes, targets = votes_with_noise([0.3, 0.5, 1.0])

    weights = weigh_members(votes * unit + origin, targets * unit + origin)

    assert np.allclose(weights, weigh_members(votes, targets), atol=1e-6)


def test_one_outlier_decides_less_than_many_rows():
    """Both members have the same excess over the first; one owes it to a single row."""
    targets = np.tile([-1.0, 1.0], 50)
    good, even, single = targets + 0.1, targets + np.sqrt(0.01 + 0.5), targets + 0.1
    single[0] += np.sqrt(0.01 + 50) - 0.1

    weights = weigh_members(np.column_stack([good, even, single]), targets)

    assert weights[1] < 0.2 * weights[2] < 0.2 * weights[0]
