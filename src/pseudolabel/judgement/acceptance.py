"""Acceptance: which pseudo-labels can be published with a promised precision.

Takes  what models that had not seen them said of labeled rows, and a Summary of the labels that would be published.
Gives  an Acceptance: the lowest confidence that is accepted, how many rows reach it, and what was observed.

The levels are learnt from rows that were held out and hold for the confidence that is published with a label, so one
scoring pass over the unlabeled rows is enough. Held-out confidences are rounded down to the floors of a Summary's bins:
rows of a bin are then ties, the levels are floors, and how many unlabeled rows reach them is known without any row.

There is no fall-back: where the promise cannot be made, nothing is accepted.

The promise is about rows that come from where the labeled rows came from, and about all runs: of those in which
something is accepted a larger part may break it.

Before this: levels.py, summary.py. After this: publication.py.
"""

import math
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pseudolabel.judgement.differences import LEVEL
from pseudolabel.judgement.levels import CONFIDENCE, PRECISION, HeldOut, Terms, find_levels, with_ties
from pseudolabel.judgement.proportion import Interval, exact_interval, lower_bound, percent
from pseudolabel.judgement.summary import Summary, floor_of
from pseudolabel.validation import check_proper_fraction

Reason = Literal["promised", "too_few_labels", "not_met", "shift", "not_asked", "nothing_unlabeled"]

ADVICE = "Label more rows, ask for a lower precision, or have a sample of the suggested labels audited."

MOST_POINTS = 40
"""Points of the curve: more than a reader can tell apart."""


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
    levels : ndarray of shape (n_classes,)
        The lowest confidence that is accepted, by class; infinite where nothing is.
    n_unlabeled, n_accepted : int
        Unlabeled rows, and how many of them are accepted.
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
    levels: NDArray[np.float64]
    n_unlabeled: int
    n_accepted: int
    coverage: float
    coverage_interval: Interval
    observed: Observed | None
    needed: int | None
    curve: tuple[CurvePoint, ...]
    classes: tuple[ClassAcceptance, ...] | None

    @property
    def level(self) -> float | None:
        """The lowest confidence that is accepted; of the classes' levels, the lowest. None if nothing is."""
        return float(self.levels.min()) if self.n_accepted else None

    def accepts(self, codes: ArrayLike, confidence: ArrayLike) -> NDArray[np.bool_]:
        """Tell which rows are accepted, by the label and the confidence that are published.

        Parameters
        ----------
        codes : array-like of shape (n_rows,), int
            Classes as positions; -1 where a row has no label.
        confidence : array-like of shape (n_rows,), 0 to 1
            Taken as float32, as a Summary takes it.

        Returns
        -------
        accepted : ndarray of shape (n_rows,), bool
        """
        said = np.asarray(codes)
        return np.asarray((said >= 0) & (np.asarray(confidence, dtype=np.float32) >= self.levels[said]))


def accept(
    held_out: HeldOut,
    suggested: Summary,
    *,
    n_unlabeled: int,
    n_labeled: int,
    precision: float = PRECISION,
    confidence: float = CONFIDENCE,
    per_class: bool = False,
    shifted: bool = False,
) -> Acceptance:
    """Accept the unlabeled rows whose pseudo-labels are right as often as promised.

    A row is accepted when the confidence that is published with its label reaches the level.

    Parameters
    ----------
    held_out : HeldOut
        Each labeled row once: more opinions on the same row are no further rows.
    suggested : Summary
        Of the unlabeled rows that have a pseudo-label, and their confidence.
    n_unlabeled : int
        All unlabeled rows, also those without one.
    n_labeled : int
        All labeled rows, also those that are never held out.
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
    >>> labels, suggested = HeldOut(sure, codes, right=sure > 0.7), Summary.of(codes, sure, n_classes=2)
    >>> acceptance = accept(labels, suggested, n_unlabeled=100, n_labeled=100)
    >>> round(acceptance.level, 2), acceptance.n_accepted, acceptance.observed.rows
    (0.72, 56, 56)
    """
    terms = Terms(
        check_proper_fraction("precision", precision),
        check_proper_fraction("confidence", confidence),
        per_class,
        n_labeled,
        suggested.n_classes,
    )
    held_out = replace(held_out, confidence=floor_of(held_out.confidence).astype(np.float64))
    curve = _curve(held_out, suggested, n_unlabeled, confidence)
    if n_unlabeled == 0:
        return _nothing("nothing_unlabeled", "There is no unlabeled row to accept.", terms, 0, curve)
    if shifted:
        return _nothing("shift", _shift_sentence(terms), terms, n_unlabeled, curve)
    levels = find_levels(held_out, terms)
    accepted = suggested.count_from(levels)
    n_accepted = int(accepted.sum())
    if not n_accepted:
        reason, why = _why_nothing(held_out, levels, terms)
        return _nothing(reason, why, terms, n_unlabeled, curve)
    reached = held_out.confidence >= levels[held_out.codes]
    observed = _observed(int(held_out.right[reached].sum()), int(reached.sum()))
    return Acceptance(
        reason="promised",
        sentence=_promise_sentence(terms, levels, f"{n_accepted:,} of {n_unlabeled:,}", observed),
        precision=precision,
        confidence=confidence,
        per_class=per_class,
        levels=levels,
        n_unlabeled=n_unlabeled,
        n_accepted=n_accepted,
        coverage=n_accepted / n_unlabeled,
        coverage_interval=exact_interval(n_accepted, n_unlabeled, LEVEL),
        observed=observed,
        needed=terms.needed,
        curve=curve,
        classes=_classes(levels, accepted, terms),
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
    >>> acceptance = accept_nothing(3, n_classes=2)
    >>> acceptance.n_accepted, acceptance.reason
    (0, 'not_asked')
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
    levels: NDArray[np.float64], accepted: NDArray[np.int64], terms: Terms
) -> tuple[ClassAcceptance, ...] | None:
    if not terms.per_class:
        return None
    return tuple(
        ClassAcceptance(code, float(level) if np.isfinite(level) else None, int(accepted[code]), terms.needed)
        for code, level in enumerate(levels)
    )


def _observed(right: int, rows: int) -> Observed:
    return Observed(rows, right, right / rows, exact_interval(right, rows, LEVEL))


def _curve(held_out: HeldOut, suggested: Summary, n_unlabeled: int, confidence: float) -> tuple[CurvePoint, ...]:
    """Give what each of a few levels would give, evenly spaced in the labeled rows that reach it."""
    order, n_rows = np.argsort(-held_out.confidence, kind="stable"), len(held_out.codes)
    descending, n_right = held_out.confidence[order], held_out.right[order].cumsum()
    steps = (math.ceil(n_rows * point / MOST_POINTS) for point in range(1, MOST_POINTS + 1) if n_rows)
    rows = np.array(sorted({with_ties(descending, step) for step in steps}), dtype=np.int64)
    levels, right = descending[rows - 1], n_right[rows - 1]
    accepted = np.array([suggested.count_from(level).sum() for level in levels], dtype=np.int64)
    columns = (
        levels,
        rows,
        accepted / max(1, n_unlabeled),
        right / rows,
        lower_bound(right, rows, confidence),
    )
    return tuple(CurvePoint(*values) for values in zip(*(column.tolist() for column in columns), strict=True))


def _nothing(
    reason: Reason, sentence: str, terms: Terms, n_unlabeled: int, curve: tuple[CurvePoint, ...]
) -> Acceptance:
    no_level, no_row = np.full(terms.n_classes, np.inf), np.zeros(terms.n_classes, dtype=np.int64)
    return Acceptance(
        reason=reason,
        sentence=sentence,
        precision=terms.precision,
        confidence=terms.confidence,
        per_class=terms.per_class,
        levels=no_level,
        n_unlabeled=n_unlabeled,
        n_accepted=0,
        coverage=0.0,
        coverage_interval=exact_interval(0, n_unlabeled, LEVEL) if n_unlabeled else (0.0, 1.0),
        observed=None,
        needed=terms.needed if reason in ("too_few_labels", "not_met") else None,
        curve=curve,
        classes=_classes(no_level, no_row, terms),
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


def _promise_sentence(terms: Terms, levels: NDArray[np.float64], how_many: str, observed: Observed) -> str:
    usable = levels[np.isfinite(levels)]
    least, most = f"{usable.min():.3g}", f"{usable.max():.3g}"
    reach = least if least == most else f"{least} to {most}, by class,"
    scope = (
        f"for each class by itself; {len(usable)} of {terms.n_classes} classes have a level"
        if terms.per_class
        else "for all classes together, not for each"
    )
    return (
        f"{how_many} unlabeled rows are accepted, at a confidence of "
        f"{reach} or more: at least {percent(terms.precision)} of "
        f"their labels are right, with {percent(terms.confidence)} confidence, if these rows come from where the "
        f"labeled rows came from ({observed.rows:,} labeled rows reach it, {observed.rows - observed.right:,} of them "
        f"wrong: {observed.precision:.1%} right). It holds {scope}."
    )
