"""Columns that describe rows are used, those that only name them are left out, and new rows get the same columns."""

import pickle
import uuid

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import FRAMES, as_kind

from pseudolabel.data.features import Features, learn_features
from pseudolabel.errors import InputError

N_ROWS = 60
RANDOM = np.random.default_rng(0)
SHUFFLED = RANDOM.permutation(N_ROWS)
SIZES, WIDTHS = RANDOM.normal(size=(2, N_ROWS))
TABLE = np.column_stack([SIZES, WIDTHS])

DESCRIBES = {
    "numbers": (WIDTHS, "number"),
    "whole numbers that differ, with gaps between them": (SHUFFLED * 37 + SHUFFLED % 5, "number"),
    "whole numbers that repeat": (SHUFFLED % 7, "number"),
    "numbers in order": (np.sort(WIDTHS), "number"),
    "nullable numbers": (pd.Series([None, *(SHUFFLED[1:] % 9)], dtype="Int64"), "number"),
    "truth": (SHUFFLED % 2 == 0, "number"),
    "few texts": (np.array(["red", "blue", "green"])[SHUFFLED % 3], "category"),
    "categories": (pd.Categorical(np.array(["red", "blue"])[SHUFFLED % 2]), "category"),
    "free text that all differs": ([f"row {row} saw a bird" for row in SHUFFLED], "text"),
    "dates": (pd.date_range("2020-01-01", periods=N_ROWS)[SHUFFLED], "date"),
    "dates as text": (pd.date_range("2020-01-01", periods=N_ROWS).strftime("%Y-%m-%d").to_numpy()[SHUFFLED], "date"),
    "one date each day": (pd.date_range("2020-01-01", periods=N_ROWS), "date"),
    "mostly empty": (np.where(SHUFFLED < 5, SHUFFLED, np.nan), "number"),
}
NAMES_ROWS = {
    "row": (np.arange(N_ROWS), "identifier: numbers the rows in order"),
    "countdown": (np.arange(N_ROWS)[::-1] * 10, "identifier: numbers the rows in order"),
    "shuffled": (SHUFFLED + 1000, "identifier: numbers the rows without a gap"),
    "patient_id": (SHUFFLED * 37 + SHUFFLED % 5, "identifier: all different, and named like one"),
    "customerId": (SHUFFLED * 37 + SHUFFLED % 5, "identifier: all different, and named like one"),
    "code": ([f"A-{row:04d}X" for row in SHUFFLED], "identifier: a different text in every row"),
    "hash": ([uuid.UUID(int=int(row) * 12345).hex for row in SHUFFLED], "identifier: a different text in every row"),
    "unit": (["mm"] * N_ROWS, "constant: every cell is 'mm'"),
    "one": ([1.5] * N_ROWS, "constant: every cell is 1.5"),
    "sometimes": (["mm", None] * (N_ROWS // 2), "constant: every filled cell is 'mm'"),
    "nothing": ([None] * N_ROWS, "empty: no cell is filled"),
    "nan": ([np.nan] * N_ROWS, "empty: no cell is filled"),
    "lists": ([[row] for row in range(N_ROWS)], "nested: its cells hold lists or records"),
    "records": ([{"a": row} for row in range(N_ROWS)], "nested: its cells hold lists or records"),
    "arrays": ([np.array([row, 1]) for row in range(N_ROWS)], "nested: its cells hold lists or records"),
}


def features_of(table):
    return learn_features(table)[0]


def beside_a_number(name, cells):
    """Give a table of one column that is surely used and the one in question."""
    return pd.DataFrame({"size": SIZES[: len(cells)], name: cells})


@pytest.mark.parametrize("name", DESCRIBES)
def test_a_column_that_describes_rows_is_used(name):
    cells, kind = DESCRIBES[name]

    features = features_of(beside_a_number(name, cells))

    assert features.left_out == {}
    assert features.kinds[name] == kind


@pytest.mark.parametrize("name", NAMES_ROWS)
def test_a_column_that_cannot_tell_classes_apart_is_left_out_with_the_reason(name):
    cells, reason = NAMES_ROWS[name]

    features = features_of(beside_a_number(name, cells))

    assert features.left_out == {name: reason}
    assert list(features.kinds) == ["size"]


@pytest.mark.parametrize("name", ["row", "code"])
def test_few_rows_say_nothing_about_identifiers(name):
    cells = NAMES_ROWS[name][0][:19]

    features = features_of(beside_a_number(name, cells))

    assert features.left_out == {}


def test_a_column_among_hundreds_is_judged_as_it_is_by_itself():
    sparse, few = np.where(SHUFFLED < 5, np.nan, SHUFFLED), np.where(SHUFFLED < 5, SHUFFLED, np.nan)
    kinds = {
        **{name: cells for name, (cells, kind) in (DESCRIBES | NAMES_ROWS).items() if "number" in kind},
        "whole decimals without a gap": SHUFFLED * 1.0,
        "whole decimals with gaps": sparse * 3,
        "few cells": few,
        "one cell": np.where(SHUFFLED == 7, 1.5, np.nan),
        "one value and gaps": np.where(SHUFFLED % 2, 1.5, np.nan),
        "no cell": np.full(N_ROWS, np.nan),
        "two infinite cells": np.where(SHUFFLED < 2, np.inf, SHUFFLED * 2.0),
        "zeros of both signs": np.where(SHUFFLED % 2, 0.0, -0.0),
        "narrow": SHUFFLED.astype(np.int8),
        "wide": (SHUFFLED + 2**60).astype(np.uint64),
        "half": SIZES.astype(np.float32),
    }
    among = pd.DataFrame({f"{name} {at}": cells for at in range(40) for name, cells in kinds.items()})

    found = features_of(among)

    for name in kinds:
        alone = features_of(pd.DataFrame({"size": SIZES, f"{name} 0": among[f"{name} 0"]}))
        for each in (f"{name} {at}" for at in range(40)):
            assert found.kinds.get(each) == alone.kinds.get(f"{name} 0")
            assert found.left_out.get(each) == alone.left_out.get(f"{name} 0")


def test_what_was_learnt_survives_being_written_down_also_as_earlier_versions_did():
    table = pd.DataFrame(
        {name: cells for name, (cells, _) in DESCRIBES.items()} | {"ü\0 \u2028": SIZES, "row": range(60)}
    )
    table.loc[3, "numbers"] = np.inf
    features = features_of(table)
    earlier = Features.__new__(Features)

    earlier.__setstate__(dict(vars(features)))

    for again in (pickle.loads(pickle.dumps(features)), earlier):
        assert {**vars(again), "vectorizer": None} == {**vars(features), "vectorizer": None}
        assert np.array_equal(again.matrix(table), features.matrix(table), equal_nan=True)


def test_infinite_cells_are_counted_and_treated_as_missing():
    table = pd.DataFrame({"a": [1.0, np.inf, -np.inf, 2.0, 3.0], "b": [1.0, 2.0, 1.0, 2.0, 1.0]})

    features = features_of(table)

    assert features.infinite == {"a": 2}
    assert np.isnan(features.matrix(table)).sum() == 2


def test_nothing_left_to_learn_from_is_refused_with_the_reasons():
    table = pd.DataFrame({"unit": ["mm"] * 30, "row": range(30)})

    with pytest.raises(InputError, match=r"No column is left to learn from: 'unit' constant: .*; 'row' identifier: "):
        features_of(table)


@pytest.mark.parametrize("name", DESCRIBES)
def test_a_row_reads_the_same_alone_as_among_others(name):
    table = beside_a_number(name, DESCRIBES[name][0])
    features = features_of(table)
    together = features.matrix(table)

    alone = [features.matrix(table.iloc[[row]]) for row in (0, 31, 59)]

    assert np.array_equal(np.concatenate(alone), together[[0, 31, 59]], equal_nan=True)


@pytest.mark.parametrize("name", DESCRIBES)
def test_the_matrix_made_while_learning_is_the_one_made_later(name):
    table = beside_a_number(name, DESCRIBES[name][0])

    features, matrix = learn_features(table)

    assert np.array_equal(matrix, features.matrix(table), equal_nan=True)


def test_columns_left_out_may_be_missing_or_new_in_later_rows():
    table = pd.DataFrame({"size": SIZES[:30], "unit": ["mm"] * 30})
    features = features_of(table)

    matrix = features.matrix(table[["size"]].assign(colour="red"))

    assert np.array_equal(matrix, features.matrix(table))


def test_columns_may_come_in_another_order():
    table = pd.DataFrame({"a": SIZES, "b": WIDTHS})
    features = features_of(table)

    assert np.array_equal(features.matrix(table[["b", "a"]]), features.matrix(table))


def test_an_unknown_category_is_none_of_those_known():
    features = features_of(pd.DataFrame({"colour": ["red", "blue", "green"] * 10}))

    assert features.matrix(pd.DataFrame({"colour": ["mauve"]})).tolist() == [[0, 0, 0]]


def test_a_missing_column_is_refused_by_name():
    features = features_of(pd.DataFrame({"size": [1.5, 2.5], "colour": ["red", "blue"]}))

    with pytest.raises(InputError, match=r"not those the model was fitted on. Missing: 'colour'\. Not known: 'color'"):
        features.matrix(pd.DataFrame({"size": [1.5], "color": ["red"]}))


def test_text_in_a_column_of_numbers_is_refused_by_name():
    features = features_of(pd.DataFrame({"size": [1.5, 2.5, 3.5], "age": [1.0, 2.0, 3.5]}))

    with pytest.raises(InputError, match=r"'age'.*'old'"):
        features.matrix(pd.DataFrame({"size": [1.5, 2.5], "age": ["3", "old"]}))


@pytest.mark.parametrize("kind", FRAMES)
def test_frames_of_every_kind_become_the_same_matrix(kind):
    matrix = features_of(as_kind(kind, TABLE)).matrix(as_kind(kind, TABLE))

    assert np.allclose(matrix, TABLE)
    assert isinstance(matrix, np.ndarray)


def test_arrays_are_the_matrix():
    assert np.array_equal(features_of(TABLE).matrix(TABLE), TABLE)


def test_sparse_rows_stay_sparse():
    X = sp.csr_array(np.eye(5))

    assert (features_of(X).matrix(X) != X).nnz == 0


def test_an_array_is_taken_for_the_columns_a_frame_had():
    frame = pd.DataFrame(TABLE, columns=["a", "b"])
    features = features_of(frame)

    assert np.array_equal(features.matrix(TABLE), features.matrix(frame))


def test_column_names_need_not_be_text():
    features = features_of(pd.DataFrame(TABLE))

    assert features.kinds == {"0": "number", "1": "number"}


@settings(max_examples=25)
@given(st.permutations(range(N_ROWS)))
def test_an_identifier_is_recognised_in_any_order_of_rows(order):
    table = pd.DataFrame({"size": SIZES, "key": np.arange(N_ROWS) * 3}).iloc[list(order)]

    assert list(features_of(table).left_out) == ["key"]


def test_rows_are_left_as_they_were():
    table = pd.DataFrame({"a": [1.0, np.inf, 2.0], "b": ["x", "y", None]})
    before = table.copy()

    features_of(table).matrix(table)

    pd.testing.assert_frame_equal(table, before)
