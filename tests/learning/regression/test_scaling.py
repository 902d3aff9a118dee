"""Scaled columns are of like size, without gaps, and no outlier stands alone."""

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.base import clone

from pseudolabel.learning.regression.roster import call_roster
from pseudolabel.learning.regression.scaling import Squash, learn_scaling

CELLS = st.floats(-1e9, 1e9) | st.sampled_from([np.nan, np.inf, -np.inf])


@given(arrays(float, st.tuples(st.integers(1, 30), st.integers(1, 4)), elements=CELLS))
def test_scaled_rows_have_no_gaps_and_columns_a_deviation_of_one_or_none(X):
    scaled = Squash().fit_transform(X)

    assert np.isfinite(scaled).all()
    assert np.all((np.abs(scaled.std(axis=0) - 1) < 1e-6) | (scaled.std(axis=0) < 1e-6))


@given(arrays(float, st.tuples(st.integers(2, 30), st.just(1)), elements=st.integers(-1000, 1000).map(float)))
def test_order_is_kept(X):
    scaled = Squash().fit_transform(X)

    assert np.all(np.diff(scaled[np.argsort(X[:, 0], kind="stable"), 0]) >= -1e-12)


def test_an_outlier_is_drawn_in():
    column = np.append(np.random.default_rng(0).normal(size=100), 1e6)[:, np.newaxis]

    assert Squash().fit_transform(column).max() < 5


def test_neither_unit_nor_origin_of_a_column_matters():
    X = np.random.default_rng(0).normal(size=(50, 2))

    assert np.allclose(Squash().fit_transform(X * [1000, 0.001] + [5, -5]), Squash().fit_transform(X))


def test_a_learnt_scaling_stays_as_it_is_when_cloned_and_fitted_again():
    X = np.random.default_rng(0).normal(size=(50, 2))
    scaling = learn_scaling(X, seed=0)

    again = clone(scaling).fit(X[:5] * 100, None)

    assert np.array_equal(again.transform(X), scaling.transform(X))


@pytest.mark.parametrize(("n_columns", "n_kept"), [(1, 1), (50, 50), (200, 40)])
def test_a_wide_sparse_matrix_is_condensed(n_columns, n_kept):
    X = sp.random_array((40, n_columns), density=0.3, format="csr", rng=np.random.default_rng(0))

    scaled = learn_scaling(X, seed=0).transform(X)

    assert scaled.shape == (40, n_kept)
    assert np.isfinite(scaled).all()


def test_members_that_are_fitted_side_by_side_share_no_step():
    roster = call_roster(
        None, np.random.default_rng(0).normal(size=(40, 3)), full=True, seed=0, reseed=True, n_jobs=None
    )

    steps = [step for member in roster.members for _, step in getattr(member.estimator, "steps", [])]

    assert len(steps) == len({id(step) for step in steps})


@pytest.mark.parametrize("least", [np.finfo(float).tiny, 1e-200, 1e-12])
def test_a_middle_half_that_is_hardly_wider_than_nothing_divides_nothing(least):
    column = np.array([0.0, -1.0, *[least] * 6])[:, np.newaxis]

    assert np.isfinite(Squash().fit_transform(column)).all()
