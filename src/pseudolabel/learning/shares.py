"""Shares: how large each class is among the unlabeled rows, estimated from the rows themselves.

Takes  labeled rows, their classes, and unlabeled rows, all as numbers.
Gives  a share for each class; they sum to 1.

Two estimates that err in different ways, and their mean. A forest counts how often it would vote for each class in
the unlabeled rows, and its out-of-bag votes say how often it does so wrongly: inverting that corrects the count. A
logistic regression asks which shares make its own probabilities agree with their mean. Either alone is now and then
far off; mostly the other then holds the mean back. Where both are lost, so is the mean.

Never from calibrated probabilities: softened by few labels, they let the second estimate run off to a single class.

Source: Saerens, Latinne and Decaestecker (2002) for the logistic half; Azizzadenesheli et al. (2019) for a count
inverted with a pull towards the labels. The mean of both is ours.

Before this: data/sample.py. After this: prior.py turns shares into factors.
"""

import warnings
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.optimize import nnls
from sklearn.ensemble import RandomForestClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from pseudolabel.data.sample import draw_sample

MOST_ROWS = 10_000
"""Labeled rows, and unlabeled rows, that take part: bounds the cost."""

N_TREES = 100
MAX_ITER = 2_000

PULL = 0.3
"""How hard the inverted count is pulled towards the labels: worth this many labeled rows of each class."""

FIRM = 1e3
"""How hard the inverted count is held to shares that sum to 1."""

EM_STEPS = 60
SMALLEST = 0.04
"""The least share of a class, as a part of an even share. A share of 0 could never be corrected by a probability."""

SEED = 0


def estimate_shares(labeled: Any, codes: NDArray[np.int64], unlabeled: Any, n_classes: int) -> NDArray[np.float64]:
    """Estimate the share of every class among the unlabeled rows, however the labeled ones were drawn.

    What it needs is that the rows of a class look alike in both tables; how many labels a class has does not matter.

    Parameters
    ----------
    labeled : ndarray or sparse matrix of shape (n_labeled, n_features)
        Numbers; NaN where one is missing.
    codes : ndarray of shape (n_labeled,)
        Their classes, 0 to `n_classes` - 1. A class without any row is given the least share.
    unlabeled : like `labeled`, of shape (n_unlabeled, n_features)
        A seeded sample takes part if there are more than 10 000.
    n_classes : int
        2 or more.

    Returns
    -------
    shares : ndarray of shape (n_classes,)
        Each at least about 0.04 / n_classes. Without unlabeled rows, the shares among the labels.

    Examples
    --------
    >>> low, high = np.linspace(0, 1, 90), np.linspace(9, 10, 10)
    >>> unlabeled = np.concatenate([low, high]).reshape(-1, 1)
    >>> labeled = np.array([[0.1], [0.3], [0.5], [0.7], [0.9], [9.1], [9.3], [9.5], [9.7], [9.9]])
    >>> estimate_shares(labeled, np.repeat([0, 1], 5), unlabeled, n_classes=2).round(1)
    array([0.9, 0.1])
    """
    kept, asked = draw_sample(len(codes), MOST_ROWS, SEED), draw_sample(unlabeled.shape[0], MOST_ROWS, SEED)
    present, found = np.unique(codes[kept], return_inverse=True)
    shares = np.bincount(codes, minlength=n_classes) / len(codes)
    if len(asked) and len(present) > 1:
        rows = _filled(labeled[kept], unlabeled[asked])
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # remarks on how few the labels are: findings say what can be done
            both = [estimate(*rows, found, len(present)) for estimate in (_by_inverted_count, _by_agreement)]
        shares[present] = np.mean(both, axis=0)
    shares = np.maximum(shares, SMALLEST / n_classes)
    return np.asarray(shares / shares.sum())


def _filled(labeled: Any, unlabeled: Any) -> tuple[Any, Any]:
    """Fill and scale the columns, as all rows have them: labels are not looked at."""
    sparse = sp.issparse(labeled)
    rows = sp.vstack([labeled, unlabeled], format="csr") if sparse else np.concatenate([labeled, unlabeled])
    # Not centred: the intercept takes care of that, and sparse rows stay sparse.
    scaled = make_pipeline(
        SimpleImputer(strategy="median", keep_empty_features=True), StandardScaler(with_mean=False)
    ).fit_transform(rows.astype(np.float64))
    return scaled[: labeled.shape[0]], scaled[labeled.shape[0] :]


def _by_inverted_count(labeled: Any, unlabeled: Any, codes: NDArray[np.int64], n_classes: int) -> NDArray[np.float64]:
    """Count a forest's votes, and undo the errors its out-of-bag votes show: least squares, no share below 0."""
    drawn = np.bincount(codes, minlength=n_classes) / len(codes)
    forest = RandomForestClassifier(N_TREES, oob_score=True, random_state=SEED).fit(labeled, codes)
    votes = np.nan_to_num(forest.oob_decision_function_, nan=1 / n_classes)
    votes_of_class = np.stack([votes[codes == code].mean(axis=0) for code in range(n_classes)])
    pull = np.sqrt(PULL * n_classes / len(codes))
    left = np.vstack([votes_of_class.T, pull * np.eye(n_classes), np.full(n_classes, FIRM)])
    right = np.concatenate([forest.predict_proba(unlabeled).mean(axis=0), pull * drawn, [FIRM]])
    shares, _ = nnls(left, right)
    return np.asarray(shares / shares.sum())


def _by_agreement(labeled: Any, unlabeled: Any, codes: NDArray[np.int64], n_classes: int) -> NDArray[np.float64]:
    """Find the shares under which a logistic regression's probabilities have these shares as their mean."""
    balanced = LogisticRegression(class_weight="balanced", max_iter=MAX_ITER)
    likelihoods = balanced.fit(labeled, codes).predict_proba(unlabeled)  # up to a factor for each row
    shares = np.full(n_classes, 1 / n_classes)
    for _ in range(EM_STEPS):
        moved = likelihoods * shares
        shares = (moved / moved.sum(axis=1, keepdims=True)).mean(axis=0)
    return shares
