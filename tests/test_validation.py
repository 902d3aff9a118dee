"""A bad parameter is refused by owner, name, what is allowed and what was given; a slip gets the nearest name."""

import math
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pseudolabel.errors import InputError, ParameterError, PseudolabelError
from pseudolabel.validation import (
    brief,
    check_choice,
    check_count,
    check_fraction,
    column_difference,
    listed,
    near_match,
)


class Owner:
    """Whose parameter it is."""


@pytest.mark.parametrize("value", [0, 1, 0.5, np.float32(0.25), np.int64(1)])
def test_a_fraction_is_given_back_as_a_float(value):
    found = check_fraction(Owner(), "share", value)

    assert found == value
    assert type(found) is float


@pytest.mark.parametrize("value", [-0.1, 1.1, math.nan, math.inf, "0.5", None, True, [0.5]])
def test_what_is_no_fraction_is_refused(value):
    message = f"Owner: `share` must be a number from 0 to 1, got {value!r}."

    with pytest.raises(ParameterError, match=f"^{re.escape(message)}$"):
        check_fraction(Owner(), "share", value)


@pytest.mark.parametrize(("value", "at_least"), [(1, 1), (0, 0), (np.int32(7), 1), (10**30, 1)])
def test_a_count_is_given_back_as_an_int(value, at_least):
    found = check_count(Owner(), "rounds", value, at_least=at_least)

    assert found == value
    assert type(found) is int


@pytest.mark.parametrize("value", [1, 0, -1, 2.0, math.nan, "2", None, True])
def test_what_is_no_count_of_at_least_two_is_refused(value):
    message = f"Owner: `rounds` must be a whole number of at least 2, got {value!r}."

    with pytest.raises(ParameterError, match=f"^{re.escape(message)}$"):
        check_count(Owner(), "rounds", value, at_least=2)


def test_a_choice_is_one_of_the_words():
    assert check_choice(Owner(), "method", "auto", ("auto", "own")) == "auto"


@pytest.mark.parametrize("value", ["Auto", "", None, 1, ["auto"], np.array(["auto", "own"])])
def test_another_choice_is_refused_with_the_words_allowed(value):
    message = f"Owner: `method` must be one of 'auto', 'own', got {value!r}."

    with pytest.raises(ParameterError, match=f"^{re.escape(message)}$"):
        check_choice(Owner(), "method", value, ("auto", "own"))


@pytest.mark.parametrize("error", [PseudolabelError, InputError, ParameterError])
def test_every_error_says_how_the_command_line_ends(error):
    assert error.exit_code == (1 if error is PseudolabelError else 2)
    assert issubclass(error, ValueError) == (error is not PseudolabelError)


@pytest.mark.parametrize(
    ("word", "known", "said"),
    [
        ("lable", ["id", "label"], " Did you mean 'label'?"),
        ("LABEL", ["id", "label"], " Did you mean 'label'?"),
        ("label", ["id", "Label"], " Did you mean 'Label'?"),
        ("price", ["id", "label"], ""),
        ("label", [], ""),
    ],
)
def test_the_nearest_name_is_offered_if_any_is_near(word, known, said):
    assert near_match(word, known) == said


@given(st.text(min_size=1), st.lists(st.text()))
def test_a_name_that_is_known_is_its_own_nearest(word, others):
    # Names that differ in case only are one name here, so the last of them is offered.
    assert near_match(word, [*others, word]) == f" Did you mean {brief(word)}?"


@given(st.lists(st.text(max_size=3), unique=True), st.lists(st.text(max_size=3), unique=True))
def test_the_difference_is_empty_exactly_when_the_names_are_the_same(expected, found):
    said = column_difference(expected, found)

    assert (said == "") == (set(expected) == set(found))
    assert ("Missing" in said) >= bool(set(expected) - set(found))


def test_the_difference_names_both_sides_in_order():
    assert column_difference("abc", "dcb") == "Missing: 'a'. Not known: 'd'. "


@pytest.mark.parametrize(
    ("names", "most", "shown"),
    [
        ([], 2, ""),
        ("a", 2, "'a'"),
        ("ab", 2, "'a', 'b'"),
        ("abcd", 2, "'a', 'b' and 2 more"),
        ([1, None], 5, "1, None"),
    ],
)
def test_a_long_list_is_cut_and_counted(names, most, shown):
    assert listed(list(names), most) == shown
