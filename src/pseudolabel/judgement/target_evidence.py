"""Target evidence: two ways to predict a number, compared on labeled rows that neither saw.

Takes  a function that makes both models from some rows and predicts the others, and the targets of the rows.
Gives  TargetEvidence: the errors of both, the differences with their intervals, and how often the intervals were right.

The decision rests on squared errors: their mean is what the models minimise, and its root is in the unit of the
target. Single rows can dominate it, so the interval is the wider of two: one from the differences of the rows, one
from those of the folds, corrected for the rows that training sets share.

Before this: pairs.py. After this: conclusion.py.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from pseudolabel.judgement.pairs import FEWEST_SCORED_ROWS, Difference, Pairs, around, corrected_difference, make_pairs


@dataclass(frozen=True)
class Predictions:
    """What both models predict for held-out rows, and the interval that the pseudo-labeled model gives.

    Attributes
    ----------
    labels_only, pseudo_labeled : ndarray of shape (n_held_out,)
    interval : ndarray of shape (n_held_out, 2)
        Lower and upper ends; the true value is promised to lie between them nine times in ten.
    """

    labels_only: NDArray[np.float64]
    pseudo_labeled: NDArray[np.float64]
    interval: NDArray[np.float64]


class PredictBoth(Protocol):
    """Make the model without and the model with pseudo-labels, and predict rows with both."""

    def __call__(self, train: NDArray[np.int64], held_out: NDArray[np.int64]) -> Predictions:
        """Predict the held-out rows by models that saw the training rows only."""
        ...


@dataclass(frozen=True)
class Errors:
    """How far off one model is: root of the mean squared error, and mean absolute error, in the unit of the target."""

    rmse: float
    mae: float


@dataclass(frozen=True)
class TargetEvidence:
    """A paired comparison of predicted numbers.

    Attributes
    ----------
    n_rows : int
        Labeled rows that were held out and scored.
    n_folds, n_repeats : int
    labels_only, pseudo_labeled : Errors
    mse, mae : Difference
        In the mean squared and in the mean absolute error; below 0 favours pseudo-labels.
    rmse : Difference
        `mse` in the unit of the target: the labels-only error is taken as it was measured, which leaves every sign.
    coverage : float
        Share of the held-out rows, 0 to 1, whose target lay within the interval of the pseudo-labeled model.
    width : float
        Mean width of these intervals.
    """

    n_rows: int
    n_folds: int
    n_repeats: int
    labels_only: Errors
    pseudo_labeled: Errors
    mse: Difference
    mae: Difference
    rmse: Difference
    coverage: float
    width: float


def weigh_target_evidence(
    predict_both: PredictBoth,
    targets: NDArray[np.float64],
    *,
    seed: int,
    n_jobs: int | None = None,
    on_pair: Callable[[], None] = lambda: None,
) -> TargetEvidence | None:
    """Compare two ways to predict a number on labeled rows held out in turn, dealt at random.

    Parameters
    ----------
    predict_both : function of training and held-out positions
        Unlabeled rows are always among the training positions.
    targets : ndarray of shape (n_rows,)
        NaN for rows without a label.
    seed : int
        Of the dealing.
    n_jobs : int or None, default=None
        Folds at a time.
    on_pair : function, optional
        Called whenever a fold is done.

    Returns
    -------
    evidence : TargetEvidence or None
        None with fewer than 20 labeled rows: nothing honest can be said.
    """
    missing = np.isnan(targets)
    n_rows = int((~missing).sum())
    if n_rows < FEWEST_SCORED_ROWS:
        return None
    codes = np.where(missing, -1, 0)  # of a single class: there is nothing to deal evenly but rows
    return _evidence(targets, make_pairs(predict_both, codes, n_rows, seed=seed, n_jobs=n_jobs, on_pair=on_pair))


def _evidence(targets: NDArray[np.float64], pairs: Pairs[Predictions]) -> TargetEvidence:
    truth = targets[pairs.rows]
    errors = np.empty((2, pairs.design.n_repeats, len(truth)))
    interval = np.empty((2, pairs.design.n_repeats, len(truth)))
    for repeat, at, predicted in pairs.places():
        errors[0, repeat, at] = predicted.labels_only - truth[at]
        errors[1, repeat, at] = predicted.pseudo_labeled - truth[at]
        interval[:, repeat, at] = predicted.interval.T
    lower, upper = interval
    squared, absolute = errors**2, np.abs(errors)
    labels_only, pseudo_labeled = (_errors(squared[model], absolute[model]) for model in (0, 1))
    mse = error_difference(squared[1] - squared[0], pairs)
    return TargetEvidence(
        n_rows=len(truth),
        n_folds=pairs.design.n_folds,
        n_repeats=pairs.design.n_repeats,
        labels_only=labels_only,
        pseudo_labeled=pseudo_labeled,
        mse=mse,
        mae=error_difference(absolute[1] - absolute[0], pairs),
        rmse=in_unit_of_target(mse, labels_only.rmse),
        coverage=float(((lower <= truth) & (truth <= upper)).mean()),
        width=float((upper - lower).mean()),
    )


def _errors(squared: NDArray[np.float64], absolute: NDArray[np.float64]) -> Errors:
    return Errors(float(np.sqrt(squared.mean())), float(absolute.mean()))


def error_difference(differences: NDArray[np.float64], pairs: Pairs[Any]) -> Difference:
    """Give the mean difference in error and the wider of its two intervals.

    Parameters
    ----------
    differences : ndarray of shape (n_repeats, n_scored_rows)
        Below 0 where the second model came nearer.
    pairs : Pairs
        The models behind them.
    """
    of_rows = differences.mean(axis=0)
    error = of_rows.std(ddof=1) / np.sqrt(len(of_rows))
    by_row = around(float(of_rows.mean()), float(error), len(of_rows) - 1)
    by_fold = corrected_difference(pairs.fold_means(differences), pairs.design.n_folds)
    reach = max(by_row.upper - by_row.estimate, by_fold.upper - by_fold.estimate)
    return Difference(by_row.estimate, by_row.estimate - reach, by_row.estimate + reach)


def in_unit_of_target(mse: Difference, rmse: float) -> Difference:
    """Give a difference of mean squared errors as one of their roots, beside a measured root.

    Examples
    --------
    >>> in_unit_of_target(Difference(-9.0, -16.0, 11.0), rmse=5.0)
    Difference(estimate=-1.0, lower=-2.0, upper=1.0)
    """
    ends = (mse.estimate, mse.lower, mse.upper)
    return Difference(*(float(np.sqrt(max(rmse**2 + end, 0.0)) - rmse) for end in ends))
