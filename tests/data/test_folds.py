"""Labeled rows are dealt evenly, unlabeled ones are never held out, and no class is ever missing from training."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import class_codes

from pseudolabel import LabeledKFold, ParameterError
from pseudolabel.data.folds import deal_folds

N_FOLDS = st.integers(2, 6)
SEEDS = st.integers(0, 1000)


@given(class_codes(), N_FOLDS, SEEDS)
def test_unlabeled_rows_are_never_held_out(codes, n_folds, seed):
    fold = deal_folds(codes, n_folds, seed)

    assert np.all(fold[codes < 0] == -1)


@given(class_codes(), N_FOLDS, SEEDS)
def test_no_fold_takes_all_rows_of_a_class(codes, n_folds, seed):
    fold = deal_folds(codes, n_folds, seed)

    classes = set(codes[codes >= 0])
    assert all(set(codes[(fold != number) & (codes >= 0)]) == classes for number in range(n_folds))


@given(class_codes(), N_FOLDS, SEEDS)
def test_every_row_of_a_repeated_class_is_held_out_once(codes, n_folds, seed):
    fold = deal_folds(codes, n_folds, seed)

    repeated = np.array([code >= 0 and np.sum(codes == code) > 1 for code in codes])
    assert np.array_equal(fold >= 0, repeated)
    assert fold.max(initial=-1) < n_folds


@given(class_codes(), N_FOLDS, SEEDS)
def test_folds_are_even_altogether_and_class_by_class(codes, n_folds, seed):
    fold = deal_folds(codes, n_folds, seed)

    def spread(rows):
        return np.ptp(np.bincount(fold[rows & (fold >= 0)], minlength=n_folds))

    assert spread(codes >= 0) <= 1
    assert all(spread(codes == code) <= 1 for code in set(codes))


@given(class_codes(), N_FOLDS, SEEDS)
def test_one_seed_deals_once(codes, n_folds, seed):
    assert np.array_equal(deal_folds(codes, n_folds, seed), deal_folds(codes, n_folds, seed))


def test_another_seed_deals_otherwise():
    codes = np.arange(60) % 3

    assert not np.array_equal(deal_folds(codes, 5, seed=0), deal_folds(codes, 5, seed=1))


@given(class_codes().filter(lambda codes: (codes >= 0).any()), N_FOLDS, st.integers(1, 3))
def test_splits_share_the_rows_out_between_training_and_held_out(codes, n_splits, n_repeats):
    folds = LabeledKFold(n_splits, n_repeats=n_repeats, unlabeled=-1)

    pairs = list(folds.split(np.zeros((len(codes), 1)), codes))

    assert len(pairs) == folds.get_n_splits() == n_splits * n_repeats
    assert all(sorted([*train, *held_out]) == list(range(len(codes))) for train, held_out in pairs)


def test_repeats_are_dealt_anew():
    codes = np.arange(60) % 3

    held_out = [tuple(rows) for _, rows in LabeledKFold(3, n_repeats=2).split(codes, codes)]

    assert len(set(held_out)) == 6


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"n_splits": 1}, "LabeledKFold: `n_splits` must be a whole number of at least 2, got 1"),
        ({"n_splits": 2.5}, "`n_splits` must be a whole number of at least 2, got 2.5"),
        ({"n_repeats": 0}, "`n_repeats` must be a whole number of at least 1, got 0"),
        ({"n_repeats": True}, "`n_repeats` must be a whole number of at least 1, got True"),
    ],
)
def test_a_number_out_of_range_is_refused_by_name(options, words):
    with pytest.raises(ParameterError, match=words):
        list(LabeledKFold(**options).split(np.zeros((4, 1)), [0, 1, 0, 1]))
