"""A scorer gives every row what its model suggests, in few bytes, and its rows need no training rows beside them."""

import pickle

import numpy as np
import pyarrow as pa
import pytest
from sklearn.linear_model import LinearRegression, LogisticRegression
from strategies import flowers, hidden_rows

from pseudolabel import PseudoLabelClassifier, PseudoLabelRegressor
from pseudolabel.data.dataset import frame_of
from pseudolabel.scoring import GIVEN
from pseudolabel.tasks import class_scorer, number_scorer
from pseudolabel.tasks.class_scorer import CODE, CONFIDENCE, ClassScorer, scores_of
from pseudolabel.tasks.number_scorer import NumberScorer

X, CODES = flowers(90)
HIDDEN = hidden_rows(90)
NAMES = np.array(["ash", "birch", "cedar"], dtype=object)
Y = np.where(HIDDEN, None, NAMES[CODES])
TARGETS = np.where(HIDDEN, np.nan, X @ [1.0, -2.0, 0.5, 3.0])
COLUMNS = ("a", "b", "c", "d")
ROWS = pa.table(dict(zip(COLUMNS, X.T, strict=True)))


@pytest.fixture(scope="module")
def classifier():
    model = PseudoLabelClassifier(LogisticRegression(), teacher="own", sample_rows=10, random_state=0)
    return model.fit(frame_of(ROWS), Y)


@pytest.fixture(scope="module")
def regressor():
    return PseudoLabelRegressor(LinearRegression(), sample_rows=10, random_state=0).fit(frame_of(ROWS), TARGETS)


def test_a_row_gets_the_class_its_model_suggests(classifier):
    scores, doubtful = ClassScorer(classifier.without_training_rows(), COLUMNS, False).score(ROWS)

    suggested = classifier.suggest_proba(frame_of(ROWS))
    assert np.array_equal(scores[CODE], suggested.argmax(axis=1))
    assert np.array_equal(scores[CONFIDENCE], suggested.max(axis=1).astype(np.float32))
    leads = np.sort(suggested, axis=1)
    assert doubtful["position"][0].as_py() == np.argmin(leads[:, -1] - leads[:, -2])


def test_a_row_gets_the_number_and_the_bounds_its_model_suggests(regressor):
    scores, doubtful = NumberScorer(regressor.without_training_rows(), COLUMNS).score(ROWS)

    assert doubtful is None
    assert np.array_equal(np.column_stack(list(scores)), regressor.suggest(frame_of(ROWS)))


def test_a_scorer_that_was_sent_away_gives_the_same_bytes(classifier, regressor):
    for scorer in (
        ClassScorer(classifier.without_training_rows(), COLUMNS, True),
        NumberScorer(regressor.without_training_rows(), COLUMNS),
    ):
        here, _ = scorer.score(ROWS)
        there, _ = pickle.loads(pickle.dumps(scorer)).score(ROWS)

        assert there.equals(here)


def test_scores_of_the_fit_are_those_of_the_model_and_keep_given_labels(classifier, regressor):
    positions = np.arange(90) * 7

    classes = class_scorer.scores_of_fit(classifier, positions, all_classes=False)
    numbers = number_scorer.scores_of_fit(regressor, positions)

    assert np.array_equal(NAMES[classes[CODE]], classifier.transduction_)
    assert np.array_equal(numbers["pseudo_label"], regressor.transduction_)
    for scores in (classes, numbers):
        assert np.array_equal(scores[GIVEN], ~HIDDEN)
        assert np.array_equal(scores["position"], positions)


def test_scores_of_the_fit_and_of_other_rows_have_the_same_columns(classifier, regressor):
    for known, scorer in (
        (
            class_scorer.scores_of_fit(classifier, np.arange(90), all_classes=True),
            ClassScorer(classifier.without_training_rows(), COLUMNS, True),
        ),
        (
            number_scorer.scores_of_fit(regressor, np.arange(90)),
            NumberScorer(regressor.without_training_rows(), COLUMNS),
        ),
    ):
        scores, _ = scorer.score(ROWS)

        assert known.drop_columns([GIVEN, "position"]).schema == scores.schema


@pytest.mark.parametrize("n_classes", [2, 127, 128, 129, 40_000])
def test_any_number_of_classes_has_room(n_classes):
    codes = np.array([0, n_classes - 1, -1])
    probabilities = np.zeros((3, n_classes), dtype=np.float32)

    assert scores_of(codes, probabilities, all_classes=False)[CODE].to_pylist() == codes.tolist()


def test_a_row_takes_five_bytes():
    scores = scores_of(np.zeros(1000, dtype=np.int64), np.full((1000, 3), 1 / 3), all_classes=False)

    assert scores.nbytes == 5000


def test_given_labels_and_rows_without_one_are_not_counted(classifier):
    probabilities = np.array([[0.9, 0.1, 0.0], [0.2, 0.8, 0.0], [0.4, 0.3, 0.3], [0.0, 1.0, 0.0]])
    scores = scores_of(np.array([0, 1, -1, 1]), probabilities, all_classes=False)
    scores = scores.append_column(GIVEN, pa.array([False, False, False, True]))

    summary = ClassScorer(classifier, COLUMNS, False).summary(scores)

    assert summary.n_rows == 2


def test_rows_that_self_training_left_out_have_no_class():
    unsure = np.where(HIDDEN, 0.0, CODES)[:, np.newaxis]
    model = PseudoLabelClassifier(LogisticRegression(), method="self-training", threshold=0.999).fit(unsure, Y)

    codes = class_scorer.codes_of_fit(model)

    assert np.array_equal(codes == -1, model.labeled_iter_ == -1)
    assert np.count_nonzero(codes == -1) > 0
    assert np.array_equal(codes[~HIDDEN], CODES[~HIDDEN])
