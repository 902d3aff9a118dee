"""The most doubtful rows are those with the smallest lead, in whatever lots they were looked at."""

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from pseudolabel.judgement.doubt import MOST_DOUBTFUL, find_doubtful, most_doubtful, moved


def some_probabilities(n_rows, n_classes, seed, digits=3):
    found = np.random.default_rng(seed).dirichlet(np.ones(n_classes), n_rows).round(digits)
    return found / found.sum(axis=1, keepdims=True)


def by_hand(probabilities):
    ordered = np.sort(probabilities, axis=1)
    return np.argsort(ordered[:, -1] - ordered[:, -2], kind="stable")[:MOST_DOUBTFUL]


@given(st.integers(1, 200), st.integers(2, 6), st.integers(0, 1000))
def test_the_smallest_leads_are_found_without_working_out_all(n_rows, n_classes, seed):
    probabilities = some_probabilities(n_rows, n_classes, seed, digits=6)

    found = find_doubtful(probabilities, probabilities.argmax(axis=1))

    ordered = np.sort(probabilities[by_hand(probabilities)], axis=1)
    assert np.allclose(found["lead"].to_numpy(), ordered[:, -1] - ordered[:, -2])
    assert np.allclose(found["probability"].to_numpy(), ordered[:, -1])
    assert np.allclose(found["runner_up_probability"].to_numpy(), ordered[:, -2])


@given(st.integers(1, 150), st.integers(0, 1000), st.integers(1, 60), st.booleans())
def test_lots_in_any_order_give_what_all_rows_give(n_rows, seed, size, backwards):
    probabilities = some_probabilities(n_rows, 3, seed)
    lots = [
        moved(find_doubtful(lot, lot.argmax(axis=1)), start)
        for start in range(0, n_rows, size)
        for lot in [probabilities[start : start + size]]
    ]

    found = None
    for lot in reversed(lots) if backwards else lots:
        found = most_doubtful([found, lot])

    assert (
        found["position"].to_pylist()
        == most_doubtful([find_doubtful(probabilities, probabilities.argmax(axis=1))])["position"].to_pylist()
    )


def test_the_columns_of_doubtful_rows_are_kept_beside_rows_without():
    probabilities = np.array([[0.9, 0.1], [0.6, 0.4]])
    kept = find_doubtful(probabilities, np.array([0, 0]), pa.table({"x": [1.5, 2.5]}))
    plain = moved(find_doubtful(probabilities[:1], np.array([0])), np.array([7]))

    found = most_doubtful([plain, kept])

    assert found["position"].to_pylist() == [1, 0, 7]
    assert found["row"].to_pylist() == [{"x": 2.5}, {"x": 1.5}, None]


def test_where_no_row_comes_into_question_none_is_doubtful():
    assert find_doubtful(np.array([[1.0, 0.0]]), np.array([0]), among=np.array([], dtype=int)) is None
    assert most_doubtful([None, None]) is None
