"""Soft: trust every pseudo-label; how sure it is shows in its soft label."""

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator

from pseudolabel.learning.scores import Scores


class Soft(BaseEstimator):
    """Trust every row in full: the default of `method="auto"`.

    Leaving out the rows a teacher is unsure of leaves out those that carry news; in a soft label an unsure row
    weighs little on either side as it is.

    Examples
    --------
    >>> Soft().weigh(Scores(np.array([[0.9, 0.1], [0.5, 0.5]])))
    array([1., 1.])
    """

    def weigh(self, scores: Scores) -> NDArray[np.float64]:
        """Give weight 1 to every row."""
        return np.ones(len(scores.probabilities))
