"""Linear members on wide tables: what is outside the span of the training rows is left out, and nothing else."""

import numpy as np
import pytest
from sklearn.linear_model import BayesianRidge
from sklearn.preprocessing import FunctionTransformer

from pseudolabel.learning.committee.linear import MANY_COLUMNS, Span
from pseudolabel.learning.regression.linear import linear


@pytest.mark.parametrize("shape", [(30, 20), (30, MANY_COLUMNS), (MANY_COLUMNS + 50, MANY_COLUMNS + 10)])
def test_narrow_tables_and_tables_of_more_rows_than_columns_pass_through(shape):
    X = np.random.default_rng(0).normal(size=shape)

    assert Span().fit_transform(X) is X


def test_distances_between_training_rows_are_kept_in_as_many_columns_as_there_are_rows():
    X = np.random.default_rng(0).normal(size=(30, MANY_COLUMNS + 1)).astype(np.float32)

    turned = Span().fit_transform(X)

    assert turned.shape[1] <= 30
    assert np.allclose(
        np.linalg.norm(turned[:, None] - turned, axis=2), np.linalg.norm(X[:, None] - X, axis=2), rtol=1e-3
    )


def test_rows_that_are_all_equal_span_nothing():
    assert Span().fit_transform(np.ones((5, MANY_COLUMNS + 1))).shape == (5, 0)


@pytest.mark.parametrize("weighted", [False, True])
def test_a_ridge_regression_of_many_columns_says_in_their_span_what_it_says_outside(weighted):
    random = np.random.default_rng(0)
    X, new = random.normal(size=(40, MANY_COLUMNS + 200)), random.normal(size=(20, MANY_COLUMNS + 200))
    y = X[:, :5].sum(axis=1) + random.normal(size=40)
    weight = random.uniform(0.1, 2, 40) if weighted else None

    spanned = linear(FunctionTransformer()).fit(X, y, bayesianridge__sample_weight=weight)

    outside = BayesianRidge().fit(X, y, sample_weight=weight)
    assert np.allclose(spanned.predict(new), outside.predict(new), atol=1e-9)
    assert spanned[-1].sigma_.shape == (39, 39)
