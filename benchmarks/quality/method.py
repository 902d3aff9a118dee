"""Method: a way to learn from a split, and what it is compared with.

Takes  a Split.
Gives  an Answer: what the method says of the test rows and of the unlabeled rows.

A method sees no truth, except a ceiling, which is shown all labels. `base` is what its gain is measured against,
`twin` the same learner without the unlabeled rows: the difference to that one is what these rows add.

Before this: protocol.py. After this: methods.py, regression_methods.py, peers.py.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from protocol import Split

Rows = Literal["labeled", "all", "true"]
"""What a method learns from: the labeled rows; these and the unlabeled ones; or all rows with their true labels."""

LABELS_ONLY = "-labels-only"
"""Ends the name of a method's twin."""

RESEEDED = 1_000
"""What is added to the seed to see what another seed alone changes."""

SMALLEST_LEAVES = (2, 20)
"""Least and most rows that a leaf of the boosting must have; between them, a 20th of the labels."""


@dataclass(frozen=True)
class Answer:
    """What a method says.

    Attributes
    ----------
    test : ndarray of shape (n_test, n_classes) or (n_test,)
        Probabilities of the classes, or values.
    unlabeled : ndarray of shape (n_unlabeled,)
        Class codes or values.
    seconds : float or None
        How long it took, where the clock outside would count more than learning and predicting.
    """

    test: NDArray[np.float64]
    unlabeled: NDArray[Any]
    seconds: float | None = None


@dataclass(frozen=True)
class Method:
    """A way to learn from a split.

    Attributes
    ----------
    says : str
        What it is, for the reader of a list.
    answer : function from Split to Answer
    base : str
        The method its gain is measured against.
    twin : str or None
        The method that does the same without the unlabeled rows.
    can_run : bool
        False for a method whose environment was not named.
    """

    says: str
    answer: Callable[[Split], Answer]
    base: str
    twin: str | None = None
    can_run: bool = True


class NotAvailableError(Exception):
    """A method cannot run here: what it needs is not there yet, or not installed."""


def choose_methods(methods: Mapping[str, Method], globs: Iterable[str]) -> list[str]:
    """Give the names that match, in the order they are listed.

    Raises
    ------
    SystemExit
        If a pattern matches nothing.
    """
    chosen: set[str] = set()
    for glob in globs:
        found = {name for name in methods if fnmatchcase(name, glob)}
        if not found:
            raise SystemExit(f"No method is called {glob!r}. There are: {', '.join(methods)}.")
        chosen |= found
    return [name for name in methods if name in chosen]


def with_bases(methods: Mapping[str, Method], chosen: Iterable[str], always: Iterable[str]) -> list[str]:
    """Add what the chosen methods are compared with, and what every summary needs."""
    wanted = {*chosen, *always}
    wanted |= {methods[name].base for name in wanted}
    return [name for name in methods if name in wanted]
