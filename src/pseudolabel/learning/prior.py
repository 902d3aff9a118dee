"""Prior: the class shares of the unlabeled rows, known to the user or estimated, put into probabilities.

Takes  shares as a mapping or an array, and how the labeled rows are shared out.
Gives  a factor for each class, by which every probability is multiplied.

Labels are often drawn evenly per class from data that is not even; what is learnt from them then expects too many
of the rare class. The correction is damped by half, because in full it takes recall from the rare classes.

Source: Saerens, Latinne and Decaestecker (2002); the damping is ours.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pseudolabel.errors import ParameterError

ESTIMATE = "estimate"
"""Said in place of shares: estimate them from the rows; see shares.py."""

DAMPING = 0.5
"""The power the correction is raised to: 0 none, 1 in full."""

PSEUDO_COUNT = 0.5
"""Added to every class count, so that a class with few labels gets no extreme factor."""


def wants_estimate(class_prior: Any) -> bool:
    """Tell whether the shares are to be estimated from the rows.

    Examples
    --------
    >>> wants_estimate("estimate"), wants_estimate([0.1, 0.9]), wants_estimate(None)
    (True, False, False)
    """
    return isinstance(class_prior, str) and class_prior == ESTIMATE


def prior_factors(class_prior: Any, classes: NDArray[Any], counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """Give the factor of each class.

    Parameters
    ----------
    class_prior : mapping of class to share, or array of shape (n_classes,)
        The shares among the unlabeled rows, given or estimated; in the order of `classes` if an array, and scaled to
        sum to 1.
    classes : ndarray of shape (n_classes,)
    counts : ndarray of shape (n_classes,)
        Labeled rows of each class.

    Raises
    ------
    ParameterError
        If a class has no share, a share is not a positive number, or a name is no class.

    Examples
    --------
    >>> prior_factors({"rare": 1, "usual": 9}, np.array(["rare", "usual"]), np.array([50, 50])).round(2)
    array([0.45, 1.34])
    """
    shares = shares_in_order(class_prior, classes)
    labeled = (counts + PSEUDO_COUNT) / (counts + PSEUDO_COUNT).sum()
    return np.asarray((shares / labeled) ** DAMPING)


def with_prior(probabilities: NDArray[np.float64], factors: NDArray[np.float64]) -> NDArray[np.float64]:
    """Multiply every row by the class factors and scale it to sum to 1 again."""
    weighted = probabilities * factors
    return np.asarray(weighted / weighted.sum(axis=1, keepdims=True))


def shares_in_order(class_prior: Any, classes: NDArray[Any]) -> NDArray[np.float64]:
    """Give shares in the order of `classes`, scaled to sum to 1.

    Raises
    ------
    ParameterError
        If a class has no share, a share is not a positive number, or a name is no class.

    Examples
    --------
    >>> shares_in_order({"usual": 9, "rare": 1}, np.array(["rare", "usual"]))
    array([0.1, 0.9])
    """
    expected = f"a positive share for each of the classes {classes.tolist()!r}"
    if isinstance(class_prior, Mapping):
        if set(class_prior) != set(classes.tolist()):
            raise ParameterError(f"`class_prior` must be {expected}, got {dict(class_prior)!r}.")
        class_prior = [class_prior[name] for name in classes.tolist()]
    try:
        shares = np.asarray(class_prior, dtype=np.float64)
    except (TypeError, ValueError):
        shares = np.empty(0)
    if shares.shape != classes.shape or not np.isfinite(shares).all() or (shares <= 0).any():
        raise ParameterError(f"`class_prior` must be None, {ESTIMATE!r} or {expected}, got {class_prior!r}.")
    return np.asarray(shares / shares.sum())
