"""Options of a run that predicts classes are read, or refused by name."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from pseudolabel.data.labels import read_labels
from pseudolabel.errors import ParameterError
from pseudolabel.plan import Plan
from pseudolabel.tasks.classification import Classification, class_prior

PLAN = Plan(Path("data.csv"), "kind", Path("run"))
NAMES = np.array(["ham", "spam", "a=b"], dtype=object)


@pytest.mark.parametrize(
    ("typed", "classes", "shares"),
    [
        ("estimate", NAMES, "estimate"),
        ("ham=0.9,spam=0.1", NAMES, {"ham": 0.9, "spam": 0.1}),
        ("a=b=0.5,ham=0.5", NAMES, {"a=b": 0.5, "ham": 0.5}),
        ("0=0.25,1=0.75", np.array([0, 1]), {0: 0.25, 1: 0.75}),
        ("True=0.5,False=0.5", np.array([False, True]), {True: 0.5, False: 0.5}),
    ],
)
def test_shares_are_read_for_the_classes_there_are(typed, classes, shares):
    assert class_prior(typed, classes) == shares


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ("spma=0.5", r"^--class-prior: there is no class 'spma'\. Did you mean 'spam'\? Write name=share"),
        ("spam", r"^--class-prior: there is no class ''\."),
        ("spam=most", r"^--class-prior: 'most' is no share of class 'spam'\. Write a number"),
    ],
)
def test_shares_that_cannot_be_read_are_refused(typed, message):
    with pytest.raises(ParameterError, match=message):
        class_prior(typed, NAMES)


def test_an_estimator_of_numbers_is_refused():
    with pytest.raises(ParameterError, match=r"--estimator linear predicts numbers.*Choose --estimator logistic"):
        Classification().check(replace(PLAN, estimator="linear"))


@pytest.mark.parametrize("estimator", ["auto", "forest", "boosting", "logistic", "lightgbm", "xgboost"])
def test_the_others_are_not(estimator):
    Classification().check(replace(PLAN, estimator=estimator))


@pytest.mark.parametrize(
    ("changes", "settings"),
    [({}, {}), ({"committee": "full", "mixture": "bold"}, {"committee": "full", "mixture": "bold"})],
)
def test_only_what_differs_from_the_defaults_is_passed_on(changes, settings):
    assert replace(PLAN, **changes).beyond_defaults() == settings


def findings_of(*, estimated=None, used=None, left_out=()):
    """Give the findings of a run on ten labels of each of two kinds."""
    dataset = SimpleNamespace(labels=read_labels(["ham"] * 10 + ["spam"] * 10 + [None] * 80))
    sections = {
        "shares": {"labeled": {"ham": 0.5, "spam": 0.5}, "estimated": estimated, "used": used},
        "learning": {"left_out": [{"name": name, "reason": reason} for name, reason in left_out]},
    }
    return Classification().findings(dataset, None, sections)


def test_shares_that_look_different_are_a_finding_where_the_model_was_told_none():
    [finding] = findings_of(estimated={"ham": 0.9, "spam": 0.1})

    assert (finding.code, finding.detail[:28]) == ("class-shares", "'ham': 50 % of the labels, a")


@pytest.mark.parametrize("used", [{"ham": 0.9, "spam": 0.1}, {"ham": 0.5, "spam": 0.5}])
def test_shares_the_model_was_told_are_no_finding(used):
    assert findings_of(estimated={"ham": 0.9, "spam": 0.1}, used=used) == []


@pytest.mark.parametrize("estimated", [None, {"ham": 0.55, "spam": 0.45}])
def test_shares_that_were_not_estimated_or_look_alike_are_no_finding(estimated):
    assert findings_of(estimated=estimated) == []


def test_a_member_that_failed_is_a_finding_and_one_that_was_not_called_is_none():
    [finding] = findings_of(
        left_out=[("graph", "failed: no rows"), ("boosting", "26 classes: it is called for at most 5")]
    )

    assert (finding.code, finding.detail) == ("member-left-out", "'graph' (no rows)")
