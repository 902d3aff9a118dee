"""The committee's vote goes to the members that are right on rows they did not see."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.dummy import DummyClassifier
from sklearn.naive_bayes import GaussianNB
from strategies import flowers

from pseudolabel.data.block import Block
from pseudolabel.learning.calibration import fit_temperature, with_temperature
from pseudolabel.learning.committee.member import EstimatorMember, Lesson
from pseudolabel.learning.teacher import (
    ENOUGH_HELD_OUT,
    brier_score,
    deal_lesson_folds,
    enough_folds,
    fit_teacher,
)

X, CODES = flowers(90)
CLASSES = np.array(["ash", "birch", "cedar"])
GOOD = EstimatorMember("good", GaussianNB(), "given")
BLIND = EstimatorMember("blind", DummyClassifier(), "given")


class Liar(ClassifierMixin, BaseEstimator):
    """Sure of the class after the right one."""

    def fit(self, X, y):
        self.honest_ = GaussianNB().fit(X, y)
        self.classes_ = self.honest_.classes_
        return self

    def predict_proba(self, X):
        return np.roll(self.honest_.predict_proba(X), 1, axis=1)


def teacher_of(*members, rows=slice(None), codes=CODES):
    lesson = Lesson(Block(X[rows]), codes[rows], CLASSES, deal_lesson_folds(codes[rows], 0), Block(X[:0]))
    return fit_teacher(members, lesson, left_out={})


def weights(teacher):
    return {seat.name: seat.weight for seat in teacher.seats}


@pytest.mark.parametrize("order", [(GOOD, BLIND), (BLIND, GOOD)], ids=["good first", "good last"])
def test_the_better_member_has_the_greater_weight(order):
    teacher = teacher_of(*order)

    assert weights(teacher)["good"] > 0.9


def test_a_hopeless_member_has_next_to_no_weight():
    teacher = teacher_of(GOOD, EstimatorMember("liar", Liar(), "given"))

    assert weights(teacher)["liar"] < 0.01


def test_members_that_are_as_good_share_the_vote():
    teacher = teacher_of(GOOD, EstimatorMember("twin", GaussianNB(), "given"))

    assert weights(teacher) == {"good": 0.5, "twin": 0.5}


def test_weights_sum_to_one():
    assert sum(weights(teacher_of(GOOD, BLIND, EstimatorMember("liar", Liar(), "given"))).values()) == pytest.approx(1)


def test_more_labels_make_the_choice_clearer():
    few, many = teacher_of(GOOD, BLIND, rows=slice(12)), teacher_of(GOOD, BLIND)

    assert 0.5 < weights(few)["good"] < weights(many)["good"]


def test_one_label_of_each_class_lets_members_share_the_vote_unjudged():
    teacher = teacher_of(GOOD, BLIND, rows=slice(3))

    assert weights(teacher) == {"good": 0.5, "blind": 0.5}
    assert {(seat.brier, seat.temperature) for seat in teacher.seats} == {(None, 1.0)}


def test_votes_are_probabilities():
    votes = teacher_of(GOOD, BLIND).probabilities(Block(X))

    assert np.allclose(votes.sum(axis=1), 1)
    assert np.all(votes > 0)


def test_a_brier_score_is_nought_at_best_and_two_at_worst():
    codes = np.array([0, 1])

    assert (brier_score(np.eye(2), codes), brier_score(np.eye(2)[::-1], codes)) == (0, 2)


class Broken(ClassifierMixin, BaseEstimator):
    """Fails, as a member that cannot handle the data does."""

    def fit(self, X, y):
        raise ValueError("no such matrix can be inverted\nsee the manual")


def test_a_member_that_fails_is_left_out_with_its_reason():
    teacher = teacher_of(GOOD, EstimatorMember("broken", Broken(), "given"))

    assert [seat.name for seat in teacher.seats] == ["good"]
    assert dict(teacher.left_out) == {"broken": "failed: no such matrix can be inverted"}


@pytest.mark.parametrize(
    "members",
    [[EstimatorMember("alone", Broken(), "given")], [GOOD, EstimatorMember("users", Broken(), "given", users=True)]],
    ids=["the only one", "the user's"],
)
def test_a_member_that_is_needed_may_not_fail(members):
    with pytest.raises(ValueError, match="no such matrix"):
        teacher_of(*members)


def test_shuffled_labels_give_a_teacher_that_is_hardly_surer_than_chance():
    shuffled = np.random.default_rng(0).permutation(CODES)

    sure_of_noise = teacher_of(GOOD, BLIND, codes=shuffled).probabilities(Block(X)).max(axis=1).mean()
    sure_of_truth = teacher_of(GOOD, BLIND).probabilities(Block(X)).max(axis=1).mean()

    assert sure_of_noise < 0.5 < 0.9 < sure_of_truth


@given(st.integers(2, 12_000), st.integers(2, 4), st.integers(0, 9))
def test_no_more_folds_are_kept_than_hold_out_enough_rows(n_rows, n_classes, seed):
    dealt = deal_lesson_folds(np.random.default_rng(seed).integers(0, n_classes, n_rows), seed)

    kept = enough_folds(dealt)

    n_kept, held_out = kept.max() + 1, np.count_nonzero(kept >= 0)
    assert np.array_equal(kept[kept >= 0], dealt[kept >= 0])
    assert held_out >= min(ENOUGH_HELD_OUT, np.count_nonzero(dealt >= 0))
    assert n_kept <= 1 or np.count_nonzero((kept >= 0) & (kept < n_kept - 1)) < ENOUGH_HELD_OUT


def test_a_teacher_is_judged_by_the_rows_that_were_held_out_and_by_no_others():
    fold = np.where(np.arange(90) % 5 == 0, 0, -1)
    held_out = fold == 0

    [seat] = fit_teacher([GOOD], Lesson(Block(X), CODES, CLASSES, fold, Block(X[:0])), left_out={}).seats

    honest = GaussianNB().fit(X[~held_out], CODES[~held_out]).predict_proba(X[held_out])
    temperature = fit_temperature(honest, CODES[held_out])
    assert seat.temperature == pytest.approx(temperature)
    assert seat.brier == pytest.approx(brier_score(with_temperature(honest, temperature), CODES[held_out]))
