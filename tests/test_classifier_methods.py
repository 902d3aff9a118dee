"""The classical methods do exactly what they are known for: scikit-learn's self-training and the tutorial's recipe."""

import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.compose import make_column_transformer
from sklearn.datasets import load_breast_cancer, load_digits, load_iris, load_wine, make_classification
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler, scale
from sklearn.semi_supervised import SelfTrainingClassifier
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier
from strategies import Log, Recorder, flowers, hidden_rows

from pseudolabel import ParameterError, PseudoLabelClassifier

DATA_SETS = {
    "iris": lambda: load_iris(return_X_y=True),
    "wine": lambda: load_wine(return_X_y=True),
    "breast cancer": lambda: load_breast_cancer(return_X_y=True),
    "digits": lambda: load_digits(return_X_y=True),
    "made up": lambda: make_classification(400, n_informative=6, n_classes=3, flip_y=0.2, random_state=0),
}
BASES = {
    "logistic": LogisticRegression(),
    "forest": RandomForestClassifier(5, random_state=0),
    "bayes": GaussianNB(),
    "neighbours": KNeighborsClassifier(),
    "tree": DecisionTreeClassifier(max_depth=3, random_state=0),
    "pipeline": make_pipeline(StandardScaler(), LogisticRegression()),
}
SETTINGS = {
    "default": {},
    "above 0.6 until done": {"threshold": 0.6, "max_iter": None},
    "above 0.99 three rounds": {"threshold": 0.99, "max_iter": 3},
    "no round": {"max_iter": 0},
    "best one three rounds": {"criterion": "k_best", "k_best": 1, "max_iter": 3},
    "best ten until done": {"criterion": "k_best", "k_best": 10, "max_iter": None},
    "all at once": {"criterion": "k_best", "k_best": 1000, "max_iter": 3},
}
N_ROWS = 130


def some_rows(data_set):
    """Give rows of a data set, scaled, and labels with -1 for most."""
    X, codes = DATA_SETS[data_set]()
    chosen = np.random.default_rng(0).permutation(len(codes))[:N_ROWS]
    return scale(X[chosen]), np.where(hidden_rows(N_ROWS), -1, codes[chosen])


def reference(base, X, y, **settings):
    """Fit scikit-learn's own; what it remarks about `k_best` is no matter here."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="k_best is larger")
        return SelfTrainingClassifier(clone(base), **settings).fit(X, y)


def self_training(base, **settings):
    return PseudoLabelClassifier(clone(base), method="self-training", **settings)


def assert_same(ours, theirs, X):
    assert np.array_equal(ours.labeled_iter_, theirs.labeled_iter_.astype(int))
    assert np.array_equal(ours.transduction_, theirs.transduction_)
    assert (ours.n_iter_, ours.termination_condition_) == (theirs.n_iter_, theirs.termination_condition_)
    assert np.array_equal(ours.predict(X), theirs.predict(X))
    assert np.array_equal(ours.predict_proba(X), theirs.predict_proba(X))


@pytest.mark.parametrize("settings", SETTINGS)
@pytest.mark.parametrize("base", BASES)
@pytest.mark.parametrize("data_set", DATA_SETS)
def test_self_training_is_scikit_learns_label_for_label(data_set, base, settings):
    X, y = some_rows(data_set)

    ours = self_training(BASES[base], **SETTINGS[settings]).fit(X, y)

    assert_same(ours, reference(BASES[base], X, y, **SETTINGS[settings]), X)


def test_self_training_is_scikit_learns_for_text_labels_too():
    X, y = some_rows("wine")
    names = np.array(["red", "white", "grey", -1], dtype=object)[y]

    ours = self_training(LogisticRegression()).fit(X, names)

    assert_same(ours, reference(LogisticRegression(), X, names), X)


def test_self_training_draws_on_one_random_generator_as_scikit_learn_does():
    X, y = some_rows("wine")

    def forest():
        return RandomForestClassifier(10, random_state=np.random.RandomState(0))

    ours = self_training(forest(), threshold=0.9).fit(X, y)

    assert_same(ours, reference(forest(), X, y, threshold=0.9), X)


@pytest.mark.parametrize("missing", [np.nan, None], ids=repr)
def test_self_training_takes_missing_labels_as_minus_one(missing):
    X, y = some_rows("iris")
    gaps = np.where(y == -1, missing, y)

    ours = self_training(LogisticRegression()).fit(X, gaps)

    theirs = reference(LogisticRegression(), X, y)
    assert np.array_equal(ours.labeled_iter_, theirs.labeled_iter_)
    assert np.array_equal(pd.Series(ours.transduction_).fillna(-1), theirs.transduction_)


def test_self_training_takes_arrays_of_text():
    X, y = some_rows("iris")
    species = np.array(["setosa", "versicolor", "virginica", ""])

    ours = self_training(LogisticRegression()).fit(X, species[y])

    theirs = reference(LogisticRegression(), X, y)
    assert np.array_equal(ours.transduction_, species[theirs.transduction_])
    assert np.array_equal(ours.predict(X), species[theirs.predict(X)])


def test_self_training_reaches_columns_by_name():
    X, y = some_rows("iris")
    frame = pd.DataFrame(X, columns=["a", "b", "c", "d"])
    by_name = make_column_transformer((StandardScaler(), ["a", "c"]))
    by_position = make_column_transformer((StandardScaler(), [0, 2]))

    ours = self_training(make_pipeline(by_name, LogisticRegression())).fit(frame, y)

    theirs = reference(make_pipeline(by_position, LogisticRegression()), X, y)
    assert np.array_equal(ours.transduction_, theirs.transduction_)
    assert np.array_equal(ours.predict(frame), theirs.predict(X))


def test_self_training_keeps_categories_for_boosting():
    X, y = some_rows("iris")
    codes = np.digitize(X, [-1, 0, 1])
    frame = pd.DataFrame(codes).astype("category")
    by_dtype = HistGradientBoostingClassifier(max_iter=5, min_samples_leaf=3, categorical_features="from_dtype")
    by_position = clone(by_dtype).set_params(categorical_features=[0, 1, 2, 3])

    ours = self_training(by_dtype).fit(frame, y)

    theirs = reference(by_position, codes, y)
    assert np.array_equal(ours.transduction_, theirs.transduction_)
    assert np.array_equal(ours.predict(frame), theirs.predict(codes))


def test_self_training_with_weights_is_the_same_as_repeating_rows():
    X, y = some_rows("iris")
    times = np.where(y == 1, 3, 1)

    weighted = self_training(GaussianNB()).fit(X, y, sample_weight=times)

    repeated = reference(GaussianNB(), np.repeat(X, times, axis=0), np.repeat(y, times))
    assert np.array_equal(weighted.predict(X), repeated.predict(X))


@pytest.mark.parametrize("seed", range(3))
def test_one_shot_is_the_tutorials_recipe(seed):
    X, y = some_rows("breast cancer")
    labeled = y != -1
    forest = RandomForestClassifier(20, random_state=seed)

    ours = PseudoLabelClassifier(forest, method="one-shot").fit(X, y)

    first = clone(forest).fit(X[labeled], y[labeled])
    pseudo_labels = first.predict(X[~labeled])
    all_rows = np.concatenate([X[labeled], X[~labeled]])
    final = clone(forest).fit(all_rows, np.concatenate([y[labeled], pseudo_labels]))
    assert np.array_equal(ours.transduction_[~labeled], pseudo_labels)
    assert np.array_equal(ours.predict_proba(X), final.predict_proba(X))
    assert np.array_equal(ours.predict_proba_labels_only(X), first.predict_proba(X))


def test_curriculum_takes_a_growing_share_until_all_rows_are_labeled():
    X, y = some_rows("wine")

    model = PseudoLabelClassifier(LogisticRegression(), method="curriculum").fit(X, y)

    taken = [np.count_nonzero(np.isin(model.labeled_iter_, range(1, last + 1))) for last in range(1, 6)]
    assert taken == sorted(taken)
    assert (model.n_iter_, taken[-1]) == (5, np.count_nonzero(y == -1))


@pytest.mark.parametrize("method", ["one-shot", "self-training", "curriculum", "auto"])
def test_estimator_given_is_never_fitted_itself(method):
    X, codes = flowers(60)
    base = LogisticRegression()

    PseudoLabelClassifier(base, method=method, teacher="committee").fit(X, np.where(hidden_rows(60), -1, codes))

    assert not hasattr(base, "classes_")


@pytest.mark.parametrize("method", ["self-training", "curriculum"])
def test_an_estimator_that_cannot_say_how_sure_it_is_is_refused_where_that_decides(method):
    X, y = make_classification(60, random_state=0)

    with pytest.raises(ParameterError, match=r"LinearSVC has no `predict_proba`.*CalibratedClassifierCV"):
        PseudoLabelClassifier(LinearSVC(), method=method, unlabeled=-1).fit(X, np.where(np.arange(60) < 30, y, -1))


@pytest.mark.parametrize("method", ["auto", "one-shot"])
def test_an_estimator_without_probabilities_labels_all_rows_where_nothing_is_picked(method):
    X, y = make_classification(60, random_state=0)

    model = PseudoLabelClassifier(LinearSVC(), method=method, unlabeled=-1, random_state=0)
    model.fit(X, np.where(np.arange(60) < 30, y, -1))

    assert set(model.transduction_) == {0, 1}
    assert not hasattr(model, "predict_proba")


class HalfSure(ClassifierMixin, BaseEstimator):
    """As sure of every row as a single-precision number can say."""

    def __init__(self, confidence=0.8):
        self.confidence = confidence

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        return self

    def predict_proba(self, X):
        return np.tile(np.array([self.confidence, 1 - self.confidence], dtype=np.float32), (len(X), 1))

    def predict(self, X):
        return np.full(len(X), self.classes_[0])


@pytest.mark.parametrize("confidence", [0.7, 0.8, 0.9])
def test_self_training_compares_in_the_precision_of_the_estimator_as_scikit_learn_does(confidence):
    X, y = np.zeros((6, 1)), np.array([0, 1, 1, -1, -1, -1])

    ours = self_training(HalfSure(confidence), threshold=confidence).fit(X, y)

    assert np.array_equal(ours.transduction_, reference(HalfSure(confidence), X, y, threshold=confidence).transduction_)


def test_a_teacher_that_is_the_estimator_is_fitted_once_and_in_as_few_folds_as_do():
    log = Log()
    rows = np.column_stack([np.arange(6_000), np.arange(6_000) % 2])
    y = np.where(np.arange(6_000) < 5_500, rows[:, 1], -1)

    PseudoLabelClassifier(Recorder(log), teacher=Recorder(log), unlabeled=-1).fit(rows, y)

    assert [len(set(fit.ids)) for fit in log] == [5_500, 4_400, 6_000]
