"""Every finding has a code that is known, and names what it is about."""

import numpy as np
import pytest

from pseudolabel.judgement.findings import (
    TITLES,
    Finding,
    of_columns,
    of_ignored_labels,
    of_labels,
    of_renamed_columns,
    of_shares,
)


@pytest.mark.parametrize("kind", ["constant", "empty", "identifier", "nested"])
def test_a_column_left_out_is_named_with_the_reason(kind):
    [finding] = of_columns({"unit": f"{kind}: because"}, {})

    assert (finding.code, finding.detail) == (f"{kind}-column", "'unit' (because)")
    assert finding.code in TITLES


def test_columns_left_out_for_one_reason_are_one_finding():
    findings = of_columns({"a": "empty: no cell is filled", "b": "empty: no cell is filled", "c": "constant: 1"}, {})

    assert [finding.code for finding in findings] == ["empty-column", "constant-column"]


def test_infinite_cells_are_counted():
    assert of_columns({}, {"size": 3}) == [Finding("infinite-values", "'size' (3 cells)")]


def test_nothing_noticed_is_no_finding():
    assert of_columns({}, {}) == of_labels(np.array(["a", "b"]), np.array([2, 2])) == of_ignored_labels(0, "x") == []


@pytest.mark.parametrize("names", [["a", "A"], ["a", "a "], ["a b", "A  B"]])
def test_labels_that_differ_in_case_or_spaces_are_named(names):
    [finding] = of_labels(np.array(names), np.array([2, 2]))

    assert finding.code == "similar-labels"
    assert all(repr(name) in finding.detail for name in names)


def test_classes_with_a_single_row_are_named():
    [finding] = of_labels(np.array(["ash", "birch"]), np.array([1, 5]))

    assert (finding.code, finding.detail[:6]) == ("single-label-class", "'ash'.")


def test_classes_may_be_numbers():
    [finding] = of_labels(np.array([1, 2]), np.array([1, 5]))

    assert finding.detail.startswith("1. ")


def test_ignored_labels_are_counted():
    assert of_ignored_labels(3, "kind") == [Finding("labels-ignored", "3 rows of --unlabeled files have a 'kind'.")]


def test_columns_of_ours_with_other_names_are_told():
    [finding] = of_renamed_columns({"confidence": "confidence_2", "source": "source"})

    assert finding.detail.endswith("'confidence' is 'confidence_2'.")


@pytest.mark.parametrize("code", TITLES)
def test_every_code_has_a_title(code):
    assert Finding(code, "").title


def test_even_labels_of_uneven_rows_are_told_with_numbers_and_what_to_pass():
    [finding] = of_shares(np.array(["ham", "spam"]), np.array([25, 25]), np.array([0.86, 0.14]))

    assert finding.code == "class-shares"
    assert finding.detail.startswith("'ham': 50 % of the labels, about 86 % of the unlabeled rows; 'spam': 50 % and ab")
    assert 'class_prior="estimate"' in finding.detail
    assert "--class-prior estimate" in finding.detail


@pytest.mark.parametrize(
    ("counts", "estimated"),
    [([25, 25], [0.55, 0.45]), ([40, 10], [0.7, 0.3]), ([10, 10, 11], [0.35, 0.25, 0.4])],
    ids=str,
)
def test_shares_that_are_about_those_of_the_labels_are_not_told(counts, estimated):
    assert of_shares(np.arange(len(counts)), np.array(counts), np.array(estimated)) == []


def test_uneven_labels_are_told_of_large_differences_only():
    counts = np.array([40, 10])

    assert of_shares(np.array(["a", "b"]), counts, np.array([0.6, 0.4])) == []
    assert of_shares(np.array(["a", "b"]), counts, np.array([0.5, 0.5])) != []


def test_of_many_classes_the_three_furthest_are_named():
    names = np.array(list("abcdefghij"))
    estimated = np.array([0.5, 0.2] + [0.3 / 8] * 8)

    [finding] = of_shares(names, np.full(10, 10), estimated)

    assert finding.detail.count("%") == 6
    assert finding.detail.startswith("'a': 10 % of the labels, about 50 %")
