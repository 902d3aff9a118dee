"""Options of a run that predicts classes are read, or refused by name."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

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


@pytest.mark.parametrize("estimator", ["auto", "forest", "boosting", "logistic"])
def test_the_others_are_not(estimator):
    Classification().check(replace(PLAN, estimator=estimator))


@pytest.mark.parametrize(
    ("changes", "settings"),
    [({}, {}), ({"committee": "full", "mixture": "bold"}, {"committee": "full", "mixture": "bold"})],
)
def test_only_what_differs_from_the_defaults_is_passed_on(changes, settings):
    assert replace(PLAN, **changes).beyond_defaults() == settings
