"""Rates: how often the rule for the verdict is wrong, and how often it sees what is there.

Takes  the folder of replicates that simulate.py wrote.
Gives  a Markdown table for every family of models: each goal with its limit, the rate, its standard error, its count.

    python benchmarks/verdict/rates.py --material FOLDER forests ours --level 0.05

"Truly" is the mean difference of the two models on test rows; "the method" its mean over the replicates of a cell (a
table, a number of labels and a pair of models). A standard error counts a replicate as one, however many pairs of
models it has; where nothing was counted it is that of half a count.

Before this: rule.py. After this: docs/explanation/verdict.md.
"""

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from material import Case, read_cases
from rule import alarmed_classes, judge

FEWEST_REPLICATES_OF_A_CELL = 12
"""For the worst cell: with fewer, one wrong word alone is over the limit."""

Mask = Callable[[pd.DataFrame], "pd.Series[bool]"]


@dataclass(frozen=True)
class Goal:
    """A share of cases, and its limit.

    Attributes
    ----------
    name : str
    limit : float
        0 to 1.
    hit, among : functions of the table of cases
        What is counted, among which cases.
    at_least : bool
        Whether the limit is a lower one.
    n_labeled : int or None
        The number of labels it is about; None for all.
    """

    name: str
    limit: float
    hit: Mask
    among: Mask
    at_least: bool = False
    n_labeled: int | None = None


def _null(cases: pd.DataFrame) -> "pd.Series[bool]":
    return cases["pair"] == "reseed"


def _not_null(cases: pd.DataFrame) -> "pd.Series[bool]":
    return ~_null(cases)


GOALS = (
    Goal("`helps` on a reseeded model", 0.02, lambda cases: cases["word"] == "helps", _null),
    Goal("`harms` on a reseeded model", 0.02, lambda cases: cases["word"] == "harms", _null),
    Goal(
        "`helps` where the method does not gain",
        0.02,
        lambda cases: cases["word"] == "helps",
        lambda cases: cases["method"] <= 0,
    ),
    Goal(
        "`harms` where the method does not lose",
        0.01,
        lambda cases: cases["word"] == "harms",
        lambda cases: cases["method"] >= 0,
    ),
    Goal(
        "`harms` where this model truly gains over {step}",
        0.01,
        lambda cases: cases["word"] == "harms",
        lambda cases: cases["truth"] > cases["step"],
    ),
    Goal(
        "`helps` is right about this model",
        0.90,
        lambda cases: cases["truth"] > 0,
        lambda cases: cases["word"] == "helps",
        at_least=True,
    ),
    Goal(
        "`helps` is right about the method",
        0.90,
        lambda cases: cases["method"] > 0,
        lambda cases: cases["word"] == "helps",
        at_least=True,
    ),
    Goal(
        "`harms` is right about this model",
        0.90,
        lambda cases: cases["truth"] < 0,
        lambda cases: cases["word"] == "harms",
        at_least=True,
    ),
    Goal("interval above the truth", 0.05, lambda cases: cases["lower"] > cases["truth"], _not_null),
    Goal("interval below the truth", 0.05, lambda cases: cases["upper"] < cases["truth"], _not_null),
    Goal(
        "gain over {3 steps} seen",
        0.60,
        lambda cases: cases["word"] == "helps",
        lambda cases: cases["method"] > 3 * cases["step"],
        at_least=True,
        n_labeled=100,
    ),
    Goal(
        "loss over {3 steps} seen",
        0.70,
        lambda cases: cases["word"] == "harms",
        lambda cases: cases["method"] < -3 * cases["step"],
        at_least=True,
        n_labeled=50,
    ),
    Goal(
        "class alarm on a reseeded model",
        0.05,
        lambda cases: cases["alarm"],
        lambda cases: (cases["pair"] == "reseed") & cases["classes"],
    ),
)
"""What the rule was chosen for. Power goals hold at the number of labels they name and are shown at all."""


@dataclass(frozen=True)
class Rate:
    """A share with its standard error, and the cases it is a share of."""

    share: float
    error: float
    n_cases: int

    def __str__(self) -> str:
        """Write it in percent, or a dash where there was no case."""
        return f"{self.share:.1%} ± {self.error:.1%} ({self.n_cases})" if self.n_cases else "-"


def rate_of(hit: "pd.Series[bool]", replicate: "pd.Series[str]") -> Rate:
    """Give the share of hits; cases of one replicate share their rows, and count as one draw for the error.

    Examples
    --------
    >>> str(rate_of(pd.Series([True, False, False, False]), pd.Series(["a", "b", "c", "d"])))
    '25.0% ± 25.0% (4)'
    """
    if not len(hit):
        return Rate(float("nan"), float("nan"), 0)
    share, n_cases = float(hit.mean()), len(hit)
    if not hit.any() or hit.all():
        half = 0.5 / n_cases
        return Rate(share, float(np.sqrt(half * (1 - half) / n_cases)), n_cases)
    excess = (hit - share).groupby(replicate).sum()
    correction = len(excess) / max(len(excess) - 1, 1)
    return Rate(share, float(np.sqrt(correction * (excess**2).sum())) / n_cases, n_cases)


def table_of(cases: Sequence[Case], level: float) -> pd.DataFrame:
    """Judge every case: one row each, with the word, the interval and the truth.

    The step is one point of accuracy; for values, two percent of the mean squared error of the first model, which is
    one percent of its root.
    """
    lines = []
    for case in cases:
        word = judge(case, level)
        classes = len(case.differences) == 3
        lines.append(
            {
                "table": case.table,
                "pair": case.pair,
                "n_labeled": case.n_labeled,
                "cell": case.cell,
                "replicate": f"{case.table} {case.n_labeled} {case.index}",
                "index": case.index,
                "word": word.code,
                "lower": word.lower,
                "upper": word.upper,
                "truth": case.truth[0],
                "step": 0.01 if classes else 0.02 * case.first[0].mean(),
                "classes": classes,
                "alarm": classes and bool(alarmed_classes(case)),
            }
        )
    table = pd.DataFrame(lines)
    table["method"] = table.groupby("cell")["truth"].transform("mean")
    return table


def worst_cell(table: pd.DataFrame, word: str, among: "pd.Series[bool]") -> str:
    """Name the cell with the highest share of a word among some cases."""
    cells = (table["word"] == word)[among].groupby(table["cell"][among]).agg(["mean", "size"])
    cells = cells[cells["size"] >= FEWEST_REPLICATES_OF_A_CELL]
    if cells.empty:
        return "-"
    name = cells["mean"].idxmax()
    return f"{cells.loc[name, 'mean']:.0%} ({name}; {cells.loc[name, 'size']} replicates, {len(cells)} cells)"


def goals_table(table: pd.DataFrame) -> pd.DataFrame:
    """Lay the goals out: one line each, and one column for every number of labels."""
    sizes = sorted(table["n_labeled"].unique())
    parts = {"all": table} | {f"{size} labels": table[table["n_labeled"] == size] for size in sizes}
    unit = "pt" if table["classes"].all() else "% of RMSE"
    lines = []
    for goal in GOALS:
        rates = {
            name: rate_of(goal.hit(part)[goal.among(part)], part["replicate"][goal.among(part)])
            for name, part in parts.items()
        }
        meant = rates["all"] if goal.n_labeled is None else rates.get(f"{goal.n_labeled} labels", rates["all"])
        name = goal.name if goal.n_labeled is None else f"{goal.name} ({goal.n_labeled} labels)"
        lines.append(
            {"goal": name.replace("{step}", f"1 {unit}").replace("{3 steps}", f"3 {unit}")}
            | {"limit": f"{'≥' if goal.at_least else '≤'} {goal.limit:.0%}", "met": _met(goal, meant)}
            | {name: str(rate) for name, rate in rates.items()}
        )
    return pd.DataFrame(lines)


def _rate(goal: Goal, table: pd.DataFrame) -> Rate:
    among = table[goal.among(table)]
    return rate_of(goal.hit(among), among["replicate"])


def _met(goal: Goal, rate: Rate) -> str:
    if not rate.n_cases:
        return "-"
    return "yes" if (rate.share >= goal.limit if goal.at_least else rate.share <= goal.limit) else "**no**"


def markdown(table: pd.DataFrame) -> str:
    """Write a table in Markdown.

    Examples
    --------
    >>> print(markdown(pd.DataFrame({"goal": ["a"], "rate": ["1%"]})))
    | goal | rate |
    |---|---|
    | a | 1% |
    """
    head, *rows = ("| " + " | ".join(map(str, row)) + " |" for row in [list(table), *table.to_numpy().tolist()])
    return "\n".join([head, "|" + "---|" * table.shape[1], *rows])


def main(words: Sequence[str] | None = None) -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("families", nargs="+")
    options.add_argument("--material", type=Path, required=True)
    options.add_argument(
        "--level", type=float, default=0.05, choices=(0.05, 0.025), help="one-sided; 0.025 is the first of many looks"
    )
    options.add_argument("--repeats", type=int, help="use the first so many; all by default")
    options.add_argument("--half", choices=("even", "odd", "all"), default="all", help="replicates by index")
    arguments = options.parse_args(words)
    for family in arguments.families:
        wanted = {"even": [0], "odd": [1], "all": [0, 1]}[arguments.half]
        every = read_cases(arguments.material, family, arguments.repeats)
        cases = [case for case in every if case.index % 2 in wanted]
        table = table_of(cases, arguments.level)
        print(f"\n### {family}, level {arguments.level:g}, {table['replicate'].nunique()} replicates\n")
        print(markdown(goals_table(table)))
        print(f"\nworst cell, false `helps`: {worst_cell(table, 'helps', table['method'] <= 0)}")
        print(f"worst cell, false `harms`: {worst_cell(table, 'harms', table['method'] >= 0)}")


if __name__ == "__main__":
    main()
