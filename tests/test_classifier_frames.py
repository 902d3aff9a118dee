"""Rows keep their order, index, kind, names and dtypes, on the way in and on the way out."""

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from sklearn.compose import make_column_transformer
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from strategies import FRAMES, KINDS, Log, Recorder, as_kind, flowers, hidden_rows, rows_of

from pseudolabel import InputError, PseudoLabelClassifier

X, CODES = flowers(75)
HIDDEN = hidden_rows(75)
Y = np.where(HIDDEN, None, np.array(["ash", "birch", "cedar"], dtype=object)[CODES])

SIZES = CODES + np.linspace(0, 0.9, 75)
SETTINGS = {
    "one-shot": {"method": "one-shot"},
    "self-training": {"method": "self-training", "threshold": 0.5},
    "curriculum": {"method": "curriculum"},
    "own teacher": {"teacher": "own"},
    "committee": {},
}


def mixed_table(kind):
    """Give a table whose columns have four different dtypes, an identifier first."""
    columns = {
        "id": np.arange(75),
        "size": SIZES.astype(np.float32),
        "colour": [["red", "blue", None][row % 3] for row in range(75)],
        "old": [row % 2 == 0 for row in range(75)],
    }
    if kind == "pandas":
        return pd.DataFrame(columns).astype({"colour": "category"})
    return pl.DataFrame(columns) if kind == "polars" else pa.table(columns)


def dtypes_of(table):
    return list(table.schema) if isinstance(table, pa.Table) else list(zip(table.columns, table.dtypes, strict=True))


def one_shot(base=None):
    return PseudoLabelClassifier(base or LogisticRegression(), method="one-shot")


def column(frame, name):
    return frame[name].to_pylist() if isinstance(frame, pa.Table) else frame[name].to_list()


# What comes out.


@pytest.mark.parametrize(
    ("kind", "out"),
    [*((kind, pd.DataFrame) for kind in KINDS[:4]), ("polars", pl.DataFrame), ("arrow", pa.Table)],
)
def test_pseudo_labels_come_as_the_kind_of_frame_that_came_in(kind, out):
    model = one_shot().fit(as_kind(kind, X), Y)

    frame = model.pseudo_labels_

    assert isinstance(frame, out)
    assert (frame.column_names if out is pa.Table else list(frame.columns)) == ["pseudo_label", "confidence", "source"]


@pytest.mark.parametrize("kind", KINDS)
def test_pseudo_labels_stand_in_the_order_of_the_rows(kind):
    model = one_shot().fit(as_kind(kind, X), Y)

    frame = model.pseudo_labels_

    assert column(frame, "pseudo_label") == model.transduction_.tolist()
    assert column(frame, "source") == np.where(HIDDEN, "suggested", "given").tolist()
    assert column(frame, "confidence") == model.label_distributions_.max(axis=1).tolist()


def test_pseudo_labels_keep_the_index_of_a_pandas_frame():
    index = pd.MultiIndex.from_product([["b", "a", "b"], range(25)])

    model = one_shot().fit(as_kind("pandas", X).set_axis(index), pd.Series(Y, index=index[::-1]))

    assert model.pseudo_labels_.index.equals(index)
    assert np.array_equal(model.pseudo_labels_["source"] == "given", ~HIDDEN)


@pytest.mark.parametrize("kind", FRAMES)
def test_rows_of_the_second_table_come_after_those_of_the_first(kind):
    model = one_shot().fit(as_kind(kind, X[~HIDDEN]), Y[~HIDDEN], X_unlabeled=as_kind(kind, X[HIDDEN]))

    sources = column(model.pseudo_labels_, "source")

    assert sources == ["given"] * (~HIDDEN).sum() + ["suggested"] * HIDDEN.sum()
    assert model.transduction_[: (~HIDDEN).sum()].tolist() == Y[~HIDDEN].tolist()


def test_index_of_the_second_table_follows_that_of_the_first():
    first, second = as_kind("pandas", X[~HIDDEN]), as_kind("pandas", X[HIDDEN])
    second.index = [f"new {row}" for row in range(len(second))]

    model = one_shot().fit(first, Y[~HIDDEN], X_unlabeled=second)

    assert model.pseudo_labels_.index.tolist() == [*first.index, *second.index]


@pytest.mark.parametrize("settings", SETTINGS)
def test_confidence_is_a_probability_and_one_for_given_labels(settings):
    model = PseudoLabelClassifier(LogisticRegression(), random_state=0, **SETTINGS[settings]).fit(X, Y)

    confidence = model.pseudo_labels_["confidence"].to_numpy()

    assert np.all((confidence > 0) & (confidence <= 1))
    assert np.all(confidence[~HIDDEN] == 1)


def test_rows_that_got_no_label_have_source_none_and_no_pseudo_label():
    model = PseudoLabelClassifier(LogisticRegression(), method="self-training", threshold=0.9, max_iter=1).fit(X, Y)

    frame = model.pseudo_labels_

    never = model.labeled_iter_ == -1
    assert 0 < never.sum() < HIDDEN.sum()
    assert np.array_equal(frame["source"] == "none", never)
    assert frame["pseudo_label"][never].isna().all()


# What the estimator sees.


@pytest.mark.parametrize("settings", SETTINGS)
@pytest.mark.parametrize("kind", FRAMES)
def test_frames_reach_the_estimator_with_their_names_and_dtypes(kind, settings):
    table, log = mixed_table(kind), Log()

    PseudoLabelClassifier(Recorder(log), **SETTINGS[settings]).fit(table, Y).predict(table)

    assert {type(fit.X) for fit in log} == {type(table)}
    assert all(dtypes_of(fit.X) == dtypes_of(table) for fit in log)


@pytest.mark.parametrize("settings", SETTINGS)
@pytest.mark.parametrize("kind", FRAMES)
def test_every_row_reaches_the_estimator_as_it_came(kind, settings):
    table, log = mixed_table(kind), Log()
    cells = rows_of(table.astype(object).where(table.notna(), None) if kind == "pandas" else table)

    PseudoLabelClassifier(Recorder(log), **SETTINGS[settings]).fit(table, Y)

    for fit in log:
        seen = fit.X.astype(object).where(fit.X.notna(), None) if kind == "pandas" else fit.X
        assert rows_of(seen) == [cells[row] for row in fit.ids]


@pytest.mark.parametrize("settings", SETTINGS)
def test_given_labels_reach_the_estimator_with_their_rows(settings):
    log = Log()

    PseudoLabelClassifier(Recorder(log), **SETTINGS[settings]).fit(mixed_table("pandas"), Y)

    for fit in log:
        of_given = ~HIDDEN[fit.ids]
        assert fit.y[of_given].tolist() == Y[fit.ids[of_given]].tolist()


@pytest.mark.parametrize("settings", SETTINGS)
def test_first_fit_sees_the_labeled_rows_and_no_other(settings):
    log = Log()

    PseudoLabelClassifier(Recorder(log), **SETTINGS[settings]).fit(mixed_table("pandas"), Y)

    assert log[0].ids.tolist() == np.flatnonzero(~HIDDEN).tolist()


@pytest.mark.parametrize("settings", ["one-shot", "curriculum", "own teacher", "committee"])
def test_last_fit_sees_every_row(settings):
    log = Log()

    PseudoLabelClassifier(Recorder(log), **SETTINGS[settings]).fit(mixed_table("pandas"), Y)

    assert set(log[-1].ids) == set(range(75))


def test_columns_are_found_by_name_under_the_default_method():
    by_name = make_column_transformer((StandardScaler(), ["size"]), (OneHotEncoder(), ["colour"]))
    table = mixed_table("pandas")

    model = PseudoLabelClassifier(make_pipeline(by_name, LogisticRegression()), random_state=0).fit(table, Y)

    assert model.score(table, Y) > 0.8


def test_a_list_of_texts_reaches_a_text_pipeline():
    texts = [f"a {name} tree number {row}" for row, name in enumerate(np.array(["ash", "birch", "cedar"])[CODES])]

    model = PseudoLabelClassifier(make_pipeline(CountVectorizer(), LogisticRegression()), random_state=0).fit(texts, Y)

    assert model.predict(["a tall birch", "one cedar"]).tolist() == ["birch", "cedar"]


# What does not fit.


@pytest.mark.parametrize("estimator", [LogisticRegression(), "forest"], ids=["own", "named"])
@pytest.mark.parametrize("kind", FRAMES)
def test_another_column_name_is_refused_by_name(kind, estimator):
    model = one_shot(estimator).fit(as_kind(kind, X), Y)

    with pytest.raises(ValueError, match=r"feature names should match[\s\S]*- z[\s\S]*missing:\n- d"):
        model.predict(as_kind(kind, X, "abcz"))


@pytest.mark.parametrize(
    ("X_unlabeled", "words"),
    [
        (as_kind("polars", X), "X_unlabeled .* does not fit X"),
        (X, "does not fit X|feature names"),
        (as_kind("pandas", X[:, :3]), "feature names should match"),
    ],
    ids=["polars", "array", "a column less"],
)
@pytest.mark.filterwarnings("ignore:X does not have valid feature names:UserWarning")  # said besides the refusal
def test_a_second_table_that_does_not_fit_is_refused(X_unlabeled, words):
    with pytest.raises(ValueError, match=words):
        one_shot().fit(as_kind("pandas", X[~HIDDEN]), Y[~HIDDEN], X_unlabeled=X_unlabeled)


def test_a_table_without_rows_is_refused():
    with pytest.raises(InputError, match="X has 0 rows, while a minimum of 1 is required"):
        one_shot().fit(as_kind("pandas", X[:0]), Y[:0])


def test_rows_and_labels_of_different_number_are_refused():
    with pytest.raises(ValueError, match=r"inconsistent numbers of samples: \[75, 74\]"):
        one_shot().fit(as_kind("polars", X), Y[1:])


def test_columns_of_one_name_are_refused():
    with pytest.raises(InputError, match="'a'"):
        one_shot().fit(pd.DataFrame(X, columns=list("aabc")), Y)
