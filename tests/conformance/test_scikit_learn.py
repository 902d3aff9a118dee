"""Classifier and regressor keep scikit-learn's contract, whatever estimator and method they are given."""

import pytest
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.utils.estimator_checks import parametrize_with_checks

from pseudolabel import PseudoLabelClassifier, PseudoLabelRegressor

pytestmark = [
    # The checks fit tables in which every row is labeled, which a user is told about.
    pytest.mark.filterwarnings("ignore:All rows are labeled:pseudolabel.PseudolabelWarning"),
    # Some checks fit columns of very different size, and stop a logistic regression early.
    pytest.mark.filterwarnings("ignore:lbfgs failed to converge:sklearn.exceptions.ConvergenceWarning"),
    # A check of scikit-learn's own casts infinities on the way to the estimator.
    pytest.mark.filterwarnings("ignore:invalid value encountered in cast:RuntimeWarning"),
]

ESTIMATORS = [
    PseudoLabelClassifier(),
    PseudoLabelClassifier(LogisticRegression()),
    PseudoLabelClassifier(LogisticRegression(), method="self-training"),
    PseudoLabelClassifier(LogisticRegression(), method="one-shot"),
    PseudoLabelClassifier(LogisticRegression(), method="curriculum"),
    PseudoLabelClassifier("boosting", method="one-shot"),
]

ALWAYS = {
    "check_classifiers_classes": "has classes -1 and 1: -1 could mark unlabeled rows, so we ask instead of guessing",
    "check_non_transformer_estimators_n_iter": (
        "n_iter_ counts rounds of pseudo-labeling: 0 when every row is labeled, as in SelfTrainingClassifier, "
        "which this check leaves out by name"
    ),
}
OF_FORESTS = dict.fromkeys(
    ["check_sample_weight_equivalence_on_dense_data", "check_sample_weight_equivalence_on_sparse_data"],
    "a bootstrap draws rows: a row of weight two is not drawn like two rows",
)
OF_BOOSTING = {
    "check_sample_weight_equivalence_on_dense_data": "bins and leaves are made of rows, whatever their weight",
}


def expected_failures(classifier):
    own = {None: OF_FORESTS, "boosting": OF_BOOSTING}
    return ALWAYS | (own[classifier.estimator] if isinstance(classifier.estimator, str | None) else {})


@pytest.fixture(autouse=True)
def smaller_forests(monkeypatch):
    """Give our forests fewer trees: the contract does not depend on their number, and the checks fit hundreds."""
    monkeypatch.setattr("pseudolabel.learning.committee.forest.N_TREES", 40)
    monkeypatch.setattr("pseudolabel.learning.regression.forests.N_TREES", 20)
    monkeypatch.setattr("pseudolabel.learning.regression.boosting.N_TREES", 20)
    monkeypatch.setattr("pseudolabel.learning.regression.intervals.N_TREES", 20)


@parametrize_with_checks(ESTIMATORS, expected_failed_checks=expected_failures, xfail_strict=True)
def test_contract_is_kept(estimator, check):
    check(estimator)


REGRESSORS = [
    PseudoLabelRegressor(),
    PseudoLabelRegressor(LinearRegression()),
    PseudoLabelRegressor(LinearRegression(), method="one-shot"),
    PseudoLabelRegressor("boosting", method="one-shot"),
]


def expected_failures_of_regressors(regressor):
    own = {None: OF_FORESTS, "boosting": OF_BOOSTING}
    return own[regressor.estimator] if isinstance(regressor.estimator, str | None) else {}


@parametrize_with_checks(REGRESSORS, expected_failed_checks=expected_failures_of_regressors, xfail_strict=True)
def test_contract_of_regressors_is_kept(estimator, check):
    check(estimator)
