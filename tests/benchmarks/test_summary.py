"""The numbers of a summary, against an example worked by hand."""

import pandas as pd
import pytest

import regression_summary
import summary
from comparison import Comparison, failures
from method import Answer
from methods import METHODS
from protocol import Split
from regression_methods import REGRESSION_METHODS

ACCURACY = {  # table: the method's accuracy with seeds 0 and 1
    "a": {"rf": [0.80, 0.82], "tutorial": [0.83, 0.81], "rf-all-labels": [0.90, 0.92]},
    "b": {"rf": [0.60, 0.60], "tutorial": [0.57, 0.59], "rf-all-labels": [0.70, 0.70]},
}
"""The tutorial gains (3 - 1) / 2 = +1 points in cell a and (-3 - 1) / 2 = -2 in cell b; all labels +10 in both."""

SECONDS = {"rf": 0.1, "tutorial": 0.2, "rf-all-labels": 0.1, "one-shot": 0.5}


def line_of(table, seed, method, **scores):
    line = {"table": table, "budget": "10c", "cap": 2000, "seed": seed, "method": method, "error": ""}
    return line | {"seconds": SECONDS[method]} | scores


@pytest.fixture
def comparison():
    lines = [
        line_of(table, seed, method, accuracy=accuracy, balanced_accuracy=0.5, log_loss=0.3, accuracy_unlabeled=0.7)
        for table, methods in ACCURACY.items()
        for method, accuracies in methods.items()
        for seed, accuracy in enumerate(accuracies)
    ]
    lines.append(line_of("a", 0, "one-shot", accuracy=0.9))  # +10 points over the forest of the same split
    lines += [line_of(t, s, "one-shot") | {"error": "ValueError: no"} for t, s in [("a", 1), ("b", 0), ("b", 1)]]
    return Comparison(pd.DataFrame(lines), METHODS)


def test_the_summary_of_a_worked_example(comparison):
    said = summary.method_table(comparison).set_index("method").loc["tutorial"]

    assert said["cells"] == 2
    assert said["accuracy"] == "70.00"  # (82 + 58) / 2
    assert said["gain"] == "-0.50"  # (1 - 2) / 2
    assert said["gap closed"] == "-5%"  # (1 - 2) / (10 + 10)
    assert said["harmed"] == "50%"
    assert said["helped"] == "0%"  # exactly one point is not more than one
    assert said["worst cell"] == "-2.00 (b 10c)"
    assert said["balanced"] == "+0.00"
    assert said["cost (rf)"] == "2.0"
    assert said["rank"] == "1.5"  # first in a, second in b; one-shot has too few cells, all labels are no rival


def test_a_method_is_compared_on_the_splits_it_answered_and_its_failures_are_counted(comparison):
    said = summary.method_table(comparison).set_index("method").loc["one-shot"]

    assert (said["cells"], said["failed"], said["gain"]) == (1, 3, "+10.00")
    assert failures(comparison).to_numpy().tolist() == [["one-shot", "ValueError: no", 3]]


def test_what_the_unlabeled_rows_add_is_the_difference_to_the_twin(comparison):
    said = summary.addition_table(comparison).set_index("method").loc["tutorial"]
    by_table = summary.addition_by_table(comparison).set_index("method").loc["tutorial"]

    assert (said["without them"], said["added"], said["raised"], said["lowered"]) == ("rf", "-0.50", "1", "1")
    assert (said["raised > 1"], said["lowered > 1"]) == ("0", "1")
    assert by_table.to_dict() == {"a": "+1.00", "b": "-2.00"}


def test_gains_by_budget_and_cell(comparison):
    by_budget = summary.budget_table(comparison).set_index("method")
    by_cell = summary.cell_table(comparison, ["tutorial"]).set_index("cell")

    assert by_budget.loc["tutorial", "10c (2 cells)"] == "-0.50"
    assert by_cell["tutorial"].to_dict() == {"a 10c": "+1.00", "b 10c": "-2.00"}


def split_of(y, truth, y_test):
    y, truth, y_test = (pd.Series(values).to_numpy() for values in (y, truth, y_test))
    X, X_test = y.reshape(-1, 1), y_test.reshape(-1, 1)
    return Split(X, y, truth, X_test, y_test, X, X_test, seed=0)


def test_the_scores_of_an_answer_worked_by_hand():
    split = split_of([0, 1, -1, -1], [0, 1, 1, 0], [0, 0, 0, 1])
    answer = Answer(test=pd.DataFrame([[1, 0], [1, 0], [0, 1], [0, 1]]).to_numpy(float), unlabeled=[1, 1])

    scores = summary.score(split, answer)

    assert scores["accuracy"] == 3 / 4
    assert scores["balanced_accuracy"] == pytest.approx((2 / 3 + 1) / 2)
    assert scores["accuracy_unlabeled"] == 1 / 2
    # Three rows at 1 - 0.001 / 2 and one at 0.001 / 2: (3 * 0.0005 + 7.6009) / 4.
    assert scores["log_loss"] == pytest.approx(1.9006, abs=1e-4)


def test_the_ratios_of_a_worked_example():
    errors = {"rf": [1.0, 3.0], "ridge": [0.9, 3.5], "rf-all-labels": [0.5, 1.5]}
    lines = [
        {"table": "a", "budget": "30", "cap": 2000, "seed": seed, "method": name, "error": "", "seconds": 1.0}
        | {"rmse": error, "rmse_unlabeled": error}
        for name, both in errors.items()
        for seed, error in enumerate(both)
    ]

    said = regression_summary.method_table(Comparison(pd.DataFrame(lines), REGRESSION_METHODS)).set_index("method")

    assert said.loc["ridge", "ratio"] == "1.100"  # (0.9 + 3.5) / (1 + 3)
    assert said.loc["ridge", "gap closed"] == "-20%"  # (1 - 1.1) / (1 - 0.5)
    assert (said.loc["ridge", "worse"], said.loc["ridge", "better"]) == ("100%", "0%")
