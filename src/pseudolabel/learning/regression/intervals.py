"""Intervals: how far a prediction may be off.

Takes  honest predictions of the labeled rows, how much the committee disagreed on each, and the targets.
Gives  Intervals: bounds around any later prediction that hold the target as often as asked.

A small forest learns how far predictions are off where they are high or low, and where members disagree. Errors in
units of that are alike everywhere, so one quantile of them serves all rows. The errors that are measured with are
out-of-fold, and the forest's own units out-of-bag: nothing is judged by what has seen it.

Source: Papadopoulos et al. (2002) for errors in units of their expected size; Barber et al. (2021), "Predictive
inference with the jackknife+", for out-of-fold errors.

Before this: committee.py. After this: rounds.py.
"""

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import RandomForestRegressor

N_TREES = 60
SMALLEST_LEAF = 5
MOST_LEAVES = 20
"""Of the forest that learns how far predictions are off: enough for a rough idea, and more would be chance."""

N_STEPS = 401
"""Quantiles of errors that are kept: as many for a million labeled rows as for thirty."""

LEAST = 0.1
"""Of the mean error: no prediction is thought surer than that."""


@dataclass(frozen=True)
class Intervals:
    """What honest errors looked like.

    Attributes
    ----------
    size : fitted regressor
        From a prediction and the committee's disagreement to the expected absolute error.
    least : float
        Below which no expected error is taken, in units of the target.
    errors : ndarray of shape (n_steps,)
        Quantiles, at even steps from 0 to 1, of the absolute error in units of its expectation.
    n_rows : int
        How many rows they are from.
    """

    size: Any
    least: float
    errors: NDArray[np.float64]
    n_rows: int

    def around(
        self, predictions: NDArray[np.float64], disagreement: NDArray[np.float64], level: float
    ) -> NDArray[np.float64]:
        """Give bounds that hold the target as often as `level` says.

        Parameters
        ----------
        predictions : ndarray of shape (n_rows,)
        disagreement : ndarray of shape (n_rows,)
            Of the committee, in units of the target.
        level : float
            Above 0 and below 1. Where so few rows were labeled that no error is rare enough, the largest counts.

        Returns
        -------
        bounds : ndarray of shape (n_rows, 2)
            Lower and upper, in units of the target.
        """
        if len(predictions) == 0:
            return np.empty((0, 2))
        quantile = min(1.0, level * (self.n_rows + 1) / self.n_rows)
        factor = np.interp(quantile, np.linspace(0, 1, len(self.errors)), self.errors)
        expected = np.maximum(self.size.predict(np.column_stack([predictions, disagreement])), self.least)
        return np.column_stack([predictions - factor * expected, predictions + factor * expected])


def learn_intervals(
    predictions: NDArray[np.float64], disagreement: NDArray[np.float64], targets: NDArray[np.float64], *, seed: int
) -> Intervals:
    """Learn from honest predictions how far others may be off.

    Parameters
    ----------
    predictions, disagreement, targets : ndarray of shape (n_labeled,)
    seed : int
        Of the forest.

    Examples
    --------
    >>> random = np.random.default_rng(0)
    >>> targets = random.normal(size=200)
    >>> intervals = learn_intervals(np.zeros(200), np.zeros(200), targets, seed=0)
    >>> intervals.around(np.zeros(1), np.zeros(1), level=0.9).round(1)
    array([[-1.6,  1.6]])
    """
    errors = np.abs(targets - predictions)
    least = max(LEAST * float(errors.mean()), float(np.finfo(np.float64).tiny))
    size = RandomForestRegressor(
        N_TREES,
        min_samples_leaf=max(SMALLEST_LEAF, len(targets) // MOST_LEAVES),
        max_features=1,
        oob_score=True,
        random_state=seed,
    )
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Some inputs do not have OOB scores")  # they get the mean error
        size.fit(np.column_stack([predictions, disagreement]), errors)
    unseen = size.__dict__.pop("oob_prediction_")
    expected = np.maximum(np.where(unseen == 0, errors.mean(), unseen), least)
    steps = np.linspace(0, 1, N_STEPS)
    return Intervals(size, least, np.quantile(errors / expected, steps, method="higher"), len(targets))
