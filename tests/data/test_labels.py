"""Labels are found, counted and filled without a given one ever changing."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import class_codes

from pseudolabel.data.labels import labeled_rows, read_labels
from pseudolabel.errors import InputError

CLASSES = st.sampled_from(["a", "b", "c", None])


@given(st.lists(CLASSES, min_size=1).filter(any))
def test_codes_lead_back_to_the_labels(y):
    labels = read_labels(y)

    found = [labels.classes[code] if code >= 0 else None for code in labels.codes]
    assert found == y


@given(st.lists(CLASSES, min_size=1).filter(any))
def test_counts_are_those_of_the_labeled_rows(y):
    labels = read_labels(y)

    assert labels.counts().tolist() == [y.count(name) for name in labels.classes]


@given(st.lists(CLASSES, min_size=1).filter(any), st.data())
def test_filling_changes_gaps_only(y, data):
    labels = read_labels(y)
    codes = data.draw(st.lists(st.integers(-1, len(labels.classes) - 1), min_size=len(y), max_size=len(y)))

    filled = labels.filled(np.array(codes))

    wanted = [labels.classes[code] if code >= 0 else None for code in codes]
    assert filled.tolist() == [given or guess for given, guess in zip(y, wanted, strict=True)]


@pytest.mark.parametrize(
    ("y", "dtype"),
    [([0, 1, -1, 2], int), ([0.0, 1.0, np.nan], float), ([0.0, 1.0], float), (["a", "b"], object), ([0, 1], int)],
)
def test_more_rows_are_unlabeled_and_keep_the_dtype_where_it_has_room(y, dtype):
    labels = read_labels(y).extended(2)

    assert labels.values.dtype == dtype
    assert labels.codes[-2:].tolist() == [-1, -1]
    assert len(labels.values) == len(y) + 2


def test_more_rows_are_no_class_where_minus_one_is_one():
    labels = read_labels([-1, 1], unlabeled=None).extended(1)

    assert labels.values.tolist() == [-1, 1, None]


@given(class_codes().filter(lambda codes: len(set(codes) - {-1}) > 1))
def test_labeled_rows_are_those_found_at_first(codes):
    labels = read_labels(codes, unlabeled=-1)

    assert np.array_equal(labeled_rows(codes, unlabeled=-1, classes=labels.classes), labels.given)


def test_minus_one_has_a_label_once_it_is_known_to_be_a_class():
    given = labeled_rows([-1, 1, np.nan], unlabeled="auto", classes=np.array([-1, 1]))

    assert given.tolist() == [True, True, False]


@pytest.mark.parametrize("y", [[], [None], [np.nan, None], ["", None]], ids=repr)
def test_nothing_labeled_is_refused(y):
    with pytest.raises(InputError, match="No row is labeled"):
        read_labels(y)


MARKERS = st.sampled_from(["auto", None, -1, 0, 2.0, [0, 1], "a", True, [-1, "b"]])


@given(st.lists(st.sampled_from([-1, 0, 1, 2]), min_size=1), st.booleans(), MARKERS, st.booleans())
def test_numbers_mean_the_same_in_an_array_and_as_single_objects(y, decimals, unlabeled, elsewhere):
    numbers = np.array(y, dtype=float if decimals else int)
    objects = np.array(numbers.tolist(), dtype=object)

    one, other = (codes_or_refusal(values, unlabeled, elsewhere) for values in (numbers, objects))

    assert one == other


def codes_or_refusal(y, unlabeled, elsewhere):
    try:
        return read_labels(y, unlabeled=unlabeled, unlabeled_elsewhere=elsewhere).codes.tolist()
    except InputError as error:
        return str(error)
