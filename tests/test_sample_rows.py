"""With fewer `sample_rows` than unlabeled rows, some take part in training and all get a label."""

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from strategies import KINDS, Log, Recorder, as_kind, flowers, hidden_rows

from pseudolabel import ParameterError, PseudoLabelClassifier, PseudoLabelRegressor, face

N_ROWS, SAMPLE = 150, 20
X, CODES = flowers(N_ROWS)
HIDDEN = hidden_rows(N_ROWS)
NAMES = np.array(["ash", "birch", "cedar"], dtype=object)
Y = np.where(HIDDEN, None, NAMES[CODES])
NUMBERS = X @ [1.0, -2.0, 0.5, 3.0]
TARGETS = np.where(HIDDEN, np.nan, NUMBERS)

CLASSIFIERS = {
    "own teacher": {"estimator": LogisticRegression(), "teacher": "own"},
    "another teacher": {"estimator": LogisticRegression(), "teacher": LogisticRegression(C=0.1)},
    "committee": {"estimator": LogisticRegression(), "committee": "lean"},
    "known shares": {"estimator": "logistic", "teacher": "own", "class_prior": "estimate"},
}


def quick(*, sample_rows=SAMPLE, **options):
    """Give a classifier that takes milliseconds to fit."""
    options = CLASSIFIERS["own teacher"] | {"random_state": 0} | options
    return PseudoLabelClassifier(sample_rows=sample_rows, **options)


def regressor(*, sample_rows=SAMPLE, **options):
    return PseudoLabelRegressor(LinearRegression(), sample_rows=sample_rows, **{"random_state": 0} | options)


@pytest.fixture
def small_blocks(monkeypatch):
    """Score the rows that take no part in blocks of seven."""
    monkeypatch.setattr(face, "rows_of_batch", lambda n_columns: 7)


def ids_and_sizes():
    """Give rows whose first column says who they are, for an estimator that writes down whom it saw."""
    return np.column_stack([np.arange(N_ROWS), CODES + np.linspace(0, 0.9, N_ROWS)])


# Who takes part.


def test_all_labeled_rows_and_as_many_others_as_asked_for_take_part():
    log = Log()

    quick(estimator=Recorder(log)).fit(ids_and_sizes(), Y)

    [*_, last] = log
    assert set(np.flatnonzero(~HIDDEN)) <= set(last.ids)
    assert len(set(last.ids)) == np.count_nonzero(~HIDDEN) + SAMPLE


def test_no_other_row_is_ever_fitted():
    log = Log()

    quick(estimator=Recorder(log)).fit(ids_and_sizes(), Y)

    seen = {row for fit in log for row in fit.ids}
    assert len(seen & set(np.flatnonzero(HIDDEN))) == SAMPLE


def test_weights_and_further_values_stay_with_their_rows():
    log = Log()
    weight, cost = np.linspace(1, 2, N_ROWS), np.arange(N_ROWS) * 3.0

    quick(estimator=Recorder(log)).fit(ids_and_sizes(), Y, sample_weight=weight, cost=cost)

    for fit in log:
        if fit.cost is not None:
            assert np.array_equal(fit.cost, fit.ids * 3.0)
    given = ~HIDDEN[log[-1].ids]
    assert np.allclose(log[-1].weight[given], weight[log[-1].ids[given]])


@pytest.mark.parametrize("method", ["one-shot", "self-training", "curriculum"])
def test_other_methods_know_no_sample(method):
    few = PseudoLabelClassifier(LogisticRegression(), method=method, sample_rows=1, random_state=0).fit(X, Y)
    all_rows = PseudoLabelClassifier(LogisticRegression(), method=method, random_state=0).fit(X, Y)

    assert np.array_equal(few.labeled_iter_, all_rows.labeled_iter_)
    assert np.array_equal(few.label_distributions_, all_rows.label_distributions_)


@pytest.mark.parametrize("make", [quick, regressor], ids=["classes", "numbers"])
@pytest.mark.parametrize("sample_rows", [0, -1, 2.5, None, "all"])
def test_a_number_of_rows_that_is_none_is_refused_by_name(make, sample_rows):
    y = Y if make is quick else TARGETS

    with pytest.raises(ParameterError, match=r"`sample_rows` must be "):
        make(sample_rows=sample_rows).fit(X, y)


# Classes.


@pytest.mark.parametrize("options", CLASSIFIERS.values(), ids=CLASSIFIERS)
def test_every_row_is_labeled_and_given_labels_stay(options):
    model = quick(**options).fit(X, Y)

    assert np.array_equal(model.labeled_iter_, np.where(HIDDEN, 1, 0))
    assert np.array_equal(model.transduction_[~HIDDEN], Y[~HIDDEN])
    assert set(model.transduction_) <= set(NAMES)
    assert np.allclose(model.label_distributions_.sum(axis=1), 1)
    assert np.mean(model.transduction_ == NAMES[CODES]) > 0.85


@pytest.mark.parametrize("options", CLASSIFIERS.values(), ids=CLASSIFIERS)
def test_rows_that_took_no_part_are_labeled_as_new_rows_would_be(options):
    model = quick(**options).fit(X, Y)
    suggested = model.suggest_proba(X)

    as_new = HIDDEN & np.isclose(model.label_distributions_, suggested).all(axis=1)
    assert np.count_nonzero(as_new) >= np.count_nonzero(HIDDEN) - SAMPLE
    assert np.array_equal(model.transduction_[as_new], model.classes_[suggested.argmax(axis=1)][as_new])


def test_rows_that_are_all_in_the_sample_are_learnt_from_as_without_one():
    n_hidden = np.count_nonzero(HIDDEN)
    one, other = (quick(sample_rows=n_rows).fit(X, Y) for n_rows in (n_hidden, 50_000))

    assert one.label_distributions_.tobytes() == other.label_distributions_.tobytes()
    assert one.predict_proba(X).tobytes() == other.predict_proba(X).tobytes()


def test_one_seed_takes_one_sample_and_another_seed_another():
    first, again, other = (quick(random_state=seed).fit(X, Y).predict_proba(X) for seed in (3, 3, 4))

    assert first.tobytes() == again.tobytes()
    assert not np.allclose(first, other)


@pytest.mark.parametrize("kind", KINDS)
def test_tables_of_every_kind_give_the_same_labels(kind, small_blocks):
    expected = quick().fit(X, Y)

    found = quick().fit(as_kind(kind, X), Y)

    assert np.array_equal(found.transduction_, expected.transduction_)
    assert np.allclose(found.label_distributions_, expected.label_distributions_)


def test_the_size_of_blocks_changes_no_label(monkeypatch):
    expected = quick().fit(X, Y)

    monkeypatch.setattr(face, "rows_of_batch", lambda n_columns: 1)
    found = quick().fit(X, Y)

    assert np.array_equal(found.transduction_, expected.transduction_)
    assert np.allclose(found.label_distributions_, expected.label_distributions_, rtol=0, atol=1e-12)


def test_a_frame_keeps_its_index_and_its_order(small_blocks):
    index = [f"row {number}" for number in range(N_ROWS)]
    frame = as_kind("pandas", X).set_axis(index)

    found = quick().fit(frame, Y).pseudo_labels_

    assert found.index.tolist() == index
    assert found["source"].tolist() == np.where(HIDDEN, "suggested", "given").tolist()


def test_rows_of_the_second_table_are_labeled_too(small_blocks):
    given, more = as_kind("pandas", X[~HIDDEN]), as_kind("pandas", X[HIDDEN])

    model = quick().fit(given, Y[~HIDDEN], X_unlabeled=more)

    assert len(model.transduction_) == N_ROWS
    assert np.mean(model.transduction_[len(given) :] == NAMES[CODES[HIDDEN]]) > 0.85


def test_a_list_of_texts_is_labeled_in_its_order(small_blocks):
    texts = [f"{name} tree {number}" for number, name in enumerate(NAMES[CODES])]
    words = make_pipeline(CountVectorizer(vocabulary=["ash", "birch", "cedar"]), LogisticRegression())

    model = quick(estimator=words).fit(texts, Y)

    assert np.array_equal(model.transduction_, NAMES[CODES])


def test_text_columns_of_a_frame_are_labeled_by_our_own_learner(small_blocks):
    frame = pd.DataFrame({"size": X[:, 2], "colour": np.array(["red", "green", None], dtype=object)[CODES]})

    model = quick(estimator="logistic").fit(frame, Y)

    assert np.mean(model.transduction_ == NAMES[CODES]) > 0.95


def test_the_evidence_and_what_is_accepted_count_all_rows():
    model = quick(evidence="standard").fit(X, Y)

    sources = model.pseudo_labels_["source"].value_counts().to_dict()
    assert model.evidence_ is not None
    assert sum(sources.values()) == N_ROWS
    assert sources["given"] == np.count_nonzero(~HIDDEN)
    assert sources.get("accepted", 0) == model.acceptance_.n_accepted


# Numbers.


def test_every_row_gets_a_number_between_its_bounds_and_given_ones_stay(small_blocks):
    model = regressor().fit(X, TARGETS)

    found = model.pseudo_labels_
    assert np.array_equal(model.transduction_[~HIDDEN], TARGETS[~HIDDEN])
    assert found["lower"].le(found["pseudo_label"]).all()
    assert found["pseudo_label"].le(found["upper"]).all()
    assert np.corrcoef(model.transduction_[HIDDEN], NUMBERS[HIDDEN])[0, 1] > 0.95
    assert np.array_equal(model.labeled_iter_, np.where(HIDDEN, 1, 0))


def test_rows_that_took_no_part_get_the_number_and_bounds_of_new_rows():
    model = regressor().fit(X, TARGETS)
    found = model.pseudo_labels_[["pseudo_label", "lower", "upper"]].to_numpy()

    as_new = HIDDEN & np.isclose(found, model.suggest(X)).all(axis=1)
    assert np.count_nonzero(as_new) >= np.count_nonzero(HIDDEN) - SAMPLE


def test_one_seed_gives_the_same_numbers():
    first, again = (regressor().fit(X, TARGETS) for _ in range(2))

    assert first.transduction_.tobytes() == again.transduction_.tobytes()
    assert first.predict(X).tobytes() == again.predict(X).tobytes()


@pytest.mark.parametrize("kind", KINDS)
def test_tables_of_every_kind_give_the_same_numbers(kind, small_blocks):
    expected = regressor().fit(X, TARGETS)

    found = regressor().fit(as_kind(kind, X), TARGETS)

    spread = NUMBERS.std()
    assert np.allclose(found.transduction_, expected.transduction_, rtol=0, atol=0.01 * spread)  # solvers differ


def test_a_sparse_table_gets_numbers_and_classes(small_blocks):
    table = sp.random_array((N_ROWS, 30), density=0.3, random_state=0, format="csc") + sp.csc_array(
        np.pad(X, ((0, 0), (0, 26)))
    )

    assert np.isfinite(regressor().fit(table, TARGETS).transduction_).all()
    assert (quick().fit(table, Y).labeled_iter_ >= 0).all()
