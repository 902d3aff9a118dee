"""A member's out-of-fold probabilities never come from a model that saw the row."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import Log, Recorder, flowers

from pseudolabel.data.block import Block
from pseudolabel.data.folds import deal_folds
from pseudolabel.data.scaling import learn_scaling
from pseudolabel.learning.committee.boosting import boosting_member
from pseudolabel.learning.committee.forest import extra_trees_member, forest_member
from pseudolabel.learning.committee.graph import graph_member, leaf_graph_member
from pseudolabel.learning.committee.kernel import kernel_member, pairs_member
from pseudolabel.learning.committee.linear import discriminant_member, logistic_member
from pseudolabel.learning.committee.member import EstimatorMember, Lesson

X, CODES = flowers(60)
CLASSES = np.array(["ash", "birch", "cedar"])


class Memory(Recorder):
    """Refuses to score a row it was fitted on, except when it was fitted on all rows."""

    def predict_proba(self, X):
        met = set(self.log[-1].ids) & {int(row[0]) for row in X}
        assert not met, f"rows {met} were scored by the model that saw them"
        return super().predict_proba(X)


MEMBERS = [
    forest_member(0, None),
    extra_trees_member(0, None),
    logistic_member(),
    discriminant_member(),
    kernel_member(),
    pairs_member(),
    boosting_member(0, n_labeled=60),
    graph_member(0),
    leaf_graph_member(0),
]
every_member = pytest.mark.parametrize("member", MEMBERS, ids=lambda member: member.name)


def lesson_of(rows, codes, fold, *, unlabeled=None, **parts):
    """Give a lesson on rows in every form."""
    scaling = learn_scaling(rows)
    unlabeled = rows[:0] if unlabeled is None else unlabeled
    return Lesson(
        Block(rows, rows, scaling.apply(rows), **parts),
        codes,
        CLASSES,
        fold,
        Block(unlabeled, unlabeled, scaling.apply(unlabeled) if len(unlabeled) else scaling.apply(rows)[:0]),
    )


@settings(max_examples=25)
@given(st.integers(2, 5), st.integers(0, 100))
def test_no_row_is_scored_by_a_model_that_saw_it(n_folds, seed):
    rows = np.column_stack([np.arange(60), CODES])
    fold = deal_folds(CODES, n_folds, seed)

    _, out_of_fold = EstimatorMember("memory", Memory(Log()), "given").fit(lesson_of(rows, CODES, fold))

    assert np.isfinite(out_of_fold).all()


@pytest.mark.parametrize(
    "member",
    # Trees that never saw a row still saw the others of its fold: out-of-bag votes are honest in another way.
    [member for member in MEMBERS if not getattr(member, "out_of_bag", False)],
    ids=lambda member: member.name,
)
def test_a_row_scores_the_same_whatever_the_labels_of_its_fold_are(member):
    """The labels of a fold are nowhere in what scores it: not in a model, nor in a graph's metric."""
    fold = deal_folds(CODES, 5, 0)
    codes = np.where(fold == 0, (CODES + 1) % 3, CODES)

    _, honest = member.fit(lesson_of(X, CODES, fold, unlabeled=X[:30] + 0.1))
    _, lied_to = member.fit(lesson_of(X, codes, fold, unlabeled=X[:30] + 0.1))

    assert np.array_equal(honest[fold == 0], lied_to[fold == 0])


def test_the_model_itself_is_fitted_on_every_row():
    log = Log()
    rows = np.column_stack([np.arange(60), CODES])

    EstimatorMember("recorder", Recorder(log), "given").fit(lesson_of(rows, CODES, deal_folds(CODES, 3, 0)))

    assert sorted(len(fit.ids) for fit in log) == [40, 40, 40, 60]


@pytest.mark.parametrize(
    "member", [member for member in MEMBERS if member.name != "discriminant"], ids=lambda member: member.name
)  # which is not called for a class with a single labeled row
def test_rows_that_are_never_held_out_have_no_score(member):
    codes = np.where(np.arange(60) == 7, 1, np.where(CODES == 1, 0, CODES))
    fold = deal_folds(codes, 5, 0)

    _, out_of_fold = member.fit(lesson_of(X, codes, fold))

    assert np.flatnonzero(np.isnan(out_of_fold).any(axis=1)).tolist() == [7]


@every_member
def test_scores_are_probabilities(member):
    voter, out_of_fold = member.fit(lesson_of(X, CODES, deal_folds(CODES, 5, 0)))
    of_rows = voter.probabilities(Block(X, X, learn_scaling(X).apply(X)))

    for scores in (out_of_fold, of_rows):
        assert scores.shape == (60, 3)
        assert np.allclose(scores.sum(axis=1), 1)
        assert np.all(scores >= 0)


@every_member
def test_classes_that_were_not_seen_have_no_probability(member):
    codes = np.where(CODES == 1, 0, CODES)

    voter, _ = member.fit(lesson_of(X, codes, deal_folds(codes, 5, 0)))

    assert np.all(voter.probabilities(Block(X, X, learn_scaling(X).apply(X)))[:, 1] < 1e-6)


@every_member
def test_scores_of_meaningless_labels_are_no_better_than_chance(member):
    """A model asked about rows it saw would be right nearly always; honest scores are right a third of the time.

    Of 300 rows a third is 100 with a standard deviation of 8; three of them are allowed.
    """
    random = np.random.default_rng(0)
    rows, codes = random.normal(size=(300, 5)), random.integers(0, 3, 300)

    _, out_of_fold = member.fit(lesson_of(rows, codes, deal_folds(codes, 5, 0)))

    assert abs((out_of_fold.argmax(axis=1) == codes).sum() - 100) < 25


@every_member
def test_one_seed_gives_the_same_bytes(member):
    lesson = lesson_of(X, CODES, deal_folds(CODES, 5, 0), unlabeled=X[::2] + 0.2)

    assert member.fit(lesson)[1].tobytes() == member.fit(lesson)[1].tobytes()


def test_a_row_that_every_tree_saw_has_no_score_and_that_is_no_cause_for_a_warning():
    weight = np.where(np.arange(60) == 3, 1e6, 1.0)

    _, out_of_fold = forest_member(0, None).fit(lesson_of(X, CODES, deal_folds(CODES, 5, 0), weight=weight))

    assert np.isnan(out_of_fold[3]).all()


def test_a_forest_does_not_keep_what_it_voted_on_the_rows_it_learnt_from():
    model, _ = forest_member(0, None).fit(lesson_of(X, CODES, deal_folds(CODES, 5, 0)))

    assert not hasattr(model.estimator, "oob_decision_function_")


@pytest.mark.parametrize("users", [True, False])
def test_values_for_the_users_estimator_go_to_no_other_member(users):
    log = Log()
    rows = np.column_stack([np.arange(60), CODES])
    lesson = lesson_of(rows, CODES, deal_folds(CODES, 3, 0), metadata={"cost": 10 * np.arange(60)})

    EstimatorMember("recorder", Recorder(log), "given", users=users).fit(lesson)

    assert {fit.cost is not None for fit in log} == {users}
