"""Problem: rows with few labels, held in memory, the same for everyone.

Takes  a seed and sizes.
Gives  a Problem: labeled rows, unlabeled rows whose truth is known, test rows; kept as files in the scratch folder.

It is scikit-learn's `make_classification`: 30 features of which 15 inform and 5 repeat them, 3 classes of 2 clusters
each, 1 % of the labels wrong. Fewer unlabeled rows are the first ones of more, so that sizes can be compared.

Before this: nothing. After this: contenders.py.
"""

import argparse
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

N_FEATURES = 30
N_CLASSES = 3
UNLABELED = -1


@dataclass(frozen=True)
class Problem:
    """Rows in memory.

    Attributes
    ----------
    X : ndarray of shape (n_labeled + n_unlabeled, 30), float32
        Labeled rows first.
    y : ndarray of shape (n_labeled + n_unlabeled,)
        -1 where there is no label.
    truth : ndarray of shape (n_unlabeled,)
        What the learners are not told.
    X_test, y_test : ndarrays of shape (n_test, 30) and (n_test,)
    """

    X: NDArray[np.float32]
    y: NDArray[np.int64]
    truth: NDArray[np.int64]
    X_test: NDArray[np.float32]
    y_test: NDArray[np.int64]

    @property
    def n_labeled(self) -> int:
        """How many rows have a label; they come first."""
        return len(self.y) - len(self.truth)

    @property
    def labeled(self) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """The labeled rows and their labels."""
        return self.X[: self.n_labeled], self.y[: self.n_labeled]

    @property
    def unlabeled(self) -> NDArray[np.float32]:
        """The unlabeled rows."""
        return self.X[self.n_labeled :]

    def head(self, n_rows: int) -> "Problem":
        """Give a small problem: at most so many rows of each kind."""
        n_labeled, n_unlabeled = min(n_rows, self.n_labeled), min(n_rows, len(self.truth))
        kept = np.r_[:n_labeled, self.n_labeled : self.n_labeled + n_unlabeled]
        return Problem(self.X[kept], self.y[kept], self.truth[:n_unlabeled], self.X_test, self.y_test)


@dataclass(frozen=True)
class Sizes:
    """How many rows of each kind."""

    n_labeled: int
    n_unlabeled: int
    n_test: int


def keep_problem(scratch: Path, sizes: Sizes, seed: int) -> Path:
    """Give the file of a problem, made first where it is missing, in a process that takes its memory along."""
    path = scratch / f"problem-{sizes.n_labeled}-{sizes.n_unlabeled}-{sizes.n_test}-seed{seed}.npz"
    if not path.exists():
        words = [path, sizes.n_labeled, sizes.n_unlabeled, sizes.n_test, seed]
        subprocess.run([sys.executable, __file__, *map(str, words)], check=True)
    return path


def load_problem(path: Path, n_unlabeled: int) -> Problem:
    """Read a problem with the first so many of its unlabeled rows."""
    with np.load(path) as file:
        rows: dict[str, NDArray[Any]] = {name: file[name] for name in file.files}
    end = len(rows["y"]) - len(rows["truth"]) + n_unlabeled
    if n_unlabeled > len(rows["truth"]):
        raise ValueError(f"{path} has {len(rows['truth'])} unlabeled rows, not {n_unlabeled}.")
    X = rows["X"][:end].copy() if end < len(rows["X"]) else rows["X"]
    return Problem(X, rows["y"][:end], rows["truth"][:n_unlabeled], rows["X_test"], rows["y_test"])


def make_problem(path: Path, sizes: Sizes, seed: int) -> None:
    """Make a problem and keep it. Takes about 1 GB for a million rows."""
    X, y = draw_rows(sizes.n_labeled + sizes.n_unlabeled + sizes.n_test, seed)
    first, end = sizes.n_labeled, sizes.n_labeled + sizes.n_unlabeled
    part = path.with_suffix(".part")
    with part.open("wb") as file:
        np.savez(
            file,
            X=X[:end],
            y=np.where(np.arange(end) < first, y[:end], UNLABELED),
            truth=y[first:end],
            X_test=X[end:],
            y_test=y[end:],
        )
    part.replace(path)


def draw_rows(n_rows: int, seed: int) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Draw rows and their classes."""
    from sklearn.datasets import make_classification

    X, y = make_classification(
        n_rows,
        N_FEATURES,
        n_informative=15,
        n_redundant=5,
        n_classes=N_CLASSES,
        n_clusters_per_class=2,
        class_sep=0.8,
        flip_y=0.01,
        random_state=seed,
    )
    return X.astype(np.float32), y.astype(np.int64)


def main(words: Sequence[str] | None = None) -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("path", type=Path)
    options.add_argument("sizes", type=int, nargs=3, help="labeled, unlabeled, test rows")
    options.add_argument("seed", type=int)
    arguments = options.parse_args(words)
    make_problem(arguments.path, Sizes(*arguments.sizes), arguments.seed)


if __name__ == "__main__":
    main()
