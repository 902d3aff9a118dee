"""The record says who voted, how often models disagree, and which rows are doubtful; all of it can be counted again."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from strategies import flowers, hidden_rows

from pseudolabel import PseudoLabelClassifier
from pseudolabel.data.dataset import Dataset
from pseudolabel.data.task import CLASSES_ASKED
from pseudolabel.results import class_record
from pseudolabel.results.class_record import class_sections
from pseudolabel.scoring import Tally
from pseudolabel.tasks.class_scorer import ClassScorer, scores_of_fit

X = pd.DataFrame(flowers(75)[0], columns=list("abcd"))
CODES = flowers(75)[1]
NAMES = np.array(["ash", "birch", "cedar"], dtype=object)
HIDDEN = hidden_rows(75)
Y = np.where(HIDDEN, None, NAMES[CODES])


@pytest.fixture(autouse=True, scope="module")
def smaller_forests():
    """Give our forests fewer trees: what is recorded of them is the same."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pseudolabel.learning.committee.forest.N_TREES", 40)
        yield


@pytest.fixture(scope="module")
def model(smaller_forests):
    return PseudoLabelClassifier(committee="lean", random_state=0).fit(X, Y)


@pytest.fixture(scope="module")
def sections(model):
    return sections_of(model)


def sections_of(model, rows=X):
    """Give the sections of a run whose table is the one the model was fitted on."""
    source = SimpleNamespace(place=lambda row: f"flowers.csv, line {row + 2}", n_rows=len(rows))
    positions = np.arange(len(rows))
    dataset = Dataset(source, (), source, positions, rows, CLASSES_ASKED, None, None, None, 0)
    scores = scores_of_fit(model, positions, all_classes=False)
    summary = ClassScorer(model, list(rows.columns), False).summary(scores)
    tally = Tally(len(rows), int(np.sum(model.labeled_iter_ == 0)), summary, None)
    return class_sections(model, dataset, None, tally, None)


def test_disagreement_is_the_share_of_rows_on_which_the_labels_differ(model, sections):
    found = sections["learning"]["disagreement"]
    alone = model.predict_proba_labels_only(X[HIDDEN]).argmax(axis=1)
    taught = model.label_distributions_[HIDDEN].argmax(axis=1)

    assert found["rows"] == HIDDEN.sum()
    assert found["share"] == np.mean(alone != taught)
    assert sum(row["rows"] for row in found["per_class"]) == HIDDEN.sum()
    differing = sum(row["rows"] * row["share"] for row in found["per_class"] if row["rows"])
    assert differing == pytest.approx(np.sum(alone != taught))


def test_a_sample_of_the_rows_stands_for_all(model, monkeypatch):
    monkeypatch.setattr(class_record, "MOST_ROWS_COMPARED", 10)

    assert sections_of(model)["learning"]["disagreement"]["rows"] == 10


def test_the_doubtful_rows_are_those_with_the_smallest_lead_the_most_doubtful_first(model, sections):
    first, second = np.sort(model.label_distributions_, axis=1)[:, ::-1][:, :2].T
    lead = np.where(HIDDEN, first - second, np.inf)

    rows = [row["row"] for row in sections["doubtful"]]
    assert rows == np.argsort(lead, kind="stable")[:10].tolist()
    for row in sections["doubtful"]:
        assert row["label"] == model.transduction_[row["row"]] != row["runner_up"]
        assert row["probability"] == pytest.approx(first[row["row"]], abs=1e-6)
        assert row["runner_up_probability"] == pytest.approx(second[row["row"]], abs=1e-6)
        assert row["place"] == f"flowers.csv, line {row['row'] + 2}"


def test_every_member_speaks_on_a_doubtful_row_and_neighbors_are_labeled(model, sections):
    members = [member["name"] for member in sections["learning"]["members"]]

    for row in sections["doubtful"]:
        assert [member["name"] for member in row["members"]] == members
        assert [near["label"] for near in row["nearest"]] == [Y[near["row"]] for near in row["nearest"]]
        assert len(row["nearest"]) == 3


def test_only_the_doubtful_rows_are_explained(model, monkeypatch):
    asked = []
    monkeypatch.setattr(model, "explain", lambda rows: asked.append(len(rows)) or [None] * len(rows))

    sections_of(model)

    assert asked == [10]


def test_the_model_of_labels_only_speaks_on_a_doubtful_row_as_it_does_when_asked(model, sections):
    rows = [row["row"] for row in sections["doubtful"]]

    probabilities = model.predict_proba_labels_only(X.iloc[rows])

    said = [row["labels_only"] for row in sections["doubtful"]]
    assert [voice["label"] for voice in said] == NAMES[probabilities.argmax(axis=1)].tolist()
    assert [voice["probability"] for voice in said] == pytest.approx(probabilities.max(axis=1), abs=1e-6)


@pytest.mark.parametrize("method", ["one-shot", "self-training", "curriculum"])
def test_a_method_without_a_committee_records_doubtful_rows_and_no_voices(method):
    sections = sections_of(PseudoLabelClassifier("logistic", method=method, random_state=0).fit(X, Y))

    assert sections["learning"]["disagreement"] is None
    assert sections["learning"]["left_out"] == []
    assert sections["shares"]["estimated"] is sections["shares"]["used"] is None
    assert len(sections["doubtful"]) == min(10, sections["counts"]["suggested"])
    assert {(row["labels_only"], *row["members"], *row["nearest"]) for row in sections["doubtful"]} <= {(None,)}


def test_without_a_suggestion_nothing_is_doubtful():
    model = PseudoLabelClassifier("logistic", method="self-training", threshold=1.0, random_state=0).fit(X, Y)

    assert sections_of(model)["doubtful"] == []


def test_members_that_were_not_called_are_recorded_with_the_reason():
    y = np.array(Y)
    y[np.flatnonzero(~HIDDEN)[:1]] = "dogwood"
    model = PseudoLabelClassifier(random_state=0).fit(X, y)

    [left_out] = sections_of(model)["learning"]["left_out"]

    assert left_out == {"name": "discriminant", "reason": "a class with 1 labeled rows: it needs 3"}


@pytest.mark.parametrize(
    ("prior", "estimated", "used"),
    [
        (None, True, None),
        ("estimate", True, "estimated"),
        ({"ash": 6, "birch": 3, "cedar": 1}, False, {"ash": 0.6, "birch": 0.3, "cedar": 0.1}),
    ],
    ids=["none", "estimate", "given"],
)
def test_shares_are_those_of_the_labels_those_estimated_and_those_the_model_was_told(prior, estimated, used):
    shares = sections_of(
        PseudoLabelClassifier("logistic", committee="lean", class_prior=prior, random_state=0).fit(X, Y)
    )["shares"]

    labels = pd.Series(Y[~HIDDEN]).value_counts(normalize=True).sort_index().to_dict()
    assert shares["labeled"] == pytest.approx(labels)
    assert (shares["estimated"] is not None) == estimated
    assert shares["used"] == (shares["estimated"] if used == "estimated" else used)
    if estimated:
        assert sum(shares["estimated"].values()) == pytest.approx(1)


def test_classes_that_are_numbers_are_recorded_as_text():
    y = np.where(HIDDEN, np.nan, CODES)
    sections = sections_of(PseudoLabelClassifier("logistic", committee="lean", random_state=0).fit(X, y))

    labels = {row["label"] for row in sections["doubtful"]}
    assert labels <= set(sections["classes"]) == {"0.0", "1.0", "2.0"}
    assert set(sections["shares"]["labeled"]) == set(sections["classes"])
