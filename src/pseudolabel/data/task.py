"""Task: classes, or numbers to be predicted.

Takes  the labels that are there, as their column's type has them, and what was asked for.
Gives  a Task: its name, and the line that tells a person which it is and why.

Text, true and false, and dates are classes. Numbers are decided by how many different ones there are:

1. any with a part after the decimal point: regression;
2. at most 30 different whole numbers that count from 0 or from 1 without a gap, as codes do: classification;
3. more than three quarters of the labels are different numbers, as in a quantity of which few were labeled: regression;
4. at most 30 different whole numbers: classification;
5. more: regression. Years and postal codes end here when there are many; nobody can tell them from a quantity.

0.0, 1.0 and 2.0 are whole numbers here: a gap in a column of codes turns them into decimals in many tools.

Before this: rows/. After this: dataset.py.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

TaskName = Literal["classification", "regression"]
Asked = Literal["auto", "classification", "regression"]

MOST_CODES = 30
"""Different whole numbers that may be codes of classes: the letters, the days of a month; few scales have as many."""

MOSTLY_DIFFERENT = 0.75
"""Share of labels that are different numbers above which a person would rather measure than sort."""


@dataclass(frozen=True)
class Task:
    """What is to be learnt.

    Attributes
    ----------
    name : {"classification", "regression"}
    reason : str
        One or two sentences: why, and what to do if it is the other.
    """

    name: TaskName
    reason: str


CLASSES_ASKED = Task("classification", "--task asks for it.")
NUMBERS_ASKED = Task("regression", "--task asks for it.")


def choose_task(labels: pa.ChunkedArray, label: str, asked: Asked = "auto") -> Task:
    """Say whether labels are classes or numbers to be predicted.

    Parameters
    ----------
    labels : pyarrow.ChunkedArray of n_labeled cells, none of them null
    label : str
        The name of their column.
    asked : {"auto", "classification", "regression"}, default="auto"
        Anything but "auto" is final.

    Examples
    --------
    >>> choose_task(pa.chunked_array([[1.5, 2.25, 7.0]]), "price").name
    'regression'
    >>> choose_task(pa.chunked_array([[0.0, 1.0, 2.0, 1.0]]), "kind").reason
    "'kind' holds 3 different whole numbers that count from 0 as codes do. --task regression overrides."
    """
    if asked != "auto":
        return CLASSES_ASKED if asked == "classification" else NUMBERS_ASKED
    if not is_number(labels.type):
        return Task("classification", f"{label!r} holds {_kind_of(labels.type)}.")
    values = as_floats(labels)
    values = values[~np.isnan(values)]
    different = np.unique(values)
    if not _whole(different):
        return Task("regression", f"{label!r} holds {len(different):,} different numbers, with decimals. {_AS_TEXT}")
    return _task_of_whole_numbers(different, len(values), label)


def reads_as_quantity(classes: NDArray[np.generic], counts: NDArray[np.int64]) -> bool:
    """Tell whether labels that are to be classes can be none: decimals, or whole numbers that never repeat.

    Examples
    --------
    >>> reads_as_quantity(np.array([17, 35, 61]), np.array([1, 1, 1]))
    True
    """
    if classes.dtype.kind not in "iuf":
        return False
    numbers = classes.astype(np.float64)
    return not _whole(numbers) or (counts.max() == 1 and not _like_codes(numbers))


def is_number(kind: pa.DataType) -> bool:
    """Tell whether cells of a type are numbers; true and false are not."""
    plain = _plain(kind)
    return bool(pa.types.is_integer(plain) or pa.types.is_floating(plain) or pa.types.is_decimal(plain))


def as_floats(labels: pa.ChunkedArray) -> NDArray[np.float64]:
    """Give a column of numbers as float64, NaN where a cell is null."""
    plain = labels.cast(_plain(labels.type)).cast(pa.float64(), safe=False)
    return np.asarray(plain.to_numpy(), dtype=np.float64)


_AS_TEXT = "If they are classes, write them as text."


def _task_of_whole_numbers(different: NDArray[np.float64], n_labels: int, label: str) -> Task:
    """Apply rules 2 to 5."""
    holds = f"{label!r} holds {len(different):,} different whole numbers"
    override = "--task classification overrides." if len(different) < n_labels else _AS_TEXT
    if _like_codes(different):
        return Task(
            "classification", f"{holds} that count from {different[0]:.0f} as codes do. --task regression overrides."
        )
    if len(different) > MOSTLY_DIFFERENT * n_labels:
        return Task("regression", f"{holds} in {n_labels:,} labels. {override}")
    if len(different) <= MOST_CODES:
        return Task("classification", f"{holds} in {n_labels:,} labels. --task regression overrides.")
    return Task("regression", f"{holds}. {override}")


def _like_codes(different: NDArray[np.float64]) -> bool:
    """Tell whether sorted whole numbers count from 0 or 1 without a gap."""
    few = 1 < len(different) <= MOST_CODES
    return bool(few and different[0] in (0, 1) and different[-1] - different[0] == len(different) - 1)


def _whole(numbers: NDArray[np.float64]) -> bool:
    return bool(np.isfinite(numbers).all() and (numbers % 1 == 0).all())


def _plain(kind: pa.DataType) -> pa.DataType:
    return kind.value_type if pa.types.is_dictionary(kind) else kind


def _kind_of(kind: pa.DataType) -> str:
    plain = _plain(kind)
    if pa.types.is_boolean(plain):
        return "true and false"
    return "dates" if pa.types.is_temporal(plain) else "text"
