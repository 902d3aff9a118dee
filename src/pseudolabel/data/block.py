"""Block: rows in every form the learners take, sliced together.

Takes  rows as the user has them (array, sparse matrix, pandas, polars or Arrow frame).
Gives  a Block: those rows, their numeric matrix where one is needed, their weights and other row-aligned metadata.

The user's estimator must see the frame that came in, with its column names and dtypes; our own learners want
numbers; a weight belongs to its row. What is kept in one value cannot be sliced apart.

Before this: features.py. After this: everything in learning/.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, Self

import narwhals as nw
import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from pseudolabel.errors import InputError
from pseudolabel.validation import column_difference

Form = Literal["given", "matrix", "scaled"]
"""Which form of the rows a learner takes: as the user gave them, as numbers, or as numbers on one scale."""


@dataclass(frozen=True)
class Block:
    """Rows, and all that belongs to each of them.

    Attributes
    ----------
    given : array, sparse matrix or frame with n_rows rows
        The rows as they came.
    matrix : ndarray or sparse matrix of shape (n_rows, n_features), or None
        The same rows as numbers; None where no learner asked for them.
    scaled : ndarray or sparse matrix of shape (n_rows, n_scaled), or None
        The same rows on one scale, without gaps; see scaling.py. None where no learner asked for them.
    weight : ndarray of shape (n_rows,) or None
        Sample weights; None when the user gave none.
    metadata : mapping of str to array-like of length n_rows
        Other row-aligned parameters of the user's `fit`.
    options : mapping
        Parameters of the user's `fit` that belong to no row.
    """

    given: Any
    matrix: Any = None
    scaled: Any = None
    weight: NDArray[np.float64] | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)

    def form(self, form: Form) -> Any:
        """Give the rows in the form a learner takes."""
        return {"given": self.given, "matrix": self.matrix, "scaled": self.scaled}[form]

    def take(self, rows: NDArray[Any]) -> Self:
        """Give the block of these rows: positions, possibly repeated, or a mask."""
        positions = np.flatnonzero(rows) if rows.dtype == bool else rows
        return replace(
            self,
            given=take_rows(self.given, positions),
            matrix=None if self.matrix is None else self.matrix[positions],
            scaled=None if self.scaled is None else self.scaled[positions],
            weight=None if self.weight is None else self.weight[positions],
            metadata={name: take_rows(values, positions) for name, values in self.metadata.items()},
        )

    def bare(self) -> Self:
        """Give the same rows and weights without the parameters of the user's `fit`."""
        return replace(self, metadata={}, options={})

    def times(self, factor: NDArray[np.float64]) -> Self:
        """Give the same rows with their weights multiplied by `factor`, one number a row."""
        return replace(self, weight=factor if self.weight is None else self.weight * factor)


def is_frame(X: Any) -> bool:
    """Tell whether `X` is a data frame: pandas, polars or Arrow.

    Examples
    --------
    >>> is_frame(np.zeros((2, 2)))
    False
    """
    return isinstance(nw.from_native(X, eager_only=True, pass_through=True), nw.DataFrame)


def take_rows(X: Any, positions: NDArray[np.int64]) -> Any:
    """Give the rows of `X` at these positions, in the kind `X` is."""
    if is_frame(X):
        return nw.from_native(X, eager_only=True)[positions].to_native()
    if hasattr(X, "iloc"):
        return X.iloc[positions]
    if hasattr(X, "shape"):
        return X[positions]
    return [X[position] for position in positions]


def stack_rows(above: Any, below: Any) -> Any:
    """Put one set of rows under another of the same kind and columns.

    Raises
    ------
    InputError
        If one is a frame and the other is not, or their columns differ.
    """
    if is_frame(above) and is_frame(below):
        top, bottom = nw.from_native(above, eager_only=True), nw.from_native(below, eager_only=True)
        difference = column_difference(top.columns, bottom.columns)
        if difference or type(above) is not type(below):
            raise InputError(
                f"X_unlabeled ({type(below).__name__}) does not fit X ({type(above).__name__}). {difference}"
                "Give both as the same kind of frame with the same columns."
            )
        return nw.concat([top, bottom.select(top.columns)], how="vertical").to_native()
    if is_frame(above) or is_frame(below) or above.shape[1:] != below.shape[1:]:
        raise InputError(
            f"X_unlabeled, {type(below).__name__} of shape {below.shape}, does not fit X, {type(above).__name__} "
            f"of shape {above.shape}. Give both as the same kind of table with the same columns."
        )
    return sp.vstack([above, below], format="csr") if sp.issparse(above) else np.concatenate([above, below])
