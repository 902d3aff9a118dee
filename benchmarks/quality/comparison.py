"""Comparison: methods side by side, always on the same splits.

Takes  the lines of a results file, and the methods they are about.
Gives  differences and ratios by cell, ranks, costs and failures.

A cell is a table with a budget: the mean over seeds. Two methods are compared on the splits where both gave an answer,
so that a method which failed on hard splits does not look better for it.

Before this: result_file.py, method.py. After this: summary.py, regression_summary.py.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil

import pandas as pd

from method import Method

SPLIT = ["table", "budget", "seed"]
CELL = ["table", "budget"]
SHARE_TO_RANK = 0.9
"""Of the cells: who has fewer is left out of the ranks, for its rank would be one among others."""


@dataclass(frozen=True)
class Comparison:
    """The lines of a results file.

    Attributes
    ----------
    results : DataFrame
    methods : mapping of name to Method
    """

    results: pd.DataFrame
    methods: Mapping[str, Method]

    @property
    def names(self) -> list[str]:
        """The methods that gave at least one answer, in the order they are listed."""
        answered = set(self._answered["method"])
        return [name for name in self.methods if name in answered]

    @property
    def twins(self) -> list[tuple[str, str]]:
        """The methods that were measured with and without the unlabeled rows, and what they are called without."""
        names = self.names
        pairs = [(name, self.methods[name].twin) for name in names]
        return [(name, twin) for name, twin in pairs if twin in names]

    @property
    def _answered(self) -> pd.DataFrame:
        return self.results[self.results["error"] == ""]

    def splits(self, name: str, score: str) -> pd.Series:
        """Give a score of a method on every split it answered: indexed by table, budget and seed."""
        return self._answered[self._answered["method"] == name].set_index(SPLIT)[score]

    def cells(self, name: str, score: str) -> pd.Series:
        """Give a score of a method in every cell."""
        return self.splits(name, score).groupby(level=CELL).mean()

    def difference(self, name: str, other: str, score: str) -> pd.Series:
        """Give, by cell, how much more a method scores than another: empty if they share no split."""
        return (self.splits(name, score) - self.splits(other, score)).dropna().groupby(level=CELL).mean()

    def ratio(self, name: str, other: str, score: str) -> pd.Series:
        """Give, by cell, the mean score of a method in units of another's mean on the same splits."""
        pair = pd.concat([self.splits(name, score), self.splits(other, score)], axis=1, keys=["one", "other"]).dropna()
        means = pair.groupby(level=CELL).mean()
        return means["one"] / means["other"]

    def cost(self, name: str, unit: str) -> float:
        """Give the seconds of a method in units of another's: the median over splits, for clocks on busy machines."""
        return float((self.splits(name, "seconds") / self.splits(unit, "seconds")).median())


def extent(comparison: Comparison) -> str:
    """Say how much was measured."""
    results = comparison.results
    cells, n_tables, n_seeds = results[CELL].drop_duplicates(), results["table"].nunique(), results["seed"].nunique()
    return f"tables: {n_tables}, cells: {len(cells)}, seeds: {n_seeds}, rows of a table: at most {results['cap'].max()}"


def mean_ranks(comparison: Comparison, score: str, *, best: str, without: set[str]) -> pd.Series:
    """Give the mean rank of every method but some; 1 is best, and `best` is "highest" or "lowest"."""
    cells = pd.DataFrame({name: comparison.cells(name, score) for name in comparison.names if name not in without})
    often_enough = cells.dropna(axis=1, thresh=ceil(SHARE_TO_RANK * len(cells)))
    return often_enough.rank(axis=1, ascending=best == "lowest").mean()


def failures(comparison: Comparison) -> pd.DataFrame:
    """Give, for each method and error, on how many splits it gave no answer."""
    failed = comparison.results[comparison.results["error"] != ""]
    return failed.groupby(["method", "error"], sort=False).size().rename("splits").reset_index()


def n_failed(comparison: Comparison, name: str) -> int:
    """Give on how many splits a method gave no answer."""
    return int(((comparison.results["method"] == name) & (comparison.results["error"] != "")).sum())


def cell_name(cell: tuple[str, str]) -> str:
    """Write a cell, for instance `adult 10c`."""
    return " ".join(cell)
