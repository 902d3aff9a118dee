"""What the error rates of the verdict rest on: rows with one role each, and errors that count draws, not cases."""

import numpy as np
import pandas as pd
import pytest

import learners
from draws import ROWS_OF_A_GROUP, Table, draw_rows, read_table
from material import cases_of, read_cases
from rates import GOALS, goals_table, rate_of, table_of
from rule import Word
from simulate import FAMILIES, Family, main, replicate

SMALL = Family(learners.closed_forms, (), (), n_test=300)


def table_with(shares):
    codes = np.repeat(np.arange(len(shares)), shares)
    return Table(np.arange(len(codes), dtype=np.float32)[:, None], codes, np.full(len(codes), -1))


def test_no_row_has_two_roles():
    draw = draw_rows(table_with([500, 500]), 40, 100, 200, seed=0)

    roles = np.concatenate([draw.X, draw.unlabeled, draw.X_test]).ravel()

    assert len(roles) == 340
    assert len(np.unique(roles)) == 340


@pytest.mark.parametrize("seed", range(5))
def test_every_class_has_two_labeled_rows_and_no_more_than_asked_are_labeled(seed):
    draw = draw_rows(table_with([900, 50, 10, 4]), 20, 100, 200, seed=seed)

    assert len(np.unique(draw.X)) == 20
    assert np.bincount(draw.y, minlength=4).min() >= 2


def test_a_group_has_one_role():
    table = read_table("groups_both", None)
    draw = draw_rows(table, 50, 300, 1_000, seed=0)
    group_of = dict(zip(table.X[:, 0].tolist(), table.group.tolist(), strict=True))

    roles = [{group_of[value] for value in rows[:, 0].tolist()} for rows in (draw.X, draw.unlabeled, draw.X_test)]

    assert len(roles[0]) == 50 / ROWS_OF_A_GROUP
    assert not roles[0] & roles[1]
    assert not roles[0] & roles[2]
    assert not roles[1] & roles[2]


def test_whole_groups_are_held_out():
    material = replicate(SMALL, "groups_both", 50, 0)

    folds_of_group = pd.DataFrame({"group": material["group"], "fold": material["folds"][0]}).groupby("group")["fold"]

    assert (folds_of_group.nunique() == 1).all()
    assert folds_of_group.first().nunique() == 5


def test_a_replicate_is_the_same_again_and_another_index_is_another_draw():
    one, again, other = (replicate(SMALL, "shipped_cancer", 50, index) for index in (0, 0, 1))

    assert np.array_equal(one["losses"], again["losses"])
    assert not np.array_equal(one["y"], other["y"])


def test_every_row_is_held_out_once_in_every_repeat():
    material = replicate(SMALL, "shipped_cancer", 50, 0)

    assert material["folds"].shape == (4, 50)
    assert np.isfinite(material["losses"]).all()
    assert {len(set(repeat)) for repeat in material["folds"].tolist()} == {5}


def test_the_second_model_is_better_where_a_difference_is_above_zero():
    material = {
        "models": np.array(["base", "student"]),
        "losses": np.array([[[[1.0, 1.0]]] * 3, [[[0.0, 1.0]]] * 3]),
        "folds": np.array([[0, 1]]),
        "test_losses": np.array([[[1.0, 0.0]] * 3, [[0.0, 0.0]] * 3]),
        "y": np.array([0, 1]),
        "group": np.array([-1, -1]),
        "y_test": np.array([0, 1]),
    }

    (case,) = cases_of("family", "table", 2, 0, material)

    assert case.differences[0].tolist() == [[1.0, 0.0]]
    assert case.truth.tolist() == [0.5, 0.5, 0.5]
    assert case.recall.tolist() == [1.0, 0.0]


def test_a_run_goes_on_where_it_stopped(tmp_path, monkeypatch):
    monkeypatch.setitem(FAMILIES, "shipped", Family(learners.closed_forms, ["shipped_cancer"], [50], n_test=100))
    main(["shipped", "--out", str(tmp_path), "--replicates", "1"])
    (first,) = (tmp_path / "shipped").iterdir()
    written = first.stat().st_mtime_ns

    main(["shipped", "--out", str(tmp_path), "--replicates", "2"])

    assert first.stat().st_mtime_ns == written
    assert [path.name for path in sorted((tmp_path / "shipped").iterdir())] == [
        "shipped_cancer-50-0000.npz",
        "shipped_cancer-50-0001.npz",
    ]
    assert {case.index for case in read_cases(tmp_path, "shipped")} == {0, 1}


def test_pairs_of_one_replicate_do_not_make_a_rate_surer():
    hit = pd.Series([True, False, False, False] * 5)
    alone = rate_of(hit, pd.Series(range(20)))

    together = rate_of(pd.concat([hit, hit], ignore_index=True), pd.Series([*range(20), *range(20)]))

    assert together.share == alone.share
    assert together.error == pytest.approx(alone.error)


def test_a_rate_without_a_hit_has_an_error_all_the_same():
    assert rate_of(pd.Series([False] * 50), pd.Series(range(50))).error > 0


def test_a_rule_that_always_helps_misses_its_goals(monkeypatch):
    monkeypatch.setattr("rates.judge", lambda case, level: Word("helps", 0.5, 1.0))
    cases = [case for index in range(3) for case in cases_of("", "shipped_hard", 100, index, _hard(index))]

    goals = goals_table(table_of(cases, 0.05)).set_index("goal")

    assert len(goals) == len(GOALS)
    assert goals.loc["`helps` on a reseeded model", "met"] == "**no**"
    assert goals.loc["`helps` where the method does not gain", "met"] == "**no**"
    assert goals.loc["interval above the truth", "met"] == "**no**"


def _hard(index):
    return replicate(SMALL, "shipped_hard", 100, index)
