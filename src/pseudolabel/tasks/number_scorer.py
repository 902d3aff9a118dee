"""Number scorer: which number a model gives rows, and between which bounds it lies.

Takes  a fitted regressor.
Gives  NumberScorer, which scores rows as they come from a file; and the scores of the rows the regressor was fitted on.

Before this: scoring.py. After this: regression.py.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pseudolabel.data.dataset import frame_of
from pseudolabel.regressor import PseudoLabelRegressor
from pseudolabel.scoring import GIVEN

COLUMNS = ("pseudo_label", "lower", "upper")
"""Columns of scores, in units of the target."""


@dataclass(frozen=True)
class NumberScorer:
    """A regressor that scores rows.

    Attributes
    ----------
    model : PseudoLabelRegressor
    columns : sequence of str
        What it was fitted on.
    """

    model: PseudoLabelRegressor
    columns: Sequence[str]

    def score(self, rows: pa.Table) -> tuple[pa.Table, None]:
        """Give the number and the bounds of every row."""
        found = self.model.suggest(frame_of(rows))
        return pa.table(dict(zip(COLUMNS, found.T, strict=True))), None

    def summary(self, scores: pa.Table) -> None:
        """Count nothing: a number has no confidence."""


def scores_of_fit(model: PseudoLabelRegressor, positions: NDArray[np.int64]) -> pa.Table:
    """Give the scores of the rows a regressor was fitted on, which stand at these positions of a table."""
    table = model.pseudo_labels_
    scores = pa.table({name: np.asarray(table[name], dtype=np.float64) for name in COLUMNS})
    given = pa.array(model.labeled_iter_ == 0)
    return scores.append_column(GIVEN, given).append_column("position", pa.array(positions))
