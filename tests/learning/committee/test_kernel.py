"""Distances from a border become probabilities."""

import numpy as np
from strategies import flowers

from pseudolabel.learning.committee.kernel import MarginClassifier

X, CODES = flowers(60)


def test_the_likeliest_class_is_the_predicted_one():
    model = MarginClassifier().fit(X, CODES)

    assert np.mean(model.predict_proba(X).argmax(axis=1) == model.predict(X)) > 0.95


def test_a_class_without_weight_is_as_if_it_were_not_there():
    weight = np.where(CODES == 1, 0.0, 1.0)

    model = MarginClassifier().fit(X, CODES, weight)

    assert model.classes_.tolist() == [0, 2]
    assert np.array_equal(
        model.predict_proba(X), MarginClassifier().fit(X[CODES != 1], CODES[CODES != 1]).predict_proba(X)
    )
