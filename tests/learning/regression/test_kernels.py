"""A Gaussian process finds which columns matter, and is as sure as the targets allow."""

import numpy as np
import pytest
from scipy.optimize import approx_fprime
from sklearn.linear_model import LinearRegression

from pseudolabel.learning.regression import kernels
from pseudolabel.learning.regression.kernels import GaussianProcess

RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(60, 3))
Y = np.sin(2 * X[:, 0]) + 0.05 * RANDOM.normal(size=60)


@pytest.mark.parametrize("seed", range(5))
def test_the_slope_of_the_landscape_is_its_slope(seed):
    point = np.random.default_rng(seed).normal(size=7) / 2
    landscape = GaussianProcess()._landscape(X, Y, np.linspace(0.5, 2, 60))

    value, slope = landscape.loss(point)

    assert np.isfinite(value)
    assert np.allclose(slope, approx_fprime(point, lambda at: landscape.loss(at)[0], 1e-6), rtol=1e-3, atol=1e-3)


def test_a_curve_is_found_where_a_line_cannot_be_drawn():
    new = np.random.default_rng(1).normal(size=(300, 3))
    truth = np.sin(2 * new[:, 0])

    error = np.mean((GaussianProcess().fit(X, Y).predict(new) - truth) ** 2)

    assert error < 0.1 * np.mean((LinearRegression().fit(X, Y).predict(new) - truth) ** 2)


def test_a_column_that_does_not_matter_gets_a_longer_scale():
    scales = GaussianProcess().fit(X, Y).point_[4:]

    assert scales[0] < min(scales[1:]) - 1


def test_a_row_of_weight_zero_is_not_there():
    weight = np.ones(60)
    weight[::4] = 0
    wrong = np.where(weight == 0, 100.0, Y)

    weighted = GaussianProcess().fit(X, wrong, sample_weight=weight)

    assert np.allclose(weighted.predict(X), GaussianProcess().fit(X[weight > 0], Y[weight > 0]).predict(X))


def test_a_heavy_row_is_met_more_closely():
    outlying = Y.copy()
    outlying[0] += 3
    weight = np.where(np.arange(60) == 0, 50.0, 1.0)

    light, heavy = GaussianProcess().fit(X, outlying), GaussianProcess().fit(X, outlying, sample_weight=weight)

    assert abs(heavy.predict(X[:1])[0] - outlying[0]) < abs(light.predict(X[:1])[0] - outlying[0])


@pytest.mark.parametrize("seed", range(3))
def test_noise_tells_little_of_new_rows(seed):
    random = np.random.default_rng(seed)
    noise, new = random.normal(size=60), random.normal(size=(300, 3))

    assert np.mean(GaussianProcess().fit(X, noise).predict(new) ** 2) < 0.3 * noise.var()


@pytest.mark.parametrize("limit", ["MOST_ROWS", "MOST_ROWS_TO_TUNE", "MOST_COLUMNS_WITH_SCALES"])
def test_limits_of_size_leave_a_model_that_predicts(limit, monkeypatch):
    monkeypatch.setattr(kernels, limit, 40 if "ROWS" in limit else 2)

    model = GaussianProcess().fit(X, Y)

    assert np.mean((model.predict(X) - Y) ** 2) < 0.5 * Y.var()


@pytest.mark.parametrize("n_rows", [0, 1, 5000])
def test_any_number_of_rows_is_predicted(n_rows):
    rows = np.resize(X, (n_rows, 3))

    assert GaussianProcess().fit(X, Y).predict(rows).shape == (n_rows,)


@pytest.mark.parametrize("y", [Y * 1e9, Y * 1e-9, Y + 1e6, np.where(Y > 2, 1.0, 0.0), np.round(X[:, 0])], ids=str)
def test_targets_of_any_size_are_learnt(y):
    assert np.isfinite(GaussianProcess().fit(X, y).predict(X)).all()


def test_rows_that_are_there_twice_do_no_harm():
    twice = np.concatenate([X, X])

    model = GaussianProcess().fit(twice, np.concatenate([Y, Y]))

    assert np.mean((model.predict(X) - Y) ** 2) < 0.1 * Y.var()
