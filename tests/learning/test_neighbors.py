"""The nearest labeled rows are those a person would call alike: in the columns that tell the classes apart."""

import numpy as np
import pytest
import scipy.sparse as sp
from strategies import flowers

from pseudolabel.data.block import Block
from pseudolabel.learning.neighbors import LabeledRows, find_neighbors, keep_labeled_rows

X, CODES = flowers(60)
CLASSES = np.array(["ash", "birch", "cedar"])
LABELED = LabeledRows(np.arange(0, 120, 2), CODES, X)


@pytest.mark.parametrize("form", [np.asarray, sp.csr_array, sp.csr_matrix], ids=["dense", "sparse array", "matrix"])
def test_the_nearest_of_a_labeled_row_is_itself(form):
    labeled = LabeledRows(LABELED.positions, CODES, form(X))

    found = find_neighbors(labeled, form(X), CLASSES, most=1)

    assert [nearest.distance for (nearest,) in found] == [0] * 60
    alike = [np.array_equal(X[nearest.row // 2], row) for (nearest,), row in zip(found, X, strict=True)]
    assert all(alike)


def test_sparse_and_dense_rows_have_the_same_neighbors():
    sparse = LabeledRows(LABELED.positions, CODES, sp.csr_array(X))
    asked = X[:20] + 0.01

    dense_rows, sparse_rows = (
        [[near.row for near in nearest] for nearest in find_neighbors(labeled, rows, CLASSES, most=3)]
        for labeled, rows in ((LABELED, asked), (sparse, sp.csr_array(asked)))
    )

    assert dense_rows == sparse_rows


def test_neighbors_come_nearest_first_with_the_label_they_were_given():
    for nearest in find_neighbors(LABELED, X + 0.1, CLASSES, most=5):
        distances = [near.distance for near in nearest]
        assert distances == sorted(distances)
        assert [near.label for near in nearest] == [CLASSES[CODES[near.row // 2]] for near in nearest]


def test_a_column_that_tells_nothing_does_not_decide_who_is_near():
    noise = 3 * np.random.default_rng(0).normal(size=(60, 1))
    labeled = LabeledRows(np.arange(60), CODES, np.hstack([X, noise]))

    found = find_neighbors(labeled, np.hstack([X, noise[::-1]]), CLASSES, most=1)

    same = [nearest.label == CLASSES[code] for (nearest,), code in zip(found, CODES, strict=True)]
    assert np.mean(same) > 0.8


def test_fewer_labeled_rows_than_asked_for_are_all_there_are():
    few = LabeledRows(np.arange(3), CODES[:3], X[:3])

    [nearest] = find_neighbors(few, X[:1], CLASSES, most=10)

    assert len(nearest) == 3


def test_only_labeled_rows_on_one_scale_are_kept():
    codes = np.where(np.arange(60) % 4 == 0, CODES, -1)

    kept = keep_labeled_rows(Block(X, scaled=X, weight=np.arange(60.0)), codes, np.arange(100, 160))

    assert kept.positions.tolist() == list(range(100, 160, 4))
    assert np.array_equal(kept.scaled, X[::4])
    assert kept.weight.tolist() == list(range(0, 60, 4))
    assert keep_labeled_rows(Block(X), codes, np.arange(60)) is None
