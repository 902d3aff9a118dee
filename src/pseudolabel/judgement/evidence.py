"""Evidence: what three models said of labeled rows that none of them saw.

Takes  the probabilities of held-out rows, split by split.
Gives  Evidence: measures of each model, differences with their uncertainty, recall and precision by class.

The three are the user's estimator on the labels alone, our procedure without the unlabeled rows, and our procedure
with them. They make two comparisons, never mixed up: what is gained by using us, and what the unlabeled rows add.

Everything that saw a label is remade from the training rows of each split, pseudo-labels included. Scoring a model on
its own pseudo-labels, or cross-validating on given and pseudo-labels together, overstates it.

Before this: differences.py. After this: verdict.py, publication.py.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from pseudolabel.judgement.differences import Difference, Rows, of_folds, of_rows
from pseudolabel.judgement.splits import INDEPENDENT, Dependence, Design, Split

LABELS_ONLY, WITHOUT_UNLABELED, PSEUDO_LABELED = 0, 1, 2
"""Positions of the three models in every array that has one entry a model."""

MODELS = ("labels_only", "without_unlabeled", "pseudo_labeled")

Measure = Literal["accuracy", "balanced_accuracy", "brier", "log_loss"]
MEASURES: tuple[Measure, ...] = ("accuracy", "balanced_accuracy", "brier", "log_loss")

FLOOR = 0.01
"""Mixed into every probability before its logarithm: one row must not decide all."""

N_BINS = 10
"""Of the reliability diagram."""


@dataclass(frozen=True)
class Answer:
    """What was said in one split.

    Attributes
    ----------
    probabilities : ndarray of shape (3, n_held_out, n_classes)
        By the models in the order of `MODELS`.
    suggested : ndarray of shape (n_held_out, n_classes)
        The probabilities their pseudo-labels would have.
    """

    probabilities: NDArray[np.float64]
    suggested: NDArray[np.float64]


@dataclass(frozen=True)
class ClassMeasures:
    """How well a class is told apart; the class as its position among the classes.

    Attributes
    ----------
    code : int
    n_rows : int
        Held-out rows of the class.
    recall, precision : tuple of three floats or None, 0 to 1
        By the models in the order of `MODELS`; None where a model never said the class.
    change : Difference or None
        In recall, against the labels alone; None for a single row.
    """

    code: int
    n_rows: int
    recall: tuple[float | None, ...]
    precision: tuple[float | None, ...]
    change: Difference | None


@dataclass(frozen=True)
class Evidence:
    """Three models, compared on the same held-out rows.

    Attributes
    ----------
    design : Design
    truth : ndarray of shape (n_rows,)
        Class codes of the rows that were held out.
    positions : ndarray of shape (n_rows,)
        Where they stand in the table.
    rows : Rows
        How they belong together.
    probabilities : ndarray of shape (3, n_repeats, n_rows, n_classes)
    suggested : ndarray of shape (n_rows, n_classes)
        In the first repeat, the probabilities a pseudo-label would have.
    has_probabilities : bool
        Whether the models give any; labels alone are told apart by accuracy only.
    not_scored : ndarray of shape (n_not_scored,)
        Class codes of labeled rows that were never held out.
    unseen : ndarray of shape (n_unseen,), text
        Names of classes that only rows kept for the comparison have. Their codes and columns come last, and no model
        gives them any probability: such a row is a mistake of every model.
    """

    design: Design
    truth: NDArray[np.int64]
    positions: NDArray[np.int64]
    rows: Rows
    probabilities: NDArray[np.float64]
    suggested: NDArray[np.float64]
    has_probabilities: bool
    not_scored: NDArray[np.int64]
    unseen: NDArray[np.str_] = field(default_factory=lambda: np.empty(0, dtype=np.str_))

    @property
    def n_rows(self) -> int:
        """How many labeled rows were scored."""
        return len(self.truth)

    def scores(self, measure: Measure) -> NDArray[np.float64]:
        """Give a measure of every row: shape (3, n_repeats, n_rows); its weighted mean is the measure of all."""
        of_truth = self.probabilities[:, :, np.arange(self.n_rows), self.truth]
        n_classes = self.probabilities.shape[-1]
        if measure == "brier":
            return np.asarray((self.probabilities**2).sum(axis=-1) - 2 * of_truth + 1)
        if measure == "log_loss":
            return np.asarray(-np.log((1 - FLOOR) * of_truth + FLOOR / n_classes))
        right = (self.probabilities.argmax(axis=-1) == self.truth).astype(np.float64)
        if measure == "accuracy":
            return np.asarray(right)
        of_class = np.bincount(self.truth, weights=self.rows.weight, minlength=n_classes)
        return np.asarray(right * (self.rows.weight.sum() / (np.count_nonzero(of_class) * of_class[self.truth])))

    def mean(self, measure: Measure, model: int) -> float:
        """Give a measure of one model."""
        return float((self.scores(measure)[model] * self.rows.weight).mean())

    def against(self, model: int) -> dict[Measure, NDArray[np.float64]]:
        """Give, measure by measure, the pseudo-labeled model's rows minus another's: shape (n_repeats, n_rows)."""
        return {
            measure: of_all[PSEUDO_LABELED] - of_all[model]
            for measure, of_all in ((measure, self.scores(measure)) for measure in MEASURES)
        }

    def difference(self, measure: Measure, model: int) -> Difference:
        """Give the pseudo-labeled model's measure minus another's, with its uncertainty.

        Above 0 favours pseudo-labels in accuracies, below 0 in losses.
        """
        values = self.against(model)[measure]
        return (of_rows if measure.endswith("accuracy") else of_folds)(values, self.rows)

    def per_class(self) -> tuple[ClassMeasures, ...]:
        """Give recall and precision of every class that was scored."""
        said = self.probabilities.argmax(axis=-1)
        return tuple(self._of_class(int(code), said) for code in np.unique(self.truth))

    def _of_class(self, code: int, said: NDArray[np.int64]) -> ClassMeasures:
        of_class = self.truth == code
        hits = (said[:, :, of_class] == code).astype(np.float64)
        n_said = (said == code).sum(axis=(1, 2))
        right = hits.sum(axis=(1, 2))
        enough = len(np.unique(self.rows.unit[of_class])) > 1
        change = of_rows(hits[PSEUDO_LABELED] - hits[LABELS_ONLY], self.rows.take(of_class)) if enough else None
        return ClassMeasures(
            code,
            int(of_class.sum()),
            tuple(float(mean) for mean in hits.mean(axis=(1, 2))),
            tuple(float(hit / n) if n else None for hit, n in zip(right, n_said, strict=True)),
            change,
        )

    def reliability(self) -> list[tuple[int, float | None, float | None]]:
        """Give for ten ranges of confidence how many rows there are, how sure the model was, how often it was right.

        Of the pseudo-labeled model, over all repeats.
        """
        given = self.probabilities[PSEUDO_LABELED]
        sure, right = given.max(axis=-1).ravel(), (given.argmax(axis=-1) == self.truth).ravel()
        place = np.minimum((sure * N_BINS).astype(int), N_BINS - 1)
        bins = [place == number for number in range(N_BINS)]
        return [
            (
                int(there.sum()),
                *((float(sure[there].mean()), float(right[there].mean())) if there.any() else (None,) * 2),
            )
            for there in bins
        ]


def gather(
    answers: Sequence[Answer],
    splits: Sequence[Split],
    codes: NDArray[np.int64],
    design: Design,
    *,
    rows: Dependence = INDEPENDENT,
    weight: NDArray[np.float64] | None = None,
    has_probabilities: bool = True,
) -> Evidence:
    """Put the answers of all splits together.

    Parameters
    ----------
    answers : sequence of Answer
        One for each split, in order.
    splits : sequence of Split
    codes : ndarray of shape (n_rows,)
        Class codes; -1 for rows without a label.
    design : Design
    rows : Dependence
    weight : ndarray of shape (n_rows,) or None
    has_probabilities : bool, default=True
    """
    held = held_out_rows(splits, design, rows=rows, weight=weight)
    n_classes = answers[0].suggested.shape[1]
    probabilities = np.empty((len(MODELS), design.n_repeats, len(held.positions), n_classes))
    suggested = np.empty((len(held.positions), n_classes))
    for number, (split, answer) in enumerate(zip(splits, answers, strict=True)):
        repeat, at = number // design.n_folds, np.searchsorted(held.positions, split.held_out)
        probabilities[:, repeat, at] = answer.probabilities
        if repeat == 0:
            suggested[at] = answer.suggested
    labeled = np.flatnonzero(codes >= 0)
    return Evidence(
        design=design,
        truth=codes[held.positions],
        positions=held.positions,
        rows=held.rows,
        probabilities=probabilities,
        suggested=suggested,
        has_probabilities=has_probabilities,
        not_scored=codes[np.setdiff1d(labeled, held.positions)] if design.kind != "test" else np.empty(0, np.int64),
    )


@dataclass(frozen=True)
class Places:
    """Which rows were held out, sorted, and how they belong together."""

    positions: NDArray[np.int64]
    rows: Rows


def held_out_rows(
    splits: Sequence[Split],
    design: Design,
    *,
    rows: Dependence = INDEPENDENT,
    weight: NDArray[np.float64] | None = None,
) -> Places:
    """Find the rows that are held out at all (every repeat holds out the same), and the fold of each."""
    positions = np.sort(np.concatenate([split.held_out for split in splits[: design.n_folds]]))
    fold = np.empty((design.n_repeats, len(positions)), dtype=np.int64)
    for number, split in enumerate(splits):
        fold[number // design.n_folds, np.searchsorted(positions, split.held_out)] = number % design.n_folds
    of_rows = np.ones(len(positions)) if weight is None else weight[positions] / weight[positions].mean()
    unit = (
        positions
        if rows.groups is None
        else np.where(rows.groups >= 0, rows.groups, -1 - np.arange(len(rows.groups)))[positions]
    )
    return Places(positions, Rows(fold, of_rows, unit))
