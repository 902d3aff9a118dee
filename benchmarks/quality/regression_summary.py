"""Regression summary: the error of each method in units of the labels-only forest's, and where it is larger.

Takes  a Comparison of methods for tables of numbers.
Gives  tables of text by title: all methods, by budget, by cell, what the unlabeled rows add.

A ratio is a root mean squared error on the test rows in units of another one's, by cell; below 1 is better. A cell is
worse when the ratio is more than 2 % above 1, and better when it is more than 2 % below. "Gap closed" is the sum of
what a method takes off the ratio in units of the sum of what all values known take off.

Before this: comparison.py. After this: compare_regression.py.
"""

import numpy as np
import pandas as pd

from comparison import Comparison, cell_name, extent, mean_ranks, n_failed
from method import Answer
from protocol import Split
from regression_methods import CEILING

MARGIN = 0.02
"""Difference of a ratio from 1 from which a cell counts as better or worse."""

UNIT = "rf"
"""The method whose error and seconds are the units."""

SCORES = ("rmse", "rmse_unlabeled")


def score(split: Split, answer: Answer) -> dict[str, float]:
    """Score an answer by its root mean squared error, in standard deviations of the values of the test rows."""
    spread = float(split.y_test.std()) or 1.0
    errors = {"rmse": answer.test - split.y_test, "rmse_unlabeled": answer.unlabeled - split.truth[~split.given]}
    scores = {name: float(np.sqrt(np.mean(error**2))) / spread for name, error in errors.items()}
    if not np.isfinite(scores["rmse"]):
        raise ValueError("predictions are not finite")
    return scores


def ratios(comparison: Comparison, name: str, other: str = UNIT, score: str = "rmse") -> pd.Series:
    """Give the error of a method by cell, in units of another's."""
    return comparison.ratio(name, other, score).round(8)  # exactly two percent are not more


def summarise(comparison: Comparison, cells_of: list[str]) -> dict[str, pd.DataFrame]:
    """Give everything there is to say, by title."""
    said = {
        f"All methods: {extent(comparison)}": method_table(comparison),
        "Mean ratio by budget": budget_table(comparison),
        "What the unlabeled rows add: ratio to the same without them": addition_table(comparison),
        "What the unlabeled rows add, by table (ratio)": addition_by_table(comparison),
    }
    if cells_of:
        said["Ratio by cell"] = cell_table(comparison, cells_of)
    return said


def method_table(comparison: Comparison) -> pd.DataFrame:
    """Give one line a method, the lowest mean ratio first."""
    ranks = mean_ranks(comparison, "rmse", best="lowest", without={CEILING})
    means = pd.Series({name: ratios(comparison, name).mean() for name in comparison.names}, dtype=float)
    return pd.DataFrame([_method_line(comparison, name, ranks) for name in means.sort_values(kind="stable").index])


def budget_table(comparison: Comparison) -> pd.DataFrame:
    """Give the mean ratio of every method at every budget, and the number of cells."""
    by_budget = {name: ratios(comparison, name).groupby(level="budget").mean() for name in comparison.names}
    cells = comparison.cells(UNIT, "rmse").groupby(level="budget").size()
    table = pd.DataFrame(by_budget).T.reindex(columns=sorted(cells.index, key=lambda budget: int(budget.rstrip("c%"))))
    return _written(table.rename(columns={budget: f"{budget} ({n} cells)" for budget, n in cells.items()}), "method")


def cell_table(comparison: Comparison, names: list[str]) -> pd.DataFrame:
    """Give the ratio of some methods in every cell."""
    table = pd.DataFrame({name: ratios(comparison, name) for name in names if name in comparison.names})
    table.index = [cell_name(cell) for cell in table.index]
    return _written(table, "cell")


def addition_table(comparison: Comparison) -> pd.DataFrame:
    """Give, for every method with a twin, its error in units of that of the same learner without unlabeled rows."""
    lines = []
    for name, twin in comparison.twins:
        ratio = ratios(comparison, name, twin)
        lines.append(
            {
                "method": name,
                "without them": twin,
                "cells": len(ratio),
                "ratio": f"{ratio.mean():.3f}",
                "better > 2 %": f"{(ratio < 1 - MARGIN).sum()}",
                "worse > 2 %": f"{(ratio > 1 + MARGIN).sum()}",
                "on the unlabeled rows": f"{ratios(comparison, name, twin, 'rmse_unlabeled').mean():.3f}",
            }
        )
    return pd.DataFrame(lines)


def addition_by_table(comparison: Comparison) -> pd.DataFrame:
    """Give what the unlabeled rows add in each table, as the mean over its budgets."""
    pairs = comparison.twins
    by_table = {name: ratios(comparison, name, twin).groupby(level="table").mean() for name, twin in pairs}
    return _written(pd.DataFrame(by_table).T, "method")


def _method_line(comparison: Comparison, name: str, ranks: pd.Series) -> dict[str, object]:
    ratio = ratios(comparison, name)
    room = 1 - ratios(comparison, CEILING) if CEILING in comparison.names else pd.Series(dtype=float)
    shared = ratio.index.intersection(room.index)
    return {
        "method": name,
        "cells": len(ratio),
        "failed": n_failed(comparison, name),
        "rmse": f"{comparison.cells(name, 'rmse').mean():.3f}",
        "ratio": f"{ratio.mean():.3f}",
        "gap closed": f"{(1 - ratio[shared]).sum() / room[shared].sum():.0%}" if room[shared].sum() > 0 else "",
        "better": f"{(ratio < 1 - MARGIN).mean():.0%}",
        "worse": f"{(ratio > 1 + MARGIN).mean():.0%}",
        "worst cell": f"{ratio.max():.3f} ({cell_name(ratio.idxmax())})" if len(ratio) else "",
        "best cell": f"{ratio.min():.3f} ({cell_name(ratio.idxmin())})" if len(ratio) else "",
        "on unlabeled": f"{ratios(comparison, name, score='rmse_unlabeled').mean():.3f}",
        "rank": f"{ranks[name]:.1f}" if name in ranks else "",
        "seconds": f"{comparison.cells(name, 'seconds').mean():.2f}",
        "cost (rf)": f"{comparison.cost(name, UNIT):.1f}",
    }


def _written(table: pd.DataFrame, index: str) -> pd.DataFrame:
    """Write ratios, and the index as the first column."""
    return table.map(lambda ratio: "" if pd.isna(ratio) else f"{ratio:.3f}").rename_axis(index).reset_index()
