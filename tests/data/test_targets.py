"""Targets are numbers, gaps mark unlabeled rows, and everything else is refused by row and reason."""

from decimal import Decimal

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from pseudolabel.data.targets import Targets, known_targets, read_targets
from pseudolabel.errors import InputError

NUMBERS = [1.5, -1, 3, 4, 5, 6]


@pytest.mark.parametrize("gap", [None, float("nan"), np.nan, "", pd.NA, pd.NaT], ids=repr)
def test_a_gap_of_any_kind_marks_an_unlabeled_row(gap):
    targets = read_targets([*NUMBERS, gap])

    assert targets.given.tolist() == [True] * 6 + [False]


@pytest.mark.parametrize(
    "column",
    [
        np.array([*NUMBERS, np.nan]),
        np.array([*NUMBERS, np.nan], dtype=np.float32),
        pd.Series([*NUMBERS, np.nan]),
        pd.Series([*NUMBERS, None], dtype="Float64"),
        pd.Series([str(number) for number in NUMBERS] + [""]),
        pl.Series([*map(float, NUMBERS), None]),
        pa.array([*map(float, NUMBERS), None]),
        [Decimal(str(number)) for number in NUMBERS] + [None],
    ],
    ids=["array", "float32", "pandas", "nullable", "text", "polars", "arrow", "decimal"],
)
def test_a_column_of_any_kind_holds_the_same_numbers(column):
    targets = read_targets(column)

    assert np.array_equal(targets.values, [*NUMBERS, np.nan], equal_nan=True)


def test_minus_one_is_a_number_like_any_other():
    assert read_targets([-1, 0, 1, -1, 2]).given.all()


@pytest.mark.parametrize("mark", [-1, [-1], (-1, -999), -1.0])
def test_a_mark_that_is_named_is_a_gap(mark):
    targets = read_targets([-1, 1, 2, 3, 4, 5], unlabeled=mark)

    assert targets.given.tolist() == [False] + [True] * 5


def test_a_mark_may_be_a_text():
    assert known_targets(["?", "1", "2"], unlabeled="?").tolist() == [False, True, True]


@pytest.mark.parametrize("wrong", ["twelve", "1,5", "nan", object, pd.Timestamp("2020-01-01"), 1j], ids=str)
def test_what_is_no_number_is_named_with_its_row(wrong):
    with pytest.raises(InputError, match=r"^Row 2 of y \(counted from 0\) holds .* no number\. Correct it, leave it"):
        read_targets([1, 2, wrong, 3, 4, 5, None])


def test_a_text_is_shown_as_it_was_written():
    with pytest.raises(InputError, match=r"^Row 5 of y .* holds 'twelve', which"):
        read_targets(np.array(["1", "2", "3", "4", "5", "twelve"]))


@pytest.mark.parametrize("wrong", [np.inf, -np.inf, "inf"])
def test_infinity_is_named_with_its_row(wrong):
    with pytest.raises(InputError, match=r"^1 targets in y are infinity, the first in row 6 .* leave them empty"):
        read_targets([*NUMBERS, wrong])


@pytest.mark.parametrize("n_given", [0, 1, 4])
def test_too_few_targets_are_counted(n_given):
    with pytest.raises(
        InputError, match=rf"^{n_given} samples? ha(s|ve) a target in y.* Give the targets of more rows"
    ):
        read_targets([1.5, 2, 3, 4][:n_given] + [None] * 10)


def test_targets_that_are_all_the_same_are_shown():
    with pytest.raises(InputError, match=r"^All 7 targets in y are 2\.5: .* other targets too"):
        read_targets([2.5] * 7)


@given(arrays(float, st.integers(1, 30), elements=st.floats(-10, 10) | st.just(np.nan)), st.integers(0, 5))
def test_filling_keeps_what_was_given_and_leaves_no_gap(values, n_more):
    targets = Targets(values).extended(n_more)
    n_gaps = int((~targets.given).sum())

    filled = targets.filled(np.arange(n_gaps, dtype=float))

    assert len(filled) == len(values) + n_more
    assert np.array_equal(filled[targets.given], values[~np.isnan(values)])
    assert filled[~targets.given].tolist() == list(range(n_gaps))
