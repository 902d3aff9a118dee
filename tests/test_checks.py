"""Policies of ours keep every promise, and a policy that breaks one is told which."""

import numpy as np
import pytest
from sklearn.base import BaseEstimator
from strategies import flowers, hidden_rows

from pseudolabel import Curriculum, PseudoLabelClassifier, Soft, Threshold, Top
from pseudolabel.checks import check_policy

X, CODES = flowers(60)


@pytest.mark.parametrize("policy", [Soft(), Threshold(0.6), Top(5), Curriculum(0.4)], ids=str)
def test_our_policies_keep_every_promise(policy):
    check_policy(policy)


class Margin(BaseEstimator):
    """A third party's: trust grows with the distance between the likeliest class and the next."""

    def __init__(self, power=1.0):
        self.power = power

    def weigh(self, scores):
        second, first = np.sort(scores.probabilities, axis=1)[:, -2:].T
        return (first - second) ** self.power


class Stateful(Margin):
    def weigh(self, scores):
        self.power += 1
        return super().weigh(scores)


class Positional(Margin):
    def weigh(self, scores):
        return np.linspace(0, 1, len(scores.codes))


class Double(Margin):
    def weigh(self, scores):
        return 2 * super().weigh(scores)


class Counting(Margin):
    def weigh(self, scores):
        return np.ones(len(scores.codes), dtype=int)


class Total(Margin):
    def weigh(self, scores):
        return super().weigh(scores).sum(keepdims=True)


class Meddling(Margin):
    def weigh(self, scores):
        scores.probabilities[:] = 0.5
        return np.ones(len(scores.codes))


class Plain:
    def weigh(self, scores):
        return np.ones(len(scores.codes))


def test_a_policy_of_ones_own_keeps_them_and_selects():
    policy = Margin(power=2.0)
    check_policy(policy)

    model = PseudoLabelClassifier(selection=policy, random_state=0).fit(X, np.where(hidden_rows(60), -1, CODES))

    assert (model.predict(X) == CODES).mean() > 0.8


@pytest.mark.parametrize(
    ("policy", "promise"),
    [
        (Stateful(), "same weights for the same scores"),
        (Positional(), "wherever it stands"),
        (Double(), "from 0 to 1"),
        (Counting(), "must give decimals"),
        (Total(), "one weight a row"),
        (Meddling(), "changed the scores"),
        (Plain(), "BaseEstimator"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_broken_promise_is_named(policy, promise):
    with pytest.raises(AssertionError, match=promise):
        check_policy(policy)


@pytest.mark.parametrize("policy", ["threshold", 0.9, Plain], ids=str)
def test_what_is_no_policy_is_refused(policy):
    if policy is Plain:
        policy = object()
    with pytest.raises(ValueError, match=r"^PseudoLabelClassifier: `selection` must be None or a policy"):
        PseudoLabelClassifier(selection=policy).fit(X, np.where(hidden_rows(60), -1, CODES))


@pytest.mark.parametrize("policy", [Double(), Total()], ids=lambda policy: type(policy).__name__)
def test_a_broken_policy_is_not_learnt_from(policy):
    with pytest.raises(ValueError, match=r"weigh must give a number from 0 to 1 for each of 36 rows"):
        PseudoLabelClassifier(selection=policy).fit(X, np.where(hidden_rows(60), -1, CODES))


def test_trusting_nothing_leaves_the_student_with_the_labels():
    y = np.where(hidden_rows(60), -1, CODES)

    model = PseudoLabelClassifier(selection=Threshold(1.0), mixture="safe", random_state=0).fit(X, y)

    assert np.allclose(model.predict_proba(X), model.predict_proba_labels_only(X))
