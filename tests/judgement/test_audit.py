"""An audit certifies what is right often enough, rarely anything else, and may be looked at after every answer."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pseudolabel.errors import ParameterError
from pseudolabel.judgement.audit import Plan, judge_audit, plan_audit
from pseudolabel.judgement.proportion import fewest_right, lower_bound_of_all

MANY = 100_000
ANSWERS = st.lists(st.booleans() | st.just(True), max_size=400)


def answers(right, wrong):
    """The wrong ones first."""
    return [False] * wrong + [True] * right


@pytest.mark.parametrize("errors", range(5))
def test_a_sequential_audit_needs_75_rows_and_30_and_a_half_more_for_each_error(errors):
    rows = plan_audit(MANY).rows_with(errors)

    assert rows == pytest.approx(75 + 30.5 * errors, abs=1)
    assert judge_audit(plan_audit(MANY), answers(rows - errors, errors)).code == "certified"
    assert judge_audit(plan_audit(MANY), answers(rows - errors - 1, errors)).code != "certified"


def test_the_steps_and_the_bound_are_those_of_the_method():
    plan = plan_audit(MANY)

    np.testing.assert_allclose([plan.right_step, plan.wrong_step, plan.bound], [0.0311, -0.9163, 2.3026], atol=5e-5)
    assert plan.most_rows == 600


def test_an_audit_with_too_many_errors_is_futile():
    assert judge_audit(plan_audit(MANY), [False] * 2).code == "open"
    assert judge_audit(plan_audit(MANY), [False] * 3).code == "futile"


def test_an_audit_that_reaches_the_cap_ends_undecided():
    nineteen_of_twenty_and_a_bit = ([True] * 28 + [False]) * 21

    assert judge_audit(plan_audit(MANY), nineteen_of_twenty_and_a_bit[:599]).code == "open"
    assert judge_audit(plan_audit(MANY), nineteen_of_twenty_and_a_bit[:600]).code == "undecided"


@given(ANSWERS, ANSWERS, st.sampled_from([None, 300]))
def test_a_certificate_is_not_taken_back_by_later_answers(first, later, size):
    plan = Plan(2000, 0.9, 0.8, fixed_size=size)

    if judge_audit(plan, first).code == "certified":
        assert judge_audit(plan, first + later).code == "certified"


@given(ANSWERS, st.sampled_from([None, 150]))
def test_as_many_right_answers_as_are_said_to_be_missing_certify_and_not_one_less(first, size):
    plan = Plan(2000, 0.95, 0.9, fixed_size=size)
    found = judge_audit(plan, first)

    if found.code == "open" and len(first) + found.more < plan.most_rows:
        assert judge_audit(plan, first + [True] * found.more).code == "certified"
        assert judge_audit(plan, first + [True] * (found.more - 1)).code == "open"


@pytest.mark.parametrize(("population", "rows", "fixed"), [(1060, None, None), (1040, None, 73), (5000, 600, 600)])
def test_the_size_is_fixed_where_the_sample_is_more_than_a_tenth(population, rows, fixed):
    assert plan_audit(population, rows).fixed_size == fixed


@pytest.mark.parametrize("population", [30, 100, 400, 1000])
def test_an_audit_of_fixed_size_certifies_by_the_bound_for_a_large_part(population):
    plan = plan_audit(population)
    size, allowed = plan.most_rows, plan.errors_allowed

    assert judge_audit(plan, answers(size - allowed, allowed)).code == "certified"
    assert judge_audit(plan, answers(size - allowed - 1, allowed + 1)).code == "futile"
    assert lower_bound_of_all(size - allowed, size, population, 0.9) >= 0.95
    assert lower_bound_of_all(size - allowed - 1, size, population, 0.9) < 0.95


@given(st.integers(1, 60), st.data())
def test_a_full_check_counts_and_needs_no_statistics(population, data):
    right = data.draw(st.integers(0, population))
    wanted = "certified" if right >= fewest_right(population, 0.95) else "futile"

    for size in (population, None):
        found = judge_audit(Plan(population, 0.95, 0.9, size), answers(right, population - right))
        assert (found.code, found.interval) == (wanted, (right / population, right / population))


def test_a_sample_that_could_never_certify_is_refused_with_one_that_could():
    with pytest.raises(
        ParameterError, match=r"^11 rows out of 100 cannot certify 95% even if all are right\. Take 32 "
    ):
        plan_audit(100, 11)
    assert plan_audit(100, 32).errors_allowed == 0


@pytest.mark.parametrize("more", [{"precision": 1}, {"confidence": 0.0}, {"rows": 0}, {"rows": 1.5}])
def test_parameters_out_of_their_range_are_refused_by_name(more):
    with pytest.raises(ParameterError, match=rf"`{next(iter(more))}` must be"):
        plan_audit(1000, **more)


def test_sentences_say_what_was_seen_and_what_it_proves():
    plan = plan_audit(2310)

    assert judge_audit(plan, []).sentence == (
        "Not begun: 75 right answers without an error would certify that at least 95% of these 2,310 labels are right, "
        "with 90% confidence."
    )
    assert judge_audit(plan, answers(39, 1)[::-1]).sentence.startswith(
        "Not decided yet: 40 checked, 39 right: 97.5% (90%"
    )
    assert judge_audit(plan, [True] * 75).sentence.startswith("Certified: at least 95% of these 2,310 labels are right")
    assert "too many errors to show that at least 95%" in judge_audit(plan, [False] * 3).sentence


@pytest.mark.parametrize(("precision", "least", "most"), [(0.95, 0.07, 0.115), (0.98, 0.95, 0.995)])
def test_at_exactly_95_percent_one_audit_in_ten_certifies_and_at_98_nearly_all(precision, least, most):
    """Of 2 000 audits; the standard error is 0.7 points at 10 %, and the bounds are more than two of them away."""
    rng, plan = np.random.default_rng(0), plan_audit(MANY)

    codes = [judge_audit(plan, rng.random(600) < precision).code for _ in range(2000)]

    assert least < codes.count("certified") / 2000 < most


@pytest.mark.parametrize("size", [None, "fixed"])
@pytest.mark.parametrize("population", [200, 800])
def test_labels_that_just_miss_the_precision_are_rarely_certified_however_large_the_part(population, size):
    """Of 1 000 audits; the limit of 10 % is three standard errors (0.95 points each) below what is allowed here."""
    rng, labels = np.random.default_rng(1), np.arange(population) < fewest_right(population, 0.95) - 1
    plan = plan_audit(population) if size else Plan(population, 0.95, 0.9, None)

    codes = [judge_audit(plan, rng.permutation(labels)[: plan.most_rows]).code for _ in range(1000)]

    assert codes.count("certified") / 1000 < 0.13
