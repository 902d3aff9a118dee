"""Audit: whether labels are as right as required, judged from a random sample that a person checked.

Takes  a Plan, fixed before the first answer, and the answers so far, right or wrong, in the order they were drawn.
Gives  an Audit: certified, futile, or open and how many more right answers it takes.

Looking again after each answer, as people do, makes an ordinary bound certify bad labels in a quarter of the audits.
A sequential test may be looked at after every row, and ends as soon as it can. Where the sample is a large part of
all rows, a sample of fixed size needs fewer answers, and if every row is checked no statistics are left.

No model and no confidence is part of it: an audit holds also where labeled and unlabeled rows differ.

Source: Wald (1945), "Sequential tests of statistical hypotheses", as a test that only certifies with a stated risk.

Before this: proportion.py. After this: the audit of a run folder.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from pseudolabel.errors import ParameterError
from pseudolabel.judgement.differences import LEVEL
from pseudolabel.judgement.proportion import (
    Interval,
    fewest_right,
    lower_bound_of_all,
    percent,
    smallest,
    wilson_interval,
)
from pseudolabel.validation import check_count, check_proper_fraction

WRONG_IN_ALTERNATIVE = 0.4
"""The test is built to find labels with this part of the errors that are allowed: 98 % right where 95 % are asked for.
Nearer, and audits take long; farther, and labels of 98 % are missed."""

PATIENCE = 8
"""A sequential audit ends undecided at so many times the rows of a faultless one: 600 where 95 % are asked for."""

SMALL_PART = 0.1
"""Up to this part of all rows drawing without replacement is as good as with; beyond, the size is fixed."""

ERRORS_AFFORDED = 1
"""Errors the default size of a sample can hold and still certify."""

Code = Literal["certified", "futile", "open", "undecided"]


@dataclass(frozen=True)
class Plan:
    """How an audit is judged, fixed before its first answer.

    Attributes
    ----------
    population : int
        Rows whose labels are in question.
    precision, confidence : float, above 0 and below 1
        At least this share of their labels shall be right, and how sure to be of it.
    fixed_size : int or None
        Rows to check where the sample is a large part of all; None for a sequential audit.
    """

    population: int
    precision: float
    confidence: float
    fixed_size: int | None

    @property
    def right_step(self) -> float:
        """What a right answer adds to the score of a sequential audit."""
        return math.log(self._alternative / self.precision)

    @property
    def wrong_step(self) -> float:
        """What a wrong answer adds to it: below 0."""
        return math.log((1 - self._alternative) / (1 - self.precision))

    @property
    def bound(self) -> float:
        """The score that certifies; its negative is futile."""
        return -math.log(1 - self.confidence)

    @property
    def most_rows(self) -> int:
        """Rows after which the audit ends in any case."""
        return self.fixed_size or min(self.population, PATIENCE * self.rows_with(0))

    @property
    def errors_allowed(self) -> int:
        """Wrong answers an audit of fixed size may hold; -1 where even none would not do."""
        size = self.most_rows
        wrong = 0
        while wrong <= size and self._holds(size, wrong):
            wrong += 1
        return wrong - 1

    def rows_with(self, errors: int) -> int:
        """Count the rows after which a sequential audit with so many errors certifies.

        Examples
        --------
        >>> [plan_audit(10_000).rows_with(errors) for errors in range(3)]
        [75, 105, 136]
        """
        return errors + math.ceil((self.bound - errors * self.wrong_step) / self.right_step)

    def size_with(self, errors: int) -> int:
        """Give the smallest sample of fixed size that certifies with so many errors; all rows where none does."""
        return smallest(lambda size: self._holds(size, min(errors, size)), 1, self.population)

    @property
    def _alternative(self) -> float:
        return 1 - WRONG_IN_ALTERNATIVE * (1 - self.precision)

    def _holds(self, size: int, wrong: int) -> bool:
        """Tell whether a sample of this size with so many wrong answers certifies."""
        bound = lower_bound_of_all(size - wrong, size, self.population, self.confidence)
        return round(bound * self.population) >= fewest_right(self.population, self.precision)


@dataclass(frozen=True)
class Audit:
    """What the answers so far allow to say.

    Attributes
    ----------
    code : {"certified", "futile", "open", "undecided"}
    sentence : str
    rows, right : int
        Answers that were judged, and how many of them were right.
    precision : float or None
        Their ratio; None before the first answer.
    interval : (float, float) or None
        Its 90 % interval by Wilson.
    more : int or None
        Right answers without an error that are still needed to certify; None where the audit is over.
    """

    code: Code
    sentence: str
    rows: int
    right: int
    precision: float | None
    interval: Interval | None
    more: int | None


def plan_audit(population: int, rows: int | None = None, *, precision: float = 0.95, confidence: float = 0.9) -> Plan:
    """Choose how to judge an audit of `population` labels.

    Parameters
    ----------
    population : int, 1 or more
    rows : int, optional
        Rows that will be drawn; by default as many as certify with one error.
    precision, confidence : float, above 0 and below 1

    Raises
    ------
    ParameterError
        If a parameter is out of its range, or the sample could not certify even without an error.

    Examples
    --------
    >>> plan_audit(10_000).fixed_size, plan_audit(500).fixed_size, plan_audit(15).fixed_size
    (None, 70, 15)
    """
    asked = check_proper_fraction("precision", precision), check_proper_fraction("confidence", confidence)
    sequential = Plan(population, *asked, fixed_size=None)
    wanted = sequential.rows_with(ERRORS_AFFORDED) if rows is None else check_count(sequential, "rows", rows)
    if wanted <= SMALL_PART * population:
        return sequential
    if rows is None:
        return Plan(population, *asked, fixed_size=sequential.size_with(ERRORS_AFFORDED))
    least = sequential.size_with(0)
    if wanted < least:
        raise ParameterError(
            f"{rows} rows out of {population:,} cannot certify {percent(precision)} even if all are right. "
            f"Take {least} or more."
        )
    return Plan(population, *asked, fixed_size=min(wanted, population))


def judge_audit(plan: Plan, answers: Sequence[bool]) -> Audit:
    """Judge the answers so far; once decided, later answers change the observed share only.

    Parameters
    ----------
    plan : Plan
    answers : sequence of bool, of length n_answers
        Whether each label was right, in the order in which the rows were drawn.

    Examples
    --------
    >>> judge_audit(plan_audit(10_000), [True] * 75).code
    'certified'
    >>> judge_audit(plan_audit(10_000), [True] * 60 + [False]).more
    44
    """
    rows, right = len(answers), sum(answers)
    by_design = _judge_sequence if plan.fixed_size is None else _judge_fixed
    code, more = (_judge_all if rows == plan.population else by_design)(plan, answers)
    precision, interval = (right / rows, wilson_interval(right, rows, LEVEL)) if rows else (None, None)
    if rows == plan.population:
        interval = (right / rows, right / rows)
    found = Audit(code, "", rows, right, precision, interval, more)
    return replace(found, sentence=_sentence(plan, found))


def _judge_all(plan: Plan, answers: Sequence[bool]) -> tuple[Code, int | None]:
    """Count: every row was checked."""
    return ("certified" if sum(answers) >= fewest_right(plan.population, plan.precision) else "futile"), None


def _judge_sequence(plan: Plan, answers: Sequence[bool]) -> tuple[Code, int | None]:
    """Add up the steps until the score reaches the bound.

    To stop where it is futile is advice and no part of the test: who goes on all the same may still certify.
    """
    scores = np.where(np.asarray(answers, dtype=bool), plan.right_step, plan.wrong_step).cumsum()[: plan.most_rows]
    if (scores >= plan.bound).any():
        return "certified", None
    if (scores <= -plan.bound).any():
        return "futile", None
    if len(scores) == plan.most_rows:
        return "undecided", None
    return "open", math.ceil((plan.bound - (scores[-1] if len(scores) else 0.0)) / plan.right_step)


def _judge_fixed(plan: Plan, answers: Sequence[bool]) -> tuple[Code, int | None]:
    """Stop early only where the answers that are missing could not change the result."""
    judged = answers[: plan.most_rows]
    right, allowed = sum(judged), plan.errors_allowed
    if len(judged) - right > allowed:
        return "futile", None
    more = plan.most_rows - allowed - right
    return ("open", more) if more > 0 else ("certified", None)


def _sentence(plan: Plan, found: Audit) -> str:
    asked = f"at least {percent(plan.precision)} of these {plan.population:,} labels are right"
    full = plan.population in (plan.fixed_size, found.rows)
    sure = "by a full check" if full else f"with {percent(plan.confidence)} confidence"
    if found.precision is None or found.interval is None:
        return f"Not begun: {found.more} right answers without an error would certify that {asked}, {sure}."
    seen = f"{found.rows:,} checked, {found.right:,} right: {found.precision:.1%}"
    if found.rows < plan.population:
        seen += f" ({LEVEL:.0%} interval {found.interval[0]:.1%} to {found.interval[1]:.1%})"
    return {
        "certified": f"Certified: {asked}, {sure}. {seen}.",
        "futile": (
            f"Not certified: {seen}. That is too many errors to show that {asked}. Accept fewer labels, ask for a "
            "lower precision, or label more rows and run again."
        ),
        "open": f"Not decided yet: {seen}. {found.more} more right answers without an error certify that {asked}.",
        "undecided": (
            f"Not decided: {seen}. The precision is too near to {percent(plan.precision)} to be told from it by an "
            "audit that a person would want to do. Ask for a lower precision, or accept fewer labels."
        ),
    }[found.code]
