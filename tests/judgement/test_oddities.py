"""What is odd about a table is said before anything is learnt, and only where chance does not explain it."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pseudolabel.judgement.oddities import (
    of_contradictions,
    of_copies_of_classes,
    of_copies_of_numbers,
    of_rare_classes,
    of_repeated_test_rows,
    repeated_in,
)

ROWS = "row {}".format


def random_table(n_rows=60, n_columns=4, seed=0):
    return pd.DataFrame(np.random.default_rng(seed).normal(size=(n_rows, n_columns)), columns=list("abcd")[:n_columns])


@pytest.mark.parametrize("gap", [1.5, None, "text", np.nan])
def test_equal_rows_with_different_labels_are_named(gap):
    X = pd.DataFrame({"x": [1, 2, 1, 3], "y": [gap, "b", gap, "c"]})

    [found] = of_contradictions(X, np.array(["p", "q", "r", "s"]), ROWS)

    assert found.detail.startswith("row 0 is 'p' and row 2 is 'r'. No model")


def test_in_a_wide_table_rows_that_differ_in_the_last_column_alone_are_not_equal():
    X = pd.DataFrame(np.ones((40, 60))).add_prefix("x")
    X.loc[10:, "x3"] = 2 + np.arange(30) / 7  # ten rows are equal in all but
    X.loc[:9, "x59"] = [0, 1, 2, 3, 4, 5, 6, 7, 3, 8]

    [found] = of_contradictions(X, np.arange(40).astype(str), ROWS)

    assert found.detail.startswith("row 3 is '3' and row 8 is '8'. No model")


def test_equal_rows_with_equal_labels_are_no_contradiction():
    assert of_contradictions(pd.DataFrame({"x": [1, 1]}), np.array(["p", "p"]), ROWS) == []


def test_of_many_contradictions_the_first_are_shown_and_the_others_counted():
    X = pd.DataFrame({"x": np.repeat(np.arange(10), 2)})

    [found] = of_contradictions(X, np.array(["p", "q"] * 10), ROWS)

    assert found.detail.count(" is 'p' and ") == 3
    assert ", and 7 more such pairs. " in found.detail


@given(st.lists(st.tuples(st.integers(0, 3), st.sampled_from("pq")), max_size=30))
def test_there_is_a_contradiction_exactly_where_a_value_has_two_labels(rows):
    X = pd.DataFrame({"x": [x for x, _ in rows]}, dtype=object)
    labels = np.array([label for _, label in rows], dtype=object)

    found = of_contradictions(X, labels, ROWS)

    assert bool(found) == (len(set(rows)) > len({x for x, _ in rows}))


@pytest.mark.parametrize("values", [[0, 1, 2], ["x", "y", "z"], [0.5, 1.5, -7.0], [True, False, None]])
def test_a_column_that_codes_the_classes_is_named(values):
    codes = np.arange(60) % 3
    X = random_table().assign(copy=[values[code] for code in codes])

    found = of_copies_of_classes(X, codes)

    if None in values:
        assert found == []  # a missing cell is no value
    else:
        assert found[0].detail.startswith("'copy' holds one value for each class")


@pytest.mark.parametrize("spoiled", [[0], [59]])
def test_a_column_that_errs_once_is_none(spoiled):
    codes = np.arange(60) % 3
    copy = codes.copy()
    copy[spoiled] = (copy[spoiled] + 1) % 3

    assert of_copies_of_classes(random_table().assign(copy=copy), codes) == []


def test_a_column_is_not_suspected_where_chance_may_have_made_it():
    codes = np.array([0, 1, 0, 1, 1, 0])
    X = pd.DataFrame(np.tile(codes[:, np.newaxis], 10))

    assert of_copies_of_classes(X, codes) == []


def test_random_columns_are_hardly_ever_suspected():
    random = np.random.default_rng(0)
    found = 0
    for _ in range(300):
        X = pd.DataFrame(random.integers(0, 2, size=(12, 200)))
        found += bool(of_copies_of_classes(X, random.integers(0, 2, 12)))

    assert found <= 2


@pytest.mark.parametrize("copy", [lambda y: y, lambda y: 32 - 1.8 * y, lambda y: [f"{n:.12f}" for n in y]])
def test_a_column_on_a_line_with_the_numbers_is_named(copy):
    y = np.random.default_rng(1).normal(size=60)

    [found] = of_copies_of_numbers(random_table().assign(copy=copy(y)), y)

    assert found.detail.startswith("'copy' holds the number itself")


def test_columns_that_go_along_with_the_numbers_are_no_copies():
    y = np.random.default_rng(1).normal(size=60)
    X = random_table().assign(near=y + 0.001 * random_table()["a"], text="x", constant=1.0, empty=np.nan)

    assert of_copies_of_numbers(X, y) == []


@pytest.mark.parametrize(
    ("counts", "rare"),
    [([1000, 1], True), ([1000, 49], True), ([1000, 60], False), ([30, 1], True), ([10, 1], False), ([5, 5], False)],
)
def test_a_class_with_hardly_a_label_beside_others_is_named(counts, rare):
    found = of_rare_classes(["usual", "seldom"], np.array(counts))

    assert bool(found) == rare
    if rare:
        assert found[0].detail.startswith(f"'seldom' has {counts[1]} of {sum(counts):,} labels, 'usual' {counts[0]:,}.")


def test_test_rows_that_are_learnt_from_are_found():
    X = random_table()
    X_test = pd.concat([random_table(seed=1), X.iloc[[5, 7]]], ignore_index=True)

    repeated = repeated_in(X, X_test)

    assert np.flatnonzero(repeated).tolist() == [60, 61]
    assert of_repeated_test_rows(2, 62)[0].detail.startswith("2 of 62 rows of --test are equal to labeled rows")
    assert of_repeated_test_rows(0, 62) == []


def test_where_equal_rows_are_usual_none_is_left_out():
    X = pd.DataFrame({"colour": ["red", "green", "blue"] * 20})

    assert not repeated_in(X, X.head(5)).any()
