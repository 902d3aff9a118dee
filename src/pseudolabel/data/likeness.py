"""Likeness: results as the kind of table the rows came in.

Takes  the rows as the user gave them.
Gives  a Likeness, which makes frames of that kind: pandas with the same index, polars, Arrow; pandas for arrays.

Before this: block.py. After this: classifier.py.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import narwhals as nw
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pseudolabel.data.block import is_frame


class Chosen(NamedTuple):
    """A column of few texts: which there are, and the place of each row's; a list of two million takes a second."""

    texts: Sequence[str]
    places: NDArray[np.int64]


@dataclass(frozen=True)
class Likeness:
    """The kind of a table.

    Attributes
    ----------
    index : pandas.Index or None
        Of the rows; None for kinds that have no index.
    backend : module or None
        The library of a frame that is not pandas.
    """

    index: Any
    backend: Any

    def frame(self, columns: Mapping[str, Any]) -> Any:
        """Make a frame of this kind from lists, arrays and `Chosen` with an entry a row; None in a list is a gap.

        Examples
        --------
        >>> likeness_of([[1.0], [2.0]], n_rows=2).frame({"label": [1, None]})["label"].tolist()
        [1, <NA>]
        """
        if self.backend is not None:
            return nw.from_dict({name: self._series(name, values) for name, values in columns.items()}).to_native()
        return pd.DataFrame({name: _of_pandas(values) for name, values in columns.items()}, index=self.index)

    def _series(self, name: str, values: Any) -> Any:
        if isinstance(values, Chosen):
            return nw.new_series(name, list(values.texts), backend=self.backend)[values.places]
        values = values.tolist() if isinstance(values, np.ndarray) and values.dtype.kind in "OUS" else values
        return nw.new_series(name, values, backend=self.backend)


def _of_pandas(values: Any) -> Any:
    if isinstance(values, Chosen):
        return pd.Series(list(values.texts)).take(values.places).array
    # A plain list with gaps would turn whole numbers into decimals.
    return pd.array(values) if isinstance(values, list) and None in values else values


def likeness_of(X: Any, X_unlabeled: Any = None, *, n_rows: int) -> Likeness:
    """Tell what kind of table came in; `n_rows` counts both tables."""
    if is_frame(X) and not isinstance(X, pd.DataFrame):
        return Likeness(None, nw.get_native_namespace(X))
    if not isinstance(X, pd.DataFrame):
        return Likeness(pd.RangeIndex(n_rows), None)
    return Likeness(X.index if X_unlabeled is None else X.index.append(X_unlabeled.index), None)
