"""Class scorer: which class a model gives rows, and how sure it is.

Takes  a fitted classifier.
Gives  ClassScorer, which scores rows as they come from a file; and the scores of the rows the classifier was fitted on.

A row takes five bytes: the place of its class and a confidence; with all probabilities four more for every class.

Before this: scoring.py. After this: classification.py.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pseudolabel.classifier import PseudoLabelClassifier
from pseudolabel.data.confidence import confidence_of
from pseudolabel.data.dataset import frame_of
from pseudolabel.judgement.doubt import find_doubtful
from pseudolabel.judgement.summary import Summary
from pseudolabel.scoring import GIVEN

CODE, CONFIDENCE, PROBABILITY = "code", "confidence", "probability_"
"""Columns of scores; of the last kind one a class, with its place for a name."""


@dataclass(frozen=True)
class ClassScorer:
    """A classifier that scores rows.

    Attributes
    ----------
    model : PseudoLabelClassifier
    columns : sequence of str
        What it was fitted on.
    probabilities : bool
        Whether the probabilities of all classes are kept.
    """

    model: PseudoLabelClassifier
    columns: Sequence[str]
    probabilities: bool

    def score(self, rows: pa.Table) -> tuple[pa.Table, pa.Table | None]:
        """Give the class and confidence of every row, and the rows whose class has the smallest lead."""
        found = self.model.suggest_proba(frame_of(rows))
        codes = found.argmax(axis=1)
        table = scores_of(codes, found, all_classes=self.probabilities)
        return table, find_doubtful(found, codes, rows)

    def summary(self, scores: pa.Table) -> Summary:
        """Count the pseudo-labels by class and confidence; rows without one are not in it."""
        codes, confidence = scores[CODE].to_numpy(), scores[CONFIDENCE].to_numpy()
        labeled = (codes >= 0) & ~scores[GIVEN].to_numpy()
        if not labeled.all():
            codes, confidence = codes[labeled], confidence[labeled]
        return Summary.of(codes, confidence, len(self.model.classes_))


def scores_of(codes: NDArray[np.int64], probabilities: NDArray[Any], *, all_classes: bool) -> pa.Table:
    """Give scores as a table.

    Parameters
    ----------
    codes : ndarray of shape (n_rows,)
        Places of classes; -1 for a row that got no label.
    probabilities : ndarray of shape (n_rows, n_classes)
    all_classes : bool
        Whether all of them are kept, or the largest only.
    """
    n_classes = probabilities.shape[1]
    columns = {
        CODE: codes.astype(np.min_scalar_type(-n_classes)),
        CONFIDENCE: confidence_of(probabilities).astype(np.float32),
    }
    if all_classes:
        columns |= {f"{PROBABILITY}{code}": probabilities[:, code].astype(np.float32) for code in range(n_classes)}
    return pa.table(columns)


def scores_of_fit(model: PseudoLabelClassifier, positions: NDArray[np.int64], *, all_classes: bool) -> pa.Table:
    """Give the scores of the rows a classifier was fitted on, which stand at these positions of a table."""
    given = model.labeled_iter_ == 0
    scores = scores_of(codes_of_fit(model), model.label_distributions_, all_classes=all_classes)
    return scores.append_column(GIVEN, pa.array(given)).append_column("position", pa.array(positions))


def codes_of_fit(model: PseudoLabelClassifier) -> NDArray[np.int64]:
    """Give the classes of the rows a classifier was fitted on, as places in `classes_`; -1 where there is none."""
    labeled = model.labeled_iter_ >= 0
    codes = np.full(len(labeled), -1, dtype=np.int64)
    codes[labeled] = np.searchsorted(model.classes_, model.transduction_[labeled].astype(model.classes_.dtype))
    return codes
