"""Splits: which labeled rows are held out, and which rows the models are then made of.

Takes  the class codes of the rows, and what makes rows depend on each other: groups, or an order in time.
Gives  a Design, and its Splits: training and held-out positions, one pair of models each.

Random folds are honest where rows are independent. Rows of one group (a patient, a camera) are held out together,
their unlabeled rows too, or the models would know the group already. Rows in time are scored by models of earlier
labels, never of later ones; unlabeled rows have no label to leak, and stay in training whenever they were written.

Source: Kohavi (1995) for repeated stratified folds; Bergmeir and Benítez (2012) for evaluation in time.

Before this: data/folds.py. After this: evidence.py, target_evidence.py.
"""

import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import GroupKFold, StratifiedGroupKFold

from pseudolabel.data.folds import deal_folds

Effort = Literal["standard", "thorough"]
EFFORTS = ("standard", "thorough")

FEWEST_SCORED_ROWS = 20

MANY_ROWS, VERY_MANY_ROWS = 300, 2_000
"""From here on training sets must be larger to be like the whole; and more repeats would add cost, not knowledge."""


@dataclass(frozen=True)
class Design:
    """How rows are held out.

    Attributes
    ----------
    kind : {"folds", "groups", "time", "test"}
        At random; whole groups; later rows; or once and for all, in a table of their own.
    n_folds, n_repeats : int
    """

    kind: Literal["folds", "groups", "time", "test"]
    n_folds: int
    n_repeats: int

    @property
    def n_splits(self) -> int:
        """How often the models are made."""
        return self.n_folds * self.n_repeats


@dataclass(frozen=True)
class Split:
    """Training positions (unlabeled rows among them), and the labeled ones held out."""

    train: NDArray[np.int64]
    held_out: NDArray[np.int64]


@dataclass(frozen=True)
class Dependence:
    """What makes rows depend on each other; nothing, unless given.

    Attributes
    ----------
    groups : ndarray of shape (n_rows,), int, or None
        Rows with the same number belong together; -1 is a group of its own.
    time : ndarray of shape (n_rows,) or None
        When each row came about, as anything that can be ordered; unlabeled rows may have NaN.
    """

    groups: NDArray[np.int64] | None = None
    time: NDArray[np.float64] | None = None

    @property
    def kind(self) -> Literal["rows", "groups", "time"]:
        """What labels were given to; time goes first where both are known."""
        return "time" if self.time is not None else "groups" if self.groups is not None else "rows"


INDEPENDENT = Dependence()


def count_scored_rows(codes: NDArray[np.int64]) -> int:
    """Count the labeled rows that can be held out: those of classes with at least two.

    Examples
    --------
    >>> count_scored_rows(np.array([0, 0, 1, -1]))
    2
    """
    counts = np.bincount(codes[codes >= 0])
    return int(counts[counts > 1].sum())


def count_groups(groups: NDArray[np.int64]) -> int:
    """Count groups, each row without one (-1) as its own.

    Examples
    --------
    >>> count_groups(np.array([7, 7, 3, -1, -1]))
    4
    """
    return len(np.unique(groups[groups >= 0])) + int((groups < 0).sum())


def choose_design(n_rows: int, effort: Effort = "standard", rows: Dependence = INDEPENDENT) -> Design:
    """Choose folds and repeats for a number of rows that can be scored.

    Examples
    --------
    >>> choose_design(120)
    Design(kind='folds', n_folds=5, n_repeats=4)
    """
    if rows.kind == "time":
        return Design("time", n_folds=5, n_repeats=1)
    thorough = effort == "thorough"
    if n_rows < MANY_ROWS:
        n_folds, n_repeats = 5, 10 if thorough else 4
    elif n_rows < VERY_MANY_ROWS:
        n_folds, n_repeats = 10, 4 if thorough else 2
    else:
        n_folds, n_repeats = 10, 2 if thorough else 1
    return Design("groups" if rows.kind == "groups" else "folds", n_folds, n_repeats)


def deal_splits(
    codes: NDArray[np.int64], design: Design, *, seed: int, rows: Dependence = INDEPENDENT
) -> list[Split] | None:
    """Deal the labeled rows, repeat by repeat and fold by fold.

    Parameters
    ----------
    codes : ndarray of shape (n_rows,)
        Classes, or 0 for every number; -1 for rows without a label.
    design : Design
    seed : int
        Of the dealing; each repeat has its own.
    rows : Dependence

    Returns
    -------
    splits : list of Split or None
        None where some training rows would be of fewer classes than a model needs, or a fold would be empty.
    """
    if design.kind == "time":
        splits = list(_in_time(codes, design, rows))
    else:
        splits = [
            split
            for repeat in range(design.n_repeats)
            for split in _one_repeat(codes, design, seed + repeat, rows.groups)
        ]
    needed = min(2, len(np.unique(codes[codes >= 0])))
    n_classes = (len(np.unique(codes[split.train][codes[split.train] >= 0])) for split in splits)
    usable = len(splits) == design.n_splits and all(len(split.held_out) for split in splits)
    return splits if usable and all(there >= needed for there in n_classes) else None


def _one_repeat(
    codes: NDArray[np.int64], design: Design, seed: int, groups: NDArray[np.int64] | None
) -> Iterator[Split]:
    everyone = np.arange(len(codes))
    if groups is None:
        fold = deal_folds(codes, design.n_folds, seed)
        for number in range(design.n_folds):
            yield Split(everyone[fold != number], everyone[fold == number])
        return
    own = np.where(groups >= 0, groups, groups.max(initial=-1) + 1 + everyone)
    labeled = np.flatnonzero(codes >= 0)
    if len(np.unique(own[labeled])) < design.n_folds:
        return
    can_be_scored = _in_two_groups(codes, own)
    one_class = len(np.unique(codes[labeled])) == 1
    folds = (GroupKFold if one_class else StratifiedGroupKFold)(design.n_folds, shuffle=True, random_state=seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # of classes with fewer rows than folds
        for _, places in folds.split(labeled, codes[labeled], own[labeled]):
            held_out = labeled[places]
            yield Split(everyone[~np.isin(own, own[held_out])], held_out[can_be_scored[held_out]])


def _in_two_groups(codes: NDArray[np.int64], groups: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Tell which labeled rows are of a class that is left in training when their group is held out."""
    known = np.zeros(len(codes), dtype=bool)
    for code in np.unique(codes[codes >= 0]):
        of_class = codes == code
        known |= of_class & (len(np.unique(groups[of_class])) > 1)
    return known


def _in_time(codes: NDArray[np.int64], design: Design, rows: Dependence) -> Iterator[Split]:
    """Cut the labeled rows into one block more than there are folds; each but the first is scored by the earlier."""
    if rows.time is None:
        return
    labeled, unlabeled = np.flatnonzero(codes >= 0), np.flatnonzero(codes < 0)
    time = rows.time[labeled]
    starts = np.unique(np.quantile(time, np.arange(1, design.n_folds + 1) / (design.n_folds + 1), method="higher"))
    for start, end in zip(starts, [*starts[1:], np.inf], strict=True):
        earlier, now = labeled[time < start], labeled[(time >= start) & (time < end)]
        yield Split(np.sort(np.concatenate([earlier, unlabeled])), now)
