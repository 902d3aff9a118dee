"""Every row is scored by models that never saw it, nor anything it told; and a verdict is taken to heart."""

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_diabetes
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.semi_supervised import SelfTrainingClassifier
from strategies import Log, Recorder, flowers, hidden_rows

import pseudolabel.comparison
from pseudolabel import (
    InputError,
    ParameterError,
    PseudoLabelClassifier,
    PseudoLabelRegressor,
    PseudolabelWarning,
    compare,
    judge,
)
from pseudolabel.judgement.evidence import LABELS_ONLY, PSEUDO_LABELED, WITHOUT_UNLABELED

CODES = np.tile([0, 1, 2], 20)
GIVEN = np.arange(60) % 4 != 1


def with_gaps(n_rows=75, share=0.5):
    X, codes = flowers(n_rows)
    y = codes.astype(object)
    y[hidden_rows(n_rows, share)] = None
    return X, y


@pytest.mark.parametrize(
    "settings", [{"method": "one-shot"}, {"teacher": "own"}, {}], ids=["one-shot", "own teacher", "committee"]
)
def test_no_row_that_is_scored_ever_reached_a_fit(settings, monkeypatch):
    made = []

    class Watched(PseudoLabelClassifier):
        def fit(self, X, y, *args, **options):
            made.append(self)
            self.estimator = Recorder(Log())
            return super().fit(X, y, *args, **options)

        def predict_by_each(self, X):
            self.scored_ = set(X["id"])
            return super().predict_by_each(X)

        def suggest_proba(self, X):
            self.asked_ = set(X["id"])
            return super().suggest_proba(X)

    monkeypatch.setattr("pseudolabel.learning.committee.forest.N_TREES", 20)
    rows = pd.DataFrame({"id": np.arange(60), "size": CODES + np.linspace(0, 0.9, 60)})

    compare(Watched(Recorder(Log()), random_state=0, **settings), rows, np.where(GIVEN, CODES, -1), n_jobs=1)

    fitted = [{row for fit in model.estimator.log for row in fit.ids} for model in made]
    assert len(made) == 20
    assert all(model.scored_ and not model.scored_ & rows for model, rows in zip(made, fitted, strict=True))
    assert all(model.asked_ == model.scored_ for model in made), "no fold is asked about unlabeled rows"
    assert set.union(*(model.scored_ for model in made)) == set(np.flatnonzero(GIVEN))


def test_the_three_models_are_those_that_were_promised():
    X, y = with_gaps()
    model = PseudoLabelClassifier("logistic", mixture="balanced", random_state=0).fit(X, y)

    by_each = model.predict_by_each(X)

    given = np.array([label is not None for label in y])
    without = PseudoLabelClassifier("logistic", mixture="balanced", random_state=0, unlabeled=None)
    assert by_each[LABELS_ONLY] == pytest.approx(model.predict_proba_labels_only(X))
    assert by_each[PSEUDO_LABELED] == pytest.approx(model.predict_proba(X))
    with pytest.warns(PseudolabelWarning, match="All rows are labeled"):
        without.fit(X[given], y[given].astype(int))
    # The columns came to one scale by all rows here, and by the labeled ones there.
    assert by_each[WITHOUT_UNLABELED] == pytest.approx(without.predict_proba(X), abs=0.12)
    assert np.abs(by_each[WITHOUT_UNLABELED] - without.predict_proba(X)).mean() < 0.02


def test_an_estimator_given_gains_by_the_unlabeled_rows_alone():
    X, y = with_gaps()

    evidence = compare(PseudoLabelClassifier(LogisticRegression(), committee="lean", random_state=0), X, y)

    verdict = judge(evidence)
    assert verdict.difference == verdict.unlabeled.difference


def test_the_same_seed_gives_the_same_evidence_with_any_number_of_processors():
    X, y = with_gaps()
    model = PseudoLabelClassifier("logistic", teacher="own", random_state=3)

    one, other = compare(model, X, y, n_jobs=1), compare(model, X, y, n_jobs=3)

    assert np.array_equal(one.probabilities, other.probabilities)


def test_the_model_handed_in_is_not_changed():
    X, y = with_gaps()
    model = PseudoLabelClassifier("logistic", teacher="own", random_state=0)

    compare(model, X, y)

    assert not hasattr(model, "classes_")


def test_rows_kept_for_it_are_the_stronger_evidence():
    X, codes = flowers(150)
    y = codes[:90].astype(object)
    y[30:] = None

    evidence = compare(
        PseudoLabelClassifier("logistic", teacher="own", random_state=0), X[:90], y, X_test=X[90:], y_test=codes[90:]
    )

    assert (evidence.design.kind, evidence.n_rows) == ("test", 60)
    model = PseudoLabelClassifier("logistic", teacher="own", random_state=0).fit(X[:90], y)
    accuracy = (model.predict(X[90:]) == codes[90:]).mean()
    assert evidence.mean("accuracy", PSEUDO_LABELED) == pytest.approx(accuracy)


def test_test_rows_of_an_unknown_class_are_named_and_are_mistakes_of_every_model():
    X, codes = flowers(150)
    unknown = codes[90:] == 2
    y, y_test = np.where(np.arange(90) < 40, codes[:90], -1), np.where(unknown, 7, codes[90:])
    model = PseudoLabelClassifier("logistic", teacher="own", random_state=0)

    with pytest.warns(PseudolabelWarning, match="classes that no training row has: '7'. They count as mistakes"):
        evidence = compare(model, X[:90], y, X_test=X[90:], y_test=y_test)

    assert (evidence.n_rows, evidence.unseen.tolist()) == (60, ["7"])
    right = model.fit(X[:90], y).predict(X[90:]) == y_test
    assert evidence.mean("accuracy", PSEUDO_LABELED) == pytest.approx(right.mean())
    assert (evidence.scores("accuracy")[:, :, unknown] == 0).all()
    of_unknown = evidence.per_class()[-1]
    assert (of_unknown.n_rows, of_unknown.recall, of_unknown.precision) == (20, (0, 0, 0), (None, None, None))


def test_classes_of_test_rows_that_are_the_same_numbers_written_with_a_point_are_known():
    X, codes = flowers(150)
    y = np.where(np.arange(90) < 40, codes[:90], -1)

    evidence = compare(
        PseudoLabelClassifier("logistic", teacher="own"), X[:90], y, X_test=X[90:], y_test=codes[90:].astype(float)
    )

    assert evidence.unseen.size == 0
    assert evidence.mean("accuracy", PSEUDO_LABELED) > 0.5


def test_test_rows_all_of_unknown_classes_are_refused():
    X, codes = flowers(150)
    y = np.where(np.arange(90) < 40, codes[:90], -1)

    with pytest.raises(InputError, match="No test row has a label of a class that training rows have: '7', '8', '9'"):
        compare(PseudoLabelClassifier("logistic", teacher="own"), X[:90], y, X_test=X[90:], y_test=codes[90:] + 7)


def test_a_class_left_out_of_training_with_its_group_gets_no_probability():
    X, codes = flowers(75)
    groups = np.where(codes == 2, np.arange(75) % 2, 2 + np.arange(75) % 25)

    evidence = compare(PseudoLabelClassifier("logistic", teacher="own", random_state=0), X, codes, groups=groups)

    assert evidence.design.kind == "groups"
    assert evidence.probabilities.shape[-1] == 3
    assert np.isfinite(evidence.probabilities).all()


@pytest.mark.parametrize(
    "time",
    [
        np.arange(75.0),
        pd.date_range("2020-01-01", periods=75),
        [f"2020-01-01T00:{row:02}" for row in range(60)] + ["2021-05-05"] * 15,
    ],
    ids=["numbers", "dates", "texts"],
)
def test_times_are_numbers_or_dates(time):
    X, codes = flowers(75)

    evidence = compare(PseudoLabelClassifier("logistic", teacher="own", random_state=0), X, codes, time=time)

    assert evidence.design.kind == "time"
    assert evidence.positions.min() > 2


def test_rows_of_two_moments_cannot_be_scored_in_five_spans():
    X, codes = flowers(75)

    assert compare(PseudoLabelClassifier("logistic"), X, codes, time=["2020-01-01"] * 20 + ["2021-05-05"] * 55) is None


@pytest.mark.parametrize("name", ["groups", "time"])
def test_groups_and_times_must_be_one_for_each_row(name):
    X, y = with_gaps()

    with pytest.raises(InputError, match=f"`{name}` has 74 entries for 75 rows"):
        PseudoLabelClassifier("logistic", evidence="standard").fit(X, y, **{name: np.arange(74)})


def test_another_fit_forgets_the_verdict():
    X, y, _ = shapes()
    model = PseudoLabelClassifier(
        LogisticRegression(), teacher=Useless(30, random_state=0), mixture="bold", evidence="standard", random_state=0
    )
    with pytest.warns(PseudolabelWarning, match="labels alone is used instead"):
        model.fit(X, y)

    model.set_params(evidence=None).fit(X, y)

    assert not {"evidence_", "verdict_", "shift_", "acceptance_"} & set(vars(model))
    assert model.suggest_proba(X) == pytest.approx(model.teacher_.probabilities(model._block(X, for_teacher=True)))


def test_lists_are_compared_as_they_are_fitted():
    X, y = with_gaps()

    evidence = compare(
        PseudoLabelClassifier("logistic", teacher="own", random_state=0),
        X.tolist(),
        y.tolist(),
        X_unlabeled=X[:4].tolist(),
    )

    assert evidence.n_rows == sum(label is not None for label in y)


def test_times_that_are_neither_are_refused():
    X, y = with_gaps()

    with pytest.raises(InputError, match="numbers or dates"):
        compare(PseudoLabelClassifier("logistic"), X, y, time=["soon"] * 75)


def test_a_labeled_row_without_a_time_is_refused():
    X, codes = flowers(75)

    with pytest.raises(InputError, match="no time, the first at position 4"):
        compare(PseudoLabelClassifier("logistic"), X, codes, time=np.where(np.arange(75) == 4, np.nan, 1.0))


def test_a_model_that_is_none_of_ours_is_refused():
    with pytest.raises(ParameterError, match="SelfTrainingClassifier"):
        compare(SelfTrainingClassifier(LogisticRegression()), *with_gaps())


def test_nineteen_labels_are_too_few_and_cost_nothing(monkeypatch):
    monkeypatch.setattr(pseudolabel.comparison, "_fitted", None)
    X, codes = flowers(75)

    assert compare(PseudoLabelClassifier(), X, np.where(np.arange(75) < 19, codes, -1)) is None


def test_unlabeled_tables_and_weights_go_along():
    X, codes = flowers(75)

    evidence = compare(
        PseudoLabelClassifier("logistic", teacher="own", random_state=0),
        X[:45],
        codes[:45],
        sample_weight=np.where(codes[:45] == 0, 2.0, 1.0),
        X_unlabeled=X[45:],
    )

    assert evidence.n_rows == 45
    assert evidence.rows.weight.mean() == pytest.approx(1)
    assert evidence.rows.weight.max() / evidence.rows.weight.min() == pytest.approx(2)


# In an estimator, and taken to heart.


class Useless(RandomForestClassifier):
    """Teaches what it learnt from shuffled labels."""

    def fit(self, X, y, sample_weight=None):
        return super().fit(X, np.random.default_rng(0).permutation(y), sample_weight)


def shapes(n_labeled=90, n_rows=300):
    random = np.random.default_rng(0)
    codes = np.arange(n_rows) % 3
    X = random.normal(size=(n_rows, 4)) + 2.5 * np.eye(3, 4)[codes]
    return X, np.where(np.arange(n_rows) < n_labeled, codes, -1), codes


def test_after_harms_the_model_on_the_labels_alone_is_returned_and_that_is_said_aloud():
    X, y, codes = shapes()
    model = PseudoLabelClassifier(
        LogisticRegression(),
        teacher=Useless(30, random_state=0),
        mixture="bold",
        evidence="standard",
        random_state=0,
    )

    with pytest.warns(PseudolabelWarning, match="labels alone is used instead"):
        model.fit(X, y)

    alone = LogisticRegression().fit(X[:90], codes[:90])
    assert (model.verdict_.code, model.verdict_.vetoed) == ("harms", True)
    assert np.array_equal(model.predict(X), alone.predict(X))
    assert model.predict_proba(X) == pytest.approx(alone.predict_proba(X))
    assert np.array_equal(model.transduction_[90:], alone.predict(X[90:]))
    assert model.suggest_proba(X) == pytest.approx(alone.predict_proba(X))


def test_a_regressor_after_harms_returns_the_model_on_the_labels_alone():
    X, y = load_diabetes(return_X_y=True)
    y = np.where(np.arange(len(y)) < 150, y, np.nan)
    plain = PseudoLabelRegressor("linear", random_state=0).fit(X, y)
    evidence = compare(plain, X, y)
    shuffled = evidence.predictions.copy()
    shuffled[PSEUDO_LABELED] = np.random.default_rng(0).permutation(shuffled[PSEUDO_LABELED].T).T
    harmful = type(evidence)(**{**vars(evidence), "predictions": shuffled})

    with pytest.warns(PseudolabelWarning, match="labels alone is used instead"):
        plain.heed(harmful, judge(harmful), X)

    assert plain.predict(X) == pytest.approx(plain.predict_labels_only(X))
    assert plain.transduction_[150:] == pytest.approx(plain.predict_labels_only(X[150:]))
    bounds = plain.pseudo_labels_[["lower", "upper"]].to_numpy()[150:]
    assert (bounds[:, 0] <= plain.transduction_[150:]).all()
    assert (bounds[:, 1] >= plain.transduction_[150:]).all()


def test_without_evidence_there_is_no_verdict():
    model = PseudoLabelClassifier("logistic", teacher="own", random_state=0).fit(*with_gaps())

    assert not hasattr(model, "verdict_")


def test_with_evidence_the_model_predicts_as_without_unless_vetoed():
    X, y = with_gaps()
    settings = {"teacher": "own", "random_state": 0}

    asked = PseudoLabelClassifier("logistic", evidence="standard", **settings).fit(X, y)

    plain = PseudoLabelClassifier("logistic", **settings).fit(X, y)
    assert asked.verdict_.code != "harms"
    assert np.array_equal(asked.predict_proba(X), plain.predict_proba(X))
    assert asked.evidence_.n_rows == sum(label is not None for label in y)


@pytest.mark.parametrize(("per_class", "precision"), [(False, 0.9), (True, 0.8)])
def test_accepted_are_the_labels_whose_own_confidence_reaches_the_level(per_class, precision):
    X, y = with_gaps(150)
    model = PseudoLabelClassifier("logistic", teacher="own", evidence="standard", random_state=0).fit(X, y)

    acceptance = model.accept(precision=precision, per_class=per_class)

    labels = model.pseudo_labels_
    level = acceptance.levels[labels["pseudo_label"].astype(int)]
    reached = (labels["confidence"].astype("float32") >= level) & (labels["source"] != "given")
    assert 0 < acceptance.n_accepted < acceptance.n_unlabeled
    assert ((labels["source"] == "accepted") == reached).all()
    assert reached.sum() == acceptance.n_accepted


def test_a_label_that_is_not_the_likeliest_class_is_not_accepted():
    class Contrary(LogisticRegression):
        def predict(self, X):
            return self.classes_[(super().predict_proba(X).argmax(axis=1) + (X[:, 0] > 1.5)) % 3]

    X, y = with_gaps(150)
    model = PseudoLabelClassifier(Contrary(), method="one-shot", evidence="standard", random_state=0).fit(X, y)

    acceptance = model.accept(precision=0.3)

    contrary = model.transduction_ != model.classes_[model.label_distributions_.argmax(axis=1)]
    accepted = (model.pseudo_labels_["source"] == "accepted").to_numpy()
    assert contrary.any()
    assert accepted.any()
    assert not (contrary & accepted).any()
    assert accepted.sum() == acceptance.n_accepted


@pytest.mark.parametrize("estimator", [PseudoLabelClassifier, PseudoLabelRegressor])
def test_where_every_row_is_labeled_nothing_is_compared(estimator, monkeypatch):
    X, codes = flowers(75)
    model = estimator(evidence="standard", random_state=0)
    monkeypatch.setattr(pseudolabel.comparison, "_fitted", None)

    with pytest.warns(PseudolabelWarning, match="All rows are labeled"):
        model.fit(X, codes + 0.5 if estimator is PseudoLabelRegressor else codes)

    assert (model.verdict_.code, model.verdict_.reason) == ("cannot_tell", "nothing_unlabeled")


def test_an_unknown_amount_of_evidence_is_refused():
    with pytest.raises(ParameterError, match="evidence"):
        PseudoLabelClassifier(evidence="much").fit(*with_gaps())


def test_a_verdict_survives_saving(tmp_path):
    from pseudolabel import load

    X, y = with_gaps()
    model = PseudoLabelClassifier("logistic", teacher="own", evidence="standard", random_state=0).fit(X, y)

    model.save(tmp_path / "model.skops")

    assert load(tmp_path / "model.skops").verdict_ == model.verdict_
