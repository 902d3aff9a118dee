"""Top: trust a fixed number of rows, the surest ones."""

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator

from pseudolabel.learning.scores import Scores
from pseudolabel.validation import check_count


class Top(BaseEstimator):
    """Trust the `n_rows` pseudo-labels with the highest confidence.

    Parameters
    ----------
    n_rows : int, default=10
        1 or more; all rows when there are no more.

    Examples
    --------
    >>> Top(n_rows=1).weigh(Scores(np.array([[0.9, 0.1], [0.75, 0.25]])))
    array([1., 0.])
    """

    def __init__(self, n_rows: int = 10) -> None:
        self.n_rows = n_rows

    def weigh(self, scores: Scores) -> NDArray[np.float64]:
        """Give weight 1 to the surest rows and 0 to the others.

        Raises
        ------
        ParameterError
            If `n_rows` is not a whole number of at least 1.
        """
        n_rows = check_count(self, "n_rows", self.n_rows)
        confidence = scores.confidence
        if n_rows >= len(confidence):
            return np.ones(len(confidence))
        weights = np.zeros(len(confidence))
        # Which of several equally sure rows wins is numpy's choice, and scikit-learn's too.
        weights[np.argpartition(-confidence, n_rows)[:n_rows]] = 1.0
        return weights
