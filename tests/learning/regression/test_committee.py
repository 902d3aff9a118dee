"""A committee goes on without a member that fails, says so, and is the same on any number of processors."""

import numpy as np
import pytest
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.linear_model import LinearRegression

from pseudolabel.data.block import Block
from pseudolabel.learning.regression.committee import fit_committee
from pseudolabel.learning.regression.forests import forest_member, random_trees_member
from pseudolabel.learning.regression.kernels import gaussian_process_member
from pseudolabel.learning.regression.linear import linear_member
from pseudolabel.learning.regression.member import Member
from pseudolabel.learning.regression.scaling import learn_scaling

RANDOM = np.random.default_rng(0)
ROWS = RANDOM.normal(size=(80, 4))
TARGETS = np.sin(2 * ROWS[:, 0]) + ROWS[:, 1] + 0.1 * RANDOM.normal(size=80)
BLOCK = Block(ROWS, matrix=ROWS)


class Broken(RegressorMixin, BaseEstimator):
    def fit(self, X, y):
        raise ZeroDivisionError("no such thing")


class Lost(RegressorMixin, BaseEstimator):
    def fit(self, X, y):
        self.fitted_ = True
        return self

    def predict(self, X):
        return np.full(len(X), np.nan)


def members():
    scaling = learn_scaling(ROWS, seed=0)
    return [forest_member(0), random_trees_member(0), linear_member(scaling), gaussian_process_member(scaling)]


def committee_of(*those, n_jobs=None):
    return fit_committee(those, BLOCK, TARGETS, seed=0, n_jobs=n_jobs)


@pytest.mark.parametrize(
    ("failing", "reason"),
    [(Broken(), "ZeroDivisionError: no such thing"), (Lost(), "It predicts numbers that are not finite.")],
    ids=["raises", "predicts nothing"],
)
def test_a_member_that_fails_is_left_out_with_the_reason(failing, reason):
    committee, evidence = committee_of(Member("failing", failing), Member("line", LinearRegression()))

    assert committee.left_out == {"failing": reason}
    assert [seat.name for seat in committee.seats] == ["line"]
    assert evidence.values.shape == (80, 1)


def test_when_every_member_fails_the_mean_predicts():
    committee, _ = committee_of(Member("failing", Broken()))

    assert np.allclose(committee.predict(BLOCK), TARGETS.mean())
    assert [seat.name for seat in committee.seats] == ["mean"]


def test_a_committee_is_the_same_on_any_number_of_processors():
    one, evidence_of_one = committee_of(*members())
    three, evidence_of_three = committee_of(*members(), n_jobs=3)

    assert one.predict(BLOCK).tobytes() == three.predict(BLOCK).tobytes()
    assert evidence_of_one.values.tobytes() == evidence_of_three.values.tobytes()


def test_no_member_is_followed_beyond_the_given_targets():
    committee, _ = committee_of(Member("line", LinearRegression()))
    far = Block(1000 * ROWS, matrix=1000 * ROWS)

    assert set(committee.predict(far).round(9)) <= {TARGETS.min().round(9), TARGETS.max().round(9)}


def test_a_committee_predicts_better_than_its_members_on_average():
    random = np.random.default_rng(1)
    rows = random.normal(size=(500, 4))
    truth = np.sin(2 * rows[:, 0]) + rows[:, 1]
    committee, _ = committee_of(*members())

    votes = committee.votes(Block(rows, matrix=rows))

    errors = np.sqrt(np.mean((votes.values - truth[:, np.newaxis]) ** 2, axis=0))
    assert np.sqrt(np.mean((votes.predictions() - truth) ** 2)) < errors.mean()


def test_shuffled_targets_give_a_committee_that_hardly_beats_the_mean():
    """A single member that saw what it predicts would halve the error; honest ones may gain a few percent by chance."""
    shuffled = np.random.default_rng(2).permutation(TARGETS)

    _, evidence = fit_committee(members(), BLOCK, shuffled, seed=0, n_jobs=None)

    assert np.mean((evidence.predictions() - shuffled) ** 2) > 0.9 * shuffled.var()


def test_disagreement_is_none_where_all_say_the_same():
    committee, _ = committee_of(Member("line", LinearRegression()), Member("same line", LinearRegression()))

    assert np.allclose(committee.votes(BLOCK).disagreement(), 0)


def test_a_blend_leans_on_the_member_by_its_share():
    committee, evidence = committee_of(*members())

    forest, all_together = evidence.values[:, 0], evidence.predictions()

    assert np.allclose(evidence.blend("forest", 0.25), 0.25 * forest + 0.75 * all_together)
    assert np.array_equal(evidence.blend("nobody", 0.25), all_together)
    assert committee.model_of("nobody") is None
