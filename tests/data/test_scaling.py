"""Columns on one scale, whatever their unit."""

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given
from hypothesis import strategies as st
from sklearn.preprocessing import QuantileTransformer

from pseudolabel.data.scaling import MOST_QUANTILES, SEED, learn_ranks, learn_scaling

RANDOM = np.random.default_rng(0)
ROWS = np.column_stack([RANDOM.lognormal(size=200), RANDOM.integers(0, 3, 200)])


@given(st.floats(1e-3, 1e3), st.floats(-1e3, 1e3))
def test_units_do_not_matter(factor, offset):
    other = ROWS * factor + offset

    assert np.allclose(learn_scaling(other).apply(other), learn_scaling(ROWS).apply(ROWS), atol=1e-3)


def test_a_column_of_many_values_also_has_its_rank_and_a_flag_has_not():
    scaled = learn_scaling(ROWS).apply(ROWS)

    assert scaled.shape == (200, 3)
    assert np.array_equal(np.argsort(scaled[:, 2], kind="stable"), np.argsort(ROWS[:, 0], kind="stable"))


def test_an_outlier_is_merely_the_last_one():
    wild = np.vstack([ROWS, [[1e9, 1]]])

    assert learn_scaling(wild).apply(wild)[:, 2].max() < 3.2


@pytest.mark.parametrize("n_rows", [1, 12, 150, 777, 10_001])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_ranks_are_learnt_as_scikit_learn_does_to_the_last_bit(n_rows, dtype):
    random = np.random.default_rng(n_rows)
    columns = np.column_stack([random.lognormal(size=n_rows), random.integers(0, 30, n_rows)]).astype(dtype)

    ours = learn_ranks(columns)

    theirs = QuantileTransformer(n_quantiles=min(MOST_QUANTILES, n_rows), random_state=SEED).fit(columns)
    assert vars(ours).keys() == vars(theirs).keys()
    assert np.array_equal(ours.quantiles_, theirs.quantiles_)
    assert np.array_equal(ours.transform(columns), theirs.transform(columns))


def test_gaps_become_the_median():
    gapped = np.array([[1.0], [2.0], [9.0], [np.nan]])
    scaled = learn_scaling(gapped).apply(gapped)

    assert scaled[3] == scaled[1]


def test_a_column_without_any_value_stays_and_says_nothing():
    gapped = np.column_stack([ROWS, np.full(200, np.nan)])

    scaled = learn_scaling(gapped).apply(gapped)

    assert np.isfinite(scaled).all()
    assert np.all(scaled[:, 2] == scaled[0, 2])


def test_sparse_rows_stay_sparse():
    sparse = sp.csr_array(np.eye(5) * 7)

    scaled = learn_scaling(sparse).apply(sparse)

    assert sp.issparse(scaled)
    assert scaled.max() == 1
