"""The task is read from the labels by a rule of five lines, and whatever it decides is said in words."""

import datetime
import decimal

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pseudolabel.data.task import MOST_CODES, choose_task, reads_as_quantity

RANDOM = np.random.default_rng(0)


def chosen(labels, kind=None, asked="auto"):
    return choose_task(pa.chunked_array([pa.array(labels, kind)]), "y", asked)


@pytest.mark.parametrize(
    "labels",
    [
        pytest.param(["a", "b", "a"], id="text"),
        pytest.param(["1.5", "2.5", "3.25"], id="text that spells numbers"),
        pytest.param([True, False, True], id="true and false"),
        pytest.param([datetime.date(2024, 1, day) for day in range(1, 29)], id="dates"),
        pytest.param([0, 1], id="two codes, a row each"),
        pytest.param([0.0, 1.0, 2.0, 1.0], id="codes that a gap made decimal"),
        pytest.param([decimal.Decimal("1.00"), decimal.Decimal("2.00")], id="codes as fixed decimals"),
        pytest.param([0, 1, 2, 3, 4, 5, 6, 7, 8, 9], id="every digit once"),
        pytest.param([1, 2, 3, 4, 5] * 4, id="stars"),
        pytest.param([3, 7, 3, 7, 9, 9], id="codes with gaps that repeat"),
        pytest.param([-1, 1, 1, -1], id="minus one and one"),
        pytest.param(list(range(26)) * 2, id="letters"),
        pytest.param([1990 + year % 10 for year in range(40)], id="ten years"),
        pytest.param([2**40, 2**40 + 1, 2**40], id="large codes"),
    ],
)
def test_these_are_classes(labels):
    assert chosen(labels).name == "classification"


@pytest.mark.parametrize(
    "labels",
    [
        pytest.param([1.5, 2.25, 7.0], id="decimals"),
        pytest.param([0.5, 1.5] * 50, id="few decimals that repeat"),
        pytest.param([decimal.Decimal("9.99"), decimal.Decimal("12.50")], id="fixed decimals"),
        pytest.param([17, 35, 61, 22, 48], id="few ages, all different"),
        pytest.param(RANDOM.integers(17, 90, 30).tolist(), id="thirty ages"),
        pytest.param(RANDOM.integers(17, 90, 200).tolist(), id="two hundred ages"),
        pytest.param(RANDOM.integers(1900, 2020, 200).tolist(), id="years"),
        pytest.param(RANDOM.integers(1000, 9999, 100).tolist(), id="postal codes"),
        pytest.param(RANDOM.integers(100, 900, 500).astype(float).tolist(), id="prices without cents"),
        pytest.param([1.0, float("inf"), 2.0], id="infinite"),
    ],
)
def test_these_are_numbers(labels):
    assert chosen(labels).name == "regression"


def test_a_missing_value_is_no_different_number():
    assert chosen([0.0, 1.0, float("nan"), 1.0]).name == "classification"


@given(st.integers(2, MOST_CODES), st.sampled_from([0, 1]), st.integers(1, 3))
def test_codes_that_count_from_zero_or_one_are_classes_however_few_rows_they_have(n_classes, first, n_rows):
    assert chosen(list(range(first, first + n_classes)) * n_rows).name == "classification"


@given(st.lists(st.integers(-1000, 1000), min_size=1), st.sampled_from([pa.float64(), pa.int32(), pa.float32()]))
def test_the_type_of_whole_numbers_does_not_matter(labels, kind):
    assert chosen(labels, kind).name == chosen(labels, pa.int64()).name


@pytest.mark.parametrize(
    ("labels", "reason"),
    [
        (["a", "b"], "'y' holds text."),
        ([True, False], "'y' holds true and false."),
        ([1.5, 2.0, 3.0], "'y' holds 3 different numbers, with decimals. If they are classes, write them as text."),
        (
            [0, 1, 1],
            "'y' holds 2 different whole numbers that count from 0 as codes do. --task regression overrides.",
        ),
        ([3, 7, 3, 7], "'y' holds 2 different whole numbers in 4 labels. --task regression overrides."),
        (
            [10, 20, 30, 40, 40],
            "'y' holds 4 different whole numbers in 5 labels. --task classification overrides.",
        ),
        (
            [10, 20, 30],
            "'y' holds 3 different whole numbers in 3 labels. If they are classes, write them as text.",
        ),
        (list(range(100, 140)) * 2, "'y' holds 40 different whole numbers. --task classification overrides."),
    ],
)
def test_the_reason_says_what_was_seen_and_what_to_do_if_it_is_wrong(labels, reason):
    assert chosen(labels).reason == reason


@pytest.mark.parametrize("asked", ["classification", "regression"])
@pytest.mark.parametrize("labels", [["a", "b"], [1.5, 2.5], [0, 1]])
def test_what_was_asked_for_is_final(labels, asked):
    task = chosen(labels, asked=asked)

    assert (task.name, task.reason) == (asked, "--task asks for it.")


@pytest.mark.parametrize(
    ("classes", "counts", "quantity"),
    [
        (np.array([0.25, 1.25]), [5, 5], True),
        (np.array([17, 35, 61]), [1, 1, 1], True),
        (np.array([17, 35, 61]), [2, 1, 1], False),
        (np.array([0, 1, 2]), [1, 1, 1], False),
        (np.array(["17", "35"], dtype=object), [1, 1], False),
        (np.array([False, True]), [1, 1], False),
    ],
)
def test_classes_that_read_as_a_quantity_are_told_from_codes(classes, counts, quantity):
    assert reads_as_quantity(classes, np.array(counts)) == quantity
