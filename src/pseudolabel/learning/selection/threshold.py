"""Threshold: trust what the model is sure of."""

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator

from pseudolabel.learning.scores import Scores
from pseudolabel.validation import check_fraction


class Threshold(BaseEstimator):
    """Trust a pseudo-label fully once its confidence exceeds a fixed level.

    Parameters
    ----------
    above : float, default=0.75
        The level: 0 to 1, itself not included, as in scikit-learn's `SelfTrainingClassifier`.

    References
    ----------
    Yarowsky (1995), "Unsupervised word sense disambiguation rivaling supervised methods".

    Examples
    --------
    >>> Threshold(above=0.75).weigh(Scores(np.array([[0.9, 0.1], [0.75, 0.25]])))
    array([1., 0.])
    """

    def __init__(self, above: float = 0.75) -> None:
        self.above = above

    def weigh(self, scores: Scores) -> NDArray[np.float64]:
        """Give weight 1 to trusted rows and 0 to the others.

        Raises
        ------
        ParameterError
            If `above` is not a number from 0 to 1.
        """
        above = check_fraction(self, "above", self.above)
        return (scores.confidence > above).astype(np.float64)
