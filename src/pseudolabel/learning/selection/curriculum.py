"""Curriculum: trust the surest share of every predicted class."""

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator

from pseudolabel.learning.scores import Scores
from pseudolabel.validation import check_fraction


class Curriculum(BaseEstimator):
    """Trust the same share of every predicted class, the surest rows of each.

    Parameters
    ----------
    share : float, default=1.0
        From 0 to 1; a class keeps at least one row unless the share is 0.

    References
    ----------
    Cascante-Bonilla et al. (2021), "Curriculum Labeling"; per class as in Zou et al. (2018), "class-balanced
    self-training".

    Examples
    --------
    >>> scores = Scores(np.array([[0.9, 0.1], [0.8, 0.2], [0.4, 0.6], [0.3, 0.7]]))
    >>> Curriculum(0.5).weigh(scores)
    array([1., 0., 0., 1.])
    """

    def __init__(self, share: float = 1.0) -> None:
        self.share = share

    def weigh(self, scores: Scores) -> NDArray[np.float64]:
        """Give weight 1 to the surest rows of every predicted class and 0 to the others.

        Raises
        ------
        ParameterError
            If `share` is not a number from 0 to 1.
        """
        share = check_fraction(self, "share", self.share)
        codes, confidence = scores.codes, scores.confidence
        weights = np.zeros(len(codes))
        for code in np.unique(codes):
            rows = np.flatnonzero(codes == code)
            surest_first = rows[np.argsort(-confidence[rows], kind="stable")]
            weights[surest_first[: int(np.ceil(share * len(rows)))]] = 1.0
        return weights
