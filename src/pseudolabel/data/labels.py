"""Labels: which rows have a label, which class it is, and what counts as missing.

Takes  `y` as people have it: numbers with -1 or NaN, text with None, nullable or categorical series.
Gives  Labels: the classes, a code for every row (-1 where there is no label), the values as they came.

An entry that is null, NaN or an empty text never is a class. -1 is scikit-learn's mark for "unlabeled", and
also a perfectly good class; where it could be either, guessing would silently drop or invent a class, so we ask.

Before this: nothing. After this: features.py.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pseudolabel.errors import InputError, ParameterError

UNLABELED = -1
"""The code of a row without a label."""

NUMERIC_KINDS = "iuf"
"""Of numpy's dtypes: these are compared all at once, where a million Python objects would take a second."""


@dataclass(frozen=True)
class Labels:
    """The labels of a table's rows.

    Attributes
    ----------
    values : ndarray of shape (n_rows,)
        The labels as they came, in their own dtype; entries without a label still hold their mark.
    codes : ndarray of shape (n_rows,), int64
        Position of each row's class in `classes`; -1 where there is no label.
    classes : ndarray of shape (n_classes,)
        The different labels, sorted.
    """

    values: NDArray[Any]
    codes: NDArray[np.int64]
    classes: NDArray[Any]

    @property
    def given(self) -> NDArray[np.bool_]:
        """Which rows have a label: ndarray of shape (n_rows,)."""
        return np.asarray(self.codes != UNLABELED)

    def counts(self) -> NDArray[np.int64]:
        """Count the labeled rows of every class: ndarray of shape (n_classes,)."""
        return np.bincount(self.codes[self.given], minlength=len(self.classes)).astype(np.int64)

    def filled(self, codes: NDArray[np.int64]) -> NDArray[Any]:
        """Give the labels with gaps filled from `codes`; given labels stay, and so do gaps whose code is -1.

        Examples
        --------
        >>> labels = read_labels(["a", "b", None, None])
        >>> labels.filled(np.array([0, 0, 1, -1]))
        array(['a', 'b', 'b', None], dtype=object)
        """
        filled = self.values.copy()
        fill = ~self.given & (codes != UNLABELED)
        filled[fill] = self.classes[codes[fill]]
        return filled

    def take(self, positions: NDArray[np.int64]) -> "Labels":
        """Give the labels of these rows; the classes stay all of them."""
        return Labels(self.values[positions], self.codes[positions], self.classes)

    def extended(self, n_rows: int) -> "Labels":
        """Give the labels with `n_rows` more unlabeled rows at the end."""
        mark = self._mark()
        kind = self.values.dtype if mark is not None else np.dtype(object)
        values = np.concatenate([self.values.astype(kind), np.full(n_rows, mark, dtype=kind)])
        return Labels(values, np.concatenate([self.codes, np.full(n_rows, UNLABELED)]), self.classes)

    def _mark(self) -> Any:
        """Choose what an unlabeled row holds in the dtype of the labels; None if no value of it will do."""
        if not self.given.all():
            return self.values[~self.given][0]
        if self.values.dtype.kind == "f":
            return np.nan
        return -1 if self.values.dtype.kind == "i" and -1 not in self.classes else None


def read_labels(y: ArrayLike, *, unlabeled: Any = "auto", unlabeled_elsewhere: bool = False) -> Labels:
    """Find out which rows have a label, and which classes there are.

    Parameters
    ----------
    y : array-like of shape (n_rows,)
        A list, array, or pandas, polars or Arrow series.
    unlabeled : "auto", None, or a value or list of values, default="auto"
        What marks a row without a label, besides null, NaN and empty text, which always do. "auto" adds -1 where
        it cannot be a class. None adds nothing: -1 is then an ordinary class.
    unlabeled_elsewhere : bool, default=False
        Whether further unlabeled rows came in a table of their own.

    Returns
    -------
    labels : Labels

    Raises
    ------
    ParameterError
        If `unlabeled` is "auto" and -1 could be a class.
    InputError
        If no row is labeled, or the labels mix text with numbers.

    Examples
    --------
    >>> read_labels([0, 1, -1, 1]).codes
    array([ 0,  1, -1,  1])
    >>> read_labels(["yes", None, "no"]).classes
    array(['no', 'yes'], dtype=object)
    """
    values = as_vector(y)
    null = _is_null(values)
    missing = null | _marked(values, unlabeled, ~null, unlabeled_elsewhere or bool(null.any()))
    classes, codes_of_given = _classes(values[~missing])
    codes = np.full(len(values), UNLABELED, dtype=np.int64)
    codes[~missing] = codes_of_given
    return Labels(values, codes, classes)


def as_ruled_out(ruled_out: Any, n_rows: int) -> NDArray[np.object_]:
    """Give what is ruled out as an object array with an entry for every row; rows beyond the given ones have None.

    Raises
    ------
    InputError
        If there are more entries than rows.
    """
    entries = list(ruled_out)
    if len(entries) > n_rows:
        raise InputError(f"`ruled_out` has {len(entries)} entries for {n_rows} rows. Give one for each row.")
    found = np.full(n_rows, None, dtype=object)
    for row, entry in enumerate(entries):
        found[row] = entry
    return found


def read_ruled_out(ruled_out: NDArray[np.object_], classes: NDArray[Any]) -> NDArray[np.bool_]:
    """Tell which classes rows are known not to be of: ndarray of shape (n_rows, n_classes).

    Parameters
    ----------
    ruled_out : ndarray of shape (n_rows,)
        None, or the classes as they are or as text. Classes that no row has are passed over: nobody suggests them.
    classes : ndarray of shape (n_classes,)

    Examples
    --------
    >>> entries = as_ruled_out([None, [1]], n_rows=2)
    >>> read_ruled_out(entries, np.array([1, 2])).tolist()
    [[False, False], [True, False]]
    """
    places = {str(name): code for code, name in enumerate(classes.tolist())}
    found = np.zeros((len(ruled_out), len(classes)), dtype=bool)
    for row, entry in enumerate(ruled_out):
        names = [] if entry is None else [entry] if isinstance(entry, str) else list(entry)
        codes = [places[str(name)] for name in names if str(name) in places]
        found[row, codes] = True
    return found


def labeled_rows(y: ArrayLike, *, unlabeled: Any, classes: NDArray[Any]) -> NDArray[np.bool_]:
    """Tell which rows have a label, once the classes are known: -1 is a mark unless it is one of them.

    Examples
    --------
    >>> labeled_rows([1, -1, 1], unlabeled="auto", classes=np.array([0, 1]))
    array([ True, False,  True])
    """
    values = as_vector(y)
    auto = isinstance(unlabeled, str) and unlabeled == "auto"
    marks = (None if -1 in classes.tolist() else -1) if auto else unlabeled
    null = _is_null(values)
    return ~(null | _marked(values, marks, ~null, otherwise=False))


def as_vector(y: Any) -> NDArray[Any]:
    """Give a label column as a one-dimensional array: native dtypes stay, all others become objects."""
    if isinstance(y, np.ndarray):
        return y
    if hasattr(y, "to_numpy"):
        native = isinstance(getattr(y, "dtype", None), np.dtype)
        return np.asarray(y.to_numpy()) if native else _object_vector(_as_list(y))
    if hasattr(y, "__array__"):
        return np.asarray(y)
    values = list(y)
    plain = np.asarray(values, dtype=object)
    kinds = {type(value) for value in values}
    return np.asarray(values) if len(kinds) == 1 or kinds <= {int, float} else plain


def _as_list(series: Any) -> list[Any]:
    for method in ("to_list", "to_pylist", "tolist"):  # polars and pandas, Arrow, anything array-like
        if hasattr(series, method):
            return list(getattr(series, method)())
    return list(series)


def _object_vector(values: Sequence[Any]) -> NDArray[Any]:
    vector = np.empty(len(values), dtype=object)
    vector[:] = values
    return vector


def _is_null(values: NDArray[Any]) -> NDArray[np.bool_]:
    import pandas as pd

    null = np.asarray(pd.isna(values), dtype=bool)
    if values.dtype.kind in NUMERIC_KINDS:
        return null
    empty = [isinstance(value, str) and value == "" for value in values.tolist()]  # pd.NA == "" is neither
    return np.asarray(null | np.array(empty, dtype=bool))


def _marked(values: NDArray[Any], unlabeled: Any, present: NDArray[np.bool_], otherwise: bool) -> NDArray[np.bool_]:
    """Say which rows carry a mark; `otherwise` tells that rows are also marked as unlabeled in another way."""
    if unlabeled is None:
        return np.zeros(len(values), dtype=bool)
    if isinstance(unlabeled, str) and unlabeled == "auto":
        return _marked_by_minus_one(values, present, otherwise)
    markers = list(unlabeled) if isinstance(unlabeled, list | tuple | set | np.ndarray) else [unlabeled]
    if values.dtype.kind in NUMERIC_KINDS:
        hits = [values == marker for marker in markers if _is_number(marker)]
        return np.asarray(present & np.any([np.zeros(len(values), dtype=bool), *hits], axis=0))
    pairs = zip(values.tolist(), present, strict=True)
    return np.array([here and any(_same(value, marker) for marker in markers) for value, here in pairs], dtype=bool)


def _same(value: Any, marker: Any) -> bool:
    # True == 1 in Python, but a class True is not marked by 1.
    return isinstance(value, bool) == isinstance(marker, bool) and bool(value == marker)


def _marked_by_minus_one(values: NDArray[Any], present: NDArray[np.bool_], otherwise: bool) -> NDArray[np.bool_]:
    if values.dtype.kind in NUMERIC_KINDS:
        minus_one = np.asarray(values == -1, dtype=bool)
        others = set(np.unique(values[present & ~minus_one]).tolist())
    else:
        minus_one = np.array([_is_number(value) and value == -1 for value in values.tolist()], dtype=bool)
        others = {value for value in values[present & ~minus_one].tolist() if _is_number(value)}
    only_text_besides = not others and bool((present & ~minus_one).any())
    if not minus_one.any() or only_text_besides:
        return minus_one
    if otherwise or len(others) < 2 or min(others) < 0:
        raise ParameterError(
            f"{int(minus_one.sum())} rows have the label -1, which could mark unlabeled rows or be a class. "
            "Pass `unlabeled=-1` if it marks them, or `unlabeled=None` if it is a class."
        )
    return minus_one


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float | np.number) and not isinstance(value, bool)


def _classes(present: NDArray[Any]) -> tuple[NDArray[Any], NDArray[np.int64]]:
    """Give the different labels, sorted, and the position of every label among them."""
    if len(present) == 0:
        raise InputError("No row is labeled. Label at least two rows of each of two classes.")
    if present.dtype == object and not any(isinstance(label, str) for label in present):
        present = np.asarray(present.tolist())  # numbers and booleans in an object column: their own dtype
    try:
        classes, codes = np.unique(present, return_inverse=True)
    except TypeError as error:
        kinds = sorted({type(value).__name__ for value in present.tolist()})
        raise InputError(
            f"The labels mix values of different types ({', '.join(kinds)}). Convert them to one type."
        ) from error
    return classes, codes.astype(np.int64)
