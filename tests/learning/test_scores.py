"""The likeliest class of a row, and its probability."""

import numpy as np
from hypothesis import given
from strategies import probability_tables

from pseudolabel.learning.scores import Scores


@given(probability_tables())
def test_confidence_is_the_probability_of_the_class_given(probabilities):
    scores = Scores(probabilities)

    assert np.array_equal(scores.confidence, probabilities[np.arange(len(probabilities)), scores.codes])


@given(probability_tables())
def test_confidence_lies_between_an_equal_share_and_one(probabilities):
    confidence = Scores(probabilities).confidence

    assert np.all((confidence >= 1 / probabilities.shape[1] - 1e-9) & (confidence <= 1))
