"""Numbers are described, and counted in bins that hold them all."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from pseudolabel.results.target_record import description, histogram_of_numbers, histogram_of_widths

NUMBERS = arrays(np.float64, st.integers(1, 30), elements=st.floats(-1e6, 1e6))


def test_a_description_is_what_it_says():
    found = description(np.array([1.0, 2.0, 6.0]))

    assert found == {
        "count": 3,
        "mean": 3,
        "standard_deviation": pytest.approx(7**0.5),
        "minimum": 1,
        "median": 2,
        "maximum": 6,
    }


def test_no_numbers_are_counted_and_a_single_one_has_no_deviation():
    assert description(np.array([])) == {"count": 0} | dict.fromkeys(
        ("mean", "standard_deviation", "minimum", "median", "maximum")
    )
    assert description(np.array([2.5]))["standard_deviation"] is None


@given(NUMBERS, NUMBERS)
def test_every_number_is_in_a_bin(given, suggested):
    found = histogram_of_numbers(given, suggested)

    assert (sum(found["given"]), sum(found["suggested"])) == (len(given), len(suggested))
    assert len(found["edges"]) == len(found["given"]) + 1 == len(found["suggested"]) + 1


@given(arrays(np.float64, st.integers(0, 30), elements=st.floats(0, 1e6)))
def test_every_width_is_in_a_bin(widths):
    found = histogram_of_widths(widths)

    assert sum(found["counts"]) == len(widths)


def test_widths_that_differ_by_rounding_alone_are_one_bin():
    assert len(histogram_of_widths(np.full(10, 3.0) + 1e-12 * np.arange(10))["counts"]) == 1
