"""A member's out-of-fold predictions never come from a model that saw the row."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import BaseEstimator, RegressorMixin
from strategies import Log

from pseudolabel.data.block import Block
from pseudolabel.data.folds import deal_folds
from pseudolabel.learning.regression.boosting import boosting_member
from pseudolabel.learning.regression.forests import forest_member, random_trees_member
from pseudolabel.learning.regression.kernels import choosy_process_member, gaussian_process_member
from pseudolabel.learning.regression.linear import linear_member
from pseudolabel.learning.regression.member import Member
from pseudolabel.learning.regression.scaling import learn_scaling

N_ROWS = 60
IDS = np.arange(N_ROWS, dtype=float)
ROWS = np.column_stack([IDS, np.sin(IDS)])


class Memory(RegressorMixin, BaseEstimator):
    """Refuses to predict a row it was fitted on; writes down every fit."""

    def __init__(self, log=None):
        self.log = log

    def fit(self, X, y, cost=None):
        self.seen_ = set(X[:, 0])
        self.log.append((sorted(self.seen_), cost))
        return self

    def predict(self, X):
        met = self.seen_ & set(X[:, 0])
        assert not met, f"rows {met} were predicted by the model that saw them"
        return np.zeros(len(X))


def folds(n_folds=5, seed=0):
    return deal_folds(np.zeros(N_ROWS, dtype=np.int64), n_folds, seed)


def members_for(matrix):
    scaling = learn_scaling(matrix, seed=0)
    return [
        forest_member(0),
        random_trees_member(0),
        linear_member(scaling),
        gaussian_process_member(scaling),
        choosy_process_member(scaling),
        boosting_member(0),
    ]


@settings(max_examples=20)
@given(st.integers(2, 5), st.integers(0, 100))
def test_no_row_is_predicted_by_a_model_that_saw_it(n_folds, seed):
    _, out_of_fold = Member("memory", Memory(Log()), "given").fit(Block(ROWS), IDS, folds(n_folds, seed))

    assert np.isfinite(out_of_fold).all()


def test_the_model_itself_is_fitted_on_every_row():
    log = Log()

    Member("memory", Memory(log), "given").fit(Block(ROWS), IDS, folds(3))

    assert sorted(len(seen) for seen, _ in log) == [40, 40, 40, 60]


@pytest.mark.parametrize("users", [True, False])
def test_values_for_the_users_estimator_go_to_no_other_member(users):
    log = Log()
    block = Block(ROWS, metadata={"cost": 10 * np.arange(N_ROWS)})

    Member("memory", Memory(log), "given", users=users).fit(block, IDS, folds(3))

    assert {cost is not None for _, cost in log} == {users}


@pytest.mark.parametrize("number", range(6), ids=[member.name for member in members_for(ROWS)])
def test_predictions_of_meaningless_targets_are_no_better_than_chance(number):
    """A model asked about rows it saw would come near the targets; honest predictions know nothing of them.

    The correlation of 200 independent pairs has a standard deviation of 0.07; four of them are allowed.
    """
    random = np.random.default_rng(0)
    rows, targets = random.normal(size=(200, 5)), random.normal(size=200)
    fold = deal_folds(np.zeros(200, dtype=np.int64), 5, 0)

    _, out_of_fold = members_for(rows)[number].fit(Block(rows, matrix=rows), targets, fold)

    assert np.ptp(out_of_fold) == 0 or np.corrcoef(out_of_fold, targets)[0, 1] < 0.28


@pytest.mark.parametrize("number", range(6), ids=[member.name for member in members_for(ROWS)])
def test_members_take_gaps_outliers_and_columns_that_are_empty(number):
    rows = np.column_stack([ROWS, np.full(N_ROWS, np.nan), np.ones(N_ROWS)])
    rows[::7, 1], rows[3, 0] = np.nan, 1e12

    _, out_of_fold = members_for(rows)[number].fit(Block(rows, matrix=rows), np.sin(IDS), folds())

    assert np.isfinite(out_of_fold).all()


def test_a_forest_does_not_keep_what_it_said_of_the_rows_it_learnt_from():
    model, _ = forest_member(0).fit(Block(ROWS, matrix=ROWS), IDS, folds())

    assert not hasattr(model.estimator, "oob_prediction_")
