"""Summary: what each method gained over its base, and where it lost.

Takes  a Comparison of methods for tables with classes.
Gives  tables of text by title: all methods, by budget, by cell, what the unlabeled rows add, failures.

Points are percentage points of accuracy on the test rows. A cell is harmed when the method is more than one point below
its base there, and helped when it is more than one point above. "Gap closed" is the sum of the gains in units of the
sum of what the same base would gain from all labels.

Before this: comparison.py. After this: compare.py.
"""

import numpy as np
import pandas as pd

from comparison import Comparison, cell_name, extent, mean_ranks, n_failed
from method import Answer
from methods import CEILINGS
from protocol import Split

MARGIN = 1.0
"""Points from which a cell counts as harmed or helped."""

FLOOR = 1e-3
"""Share of a uniform guess mixed into probabilities before their logarithm: a certain error then costs 7 + ln C."""

UNIT = "rf"
"""The method whose seconds are the unit of cost."""

SCORES = ("accuracy", "balanced_accuracy", "log_loss", "accuracy_unlabeled")


def score(split: Split, answer: Answer) -> dict[str, float]:
    """Score an answer: on the test rows, and by the labels it gives the unlabeled rows."""
    probabilities = np.clip(np.nan_to_num(answer.test), 0, None)
    n_classes = probabilities.shape[1]
    right = probabilities.argmax(axis=1) == split.y_test
    total = probabilities.sum(axis=1, keepdims=True)
    shares = np.divide(probabilities, total, out=np.full_like(probabilities, 1 / n_classes), where=total > 0)
    floored = (1 - FLOOR) * shares + FLOOR / n_classes
    return {
        "accuracy": float(right.mean()),
        "balanced_accuracy": float(np.mean([right[split.y_test == code].mean() for code in np.unique(split.y_test)])),
        "log_loss": float(-np.log(floored[np.arange(len(floored)), split.y_test]).mean()),
        "accuracy_unlabeled": float(np.mean(answer.unlabeled == split.truth[~split.given])),
    }


def gains(comparison: Comparison, name: str, other: str | None = None, score: str = "accuracy") -> pd.Series:
    """Give the points a method gains by cell: over its base, or over another method."""
    other = comparison.methods[name].base if other is None else other
    return (100 * comparison.difference(name, other, score)).round(6)  # exactly one point is not more than one


def summarise(comparison: Comparison, cells_of: list[str]) -> dict[str, pd.DataFrame]:
    """Give everything there is to say, by title."""
    said = {
        f"All methods: {extent(comparison)}": method_table(comparison),
        "Mean gain by budget (points)": budget_table(comparison),
        "What the unlabeled rows add: against the same without them (points)": addition_table(comparison),
        "What the unlabeled rows add, by table (points)": addition_by_table(comparison),
    }
    if cells_of:
        said["Gain by cell (points)"] = cell_table(comparison, cells_of)
    return said


def method_table(comparison: Comparison) -> pd.DataFrame:
    """Give one line a method, the largest gain first."""
    ranks = mean_ranks(comparison, "accuracy", best="highest", without=set(CEILINGS.values()))
    mean_gains = {name: gains(comparison, name).mean() for name in comparison.names}
    order = pd.Series(mean_gains, dtype=float).sort_values(ascending=False, kind="stable")
    return pd.DataFrame([_method_line(comparison, name, ranks) for name in order.index])


def budget_table(comparison: Comparison) -> pd.DataFrame:
    """Give the mean gain of every method at every budget, and the number of cells."""
    by_budget = {name: gains(comparison, name).groupby(level="budget", sort=False).mean() for name in comparison.names}
    cells = comparison.cells(UNIT, "accuracy").groupby(level="budget", sort=False).size()
    table = pd.DataFrame(by_budget).T.reindex(columns=sorted(cells.index, key=_budget_order))
    titles = {budget: f"{budget} ({n} cells)" for budget, n in cells.items()}
    return _signed(table.rename(columns=titles), "method")


def cell_table(comparison: Comparison, names: list[str]) -> pd.DataFrame:
    """Give the gain of some methods in every cell."""
    table = pd.DataFrame({name: gains(comparison, name) for name in names if name in comparison.names})
    table.index = [cell_name(cell) for cell in table.index]
    return _signed(table, "cell")


def addition_table(comparison: Comparison) -> pd.DataFrame:
    """Give, for every method with a twin, what it has over the same learner without the unlabeled rows."""
    lines = []
    for name, twin in comparison.twins:
        added = gains(comparison, name, twin)
        on_rows = gains(comparison, name, twin, "accuracy_unlabeled")
        lines.append(
            {
                "method": name,
                "without them": twin,
                "cells": len(added),
                "added": f"{added.mean():+.2f}",
                "raised": f"{(added > 0).sum()}",
                "lowered": f"{(added < 0).sum()}",
                "raised > 1": f"{(added > MARGIN).sum()}",
                "lowered > 1": f"{(added < -MARGIN).sum()}",
                "on the unlabeled rows": f"{on_rows.mean():+.2f}",
            }
        )
    return pd.DataFrame(lines)


def addition_by_table(comparison: Comparison) -> pd.DataFrame:
    """Give what the unlabeled rows add in each table, as the mean over its budgets."""
    by_table = {name: gains(comparison, name, twin).groupby(level="table").mean() for name, twin in comparison.twins}
    return _signed(pd.DataFrame(by_table).T, "method")


def _method_line(comparison: Comparison, name: str, ranks: pd.Series) -> dict[str, object]:
    base = comparison.methods[name].base
    gain = gains(comparison, name)
    room = gains(comparison, CEILINGS[base], base) if CEILINGS[base] in comparison.names else pd.Series(dtype=float)
    shared = gain.index.intersection(room.index)
    log_loss = comparison.difference(name, base, "log_loss").mean()
    return {
        "method": name,
        "against": base,
        "cells": len(gain),
        "failed": n_failed(comparison, name),
        "accuracy": f"{100 * comparison.cells(name, 'accuracy').mean():.2f}",
        "gain": f"{gain.mean():+.2f}",
        "gap closed": f"{gain[shared].sum() / room[shared].sum():.0%}" if room[shared].sum() > 0 else "",
        "harmed": f"{(gain < -MARGIN).mean():.0%}",
        "helped": f"{(gain > MARGIN).mean():.0%}",
        "worst cell": f"{gain.min():+.2f} ({cell_name(gain.idxmin())})" if len(gain) else "",
        "balanced": f"{gains(comparison, name, score='balanced_accuracy').mean():+.2f}",
        "log-loss": f"{log_loss:+.3f}",
        "on unlabeled": f"{gains(comparison, name, score='accuracy_unlabeled').mean():+.2f}",
        "rank": f"{ranks[name]:.1f}" if name in ranks else "",
        "seconds": f"{comparison.cells(name, 'seconds').mean():.2f}",
        "cost (rf)": f"{comparison.cost(name, UNIT):.1f}",
    }


def _signed(table: pd.DataFrame, index: str) -> pd.DataFrame:
    """Write points with their sign, and the index as the first column."""
    return table.map(lambda points: "" if pd.isna(points) else f"{points:+.2f}").rename_axis(index).reset_index()


def _budget_order(budget: str) -> tuple[bool, int, int]:
    """Sort `10c` before the numbers, and shares after them."""
    number = int(budget.rstrip("c%"))
    return (budget.endswith("%"), 0 if budget.endswith("c") else number, number)
