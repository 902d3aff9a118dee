"""Labeled and unlabeled rows: a difference is found, named, and not made up."""

import numpy as np
import pytest
import scipy.sparse as sp

from pseudolabel.data.features import learn_features
from pseudolabel.judgement.column_gaps import measure_gaps
from pseudolabel.judgement.findings import of_shift
from pseudolabel.judgement.membership import draw_membership
from pseudolabel.judgement.shift import look_for_shift

NAMES = ("a", "b", "c", "d")


def rows_of(n_rows, seed):
    """Four columns: two numbers that go together, a flag, and a number with gaps."""
    rng = np.random.default_rng(seed)
    first = rng.normal(size=n_rows)
    gapped = np.where(rng.random(n_rows) < 0.2, np.nan, rng.exponential(size=n_rows))
    return np.column_stack([first, first + 0.3 * rng.normal(size=n_rows), rng.random(n_rows) < 0.3, gapped])


def look(labeled, unlabeled, seed=0, **more):
    return look_for_shift(labeled, unlabeled, NAMES, seed=seed, **more)


def test_false_alarms_on_random_splits_are_no_more_frequent_than_the_level():
    alarms = 0
    for seed in range(40):
        rows = rows_of(80, seed)
        alarms += look(rows[:25], rows[25:], seed, level=0.05).code == "shift"

    assert alarms <= 7  # at 5 % more than 7 of 40 has a chance of 0.1 %


def test_the_case_of_a_column_moved_by_eight_is_found_with_twenty_labels():
    found = 0
    for seed in range(10):
        rng = np.random.default_rng(seed)
        rows = rng.normal(size=(120, 4))
        rows[:, 0] += 3 * (np.arange(120) % 2)
        rows[20:, 0] += 8
        shift = look(rows[:20], rows[20:], seed)
        found += shift.code == "shift" and shift.columns[0].name == "a"

    assert found == 10


def test_the_columns_that_differ_are_named_and_no_others():
    rows = rows_of(500, seed=1)
    rows[100:, 2] = np.random.default_rng(1).random(400) < 0.7
    rows[100:, 3] = np.where(np.random.default_rng(2).random(400) < 0.5, np.nan, rows[100:, 3])

    shift = look(rows[:100], rows[100:])

    assert (shift.code, shift.reason) == ("shift", "columns")
    assert {column.name for column in shift.columns} == {"c", "d"}
    assert all(0.2 < column.statistic < 0.6 for column in shift.columns)
    assert all(column.p_value <= shift.level for column in shift.columns)


def test_columns_that_go_together_otherwise_are_found_though_each_alone_stays():
    rows = rows_of(700, seed=2)
    rows[200:, 1] = np.random.default_rng(3).permutation(rows[200:, 1])

    shift = look(rows[:200], rows[200:])

    assert (shift.code, shift.reason, shift.columns) == ("shift", "combination", ())
    assert "No column differs clearly by itself" in of_shift(shift)[0].detail


def test_rows_that_are_far_apart_have_an_auc_near_one_and_rows_alike_one_near_a_half():
    rows = rows_of(600, seed=3)
    far = rows + np.array([0, 6, 0, 0])

    alike, apart = look(rows[:200], rows[200:]), look(rows[:200], far[200:])

    assert alike.auc_interval[0] < 0.5 < alike.auc_interval[1]
    assert apart.auc_interval[0] > 0.95
    assert apart.voids_promise
    assert not alike.voids_promise


def test_rescaling_every_column_changes_nothing():
    rows, scale = rows_of(200, seed=4), np.array([1000.0, 0.5, 2.0, 64.0])

    assert look(rows[:50], rows[50:]) == look(scale * rows[:50], scale * rows[50:])


def test_the_same_seed_gives_the_same_shift():
    rows = rows_of(200, seed=5)

    assert look(rows[:50], rows[50:], seed=7) == look(rows[:50], rows[50:], seed=7)


def test_sparse_rows_are_judged_as_dense_ones_are():
    rows = np.nan_to_num(rows_of(200, seed=6))
    rows[50:, 2] = 1

    assert look(sp.csr_matrix(rows[:50]), sp.csr_matrix(rows[50:])) == look(rows[:50], rows[50:])


@pytest.mark.parametrize(
    ("n_labeled", "n_unlabeled", "design", "reason"),
    [
        (19, 500, "rows", "too_few_labels"),
        (500, 0, "rows", "nothing_unlabeled"),
        (500, 19, "rows", "nothing_unlabeled"),
        (100, 100, "groups", "groups"),
        (100, 100, "time", "time"),
    ],
)
def test_where_the_question_makes_no_sense_it_does_not_apply(n_labeled, n_unlabeled, design, reason):
    shift = look(rows_of(n_labeled, 0), rows_of(n_unlabeled, 1), design=design)

    assert (shift.code, shift.reason, shift.p_value, shift.auc) == ("does_not_apply", reason, None, None)
    assert not shift.voids_promise
    assert of_shift(shift) == []


def test_columns_of_a_single_value_cannot_differ():
    same = np.column_stack([np.ones(100), np.full(100, np.nan)])

    shift = look_for_shift(same[:50], same[50:], ["one", "empty"], seed=0)

    assert (shift.code, shift.reason) == ("does_not_apply", "no_columns")


def test_the_finding_shows_the_column_the_auc_and_what_to_do():
    rows = rows_of(300, seed=7)
    rows[100:, 0] += 3

    [finding] = of_shift(look(rows[:100], rows[100:]))

    assert finding.code == "shift"
    assert finding.detail.startswith("'a' differs: its shares by up to ")
    assert finding.detail.endswith("label some rows drawn at random from them.")


def test_columns_made_of_one_category_are_one_column():
    codes = np.random.default_rng(0).integers(0, 3, 120)
    codes[40:] = np.minimum(codes[40:], 1)

    gaps = measure_gaps(np.eye(3)[codes], ("colour", "colour", "colour"), draw_membership(40, 80, seed=0))

    assert gaps.names == ("colour",)
    share = [(codes[:40] == code).mean() - (codes[40:] == code).mean() for code in range(3)]
    assert gaps.widest[0] == pytest.approx(np.abs(share).max())


def test_two_hundred_columns_name_no_more_by_mistake_than_one():
    named = 0
    for seed in range(20):
        rows = np.random.default_rng(seed).normal(size=(60, 200))
        gaps = measure_gaps(rows, tuple(map(str, range(200))), draw_membership(20, 40, seed, n_random=199))
        named += bool(gaps.differing(level=0.05))

    assert named <= 5  # at 5 % more than 5 of 20 has a chance of 0.03 %


def test_features_tell_which_column_each_of_the_matrix_came_from():
    import pandas as pd

    table = pd.DataFrame({"colour": ["red", "blue", "green"] * 10, "size": np.arange(30) / 7, "flag": ["x", "y"] * 15})
    features, matrix = learn_features(table)

    origins = features.origins(matrix.shape[1])

    assert len(origins) == matrix.shape[1]
    assert origins[0] == "size"
    assert [origins.count(name) for name in ("colour", "flag")] == [3, matrix.shape[1] - 4]
    assert learn_features(matrix)[0].origins(2) == ("column 0", "column 1")
