"""The confidence of a row is its highest probability, whichever way it is found."""

import numpy as np
import pytest

from pseudolabel.data.confidence import FEW_CLASSES, confidence_of


@pytest.mark.parametrize("n_classes", [1, 2, FEW_CLASSES, FEW_CLASSES + 1, 50])
@pytest.mark.parametrize("n_rows", [0, 1, 300])
@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_it_is_the_highest_of_each_row_and_the_probabilities_stay_as_they_are(n_rows, n_classes, kind):
    probabilities = np.random.default_rng(0).dirichlet(np.ones(n_classes), n_rows).astype(kind)
    before = probabilities.copy()

    found = confidence_of(probabilities)

    assert found.dtype == kind
    assert np.array_equal(found, before.max(axis=1, initial=0.0))
    assert np.array_equal(probabilities, before)
