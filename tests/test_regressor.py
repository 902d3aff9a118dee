"""The regressor as a user meets it: targets with gaps in, targets and honest bounds out."""

from functools import cache

import numpy as np
import pandas as pd
import polars as pl
import pytest
import scipy.sparse as sp
from sklearn import config_context
from sklearn.base import BaseEstimator, RegressorMixin, clone
from sklearn.datasets import load_diabetes, make_friedman1
from sklearn.ensemble import AdaBoostRegressor, RandomForestRegressor
from sklearn.linear_model import LinearRegression, RidgeCV
from sklearn.metrics import root_mean_squared_error
from sklearn.model_selection import GridSearchCV
from sklearn.neighbors import KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from strategies import KINDS, as_kind

from pseudolabel import InputError, ParameterError, PseudoLabelRegressor, PseudolabelWarning, load

RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(120, 4))
Y = np.sin(2 * X[:, 0]) + X[:, 1] + 0.1 * RANDOM.normal(size=120)
HIDDEN = np.arange(120) % 3 > 0
Y_WITH_GAPS = np.where(HIDDEN, np.nan, Y)


@pytest.fixture(autouse=True)
def smaller_forests(monkeypatch):
    """Give our forests fewer trees: what is tested here does not depend on their number."""
    monkeypatch.setattr("pseudolabel.learning.regression.forests.N_TREES", 30)
    monkeypatch.setattr("pseudolabel.learning.regression.boosting.N_TREES", 30)
    monkeypatch.setattr("pseudolabel.learning.regression.intervals.N_TREES", 20)


def fitted(estimator=None, X=X, y=Y_WITH_GAPS, **options):
    return PseudoLabelRegressor(estimator, random_state=0, **options).fit(X, y)


@cache
def default_model():
    """Give the model most claims are about; nothing below changes it."""
    return fitted()


class Unweighted(RegressorMixin, BaseEstimator):
    """Takes no sample weights and remembers what it was fitted on."""

    def fit(self, X, y):
        self.n_rows_, self.kind_ = len(X), type(X).__name__
        self.mean_ = float(np.mean(y))
        return self

    def predict(self, X):
        return np.full(len(X), self.mean_)


def test_every_row_gets_a_target_and_given_ones_stay():
    model = default_model()

    assert np.array_equal(model.transduction_[~HIDDEN], Y[~HIDDEN])
    assert np.isfinite(model.transduction_).all()
    assert model.labeled_iter_.tolist() == HIDDEN.astype(int).tolist()
    assert (model.n_iter_, model.termination_condition_) == (1, "all_labeled")


def test_pseudo_labels_lie_between_their_bounds():
    table = default_model().pseudo_labels_

    assert list(table) == ["pseudo_label", "lower", "upper", "source"]
    assert (table["lower"] <= table["pseudo_label"]).all()
    assert (table["pseudo_label"] <= table["upper"]).all()
    assert (table["source"] == np.where(HIDDEN, "suggested", "given")).all()
    assert (table["upper"] == table["lower"])[~HIDDEN].all()


@pytest.mark.parametrize("seed", range(3))
def test_the_default_beats_a_forest_on_the_labels_alone(seed):
    """Friedman's first function, 60 of 400 rows labeled: the committee has found an error at least 10 % lower."""
    rows, targets = make_friedman1(800, noise=1.0, random_state=seed)
    gaps = np.where(np.arange(400) < 60, targets[:400], np.nan)
    forest = RandomForestRegressor(random_state=seed).fit(rows[:60], targets[:60])

    model = PseudoLabelRegressor(random_state=seed).fit(rows[:400], gaps)

    error, of_forest = (root_mean_squared_error(targets[400:], it.predict(rows[400:])) for it in (model, forest))
    assert error < 0.95 * of_forest
    assert root_mean_squared_error(targets[60:400], model.transduction_[60:]) < 0.9 * of_forest


def test_shuffled_targets_are_predicted_near_their_mean_and_intervals_say_so():
    """Bounds that hold nine of ten targets that nobody can predict are about as far apart as the targets."""
    random = np.random.default_rng(1)
    rows, targets = random.normal(size=(300, 4)), random.normal(size=300)
    model = fitted(X=rows, y=np.where(np.arange(300) < 100, targets, np.nan))

    lower, upper = model.predict_interval(rows[100:]).T

    assert np.mean((model.predict(rows[100:]) - targets[100:]) ** 2) > 0.85 * targets.var()
    assert np.median(upper - lower) > 2.4 * targets.std()


def test_intervals_hold_at_least_as_many_new_targets_as_they_say():
    """Mean of 6 draws of 60 labeled rows; each has a standard deviation of about 0.05, their mean of 0.02.

    Somewhat more are inside, because what the errors are measured with was fitted on a fifth fewer rows.
    """
    shares = []
    for seed in range(6):
        rows, targets = make_friedman1(460, noise=1.0, random_state=seed)
        y = np.where(np.arange(100) < 60, targets[:100], np.nan)
        lower, upper = fitted(X=rows[:100], y=y).predict_interval(rows[100:], level=0.8).T
        shares.append(np.mean((lower <= targets[100:]) & (targets[100:] <= upper)))

    assert 0.76 < np.mean(shares) < 0.95


def test_a_wider_level_gives_wider_bounds_around_the_prediction():
    model = default_model()

    narrow, wide = (model.predict_interval(X, level=level) for level in (0.5, 0.95))

    assert np.all(wide[:, 0] < narrow[:, 0])
    assert np.all(narrow[:, 1] < wide[:, 1])
    assert np.allclose(wide.mean(axis=1), model.predict(X))


@pytest.mark.parametrize("level", [0, 1, -0.1, 1.5, "0.9", None, float("nan")])
def test_a_level_out_of_range_is_named(level):
    with pytest.raises(ParameterError, match=r"^PseudoLabelRegressor: `level` must be a number above 0 and below 1"):
        fitted(LinearRegression(), method="one-shot").predict_interval(X, level=level)


@pytest.mark.parametrize("committee", ["lean", "full"])
def test_one_seed_gives_the_same_bytes_on_any_number_of_processors(committee):
    one, three = (fitted(committee=committee, n_jobs=n_jobs) for n_jobs in (1, 3))

    assert one.predict(X).tobytes() == three.predict(X).tobytes()
    assert one.predict_interval(X).tobytes() == three.predict_interval(X).tobytes()
    assert one.transduction_.tobytes() == three.transduction_.tobytes()


def test_another_seed_gives_another_forest():
    other = PseudoLabelRegressor(random_state=1).fit(X, Y_WITH_GAPS)

    assert not np.array_equal(other.predict(X), default_model().predict(X))


@pytest.mark.parametrize("kind", KINDS)
def test_tables_of_every_kind_give_nearly_the_same(kind):
    """Frames become numbers of half the digits, and a forest draws the columns of a sparse table in another order."""
    model = fitted(X=as_kind(kind, X))

    assert np.abs(model.predict(as_kind(kind, X)) - default_model().predict(X)).max() < 0.2 * Y.std()


@pytest.mark.parametrize("kind", ["pandas", "polars", "arrow"])
def test_pseudo_labels_are_a_frame_of_the_kind_that_came(kind):
    table = as_kind(kind, X)

    assert type(fitted(LinearRegression(), X=table, method="one-shot").pseudo_labels_) is type(table)


def test_columns_of_every_sort_are_learnt_from():
    table = pd.DataFrame(
        {
            "size": np.where(np.arange(120) % 7 == 0, np.nan, X[:, 0]),
            "colour": pd.Categorical(np.where(X[:, 1] > 0, "red", "blue")),
            "day": pd.date_range("2020-01-01", periods=120)[::-1],
            "empty": None,
        },
        index=[f"row {number}" for number in range(120)],
    )

    model = fitted(X=table, committee="full")

    assert model.features_.left_out == {"empty": "empty: no cell is filled"}
    assert model.teacher_.left_out == {}
    assert model.pseudo_labels_.index.tolist() == table.index.tolist()
    assert model.score(table, Y) > 0.5


def test_a_frame_with_text_goes_to_an_estimator_as_it_came():
    table = pl.DataFrame({"a": X[:, 0], "b": ["x", "y"] * 60})

    model = fitted(Unweighted(), X=table)

    assert model.estimator_.kind_ == "DataFrame"
    assert model.estimator_.n_rows_ == 120
    assert np.isfinite(model.predict(table)).all()


def test_an_estimator_without_weights_learns_from_all_rows():
    model = fitted(Unweighted())

    assert model.estimator_.n_rows_ == 120
    assert model.labels_only_.estimator.n_rows_ == 40


@pytest.mark.parametrize("estimator", [RidgeCV(), AdaBoostRegressor(n_estimators=5)], ids=str)
def test_an_estimator_that_cannot_say_what_it_routes_is_welcome(estimator):
    assert fitted(estimator).teacher_.left_out == {}


def test_metadata_is_routed_where_routing_is_on():
    weight = np.where(Y > 0, 100.0, 1.0)

    with config_context(enable_metadata_routing=True):
        base = LinearRegression().set_fit_request(sample_weight=True)
        model = PseudoLabelRegressor(base, random_state=0).fit(X, Y_WITH_GAPS, sample_weight=weight)

    assert model.predict_labels_only(X).mean() > fitted(LinearRegression()).predict_labels_only(X).mean()


def test_values_for_the_fit_of_the_estimator_are_sliced_with_the_rows():
    log = []

    class Costly(LinearRegression):
        def fit(self, X, y, cost=None):
            log.append((len(X), None if cost is None else len(cost)))
            return super().fit(X, y)

    PseudoLabelRegressor(Costly(), random_state=0).fit(X, Y_WITH_GAPS, cost=np.arange(120))

    assert {n_rows for n_rows, _ in log} == {32, 40, 120}
    assert all(n_rows == n_costs for n_rows, n_costs in log)


def test_values_for_no_estimator_are_refused():
    with pytest.raises(ParameterError, match=r"'cost' is for the `fit` of your own estimator, and none is given"):
        PseudoLabelRegressor().fit(X, Y_WITH_GAPS, cost=1)


def test_the_weight_of_a_row_reaches_the_estimator():
    weight = np.where(Y > 0, 100.0, 1.0)

    weighted = PseudoLabelRegressor(LinearRegression(), random_state=0).fit(X, Y_WITH_GAPS, sample_weight=weight)

    assert weighted.predict_labels_only(X).mean() > fitted(LinearRegression()).predict_labels_only(X).mean()


def test_rows_of_a_table_of_their_own_come_last():
    model = PseudoLabelRegressor(random_state=0).fit(X[~HIDDEN], Y[~HIDDEN], X_unlabeled=X[HIDDEN])

    assert model.labeled_iter_.tolist() == [0] * 40 + [1] * 80
    assert len(model.pseudo_labels_) == 120


def test_one_shot_is_the_recipe_of_the_tutorial():
    first = LinearRegression().fit(X[~HIDDEN], Y[~HIDDEN])
    curved = make_pipeline(StandardScaler(), KNeighborsRegressor(3))
    teacher = clone(curved).fit(X[~HIDDEN], Y[~HIDDEN])
    filled = np.where(HIDDEN, teacher.predict(X), Y)

    model = fitted(curved, method="one-shot")

    assert np.allclose(model.predict(X), clone(curved).fit(X, filled).predict(X))
    assert np.allclose(fitted(LinearRegression(), method="one-shot").predict_labels_only(X), first.predict(X))


@pytest.mark.parametrize(
    ("mixture", "shares"),
    [
        ("safe", {"labels only": 1 / 2, "student": 1 / 2}),
        ("balanced", {"labels only": 1 / 3, "student": 1 / 3, "committee": 1 / 3}),
        ("bold", {"committee": 1}),
    ],
)
def test_a_mixture_has_the_shares_its_name_stands_for(mixture, shares):
    model = fitted(mixture=mixture)

    assert {part.name: part.share for part in model.mixture_.parts} == pytest.approx(shares)


def test_a_given_estimator_keeps_half_of_the_prediction():
    model = fitted(LinearRegression())

    halves = 0.5 * model.predict_labels_only(X) + 0.5 * model.estimator_.predict(X)

    assert np.allclose(model.predict(X), halves)


@pytest.mark.parametrize("estimator", ["forest", "boosting", "linear"])
def test_an_estimator_asked_for_by_name_is_the_first_on_the_committee(estimator):
    assert fitted(estimator).teacher_.seats[0].name == estimator


def test_minus_one_is_a_target_unless_it_is_named():
    ones = np.where(HIDDEN, -1, Y)

    named = fitted(y=ones, unlabeled=-1)

    assert np.array_equal(named.transduction_, default_model().transduction_)
    with pytest.warns(PseudolabelWarning, match="All rows are labeled"):
        assert (fitted(y=ones).labeled_iter_ == 0).all()


def test_a_table_without_gaps_is_learnt_with_a_warning():
    with pytest.warns(PseudolabelWarning, match=r"All rows are labeled.* `unlabeled=`"):
        model = fitted(y=Y)

    assert model.n_iter_ == 0


def test_the_score_is_taken_where_there_is_a_target():
    model = default_model()

    assert model.score(X, Y_WITH_GAPS) == pytest.approx(model.score(X[~HIDDEN], Y[~HIDDEN]))
    with pytest.raises(InputError, match=r"^score: no row of y has a target"):
        model.score(X, np.full(120, np.nan))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"method": "curriculum"}, "`method` must be one of 'auto', 'one-shot', got 'curriculum'"),
        ({"committee": "huge"}, "`committee` must be one of 'lean', 'full', got 'huge'"),
        ({"mixture": "wild"}, "`mixture` must be one of 'safe', 'balanced', 'bold', got 'wild'"),
        ({"method": "one-shot", "mixture": "safe"}, "`mixture` belongs to method='auto'"),
        (
            {"estimator": "logistic"},
            "`estimator` must be one of 'forest', 'boosting', 'linear', 'lightgbm', 'xgboost', got 'logistic'",
        ),
        (
            {"estimator": 3},
            "`estimator` must be a regressor, one of 'forest', 'boosting', 'linear', 'lightgbm', 'xgboost' or None, "
            "got 3",
        ),
    ],
    ids=lambda value: str(value)[:20],
)
def test_a_parameter_out_of_range_is_named(options, message):
    with pytest.raises(ParameterError, match=f"^PseudoLabelRegressor: {message}"):
        PseudoLabelRegressor(**options).fit(X, Y_WITH_GAPS)


@pytest.mark.parametrize("kind", ["array", "pandas", "csr"])
@pytest.mark.parametrize("options", [{"committee": "full"}, {"estimator": "linear"}, {"method": "one-shot"}], ids=str)
def test_a_loaded_model_predicts_the_same(options, kind, tmp_path):
    table = as_kind(kind, X)
    model = fitted(X=table, **options)
    model.save(tmp_path / "model.skops")

    loaded = load(tmp_path / "model.skops")

    assert loaded.predict(table).tobytes() == model.predict(table).tobytes()
    assert loaded.predict_interval(table).tobytes() == model.predict_interval(table).tobytes()
    assert loaded.predict_labels_only(table).tobytes() == model.predict_labels_only(table).tobytes()


def test_targets_of_training_rows_stay_out_of_the_file(tmp_path):
    model = default_model()
    model.save(tmp_path / "model.skops")

    loaded = load(tmp_path / "model.skops")

    for name in ("transduction_", "labeled_iter_", "pseudo_labels_"):
        assert hasattr(model, name)
        assert not hasattr(loaded, name)


def test_a_search_over_parameters_finds_its_way():
    complete, targets = X[~HIDDEN], Y[~HIDDEN]
    search = GridSearchCV(PseudoLabelRegressor(KNeighborsRegressor()), {"estimator__n_neighbors": [2, 4]}, cv=2)

    with pytest.warns(PseudolabelWarning):
        search.fit(complete, targets)

    assert search.best_params_["estimator__n_neighbors"] in (2, 4)


def test_five_targets_are_enough_and_four_are_not():
    rows = load_diabetes().data[:50]
    few = np.where(np.arange(50) < 5, np.arange(50.0), np.nan)

    assert np.isfinite(fitted(X=rows, y=few).predict_interval(rows)).all()
    with pytest.raises(InputError, match="4 samples have a target"):
        fitted(X=rows, y=np.where(np.arange(50) < 4, few, np.nan))


def test_a_column_of_wild_outliers_and_a_skewed_target_are_no_trouble():
    rows, targets = X.copy(), np.exp(3 * Y)
    rows[::9, 2] = 1e15

    model = fitted(X=rows, y=np.where(HIDDEN, np.nan, targets), committee="full")

    assert model.teacher_.left_out == {}
    assert model.predict(rows).max() <= targets[~HIDDEN].max()


def test_a_sparse_table_has_a_committee_too():
    table = sp.random_array((80, 300), density=0.1, format="csr", rng=np.random.default_rng(0))
    y = np.where(np.arange(80) < 30, table.sum(axis=1), np.nan)

    assert fitted(X=table, y=y, committee="full").teacher_.left_out == {}
