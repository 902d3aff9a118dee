"""Pairs: everyone measured beside everyone else, in turn, and the ratio of each pair.

Takes  named measurements, and how often to make each.
Gives  rounds; from them a Spread: the median of a ratio, its lowest and its highest.

A machine is slower in one minute than in the next, so only what ran within the same round is compared, and every
other round runs backwards, so that nobody is always the first.

Before this: contenders.py, watch.py. After this: learner_figures.py, folder_figures.py.
"""

import statistics
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

Run = dict[str, Any]
"""What one run took and gave, as plain data: `wall`, `cpu`, `peak` and more."""


@dataclass(frozen=True)
class Spread:
    """A number that was measured a few times."""

    median: float
    lowest: float
    highest: float
    n: int

    def __str__(self) -> str:
        """Write median, number of pairs and range.

        Examples
        --------
        >>> str(spread([4.0, 5.0, 4.5]))
        '4.50 (3 pairs, 4.00..5.00)'
        >>> str(spread([4.0]))
        '4.00 (1 pair)'
        """
        if self.n == 1:
            return f"{self.median:.2f} (1 pair)"
        return f"{self.median:.2f} ({self.n} pairs, {self.lowest:.2f}..{self.highest:.2f})"


def spread(values: Iterable[float]) -> Spread:
    """Give the median of some numbers with their range."""
    given = list(values)
    return Spread(statistics.median(given), min(given), max(given), len(given))


def ratio(rounds: Iterable[Mapping[str, Run]], above: str, below: str, measure: str = "cpu") -> Spread:
    """Give the ratio of two contenders in each round, and its spread.

    Examples
    --------
    >>> str(ratio([{"peer": {"cpu": 8.0}, "ours": {"cpu": 2.0}}], "peer", "ours"))
    '4.00 (1 pair)'
    """
    return spread(one[above][measure] / one[below][measure] for one in rounds)


def median(rounds: Iterable[Mapping[str, Run]], name: str, measure: str) -> float:
    """Give the median of what a contender took or reached."""
    return float(statistics.median(one[name][measure] for one in rounds))


def in_rounds(measurements: Mapping[str, Callable[[int], Run]], n_rounds: int) -> list[dict[str, Run]]:
    """Make every measurement once a round, every other round in reverse order.

    Parameters
    ----------
    measurements : mapping of name to function of the number of the round
    n_rounds : int
        1 or more.
    """
    rounds = []
    for number in range(n_rounds):
        names = list(measurements)
        runs = {}
        for name in names if number % 2 == 0 else reversed(names):
            runs[name] = measurements[name](number)
            taken = f"{runs[name]['cpu']:.1f} CPU s, {runs[name]['wall']:.1f} s, {runs[name]['peak']:.0f} MiB"
            print(f"  {number + 1}/{n_rounds} {name}: {taken}", file=sys.stderr, flush=True)
        rounds.append({name: runs[name] for name in names})
    return rounds
