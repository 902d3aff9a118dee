"""Levels: from which confidence on enough labels are right, with a stated risk of being wrong about it.

Takes  what models that had not seen them said of labeled rows, and the precision that is asked for.
Gives  the lowest confidence that keeps the promise, for all classes or for each; infinite where there is none.

Choosing the loosest confidence at which enough labeled rows happen to be right breaks its promise in a third of the
runs: the choice profits from luck. Here the levels are tried in an order that is fixed beforehand, strict to loose,
each by an exact bound, and the first failure ends it; the chance to accept too much is then that of a single test.

Source: fixed-sequence testing (Maurer, Hothorn and Lehmacher 1995), as Angelopoulos et al. (2021), "Learn then Test",
use it to set levels.

Before this: proportion.py. After this: acceptance.py.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pseudolabel.judgement.proportion import lower_bound, rows_needed

PRECISION, CONFIDENCE = 0.95, 0.9
"""What is promised unless asked otherwise: the share of accepted rows that are right, and how surely."""

STARTS = ((3, 600), (1, 200), (0, 0))
"""Errors allowed at the strictest level, and from how many labels on, for the default precision and confidence. More
labels afford a start that one unlucky row does not end; the number of labels is known before any row is looked at."""

GROWTH = 1.1
"""Each level takes in a tenth more labeled rows than the one before: finer steps gain next to nothing."""


@dataclass(frozen=True)
class HeldOut:
    """What was said of labeled rows by models that had not seen them; one opinion a row.

    Attributes
    ----------
    confidence : ndarray of shape (n_held_out,), 0 to 1
        The largest probability.
    codes : ndarray of shape (n_held_out,), int64
        The class it belongs to, as a position among the classes.
    right : ndarray of shape (n_held_out,), bool
    """

    confidence: NDArray[np.float64]
    codes: NDArray[np.int64]
    right: NDArray[np.bool_]


@dataclass(frozen=True)
class Terms:
    """What is asked for, and of what is known before any row is looked at."""

    precision: float
    confidence: float
    per_class: bool
    n_labeled: int
    n_classes: int

    @property
    def bound_confidence(self) -> float:
        """Of a single promise: several that shall hold together share the risk."""
        return 1 - (1 - self.confidence) / self.n_classes if self.per_class else self.confidence

    @property
    def start_errors(self) -> int:
        """Errors allowed at the strictest level, where that asks for no larger part of the labels than usual."""
        n_labels = self.n_labeled // self.n_classes if self.per_class else self.n_labeled
        return next(
            errors
            for errors, labels in STARTS
            if n_labels * rows_needed(errors, PRECISION, CONFIDENCE)
            >= labels * rows_needed(errors, self.precision, self.bound_confidence)
        )

    @property
    def needed(self) -> int:
        """Labeled rows the strictest level takes."""
        return rows_needed(self.start_errors, self.precision, self.bound_confidence)


def find_levels(held_out: HeldOut, terms: Terms) -> NDArray[np.float64]:
    """Give the level of each class, infinite where there is none."""

    def level(rows: NDArray[np.bool_]) -> float:
        found = fixed_sequence(
            held_out.confidence[rows],
            held_out.right[rows],
            start_errors=terms.start_errors,
            precision=terms.precision,
            bound_confidence=terms.bound_confidence,
        )
        return np.inf if found is None else found

    if not terms.per_class:
        return np.full(terms.n_classes, level(np.full(len(held_out.codes), True)))
    return np.array([level(held_out.codes == code) for code in range(terms.n_classes)])


def fixed_sequence(
    confidence: NDArray[np.float64],
    right: NDArray[np.bool_],
    *,
    start_errors: int,
    precision: float = PRECISION,
    bound_confidence: float = CONFIDENCE,
) -> float | None:
    """Lower the level step by step while the bound of the precision above it holds.

    Parameters
    ----------
    confidence : ndarray of shape (n_rows,), 0 to 1
    right : ndarray of shape (n_rows,), bool
    start_errors : int
        Errors allowed among the rows of the strictest level, fixed before looking at them.
    precision, bound_confidence : float, above 0 and below 1

    Returns
    -------
    level : float or None
        None where not even the strictest level holds.

    Examples
    --------
    >>> fixed_sequence(np.linspace(1.0, 0.5, 51), np.full(51, True), start_errors=0)
    0.5
    """
    order = np.argsort(-confidence, kind="stable")
    sorted_confidence, n_right, n_rows = confidence[order], right[order].cumsum(), len(order)
    rows, level = rows_needed(start_errors, precision, bound_confidence), None
    while rows <= n_rows:
        rows = with_ties(sorted_confidence, rows)
        if lower_bound(n_right[rows - 1], rows, bound_confidence) < precision:
            break
        level = float(sorted_confidence[rows - 1])
        if rows == n_rows:
            break
        rows = min(n_rows, max(rows + 1, math.ceil(GROWTH * rows)))
    return level


def with_ties(descending: NDArray[np.float64], rows: int) -> int:
    """Give how many rows have at least the confidence of the last of the first `rows`."""
    return int(np.searchsorted(-descending, -descending[rows - 1], side="right"))
