"""Labels are taken as people have them, come back in the same form, and are refused where guessing would be needed."""

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB
from strategies import KINDS, as_kind, flowers, hidden_rows

from pseudolabel import InputError, ParameterError, PseudoLabelClassifier, PseudolabelWarning

X, CODES = flowers(75)
HIDDEN = hidden_rows(75)
NAMES = np.array(["ash", "birch", "cedar"], dtype=object)[CODES]


def filled(values, mark, dtype=None):
    """Give the labels with a mark where they are hidden."""
    return np.where(HIDDEN, np.full(75, mark, dtype=object), values).astype(dtype or object)


def listed(values):
    return filled(values, None).tolist()


CONVENTIONS = {
    "-1": (filled(CODES, -1, int), {}),
    "-1 as a float": (filled(CODES, -1, float), {}),
    "-1 in a list": (filled(CODES, -1).tolist(), {}),
    "NaN": (filled(CODES, np.nan, float), {}),
    "None among numbers": (filled(CODES, None), {}),
    "None in a list": (listed(CODES), {}),
    "pandas Int64": (pd.Series(listed(CODES), dtype="Int64"), {}),
    "pandas category of numbers": (pd.Series(listed(CODES), dtype="category"), {}),
    "polars numbers": (pl.Series(listed(CODES)), {}),
    "Arrow numbers": (pa.array(listed(CODES)), {}),
    "marked number": (filled(CODES, 99, int), {"unlabeled": 99}),
    "None among texts": (filled(NAMES, None), {}),
    "NaN among texts": (filled(NAMES, np.nan), {}),
    "pd.NA among texts": (filled(NAMES, pd.NA), {}),
    "-1 among texts": (filled(NAMES, -1), {}),
    "empty text": (filled(NAMES, "", str), {}),
    "empty text in an object": (filled(NAMES, ""), {}),
    "pandas category": (pd.Series(listed(NAMES), dtype="category"), {}),
    "pandas str": (pd.Series(listed(NAMES), dtype="str"), {}),
    "pandas string": (pd.Series(listed(NAMES), dtype="string"), {}),
    "pandas on Arrow": (pd.Series(listed(NAMES), dtype=pd.ArrowDtype(pa.string())), {}),
    "polars texts": (pl.Series(listed(NAMES)), {}),
    "polars categorical": (pl.Series(listed(NAMES), dtype=pl.Categorical), {}),
    "Arrow texts": (pa.array(listed(NAMES)), {}),
    "Arrow in chunks": (pa.chunked_array([listed(NAMES)[:30], listed(NAMES)[30:]]), {}),
    "Arrow dictionary": (pa.array(listed(NAMES)).dictionary_encode(), {}),
    "marker": (filled(NAMES, "?", str), {"unlabeled": "?"}),
    "list of markers": (
        np.where(np.arange(75) % 2, filled(NAMES, "?"), filled(NAMES, "n/a")),
        {"unlabeled": ["?", "n/a"]},
    ),
    "column of a frame": (pd.DataFrame({"species": listed(NAMES)}), {}),
}


def one_shot(base=None, **options):
    return PseudoLabelClassifier(base or LogisticRegression(), method="one-shot", **options)


REFERENCE = one_shot(unlabeled=-1).fit(X, np.where(HIDDEN, -1, CODES)).predict(X)


@pytest.mark.parametrize("convention", CONVENTIONS)
@pytest.mark.parametrize("kind", KINDS)
def test_every_convention_gives_the_same_predictions_in_every_table(kind, convention):
    y, options = CONVENTIONS[convention]
    table = as_kind(kind, X)

    model = one_shot(**options).fit(table, y)

    assert np.array_equal(np.searchsorted(model.classes_, model.predict(table)), REFERENCE)
    assert np.array_equal(model.labeled_iter_ == 0, ~HIDDEN)


@pytest.mark.parametrize("kind", KINDS)
def test_rows_of_a_second_table_are_the_unlabeled_ones(kind):
    order = np.argsort(HIDDEN, kind="stable")
    labeled, unlabeled = (as_kind(kind, X[rows]) for rows in (~HIDDEN, HIDDEN))

    model = one_shot().fit(labeled, NAMES[~HIDDEN], X_unlabeled=unlabeled)

    reference = one_shot().fit(X[order], filled(NAMES, None)[order])
    assert np.array_equal(model.transduction_, reference.transduction_)
    assert np.array_equal(model.predict(as_kind(kind, X)), reference.predict(X))


@pytest.mark.parametrize(
    ("y", "kind_of_label"),
    [
        (filled(CODES, -1, int), int),
        (filled(CODES, np.nan, float), float),
        (filled(CODES, None), int),
        (CONVENTIONS["pandas Int64"][0], int),
        (CONVENTIONS["polars numbers"][0], int),
        (filled(CODES == 0, None), bool),
        (filled(NAMES, None), str),
        (filled(NAMES, "", str), str),
        (CONVENTIONS["pandas category"][0], str),
    ],
    ids=["int", "float", "object int", "Int64", "polars", "bool", "object text", "text", "category"],
)
def test_predictions_are_labels_of_the_type_given(y, kind_of_label):
    model = one_shot().fit(X, y)

    assert {type(label) for label in model.predict(X).tolist()} == {kind_of_label}
    assert model.predict(X).dtype == model.classes_.dtype


@pytest.mark.parametrize(
    "dtype", [np.int8, np.int32, np.int64, np.float32, np.float64, "<U5", object], ids=lambda dtype: np.dtype(dtype).str
)
def test_transduction_keeps_the_dtype_of_the_labels(dtype):
    y = filled(NAMES, "").astype(dtype) if np.dtype(dtype).kind in "UO" else filled(CODES, -1, dtype)

    model = one_shot().fit(X, y)

    assert model.transduction_.dtype == y.dtype
    assert np.array_equal(model.transduction_[~HIDDEN], y[~HIDDEN])


@pytest.mark.parametrize(
    "y",
    [
        np.where(CODES == 0, -1, 1),
        np.where(HIDDEN, -1, 1),
        np.where(HIDDEN, -1, -2 * CODES),
        np.where(HIDDEN, np.nan, np.where(CODES == 0, -1.0, CODES)),
        np.full(75, -1),
    ],
    ids=["-1 and one other", "one class", "other negatives", "NaN too", "nothing else"],
)
def test_minus_one_that_could_be_a_class_is_asked_about(y):
    with pytest.raises(ParameterError, match=r"-1, which could mark unlabeled rows or be a class. Pass `unlabeled=-1`"):
        one_shot().fit(X, y)


def test_minus_one_beside_an_unlabeled_table_is_asked_about():
    with pytest.raises(ParameterError, match=r"`unlabeled=-1` if it marks them, or `unlabeled=None` if it is a class"):
        one_shot().fit(X, np.where(HIDDEN, -1, CODES), X_unlabeled=X)


def test_minus_one_is_a_class_when_nothing_marks_unlabeled_rows():
    y = np.where(HIDDEN, np.nan, np.where(CODES == 0, -1, 1))

    model = one_shot(unlabeled=None).fit(X, y)

    assert model.classes_.tolist() == [-1, 1]
    assert set(model.predict(X)) == {-1, 1}


def test_minus_one_is_a_mark_when_it_is_named():
    y = np.where(HIDDEN, -1, np.where(CODES == 0, -2, 1))

    model = one_shot(unlabeled=-1).fit(X, y)

    assert model.classes_.tolist() == [-2, 1]
    assert np.array_equal(model.labeled_iter_ == 0, ~HIDDEN)


@pytest.mark.parametrize("form", [list, tuple, set, np.array], ids=["list", "tuple", "set", "array"])
def test_several_markers_come_in_any_collection(form):
    y = np.where(HIDDEN, np.where(CODES == 0, "?", "n/a"), NAMES)

    model = one_shot(unlabeled=form(["?", "n/a"])).fit(X, y)

    assert model.classes_.tolist() == ["ash", "birch", "cedar"]


@pytest.mark.parametrize("gap", [None, np.nan, pd.NA, ""], ids=repr)
def test_gaps_are_unlabeled_beside_rows_that_carry_a_marker(gap):
    y = np.where(HIDDEN & (CODES == 0), "?", filled(NAMES, gap))

    model = one_shot(unlabeled="?").fit(X, y)

    assert model.classes_.tolist() == ["ash", "birch", "cedar"]


def test_a_mark_of_one_is_not_the_class_true():
    y = filled(CODES == 0, None)

    model = one_shot(unlabeled=1).fit(X, y)

    assert model.classes_.tolist() == [False, True]


def test_classes_may_be_called_none_na_and_nan():
    names = np.array(["None", "NA", "nan"], dtype=object)[CODES]

    model = one_shot().fit(X, filled(names, None))

    assert model.classes_.tolist() == ["NA", "None", "nan"]
    assert np.array_equal(model.labeled_iter_ == 0, ~HIDDEN)


@pytest.mark.parametrize("first", ["ash", 1], ids=repr)
def test_labels_of_text_and_numbers_are_refused_whichever_comes_first(first):
    y = [first, "birch", 2, None, *listed(NAMES)[4:]]

    with pytest.raises(InputError, match=r"The labels mix values of different types \(int, str\)"):
        one_shot().fit(X, y)


@pytest.mark.parametrize("y", [np.full(75, np.nan), [None] * 75, [""] * 75], ids=["NaN", "None", "empty"])
def test_a_table_without_labels_is_refused(y):
    with pytest.raises(InputError, match=r"No row is labeled\. Label at least two rows of each of two classes\."):
        one_shot().fit(X, y)


def test_labels_of_one_class_are_refused_by_its_name():
    with pytest.raises(
        InputError, match=r"all 30 labeled rows are of one class, 'ash'\. Label rows of at least one other"
    ):
        one_shot().fit(X, filled(np.full(75, "ash"), None))


@pytest.mark.parametrize(
    "y",
    [
        np.eye(3, dtype=int)[CODES],
        np.eye(3, dtype=int)[CODES].tolist(),
        sp.csr_array(np.eye(3)[CODES]),
        pd.DataFrame(np.eye(3)[CODES]),
        pl.DataFrame(np.eye(3)[CODES]),
        np.column_stack([NAMES, NAMES]),
    ],
    ids=["multilabel", "list", "sparse", "pandas", "polars", "multioutput"],
)
def test_several_targets_are_refused_in_words(y):
    with pytest.raises(InputError, match=r"targets with several columns \(multilabel, multioutput\) are not supported"):
        one_shot().fit(X, y)


def test_quantities_are_refused():
    with pytest.raises(ValueError, match="Unknown label type: continuous"):
        one_shot().fit(X, filled(X[:, 0] + 0.5, np.nan, float))


def test_a_table_without_gaps_is_learnt_from_with_a_warning():
    with pytest.warns(PseudolabelWarning, match="All rows are labeled: .* name it with `unlabeled=`"):
        model = one_shot().fit(X, NAMES)

    assert np.array_equal(model.predict(X), LogisticRegression().fit(X, NAMES).predict(X))


@settings(max_examples=50)
@given(arrays(bool, 30), st.permutations(range(3)), st.sampled_from(["one-shot", "self-training", "curriculum"]))
def test_given_labels_are_never_changed(hidden, names, method):
    table, codes = flowers(30)
    labels = np.array(["x", "y", "z"], dtype=object)[np.array(names)[codes]]
    hidden[:6], hidden[-1] = False, True
    y = np.where(hidden, None, labels)

    model = PseudoLabelClassifier(GaussianNB(), method=method).fit(table, y)

    assert np.array_equal(model.transduction_[~hidden], labels[~hidden])
    assert np.array_equal(model.labeled_iter_ == 0, ~hidden)
    assert np.array_equal(y, np.where(hidden, None, labels))


def test_texts_alone_are_learnt_from():
    texts = [f"{'cheap pills now' if row % 2 else 'see you at lunch'} {row}" for row in range(60)]
    y = [("spam" if row % 2 else "ham") if row < 30 else None for row in range(60)]

    model = PseudoLabelClassifier(random_state=0).fit(texts, y)

    assert model.predict(["cheap pills", "lunch at noon"]).tolist() == ["spam", "ham"]
