"""Member: a learner that may sit on the committee.

Takes  a Lesson: labeled rows dealt into folds, and the unlabeled rows beside them.
Gives  the member fitted on all labels, and honest out-of-fold probabilities of the labeled rows.

Honest means that no probability of a row comes from a model that saw its label: the committee's weights and
temperatures are learnt from them. Whatever a member learns from labels is learnt anew in every fold.

Before this: model.py. After this: teacher.py.
"""

import warnings
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator

from pseudolabel.data.block import Block, Form
from pseudolabel.learning.boosters import with_fewer_bins
from pseudolabel.learning.model import Model, Voter, fit_model


@dataclass(frozen=True)
class Lesson:
    """What the members of a committee learn from.

    Attributes
    ----------
    block : Block of n_labeled rows
    codes : ndarray of shape (n_labeled,)
        Their classes, as positions in `classes`.
    classes : ndarray of shape (n_classes,)
    fold : ndarray of shape (n_labeled,)
        In which fold a row is held out; -1 if in none.
    unlabeled : Block
        Unlabeled rows, for members that learn from where rows lie; may hold no rows.
    """

    block: Block
    codes: NDArray[np.int64]
    classes: NDArray[Any]
    fold: NDArray[np.int64]
    unlabeled: Block

    @property
    def labels(self) -> NDArray[Any]:
        """The class of every labeled row, as the user wrote it."""
        return np.asarray(self.classes[self.codes])

    def held_out(self) -> list[NDArray[np.bool_]]:
        """Give, fold by fold, which labeled rows are held out."""
        masks = [self.fold == number for number in range(int(self.fold.max(initial=-1)) + 1)]
        return [mask for mask in masks if mask.any()]

    def blank(self) -> NDArray[np.float64]:
        """Give a matrix of shape (n_labeled, n_classes) to put out-of-fold probabilities in: NaN everywhere."""
        return np.full((len(self.codes), len(self.classes)), np.nan)


class Member(Protocol):
    """A learner not yet fitted.

    `name` is what the user sees; `users` tells whether it is the user's own estimator, whose errors are the user's
    to see. Any other member that fails is left out. `uses_unlabeled` tells whether it learns from unlabeled rows too.
    """

    @property
    def name(self) -> str:
        """What the user sees."""
        ...

    @property
    def users(self) -> bool:
        """Whether it is the user's own estimator."""
        ...

    @property
    def uses_unlabeled(self) -> bool:
        """Whether it learns from unlabeled rows too."""
        ...

    def fit(self, lesson: Lesson) -> tuple[Voter, NDArray[np.float64]]:
        """Learn from all labels, and score each labeled row without its own label.

        Returns
        -------
        voter : Voter
            Fitted on all labeled rows.
        out_of_fold : ndarray of shape (n_labeled, n_classes)
            NaN in rows that are never held out.
        """
        ...


@dataclass(frozen=True)
class EstimatorMember:
    """A scikit-learn classifier as a member: refitted in every fold, unless its bootstrap spares that.

    Attributes
    ----------
    name : str
    estimator : classifier
    form : {"given", "matrix", "scaled"}
        Which form of the rows it takes.
    out_of_bag : bool
        Whether its bootstrap votes are honest probabilities of the rows it was fitted on; folds are then not needed.
    users : bool
        Whether it is the user's estimator, for which the parameters of the user's `fit` are meant.
    uses_unlabeled : bool
        Never: scikit-learn's classifiers learn from labeled rows.
    """

    name: str
    estimator: BaseEstimator
    form: Form = "matrix"
    out_of_bag: bool = False
    users: bool = False
    uses_unlabeled: bool = False

    def fit(self, lesson: Lesson) -> tuple[Model, NDArray[np.float64]]:
        """Learn from all labels, and score each labeled row without its own label."""
        block = lesson.block if self.users else lesson.block.bare()
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Some inputs do not have OOB scores")  # they get NaN below
            model = fit_model(self.estimator, block, lesson.labels, lesson.classes, self.form)
        if self.out_of_bag:
            votes = np.array(model.estimator.__dict__.pop("oob_decision_function_"))  # a row a label: not for a file
            votes[lesson.fold < 0] = np.nan
            with np.errstate(invalid="ignore"):
                return model, votes / votes.sum(axis=1, keepdims=True)
        out_of_fold, labels = lesson.blank(), lesson.labels
        for held_out in lesson.held_out():
            lighter = with_fewer_bins(self.estimator, int((~held_out).sum()))
            trained = fit_model(lighter, block.take(~held_out), labels[~held_out], lesson.classes, self.form)
            out_of_fold[held_out] = trained.probabilities(block.take(held_out))
        return model, out_of_fold
