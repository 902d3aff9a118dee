"""An explanation says what was really said: by every member, by the teacher, and by the labeled rows nearby."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from strategies import KINDS, as_kind, flowers, hidden_rows

from pseudolabel import InputError, ParameterError, PseudoLabelClassifier, load

X, CODES = flowers(60)
NAMES = np.array(["ash", "birch", "cedar"], dtype=object)
HIDDEN = hidden_rows(60)
Y = np.where(HIDDEN, None, NAMES[CODES])


@pytest.fixture(autouse=True, scope="module")
def smaller_forests():
    """Give our forests fewer trees: what is explained is the same."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pseudolabel.learning.committee.forest.N_TREES", 40)
        yield


@pytest.fixture(scope="module")
def model(smaller_forests):
    return PseudoLabelClassifier(committee="lean", random_state=0).fit(X, Y)


def test_votes_weighted_by_their_shares_are_the_teachers_probabilities(model):
    for row, explanation in zip(np.flatnonzero(HIDDEN), model.explain(X[HIDDEN]), strict=True):
        votes = sum(member.share * member.probabilities for member in explanation.members)

        assert np.allclose(votes, explanation.teacher.probabilities, atol=1e-12)
        assert np.allclose(votes, model.label_distributions_[row], atol=1e-12)


def test_opinions_weighted_by_their_shares_are_what_is_predicted(model):
    explanations, predicted = model.explain(X), model.predict_proba(X)

    for explanation, probabilities in zip(explanations, predicted, strict=True):
        opinions = (explanation.labels_only, explanation.student, explanation.teacher)
        assert np.allclose(sum(opinion.share * opinion.probabilities for opinion in opinions), probabilities)
    assert [explanation.label for explanation in explanations] == model.predict(X).tolist()


def test_members_stand_with_the_weight_and_temperature_they_have_on_the_committee(model):
    [explanation] = model.explain(X[:1])

    members = [(member.name, member.share, member.temperature) for member in explanation.members]
    assert members == [(seat.name, seat.weight, seat.temperature) for seat in model.teacher_.seats]


def test_the_nearest_row_of_a_labeled_training_row_is_itself(model):
    given = np.flatnonzero(~HIDDEN)

    for row, explanation in zip(given, model.explain(X[given]), strict=True):
        first = explanation.nearest[0]
        assert (first.distance, first.label) == (0, Y[row])
        assert np.array_equal(X[first.row], X[row])


def test_all_agree_where_every_model_says_what_is_predicted(model):
    for explanation in model.explain(X):
        said = {explanation.labels_only.label, explanation.student.label, explanation.teacher.label}
        assert explanation.agreed == (said == {explanation.label})
        assert explanation.runner_up != explanation.label


def test_other_names_of_the_classes_change_the_names_alone():
    renamed = {"ash": 10, "birch": 20, "cedar": 30}
    model, other = (
        PseudoLabelClassifier(committee="lean", random_state=0).fit(X, y)
        for y in (Y, np.array([renamed.get(label, np.nan) for label in Y]))
    )

    for one, same in zip(model.explain(X[:20]), other.explain(X[:20]), strict=True):
        assert (renamed[one.label], renamed[one.runner_up]) == (same.label, same.runner_up)
        assert [renamed[near.label] for near in one.nearest] == [near.label for near in same.nearest]
        assert [near.row for near in one.nearest] == [near.row for near in same.nearest]


def test_an_explanation_reads_as_lines_that_name_everyone(model):
    [explanation] = model.explain(X[:1], n_nearest=2)

    text = str(explanation)
    assert text.startswith(f"{explanation.label!r} with probability 0.")
    assert all(name in text for name in ("labels only", "student", "teacher", "forest", "logistic", "graph"))
    assert text.splitlines()[-1].startswith(f"Nearest labeled rows: {explanation.nearest[0].row} (")
    assert len(explanation.nearest) == 2


def test_a_class_prior_is_said_to_have_moved_the_vote():
    prior = {"ash": 8, "birch": 1, "cedar": 1}
    model = PseudoLabelClassifier(committee="lean", class_prior=prior, random_state=0).fit(X, Y)

    [explanation] = model.explain(X[:1])

    assert explanation.prior_moved
    assert "(moved by the class prior)" in str(explanation)
    assert np.allclose(explanation.probabilities, model.predict_proba(X[:1])[0])


@pytest.mark.parametrize("kind", KINDS)
def test_rows_of_every_kind_are_explained(kind):
    table = as_kind(kind, X)
    model = PseudoLabelClassifier("logistic", committee="lean", random_state=0).fit(table, Y)

    explanations = model.explain(table)

    assert [explanation.label for explanation in explanations] == model.predict(table).tolist()
    assert all(len(explanation.nearest) == 3 for explanation in explanations)


def test_a_teacher_of_ones_own_is_explained_without_neighbors():
    model = PseudoLabelClassifier(teacher=LogisticRegression(), random_state=0).fit(X, Y)

    [explanation] = model.explain(X[:1])

    assert [member.name for member in explanation.members] == ["LogisticRegression"]
    assert explanation.nearest is None
    assert "Nearest" not in str(explanation)


def test_a_loaded_model_explains_without_the_labeled_rows(model, tmp_path):
    model.save(tmp_path / "model.skops")
    loaded = load(tmp_path / "model.skops")

    for one, same in zip(model.explain(X[:5]), loaded.explain(X[:5]), strict=True):
        assert same.nearest is None
        assert (one.label, one.runner_up) == (same.label, same.runner_up)
        assert [str(member) for member in one.members] == [str(member) for member in same.members]
    assert not hasattr(loaded, "_labeled")


def test_a_loaded_model_whose_teacher_has_no_vote_says_so(tmp_path):
    model = PseudoLabelClassifier("logistic", committee="lean", random_state=0).fit(X, Y)
    model.save(tmp_path / "model.skops")

    assert len(model.explain(X[:1])) == 1
    with pytest.raises(InputError, match=r"^explain: a model file holds the teacher only if it has a vote.*before `s"):
        load(tmp_path / "model.skops").explain(X[:1])


@pytest.mark.parametrize("method", ["one-shot", "self-training", "curriculum"])
def test_a_method_without_a_committee_is_named(method):
    model = PseudoLabelClassifier("logistic", method=method, random_state=0).fit(X, Y)

    with pytest.raises(InputError, match=rf"method='{method}' has no committee to ask\. Fit with method='auto'"):
        model.explain(X[:1])


def test_a_count_of_neighbors_below_zero_is_refused(model):
    with pytest.raises(ParameterError, match=r"`n_nearest` must be a whole number of at least 0, got -1"):
        model.explain(X[:1], n_nearest=-1)
