"""Shift: whether labeled and unlabeled rows are from one population.

Takes  the matrices of the labeled and of the unlabeled rows, and the column each of their columns came from.
Gives  a Shift: a code, a p-value, how well the two can be told apart, and the columns that differ.

Two tests share one level and the same random divisions of the rows, so that together they raise a false alarm no more
often than the level says. The first looks for a single column that differs; the second for a classifier that tells
labeled rows from unlabeled ones, which also sees columns that differ only in how they go together. The classifier is
kernel ridge regression, because its answer for a row held out is a formula: a thousand divisions cost one matrix
product instead of a thousand fits. Half of its kernel is linear in the ranks of the cells, for shifts that go one way;
the other half is how often two rows share a leaf of a random tree, for all others. Either half alone was measured to
be blind, or half blind, to what the other sees.

Labels drawn class by class ("ten of each"), by hand or where a model was least sure are not drawn from the population
of the unlabeled rows either. They are found as a shift if they show in the columns, and rightly so.

Source: Lopez-Paz and Oquab (2017) for the classifier as a test; Geurts, Ernst and Wehenkel (2006) for the kernel of
random trees; DeLong, DeLong and Clarke-Pearson (1988) for the error of the AUC.

Before this: column_gaps.py. After this: findings.py.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve
from scipy.stats import norm, rankdata
from sklearn.ensemble import RandomTreesEmbedding

from pseudolabel.judgement.column_gaps import ColumnGap, measure_gaps
from pseudolabel.judgement.compared_rows import choose_rows, rank_cells
from pseudolabel.judgement.membership import Design, Membership, chance, draw_membership

LEVEL = 0.01
"""The chance of a false alarm where nothing differs, at most."""

FEWEST_LABELED, FEWEST_UNLABELED = 20, 20
"""With fewer rows hardly any shift could show."""

CONFIDENCE = 0.95
"""Of the two-sided interval of the AUC."""

N_TREES, DEPTH = 100, 6
RIDGE = 0.02
"""Penalty of the regression, times the number of rows; 0.005 and 0.1 were measured to find less."""


@dataclass(frozen=True)
class Shift:
    """Whether labeled and unlabeled rows differ.

    Attributes
    ----------
    code : {"no_shift", "shift", "does_not_apply"}
    reason : str
        What was found: "columns", "combination" (columns differ only taken together) or "nothing"; or why nothing was
        looked for: "too_few_labels", "nothing_unlabeled", "no_columns", "groups" or "time".
    n_labeled, n_unlabeled : int
        Rows that took part.
    level : float
        The chance, at most, of the code "shift" where nothing differs.
    p_value : float or None
    auc : float or None
        How often the classifier gives a labeled row a higher score than an unlabeled one: 0.5 if it is guessing.
    auc_interval : tuple of two floats or None
        The 95 % interval.
    columns : tuple of ColumnGap
        Those that differ, the most surprising first. With any of them comes a chance of `level`, at most, that one or
        more are named wrongly.
    """

    code: Literal["no_shift", "shift", "does_not_apply"]
    reason: str
    n_labeled: int
    n_unlabeled: int
    level: float = LEVEL
    p_value: float | None = None
    auc: float | None = None
    auc_interval: tuple[float, float] | None = None
    columns: tuple[ColumnGap, ...] = ()

    @property
    def voids_promise(self) -> bool:
        """Whether a precision measured on labeled rows must not be promised for unlabeled ones.

        Any shift that is found voids it. A limit on the AUC would let promises through where a shift is certain but
        small; whether these are kept was measured on too few broken ones to tell.
        """
        return self.code == "shift"


def look_for_shift(
    labeled: Any,
    unlabeled: Any,
    names: Sequence[str],
    *,
    seed: int,
    design: Design = "rows",
    level: float = LEVEL,
) -> Shift:
    """Look for a difference between the labeled and the unlabeled rows.

    Parameters
    ----------
    labeled : ndarray or sparse matrix of shape (n_labeled, n_features)
        NaN where a cell is empty.
    unlabeled : ndarray or sparse matrix of shape (n_unlabeled, n_features)
    names : sequence of n_features str
        The column each came from; several of the same name are one column to a reader.
    seed : int
        Of the rows that take part, the random divisions and the trees.
    design : {"rows", "groups", "time"}, default="rows"
        What labels were given to. Groups of rows, and rows up to some time, always differ from the others a little:
        the test, which divides row by row, would say so every time. It then does not apply.
    level : float, default=0.01

    Returns
    -------
    shift : Shift

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> labeled, unlabeled = rng.normal(size=(40, 2)), rng.normal(size=(200, 2)) + [0, 2]
    >>> shift = look_for_shift(labeled, unlabeled, ["size", "weight"], seed=0)
    >>> shift.code, [column.name for column in shift.columns]
    ('shift', ['weight'])
    """
    reason = _why_not(labeled.shape[0], unlabeled.shape[0], design)
    if reason:
        return Shift("does_not_apply", reason, labeled.shape[0], unlabeled.shape[0], level)
    rows = choose_rows(labeled, unlabeled, seed)
    n_labeled, n_unlabeled = len(rows.labeled), len(rows.unlabeled)
    membership = draw_membership(n_labeled, n_unlabeled, seed)
    gaps = measure_gaps(rows.matrix, tuple(names[at] for at in rows.columns), membership)
    if not gaps.names:
        return Shift("does_not_apply", "no_columns", n_labeled, n_unlabeled, level)
    scores = _score_held_out(_similarity(rank_cells(rows.matrix), seed), membership)
    aucs = _aucs(scores, membership)
    p_value = chance(-np.minimum(_chances(gaps.surprise.max(axis=1)), _chances(aucs)))
    columns = gaps.differing(level) if p_value <= level else ()
    auc, interval = _auc_with_interval(scores[0], membership.labeled[0], aucs[1:])
    found = "columns" if columns else "combination"
    return Shift(
        code="shift" if p_value <= level else "no_shift",
        reason=found if p_value <= level else "nothing",
        n_labeled=n_labeled,
        n_unlabeled=n_unlabeled,
        level=level,
        p_value=p_value,
        auc=auc,
        auc_interval=interval,
        columns=columns,
    )


def _why_not(n_labeled: int, n_unlabeled: int, design: Design) -> str:
    """Say why the question cannot be asked; an empty text when it can."""
    if design != "rows":
        return design
    if n_unlabeled < FEWEST_UNLABELED:
        return "nothing_unlabeled"
    return "too_few_labels" if n_labeled < FEWEST_LABELED else ""


def _similarity(ranks: NDArray[np.float64], seed: int) -> NDArray[np.float64]:
    """Give how alike rows are, as a centred kernel of shape (n_rows, n_rows) with a mean diagonal of 1."""
    trees = RandomTreesEmbedding(n_estimators=N_TREES, max_depth=DEPTH, random_state=seed)
    leaves = trees.fit_transform(ranks.astype(np.float32))
    centred = ranks - ranks.mean(axis=0)
    return (_scaled(centred @ centred.T) + _scaled((leaves @ leaves.T).toarray())) / 2


def _scaled(kernel: NDArray[np.float64]) -> NDArray[np.float64]:
    centred = kernel - kernel.mean(axis=0) - kernel.mean(axis=1, keepdims=True) + kernel.mean()
    scaled: NDArray[np.float64] = centred * len(kernel) / max(np.trace(centred), np.finfo(float).tiny)
    return scaled


def _score_held_out(similarity: NDArray[np.float64], membership: Membership) -> NDArray[np.float32]:
    """Give in every division the score of each row by a regression that did not see this row.

    Returns
    -------
    scores : ndarray of shape (n_divisions, n_rows)
        High for rows like the labeled ones.
    """
    n_rows = len(similarity)
    penalty = RIDGE * n_rows
    # The smoother is K (K + penalty)^-1, which is 1 - penalty (K + penalty)^-1.
    inverse = cho_solve(cho_factor(similarity + penalty * np.eye(n_rows)), np.eye(n_rows))
    smoother = (np.eye(n_rows) - penalty * inverse).astype(np.float32)
    own = np.diag(smoother)
    target = membership.labeled.astype(np.float32) - np.float32(membership.n_labeled / n_rows)
    scores: NDArray[np.float32] = (target @ smoother - target * own) / (1 - own)
    return scores


def _aucs(scores: NDArray[np.float32], membership: Membership) -> NDArray[np.float64]:
    """Give the AUC in every division."""
    n_labeled, n_unlabeled = membership.n_labeled, membership.n_rows - membership.n_labeled
    sums = (rankdata(scores, axis=1) * membership.labeled).sum(axis=1)
    aucs: NDArray[np.float64] = (sums - n_labeled * (n_labeled + 1) / 2) / (n_labeled * n_unlabeled)
    return aucs


def _chances(extremes: NDArray[np.float64]) -> NDArray[np.float64]:
    """Give for each division the share of divisions at least as extreme."""
    at_least: NDArray[np.float64] = rankdata(-extremes, method="max")
    return at_least / len(extremes)


def _auc_with_interval(
    scores: NDArray[np.float32], labeled: NDArray[np.bool_], by_chance: NDArray[np.float64]
) -> tuple[float, tuple[float, float]]:
    """Give the AUC and its interval.

    Both are moved so that guessing is 0.5: a row held out is missed by its own side. Scores of one regression are not
    independent, so AUCs vary more than DeLong's error says: by as much more as those of random divisions vary more
    than those of independent scores would.
    """
    ours, theirs = np.sort(scores[labeled]), np.sort(scores[~labeled])
    above = _share_below(ours, theirs)
    below = _share_below(theirs, ours)
    auc = float(above.mean() - by_chance.mean()) + 0.5
    error = np.sqrt(above.var(ddof=1) / len(ours) + below.var(ddof=1) / len(theirs))
    independent = np.sqrt((len(scores) + 1) / (12 * len(ours) * len(theirs)))
    reach = float(norm.ppf((1 + CONFIDENCE) / 2) * error * max(1.0, by_chance.std() / independent))
    return float(np.clip(auc, 0, 1)), (float(np.clip(auc - reach, 0, 1)), float(np.clip(auc + reach, 0, 1)))


def _share_below(values: NDArray[np.float32], others: NDArray[np.float32]) -> NDArray[np.float64]:
    """Give for each value the share of the others below it, ties as half; all are sorted."""
    return (np.searchsorted(others, values) + np.searchsorted(others, values, side="right")) / 2 / len(others)
