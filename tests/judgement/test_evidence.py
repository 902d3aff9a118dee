"""Measures are what they claim to be, and every row is counted with what was said of it."""

import numpy as np
import pytest
from sklearn.metrics import balanced_accuracy_score, precision_score, recall_score
from witnesses import CODES, RIGHT, WRONG, evidence_of

from pseudolabel.judgement.evidence import (
    LABELS_ONLY,
    PSEUDO_LABELED,
    WITHOUT_UNLABELED,
)


def test_the_measures_of_a_perfect_and_of_a_hopeless_model():
    evidence = evidence_of(WRONG, WRONG, RIGHT)

    worst, best = ([evidence.mean(m, model) for m in ("accuracy", "balanced_accuracy", "brier")] for model in (0, 2))
    assert worst == pytest.approx([0, 0, 2])
    assert best == pytest.approx([1, 1, 0])
    assert evidence.difference("accuracy", LABELS_ONLY).estimate == 1
    assert evidence.difference("brier", LABELS_ONLY).estimate == pytest.approx(-2)


def test_the_two_comparisons_are_never_mixed_up():
    evidence = evidence_of(WRONG, RIGHT, RIGHT)

    assert evidence.difference("accuracy", LABELS_ONLY).estimate == 1
    assert evidence.difference("accuracy", WITHOUT_UNLABELED).estimate == 0


def test_measures_are_scikit_learns():
    random = np.random.default_rng(0)
    codes = np.repeat([0, 1, 2], [40, 14, 6])
    tables = random.dirichlet([1, 1, 1], size=(3, 60))

    evidence = evidence_of(*tables, codes=codes)

    said = tables[PSEUDO_LABELED].argmax(axis=1)
    assert evidence.mean("balanced_accuracy", PSEUDO_LABELED) == pytest.approx(balanced_accuracy_score(codes, said))
    measured = evidence.per_class()
    recalls = [each.recall[PSEUDO_LABELED] for each in measured]
    precisions = [each.precision[PSEUDO_LABELED] for each in measured]
    assert recalls == pytest.approx(recall_score(codes, said, average=None).tolist())
    assert precisions == pytest.approx(precision_score(codes, said, average=None).tolist())
    brier = ((tables[PSEUDO_LABELED] - np.eye(3)[codes]) ** 2).sum(axis=1).mean()
    assert evidence.mean("brier", PSEUDO_LABELED) == pytest.approx(brier)


def test_a_class_never_said_has_no_precision():
    evidence = evidence_of(RIGHT, RIGHT, np.tile(RIGHT[0], (3, 1)))

    assert [each.precision[PSEUDO_LABELED] for each in evidence.per_class()] == [pytest.approx(1 / 3), None, None]


def test_one_row_cannot_make_the_log_loss_endless():
    assert np.isfinite(evidence_of(WRONG, WRONG, WRONG).mean("log_loss", PSEUDO_LABELED))


def test_a_class_with_one_label_is_never_scored_and_named():
    codes = np.append(CODES, 3)

    evidence = evidence_of(*[np.eye(4)] * 3, codes=codes)

    assert evidence.not_scored.tolist() == [3]
    assert evidence.n_rows == 60


def test_weights_count_in_every_measure():
    weight = np.where(CODES == 0, 3.0, 1.0)
    only_first = np.tile(RIGHT[0], (3, 1))

    evidence = evidence_of(RIGHT, RIGHT, only_first, weight=weight)

    assert evidence.mean("accuracy", PSEUDO_LABELED) == pytest.approx(0.6)


def test_reliability_counts_every_held_out_row_of_every_repeat():
    surely = 0.85 * RIGHT + 0.075 * (1 - RIGHT)

    bins = evidence_of(RIGHT, RIGHT, surely).reliability()

    assert [rows for rows, _, _ in bins] == [0] * 8 + [240, 0]
    assert bins[8][1:] == pytest.approx((0.85, 1.0))
