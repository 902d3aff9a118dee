"""What several tests draw from: tables of every kind, labels with gaps, and an estimator that remembers its rows."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import scipy.sparse as sp
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.datasets import load_iris
from sklearn.preprocessing import scale
from sklearn.utils import Tags

from pseudolabel.learning.scores import Scores

KINDS = ("array", "list", "csr", "pandas", "polars", "arrow")
FRAMES = ("pandas", "polars", "arrow")


def flowers(n_rows: int = 75) -> tuple[np.ndarray, np.ndarray]:
    """Give the iris measurements, scaled, and their classes 0, 1 and 2, in turn."""
    X, codes = load_iris(return_X_y=True)
    order = np.arange(150).reshape(3, 50).T.ravel()[:n_rows]
    return scale(X)[order], codes[order]


def hidden_rows(n_rows: int, share: float = 0.6, seed: int = 0) -> np.ndarray:
    """Say which rows lose their label."""
    return np.random.default_rng(seed).permutation(n_rows) < share * n_rows


def as_kind(kind: str, X: np.ndarray, names: str = "abcdefghij") -> Any:
    """Give the same numbers as a table of another kind."""
    columns = dict(zip(names, X.T, strict=False))
    return {
        "array": lambda: X,
        "list": X.tolist,
        "csr": lambda: sp.csr_array(X),
        "pandas": lambda: pd.DataFrame(columns),
        "polars": lambda: pl.DataFrame(columns),
        "arrow": lambda: pa.table(columns),
    }[kind]()


def rows_of(table: Any) -> list[Any]:
    """Give the cells of a table of any kind as a list of rows, to compare with."""
    if sp.issparse(table):
        return table.toarray().tolist()
    if isinstance(table, pa.Table):
        return [list(row.values()) for row in table.to_pylist()]
    if isinstance(table, pl.DataFrame):
        return [list(row) for row in table.rows()]
    return table.to_numpy().tolist() if isinstance(table, pd.DataFrame) else np.asarray(table).tolist()


@st.composite
def probability_tables(draw: st.DrawFn, min_rows: int = 1, max_rows: int = 30) -> np.ndarray:
    """Give probabilities of two to five classes; each row sums to 1."""
    shape = draw(st.tuples(st.integers(min_rows, max_rows), st.integers(2, 5)))
    raw = draw(arrays(float, shape, elements=st.floats(0, 1))) + 1e-3
    return raw / raw.sum(axis=1, keepdims=True)


def class_codes(max_classes: int = 4, max_rows: int = 40) -> st.SearchStrategy[np.ndarray]:
    """Give class codes with gaps: -1 where there is no label."""
    return arrays(np.int64, st.integers(1, max_rows), elements=st.integers(-1, max_classes - 1))


def scores_of(confidence: Any) -> Scores:
    """Give scores of two classes with these confidences, each at least a half."""
    sure = np.asarray(confidence, dtype=float)
    return Scores(np.column_stack([sure, 1 - sure]))


@dataclass(frozen=True)
class Fit:
    """What one call of `fit` was given."""

    X: Any
    y: np.ndarray
    weight: Any
    cost: Any

    @property
    def ids(self) -> np.ndarray:
        """The first column: who was there."""
        return np.array([int(row[0]) for row in rows_of(self.X)])


class Log(list):
    """A list that stays the same list when an estimator is cloned."""

    def __deepcopy__(self, memo: object) -> "Log":
        return self


class Recorder(ClassifierMixin, BaseEstimator):
    """Writes down every fit; tells classes apart by how near the second column is to their mean."""

    def __init__(self, log: Log | None = None) -> None:
        self.log = log

    def fit(self, X: Any, y: Any, sample_weight: Any = None, cost: Any = None) -> "Recorder":
        self.log.append(Fit(X, np.asarray(y), sample_weight, cost))
        self.classes_ = np.unique(y)
        sizes = self._sizes(X)
        self.means_ = np.array([sizes[np.asarray(y) == name].mean() for name in self.classes_])
        return self

    def predict_proba(self, X: Any) -> np.ndarray:
        nearness = np.exp(-np.abs(self._sizes(X)[:, np.newaxis] - self.means_))
        return nearness / nearness.sum(axis=1, keepdims=True)

    def predict(self, X: Any) -> np.ndarray:
        return self.classes_[self.predict_proba(X).argmax(axis=1)]

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags

    @staticmethod
    def _sizes(X: Any) -> np.ndarray:
        return np.array([float(row[1]) for row in rows_of(X)])
