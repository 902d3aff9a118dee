"""A member's out-of-fold probabilities never come from a model that saw the row."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import Log, Recorder, flowers

from pseudolabel.data.block import Block
from pseudolabel.data.folds import deal_folds
from pseudolabel.learning.committee.forest import forest_member
from pseudolabel.learning.committee.linear import logistic_member
from pseudolabel.learning.committee.member import Member

X, CODES = flowers(60)
CLASSES = np.array(["ash", "birch", "cedar"])


class Memory(Recorder):
    """Refuses to score a row it was fitted on, except when it was fitted on all rows."""

    def predict_proba(self, X):
        met = set(self.log[-1].ids) & {int(row[0]) for row in X}
        assert not met, f"rows {met} were scored by the model that saw them"
        return super().predict_proba(X)


@settings(max_examples=25)
@given(st.integers(2, 5), st.integers(0, 100))
def test_no_row_is_scored_by_a_model_that_saw_it(n_folds, seed):
    rows = np.column_stack([np.arange(60), CODES])
    fold = deal_folds(CODES, n_folds, seed)

    _, out_of_fold = Member("memory", Memory(Log()), "given").fit(Block(rows), CODES, np.arange(3), fold)

    assert np.isfinite(out_of_fold).all()


def test_the_model_itself_is_fitted_on_every_row():
    log = Log()
    rows = np.column_stack([np.arange(60), CODES])

    Member("recorder", Recorder(log), "given").fit(Block(rows), CODES, np.arange(3), deal_folds(CODES, 3, 0))

    assert sorted(len(fit.ids) for fit in log) == [40, 40, 40, 60]


@pytest.mark.parametrize(
    "member", [forest_member(0, None), logistic_member(sparse=False)], ids=lambda member: member.name
)
def test_rows_that_are_never_held_out_have_no_score(member):
    codes = np.where(np.arange(60) == 7, 1, np.where(CODES == 1, 0, CODES))
    fold = deal_folds(codes, 5, 0)

    _, out_of_fold = member.fit(Block(X, matrix=X), CLASSES[codes], CLASSES, fold)

    assert np.flatnonzero(np.isnan(out_of_fold).any(axis=1)).tolist() == [7]


@pytest.mark.parametrize(
    "member", [forest_member(0, None), logistic_member(sparse=False)], ids=lambda member: member.name
)
def test_scores_are_probabilities(member):
    _, out_of_fold = member.fit(Block(X, matrix=X), CLASSES[CODES], CLASSES, deal_folds(CODES, 5, 0))

    assert np.allclose(out_of_fold.sum(axis=1), 1)
    assert np.all(out_of_fold >= 0)


@pytest.mark.parametrize(
    "member", [forest_member(0, None), logistic_member(sparse=False)], ids=lambda member: member.name
)
def test_scores_of_meaningless_labels_are_no_better_than_chance(member):
    """A model asked about rows it saw would be right nearly always; honest scores are right a third of the time.

    Of 300 rows a third is 100 with a standard deviation of 8; three of them are allowed.
    """
    random = np.random.default_rng(0)
    rows, codes = random.normal(size=(300, 5)), random.integers(0, 3, 300)

    _, out_of_fold = member.fit(Block(rows, matrix=rows), CLASSES[codes], CLASSES, deal_folds(codes, 5, 0))

    assert abs((out_of_fold.argmax(axis=1) == codes).sum() - 100) < 25


def test_a_row_that_every_tree_saw_has_no_score_and_that_is_no_cause_for_a_warning():
    weight = np.where(np.arange(60) == 3, 1e6, 1.0)

    _, out_of_fold = forest_member(0, None).fit(
        Block(X, matrix=X, weight=weight), CLASSES[CODES], CLASSES, deal_folds(CODES, 5, 0)
    )

    assert np.isnan(out_of_fold[3]).all()


def test_a_forest_does_not_keep_what_it_voted_on_the_rows_it_learnt_from():
    model, _ = forest_member(0, None).fit(Block(X, matrix=X), CLASSES[CODES], CLASSES, deal_folds(CODES, 5, 0))

    assert not hasattr(model.estimator, "oob_decision_function_")


@pytest.mark.parametrize("users", [True, False])
def test_values_for_the_users_estimator_go_to_no_other_member(users):
    log = Log()
    rows = np.column_stack([np.arange(60), CODES])
    block = Block(rows, metadata={"cost": 10 * np.arange(60)})

    Member("recorder", Recorder(log), "given", users=users).fit(block, CODES, np.arange(3), deal_folds(CODES, 3, 0))

    assert {fit.cost is not None for fit in log} == {users}
