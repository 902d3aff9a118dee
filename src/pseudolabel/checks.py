"""Checks: what a policy of yours must keep to, so that it can stand where ours stand.

Takes  an object you wrote.
Gives  nothing if it keeps its promises; else an AssertionError that says which it breaks, and on which scores.

    from pseudolabel.checks import check_policy
    check_policy(MyPolicy())

Before this: learning/selection/. After this: your tests.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, clone

from pseudolabel.learning.scores import Scores
from pseudolabel.learning.selection.policy import Policy

N_ROWS = 60
SEED = 0


def check_policy(policy: Policy) -> None:
    """Check that an object can be used as `selection=` of `PseudoLabelClassifier`.

    It must give a number from 0 to 1 for every row, depend on nothing but the scores and its own parameters, follow
    the rows when their order changes, and take any number of rows and classes, also none of the former.

    Parameters
    ----------
    policy : object with `weigh(scores)`
        As you would pass it. It is not changed.

    Raises
    ------
    AssertionError
        If a promise is broken; the message says which, and how.

    Examples
    --------
    >>> from pseudolabel import Threshold
    >>> check_policy(Threshold(0.9))
    """
    _check_parameters(policy)
    for n_classes in (2, 3, 10):
        scores = _distinct_scores(N_ROWS, n_classes)
        _check_weights(policy, scores)
        _check_memory(policy, scores)
        _check_order(policy, scores)
    for n_rows in (0, 1):
        _check_weights(policy, _distinct_scores(n_rows, 3))
    _check_weights(policy, Scores(np.full((N_ROWS, 4), 0.25)))
    _check_weights(policy, Scores(np.eye(4)[np.arange(N_ROWS) % 4]))


def _distinct_scores(n_rows: int, n_classes: int) -> Scores:
    """Draw scores in which no two rows are equally sure: the order of ties is a policy's own affair."""
    return Scores(np.random.default_rng(SEED).dirichlet(np.full(n_classes, 0.7), n_rows))


def _weights_of(policy: Policy, scores: Scores) -> NDArray[Any]:
    kept = scores.probabilities.copy()
    weights = policy.weigh(scores)
    assert np.array_equal(scores.probabilities, kept), f"{_name(policy)}.weigh changed the scores it was given."
    assert isinstance(weights, np.ndarray), f"{_name(policy)}.weigh must give an ndarray, got {type(weights).__name__}."
    return weights


def _check_weights(policy: Policy, scores: Scores) -> None:
    n_rows, n_classes = scores.probabilities.shape
    on = f"on {n_rows} rows of {n_classes} classes"
    weights = _weights_of(policy, scores)
    assert weights.shape == (n_rows,), (
        f"{_name(policy)}.weigh must give one weight a row, shape ({n_rows},), got shape {weights.shape} {on}."
    )
    assert weights.dtype.kind == "f", f"{_name(policy)}.weigh must give decimals, got {weights.dtype} {on}."
    wrong = weights[~((weights >= 0) & (weights <= 1))]
    assert len(wrong) == 0, f"{_name(policy)}.weigh must give weights from 0 to 1, got {wrong[0]!r} {on}."


def _check_order(policy: Policy, scores: Scores) -> None:
    order = np.random.default_rng(SEED).permutation(len(scores.probabilities))
    shuffled = _weights_of(policy, Scores(scores.probabilities[order]))
    assert np.allclose(shuffled, _weights_of(policy, scores)[order]), (
        f"{_name(policy)}.weigh must give a row the same weight wherever it stands."
    )


def _check_memory(policy: Policy, scores: Scores) -> None:
    first = _weights_of(policy, scores)
    _weights_of(policy, _distinct_scores(7, 3))
    assert np.array_equal(first, _weights_of(policy, scores)), (
        f"{_name(policy)}.weigh must give the same weights for the same scores, whatever it saw before."
    )


def _check_parameters(policy: Policy) -> None:
    assert hasattr(policy, "weigh"), f"{_name(policy)} has no method `weigh`."
    assert isinstance(policy, BaseEstimator), (
        f"{_name(policy)} must be a scikit-learn BaseEstimator, so that its parameters can be searched and cloned."
    )
    clone(policy)


def _name(policy: object) -> str:
    return type(policy).__name__
