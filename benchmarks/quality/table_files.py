"""Tables: the Parquet files of a folder, and scikit-learn's own sets of the names it lacks.

Takes  a folder, or None.
Gives  the tables by name, each the columns and the target.

A file `reg_NAME.parquet` is a table for regression, every other file one for classification: a target of numbers alone
does not tell. Of scikit-learn's sets only those that need no download.

Before this: nothing. After this: protocol.py.
"""

from collections.abc import Callable
from pathlib import Path

import pandas as pd
from sklearn.datasets import (
    load_breast_cancer,
    load_diabetes,
    load_digits,
    load_iris,
    load_wine,
    make_friedman1,
    make_friedman2,
    make_friedman3,
)

REGRESSION_PREFIX = "reg_"
FRIEDMAN_ROWS = 2_000
FRIEDMAN_NOISE = {"friedman1": 1.0, "friedman2": 125.0, "friedman3": 0.1}
"""Standard deviation of the noise. Friedman (1991) chose it so that the signal has three times that of the noise."""

Table = tuple[pd.DataFrame, pd.Series]
"""The columns, and the target."""


def classification_tables(folder: Path | None) -> dict[str, Callable[[], Table]]:
    """Give a reader for every classification table, by name, in alphabetical order."""
    shipped = {"breast_cancer": load_breast_cancer, "digits": load_digits, "iris": load_iris, "wine": load_wine}
    readers = {name: _shipped(load) for name, load in shipped.items()}
    files = {path.stem: path for path in _files(folder) if not path.stem.startswith(REGRESSION_PREFIX)}
    return dict(sorted((readers | {name: _file(path) for name, path in files.items()}).items()))


def regression_tables(folder: Path | None) -> dict[str, Callable[[], Table]]:
    """Give a reader for every regression table, by name without the prefix, in alphabetical order."""
    friedman = {"friedman1": make_friedman1, "friedman2": make_friedman2, "friedman3": make_friedman3}
    readers = {name: _generated(make, FRIEDMAN_NOISE[name]) for name, make in friedman.items()}
    readers["diabetes"] = _shipped(load_diabetes)
    files = [path for path in _files(folder) if path.stem.startswith(REGRESSION_PREFIX)]
    readers |= {path.stem.removeprefix(REGRESSION_PREFIX): _file(path) for path in files}
    return dict(sorted(readers.items()))


def _files(folder: Path | None) -> list[Path]:
    if folder is None:
        return []
    if not folder.is_dir():
        raise SystemExit(f"There is no folder {str(folder)!r}. Name one that holds Parquet files.")
    return sorted(folder.glob("*.parquet"))


def _file(path: Path) -> Callable[[], Table]:
    def read() -> Table:
        frame = pd.read_parquet(path)
        if "target" not in frame:
            raise SystemExit(f"{path.name} has no column `target`. Rename the column with the classes or values.")
        return frame.drop(columns="target"), frame["target"]

    return read


def _shipped(load: Callable[..., Table]) -> Callable[[], Table]:
    return lambda: load(return_X_y=True, as_frame=True)


def _generated(make: Callable[..., Table], noise: float) -> Callable[[], Table]:
    def read() -> Table:
        X, y = make(n_samples=FRIEDMAN_ROWS, noise=noise, random_state=0)
        return pd.DataFrame(X).add_prefix("x"), pd.Series(y)

    return read
