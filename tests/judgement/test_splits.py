"""No row is learnt from and scored at once, nor is a row of its group, nor one of its future."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pseudolabel.judgement.splits import Dependence, choose_design, count_scored_rows, deal_splits

CODES = np.tile([0, 1, 2], 20)
GAPS = np.where(np.arange(60) % 4 == 1, -1, CODES)
GROUPS = np.repeat(np.arange(20), 3)


def dealt(codes=GAPS, seed=0, **dependence):
    rows = Dependence(**dependence)
    return deal_splits(codes, choose_design(count_scored_rows(codes), rows=rows), seed=seed, rows=rows)


@pytest.mark.parametrize(
    "dependence",
    [{}, {"groups": GROUPS}, {"time": np.arange(60.0)}],
    ids=["independent", "groups", "time"],
)
def test_no_row_is_in_training_and_held_out_at_once(dependence):
    for split in dealt(**dependence):
        assert not set(split.train.tolist()) & set(split.held_out.tolist())
        assert (GAPS[split.held_out] >= 0).all()


def test_independent_rows_are_all_in_training_or_held_out_and_each_is_scored_once_in_every_repeat():
    splits = dealt()

    assert all(set(split.train.tolist()) | set(split.held_out.tolist()) == set(range(60)) for split in splits)
    times = np.bincount(np.concatenate([split.held_out for split in splits]), minlength=60)
    assert np.array_equal(times, np.where(GAPS < 0, 0, choose_design(45).n_repeats))


@given(st.integers(0, 1000))
def test_no_row_of_a_held_out_group_is_in_training_not_even_an_unlabeled_one(seed):
    for split in dealt(seed=seed, groups=GROUPS):
        assert not set(GROUPS[split.train]) & set(GROUPS[split.held_out])


def test_rows_without_a_group_are_each_their_own():
    groups = np.where(np.arange(60) < 30, GROUPS, -1)

    splits = dealt(groups=groups)

    held_out = [row for split in splits for row in split.held_out if groups[row] < 0]
    assert held_out
    assert any(GAPS[row] >= 0 and groups[row] < 0 for split in splits for row in split.train)


def test_too_few_groups_give_no_splits():
    assert dealt(groups=np.repeat([0, 1], 30)) is None


def test_models_in_time_learn_from_earlier_labels_only_and_from_all_unlabeled_rows():
    time = np.random.default_rng(0).permutation(60).astype(float)

    splits = dealt(time=time)

    for split in splits:
        labeled = split.train[GAPS[split.train] >= 0]
        assert time[labeled].max() < time[split.held_out].min()
        assert set(np.flatnonzero(GAPS < 0)) <= set(split.train.tolist())
    assert len({row for split in splits for row in split.held_out}) == sum(len(split.held_out) for split in splits)


def test_rows_of_one_moment_are_never_torn_apart():
    time = np.repeat(np.arange(12.0), 5)

    for split in dealt(time=time):
        labeled = split.train[GAPS[split.train] >= 0]
        assert not set(time[labeled]) & set(time[split.held_out])


@given(st.integers(20, 100_000))
def test_standard_evidence_costs_at_most_twenty_models_and_thorough_at_most_fifty(n_rows):
    assert 5 <= choose_design(n_rows).n_splits <= 20
    assert choose_design(n_rows).n_splits < choose_design(n_rows, "thorough").n_splits <= 50
