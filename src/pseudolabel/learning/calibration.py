"""Calibration: make a probability of 0.9 be right nine times in ten.

Takes  out-of-fold probabilities of labeled rows, and their true classes.
Gives  one temperature, applied to every probability this model gives later.

Out-of-fold, because a model is too sure of the rows it was fitted on. One number, because a few dozen labels
support no more. A small uniform share keeps a forest's flat 0 from counting as certainty.

Source: Guo et al. (2017), temperature scaling; the prior on the temperature is ours.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar

UNIFORM_SHARE = 0.02
"""How much of every probability is spread evenly over the classes first."""

TEMPERATURES = (0.2, 5.0)
"""The range that is searched; 1 changes nothing, above 1 makes the model less sure."""


def fit_temperature(probabilities: NDArray[np.float64], codes: NDArray[np.int64]) -> float:
    """Find the temperature under which out-of-fold probabilities fit the true classes best.

    Parameters
    ----------
    probabilities : ndarray of shape (n_rows, n_classes)
        Of rows the model was not fitted on.
    codes : ndarray of shape (n_rows,)
        Their true classes.

    Returns
    -------
    temperature : float
        From 0.2 to 5; 1 when there are no rows to learn from.

    Examples
    --------
    >>> too_sure = np.array([[0.99, 0.01]] * 8 + [[0.01, 0.99]] * 2)
    >>> fit_temperature(too_sure, np.zeros(10, dtype=int)) > 1
    True
    """
    if len(codes) == 0:
        return 1.0
    rows = np.arange(len(codes))

    def loss(log_temperature: float) -> float:
        calibrated = with_temperature(probabilities, float(np.exp(log_temperature)))
        # The prior is worth half a row: with few labels the temperature stays near 1.
        return float(-np.log(calibrated[rows, codes]).mean() + log_temperature**2 / (2 * len(codes)))

    lowest, highest = np.log(TEMPERATURES)
    return float(np.exp(minimize_scalar(loss, bounds=(lowest, highest), method="bounded").x))


def with_temperature(probabilities: NDArray[np.float64], temperature: float) -> NDArray[np.float64]:
    """Give the probabilities as they read at this temperature; each row still sums to 1."""
    n_classes = probabilities.shape[1]
    by_class = np.ascontiguousarray(probabilities.T) * (1 - UNIFORM_SHARE)  # sums over few classes are slow by row
    by_class += UNIFORM_SHARE / n_classes
    np.log(by_class, out=by_class)
    by_class /= temperature
    by_class -= by_class.max(axis=0)
    np.exp(by_class, out=by_class)
    by_class /= by_class.sum(axis=0)
    return np.ascontiguousarray(by_class.T)
