"""What people rule out stays ruled out, whatever a model says; and nothing is judged on rows that they answered."""

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_iris, make_blobs

from pseudolabel import PseudoLabelClassifier
from pseudolabel.comparison import compare_by_splits, read_case
from pseudolabel.data.reviewed import read_reviewed, remark_of
from pseudolabel.data.rows import open_rows
from pseudolabel.errors import InputError, PseudolabelWarning

METHODS = ("auto", "one-shot", "self-training", "curriculum")


@pytest.fixture(scope="module")
def flowers():
    """Irises, every tenth with its label."""
    X, y = load_iris(return_X_y=True)
    return X, np.where(np.arange(150) % 10 == 0, y, -1)


def fitted(X, y, **known):
    options = {name: known.pop(name) for name in ("method", "evidence", "sample_rows") if name in known}
    teacher = "own" if options.get("method", "auto") == "auto" else "committee"
    return PseudoLabelClassifier("logistic", teacher=teacher, random_state=0, **options).fit(X, y, **known)


def everything_said(n_rows, *, but):
    """Rule out every class but one."""
    return [[code for code in range(3) if code != but]] * n_rows


@pytest.mark.parametrize("method", METHODS)
def test_a_class_that_is_ruled_out_is_no_pseudo_label(flowers, method):
    X, y = flowers
    plain = fitted(X, y, method=method)
    ruled_out = [[int(label)] if given < 0 else None for label, given in zip(plain.transduction_, y, strict=True)]
    model = fitted(X, y, method=method, ruled_out=ruled_out)
    unlabeled = (y < 0) & (model.labeled_iter_ > 0)

    assert unlabeled.any()
    assert (model.transduction_[unlabeled] != plain.transduction_[unlabeled]).all()
    assert np.allclose(model.label_distributions_[unlabeled].sum(axis=1), 1)
    assert (model.label_distributions_[unlabeled, plain.transduction_[unlabeled]] == 0).all()


def test_a_row_of_which_every_class_is_ruled_out_gets_no_pseudo_label(flowers):
    X, y = flowers
    model = fitted(X, y, ruled_out=[[0, 1, 2] if row == 1 else None for row in range(150)])

    assert model.labeled_iter_[1] == -1
    assert model.transduction_[1] == -1
    assert (np.delete(model.labeled_iter_, 1) >= 0).all()


def test_to_rule_nothing_out_changes_nothing(flowers):
    X, y = flowers
    plain = fitted(X, y)
    for nothing in ([None] * 150, [[]] * 150, ["unheard of"] * 150):
        model = fitted(X, y, ruled_out=nothing)
        assert np.array_equal(model.predict_proba(X), plain.predict_proba(X))
        assert np.array_equal(model.label_distributions_, plain.label_distributions_)


def test_what_is_ruled_out_teaches(flowers):
    X, y = flowers
    known = fitted(X, y, ruled_out=everything_said(150, but=2))

    assert (known.predict(X) == 2).mean() > (fitted(X, y).predict(X) == 2).mean()


def test_rows_beyond_the_sample_obey_too(flowers):
    X, y = flowers
    model = fitted(X, y, sample_rows=20, ruled_out=everything_said(150, but=1))

    assert (model.transduction_[y < 0] == 1).all()


def test_a_model_that_is_vetoed_obeys_too():
    X, y = make_blobs(300, centers=2, cluster_std=6, random_state=0)
    labels = np.where(np.arange(300) % 8 == 0, y, -1)
    with pytest.warns(PseudolabelWarning, match="The model on the labels alone is used"):
        model = fitted(X, labels, evidence="standard", ruled_out=[[0]] * 300)

    assert model.verdict_.vetoed
    assert (model.transduction_[labels < 0] == 1).all()


def test_more_entries_than_rows_are_refused(flowers):
    X, y = flowers

    with pytest.raises(InputError, match="151 entries for 150 rows"):
        fitted(X, y, ruled_out=[None] * 151)


def test_answers_are_learnt_from_and_never_held_out(flowers):
    X, _ = flowers
    labels = np.where(np.arange(150) % 3 == 0, load_iris().target, -1)
    answered = (labels >= 0) & (np.arange(150) % 2 == 0)
    model = PseudoLabelClassifier("logistic", teacher="own", random_state=0)
    case = read_case(model, X, labels)
    with_answers = compare_by_splits(type(case)(**{**case.__dict__, "answered": answered}))
    without = compare_by_splits(read_case(model, X, np.where(answered, -1, labels)))

    assert with_answers.n_rows == without.n_rows == int(((labels >= 0) & ~answered).sum())
    assert compare_by_splits(case).n_rows == int((labels >= 0).sum())


def test_remarks_come_back_as_they_were_written(tmp_path):
    remarks = [remark_of(True, frozenset()), None, remark_of(False, frozenset({"a,b", 'c"d'}))]
    pd.DataFrame({"x": [1, 2, 3], "said": remarks}).to_parquet(tmp_path / "rows.parquet")
    reviewed = read_reviewed(open_rows(tmp_path / "rows.parquet"), "said")

    assert reviewed.answered.tolist() == [0]
    assert reviewed.ruled_out == {2: ("a,b", 'c"d')}


def test_a_remark_that_nobody_wrote_is_refused_with_its_row(tmp_path):
    (tmp_path / "rows.csv").write_text("x,said\n1,answered\n2,maybe\n", encoding="utf-8")

    with pytest.raises(InputError, match="line 3, column 'said'"):
        read_reviewed(open_rows(tmp_path / "rows.csv"), "said")
