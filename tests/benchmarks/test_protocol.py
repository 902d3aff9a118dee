"""What every method can rely on: the same honest split."""

import numpy as np
import pandas as pd
import pytest

from protocol import class_budgets, class_split, draw_labels, value_split
from table_files import classification_tables


@pytest.mark.parametrize(
    ("n_rows", "n_classes", "budgets"),
    [
        pytest.param(2_000, 2, {"10c": 20, "100": 100, "500": 500}, id="all, and 40 % is the same as 500"),
        pytest.param(2_000, 10, {"10c": 100, "500": 500}, id="100 is 10c"),
        pytest.param(2_000, 26, {"10c": 260, "500": 500}, id="100 is less than 10c"),
        pytest.param(600, 2, {"10c": 20, "100": 100, "40%": 168}, id="500 is more than there is"),
        pytest.param(150, 3, {"10c": 30, "40%": 42}, id="100 is more than half"),
        pytest.param(90_000, 2, {"10c": 20, "100": 100, "500": 500}, id="cut"),
    ],
)
def test_a_budget_leaves_enough_rows_unlabeled_and_differs_from_the_one_before(n_rows, n_classes, budgets):
    target = pd.Series(np.arange(n_rows) % n_classes)

    assert class_budgets(target, ["10c", "100", "500", "40%"], cap=2_000) == budgets


def test_a_budget_that_cannot_be_read_is_refused():
    with pytest.raises(SystemExit, match="A budget is written 10c, 100 or 40%, got 'ten'"):
        class_budgets(pd.Series([0, 1]), ["ten"], cap=2_000)


@pytest.mark.parametrize(("shares", "drawn"), [((500, 500), [10, 10]), ((980, 20), [18, 2]), ((990, 6, 4), [16, 2, 2])])
def test_labels_are_drawn_in_proportion_and_at_least_two_of_each_class(shares, drawn):
    codes = np.repeat(np.arange(len(shares)), shares)

    labeled = draw_labels(codes, 20, np.random.default_rng(0))

    assert len(set(labeled)) == 20
    assert np.bincount(codes[labeled]).tolist() == drawn


def test_a_split_is_the_same_again_and_hides_the_truth():
    X, target = classification_tables(None)["iris"]()

    one, other = (class_split(X, target, n_labels=30, cap=2_000, seed=5) for _ in range(2))

    assert np.array_equal(one.X, other.X)
    assert np.array_equal(one.y, other.y)
    assert (one.y[~one.given] == -1).all()
    assert np.array_equal(one.y[one.given], one.truth[one.given])


def test_test_rows_have_no_part_in_the_features():
    X = pd.DataFrame({"x": np.arange(100.0)})
    target = pd.Series(np.arange(100) % 2)
    test = class_split(X, target, n_labels=20, cap=2_000, seed=0).X_test.ravel().astype(int)
    changed = X.copy()
    changed.loc[test, "x"] = 1e6

    before, after = (class_split(table, target, n_labels=20, cap=2_000, seed=0) for table in (X, changed))

    assert np.array_equal(before.scaled, after.scaled)


def test_classes_too_rare_to_be_split_are_left_out():
    X, target = pd.DataFrame({"x": np.arange(105.0)}), pd.Series(["a"] * 50 + ["rare"] * 5 + ["z"] * 50)

    split = class_split(X, target, n_labels=20, cap=2_000, seed=0)

    assert len(split.y) + len(split.y_test) == 100
    assert set(split.truth) == {0, 1}


def test_a_split_of_numbers_has_gaps_where_there_is_no_label():
    X, target = pd.DataFrame({"x": np.arange(100.0)}), pd.Series(np.arange(100.0))

    split = value_split(X, target, n_labels=30, cap=90, seed=0)

    assert (split.given.sum(), len(split.y), len(split.y_test)) == (30, 63, 27)
    assert np.array_equal(np.isfinite(split.y), split.given)
