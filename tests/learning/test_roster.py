"""Who is called to the committee, and why others are not."""

import numpy as np
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from xgboost import XGBClassifier

from pseudolabel.learning.roster import Circumstances, call_roster

USUAL = Circumstances(n_labeled=100, n_classes=3, smallest=20, sparse=False, n_unlabeled=900)


def roster_of(asked=None, teacher="committee", circumstances=USUAL, committee="full"):
    return call_roster(asked, teacher, circumstances, committee=committee, seed=0, reseed=True, n_jobs=None)


def names(roster):
    return [member.name for member in roster.members]


def test_the_lean_committee_is_part_of_the_full_one():
    lean, full = names(roster_of(committee="lean")), names(roster_of(committee="full"))

    assert set(lean) < set(full)


@pytest.mark.parametrize("asked", [None, "forest", "boosting", "logistic", "lightgbm", "xgboost"])
def test_an_estimator_of_ours_sits_on_the_committee_once(asked):
    members = names(roster_of(asked))

    assert members[0] == (asked or "forest")
    assert len(members) == len(set(members)) == len(names(roster_of())) + (asked in ("lightgbm", "xgboost"))


def test_the_users_estimator_comes_first_and_its_errors_are_the_users():
    first = roster_of(GaussianNB()).members[0]

    assert (first.name, first.users) == ("GaussianNB", True)


@pytest.mark.parametrize(
    ("circumstances", "member", "reason"),
    [
        (Circumstances(260, 26, 10, sparse=False, n_unlabeled=900), "boosting", "26 classes"),
        (Circumstances(100, 3, 20, sparse=True, n_unlabeled=900), "graph", "sparse rows"),
        (Circumstances(100, 3, 20, sparse=True, n_unlabeled=900), "discriminant", "sparse rows"),
        (Circumstances(100, 3, 2, sparse=False, n_unlabeled=900), "discriminant", "a class with 2 labeled rows"),
        (Circumstances(100, 3, 20, sparse=False, n_unlabeled=0), "graph", "no unlabeled rows"),
        (Circumstances(9_000, 3, 20, sparse=False, n_unlabeled=900), "kernel", "9000 labeled rows"),
        (Circumstances(100, 3, 20, sparse=False, n_unlabeled=900, n_columns=1_001), "boosting", "1001 columns"),
    ],
)
def test_a_member_that_cannot_follow_is_left_out_with_the_reason(circumstances, member, reason):
    roster = roster_of(circumstances=circumstances)

    assert member not in names(roster)
    assert roster.left_out[member].startswith(reason)


def test_up_to_a_thousand_columns_leave_nobody_out():
    assert (
        roster_of(circumstances=Circumstances(100, 3, 20, sparse=False, n_unlabeled=900, n_columns=1_000)).left_out
        == {}
    )


def test_the_users_own_boosting_stays_however_many_classes_there_are():
    assert "boosting" in names(
        roster_of("boosting", circumstances=Circumstances(260, 26, 10, sparse=False, n_unlabeled=900))
    )


@pytest.mark.parametrize("teacher", ["own", GaussianNB()], ids=str)
def test_a_teacher_of_ones_own_teaches_alone(teacher):
    assert len(roster_of(teacher=teacher).members) == 1


@pytest.mark.parametrize(
    ("teacher", "estimator"),
    [
        (GaussianNB(), GaussianNB()),
        (XGBClassifier(max_depth=3), XGBClassifier(max_depth=3)),
        (GaussianNB(priors=np.array([0.5, 0.5])), GaussianNB(priors=np.array([0.5, 0.5]))),
        (
            make_pipeline(StandardScaler(), LogisticRegression(C=2, class_weight={0: 1, 1: 2})),
            make_pipeline(StandardScaler(), LogisticRegression(C=2, class_weight={0: 1, 1: 2})),
        ),
    ],
    ids=["bayes", "xgboost", "array", "pipeline"],
)
def test_a_teacher_with_the_settings_of_the_estimator_is_the_estimator(teacher, estimator):
    roster = roster_of(estimator, teacher)

    assert (roster.estimator_sits, len(roster.members), roster.members[0].users) == (True, 1, True)


@pytest.mark.parametrize(
    ("teacher", "estimator"),
    [
        (GaussianNB(var_smoothing=1e-3), GaussianNB()),
        (RandomForestClassifier(random_state=np.random.RandomState(0)), RandomForestClassifier(random_state=0)),
        (GaussianNB(priors=np.array([0.4, 0.6])), GaussianNB(priors=np.array([0.5, 0.5]))),
        (
            make_pipeline(StandardScaler(), LogisticRegression(C=2)),
            make_pipeline(StandardScaler(), LogisticRegression(C=1)),
        ),
        (GaussianNB(), "logistic"),
    ],
    ids=["setting", "generator", "array", "pipeline", "name"],
)
def test_a_teacher_with_other_settings_is_another(teacher, estimator):
    assert not roster_of(estimator, teacher).estimator_sits


@pytest.mark.parametrize(
    ("estimator", "teacher", "pays"),
    [
        (GaussianNB(), "own", True),
        (GaussianNB(), LogisticRegression(), True),
        (RandomForestClassifier(100), "own", False),
        (GaussianNB(), "committee", False),
    ],
    ids=["own", "another", "out of bag", "committee"],
)
def test_only_a_teacher_alone_that_is_fitted_in_every_fold_pays_by_fold(estimator, teacher, pays):
    assert roster_of(estimator, teacher).pays_by_fold == pays
