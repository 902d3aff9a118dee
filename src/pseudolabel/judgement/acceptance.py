"""Acceptance: which pseudo-labels can be published with a promised precision.

Takes  what models that had not seen them said of labeled rows, and what the same models say of the unlabeled rows.
Gives  an Acceptance: the lowest confidence that is accepted, the rows that reach it, and what was observed.

There is no fall-back: where the promise cannot be made, nothing is accepted.

The promise is about rows that come from where the labeled rows came from, and about all runs: of those in which
something is accepted a larger part may break it.

Before this: levels.py. After this: results/.
"""

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from pseudolabel.judgement.differences import LEVEL
from pseudolabel.judgement.levels import CONFIDENCE, PRECISION, HeldOut, Terms, find_levels, with_ties
from pseudolabel.judgement.proportion import Interval, exact_interval, lower_bound, percent
from pseudolabel.validation import check_proper_fraction

Reason = Literal["promised", "too_few_labels", "not_met", "shift", "not_asked", "nothing_unlabeled"]

ADVICE = "Label more rows, ask for a lower precision, or have a sample of the suggested labels audited."

MOST_POINTS = 40
"""Points of the curve: more than a reader can tell apart."""


@dataclass(frozen=True)
class Candidates:
    """What the same models, averaged, say of the unlabeled rows, and the labels that would be published.

    Attributes
    ----------
    confidence : ndarray of shape (n_unlabeled,), 0 to 1
        The largest of the averaged probabilities.
    codes : ndarray of shape (n_unlabeled,), int64
        The class it belongs to.
    published : ndarray of shape (n_unlabeled,), int64
        The pseudo-label; -1 where there is none.
    """

    confidence: NDArray[np.float64]
    codes: NDArray[np.int64]
    published: NDArray[np.int64]


@dataclass(frozen=True)
class Observed:
    """How many of the held-out labeled rows that reach the level are right, with the exact 90 % interval."""

    rows: int
    right: int
    precision: float
    interval: Interval


@dataclass(frozen=True)
class CurvePoint:
    """What a level would give: the labeled rows that reach it, and the share of the unlabeled rows accepted.

    `lower` is the one-sided bound of the precision at the asked confidence, for this level alone: reading the loosest
    level off such a curve is what breaks promises.
    """

    level: float
    rows: int
    coverage: float
    precision: float
    lower: float


@dataclass(frozen=True)
class ClassAcceptance:
    """What is accepted of a class, the class as a position; `needed` as in `Acceptance`, for the rows of this class."""

    code: int
    level: float | None
    accepted: int
    needed: int


@dataclass(frozen=True)
class Acceptance:
    """Which pseudo-labels are accepted, and what is promised of them.

    Attributes
    ----------
    reason : {"promised", "too_few_labels", "not_met", "shift", "not_asked", "nothing_unlabeled"}
    sentence : str
        What is promised, or why nothing is and what would be needed.
    precision, confidence : float
        As asked for.
    per_class : bool
        Whether every class keeps the promise by itself.
    level : float or None
        The lowest confidence that is accepted; of the classes' levels, the lowest. None if nothing is.
    accepted : ndarray of shape (n_unlabeled,), bool
    coverage : float, 0 to 1
        The share of the unlabeled rows accepted, and in `coverage_interval` the exact 90 % interval of what to expect
        of further rows from where these came from.
    observed : Observed or None
        None if nothing is accepted.
    needed : int or None
        Labeled rows the strictest level takes: they may hold as many errors as the start allows, none below 200
        labels. None where labels are not what is missing.
    curve : tuple of CurvePoint
        Strict to loose, all classes together; at most 40.
    classes : tuple of ClassAcceptance, or None
        For a promise per class.
    """

    reason: Reason
    sentence: str
    precision: float
    confidence: float
    per_class: bool
    level: float | None
    accepted: NDArray[np.bool_]
    coverage: float
    coverage_interval: Interval
    observed: Observed | None
    needed: int | None
    curve: tuple[CurvePoint, ...]
    classes: tuple[ClassAcceptance, ...] | None

    @property
    def n_accepted(self) -> int:
        """How many unlabeled rows are accepted."""
        return int(self.accepted.sum())


def accept(
    held_out: HeldOut,
    candidates: Candidates,
    *,
    n_labeled: int,
    n_classes: int,
    precision: float = PRECISION,
    confidence: float = CONFIDENCE,
    per_class: bool = False,
    shifted: bool = False,
) -> Acceptance:
    """Accept the unlabeled rows whose pseudo-labels are right as often as promised.

    A row is accepted when its confidence reaches the level and the class this confidence is for is the one that is
    published.

    Parameters
    ----------
    held_out : HeldOut
        Each labeled row once: more opinions on the same row are no further rows.
    candidates : Candidates
    n_labeled : int
        All labeled rows, also those that are never held out.
    n_classes : int
    precision : float, default=0.95
        The share of the accepted rows that shall be right; above 0 and below 1.
    confidence : float, default=0.9
        How sure to be of that; above 0 and below 1.
    per_class : bool, default=False
        Promise the precision for every class by itself, and for all of these promises together the confidence.
    shifted : bool, default=False
        The unlabeled rows differ from the labeled ones: nothing that is learnt from the labels can be promised then.

    Raises
    ------
    ParameterError
        If precision or confidence is not above 0 and below 1.

    Examples
    --------
    >>> sure = np.linspace(1.0, 0.5, 100)
    >>> codes = np.zeros(100, dtype=np.int64)
    >>> acceptance = accept(
    ...     HeldOut(sure, codes, right=sure > 0.7), Candidates(sure, codes, published=codes), n_labeled=100, n_classes=2
    ... )
    >>> round(acceptance.level, 2), acceptance.n_accepted, acceptance.observed.rows
    (0.72, 56, 56)
    """
    terms = Terms(
        check_proper_fraction("precision", precision),
        check_proper_fraction("confidence", confidence),
        per_class,
        n_labeled,
        n_classes,
    )
    n_unlabeled, curve = len(candidates.codes), _curve(held_out, candidates, confidence)
    if n_unlabeled == 0:
        return _nothing("nothing_unlabeled", "There is no unlabeled row to accept.", terms, 0, curve)
    if shifted:
        return _nothing("shift", _shift_sentence(terms), terms, n_unlabeled, curve)
    levels = find_levels(held_out, terms)
    accepted = (candidates.codes == candidates.published) & (candidates.confidence >= levels[candidates.codes])
    if not accepted.any():
        reason, why = _why_nothing(held_out, levels, terms)
        return _nothing(reason, why, terms, n_unlabeled, curve)
    reached = held_out.confidence >= levels[held_out.codes]
    observed = _observed(int(held_out.right[reached].sum()), int(reached.sum()))
    return Acceptance(
        reason="promised",
        sentence=_promise_sentence(terms, levels, accepted, observed),
        precision=precision,
        confidence=confidence,
        per_class=per_class,
        level=float(levels.min()),
        accepted=accepted,
        coverage=float(accepted.mean()),
        coverage_interval=exact_interval(int(accepted.sum()), n_unlabeled, LEVEL),
        observed=observed,
        needed=terms.needed,
        curve=curve,
        classes=_classes(levels, candidates.published[accepted], terms),
    )


def accept_nothing(
    n_unlabeled: int,
    *,
    n_classes: int,
    precision: float = PRECISION,
    confidence: float = CONFIDENCE,
    per_class: bool = False,
) -> Acceptance:
    """Give the Acceptance of a run in which no labeled row was held out, by wish or because there are too few.

    Raises
    ------
    ParameterError
        If precision or confidence is not above 0 and below 1.

    Examples
    --------
    >>> accept_nothing(3, n_classes=2).accepted
    array([False, False, False])
    """
    terms = Terms(
        check_proper_fraction("precision", precision),
        check_proper_fraction("confidence", confidence),
        per_class,
        0,
        n_classes,
    )
    why = f"{_cannot(terms)}: no labeled row was held out. Nothing is accepted."
    return _nothing("not_asked", why, terms, n_unlabeled, ())


def _classes(
    levels: NDArray[np.float64], accepted_codes: NDArray[np.int64], terms: Terms
) -> tuple[ClassAcceptance, ...] | None:
    if not terms.per_class:
        return None
    counts = np.bincount(accepted_codes, minlength=terms.n_classes)
    return tuple(
        ClassAcceptance(code, float(level) if np.isfinite(level) else None, int(counts[code]), terms.needed)
        for code, level in enumerate(levels)
    )


def _observed(right: int, rows: int) -> Observed:
    return Observed(rows, right, right / rows, exact_interval(right, rows, LEVEL))


def _curve(held_out: HeldOut, candidates: Candidates, confidence: float) -> tuple[CurvePoint, ...]:
    """Give what each of a few levels would give, evenly spaced in the labeled rows that reach it."""
    order, n_rows = np.argsort(-held_out.confidence, kind="stable"), len(held_out.codes)
    descending, n_right = held_out.confidence[order], held_out.right[order].cumsum()
    publishable = np.sort(candidates.confidence[candidates.codes == candidates.published])
    steps = (math.ceil(n_rows * point / MOST_POINTS) for point in range(1, MOST_POINTS + 1) if n_rows)
    rows = np.array(sorted({with_ties(descending, step) for step in steps}), dtype=np.int64)
    levels, right = descending[rows - 1], n_right[rows - 1]
    accepted = len(publishable) - np.searchsorted(publishable, levels)
    columns = (
        levels,
        rows,
        accepted / max(1, len(candidates.codes)),
        right / rows,
        lower_bound(right, rows, confidence),
    )
    return tuple(CurvePoint(*values) for values in zip(*(column.tolist() for column in columns), strict=True))


def _nothing(
    reason: Reason, sentence: str, terms: Terms, n_unlabeled: int, curve: tuple[CurvePoint, ...]
) -> Acceptance:
    no_codes = np.array([], dtype=np.int64)
    return Acceptance(
        reason=reason,
        sentence=sentence,
        precision=terms.precision,
        confidence=terms.confidence,
        per_class=terms.per_class,
        level=None,
        accepted=np.full(n_unlabeled, False),
        coverage=0.0,
        coverage_interval=exact_interval(0, n_unlabeled, LEVEL) if n_unlabeled else (0.0, 1.0),
        observed=None,
        needed=terms.needed if reason in ("too_few_labels", "not_met") else None,
        curve=curve,
        classes=_classes(np.full(terms.n_classes, np.inf), no_codes, terms),
    )


def _why_nothing(held_out: HeldOut, levels: NDArray[np.float64], terms: Terms) -> tuple[Reason, str]:
    """Say what stood in the way of a promise, and what would be needed."""
    groups = np.bincount(held_out.codes, minlength=terms.n_classes) if terms.per_class else [len(held_out.codes)]
    n_rows, where = int(max(groups)), " given one class" if terms.per_class else ""
    if np.isfinite(levels).any():
        return "not_met", (
            f"{_cannot(terms)}: no unlabeled row reaches the confidence of {levels.min():.3g} from which on the labels "
            f"would allow it. Nothing is accepted. {ADVICE}"
        )
    start = (
        f"{terms.needed} with at most {terms.start_errors} wrong"
        if terms.start_errors
        else f"{terms.needed}, all right,"
    )
    if n_rows < terms.needed:
        return "too_few_labels", (
            f"{_cannot(terms)}: {start} are needed and there are {n_rows} labeled rows{where} that could be held out. "
            f"Nothing is accepted. {ADVICE}"
        )
    if terms.per_class:
        found = f"no class has {start} among the labeled rows it was given with most confidence"
    else:
        descending = np.sort(held_out.confidence)[::-1]
        first = held_out.confidence >= descending[terms.needed - 1]
        found = (
            f"of the {int(first.sum())} labeled rows with most confidence {int((~held_out.right[first]).sum())} are "
            f"wrong, and {start} are needed"
        )
    return "not_met", f"{_cannot(terms)}: {found}. Nothing is accepted. {ADVICE}"


def _cannot(terms: Terms) -> str:
    each = " of each class" if terms.per_class else ""
    return f"Cannot promise that {percent(terms.precision)} of the accepted labels{each} are right"


def _shift_sentence(terms: Terms) -> str:
    return (
        f"{_cannot(terms)}: the unlabeled rows look different from the labeled ones, and what is learnt from these "
        "need not hold for them. Nothing is accepted. Have a sample of the suggested labels audited instead."
    )


def _promise_sentence(
    terms: Terms, levels: NDArray[np.float64], accepted: NDArray[np.bool_], observed: Observed
) -> str:
    usable = levels[np.isfinite(levels)]
    least, most = f"{usable.min():.3g}", f"{usable.max():.3g}"
    reach = least if least == most else f"{least} to {most}, by class,"
    scope = (
        f"for each class by itself; {len(usable)} of {terms.n_classes} classes have a level"
        if terms.per_class
        else "for all classes together, not for each"
    )
    return (
        f"{int(accepted.sum()):,} of {len(accepted):,} unlabeled rows are accepted, at a confidence of "
        f"{reach} or more: at least {percent(terms.precision)} of "
        f"their labels are right, with {percent(terms.confidence)} confidence, if these rows come from where the "
        f"labeled rows came from ({observed.rows:,} labeled rows reach it, {observed.rows - observed.right:,} of them "
        f"wrong: {observed.precision:.1%} right). It holds {scope}."
    )
