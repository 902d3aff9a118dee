"""Member: a regressor that may sit on the committee.

Takes  labeled rows dealt into folds, and their targets.
Gives  an honest out-of-fold prediction of each of these rows, and the member fitted on all of them.

Honest means that no prediction of a row comes from a model that saw its target: the committee's weights and the
width of every interval are learnt from them.

Before this: model.py. After this: committee.py.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator

from pseudolabel.data.block import Block, Form
from pseudolabel.learning.boosters import with_fewer_bins
from pseudolabel.learning.model import Model, fit_model

NO_CLASSES: NDArray[np.float64] = np.empty(0)
"""What a model of numbers has in place of classes."""


@dataclass(frozen=True)
class Member:
    """A regressor not yet fitted.

    Attributes
    ----------
    name : str
        As shown to the user.
    estimator : regressor
    form : {"given", "matrix"}
        Which form of the rows it takes.
    out_of_bag : bool
        Whether its bootstrap gives honest predictions of the rows it was fitted on; folds are then not needed.
    users : bool
        Whether it is the user's estimator, for which the parameters of the user's `fit` are meant.
    """

    name: str
    estimator: BaseEstimator
    form: Form = "matrix"
    out_of_bag: bool = False
    users: bool = False

    def fit(
        self, block: Block, targets: NDArray[np.float64], fold: NDArray[np.int64]
    ) -> tuple[Model, NDArray[np.float64]]:
        """Fit on all rows, and predict each row without its own target.

        Returns
        -------
        model : Model
            Fitted on all rows.
        out_of_fold : ndarray of shape (n_rows,)
        """
        block = block if self.users else block.bare()
        model = fit_regression(self.estimator, block, targets, self.form)
        if self.out_of_bag:
            del model.estimator.oob_score_  # a row a label: not for a file
            return model, np.array(model.estimator.__dict__.pop("oob_prediction_"))
        out_of_fold = np.empty(len(targets))
        for number in range(fold.max() + 1):
            held_out = fold == number
            lighter = with_fewer_bins(self.estimator, int((~held_out).sum()))
            trained = fit_regression(lighter, block.take(~held_out), targets[~held_out], self.form)
            out_of_fold[held_out] = trained.predict(block.take(held_out))
        return model, out_of_fold


def fit_regression(estimator: BaseEstimator, block: Block, targets: NDArray[np.float64], form: Form = "given") -> Model:
    """Fit a clone of a regressor on these rows; their weights and metadata go along where it takes them."""
    return fit_model(estimator, block, targets, NO_CLASSES, form)
