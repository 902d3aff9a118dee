"""Numbers are described, and counted in bins that hold them all."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from pseudolabel.results.target_record import Numbers, histogram_of_widths

NUMBERS = arrays(np.float64, st.integers(1, 30), elements=st.floats(-1e6, 1e6))


def given_numbers(*lots: np.ndarray) -> Numbers:
    """Give numbers that were all given, a lot at a time."""
    return Numbers(lambda: [(lot, np.ones(len(lot), dtype=bool)) for lot in lots])


def suggested_numbers(*lots: np.ndarray) -> Numbers:
    """Give numbers that were all suggested, a lot at a time."""
    return Numbers(lambda: [(lot, np.zeros(len(lot), dtype=bool)) for lot in lots])


def test_a_description_is_what_it_says():
    found = given_numbers(np.array([1.0, 2.0, 6.0])).description(given=True)

    assert found == {
        "count": 3,
        "mean": 3,
        "standard_deviation": pytest.approx(7**0.5),
        "minimum": 1,
        "median": pytest.approx(2, abs=5 / 20_000),
        "maximum": 6,
    }


def test_no_numbers_are_counted_and_a_single_one_has_no_deviation():
    assert given_numbers(np.array([])).description(given=True) == {"count": 0} | dict.fromkeys(
        ("mean", "standard_deviation", "minimum", "median", "maximum")
    )
    assert given_numbers(np.array([2.5])).description(given=True)["standard_deviation"] is None


@given(NUMBERS, NUMBERS)
def test_numbers_in_two_lots_are_described_as_all_of_them(one, other):
    both = np.concatenate([one, other])

    found = given_numbers(one, other).description(given=True)

    assert (found["count"], found["minimum"], found["maximum"]) == (len(both), both.min(), both.max())
    assert found["mean"] == pytest.approx(both.mean(), abs=1e-6)
    assert found["standard_deviation"] == pytest.approx(both.std(ddof=1), abs=1e-6)
    assert found["median"] == pytest.approx(np.median(both), abs=np.ptp(both) / 20_000 + 1e-9)


@given(NUMBERS)
def test_every_number_is_in_a_bin(values):
    edges = np.linspace(values.min(), values.max(), 21)

    assert given_numbers(values).histogram(edges, given=True).sum() == len(values)
    assert given_numbers(values).histogram(edges, given=False).sum() == 0


@given(arrays(np.float64, st.integers(0, 30), elements=st.floats(0, 1e6)))
def test_every_width_is_in_a_bin(widths):
    found = histogram_of_widths(suggested_numbers(widths))

    assert sum(found["counts"]) == len(widths)


def test_widths_that_differ_by_rounding_alone_are_one_bin():
    assert len(histogram_of_widths(suggested_numbers(np.full(10, 3.0) + 1e-12 * np.arange(10)))["counts"]) == 1
