"""Student: the estimator, refitted from scratch on given targets and pseudo-targets.

Takes  the estimator, all rows, the given targets, and pseudo-targets of some unlabeled rows.
Gives  a Model.

Given and taught rows count the same, so an estimator that takes no weights learns exactly what the others do.

Before this: committee.py. After this: mixture.py.
"""

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator

from pseudolabel.data.block import Block, Form
from pseudolabel.learning.model import Model
from pseudolabel.learning.regression.member import fit_regression


def fit_student(
    estimator: BaseEstimator,
    form: Form,
    block: Block,
    targets: NDArray[np.float64],
    *,
    taught: NDArray[np.int64],
    pseudo_targets: NDArray[np.float64],
) -> Model:
    """Fit on the labeled rows and on the taught ones.

    Parameters
    ----------
    estimator : regressor
    form : {"given", "matrix"}
        Which form of the rows it takes.
    block : Block of n_rows rows
    targets : ndarray of shape (n_rows,)
        NaN where there is none.
    taught : ndarray of shape (n_taught,)
        Positions of the unlabeled rows that take part.
    pseudo_targets : ndarray of shape (n_taught,)
    """
    labeled = np.flatnonzero(~np.isnan(targets))
    rows = np.concatenate([labeled, taught])
    return fit_regression(estimator, block.take(rows), np.concatenate([targets[labeled], pseudo_targets]), form)
