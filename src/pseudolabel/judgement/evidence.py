"""Evidence: two ways to make a model, compared on labeled rows that neither saw.

Takes  a function that makes both models from some rows and scores the others, and the class codes of the rows.
Gives  Evidence: accuracy and Brier score of both, the difference with an interval, recall by class.

Rows share training sets, so the differences of repeated folds vary less than they should; the interval uses the
larger of two standard errors.

Source: Bonett and Price (2012) for the two added rows.

Before this: pairs.py. After this: conclusion.py.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from pseudolabel.judgement.pairs import FEWEST_SCORED_ROWS, Difference, Pairs, around, corrected_difference, make_pairs

Probabilities = tuple[NDArray[np.float64], NDArray[np.float64]]
"""By the model without and by the model with pseudo-labels, each of shape (n_held_out, n_classes)."""


class MakeBoth(Protocol):
    """Make the model without and the model with pseudo-labels, and score rows with both."""

    def __call__(self, train: NDArray[np.int64], held_out: NDArray[np.int64]) -> Probabilities:
        """Give the probabilities of the held-out rows by models that saw the training rows only."""
        ...


@dataclass(frozen=True)
class Measures:
    """How good one model is: accuracy and balanced accuracy from 0 to 1, Brier score from 0 (best) to 2."""

    accuracy: float
    balanced_accuracy: float
    brier: float


@dataclass(frozen=True)
class ClassRecall:
    """The share of a class's rows each model got right; the class as a position among the classes."""

    code: int
    n_rows: int
    labels_only: float
    pseudo_labeled: float


@dataclass(frozen=True)
class Evidence:
    """A paired comparison.

    Attributes
    ----------
    n_rows : int
        Labeled rows that were held out and scored.
    n_folds, n_repeats : int
    labels_only, pseudo_labeled : Measures
    accuracy : Difference
        Above 0 favours pseudo-labels.
    brier : Difference
        Below 0 favours pseudo-labels.
    per_class : tuple of ClassRecall
    not_scored : tuple of int
        Classes with a single labeled row, as positions: these rows always stay in training.
    """

    n_rows: int
    n_folds: int
    n_repeats: int
    labels_only: Measures
    pseudo_labeled: Measures
    accuracy: Difference
    brier: Difference
    per_class: tuple[ClassRecall, ...]
    not_scored: tuple[int, ...]


def count_scored_rows(codes: NDArray[np.int64]) -> int:
    """Count the labeled rows that can be held out: those of classes with at least two."""
    counts = np.bincount(codes[codes >= 0])
    return int(counts[counts > 1].sum())


def weigh_evidence(
    make_both: MakeBoth,
    codes: NDArray[np.int64],
    *,
    seed: int,
    n_jobs: int | None = None,
    on_pair: Callable[[], None] = lambda: None,
) -> Evidence | None:
    """Compare two ways to make a model on labeled rows held out in turn.

    Parameters
    ----------
    make_both : function of training and held-out positions
        Unlabeled rows are always among the training positions.
    codes : ndarray of shape (n_rows,)
        Classes; -1 for rows without a label.
    seed : int
        Of the dealing.
    n_jobs : int or None, default=None
        Folds at a time.
    on_pair : function, optional
        Called whenever a fold is done.

    Returns
    -------
    evidence : Evidence or None
        None with fewer than 20 rows to score or fewer than two classes among them: nothing honest can be said.
    """
    n_rows = count_scored_rows(codes)
    counts = np.bincount(codes[codes >= 0])
    if n_rows < FEWEST_SCORED_ROWS or (counts > 1).sum() < 2:
        return None
    return _evidence(codes, make_pairs(make_both, codes, n_rows, seed=seed, n_jobs=n_jobs, on_pair=on_pair))


def _evidence(codes: NDArray[np.int64], pairs: Pairs[Probabilities]) -> Evidence:
    truth = codes[pairs.rows]
    right = np.empty((2, pairs.design.n_repeats, len(truth)))
    brier = np.empty_like(right)
    for repeat, at, both in pairs.places():
        for model, given in enumerate(both):
            right[model, repeat, at] = given.argmax(axis=1) == truth[at]
            brier[model, repeat, at] = ((given - np.eye(given.shape[1])[truth[at]]) ** 2).sum(axis=1)
    per_class = tuple(_recall(code, right[:, :, truth == code]) for code in np.unique(truth))
    return Evidence(
        n_rows=len(truth),
        n_folds=pairs.design.n_folds,
        n_repeats=pairs.design.n_repeats,
        labels_only=_measures(right[0], brier[0], [recall.labels_only for recall in per_class]),
        pseudo_labeled=_measures(right[1], brier[1], [recall.pseudo_labeled for recall in per_class]),
        accuracy=accuracy_difference(right[1] - right[0]),
        brier=corrected_difference(pairs.fold_means(brier[1] - brier[0]), pairs.design.n_folds),
        per_class=per_class,
        not_scored=tuple(int(code) for code in np.setdiff1d(codes[codes >= 0], truth)),
    )


def _recall(code: int, right: NDArray[np.float64]) -> ClassRecall:
    labels_only, pseudo_labeled = right.mean(axis=(1, 2))
    return ClassRecall(int(code), right.shape[2], float(labels_only), float(pseudo_labeled))


def _measures(right: NDArray[np.float64], brier: NDArray[np.float64], recalls: list[float]) -> Measures:
    return Measures(float(right.mean()), float(np.mean(recalls)), float(brier.mean()))


def accuracy_difference(differences: NDArray[np.float64]) -> Difference:
    """Give the mean difference in accuracy and its interval.

    Parameters
    ----------
    differences : ndarray of shape (n_repeats, n_rows), each -1, 0 or 1
        1 where only the second model was right.

    Examples
    --------
    >>> accuracy_difference(np.array([[1.0, 0.0, 0.0, 0.0] * 10])).estimate
    0.25
    """
    n_rows = differences.shape[1]
    estimate = float(differences.mean())
    of_rows = differences.mean(axis=0)
    # Two made-up rows, one for each side, keep the error from vanishing when the models never disagree.
    mean = of_rows.sum() / (n_rows + 2)
    shrunk = np.sqrt((((of_rows**2).sum() + 2) / (n_rows + 2) - mean**2) / (n_rows + 2))
    unaveraged = np.sqrt(((differences**2).mean() - estimate**2) / (n_rows - 1))
    return around(estimate, float(max(shrunk, unaveraged)), n_rows - 1)
