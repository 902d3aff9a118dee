"""Kernel: support vector machines, for classes split by a curve.

A support vector machine gives distances from the border, not probabilities. Their softmax, doubled, is near enough:
the committee's temperature mends the rest, and the usual way (a second cross-validation) costs five more fits.

Source: Cortes and Vapnik (1995), "Support-vector networks".
"""

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax
from sklearn.svm import SVC

from pseudolabel.learning.committee.member import EstimatorMember

STEEPNESS = 2.0
"""By which distances are multiplied before the softmax."""


class MarginClassifier(SVC):
    """A support vector machine whose probabilities are the softmax of its distances.

    Examples
    --------
    >>> model = MarginClassifier().fit(np.array([[0.0], [1.0], [4.0], [5.0]]), np.array([0, 0, 1, 1]))
    >>> model.predict_proba(np.array([[0.0]])).round(2)
    array([[0.98, 0.02]])
    """

    def fit(self, X: Any, y: Any, sample_weight: NDArray[np.float64] | None = None) -> Self:
        """Fit on the rows that have a weight: the library below forgets a class without any, and then miscounts."""
        if sample_weight is not None:
            X, y, sample_weight = X[sample_weight > 0], y[sample_weight > 0], sample_weight[sample_weight > 0]
        super().fit(X, y, sample_weight)
        return self

    def predict_proba(self, X: Any) -> NDArray[np.float64]:
        """Give the probability of every class: ndarray of shape (n_rows, n_classes)."""
        distances = np.asarray(self.decision_function(X))
        if distances.ndim == 1:
            distances = np.column_stack([-distances, distances])
        return np.asarray(softmax(STEEPNESS * distances, axis=1))


def kernel_member() -> EstimatorMember:
    """Give the usual bell-shaped kernel as a member: near rows are alike."""
    return EstimatorMember("kernel", MarginClassifier(C=3.0), "scaled")


def pairs_member() -> EstimatorMember:
    """Give the kernel of all pairs of columns as a member: what a slope misses is often a product of two columns."""
    return EstimatorMember("pairs", MarginClassifier(C=1.0, kernel="poly", degree=2, coef0=1.0), "scaled")
