"""Weights, and whatever else belongs to a row, go where their row goes."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn import config_context
from sklearn.exceptions import UnsetMetadataPassedError
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from strategies import KINDS, Log, Recorder, as_kind, hidden_rows

from pseudolabel import InputError, ParameterError, PseudoLabelClassifier

N_ROWS = 60
IDS = np.arange(N_ROWS)
CODES = IDS % 3
HIDDEN = hidden_rows(N_ROWS)
Y = np.where(HIDDEN, -1, CODES)
X = np.column_stack([IDS, CODES + IDS / 70])
WEIGHTS = 1.0 + IDS

HARD = {
    "one-shot": {"method": "one-shot"},
    "self-training": {"method": "self-training", "threshold": 0.5},
    "curriculum": {"method": "curriculum"},
}
SOFT = {"own teacher": {"teacher": "own"}, "committee": {}}
FORMS = {
    "list": list,
    "array": np.asarray,
    "pandas": lambda values: pd.Series(values, index=IDS[::-1]),
    "polars": pl.Series,
}


def fits(settings, base=None, table=X, **given):
    """Give what every fit of a recorder saw."""
    log = Log()
    recorder = Recorder(log)
    PseudoLabelClassifier(base(recorder) if base else recorder, **settings).fit(table, Y, **given)
    return log


def sum_by_row(fit):
    return np.bincount(fit.ids, fit.weight, minlength=N_ROWS)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("settings", HARD)
def test_every_row_brings_its_own_weight(settings, form):
    log = fits(HARD[settings], sample_weight=FORMS[form](WEIGHTS))

    assert all(np.array_equal(fit.weight, WEIGHTS[fit.ids]) for fit in log)


@pytest.mark.parametrize("kind", KINDS)
def test_every_row_brings_its_own_weight_in_every_table(kind):
    log = fits(HARD["one-shot"], table=as_kind(kind, X), sample_weight=WEIGHTS)

    assert all(np.array_equal(fit.weight, WEIGHTS[fit.ids]) for fit in log)


@pytest.mark.parametrize("settings", SOFT)
def test_shares_of_a_soft_label_sum_to_the_weight_of_its_row(settings):
    student = fits(SOFT[settings], sample_weight=WEIGHTS)[-1]

    assert sum_by_row(student) == pytest.approx(WEIGHTS)


@pytest.mark.parametrize("settings", SOFT)
def test_shares_of_a_soft_label_sum_to_one_without_weights(settings):
    student = fits(SOFT[settings])[-1]

    assert sum_by_row(student) == pytest.approx(np.ones(N_ROWS))


@pytest.mark.parametrize("settings", SOFT)
def test_given_labels_keep_their_weight_beside_soft_labels(settings):
    student = fits(SOFT[settings], sample_weight=WEIGHTS)[-1]

    of_given = ~HIDDEN[student.ids]
    assert np.array_equal(np.sort(student.ids[of_given]), np.flatnonzero(~HIDDEN))
    assert np.array_equal(student.weight[of_given], WEIGHTS[student.ids[of_given]])


@pytest.mark.parametrize("settings", HARD)
def test_no_weights_are_passed_where_none_are_given(settings):
    assert {fit.weight is None for fit in fits(HARD[settings])} == {True}


@pytest.mark.parametrize("routing", [False, True], ids=["plain", "routed"])
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("settings", {**HARD, **SOFT})
def test_other_values_of_a_row_go_where_it_goes(settings, form, routing):
    cost = FORMS[form](10 * IDS)
    with config_context(enable_metadata_routing=routing):

        def requested(recorder):
            return recorder.set_fit_request(cost=True, sample_weight=True) if routing else recorder

        log = fits((HARD | SOFT)[settings], base=requested, sample_weight=WEIGHTS, cost=cost)

    assert all(np.array_equal(np.asarray(list(fit.cost)), 10 * fit.ids) for fit in log)


@pytest.mark.parametrize("option", [3, "high", {"a": 1}, None], ids=repr)
def test_values_that_belong_to_no_row_are_passed_as_they_are(option):
    assert {repr(fit.cost) for fit in fits(HARD["one-shot"], cost=option)} == {repr(option)}


def test_values_nobody_asked_for_are_refused_by_name_when_routing_is_on():
    with config_context(enable_metadata_routing=True), pytest.raises(UnsetMetadataPassedError, match=r"\[cost\]"):
        fits(HARD["one-shot"], cost=IDS)


@pytest.mark.parametrize("name", [None, "forest"])
def test_values_for_an_estimator_that_was_not_given_are_refused(name):
    with pytest.raises(ParameterError, match="'cost' is for the `fit` of your own estimator, and none is given"):
        PseudoLabelClassifier(name).fit(X, Y, cost=IDS)


def test_values_of_rows_are_refused_where_the_second_table_has_none():
    with pytest.raises(InputError, match="'cost' has one entry for each row of X and none for X_unlabeled"):
        PseudoLabelClassifier(Recorder(Log()), method="one-shot").fit(X, CODES, cost=IDS, X_unlabeled=X)


def test_rows_of_the_second_table_weigh_one():
    log = Log()

    PseudoLabelClassifier(Recorder(log), method="one-shot").fit(
        X[~HIDDEN], CODES[~HIDDEN], sample_weight=WEIGHTS[~HIDDEN], X_unlabeled=X[HIDDEN]
    )

    assert np.array_equal(log[-1].weight, np.where(HIDDEN, 1, WEIGHTS)[log[-1].ids])


def test_weights_reach_the_last_step_of_a_pipeline():
    log = fits(
        HARD["one-shot"], base=lambda recorder: make_pipeline(FunctionTransformer(), recorder), sample_weight=WEIGHTS
    )

    assert all(np.array_equal(fit.weight, WEIGHTS[fit.ids]) for fit in log)


def test_a_pipeline_is_learnt_with_while_routing_is_on():
    with config_context(enable_metadata_routing=True):
        model = PseudoLabelClassifier(make_pipeline(FunctionTransformer(), GaussianNB()), teacher="own").fit(X, Y)

    assert model.score(X, CODES) > 0.8


def test_an_estimator_without_weights_is_taught_each_rows_likeliest_class():
    model = PseudoLabelClassifier(KNeighborsClassifier(1), teacher="own").fit(X, Y)

    assert np.array_equal(model.estimator_.predict(X), model.transduction_)


def test_a_weight_of_nothing_is_as_if_the_label_were_not_there():
    wrong = np.where(IDS < 6, (CODES + 1) % 3, Y)
    weights = np.where(IDS < 6, 1e-9, 1.0)

    with_wrong = PseudoLabelClassifier(LogisticRegression(max_iter=2000), method="one-shot").fit(
        X[:, 1:], wrong, sample_weight=weights
    )

    without = PseudoLabelClassifier(LogisticRegression(max_iter=2000), method="one-shot").fit(X[6:, 1:], Y[6:])
    assert np.allclose(with_wrong.predict_proba(X[:, 1:]), without.predict_proba(X[:, 1:]), atol=1e-3)


@pytest.mark.parametrize("weights", [WEIGHTS[1:], WEIGHTS[:, np.newaxis] @ np.ones((1, 2)), np.full(N_ROWS, np.nan)])
def test_weights_that_do_not_fit_are_refused(weights):
    with pytest.raises(ValueError, match=r"[Ss]ample.weight"):
        PseudoLabelClassifier(GaussianNB()).fit(X, Y, sample_weight=weights)
