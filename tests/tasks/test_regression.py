"""Options that speak of classes are refused by name in a run that predicts numbers."""

from dataclasses import replace
from pathlib import Path

import pytest

from pseudolabel.errors import ParameterError
from pseudolabel.plan import Plan
from pseudolabel.tasks.regression import Regression

PLAN = Plan(Path("data.csv"), "price", Path("run"))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"estimator": "logistic"}, r"^--estimator logistic predicts classes.*Choose --estimator linear"),
        ({"method": "self-training"}, r"^--method self-training chooses rows.*Choose --method auto or one-shot\."),
        ({"method": "curriculum"}, r"^--method curriculum chooses rows"),
        ({"probabilities": True}, r"^--probabilities speaks of classes.*Leave it out"),
        ({"class_prior": "estimate"}, r"^--class-prior speaks of classes.*Leave it out"),
    ],
)
def test_options_of_classes_are_refused(changes, message):
    with pytest.raises(ParameterError, match=message):
        Regression().check(replace(PLAN, **changes))


@pytest.mark.parametrize("estimator", ["auto", "forest", "boosting", "linear", "lightgbm", "xgboost"])
@pytest.mark.parametrize("method", ["auto", "one-shot"])
def test_the_others_are_not(estimator, method):
    Regression().check(replace(PLAN, estimator=estimator, method=method))
