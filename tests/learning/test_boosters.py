"""What has to be known of XGBoost and LightGBM: labels they refuse, bins they use, and what is left alone."""

import sys

import numpy as np
import pytest
from lightgbm import LGBMClassifier, LGBMRegressor
from sklearn.datasets import make_classification
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from xgboost import XGBClassifier, XGBRegressor

from pseudolabel import ParameterError
from pseudolabel.learning.boosters import NAMES, booster, takes_codes, with_fewer_bins

MANY = 5_000


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("task", ["classes", "numbers"])
def test_a_booster_gives_the_same_bytes_on_one_thread_and_on_four(name, task):
    X, y = make_classification(3_000, 12, n_informative=8, n_classes=3, random_state=0)

    made = [booster(name, task, seed=1, n_jobs=n_jobs).fit(X, y) for n_jobs in (1, 4)]

    one, four = (getattr(model, "predict_proba", model.predict)(X) for model in made)
    assert one.tobytes() == four.tobytes()


@pytest.mark.parametrize("name", NAMES)
def test_another_seed_gives_another_booster(name):
    X, y = make_classification(200, random_state=0)

    one, other = (booster(name, "classes", seed=seed, n_jobs=None).fit(X, y).predict_proba(X) for seed in (0, 1))

    assert not np.array_equal(one, other)


@pytest.mark.parametrize("name", NAMES)
def test_a_booster_splits_classes_of_a_few_rows(name):
    X = np.repeat([0.0, 1.0, 2.0], 6)[:, np.newaxis]
    y = np.repeat([0, 1, 2], 6)

    model = booster(name, "classes", seed=0, n_jobs=None).fit(X, y)

    assert model.predict(X).tolist() == y.tolist()


@pytest.mark.parametrize("name", NAMES)
def test_a_booster_is_quiet(name, capfd):
    X, y = make_classification(30, random_state=0)

    booster(name, "classes", seed=0, n_jobs=None).fit(X, y).predict_proba(X)

    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("name", NAMES)
def test_a_library_that_is_missing_is_named_with_what_installs_it(name, monkeypatch):
    monkeypatch.setitem(sys.modules, name, None)

    with pytest.raises(ParameterError, match=rf"'{name}' needs a library.*pip install \"pseudolabel\[boosting\]\""):
        booster(name, "classes", seed=0, n_jobs=None)


@pytest.mark.parametrize(
    ("estimator", "refuses"),
    [
        (XGBClassifier(), True),
        (make_pipeline(StandardScaler(), XGBClassifier()), True),
        (XGBRegressor(), False),
        (LGBMClassifier(), False),
        (LogisticRegression(), False),
    ],
    ids=["xgboost", "pipeline", "xgboost of numbers", "lightgbm", "logistic"],
)
def test_only_classifiers_of_xgboost_take_codes(estimator, refuses):
    assert takes_codes(estimator) == refuses


@pytest.mark.parametrize(
    ("estimator", "bins"),
    [
        (XGBClassifier(), 64),
        (XGBRegressor(tree_method="hist", booster="dart"), 64),
        (LGBMClassifier(), 63),
        (LGBMRegressor(), 63),
    ],
    ids=["xgboost", "dart", "lightgbm", "lightgbm of numbers"],
)
def test_bins_left_to_the_library_are_fewer_where_rows_are_many(estimator, bins):
    assert with_fewer_bins(estimator, MANY).get_params()["max_bin"] == bins
    assert with_fewer_bins(estimator, 100) is estimator


@pytest.mark.parametrize(
    "estimator",
    [
        XGBClassifier(max_bin=300),
        XGBClassifier(booster="gblinear"),
        XGBClassifier(tree_method="exact"),
        LGBMClassifier(max_bin=255),
        LGBMClassifier(max_bins=100),
        LGBMClassifier(max_bin_by_feature=[10, 20]),
        HistGradientBoostingClassifier(),
    ],
    ids=["xgboost", "linear", "exact", "lightgbm", "alias", "by feature", "scikit-learn"],
)
def test_what_a_user_set_is_left_alone(estimator):
    assert with_fewer_bins(estimator, MANY) is estimator


@pytest.mark.parametrize(
    "estimator",
    [
        XGBClassifier(device="cuda:1", tree_method="hist", n_estimators=7),
        LGBMClassifier(device_type="gpu", gpu_platform_id=1, gpu_use_dp=True, n_estimators=7),
    ],
    ids=["xgboost", "lightgbm"],
)
def test_nothing_but_the_bins_changes_and_never_in_the_users_object(estimator):
    before = estimator.get_params()

    lighter = with_fewer_bins(estimator, MANY).get_params()

    assert {name for name in lighter if repr(lighter[name]) != repr(before.get(name))} == {"max_bin"}
    assert repr(estimator.get_params()) == repr(before)
