"""A model from a file leads compiled code only to what is there: one that does not is refused, and nothing crashes."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from lightgbm import LGBMClassifier
from scipy.sparse import csr_matrix
from sklearn.cluster import KMeans
from sklearn.ensemble import (
    BaggingClassifier,
    ExtraTreesRegressor,
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    IsolationForest,
    RandomForestClassifier,
    RandomForestRegressor,
    RandomTreesEmbedding,
)
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier, NearestNeighbors
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import KBinsDiscretizer, OneHotEncoder, StandardScaler
from sklearn.svm import SVC, SVR, NuSVC, OneClassSVM
from sklearn.tree import DecisionTreeClassifier
from strategies import flowers, hidden_rows
from xgboost import XGBClassifier

from pseudolabel import InputError, PseudoLabelClassifier, PseudoLabelRegressor, load
from pseudolabel.model_file import load_model, save_model
from pseudolabel.model_soundness import check_sound
from pseudolabel.prediction import predict_file

X, Y = flowers(60)
ROUND = np.round(2 * X)
WORDS = ["a red bead", "a blue bead", "two red pearls"] * 20


@pytest.mark.parametrize(
    "model",
    [
        DecisionTreeClassifier(),
        RandomForestClassifier(5),
        ExtraTreesRegressor(5),
        IsolationForest(n_estimators=5, max_features=0.5, max_samples=20),
        RandomTreesEmbedding(3),
        GradientBoostingClassifier(n_estimators=3),
        GradientBoostingClassifier(n_estimators=3, init=LogisticRegression()),
        GradientBoostingClassifier(n_estimators=3, init="zero"),
        BaggingClassifier(n_estimators=3, max_features=0.5),
        HistGradientBoostingClassifier(max_iter=3, categorical_features=[0]),
        HistGradientBoostingClassifier(max_iter=3),
        make_pipeline(OneHotEncoder(handle_unknown="ignore"), RandomForestClassifier(3)),
        make_pipeline(StandardScaler(), RandomForestClassifier(3)),
        OneHotEncoder(drop="first"),
        OneHotEncoder(drop="if_binary"),
        OneHotEncoder(min_frequency=5),
        OneHotEncoder(min_frequency=5, drop="first"),
        OneHotEncoder(max_categories=3, handle_unknown="infrequent_if_exist"),
        SVC(),
        SVC(kernel="linear"),
        NuSVC(nu=0.2),
        SVR(),
        OneClassSVM(),
        KNeighborsClassifier(algorithm="brute"),
        NearestNeighbors(),
        KMeans(2, n_init=1),
    ],
    ids=str,
)
def test_every_fitted_model_is_sound(model):
    assert check_sound(model.fit(ROUND, Y)) is None


def test_sparse_machines_and_neighbors_are_sound():
    for model in (SVC(), KNeighborsClassifier(), SVC(kernel="precomputed")):
        rows = X @ X.T if getattr(model, "kernel", "") == "precomputed" else csr_matrix(ROUND)
        assert check_sound(model.fit(rows, Y)) is None


def test_words_that_are_counted_are_sound():
    assert check_sound(TfidfVectorizer().fit(WORDS)) is None


# What is spoiled.


def in_tree(field, value):
    """Change a field of the first node of a tree, as a file could."""

    def spoil(model):
        tree = getattr(model, "estimators_", [model])[0].tree_
        state = tree.__getstate__()
        state["nodes"] = state["nodes"].copy()
        state["nodes"][field][0] = value
        tree.__setstate__(state)

    return spoil


def setting(**attributes):
    return lambda model: vars(model).update(attributes)


def shallow(model):
    model.tree_.max_depth = 0


def in_first_tree(field, value):
    def spoil(model):
        model._predictors[0][0].nodes[field][0] = value

    return spoil


def item(attribute, key, value):
    def spoil(model):
        getattr(model, attribute)[key] = value

    return spoil


def of_estimator(spoil, number=1):
    return lambda model: spoil(np.ravel(model.estimators_)[number])


SPOILED = {
    "child beyond": (DecisionTreeClassifier(), in_tree("left_child", 10**6)),
    "child before": (DecisionTreeClassifier(), in_tree("right_child", -7)),
    "child itself": (DecisionTreeClassifier(), in_tree("left_child", 0)),
    "two parents": (DecisionTreeClassifier(), in_tree("left_child", 2)),
    "column beyond": (RandomForestClassifier(3), in_tree("feature", 10**9)),
    "column before": (RandomForestClassifier(3), in_tree("feature", -5)),
    "too shallow": (DecisionTreeClassifier(), shallow),
    "narrow forest": (RandomForestClassifier(3), setting(n_features_in_=1)),
    "forest without a width": (RandomForestClassifier(3), lambda model: delattr(model, "n_features_in_")),
    "wide tree": (RandomForestClassifier(3), of_estimator(setting(n_features_in_=9))),
    "no check of rows": (RandomForestClassifier(3), setting(_validate_X_predict=np.abs)),
    "isolated": (IsolationForest(n_estimators=3, max_features=0.5), item("estimators_features_", 0, np.array([1]))),
    "stages of another width": (GradientBoostingClassifier(n_estimators=2), of_estimator(setting(n_features_in_=9))),
    "stages of more classes": (
        GradientBoostingClassifier(n_estimators=2),
        lambda model: setting(estimators_=np.hstack([model.estimators_] * 2))(model),
    ),
    "bins: child": (HistGradientBoostingClassifier(max_iter=2), in_first_tree("left", 10**6)),
    "bins: itself": (HistGradientBoostingClassifier(max_iter=2), in_first_tree("right", 0)),
    "bins: column": (HistGradientBoostingClassifier(max_iter=2), in_first_tree("feature_idx", 99)),
    "bins: before": (HistGradientBoostingClassifier(max_iter=2), in_first_tree("feature_idx", -1)),
    "bins: category": (HistGradientBoostingClassifier(max_iter=2), in_first_tree("is_categorical", 1)),
    "support": (SVC(), lambda model: setting(_dual_coef_=model._dual_coef_[:1])(model)),
    "support counts": (SVC(), lambda model: setting(_n_support=model._n_support * 2)(model)),
    "borders": (SVC(), lambda model: setting(_intercept_=model._intercept_[:1])(model)),
    "another machine": (SVR(), setting(_impl="c_svc")),
    "codes": (KNeighborsClassifier(), item("_y", 0, 10**6)),
    "neighbors": (KNeighborsClassifier(), setting(n_samples_fit_=10**6)),
    "neighbors of another width": (KNeighborsClassifier(), setting(n_features_in_=9)),
    "one column too few": (OneHotEncoder(), item("_n_features_outs", 0, 1)),
    "nothing left out": (OneHotEncoder(drop="first"), item("_drop_idx_after_grouping", 0, -5)),
    "centers": (KMeans(2, n_init=1), setting(n_features_in_=99)),
    "threads": (RandomForestClassifier(3), setting(n_jobs=10**9)),
    "a tree alone": (DecisionTreeClassifier(), lambda model: setting(other=model.__dict__.pop("tree_"))(model)),
    "sparse": (GaussianNB(), lambda model: setting(other=beyond())(model)),
    "random": (GaussianNB(), lambda model: setting(other=astray())(model)),
}


def beyond():
    matrix = csr_matrix(np.eye(3))
    matrix.indices[0] = 10**6
    return matrix


def astray():
    random = np.random.RandomState(0)
    state = random.get_state(legacy=False)
    state["state"]["pos"] = 10**6
    random.set_state(state)
    return random


@pytest.mark.parametrize("case", SPOILED)
def test_a_model_that_leads_to_what_is_not_there_is_refused(case):
    model, spoil = SPOILED[case]
    model.set_params(**{"random_state": 0} if "random_state" in model.get_params() else {}).fit(ROUND, Y)
    spoil(model)

    with pytest.raises(ValueError, match=r"."):
        check_sound(model)


def test_words_that_lead_beyond_the_columns_are_refused():
    model = TfidfVectorizer().fit(WORDS)
    model.vocabulary_["red"] = 10**6

    with pytest.raises(ValueError, match="columns that are not there"):
        check_sound(model)


def test_what_is_unsound_in_a_file_is_refused_with_its_name(tmp_path):
    model = RandomForestClassifier(3, random_state=0).fit(X, Y)
    in_tree("left_child", 10**6)(model)
    save_model(model, tmp_path / "m.skops")

    with pytest.raises(InputError, match=r"m\.skops' is not a model file of pseudolabel: a tree points"):
        load_model(tmp_path / "m.skops")


# Whatever is changed in a file.


TABLE = pd.DataFrame(X, columns=list("abcd"))
ASKED = TABLE.assign(kind=np.array(["x", "y", "z"])[Y])
LABELS = pd.Series(np.array(["ash", "birch", "cedar"], dtype=object)[Y]).where(~hidden_rows(60), None)


def own(estimator):
    return PseudoLabelClassifier(estimator, method="one-shot", random_state=0).fit(TABLE, LABELS)


MODELS = {
    "committee": lambda: PseudoLabelClassifier(committee="lean", random_state=0).fit(ASKED, LABELS),
    "forest": lambda: own(RandomForestClassifier(3)),
    "stages": lambda: own(GradientBoostingClassifier(n_estimators=3)),
    "bins": lambda: own(HistGradientBoostingClassifier(max_iter=3, min_samples_leaf=3)),
    "neighbors": lambda: own(KNeighborsClassifier(3, algorithm="brute")),
    "one-hot": lambda: own(
        make_pipeline(KBinsDiscretizer(4, quantile_method="averaged_inverted_cdf"), RandomForestClassifier(3))
    ),
    "numbers": lambda: PseudoLabelRegressor(RandomForestRegressor(3), random_state=0).fit(
        TABLE, np.where(hidden_rows(60), np.nan, Y)
    ),
    "lightgbm": lambda: own(LGBMClassifier(n_estimators=3, min_child_samples=3, n_jobs=1, verbosity=-1)),
    "xgboost": lambda: own(XGBClassifier(n_estimators=3, n_jobs=1)),
}


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    """Give each model, a small one, and the file it was saved in."""
    folder = tmp_path_factory.mktemp("models")
    found = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pseudolabel.learning.committee.forest.N_TREES", 3)
        patch.setattr("pseudolabel.learning.committee.metric.N_TREES", 3)
        patch.setattr("pseudolabel.learning.committee.boosting.N_ROUNDS_OF_A_MEMBER", 3)
        for name, make in MODELS.items():
            found[name] = make(), folder / f"{name}.skops"
            found[name][0].save(found[name][1])
    return found


@pytest.mark.parametrize("name", MODELS)
def test_a_model_saved_by_us_is_loaded_and_predicts_the_same(models, name):
    model, path = models[name]
    rows = ASKED[list(model.feature_names_in_)]

    loaded = load(path)

    for asked in ("predict", "predict_proba"):
        if hasattr(model, asked):
            assert np.array_equal(getattr(loaded, asked)(rows), getattr(model, asked)(rows))


def test_a_file_with_anything_changed_is_refused_or_predicts_and_never_ends_the_process(models, tmp_path):
    for _, path in models.values():
        shutil.copy(path, tmp_path)
    ASKED.head(5).to_csv(tmp_path / "rows.csv", index=False)
    script, n_seeds = Path(__file__).with_name("mutants.py"), 9

    done = subprocess.run(
        [sys.executable, script, tmp_path, tmp_path / "rows.csv", "0", str(n_seeds)],
        capture_output=True,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        timeout=300,
    )

    last = done.stdout[-2000:]
    assert done.returncode == 0, last + done.stderr[-2000:]
    outcomes = [line.split()[2].rstrip(":") for line in done.stdout.splitlines()]
    assert len(outcomes) == n_seeds * len(MODELS), last
    assert set(outcomes) == {"refused", "predicted"}


def test_a_model_that_cannot_be_asked_is_at_fault_and_not_the_package(models, tmp_path):
    path = models["forest"][1]
    model = load(path)
    del model.estimator_.classes_
    model.save(tmp_path / "m.skops")
    TABLE.head(5).to_csv(tmp_path / "rows.csv", index=False)

    with pytest.raises(InputError, match="The model cannot be asked"):
        predict_file(tmp_path / "m.skops", tmp_path / "rows.csv", tmp_path / "out.csv")

    assert not (tmp_path / "out.csv").exists()


def test_a_file_with_an_estimator_of_the_users_own_labels_a_table(models, tmp_path):
    model, path = models["forest"]
    ASKED.to_csv(tmp_path / "rows.csv", index=False)

    found = predict_file(path, tmp_path / "rows.csv", tmp_path / "out.csv")

    assert found.ignored == ("kind",)
    assert pd.read_csv(tmp_path / "out.csv")["pseudo_label"].tolist() == model.predict(TABLE).tolist()
