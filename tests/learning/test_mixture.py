"""Who shares the vote has the same share, and the share is what counts."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.linear_model import Perceptron
from sklearn.naive_bayes import GaussianNB
from strategies import flowers, hidden_rows

from pseudolabel import PseudoLabelClassifier
from pseudolabel.data.block import Block
from pseudolabel.learning.mixture import KINDS, Mixture, Part, mix, shares_of
from pseudolabel.learning.model import fit_model

X, CODES = flowers(60)


class Says:
    """A voter that says the same of every row."""

    def __init__(self, *probabilities):
        self.probabilities_of_a_row = probabilities

    def probabilities(self, block):
        return np.tile(self.probabilities_of_a_row, (len(block.given), 1))


def test_a_vote_counts_as_much_as_its_share():
    parts = Part("one", 0.9, Says(1.0, 0.0)), Part("other", 0.1, Says(0.0, 1.0))

    assert Mixture(parts, np.arange(2)).probabilities(Block(X[:1])) == pytest.approx(np.array([[0.9, 0.1]]))


def test_known_class_shares_move_every_vote():
    voters = {"student": Says(0.6, 0.4)}

    told = mix({"student": 1.0}, voters, np.arange(2), np.array([1.0, 3.0]))

    assert told.probabilities(Block(X[:1])) == pytest.approx(np.array([[1 / 3, 2 / 3]]))


def test_a_single_model_is_asked_for_its_own_label():
    model = fit_model(Perceptron(), Block(X), CODES, np.arange(3))

    mixture = mix({"student": 1.0}, {"student": model}, np.arange(3))

    assert np.array_equal(mixture.predict(Block(X)), model.estimator.predict(X))


@pytest.mark.parametrize("kind", KINDS)
@given(n_labeled=st.integers(1, 100_000))
def test_shares_sum_to_one(kind, n_labeled):
    shares = shares_of(kind, n_labeled)

    assert sum(shares.values()) == pytest.approx(1)
    assert min(shares.values()) > 0


@given(fewer=st.integers(1, 1000), more=st.integers(1, 1000))
def test_the_more_labels_the_less_the_labels_only_model_keeps(fewer, more):
    fewer, more = sorted([fewer, more])

    assert 0.5 >= shares_of("balanced", fewer)["labels only"] >= shares_of("balanced", more)["labels only"]


@pytest.mark.parametrize(
    ("estimator", "asked", "voters"),
    [
        (None, None, ["labels only", "student", "teacher"]),
        (GaussianNB(), None, ["labels only", "student"]),
        (None, "safe", ["labels only", "student"]),
        (GaussianNB(), "bold", ["student", "teacher"]),
    ],
)
def test_who_votes_follows_from_the_mixture_and_by_default_from_the_estimator(estimator, asked, voters):
    y = np.where(hidden_rows(60), -1, CODES)

    mixture = PseudoLabelClassifier(estimator, mixture=asked, random_state=0).fit(X, y).mixture_

    assert [part.name for part in mixture.parts] == voters
