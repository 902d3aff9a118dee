"""Both models are scored on rows neither saw, and the intervals are the formulas they claim to be."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import t as student_t
from sklearn.datasets import make_classification
from sklearn.tree import ExtraTreeClassifier
from strategies import Log, Recorder

from pseudolabel import PseudoLabelClassifier, run
from pseudolabel.data.dataset import Dataset
from pseudolabel.data.labels import read_labels
from pseudolabel.data.task import CLASSES_ASKED
from pseudolabel.judgement.conclusion import conclude
from pseudolabel.judgement.evidence import accuracy_difference, count_scored_rows, weigh_evidence
from pseudolabel.judgement.pairs import choose_design, corrected_difference
from pseudolabel.plan import Plan
from pseudolabel.tasks import classification

CODES = np.tile([0, 1, 2], 20)
RIGHT, WRONG = np.eye(3), np.roll(np.eye(3), 1, axis=1)
ANSWERS = arrays(
    np.float64, st.tuples(st.integers(1, 4), st.integers(2, 40)), elements=st.sampled_from([-1.0, 0.0, 1.0])
)


def says(labels_only, pseudo_labeled, codes=CODES):
    """Make both models as tables: what they say of a row of each class."""
    return lambda train, held_out: (labels_only[codes[held_out]], pseudo_labeled[codes[held_out]])


# Which rows.


def seen_by_make_both(codes):
    seen = []

    def make_both(train, held_out):
        seen.append((set(train.tolist()), set(held_out.tolist())))
        return RIGHT[codes[held_out]], RIGHT[codes[held_out]]

    weigh_evidence(make_both, codes, seed=0)
    return seen


GAPS = np.where(np.arange(60) % 4 == 1, -1, CODES)


def test_no_row_is_in_training_and_held_out_at_once():
    assert all(not train & held_out for train, held_out in seen_by_make_both(GAPS))


def test_every_row_is_in_training_or_held_out():
    assert all(train | held_out == set(range(60)) for train, held_out in seen_by_make_both(GAPS))


def test_unlabeled_rows_always_help_to_train():
    unlabeled = set(np.flatnonzero(GAPS < 0).tolist())

    assert all(unlabeled <= train for train, _ in seen_by_make_both(GAPS))


def test_every_labeled_row_is_scored_once_in_every_repeat():
    design = choose_design(count_scored_rows(GAPS))

    times = np.bincount([row for _, held_out in seen_by_make_both(GAPS) for row in held_out], minlength=60)

    assert np.array_equal(times, np.where(GAPS < 0, 0, design.n_repeats))


def test_a_class_with_one_label_stays_in_training_and_is_named():
    codes = np.append(CODES, 3)

    evidence = weigh_evidence(says(np.eye(4), np.eye(4), codes), codes, seed=0)

    assert evidence.not_scored == (3,)
    assert evidence.n_rows == 60


@pytest.mark.parametrize(
    "settings", [{"method": "one-shot"}, {"teacher": "own"}, {}], ids=["one-shot", "own teacher", "committee"]
)
def test_no_row_that_is_scored_ever_reached_a_fit_of_a_run(settings, monkeypatch):
    made = []

    class Watched(PseudoLabelClassifier):
        def predict_proba(self, X):
            self.scored_ = set(X["id"])
            return super().predict_proba(X)

    def watched_model(plan, dataset, n_jobs):
        made.append(Watched(Recorder(Log()), unlabeled=None, random_state=0, **settings))
        return made[-1]

    def weighed_here(make_both, codes, **options):
        return weigh_evidence(make_both, codes, **options | {"n_jobs": 1})

    monkeypatch.setattr(run, "new_model", watched_model)
    monkeypatch.setattr(
        classification, "weigh_evidence", weighed_here
    )  # in this process, where the models can be watched
    monkeypatch.setattr("pseudolabel.learning.committee.forest.N_TREES", 20)
    labels = read_labels(np.where(GAPS < 0, None, CODES))
    rows = pd.DataFrame({"id": np.arange(60), "size": CODES + np.linspace(0, 0.9, 60)})
    dataset = Dataset(None, (), None, rows, CLASSES_ASKED, labels, 0)

    run.compare(Plan("data.csv", "label", "out"), dataset, lambda: None)

    fitted = [{row for fit in model.estimator.log for row in fit.ids} for model in made]
    assert all(model.scored_ and not model.scored_ & rows for model, rows in zip(made, fitted, strict=True))
    assert set.union(*(model.scored_ for model in made)) == set(np.flatnonzero(GAPS >= 0))


# Whether there is evidence at all.


@pytest.mark.parametrize(
    "codes",
    [
        np.tile([0, 1], 9),
        np.zeros(30, dtype=int),
        np.append(np.zeros(30, dtype=int), 1),
        np.full(30, -1),
        np.arange(40),
    ],
    ids=["too few", "one class", "one class and a single row", "none", "a row each"],
)
def test_without_enough_labels_nothing_is_said(codes):
    def never(train, held_out):
        raise AssertionError("no model need be made")

    assert weigh_evidence(never, codes, seed=0) is None


def test_twenty_labels_of_two_classes_are_enough():
    codes = np.tile([0, 1], 10)

    assert weigh_evidence(says(np.eye(2), np.eye(2), codes), codes, seed=0).n_rows == 20


@given(st.integers(20, 100_000))
def test_cost_stays_within_twenty_pairs_of_models(n_rows):
    assert 5 <= choose_design(n_rows).n_pairs <= 20


def test_progress_is_told_after_every_pair():
    told = []

    weigh_evidence(says(RIGHT, RIGHT), CODES, seed=0, on_pair=lambda: told.append(1))

    assert len(told) == choose_design(60).n_pairs


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_number_of_processors_changes_nothing(n_jobs):
    random = np.random.default_rng(0).dirichlet([1, 1, 1], size=(2, 60))

    def make_both(train, held_out):
        return random[0][held_out], random[1][held_out]

    assert weigh_evidence(make_both, CODES, seed=0, n_jobs=n_jobs) == weigh_evidence(make_both, CODES, seed=0)


# What the numbers are.


def test_the_measures_of_a_perfect_and_of_a_hopeless_model():
    evidence = weigh_evidence(says(WRONG, RIGHT), CODES, seed=0)

    worst, best = evidence.labels_only, evidence.pseudo_labeled
    assert (worst.accuracy, worst.balanced_accuracy, worst.brier) == (0, 0, 2)
    assert (best.accuracy, best.balanced_accuracy, best.brier) == (1, 1, 0)
    assert (evidence.accuracy.estimate, evidence.brier.estimate) == (1, -2)


def test_recall_is_given_class_by_class():
    only_first = np.tile(RIGHT[0], (3, 1))

    evidence = weigh_evidence(says(RIGHT, only_first), CODES, seed=0)

    recalls = [(each.code, each.n_rows, each.labels_only, each.pseudo_labeled) for each in evidence.per_class]
    assert recalls == [(0, 20, 1, 1), (1, 20, 1, 0), (2, 20, 1, 0)]


def test_balanced_accuracy_counts_every_class_alike():
    codes = np.repeat([0, 1], [40, 10])
    always_first = np.tile([1.0, 0.0], (2, 1))

    evidence = weigh_evidence(says(np.eye(2), always_first, codes), codes, seed=0)

    assert (evidence.pseudo_labeled.accuracy, evidence.pseudo_labeled.balanced_accuracy) == (0.8, 0.5)


def test_two_equal_models_do_not_differ():
    evidence = weigh_evidence(says(RIGHT, RIGHT), CODES, seed=0)

    assert evidence.accuracy.estimate == evidence.brier.estimate == 0
    assert evidence.accuracy.lower < 0 < evidence.accuracy.upper


@given(ANSWERS)
def test_accuracy_interval_is_bonett_and_prices_or_the_unaveraged_one_if_wider(differences):
    n_rows = differences.shape[1]
    rows = [sum(column) / len(column) for column in differences.T.tolist()]
    cells = differences.ravel().tolist()
    mean = sum(cells) / len(cells)

    interval = accuracy_difference(differences)

    with_two = [*rows, 1.0, -1.0]
    centre = sum(with_two) / len(with_two)
    shrunk = math.sqrt(sum((value - centre) ** 2 for value in with_two)) / len(with_two)
    unaveraged = math.sqrt(sum((value - mean) ** 2 for value in cells) / len(cells) / (n_rows - 1))
    reach = student_t.ppf(0.95, n_rows - 1) * max(shrunk, unaveraged)
    assert interval.estimate == pytest.approx(mean)
    assert interval.upper - interval.estimate == pytest.approx(reach)
    assert interval.estimate - interval.lower == pytest.approx(reach)


@given(ANSWERS)
def test_swapping_the_models_mirrors_the_accuracy_interval(differences):
    one, other = accuracy_difference(differences), accuracy_difference(-differences)

    assert (one.estimate, one.lower, one.upper) == pytest.approx((-other.estimate, -other.upper, -other.lower))


@given(arrays(np.float64, st.integers(2, 20), elements=st.floats(-2, 2)), st.integers(2, 10))
def test_corrected_interval_is_nadeau_and_bengios(fold_means, n_folds):
    values, n_pairs = fold_means.tolist(), len(fold_means)
    mean = sum(values) / n_pairs
    variance = sum((value - mean) ** 2 for value in values) / (n_pairs - 1)

    interval = corrected_difference(fold_means, n_folds)

    test_to_train = 1 / (n_folds - 1)
    reach = student_t.ppf(0.95, n_pairs - 1) * math.sqrt((1 / n_pairs + test_to_train) * variance)
    assert (interval.estimate, interval.upper - interval.estimate) == pytest.approx((mean, reach), abs=1e-9)


# Whether it says what is true.


def test_a_model_that_is_only_seeded_anew_is_rarely_called_better():
    """Neither model is better, so "better" may come up in at most 5 of 100 comparisons.

    With 30 comparisons three or more would have a chance of one in five even at the full 5 %; the Brier score's veto
    makes it rarer, and the seeds are fixed.
    """
    said = []
    for seed in range(30):
        rows, codes = make_classification(60, n_informative=3, flip_y=0.3, random_state=seed)

        def make_both(train, held_out, rows=rows, codes=codes):
            trees = (
                ExtraTreeClassifier(max_depth=4, random_state=state).fit(rows[train], codes[train]) for state in (0, 1)
            )
            return tuple(tree.predict_proba(rows[held_out]) for tree in trees)

        said.append(conclude(weigh_evidence(make_both, codes, seed=seed)).code)

    assert said.count("better") <= 2
    assert said.count("worse") <= 2


@pytest.mark.parametrize(("pair", "code"), [((WRONG, RIGHT), "better"), ((RIGHT, WRONG), "worse")])
def test_a_difference_beyond_doubt_is_said(pair, code):
    assert conclude(weigh_evidence(says(*pair), CODES, seed=0)).code == code
