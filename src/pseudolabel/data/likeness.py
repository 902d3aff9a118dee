"""Likeness: results as the kind of table the rows came in.

Takes  the rows as the user gave them.
Gives  a Likeness, which makes frames of that kind: pandas with the same index, polars, Arrow; pandas for arrays.

Before this: block.py. After this: classifier.py.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import narwhals as nw
import pandas as pd

from pseudolabel.data.block import is_frame


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
        """Make a frame of this kind from lists and arrays with an entry a row; None stands for a gap.

        Examples
        --------
        >>> likeness_of([[1.0], [2.0]], n_rows=2).frame({"label": [1, None]})["label"].tolist()
        [1, <NA>]
        """
        if self.backend is not None:
            return nw.from_dict(dict(columns), backend=self.backend).to_native()
        # A plain list with gaps would turn whole numbers into decimals.
        gapped = {
            name: pd.array(values) if isinstance(values, list) and None in values else values
            for name, values in columns.items()
        }
        return pd.DataFrame(gapped, index=self.index)


def likeness_of(X: Any, X_unlabeled: Any = None, *, n_rows: int) -> Likeness:
    """Tell what kind of table came in; `n_rows` counts both tables."""
    if is_frame(X) and not isinstance(X, pd.DataFrame):
        return Likeness(None, nw.get_native_namespace(X))
    if not isinstance(X, pd.DataFrame):
        return Likeness(pd.RangeIndex(n_rows), None)
    return Likeness(X.index if X_unlabeled is None else X.index.append(X_unlabeled.index), None)
