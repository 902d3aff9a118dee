"""Soft labels are written as pairs of a row and a class, and lose nothing that matters on the way."""

import numpy as np
from hypothesis import given
from strategies import probability_tables

from pseudolabel.learning.pseudolabels import SMALLEST_SHARE, label_all, soft_pairs


def as_table(shape, rows, codes, weights):
    table = np.zeros(shape)
    np.add.at(table, (rows, codes), weights)
    return table


@given(probability_tables())
def test_weights_of_a_rows_pairs_sum_to_one(probabilities):
    rows, _, weights = soft_pairs(probabilities)

    assert np.allclose(np.bincount(rows, weights, minlength=len(probabilities)), 1)


@given(probability_tables())
def test_the_likeliest_class_of_a_row_stays_its_likeliest(probabilities):
    table = as_table(probabilities.shape, *soft_pairs(probabilities))

    assert np.array_equal(table.argmax(axis=1), probabilities.argmax(axis=1))


@given(probability_tables())
def test_only_small_shares_are_dropped_and_no_pair_stands_twice(probabilities):
    rows, codes, _ = soft_pairs(probabilities)

    pairs = list(zip(rows.tolist(), codes.tolist(), strict=True))
    assert len(set(pairs)) == len(pairs)
    assert set(zip(*np.nonzero(probabilities >= SMALLEST_SHARE), strict=True)) <= set(pairs)


@given(probability_tables())
def test_classes_kept_keep_their_proportions(probabilities):
    rows, codes, weights = soft_pairs(probabilities)

    ratio = weights / probabilities[rows, codes]
    assert np.allclose(ratio, ratio[np.searchsorted(rows, rows)])


def test_no_rows_give_no_pairs():
    assert [len(part) for part in soft_pairs(np.empty((0, 3)))] == [0, 0, 0]


@given(probability_tables())
def test_every_row_is_labeled_with_its_likeliest_class_in_round_one(probabilities):
    made = label_all(probabilities)

    assert np.array_equal(made.codes, probabilities.argmax(axis=1))
    assert np.array_equal(made.confidence, probabilities.max(axis=1))
    assert set(made.rounds) == {1}


def test_no_rows_get_no_label():
    made = label_all(np.empty((0, 3)))

    assert (len(made.codes), len(made.confidence), len(made.rounds)) == (0, 0, 0)
