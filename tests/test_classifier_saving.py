"""A saved model predicts the same, tells nothing of the rows it learnt from, and runs no code when it is opened."""

import pickle
import zipfile

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.ensemble._hist_gradient_boosting.predictor import TreePredictor
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree._tree import Tree
from strategies import KINDS, as_kind, flowers, hidden_rows

from pseudolabel import Curriculum, InputError, PseudoLabelClassifier, Soft, Threshold, Top, load

X, CODES = flowers(60)
HIDDEN = hidden_rows(60)
Y = np.where(HIDDEN, None, np.array(["ash", "birch", "cedar"], dtype=object)[CODES])


class HomeMade(GaussianNB):
    """An estimator no model file may hold unless it is trusted."""


@pytest.fixture(autouse=True)
def smaller_forests(monkeypatch):
    """Give our forests fewer trees: a model file is written tree by tree, and all are alike."""
    monkeypatch.setattr("pseudolabel.learning.committee.forest.N_TREES", 40)


def saved(model, folder):
    path = folder / "model.skops"
    model.save(path)
    return path


def one_shot(base):
    return PseudoLabelClassifier(base, method="one-shot", random_state=0)


@pytest.mark.parametrize("method", ["auto", "one-shot", "self-training", "curriculum"])
@pytest.mark.parametrize("estimator", [None, "forest", "boosting", "logistic"])
def test_a_loaded_model_gives_the_same_probabilities(estimator, method, tmp_path):
    model = PseudoLabelClassifier(estimator, method=method, random_state=0).fit(X, Y)

    loaded = load(saved(model, tmp_path))

    assert loaded.predict_proba(X).tobytes() == model.predict_proba(X).tobytes()
    assert loaded.predict(X).tolist() == model.predict(X).tolist()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("method", ["auto", "one-shot"])
def test_a_loaded_model_takes_tables_of_the_kind_it_was_fitted_on(method, kind, tmp_path):
    table = as_kind(kind, X)
    model = PseudoLabelClassifier(method=method, random_state=0).fit(table, Y)

    loaded = load(saved(model, tmp_path))

    assert loaded.predict_proba(table).tobytes() == model.predict_proba(table).tobytes()


def test_a_loaded_model_takes_columns_of_every_sort(tmp_path):
    table = pd.DataFrame(
        {
            "size": X[:, 0],
            "colour": pd.Categorical([["red", "blue"][row % 2] for row in range(60)]),
            "note": [f"a {name} seen on day {row}" for row, name in enumerate(np.array(["x", "y", "z"])[CODES])],
            "day": pd.date_range("2020-01-01", periods=60)[::-1],
            "old": [row % 3 == 0 for row in range(60)],
            "gaps": np.where(HIDDEN, np.nan, X[:, 1]),
        }
    )
    model = PseudoLabelClassifier(random_state=0).fit(table, Y)

    loaded = load(saved(model, tmp_path))

    assert loaded.features_.kinds == model.features_.kinds
    assert loaded.predict_proba(table).tobytes() == model.predict_proba(table).tobytes()


@pytest.mark.parametrize(
    "base",
    [LogisticRegression(), RandomForestClassifier(5), make_pipeline(StandardScaler(), GaussianNB())],
    ids=["logistic", "forest", "pipeline"],
)
def test_a_loaded_model_holds_an_estimator_of_scikit_learns(base, tmp_path):
    model = one_shot(base).fit(X, Y)

    loaded = load(saved(model, tmp_path))

    assert loaded.predict_proba(X).tobytes() == model.predict_proba(X).tobytes()


@pytest.mark.parametrize(
    "attribute", ["transduction_", "labeled_iter_", "label_distributions_", "pseudo_labels_", "_likeness"]
)
def test_what_is_known_of_training_rows_stays_out_of_the_file(attribute, tmp_path):
    model = one_shot(GaussianNB()).fit(as_kind("pandas", X), Y)

    loaded = load(saved(model, tmp_path))

    assert hasattr(model, attribute)
    assert not hasattr(loaded, attribute)


@pytest.mark.parametrize("estimator", ["forest", "boosting", "logistic", LogisticRegression()], ids=str)
def test_nothing_in_the_file_has_an_entry_for_every_training_row(estimator, tmp_path):
    model = PseudoLabelClassifier(estimator, random_state=0).fit(X, Y)

    loaded = load(saved(model, tmp_path))

    assert [name for name, length in lengths_in(loaded) if length in {60, int((~HIDDEN).sum())}] == []


def test_a_teacher_that_votes_keeps_the_places_of_rows_and_no_label(tmp_path):
    model = PseudoLabelClassifier(random_state=0).fit(X, Y)

    loaded = load(saved(model, tmp_path))

    kept = {name.rsplit(".", 1)[-1] for name, length in lengths_in(loaded) if length == 60}
    rounds_of_boosting, steps_of_a_scale = {"_predictors"}, {"quantiles_", "references_"}
    assert kept - rounds_of_boosting == {"nodes", "scores"} | steps_of_a_scale


@pytest.mark.parametrize("policy", [Soft(), Threshold(0.9), Top(5), Curriculum(0.5)], ids=str)
def test_a_model_with_a_policy_of_ours_can_be_loaded(policy, tmp_path):
    model = PseudoLabelClassifier(LogisticRegression(), selection=policy, random_state=0).fit(X, Y)

    loaded = load(saved(model, tmp_path))

    assert repr(loaded.selection) == repr(policy)


def test_a_teacher_without_a_vote_stays_out_of_the_file(tmp_path):
    model = PseudoLabelClassifier(LogisticRegression(), random_state=0).fit(X, Y)

    loaded = load(saved(model, tmp_path))

    assert model.teacher_ is not None
    assert loaded.teacher_ is None


def lengths_in(thing, name="model"):
    """Give every array or list inside a model with its length; the nodes of a tree are no rows."""
    if isinstance(thing, Tree | TreePredictor):
        return
    if isinstance(thing, np.ndarray | list | tuple):
        yield name, len(np.atleast_1d(thing)) if isinstance(thing, np.ndarray) else len(thing)
    inside = vars(thing) if hasattr(thing, "__dict__") else thing if isinstance(thing, dict) else {}
    items = enumerate(thing) if isinstance(thing, list | tuple) else inside.items()
    for key, value in items:
        yield from lengths_in(value, f"{name}.{key}")


def test_saving_leaves_the_model_as_it_was(tmp_path):
    model = one_shot(GaussianNB()).fit(X, Y)

    saved(model, tmp_path)

    assert len(model.transduction_) == len(model.pseudo_labels_) == 60


def test_saving_again_replaces_the_file(tmp_path):
    one_shot(GaussianNB()).fit(X, Y).save(tmp_path / "model.skops")
    model = one_shot(LogisticRegression()).fit(X, Y)

    loaded = load(saved(model, tmp_path))

    assert isinstance(loaded.estimator_, LogisticRegression)
    assert [path.name for path in tmp_path.iterdir()] == ["model.skops"]


def test_an_unfitted_model_is_not_saved(tmp_path):
    with pytest.raises(ValueError, match="not fitted yet"):
        one_shot(GaussianNB()).save(tmp_path / "model.skops")

    assert list(tmp_path.iterdir()) == []


def test_a_type_that_is_not_allowed_is_refused_by_name(tmp_path):
    path = saved(one_shot(HomeMade()).fit(X, Y), tmp_path)

    with pytest.raises(InputError, match=r"not allowed: '\S*HomeMade'\. .*load\(path, trusted=\[\.\.\.\]"):
        load(path)


def test_a_type_that_is_trusted_is_loaded(tmp_path):
    model = one_shot(HomeMade()).fit(X, Y)

    loaded = load(saved(model, tmp_path), trusted=[f"{HomeMade.__module__}.HomeMade"])

    assert np.array_equal(loaded.predict_proba(X), model.predict_proba(X))


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(InputError, match=r"There is no model file '.*nowhere\.skops'"):
        load(tmp_path / "nowhere.skops")


def test_a_folder_is_no_model_file(tmp_path):
    with pytest.raises(InputError, match="There is no model file"):
        load(tmp_path)


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9, 0.999])
def test_a_file_cut_short_is_named(share, tmp_path):
    path = saved(one_shot(GaussianNB()).fit(X, Y), tmp_path)
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])

    with pytest.raises(InputError, match=r"model\.skops' is not a model file of pseudolabel.*It may be cut short\."):
        load(path)


@pytest.mark.parametrize("share", [0.2, 0.5, 0.8])
def test_a_damaged_file_is_named(share, tmp_path):
    path = saved(one_shot(GaussianNB()).fit(X, Y), tmp_path)
    content = bytearray(path.read_bytes())
    at = int(share * len(content))
    content[at : at + 40] = bytes(40)
    path.write_bytes(content)

    with pytest.raises(InputError, match=r"model\.skops' is not a model file of pseudolabel"):
        load(path)


@pytest.mark.parametrize("content", [b"", b"hello", bytes(1000), b"PK\x03\x04 and nothing"], ids=repr)
def test_a_file_of_another_sort_is_named(content, tmp_path):
    path = tmp_path / "model.skops"
    path.write_bytes(content)

    with pytest.raises(InputError, match=r"model\.skops' is not a model file of pseudolabel"):
        load(path)


@pytest.mark.parametrize("schema", [None, "not json", "{}", '{"__class__": "x"}', "[]"], ids=repr)
def test_a_zip_file_of_another_sort_is_named(schema, tmp_path):
    path = tmp_path / "model.skops"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("hello.txt" if schema is None else "schema.json", schema or "hello")

    with pytest.raises(InputError, match=r"model\.skops' is not a model file of pseudolabel"):
        load(path)


class Trap:
    """Would leave a file behind if it were unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (open, (str(self.path), "w"))


def test_a_pickle_is_refused_and_never_run(tmp_path):
    path, mark = tmp_path / "model.skops", tmp_path / "it ran"
    path.write_bytes(pickle.dumps(Trap(mark)))

    with pytest.raises(InputError, match="is not a model file of pseudolabel"):
        load(path)

    assert not mark.exists()
