"""Every parameter of our estimators and policies stands in the reference, which names none that is gone.

An estimator has a section `## NAME` of its own, with tables under `### Parameters`, `### Methods` and `### Attributes`.
"""

import inspect
import re
from pathlib import Path

import pytest

from pseudolabel import Curriculum, PseudoLabelClassifier, PseudoLabelRegressor, Soft, Threshold, Top

REFERENCE = Path(__file__).parents[2] / "docs" / "reference" / "estimator.md"
ESTIMATORS = [PseudoLabelClassifier, PseudoLabelRegressor]
POLICIES = [Curriculum, Soft, Threshold, Top]
OF_EVERY_ESTIMATOR = {"get_params", "set_params", "get_metadata_routing", "set_fit_request", "set_score_request"}
"""Scikit-learn's own methods, which its documentation explains."""


def section(text, heading, level):
    """The text under a heading that begins so, up to the next heading of its level or above."""
    found = re.search(rf"^{'#' * level} {re.escape(heading)}.*?\n(.*?)(?=^#{{1,{level}}} |\Z)", text, re.M | re.S)
    assert found, f"{REFERENCE.name} has no section {heading!r}"
    return found[1]


def rows_about(estimator, heading):
    """The first two cells of each row of the table under a heading of an estimator."""
    text = section(section(REFERENCE.read_text(encoding="utf-8"), f"`{estimator.__name__}`", 2), heading, 3)
    rows = [line.split(" | ") for line in text.splitlines() if line.startswith("| `")]
    return [(row[0].removeprefix("| "), row[1]) for row in rows]


def names_about(estimator, heading):
    """The names in the first column of that table, without their arguments."""
    return {name for cell, _ in rows_about(estimator, heading) for name in re.findall(r"`(\w+)", cell)}


def attributes_of(estimator):
    """The attributes that the docstring promises."""
    text = inspect.getdoc(estimator).partition("Attributes\n")[2].partition("See Also\n")[0]
    return set(re.findall(r"^(\w+_)\b", text, re.M))


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_every_parameter_is_documented_with_its_default_and_none_that_is_gone(estimator):
    documented = {cell.strip("`"): default.strip("`") for cell, default in rows_about(estimator, "Parameters")}

    defaults = {name: value.default for name, value in inspect.signature(estimator).parameters.items()}
    assert defaults.keys() == estimator().get_params().keys()
    assert documented == {
        name: f'"{value}"' if isinstance(value, str) else str(value) for name, value in defaults.items()
    }


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_every_method_is_documented_and_none_that_is_gone(estimator):
    methods = {name for name, _ in inspect.getmembers(estimator, callable) if not name.startswith("_")}

    assert names_about(estimator, "Methods") == methods - OF_EVERY_ESTIMATOR


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_every_attribute_is_documented_and_none_that_is_gone(estimator):
    assert attributes_of(estimator)
    assert names_about(estimator, "Attributes") == attributes_of(estimator)


@pytest.mark.parametrize("policy", POLICIES)
def test_a_policy_is_documented_with_its_parameters_and_their_defaults(policy):
    arguments = ", ".join(f"{name}={value}" for name, value in policy().get_params().items())

    assert f"| `{policy.__name__}({arguments})` |" in section(
        REFERENCE.read_text(encoding="utf-8"), "Selection policies", 2
    )
