"""Student: the user's estimator, refitted from scratch on given labels and pseudo-labels.

Takes  the estimator, all rows, the given labels, and soft pseudo-labels of some unlabeled rows.
Gives  a Model.

A soft label is written as one weighted row a class, which every estimator with sample weights understands. One
that takes no weights gets the likeliest class of each trusted row instead.

Before this: pseudolabels.py. After this: mixture.py.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, clone
from sklearn.ensemble import RandomForestClassifier

from pseudolabel.data.block import Block, Form
from pseudolabel.learning.model import Model, fit_model, takes_weights
from pseudolabel.learning.pseudolabels import sharpened, soft_pairs

MANY_COLUMNS = 1_000
"""From here on a tree takes most of its time to find that two equal rows cannot be told apart, column by column."""


def fit_student(
    estimator: BaseEstimator,
    form: Form,
    block: Block,
    codes: NDArray[np.int64],
    classes: NDArray[Any],
    *,
    taught: NDArray[np.int64],
    probabilities: NDArray[np.float64],
    trust: NDArray[np.float64],
) -> Model:
    """Fit on the labeled rows with weight 1, and on the taught rows with their soft labels.

    Parameters
    ----------
    estimator : classifier
    form : {"given", "matrix"}
        Which form of the rows it takes.
    block : Block of n_rows rows
    codes : ndarray of shape (n_rows,)
        Given classes; -1 where there is no label.
    classes : ndarray of shape (n_classes,)
    taught : ndarray of shape (n_taught,)
        Positions of the unlabeled rows that take part.
    probabilities : ndarray of shape (n_taught, n_classes)
        Their soft labels.
    trust : ndarray of shape (n_taught,), 0 to 1
        How much each of them counts, beside 1 for a labeled row; those with 0 are left out.
    """
    taught, probabilities, trust = taught[trust > 0], probabilities[trust > 0], trust[trust > 0]
    labeled = np.flatnonzero(codes >= 0)
    if not takes_weights(estimator, block):
        rows = np.concatenate([labeled, taught])
        labels = np.concatenate([codes[labeled], probabilities.argmax(axis=1)])
        return fit_model(estimator, block.take(rows), classes[labels], classes, form)
    if form == "matrix":
        estimator = with_pairs_left_whole(estimator, block.matrix.shape[1])
    pair_rows, pair_codes, pair_weights = soft_pairs(sharpened(probabilities))
    rows = np.concatenate([labeled, taught[pair_rows]])
    labels = np.concatenate([codes[labeled], pair_codes])
    weights = np.concatenate([np.ones(len(labeled)), pair_weights * trust[pair_rows]])
    return fit_model(estimator, block.take(rows).times(weights), classes[labels], classes, form)


def with_pairs_left_whole(estimator: BaseEstimator, n_columns: int) -> BaseEstimator:
    """Let a forest of ours leave two rows in a leaf, where there are many columns; give any other as it is.

    A soft label is two equal rows of different classes, which end in a node of their own. To split such a node, a tree
    tries every column in vain: of 5 000 columns that was two thirds of its time.

    Parameters
    ----------
    estimator : classifier
    n_columns : int

    Examples
    --------
    >>> with_pairs_left_whole(RandomForestClassifier(), 5_000)
    RandomForestClassifier(min_samples_split=3)
    >>> with_pairs_left_whole(RandomForestClassifier(), 50)
    RandomForestClassifier()
    """
    if n_columns <= MANY_COLUMNS or not isinstance(estimator, RandomForestClassifier):
        return estimator
    return clone(estimator).set_params(min_samples_split=3) if estimator.min_samples_split == 2 else estimator
