"""Rows of every kind are taken and stacked together with all that belongs to them."""

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import scipy.sparse as sp
from hypothesis import given
from hypothesis import strategies as st
from strategies import FRAMES, KINDS, as_kind, rows_of

from pseudolabel.data.block import Block, is_frame, stack_rows, take_rows
from pseudolabel.errors import InputError

X = np.arange(24.0).reshape(8, 3)
KINDS_IN = [kind for kind in KINDS if kind != "list"]
POSITIONS = st.lists(st.integers(0, 7), max_size=12).map(lambda rows: np.array(rows, dtype=np.int64))


@pytest.mark.parametrize("kind", KINDS_IN)
@given(positions=POSITIONS)
def test_rows_are_taken_in_the_order_and_as_often_as_asked(kind, positions):
    table = as_kind(kind, X)

    taken = take_rows(table, positions)

    assert type(taken) is type(table)
    assert rows_of(taken) == X[positions].tolist()


@pytest.mark.parametrize("form", [list, np.array, pd.Series, pl.Series, tuple], ids=lambda form: form.__name__)
@given(positions=POSITIONS)
def test_values_of_rows_are_taken_alike(form, positions):
    taken = take_rows(form([10 * row for row in range(8)]), positions)

    assert list(taken) == (10 * positions).tolist()


def test_rows_of_a_shuffled_index_are_taken_by_position():
    table = pd.DataFrame(X, index=[5, 3, 1, 7, 0, 2, 6, 4])

    taken = take_rows(table, np.array([0, 1]))

    assert taken.index.tolist() == [5, 3]


@given(POSITIONS)
def test_all_that_belongs_to_a_row_is_taken_with_it(positions):
    block = Block(X, matrix=2 * X, weight=X[:, 0], metadata={"cost": X[:, 1].tolist()}, options={"verbose": 3})

    taken = block.take(positions)

    assert np.array_equal(taken.matrix, 2 * taken.given)
    assert np.array_equal(taken.weight, taken.given[:, 0])
    assert list(taken.metadata["cost"]) == taken.given[:, 1].tolist()
    assert taken.options == {"verbose": 3}


def test_a_mask_takes_the_rows_where_it_is_true():
    mask = np.arange(8) % 3 == 0

    assert np.array_equal(Block(X).take(mask).given, X[mask])


@pytest.mark.parametrize("weight", [None, np.arange(8.0)], ids=["none", "given"])
def test_weights_are_multiplied_row_by_row(weight):
    factor = np.linspace(0, 1, 8)

    times = Block(X, weight=weight).times(factor)

    assert np.array_equal(times.weight, factor if weight is None else weight * factor)


@pytest.mark.parametrize("kind", KINDS_IN)
@given(n_above=st.integers(1, 7))
def test_rows_cut_apart_are_stacked_back(kind, n_above):
    above, below = as_kind(kind, X[:n_above]), as_kind(kind, X[n_above:])

    stacked = stack_rows(above, below)

    assert type(stacked) is type(as_kind(kind, X))
    assert rows_of(stacked) == X.tolist()


@pytest.mark.parametrize("kind", FRAMES)
def test_columns_in_another_order_are_stacked_by_name(kind):
    below = as_kind(kind, X[:, ::-1], "cba")

    stacked = stack_rows(as_kind(kind, X), below)

    assert rows_of(stacked) == [*X.tolist(), *X.tolist()]


@pytest.mark.parametrize("kind", FRAMES)
def test_columns_that_differ_are_refused_by_name(kind):
    with pytest.raises(InputError, match=r"Missing: 'c'\. Not known: 'z'\. Give both as the same kind of frame"):
        stack_rows(as_kind(kind, X), as_kind(kind, X, "abz"))


@pytest.mark.parametrize(
    ("above", "below"),
    [("pandas", "polars"), ("polars", "arrow"), ("pandas", "array"), ("array", "pandas"), ("csr", "arrow")],
)
def test_tables_of_different_kinds_are_refused(above, below):
    with pytest.raises(InputError, match=r"X_unlabeled.* does not fit X.*Give both as the same kind of"):
        stack_rows(as_kind(above, X), as_kind(below, X))


@pytest.mark.parametrize("kind", ["array", "csr"])
def test_arrays_of_different_width_are_refused_with_their_shapes(kind):
    with pytest.raises(InputError, match=r"of shape \(8, 2\), does not fit X, .* of shape \(8, 3\)"):
        stack_rows(as_kind(kind, X), as_kind(kind, X[:, :2]))


@pytest.mark.parametrize(
    ("table", "answer"),
    [
        (pd.DataFrame(X), True),
        (pl.DataFrame(X), True),
        (pa.table({"a": [1]}), True),
        (X, False),
        (X.tolist(), False),
        (sp.csr_array(X), False),
        (pd.Series([1]), False),
        (pl.Series([1]), False),
        (None, False),
        ("text", False),
    ],
    ids=lambda value: type(value).__name__,
)
def test_frames_are_told_from_everything_else(table, answer):
    assert is_frame(table) is answer
