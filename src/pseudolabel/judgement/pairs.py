"""Pairs: two models made side by side, again and again, on labeled rows held out in turn.

Takes  a function that makes both models from some rows and scores the others, and which rows have a label.
Gives  Pairs: what it said of every held-out row; and differences with their intervals.

Everything that saw a label is remade from the training rows of each fold, pseudo-labels included. Scoring a model on
its own pseudo-labels, or cross-validating on given and pseudo-labels together, overstates it.

Source: Nadeau and Bengio (2003) for the corrected interval.

Before this: nothing of learning/: judgement is handed ways to make a model and knows none. After this: evidence.py.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy.stats import t as student_t

from pseudolabel.data.folds import deal_folds
from pseudolabel.engine.local import map_in_order

FEWEST_SCORED_ROWS = 20
LEVEL = 0.90
"""Of the two-sided interval: 5 % are left on each side."""

Said = TypeVar("Said")
"""What both models say of held-out rows."""


@dataclass(frozen=True)
class Difference:
    """Pseudo-labeled minus labels-only, with its interval."""

    estimate: float
    lower: float
    upper: float


@dataclass(frozen=True)
class Design:
    """How often rows are held out: folds in each repeat, and repeats."""

    n_folds: int
    n_repeats: int

    @property
    def n_pairs(self) -> int:
        """How often both models are made."""
        return self.n_folds * self.n_repeats


def choose_design(n_rows: int) -> Design:
    """Choose folds and repeats for a number of scored rows; the cost stays within 20 pairs of models."""
    if n_rows < 300:
        return Design(n_folds=5, n_repeats=4)
    if n_rows < 2000:
        return Design(n_folds=10, n_repeats=2)
    return Design(n_folds=5, n_repeats=1)


@dataclass(frozen=True)
class Pairs(Generic[Said]):
    """What pairs of models said of the rows held out for them.

    Attributes
    ----------
    design : Design
    held_out : list of ndarray
        The positions each pair was scored on, repeat by repeat.
    said : list
        What each pair said of them.
    """

    design: Design
    held_out: list[NDArray[np.int64]]
    said: list[Said]

    @property
    def rows(self) -> NDArray[np.int64]:
        """The positions that are held out at all, sorted: every repeat holds out the same."""
        return np.sort(np.concatenate(self.held_out[: self.design.n_folds]))

    def places(self) -> Iterator[tuple[int, NDArray[np.int64], Said]]:
        """Give for each pair its repeat, the places of its rows among `rows`, and what it said."""
        rows = self.rows
        for pair, (scored, said) in enumerate(zip(self.held_out, self.said, strict=True)):
            yield pair // self.design.n_folds, np.searchsorted(rows, scored), said

    def fold_means(self, differences: NDArray[np.float64]) -> NDArray[np.float64]:
        """Give the mean of each pair, from values of shape (n_repeats, n_scored_rows) in the order of `rows`."""
        return np.array([differences[repeat, at].mean() for repeat, at, _ in self.places()])


def make_pairs(
    make_both: Callable[[NDArray[np.int64], NDArray[np.int64]], Said],
    codes: NDArray[np.int64],
    n_scored: int,
    *,
    seed: int,
    n_jobs: int | None = None,
    on_pair: Callable[[], None] = lambda: None,
) -> Pairs[Said]:
    """Hold labeled rows out in turn, make both models from all others, and keep what they say of the rows held out.

    Parameters
    ----------
    make_both : function of training and held-out positions
        Unlabeled rows are always among the training positions.
    codes : ndarray of shape (n_rows,)
        Classes, dealt one by one; -1 for rows without a label.
    n_scored : int
        Rows that can be held out.
    seed : int
        Of the dealing.
    n_jobs : int or None, default=None
        Pairs at a time.
    on_pair : function, optional
        Called whenever a pair is done.
    """
    design, everyone = choose_design(n_scored), np.arange(len(codes))
    folds = [deal_folds(codes, design.n_folds, seed + repeat) for repeat in range(design.n_repeats)]
    held_out = [np.flatnonzero(fold == number) for fold in folds for number in range(design.n_folds)]
    jobs = ((np.setdiff1d(everyone, rows), rows) for rows in held_out)
    said = []
    for answer in map_in_order(make_both, jobs, n_jobs=n_jobs):
        said.append(answer)
        on_pair()
    return Pairs(design, held_out, said)


def corrected_difference(means: NDArray[np.float64], n_folds: int) -> Difference:
    """Give the mean of fold means and its interval, corrected for the rows that training sets share.

    Examples
    --------
    >>> corrected_difference(np.array([0.0, 1.0]), n_folds=2).estimate
    0.5
    """
    n_pairs = len(means)
    error = np.sqrt((1 / n_pairs + 1 / (n_folds - 1)) * means.var(ddof=1))
    return around(float(means.mean()), float(error), n_pairs - 1)


def around(estimate: float, standard_error: float, freedom: int) -> Difference:
    """Give a difference with Student's interval for a standard error with so many degrees of freedom."""
    reach = float(student_t.ppf((1 + LEVEL) / 2, freedom)) * standard_error
    return Difference(estimate, estimate - reach, estimate + reach)
