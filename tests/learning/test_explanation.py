"""An explanation adds up: votes to the committee's, the committee's to the label's."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from strategies import flowers, hidden_rows

from pseudolabel import InputError, PseudoLabelClassifier, load

X, CODES = flowers(90)
NAMES = np.array(["ash", "birch", "cedar"], dtype=object)
Y = np.where(hidden_rows(90), None, NAMES[CODES])


@pytest.fixture(scope="module")
def model():
    return PseudoLabelClassifier(random_state=0).fit(X, Y)


def test_the_label_is_the_predicted_one(model):
    explained = model.explain(X)

    assert [why.label for why in explained] == model.predict(X).tolist()
    assert [why.probability for why in explained] == pytest.approx(model.predict_proba(X).max(axis=1))


def test_members_are_named_with_weights_that_sum_to_one_the_weightiest_first(model):
    [why] = model.explain(X[:1])

    weights = [vote.weight for vote in why.votes]
    assert sum(weights) == pytest.approx(1)
    assert weights == sorted(weights, reverse=True)
    assert {vote.name for vote in why.votes} == {seat.name for seat in model.teacher_.seats}


def test_the_labels_alone_say_what_they_say(model):
    explained = model.explain(X)

    alone = NAMES[model.predict_proba_labels_only(X).argmax(axis=1)]
    assert [why.labels_only.label for why in explained] == alone.tolist()
    assert [why.agreed for why in explained] == [why.teacher.label == why.labels_only.label for why in explained]


def test_the_labeled_row_nearest_to_a_labeled_row_is_itself(model):
    labeled = np.flatnonzero([label is not None for label in Y])

    nearest = [why.nearest[0] for why in model.explain(X[labeled])]

    assert [near.distance for near in nearest] == pytest.approx([0] * len(labeled), abs=1e-6)
    assert [near.label for near in nearest] == Y[labeled].tolist()


def test_an_explanation_can_be_read(model):
    [why] = model.explain(X[:1])

    text = str(why)

    assert text.startswith(repr(why.label))
    assert all(vote.name in text for vote in why.votes)
    assert f"near row {why.nearest[0].row}" in text


def test_a_loaded_model_explains_without_the_rows_it_learnt_from(model, tmp_path):
    model.save(tmp_path / "model.skops")

    loaded = load(tmp_path / "model.skops")

    for why, known in zip(loaded.explain(X[:5]), model.explain(X[:5]), strict=True):
        assert (why.nearest, len(known.nearest)) == ((), 3)
        assert why.votes == known.votes


@pytest.mark.parametrize(
    ("parameters", "reason"),
    [({"method": "one-shot"}, "method='one-shot' makes none"), ({}, "the file it was loaded from does not")],
)
def test_without_a_teacher_there_is_nobody_to_ask(parameters, reason, tmp_path):
    fitted = PseudoLabelClassifier(LogisticRegression(max_iter=500), random_state=0, **parameters).fit(X, Y)
    fitted.save(tmp_path / "model.skops")

    with pytest.raises(InputError, match=reason):
        load(tmp_path / "model.skops").explain(X[:1])
