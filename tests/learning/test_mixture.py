"""Who shares the vote has the same share, and the share is what counts."""

import numpy as np
import pytest
from sklearn.linear_model import Perceptron
from sklearn.naive_bayes import GaussianNB
from strategies import flowers, hidden_rows

from pseudolabel import PseudoLabelClassifier
from pseudolabel.data.block import Block
from pseudolabel.learning.mixture import Mixture, Part, mix
from pseudolabel.learning.model import fit_model

X, CODES = flowers(60)


class Says:
    """A voter that says the same of every row."""

    def __init__(self, *probabilities):
        self.probabilities_of_a_row = probabilities

    def probabilities(self, block):
        return np.tile(self.probabilities_of_a_row, (len(block.given), 1))


def test_voters_share_the_vote_evenly():
    mixture = mix(np.arange(2), one=Says(1.0, 0.0), other=Says(0.0, 1.0), third=Says(0.0, 1.0))

    assert mixture.probabilities(Block(X[:2])) == pytest.approx(np.array([[1 / 3, 2 / 3]] * 2))


def test_a_vote_counts_as_much_as_its_share():
    parts = Part("one", 0.9, Says(1.0, 0.0)), Part("other", 0.1, Says(0.0, 1.0))

    assert Mixture(parts, np.arange(2)).probabilities(Block(X[:1])) == pytest.approx(np.array([[0.9, 0.1]]))


def test_a_single_model_is_asked_for_its_own_label():
    model = fit_model(Perceptron(), Block(X), CODES, np.arange(3))

    mixture = mix(np.arange(3), student=model)

    assert np.array_equal(mixture.predict(Block(X)), model.estimator.predict(X))


@pytest.mark.parametrize(
    ("estimator", "voters"),
    [(None, ["labels only", "student", "teacher"]), (GaussianNB(), ["labels only", "student"])],
    ids=["default", "own"],
)
def test_model_of_the_labels_alone_keeps_its_share(estimator, voters):
    y = np.where(hidden_rows(60), -1, CODES)

    mixture = PseudoLabelClassifier(estimator, random_state=0).fit(X, y).mixture_

    assert [part.name for part in mixture.parts] == voters
    assert [part.share for part in mixture.parts] == pytest.approx([1 / len(voters)] * len(voters))
