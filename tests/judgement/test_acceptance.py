"""A promise is made only where the labels bear it, and holds as often as stated."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pseudolabel.errors import ParameterError
from pseudolabel.judgement.acceptance import accept, accept_nothing
from pseudolabel.judgement.levels import HeldOut, Terms, fixed_sequence
from pseudolabel.judgement.proportion import lower_bound
from pseudolabel.judgement.summary import Summary, floor_of


def codes(n_rows, code=0):
    return np.full(n_rows, code, dtype=np.int64)


def held_out(right, confidence=None, of_codes=None):
    """Rows in the order of their confidence, from 1 down to 0.5."""
    right = np.asarray(right, dtype=bool)
    confidence = np.linspace(1.0, 0.5, len(right)) if confidence is None else np.asarray(confidence)
    return HeldOut(confidence, codes(len(right)) if of_codes is None else of_codes, right)


def suggested(confidence, of_codes=None, n_classes=2):
    return Summary.of(codes(len(confidence)) if of_codes is None else of_codes, confidence, n_classes)


def accept_from(labels, rows, *, n_labeled, **more):
    """Accept where every unlabeled row has a pseudo-label."""
    return accept(labels, rows, n_unlabeled=rows.n_rows, n_labeled=n_labeled, **more)


def wrong_at(n_rows, *places):
    right = np.full(n_rows, True)
    right[list(places)] = False
    return right


MANY = suggested(np.linspace(0, 1, 1001))
ROWS = st.lists(
    st.tuples(st.sampled_from(np.linspace(0.5, 1, 23).tolist()), st.booleans() | st.just(True)), max_size=300
)


@pytest.mark.parametrize(
    ("right", "start_errors", "at"),
    [
        # Worked out with a reference of its own: (which of the rows are wrong) -> the position of the level.
        pytest.param(wrong_at(44), 0, None, id="one row short of 45"),
        pytest.param(wrong_at(45), 0, 44, id="45 right"),
        pytest.param(wrong_at(45, 44), 0, None, id="one error among 45"),
        pytest.param(wrong_at(76, 10), 1, None, id="one row short of 77"),
        pytest.param(wrong_at(77, 10), 1, 76, id="77 with one error"),
        pytest.param(wrong_at(77, 10), 0, None, id="77 with an early error and none allowed"),
        pytest.param(wrong_at(132, 1, 2, 3), 3, 131, id="132 with three errors"),
        pytest.param(wrong_at(200), 0, 199, id="all right: down to the last row"),
        pytest.param(wrong_at(200, 46), 0, 44, id="an error in the second step ends it"),
    ],
)
def test_the_level_is_where_the_sequence_first_fails(right, start_errors, at):
    confidence = np.linspace(1.0, 0.5, len(right))

    level = fixed_sequence(confidence, right, start_errors=start_errors)

    assert level == (None if at is None else confidence[at])


@pytest.mark.parametrize(
    ("n_labeled", "start_errors", "needed"), [(199, 0, 45), (200, 1, 77), (599, 1, 77), (600, 3, 132)]
)
def test_the_start_is_fixed_by_the_number_of_labels(n_labeled, start_errors, needed):
    terms = Terms(0.95, 0.9, per_class=False, n_labeled=n_labeled, n_classes=3)

    assert (terms.start_errors, terms.needed) == (start_errors, needed)


@pytest.mark.parametrize(("n_classes", "needed"), [(3, 67), (20, 104)])
def test_a_promise_per_class_shares_the_risk_among_the_classes(n_classes, needed):
    assert Terms(0.95, 0.9, per_class=True, n_labeled=100, n_classes=n_classes).needed == needed


@given(ROWS, st.integers(0, 3))
def test_the_level_is_one_the_labels_prove_by_themselves(rows, start_errors):
    confidence, right = np.array([row[0] for row in rows]), np.array([row[1] for row in rows], dtype=bool)

    level = fixed_sequence(confidence, right, start_errors=start_errors)

    if level is not None:
        reached = confidence >= level
        assert lower_bound(right[reached].sum(), reached.sum(), 0.9) >= 0.95


@given(ROWS, st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter_also_with_ties(rows, random):
    mixed = random.sample(rows, len(rows))

    levels = [
        fixed_sequence(np.array([row[0] for row in order]), np.array([row[1] for row in order], bool), start_errors=0)
        for order in (rows, mixed)
    ]

    assert levels[0] == levels[1]


@given(st.sets(st.integers(0, 249), max_size=12), st.integers(0, 249), st.integers(0, 3))
def test_one_more_error_never_lowers_the_level(wrong, other, start_errors):
    confidence = np.linspace(1.0, 0.5, 250)

    before, after = (
        fixed_sequence(confidence, wrong_at(250, *places), start_errors=start_errors) or np.inf
        for places in (wrong, wrong | {other})
    )

    assert after >= before


def test_rows_of_one_confidence_are_accepted_together_or_not_at_all():
    tied = np.r_[np.full(44, 0.9), np.full(30, 0.8)]

    assert fixed_sequence(tied, wrong_at(74), start_errors=0) == 0.8
    assert fixed_sequence(tied, wrong_at(74, 60, 61, 62), start_errors=0) is None


def test_a_row_is_accepted_at_the_level_itself_and_a_row_without_a_label_never():
    labels, level = held_out(wrong_at(60), np.linspace(1, 0.8, 60)), float(floor_of(0.8))
    confidence = [level, 0.8, np.nextafter(np.float32(level), np.float32(0)), 1.0]

    acceptance = accept(labels, suggested(confidence[:3]), n_unlabeled=4, n_labeled=60)

    assert (acceptance.reason, acceptance.level) == ("promised", level)
    assert acceptance.accepts([0, 1, 0, -1], confidence).tolist() == [True, True, False, False]
    assert (acceptance.n_accepted, acceptance.n_unlabeled, acceptance.coverage) == (2, 4, 0.5)


@given(
    st.lists(st.tuples(st.integers(0, 1), st.floats(0, 1, width=32)), max_size=80),
    st.booleans(),
    st.sampled_from([0.7, 0.9]),
)
def test_as_many_rows_are_accepted_as_are_counted_without_them(rows, per_class, precision):
    rng = np.random.default_rng(0)
    sure = rng.uniform(0.5, 1, 300)
    labels = held_out(rng.random(300) < sure, sure, rng.integers(0, 2, 300))
    said, confidence = np.array([row[0] for row in rows], int), np.array([row[1] for row in rows])

    acceptance = accept_from(
        labels, suggested(confidence, said), n_labeled=300, per_class=per_class, precision=precision
    )

    assert acceptance.n_accepted == acceptance.accepts(said, confidence).sum()
    assert sum(each.accepted for each in acceptance.classes or ()) == (acceptance.n_accepted if per_class else 0)


def test_labeled_rows_of_a_bin_are_ties():
    apart = 0.8 + 1e-5 * np.arange(30)  # far less than the width of a bin
    labels = held_out(wrong_at(74, 60, 61, 62), np.r_[np.full(44, 0.9), apart])

    assert accept_from(labels, MANY, n_labeled=74).reason == "not_met"


def test_what_was_observed_is_counted_among_the_labels_that_reach_the_level():
    acceptance = accept_from(held_out(wrong_at(200, 60, *range(165, 200))), MANY, n_labeled=200)

    seen = acceptance.observed
    assert seen is not None
    assert (seen.rows - seen.right, seen.precision) == (1, seen.right / seen.rows)
    assert seen.interval[0] < seen.precision < seen.interval[1]
    assert f"({seen.rows} labeled rows reach it, 1 of them wrong: {seen.precision:.1%} right)" in acceptance.sentence
    assert "at least 95% of their labels are right, with 90% confidence" in acceptance.sentence
    assert acceptance.sentence.endswith("It holds for all classes together, not for each.")


@pytest.mark.parametrize(
    ("right", "more", "reason", "said"),
    [
        (wrong_at(0), {}, "too_few_labels", "there are 0 labeled rows"),
        (wrong_at(44), {}, "too_few_labels", "45, all right, are needed and there are 44 labeled rows"),
        (wrong_at(60, 3), {}, "not_met", "of the 45 labeled rows with most confidence 1 are wrong, and 45, all right,"),
        (wrong_at(300, 3, 4), {"n_labeled": 300}, "not_met", "and 77 with at most 1 wrong are needed"),
        (wrong_at(300), {"shifted": True}, "shift", "the unlabeled rows look different from the labeled ones"),
    ],
)
def test_where_nothing_can_be_promised_nothing_is_accepted_and_the_reason_is_said(right, more, reason, said):
    acceptance = accept_from(held_out(right), MANY, **{"n_labeled": 100} | more)

    assert (acceptance.reason, acceptance.level, acceptance.n_accepted) == (reason, None, 0)
    assert acceptance.observed is None
    assert acceptance.sentence.startswith("Cannot promise that 95% of the accepted labels are right: ")
    assert said in acceptance.sentence


def test_without_unlabeled_rows_there_is_nothing_to_accept():
    assert accept_from(held_out(wrong_at(60)), suggested([]), n_labeled=60).reason == "nothing_unlabeled"


def test_where_no_unlabeled_row_reaches_the_level_the_reason_says_so():
    acceptance = accept_from(held_out(wrong_at(60)), suggested([0.2, 0.3]), n_labeled=60)

    assert acceptance.reason == "not_met"
    assert "no unlabeled row reaches the confidence of 0.492 " in acceptance.sentence


def test_a_run_that_was_not_asked_accepts_nothing():
    acceptance = accept_nothing(7, n_classes=2)

    assert (acceptance.reason, acceptance.n_accepted, acceptance.n_unlabeled) == ("not_asked", 0, 7)
    assert not acceptance.accepts([0, 1], [1.0, 1.0]).any()


def test_per_class_a_class_without_a_level_gets_nothing_and_the_others_keep_theirs():
    labels = held_out(
        np.r_[wrong_at(80), wrong_at(80, 0, 1)], np.tile(np.linspace(1, 0.5, 80), 2), np.repeat([0, 1], 80)
    )
    acceptance = accept_from(labels, suggested(np.full(10, 0.9), np.repeat([0, 1], 5)), n_labeled=160, per_class=True)

    first, second = acceptance.classes
    assert (first.level, first.accepted) == (floor_of(0.5), 5)
    assert (second.level, second.accepted, second.needed) == (None, 0, 59)
    assert acceptance.accepts([0, 1], [0.9, 0.9]).tolist() == [True, False]
    assert "It holds for each class by itself; 1 of 2 classes have a level." in acceptance.sentence


def test_more_is_accepted_the_less_is_asked_for():
    rng = np.random.default_rng(0)
    confidence = rng.uniform(0.5, 1, 400)
    labels = held_out(rng.random(400) < confidence, confidence)

    accepted = [accept_from(labels, MANY, n_labeled=400, precision=p).n_accepted for p in (0.95, 0.85, 0.7)]

    assert accepted == sorted(accepted)
    assert accepted[0] < accepted[-1]


def test_the_curve_runs_from_strict_to_loose_and_ends_with_all_rows():
    labels = held_out(wrong_at(500, *range(300, 400)))

    curve = accept_from(labels, MANY, n_labeled=500).curve

    assert 1 < len(curve) <= 40
    assert [point.level for point in curve] == sorted((point.level for point in curve), reverse=True)
    assert [point.coverage for point in curve] == sorted(point.coverage for point in curve)
    assert (curve[-1].rows, curve[-1].precision) == (500, 0.8)
    assert all(point.lower < point.precision for point in curve)


@pytest.mark.parametrize("name", ["precision", "confidence"])
@pytest.mark.parametrize("value", [0, 1, -0.1, 1.5, float("nan"), "0.9", None, True])
def test_what_nothing_can_promise_is_refused(name, value):
    with pytest.raises(ParameterError, match=rf"^`{name}` must be a number above 0 and below 1, got "):
        accept_from(held_out(wrong_at(60)), MANY, n_labeled=60, **{name: value})


def test_a_bare_table_of_opinions_is_not_changed():
    labels = held_out(wrong_at(60, 50))
    before = replace(labels, confidence=labels.confidence.copy(), right=labels.right.copy())

    accept_from(labels, MANY, n_labeled=60)

    assert (labels.confidence == before.confidence).all()
    assert (labels.right == before.right).all()
