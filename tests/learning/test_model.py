"""A model speaks of every class of the task, whatever its estimator happened to see."""

import numpy as np
import pytest
from sklearn.ensemble import BaggingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression, Perceptron
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from strategies import Log, Recorder, flowers

from pseudolabel.data.block import Block
from pseudolabel.learning.model import aligned, fit_model, seeded, weight_parameter

X, CODES = flowers(60)
CLASSES = np.array(["ash", "birch", "cedar"])


def test_a_class_never_seen_has_probability_nought():
    seen = CODES != 1

    model = fit_model(GaussianNB(), Block(X[seen]), CLASSES[CODES[seen]], CLASSES)

    probabilities = model.probabilities(Block(X))
    assert np.all(probabilities[:, 1] == 0)
    assert np.allclose(probabilities.sum(axis=1), 1)


def test_columns_of_seen_classes_stand_where_all_classes_have_them():
    assert aligned(np.array([[0.3, 0.7]]), CLASSES[[0, 2]], CLASSES).tolist() == [[0.3, 0, 0.7]]


def test_an_estimator_without_probabilities_is_sure_of_its_labels():
    model = fit_model(Perceptron(), Block(X), CLASSES[CODES], CLASSES)

    probabilities = model.probabilities(Block(X))

    assert np.array_equal(CLASSES[probabilities.argmax(axis=1)], model.predict(Block(X)))
    assert set(probabilities.ravel()) == {0, 1}


def test_the_estimator_passed_in_is_not_fitted():
    estimator = GaussianNB()

    fit_model(estimator, Block(X), CODES, np.arange(3))

    assert not hasattr(estimator, "classes_")


def test_weights_by_class_name_keep_working():
    weighted = LogisticRegression(class_weight={"ash": 1.0, "birch": 50.0, "cedar": 1.0})

    model = fit_model(weighted, Block(X), CLASSES[CODES], CLASSES)

    assert (model.predict(Block(X)) == "birch").sum() > (CODES == 1).sum()


@pytest.mark.parametrize(("form", "sees"), [("given", X), ("matrix", 2 * X)])
def test_an_estimator_gets_the_form_of_rows_it_takes(form, sees):
    log = Log()

    fit_model(Recorder(log), Block(X, matrix=2 * X), CODES, np.arange(3), form)

    assert np.array_equal(log[0].X, sees)


@pytest.mark.parametrize(
    ("estimator", "name"),
    [
        (GaussianNB(), "sample_weight"),
        (KNeighborsClassifier(), None),
        (make_pipeline(StandardScaler(), GaussianNB()), "gaussiannb__sample_weight"),
        (make_pipeline(StandardScaler(), KNeighborsClassifier()), None),
        (make_pipeline(make_pipeline(GaussianNB())), "pipeline__gaussiannb__sample_weight"),
        (BaggingClassifier(GaussianNB()), "sample_weight"),
    ],
    ids=["plain", "none", "pipeline", "pipeline without", "pipeline in a pipeline", "bagging"],
)
def test_weights_are_passed_by_the_name_fit_has_for_them(estimator, name):
    assert weight_parameter(estimator) == name


def test_unset_random_states_are_set_and_others_kept():
    forest = RandomForestClassifier(random_state=7)
    bagging = BaggingClassifier(make_pipeline(StandardScaler(), RandomForestClassifier()))

    assert seeded(forest, 3).random_state == 7
    params = seeded(bagging, 3).get_params()
    assert (params["random_state"], params["estimator__randomforestclassifier__random_state"]) == (3, 3)


def test_seeding_leaves_the_estimator_passed_in_as_it_was():
    forest = RandomForestClassifier()

    seeded(forest, 3)

    assert forest.random_state is None
