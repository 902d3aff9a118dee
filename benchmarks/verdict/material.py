"""Material: what a simulation left behind, as differences between two models.

Takes  a folder of replicates, as simulate.py writes them.
Gives  a Case for every replicate and pair of models: differences row by row, and the true difference.

Before this: simulate.py. After this: rates.py.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

SECOND = {"auto": ("base", "without"), "without": ("base",)}
"""What a model is compared with, where that is not the base alone."""


@dataclass(frozen=True)
class Case:
    """Two models on the same rows; every difference is positive where the second one is better.

    Attributes
    ----------
    family, table, pair : str
        `pair` names the second model, and the first one unless it is the base.
    n_labeled, index : int
    first, second : ndarrays of shape (n_losses, n_repeats, n_rows)
        Losses on held-out rows: wrong, Brier, logarithmic; or squared, absolute.
    folds : ndarray of shape (n_repeats, n_rows)
    codes, group : ndarrays of shape (n_rows,)
    truth, truth_error : ndarrays of shape (n_losses,)
        Mean difference on the test rows, and its standard error.
    recall : ndarray of shape (n_classes,)
        True difference in recall; NaN without a test row of the class.
    """

    family: str
    table: str
    pair: str
    n_labeled: int
    index: int
    first: NDArray[np.float64]
    second: NDArray[np.float64]
    folds: NDArray[np.int64]
    codes: NDArray[Any]
    group: NDArray[np.int64]
    truth: NDArray[np.float64]
    truth_error: NDArray[np.float64]
    recall: NDArray[np.float64]

    @property
    def differences(self) -> NDArray[np.float64]:
        """Loss of the first minus loss of the second, of shape (n_losses, n_repeats, n_rows)."""
        return self.first - self.second

    @property
    def cell(self) -> str:
        """Table, number of labels and pair: what replicates are averaged over."""
        return f"{self.table} {self.n_labeled} {self.pair}"


def read_cases(folder: Path, family: str, n_repeats: int | None = None) -> Iterator[Case]:
    """Read the replicates of a family, in the order of their names; the first so many repeats of each, or all."""
    for path in sorted((folder / family).glob("*.npz")):
        table, n_labeled, index = path.stem.rsplit("-", 2)
        with np.load(path) as file:
            material = dict(file)
        material["losses"], material["folds"] = material["losses"][:, :, :n_repeats], material["folds"][:n_repeats]
        yield from cases_of(family, table, int(n_labeled), int(index), material)


def cases_of(family: str, table: str, n_labeled: int, index: int, material: dict[str, Any]) -> Iterator[Case]:
    """Give a case for every pair of models of one replicate."""
    place = {str(name): position for position, name in enumerate(material["models"])}
    losses, test = material["losses"].astype(float), material["test_losses"].astype(float)
    for name in place:
        for other in SECOND.get(name, ("base",) if name != "base" else ()):
            if name == "useless":
                other = "reseed"  # they are of one seed
            true = test[place[other]] - test[place[name]]
            yield Case(
                family,
                table,
                name if other in ("base", "reseed") else f"{name} against {other}",
                n_labeled,
                index,
                losses[place[other]],
                losses[place[name]],
                material["folds"].astype(int),
                material["y"],
                material["group"],
                true.mean(axis=1),
                true.std(axis=1) / np.sqrt(true.shape[1]),
                _recall(true[0], material["y_test"]),
            )


def _recall(right: NDArray[np.float64], codes: NDArray[Any]) -> NDArray[np.float64]:
    if codes.dtype.kind not in "iu":
        return np.empty(0)
    counts = np.bincount(codes)
    with np.errstate(invalid="ignore"):
        return np.asarray(np.bincount(codes, right) / counts)
