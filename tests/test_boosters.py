"""XGBoost and LightGBM, by name and as a user's own estimator, whatever the labels look like."""

import sys

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from lightgbm import LGBMClassifier, LGBMRegressor
from sklearn.base import clone
from sklearn.datasets import load_diabetes
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.semi_supervised import SelfTrainingClassifier
from strategies import as_kind, flowers, hidden_rows
from xgboost import XGBClassifier, XGBRegressor

from pseudolabel import InputError, PseudoLabelClassifier, PseudoLabelRegressor, load
from pseudolabel.learning.boosters import NAMES

X, CODES = flowers(75)
HIDDEN = hidden_rows(75)
KINDS_OF_LABELS = {
    "text": np.array(["ash", "birch", "cedar"], dtype=object),
    "numbers with gaps": np.array([3, 7, 20]),
    "whole decimals": np.array([1.0, 2.0, 4.0]),
    "0 to k - 1": np.array([0, 1, 2]),
}
USERS = {
    "xgboost": XGBClassifier(n_estimators=5, n_jobs=1, random_state=0),
    "lightgbm": LGBMClassifier(n_estimators=20, n_jobs=1, random_state=0, min_child_samples=3, verbosity=-1),
}
every_booster = pytest.mark.parametrize("name", NAMES)
METHODS = ("auto", "one-shot", "self-training", "curriculum")


def labels_of(classes, codes=CODES):
    return pd.Series(classes[codes]).astype(object).where(~HIDDEN, None)


@pytest.mark.parametrize("method", METHODS)
@every_booster
def test_a_booster_by_name_learns_and_is_the_same_after_loading(name, method, tmp_path):
    model = PseudoLabelClassifier(name, method=method, committee="lean", random_state=0).fit(
        X, labels_of(KINDS_OF_LABELS["text"])
    )
    model.save(tmp_path / "model.skops")

    loaded = load(tmp_path / "model.skops")

    assert (model.predict(X) == KINDS_OF_LABELS["text"][CODES]).mean() > 0.85
    assert loaded.predict_proba(X).tobytes() == model.predict_proba(X).tobytes()
    assert loaded.predict(X).tolist() == model.predict(X).tolist()


@every_booster
def test_a_model_of_a_library_that_is_missing_is_refused_with_what_installs_it(name, tmp_path, monkeypatch):
    PseudoLabelClassifier(name, method="one-shot").fit(X, labels_of(np.arange(3))).save(tmp_path / "model.skops")
    for module in [module for module in sys.modules if module.partition(".")[0] == name]:
        monkeypatch.setitem(sys.modules, module, None)

    with pytest.raises(InputError, match=rf"of the library '{name}', which is not installed.*pseudolabel\[boosting\]"):
        load(tmp_path / "model.skops")


@every_booster
def test_a_booster_of_numbers_by_name_learns_and_is_the_same_after_loading(name, tmp_path):
    rows, targets = load_diabetes(return_X_y=True)
    given = np.where(np.arange(len(targets)) % 4 == 0, targets, np.nan)
    model = PseudoLabelRegressor(name, random_state=0).fit(rows, given)
    model.save(tmp_path / "model.skops")

    assert model.score(rows, targets) > 0.4
    assert load(tmp_path / "model.skops").predict(rows).tobytes() == model.predict(rows).tobytes()


@every_booster
def test_a_booster_by_name_gives_the_same_bytes_on_one_processor_and_on_four(name):
    made = [
        PseudoLabelClassifier(name, committee="lean", random_state=3, n_jobs=n_jobs).fit(X, labels_of(np.arange(3)))
        for n_jobs in (1, 4)
    ]

    assert len({model.predict_proba(X).tobytes() for model in made}) == 1


@every_booster
def test_threads_are_those_of_n_jobs_and_one_on_a_committee(name):
    model = PseudoLabelClassifier(name, committee="lean", n_jobs=2).fit(X, labels_of(np.arange(3)))

    assert model.estimator_.get_params()["n_jobs"] == 2
    assert model.labels_only_.estimator.get_params()["n_jobs"] == 1


@pytest.mark.parametrize("kind", ["gaps", "an empty column", "text"])
@every_booster
def test_a_booster_by_name_takes_tables_of_any_kind(name, kind):
    gaps = np.where(np.random.default_rng(0).random(X.shape) < 0.2, np.nan, X)
    table = {
        "gaps": gaps,
        "an empty column": np.column_stack([X, np.full(len(X), np.nan)]),
        "text": as_kind("pandas", X).assign(**{"colour [deep]": np.where(X[:, 2] > 0, "red", "blue")}),
    }[kind]

    model = PseudoLabelClassifier(name, method="one-shot", random_state=0).fit(table, labels_of(np.arange(3)))

    assert (model.predict(table) == CODES).mean() > 0.8


def test_xgboost_takes_sparse_rows_and_lightgbm_says_that_it_takes_none():
    sparse = sp.csr_array(np.where(np.abs(X) > 0.3, X, 0))

    model = PseudoLabelClassifier("xgboost", random_state=0).fit(sparse, labels_of(np.arange(3)))

    assert (model.predict(sparse) == CODES).mean() > 0.8
    with pytest.raises(TypeError, match="Sparse data was passed"):
        PseudoLabelClassifier("lightgbm").fit(sparse, labels_of(np.arange(3)))


# A user's own.


@pytest.mark.parametrize("labels", KINDS_OF_LABELS)
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("base", USERS)
def test_labels_may_be_anything_and_come_back_as_they_were(base, method, labels):
    classes = KINDS_OF_LABELS[labels]

    model = PseudoLabelClassifier(USERS[base], method=method, teacher="own" if method == "auto" else "committee")
    model.fit(X, labels_of(classes))

    assert set(model.predict(X)) == set(classes.tolist())
    assert (model.predict(X) == classes[CODES]).mean() > 0.85


@pytest.mark.parametrize("base", USERS)
def test_names_of_classes_change_nothing_that_is_learnt(base):
    by_number, by_name = (
        PseudoLabelClassifier(USERS[base], teacher="own", random_state=0).fit(X, labels_of(KINDS_OF_LABELS[labels]))
        for labels in ("0 to k - 1", "text")
    )

    assert by_number.predict_proba(X).tobytes() == by_name.predict_proba(X).tobytes()


@pytest.mark.parametrize("base", USERS)
def test_a_class_that_is_missing_when_it_is_held_out_is_no_obstacle(base):
    labels = labels_of(
        np.array(["ash", "birch", "cedar", "yew"], dtype=object), np.where(np.arange(75) % 30 == 1, 3, CODES)
    )
    first, second = np.flatnonzero(~HIDDEN)[:2]
    labels[first], labels[second] = "oak", "pear"

    model = PseudoLabelClassifier(USERS[base], teacher="own", random_state=0).fit(X, labels)

    assert {"oak", "pear"} <= set(model.classes_)
    assert np.allclose(model.predict_proba(X).sum(axis=1), 1)


@pytest.mark.parametrize("base", USERS)
def test_a_pipeline_that_ends_in_a_booster_takes_text_labels(base):
    pipeline = make_pipeline(StandardScaler(), USERS[base])

    model = PseudoLabelClassifier(pipeline, teacher="own").fit(X, labels_of(KINDS_OF_LABELS["text"]))

    assert set(model.predict(X)) == {"ash", "birch", "cedar"}


@pytest.mark.parametrize("base", USERS)
def test_a_users_booster_is_the_same_after_loading(base, tmp_path):
    model = PseudoLabelClassifier(USERS[base], teacher="own").fit(X, labels_of(KINDS_OF_LABELS["text"]))
    model.save(tmp_path / "model.skops")

    assert load(tmp_path / "model.skops").predict_proba(X).tobytes() == model.predict_proba(X).tobytes()


@pytest.mark.parametrize("base", USERS)
def test_self_training_with_a_booster_is_scikit_learns_label_for_label(base):
    y = np.where(HIDDEN, -1, CODES)

    ours = PseudoLabelClassifier(USERS[base], method="self-training").fit(X, y)

    theirs = SelfTrainingClassifier(clone(USERS[base])).fit(X, y)
    assert np.array_equal(ours.transduction_, theirs.transduction_)
    assert np.array_equal(ours.labeled_iter_, theirs.labeled_iter_)
    assert np.array_equal(ours.predict_proba(X), theirs.predict_proba(X))


@pytest.mark.parametrize(
    "base",
    [XGBRegressor(n_estimators=5, n_jobs=1), LGBMRegressor(n_estimators=5, n_jobs=1, verbosity=-1)],
    ids=NAMES[::-1],
)
def test_a_users_booster_of_numbers_learns_and_is_the_same_after_loading(base, tmp_path):
    rows, targets = load_diabetes(return_X_y=True)
    given = np.where(np.arange(len(targets)) % 4 == 0, targets, np.nan)
    model = PseudoLabelRegressor(base, random_state=0).fit(rows, given)
    model.save(tmp_path / "model.skops")

    assert load(tmp_path / "model.skops").predict(rows).tobytes() == model.predict(rows).tobytes()


@pytest.mark.parametrize(
    "base",
    [
        USERS["xgboost"].set_params(device="cpu", tree_method="hist"),
        clone(USERS["lightgbm"]).set_params(device_type="cpu", gpu_platform_id=-1, gpu_use_dp=False),
    ],
    ids=["xgboost", "lightgbm"],
)
def test_every_fitted_copy_that_is_kept_has_the_parameters_of_the_users_booster(base):
    model = PseudoLabelClassifier(base, teacher="own").fit(X, labels_of(np.arange(3)))

    for fitted in (model.estimator_, model.labels_only_.estimator, model.teacher_.seats[0].voter.estimator):
        assert repr(fitted.get_params()) == repr({**base.get_params(), "objective": fitted.get_params()["objective"]})
