"""Target evidence: what three models predicted for labeled rows that none of them saw.

Takes  the predictions of held-out rows, split by split.
Gives  TargetEvidence: the errors of each model, differences with their uncertainty, and how often intervals were right.

The three are those of evidence.py, and so are the two comparisons. Decisions rest on squared errors: their mean is
what the models minimise, and its root is in the unit of the target. Single rows can dominate it, so its uncertainty
is the larger of two: from the differences of the rows, and from those of the folds. The folds of one repeat count as
its degrees of freedom, however many repeats there are: repeats bring no new rows, and squares have long tails. With one
for every fold of every repeat, the bound was measured to lie above the truth in 7 to 9 cases of 100 instead of 5.

Before this: evidence.py. After this: verdict.py.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from pseudolabel.judgement.differences import Difference, Rows, of_folds, wider
from pseudolabel.judgement.evidence import MODELS, PSEUDO_LABELED, held_out_rows
from pseudolabel.judgement.splits import INDEPENDENT, Dependence, Design, Split

TargetMeasure = Literal["mse", "mae"]


@dataclass(frozen=True)
class TargetAnswer:
    """What was predicted in one split.

    Attributes
    ----------
    predictions : ndarray of shape (3, n_held_out)
        By the models in the order of `MODELS`.
    interval : ndarray of shape (n_held_out, 2)
        Lower and upper ends, by the pseudo-labeled model; the target is promised to lie between them nine times in ten.
    """

    predictions: NDArray[np.float64]
    interval: NDArray[np.float64]


@dataclass(frozen=True)
class TargetEvidence:
    """Three models of a number, compared on the same held-out rows.

    Attributes
    ----------
    design : Design
    truth : ndarray of shape (n_rows,)
        Targets of the rows that were held out.
    positions : ndarray of shape (n_rows,)
        Where they stand in the table.
    rows : Rows
        How they belong together.
    predictions : ndarray of shape (3, n_repeats, n_rows)
    interval : ndarray of shape (n_repeats, n_rows, 2)
    """

    design: Design
    truth: NDArray[np.float64]
    positions: NDArray[np.int64]
    rows: Rows
    predictions: NDArray[np.float64]
    interval: NDArray[np.float64]

    @property
    def n_rows(self) -> int:
        """How many labeled rows were scored."""
        return len(self.truth)

    def errors(self, measure: TargetMeasure) -> NDArray[np.float64]:
        """Give the squared or absolute error of every row: shape (3, n_repeats, n_rows)."""
        off = self.predictions - self.truth
        return off**2 if measure == "mse" else np.abs(off)

    def rmse(self, model: int) -> float:
        """Give the root of the mean squared error of one model, in the unit of the target."""
        return float(np.sqrt((self.errors("mse")[model] * self.rows.weight).mean()))

    def mae(self, model: int) -> float:
        """Give the mean absolute error of one model, in the unit of the target."""
        return float((self.errors("mae")[model] * self.rows.weight).mean())

    def difference(self, measure: TargetMeasure, model: int) -> Difference:
        """Give the pseudo-labeled model's error minus another's; below 0 favours pseudo-labels."""
        errors = self.errors(measure)
        values = errors[PSEUDO_LABELED] - errors[model]
        by_unit = self.rows.per_unit(values).mean(axis=0)
        error = float(by_unit.std(ddof=1) / np.sqrt(len(by_unit)))
        folds = of_folds(values, self.rows)
        if self.design.n_folds > 1:
            folds = replace(folds, freedom=self.design.n_folds - 1)
        return wider(Difference(float(by_unit.mean()), error, len(by_unit) - 1), folds)

    def coverage(self) -> float:
        """Give the share of the held-out rows, 0 to 1, whose target lay within its interval."""
        lower, upper = self.interval[..., 0], self.interval[..., 1]
        return float((((lower <= self.truth) & (self.truth <= upper)) * self.rows.weight).mean())

    def width(self) -> float:
        """Give the mean width of the intervals."""
        return float(np.diff(self.interval, axis=-1).mean())


def gather_targets(
    answers: Sequence[TargetAnswer],
    splits: Sequence[Split],
    targets: NDArray[np.float64],
    design: Design,
    *,
    rows: Dependence = INDEPENDENT,
    weight: NDArray[np.float64] | None = None,
) -> TargetEvidence:
    """Put the answers of all splits together.

    Parameters
    ----------
    answers : sequence of TargetAnswer
        One for each split, in order.
    splits : sequence of Split
    targets : ndarray of shape (n_rows,)
        NaN for rows without a label.
    design : Design
    rows : Dependence
    weight : ndarray of shape (n_rows,) or None
    """
    held = held_out_rows(splits, design, rows=rows, weight=weight)
    predictions = np.empty((len(MODELS), design.n_repeats, len(held.positions)))
    interval = np.empty((design.n_repeats, len(held.positions), 2))
    for number, (split, answer) in enumerate(zip(splits, answers, strict=True)):
        repeat, at = number // design.n_folds, np.searchsorted(held.positions, split.held_out)
        predictions[:, repeat, at] = answer.predictions
        interval[repeat, at] = answer.interval
    return TargetEvidence(design, targets[held.positions], held.positions, held.rows, predictions, interval)
