"""Member: a learner that may sit on the committee.

Takes  labeled rows dealt into folds.
Gives  honest out-of-fold probabilities of these rows, and the member fitted on all of them.

Honest means that no probability of a row comes from a model that saw its label: the committee's weights and
temperatures are learnt from them.

Before this: model.py. After this: teacher.py.
"""

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator

from pseudolabel.data.block import Block, Form
from pseudolabel.learning.model import Model, fit_model


@dataclass(frozen=True)
class Member:
    """A learner not yet fitted.

    Attributes
    ----------
    name : str
        As shown to the user.
    estimator : classifier
    form : {"given", "matrix"}
        Which form of the rows it takes.
    out_of_bag : bool
        Whether its bootstrap votes are honest probabilities of the rows it was fitted on; folds are then not needed.
    users : bool
        Whether it is the user's estimator, for which the parameters of the user's `fit` are meant.
    """

    name: str
    estimator: BaseEstimator
    form: Form = "matrix"
    out_of_bag: bool = False
    users: bool = False

    def fit(
        self, block: Block, labels: NDArray[Any], classes: NDArray[Any], fold: NDArray[np.int64]
    ) -> tuple[Model, NDArray[np.float64]]:
        """Fit on all rows, and score each row without its own label.

        Returns
        -------
        model : Model
            Fitted on all rows.
        out_of_fold : ndarray of shape (n_rows, n_classes)
            NaN in rows that are never held out.
        """
        block = block if self.users else block.bare()
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Some inputs do not have OOB scores")  # they get NaN below
            model = fit_model(self.estimator, block, labels, classes, self.form)
        if self.out_of_bag:
            votes = np.array(model.estimator.__dict__.pop("oob_decision_function_"))  # a row a label: not for a file
            votes[fold < 0] = np.nan
            with np.errstate(invalid="ignore"):
                return model, votes / votes.sum(axis=1, keepdims=True)
        out_of_fold = np.full((len(labels), len(classes)), np.nan)
        for number in range(fold.max() + 1):
            held_out = fold == number
            if held_out.any():
                trained = fit_model(self.estimator, block.take(~held_out), labels[~held_out], classes, self.form)
                out_of_fold[held_out] = trained.probabilities(block.take(held_out))
        return model, out_of_fold
