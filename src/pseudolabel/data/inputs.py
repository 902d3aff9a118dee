"""Inputs: what enters `fit` and `predict`, checked at the door and trusted after it.

Takes  rows, labels and weights in whatever form the caller has them.
Gives  the same, known to be usable: frames stay frames, lists become arrays, weights are numbers.

Before this: block.py. After this: learning/.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import scipy.sparse as sp
from narwhals.exceptions import DuplicateError
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from sklearn.utils import get_tags
from sklearn.utils.validation import column_or_1d, validate_data

from pseudolabel.data.block import is_frame, stack_rows
from pseudolabel.data.labels import as_vector
from pseudolabel.errors import InputError
from pseudolabel.validation import listed


def check_rows(owner: BaseEstimator, X: Any, *, numeric: bool, reset: bool) -> Any:
    """Give `X` as a frame, array or CSR matrix; remember its columns in `owner`, or compare with them.

    Parameters
    ----------
    owner : estimator
        Gets `n_features_in_` and, for frames, `feature_names_in_`.
    X : array-like, sparse matrix, frame, or sequence of texts
    numeric : bool
        Whether arrays must hold numbers: the case for our own learners. A user's estimator checks for itself.
    reset : bool
        True in `fit`, False afterwards.

    Raises
    ------
    InputError
        If a frame has no rows, or two columns of one name.
    """
    try:
        frame = is_frame(X)
    except DuplicateError as error:
        names = sorted({str(name) for name in X.columns if list(X.columns).count(name) > 1})
        raise InputError(f"X has several columns of one name: {listed(names)}. Rename them.") from error
    if frame:
        if len(X) == 0:
            raise InputError(f"{type(owner).__name__}: X has 0 rows, while a minimum of 1 is required.")
        return validate_data(owner, X, reset=reset, skip_check_array=True)
    if _holds_texts(X):
        return np.asarray(list(X), dtype=object)
    dtype: Any = "numeric" if numeric else None
    finite: Any = "allow-nan" if numeric else False
    sparse = "csr" if get_tags(owner).input_tags.sparse else False
    return validate_data(owner, X, reset=reset, accept_sparse=sparse, dtype=dtype, ensure_all_finite=finite)


def check_labels(y: Any) -> NDArray[Any]:
    """Give `y` as a vector, or say why it cannot be one.

    Raises
    ------
    InputError
        If `y` is None or has several columns.
    """
    if y is None:
        raise InputError("This estimator requires y to be passed, but the target y is None.")
    shape = y.shape if hasattr(y, "shape") else as_vector(y).shape
    if sp.issparse(y) or (len(shape) == 2 and shape[1] != 1):
        raise InputError(
            f"y has shape {shape}: targets with several columns (multilabel, multioutput) are not supported. "
            "Fit one model a column."
        )
    if is_frame(y):
        y = y[:, 0] if not hasattr(y, "iloc") else y.iloc[:, 0]
    vector = as_vector(y)
    return column_or_1d(vector, warn=True) if vector.ndim != 1 else vector


def stack_unlabeled(X: Any, X_unlabeled: Any, metadata: Mapping[str, Any]) -> Any:
    """Put the rows of `X_unlabeled` under those of `X`.

    Raises
    ------
    InputError
        If the two do not fit, or there is metadata, which `X_unlabeled` has none of.
    """
    if metadata:
        raise InputError(
            f"{', '.join(map(repr, metadata))} has one entry for each row of X and none for X_unlabeled. "
            "Put the unlabeled rows into X and mark them in y."
        )
    return stack_rows(X, X_unlabeled)


def split_by_row(params: Mapping[str, Any], n_rows: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """Tell parameters with one entry a row, which are sliced with the rows, from all others.

    Examples
    --------
    >>> split_by_row({"cost": [1, 2, 3], "verbose": False}, n_rows=3)
    ({'cost': [1, 2, 3]}, {'verbose': False})
    """
    by_row = {name: value for name, value in params.items() if _has_entries(value, n_rows)}
    return by_row, {name: value for name, value in params.items() if name not in by_row}


def _has_entries(value: Any, n_rows: int) -> bool:
    if isinstance(value, str | bytes | Mapping):
        return False
    length = value.shape[0] if getattr(value, "shape", ()) else len(value) if hasattr(value, "__len__") else None
    return length == n_rows


def _holds_texts(X: Any) -> bool:
    if sp.issparse(X) or isinstance(X, str) or not hasattr(X, "__len__") or len(X) == 0:
        return False
    first = X.iloc[0] if hasattr(X, "iloc") else X[0]
    return isinstance(first, str)
