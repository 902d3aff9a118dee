"""Folds: labeled rows dealt into parts that take turns at being held out.

Takes  the class codes of the rows, -1 where there is no label.
Gives  for every row the fold in which it is held out, -1 if it never is.

An unlabeled row has nothing to be scored on, and a class with a single labeled row would vanish from training
when that row is held out; both stay on the training side of every fold. Dealing goes on from class to class
where the last one stopped, so that a class of two rows always keeps one in training.

Source: Kohavi (1995) for stratified folds; the running offset is ours.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pseudolabel.data.labels import read_labels
from pseudolabel.validation import check_count

NEVER_HELD_OUT = -1


def deal_folds(codes: NDArray[np.int64], n_folds: int, seed: int) -> NDArray[np.int64]:
    """Deal the labeled rows into folds, class by class.

    Parameters
    ----------
    codes : ndarray of shape (n_rows,)
        Class codes; -1 for rows without a label.
    n_folds : int
        2 or more.
    seed : int
        Of the shuffle inside every class.

    Returns
    -------
    fold : ndarray of shape (n_rows,), int64
        From 0 to `n_folds` - 1; -1 for rows that are never held out.

    Examples
    --------
    >>> fold = deal_folds(np.array([0, 0, 1, 1, 2, -1]), n_folds=2, seed=0)
    >>> fold[4:]
    array([-1, -1])
    >>> sorted(fold[:2].tolist()), sorted(fold[2:4].tolist())
    ([0, 1], [0, 1])
    """
    random = np.random.default_rng(seed)
    fold = np.full(len(codes), NEVER_HELD_OUT, dtype=np.int64)
    dealt = 0
    for code in np.unique(codes[codes >= 0]):
        rows = random.permutation(np.flatnonzero(codes == code))
        if len(rows) > 1:
            fold[rows] = (dealt + np.arange(len(rows))) % n_folds
            dealt += len(rows)
    return fold


class LabeledKFold:
    """Cross-validation that holds out labeled rows only; unlabeled rows always help to train.

    Give it as `cv=` to scikit-learn's `cross_val_score` or `GridSearchCV`: it accepts labels with gaps of any
    kind, where scikit-learn's own splitters would hold out unlabeled rows too or refuse the gaps.

    Parameters
    ----------
    n_splits : int, default=5
        Folds in each repeat, 2 or more.
    n_repeats : int, default=1
        How often the rows are dealt anew.
    unlabeled : "auto", None, or a value or list of values, default="auto"
        What marks a row without a label, as in `PseudoLabelClassifier`.
    random_state : int, default=0
        Seed of the dealing.

    Examples
    --------
    >>> folds = LabeledKFold(n_splits=2).split(np.zeros((5, 1)), ["a", "b", "a", "b", None])
    >>> [sorted(held_out.tolist()) != [4] and 4 in train for train, held_out in folds]
    [True, True]
    """

    def __init__(
        self, n_splits: int = 5, *, n_repeats: int = 1, unlabeled: Any = "auto", random_state: int = 0
    ) -> None:
        self.n_splits = n_splits
        self.n_repeats = n_repeats
        self.unlabeled = unlabeled
        self.random_state = random_state

    def split(
        self, X: Any, y: ArrayLike, groups: object = None
    ) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
        """Give the positions of the training rows and of the held-out labeled rows, fold by fold.

        Raises
        ------
        ParameterError
            If `n_splits` or `n_repeats` is not a whole number in range.
        """
        n_splits = check_count(self, "n_splits", self.n_splits, at_least=2)
        n_repeats = check_count(self, "n_repeats", self.n_repeats)
        codes = read_labels(y, unlabeled=self.unlabeled).codes
        for repeat in range(n_repeats):
            fold = deal_folds(codes, n_splits, seed=self.random_state + repeat)
            for number in range(n_splits):
                held_out = fold == number
                yield np.flatnonzero(~held_out), np.flatnonzero(held_out)

    def get_n_splits(self, X: object = None, y: object = None, groups: object = None) -> int:
        """Give the number of train and held-out pairs `split` will yield."""
        return self.n_splits * self.n_repeats
