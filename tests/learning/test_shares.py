"""The shares of the unlabeled rows are read off the rows, whatever the labels' own shares are."""

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from pseudolabel.learning import shares as shares_module
from pseudolabel.learning.shares import estimate_shares


def blobs(sizes, *, apart=5.0, seed=0, n_columns=3):
    """Give rows of one cloud a class, `apart` standard deviations from the next, and their classes."""
    random = np.random.default_rng(seed)
    codes = np.repeat(np.arange(len(sizes)), sizes)
    return random.normal(size=(len(codes), n_columns)) + apart * codes[:, None], codes


@settings(max_examples=15, deadline=None)
@given(st.lists(st.integers(1, 6), min_size=2, max_size=5), st.integers(0, 40), st.integers(0, 99))
def test_shares_are_positive_and_sum_to_one(labels_of_classes, n_unlabeled, seed):
    labeled, codes = blobs(labels_of_classes, seed=seed)
    unlabeled = np.random.default_rng(seed).normal(size=(n_unlabeled, 3))

    shares = estimate_shares(labeled, codes, unlabeled, len(labels_of_classes))

    assert shares.shape == (len(labels_of_classes),)
    assert (shares > 0).all()
    assert shares.sum() == pytest.approx(1)


def test_shares_of_separable_classes_are_found_although_the_labels_are_even():
    labeled, codes = blobs([10, 10])
    unlabeled, _ = blobs([900, 100], seed=1)

    shares = estimate_shares(labeled, codes, unlabeled, 2)

    assert shares == pytest.approx([0.9, 0.1], abs=0.03)  # the pull towards even labels is worth a point or two


def test_shares_of_many_classes_are_found():
    sizes = np.array([50, 100, 200, 400])
    labeled, codes = blobs([8, 8, 8, 8], apart=4)
    unlabeled, _ = blobs(sizes, apart=4, seed=1)

    assert estimate_shares(labeled, codes, unlabeled, 4) == pytest.approx(sizes / sizes.sum(), abs=0.05)


def test_shares_of_balanced_separable_classes_are_even():
    labeled, codes = blobs([10, 10, 10])
    unlabeled, _ = blobs([100, 100, 100], seed=1)

    assert estimate_shares(labeled, codes, unlabeled, 3) == pytest.approx(np.ones(3) / 3, abs=0.02)


def test_how_many_labels_a_class_has_does_not_matter_where_classes_are_separable():
    labeled, codes = blobs([5, 45])
    unlabeled, _ = blobs([500, 500], seed=1)

    assert estimate_shares(labeled, codes, unlabeled, 2) == pytest.approx([0.5, 0.5], abs=0.03)


@pytest.mark.parametrize("names", [[1, 2, 0], [2, 1, 0]], ids=repr)
def test_renaming_classes_renames_their_shares(names):
    labeled, codes = blobs([8, 8, 8], apart=1.5)
    unlabeled, _ = blobs([200, 50, 100], apart=1.5, seed=1)

    shares = estimate_shares(labeled, codes, unlabeled, 3)
    renamed = estimate_shares(labeled, np.array(names)[codes], unlabeled, 3)

    assert renamed[names] == pytest.approx(shares, abs=1e-3)  # solvers stop at a tolerance


def test_the_order_of_the_unlabeled_rows_does_not_matter():
    labeled, codes = blobs([8, 8], apart=1)
    unlabeled, _ = blobs([200, 50], apart=1, seed=1)

    assert estimate_shares(labeled, codes, unlabeled[::-1], 2) == pytest.approx(
        estimate_shares(labeled, codes, unlabeled, 2), abs=1e-6
    )


def test_the_unit_of_a_column_does_not_matter():
    labeled, codes = blobs([8, 8], apart=1)
    unlabeled, _ = blobs([200, 50], apart=1, seed=1)
    units = np.array([1024.0, 1.0, 0.125])  # powers of two: exact

    assert estimate_shares(labeled * units, codes, unlabeled * units, 2) == pytest.approx(
        estimate_shares(labeled, codes, unlabeled, 2), abs=1e-6
    )


def test_sparse_rows_give_what_dense_rows_give():
    labeled, codes = blobs([8, 8], apart=1)
    unlabeled, _ = blobs([200, 50], apart=1, seed=1)
    labeled, unlabeled = np.maximum(labeled, 0), np.maximum(unlabeled, 0)

    dense = estimate_shares(labeled, codes, unlabeled, 2)
    sparse = estimate_shares(sp.csr_matrix(labeled), codes, sp.csr_matrix(unlabeled), 2)

    assert sparse == pytest.approx(dense, abs=1e-3)  # trees cut sparse columns at slightly other places


def test_missing_cells_and_columns_without_a_value_are_taken():
    labeled, codes = blobs([10, 10])
    unlabeled, _ = blobs([900, 100], seed=1)
    labeled[::4, 0] = unlabeled[::4, 1] = np.nan
    labeled[:, 2] = unlabeled[:, 2] = np.nan

    assert estimate_shares(labeled, codes, unlabeled, 2) == pytest.approx([0.9, 0.1], abs=0.05)


def test_collinear_and_constant_columns_are_taken():
    labeled, codes = blobs([10, 10])
    unlabeled, _ = blobs([900, 100], seed=1)
    widened = [np.hstack([rows, 3 * rows, np.full((len(rows), 1), 7.0)]) for rows in (labeled, unlabeled)]

    assert estimate_shares(widened[0], codes, widened[1], 2) == pytest.approx([0.9, 0.1], abs=0.03)


def test_a_hundred_classes_with_one_label_each_are_taken():
    labeled, codes = blobs(np.ones(100, dtype=int))
    unlabeled, _ = blobs(np.full(100, 3), seed=1)

    assert estimate_shares(labeled, codes, unlabeled, 100).sum() == pytest.approx(1)


def test_a_class_without_a_label_gets_the_least_share():
    labeled, codes = blobs([5, 5])
    unlabeled, _ = blobs([50, 50], seed=1)

    shares = estimate_shares(labeled, codes, unlabeled, 3)

    assert shares[2] == shares.min() > 0


def test_without_unlabeled_rows_the_labels_are_counted():
    labeled, codes = blobs([1, 3])

    assert estimate_shares(labeled, codes, labeled[:0], 2) == pytest.approx([0.25, 0.75])


def test_at_most_a_sample_takes_part(monkeypatch):
    monkeypatch.setattr(shares_module, "MOST_ROWS", 100)
    labeled, codes = blobs([10, 10])
    unlabeled, _ = blobs([900, 100], seed=1)

    assert estimate_shares(labeled, codes, unlabeled, 2) == pytest.approx([0.9, 0.1], abs=0.1)  # of 100 rows
