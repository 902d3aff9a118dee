"""Scores: the label a model gives each row, and how sure it is.

Takes  a matrix of probabilities, one row a row of the table, one column a class.
Gives  Scores: the likeliest class of every row and its probability.

Before this: calibration.py. After this: selection/.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pseudolabel.data.confidence import confidence_of


@dataclass(frozen=True)
class Scores:
    """What a model says of rows.

    Attributes
    ----------
    probabilities : ndarray of shape (n_rows, n_classes), each 0 to 1
        Each row sums to 1.
    """

    probabilities: NDArray[np.floating]

    @property
    def codes(self) -> NDArray[np.int64]:
        """The likeliest class of every row: ndarray of shape (n_rows,)."""
        return np.asarray(self.probabilities.argmax(axis=1))

    @property
    def confidence(self) -> NDArray[np.floating]:
        """The probability of that class: ndarray of shape (n_rows,), 0 to 1.

        Examples
        --------
        >>> Scores(np.array([[0.2, 0.8], [0.6, 0.4]])).confidence
        array([0.8, 0.6])
        """
        return confidence_of(self.probabilities)
