"""Unlabeled rows that are unlike anything labeled: found in groups, and not made up."""

import numpy as np
import pytest
import scipy.sparse as sp
from sklearn.datasets import load_digits

from pseudolabel.judgement import novelty as module
from pseudolabel.judgement.findings import of_novelty
from pseudolabel.judgement.novelty import look_for_novelty


def blobs(sizes, seed, n_columns=4):
    """Groups of rows, each around a point of its own; the rows and their group."""
    rng = np.random.default_rng(seed)
    group = np.repeat(np.arange(len(sizes)), sizes)
    return rng.normal(size=(len(group), n_columns)) + 6 * np.eye(n_columns)[group], group


def labeled_and_not(rows, n_labeled, seed):
    order = np.random.default_rng(seed).permutation(len(rows))
    return order[:n_labeled], order[n_labeled:]


def test_false_alarms_on_random_splits_are_no_more_frequent_than_the_level():
    alarms = 0
    for seed in range(40):
        rows, _ = blobs([60, 60, 20], seed)
        labeled, unlabeled = labeled_and_not(rows, 40, seed)
        alarms += look_for_novelty(rows[labeled], rows[unlabeled], seed=seed, level=0.05).code == "novel"

    assert alarms <= 7  # at 5 % more than 7 of 40 has a chance of 0.1 %


def test_many_equal_rows_raise_no_alarm():
    alarms = 0
    for seed in range(25):
        flags = np.random.default_rng(seed).random((150, 3)) < 0.3
        alarms += look_for_novelty(flags[:40], flags[40:], seed=seed, level=0.05).code == "novel"

    assert alarms <= 5  # at 5 % more than 5 of 25 has a chance of 0.1 %


def test_a_digit_that_was_never_labeled_is_found():
    digits = load_digits()
    found = []
    for seed in range(3):
        known, novel = np.flatnonzero(digits.target != seed), np.flatnonzero(digits.target == seed)
        labeled, rest = labeled_and_not(known, 300, seed)
        unlabeled = np.concatenate([known[rest], novel])
        novelty = look_for_novelty(digits.data[known[labeled]], digits.data[unlabeled], seed=seed)
        truth = digits.target[unlabeled] == seed
        assert novelty.code == "novel"
        found.append((np.isin(np.flatnonzero(truth), novelty.rows).mean(), truth[novelty.rows].mean()))

    recall, precision = np.mean(found, axis=0)
    assert recall > 0.6
    assert precision > 0.85


def test_scattered_rows_that_have_only_their_strangeness_in_common_are_found():
    rng = np.random.default_rng(0)
    rows, _ = blobs([150, 150], seed=0)
    strange = rng.normal(size=(40, 4)) * 25

    novelty = look_for_novelty(rows[::3], np.vstack([rows[1::3], rows[2::3], strange]), seed=0)

    assert novelty.code == "novel"
    assert np.isin(np.arange(200, 240), novelty.rows).mean() > 0.5


def test_rows_beyond_those_compared_with_each_other_are_checked_too(monkeypatch):
    monkeypatch.setattr(module, "ROWS_AT_A_TIME", 700)
    rows, group = blobs([2200, 300], seed=1)
    labeled = np.flatnonzero(group == 0)[:200]
    unlabeled = np.setdiff1d(np.arange(2500), labeled)

    novelty = look_for_novelty(rows[labeled], rows[unlabeled], seed=0)

    assert novelty.n_checked == 2300
    assert np.isin(np.flatnonzero(group[unlabeled] == 1), novelty.rows).mean() > 0.9
    assert novelty.share == len(novelty.rows) / 2300
    assert len(np.unique(novelty.rows)) == len(novelty.rows)


def test_no_more_rows_are_checked_than_are_allowed(monkeypatch):
    monkeypatch.setattr(module, "MOST_CHECKED", 1200)
    rows, group = blobs([1900, 300], seed=2)
    labeled = np.arange(100)

    novelty = look_for_novelty(rows[labeled], rows[100:], seed=0)

    assert novelty.n_checked == 1200
    assert (group[100:][novelty.rows] == 1).mean() > 0.9


def test_sparse_rows_and_the_same_seed_give_the_same_rows():
    rows, group = blobs([200, 60], seed=3)
    rows = np.maximum(rows, 0)
    labeled, unlabeled = rows[group == 0][:80], np.vstack([rows[group == 0][80:], rows[group == 1]])

    dense = look_for_novelty(labeled, unlabeled, seed=0)
    sparse = look_for_novelty(sp.csr_matrix(labeled), sp.csr_matrix(unlabeled), seed=0)

    assert dense.code == sparse.code == "novel"
    np.testing.assert_array_equal(dense.rows, sparse.rows)


@pytest.mark.parametrize(
    ("n_labeled", "n_unlabeled", "design", "reason"),
    [
        (29, 500, "rows", "too_few_labels"),
        (500, 0, "rows", "nothing_unlabeled"),
        (100, 100, "groups", "groups"),
        (100, 100, "time", "time"),
    ],
)
def test_where_the_question_makes_no_sense_it_does_not_apply(n_labeled, n_unlabeled, design, reason):
    novelty = look_for_novelty(np.ones((n_labeled, 2)), np.ones((n_unlabeled, 2)), seed=0, design=design)

    assert (novelty.code, novelty.reason, novelty.n_checked, novelty.share) == ("does_not_apply", reason, 0, 0.0)
    assert of_novelty(novelty) == []


def test_rows_that_are_all_the_same_are_not_novel():
    novelty = look_for_novelty(np.ones((50, 2)), np.ones((100, 2)), seed=0)

    assert (novelty.code, len(novelty.rows)) == ("none", 0)


def test_the_finding_counts_the_rows():
    rows, _ = blobs([300, 100], seed=4)

    [finding] = of_novelty(look_for_novelty(rows[:100], rows[100:], seed=0))

    assert finding.code == "novel-rows"
    assert " of 300 unlabeled rows checked (" in finding.detail
