"""What must hold of `method="auto"` whatever the table: laws, not numbers."""

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.datasets import load_wine
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression, RidgeClassifier
from sklearn.neighbors import KNeighborsClassifier
from strategies import flowers, hidden_rows

from pseudolabel import PseudoLabelClassifier

X, CODES = flowers(90)
Y = np.where(hidden_rows(90), -1, CODES)


@pytest.fixture(autouse=True)
def smaller_forests(monkeypatch):
    """Give our forests fewer trees: the laws do not depend on their number."""
    monkeypatch.setattr("pseudolabel.learning.committee.forest.N_TREES", 40)


def fitted(y=Y, rows=X, **parameters):
    return PseudoLabelClassifier(**({"random_state": 0} | parameters)).fit(rows, y)


@pytest.mark.parametrize("estimator", [None, LogisticRegression(), RandomForestClassifier(50)], ids=str)
def test_one_seed_gives_the_same_bytes_on_any_number_of_processors(estimator):
    one, several = fitted(estimator=estimator), fitted(estimator=estimator, n_jobs=3)

    assert one.predict_proba(X).tobytes() == several.predict_proba(X).tobytes()
    assert one.label_distributions_.tobytes() == several.label_distributions_.tobytes()


@pytest.mark.parametrize("estimator", [None, LogisticRegression()], ids=str)
def test_renaming_the_classes_renames_the_result(estimator):
    names = np.array(["oak", "pine", "yew"], dtype=object)  # in the order of the codes
    named = fitted(np.where(Y < 0, None, names[Y]), estimator=estimator)

    plain = fitted(estimator=estimator)

    assert np.allclose(named.predict_proba(X), plain.predict_proba(X))
    assert named.predict(X).tolist() == names[plain.predict(X)].tolist()


def test_the_order_of_classes_and_of_rows_matters_no_more_than_the_seed():
    """Mean change of the probabilities: folds and bootstraps are dealt anew, and nothing else may happen."""
    order = np.random.default_rng(0).permutation(90)
    usual = fitted().predict_proba(X)
    other_seeds = [np.abs(fitted(random_state=seed).predict_proba(X) - usual).mean() for seed in range(1, 6)]

    reordered = fitted(Y[order], X[order]).predict_proba(X)
    reversed_classes = fitted(np.where(Y < 0, -1, 2 - Y)).predict_proba(X)[:, ::-1]

    for changed in (reordered, reversed_classes):
        assert np.abs(changed - usual).mean() < 1.5 * max(other_seeds)


@pytest.mark.parametrize("committee", ["lean", "full"])
def test_shuffled_labels_make_no_confident_pseudo_labels(committee):
    random = np.random.default_rng(0)
    rows, labels = random.normal(size=(400, 6)), random.integers(0, 2, 400)
    y = np.where(np.arange(400) < 100, labels, -1)

    confidence = fitted(y, rows, committee=committee).label_distributions_[100:].max(axis=1)

    assert np.mean(confidence) < 0.65
    assert np.mean(confidence > 0.9) < 0.02


def test_a_forest_of_ones_own_takes_the_place_of_ours():
    teacher = fitted(estimator=RandomForestClassifier(60)).teacher_

    assert teacher.seats[0].name == "RandomForestClassifier"
    assert teacher.left_out["forest"] == "your estimator is one"


def test_the_labels_only_model_is_the_estimator_fitted_on_the_labels():
    own = RandomForestClassifier(60, random_state=3)

    model = fitted(estimator=own)

    alone = RandomForestClassifier(60, random_state=3).fit(X[Y >= 0], Y[Y >= 0])
    assert np.allclose(model.predict_proba_labels_only(X), alone.predict_proba(X))


@pytest.mark.parametrize(
    "estimator", [KNeighborsClassifier(), RidgeClassifier()], ids=["no weights", "no probabilities"]
)
@pytest.mark.parametrize("mixture", ["safe", "balanced", "bold"])
def test_estimators_that_lack_something_learn_all_the_same(estimator, mixture):
    alone = clone(estimator).fit(X[Y >= 0], Y[Y >= 0])

    model = fitted(estimator=estimator, mixture=mixture)

    assert (model.predict(X) == CODES).mean() >= (alone.predict(X) == CODES).mean() - 0.05


@pytest.mark.parametrize("committee", ["lean", "full"])
@pytest.mark.parametrize(
    ("n_rows", "labels_of_class"),
    [
        (300, [2, 2]),
        (300, [1, 5, 9]),
        (3000, [1000, 1]),
        (3000, [1000, 2]),
        (1500, [3] * 100),
    ],
    ids=["two labels a class", "a class that misses folds", "1000 to 1", "1000 to 2", "a hundred classes"],
)
def test_few_uneven_and_many_classes_are_survived(n_rows, labels_of_class, committee):
    random = np.random.default_rng(0)
    codes = random.choice(len(labels_of_class), n_rows)
    rows = random.normal(size=(n_rows, 4)) + 3 * random.normal(size=(len(labels_of_class), 4))[codes]
    y = np.full(n_rows, -1)
    for code, count in enumerate(labels_of_class):
        y[np.flatnonzero(codes == code)[:count]] = code

    model = fitted(y, rows, committee=committee)

    assert np.allclose(model.predict_proba(rows).sum(axis=1), 1)
    assert set(model.classes_) == set(range(len(labels_of_class)))
    assert (model.predict(rows) == codes).mean() > 1.2 / len(labels_of_class)


def test_tables_of_every_kind_of_column_are_learnt_from():
    wine = load_wine(as_frame=True)
    table = wine.data.assign(
        colour=pd.Categorical(np.where(wine.data["hue"] > 1, "red", "brown")),
        note=[f"vintage {row % 7} of the south" for row in range(len(wine.data))],
        day=pd.date_range("2024-01-01", periods=len(wine.data)),
    ).mask(np.random.default_rng(0).random((len(wine.data), 16)) < 0.05)
    y = wine.target.where(np.arange(len(table)) % 4 == 0)

    model = fitted(y, table)

    assert not {reason for reason in model.teacher_.left_out.values() if reason.startswith("failed")}
    assert (model.predict(table) == wine.target).mean() > 0.9
