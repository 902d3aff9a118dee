"""Figure: what is to be reached, what was measured, and under which circumstances.

Takes  options of the command.
Gives  a Setting, which every figure is measured in, and Rows, which the table is made of.

Before this: pairs.py. After this: learner_figures.py, folder_figures.py.
"""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pairs import Run
from problem import Sizes, keep_problem

ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
CONTENDERS = Path(__file__).with_name("contenders.py")
FEWEST_ROWS = 1_000


class MeasurementError(Exception):
    """A run failed, or took too long; the message says which and how."""


@dataclass(frozen=True)
class Row:
    """A line of the table.

    Attributes
    ----------
    figure : str
    reach : str
        What is to be reached.
    measured : str
    reached : bool or None
        None where it was not measured.
    beside : str
        What has to be known to read the figure: quality, seconds, memory.
    rounds : sequence of rounds
        The runs behind it.
    """

    figure: str
    reach: str
    measured: str
    reached: bool | None
    beside: str = ""
    rounds: Sequence[dict[str, Run]] = ()


@dataclass(frozen=True)
class Setting:
    """The circumstances of all figures.

    Attributes
    ----------
    scratch : Path
        A folder for data and runs.
    n_pairs : int
    seeds : sequence of int
        Of the data; round *i* has the *i*-th, and so on from the first again.
    scale : float
        Part of the full numbers of unlabeled rows, trees, and labeled rows that is used; 1 is all.
    jobs : int
        Cores for the figures that use all.
    booster : str
        The estimator of the command line where a booster is asked for.
    limit : float
        Most seconds a run may take.
    quick : bool
        Whether one size of each figure is enough.
    """

    scratch: Path
    n_pairs: int
    seeds: Sequence[int]
    scale: float
    jobs: int
    booster: str
    limit: float
    quick: bool = False

    @property
    def is_full(self) -> bool:
        """Whether sizes are those the figures are about."""
        return self.scale == 1

    def rows(self, n_rows: int) -> int:
        """Give the number of unlabeled rows to use instead of the full one."""
        return n_rows if self.is_full else max(FEWEST_ROWS, round(n_rows * self.scale))

    def sizes(self, *sizes: tuple[int, float]) -> Sequence[tuple[int, float]]:
        """Give the sizes of a figure, each with what is to be reached there: all of them, or one to try."""
        return sizes[:1] if self.quick else sizes

    def labeled(self) -> int:
        """Give the number of labeled rows: 5 000, less by far for a trial."""
        return 5_000 if self.is_full else max(300, min(5_000, round(50_000 * self.scale)))

    def trees(self, n_trees: int) -> int:
        """Give the number of trees."""
        return n_trees if self.is_full else max(10, min(n_trees, round(10 * n_trees * self.scale)))

    def seed(self, number: int) -> int:
        """Give the seed of a round."""
        return self.seeds[number % len(self.seeds)]

    def environment(self, *, one_thread: bool) -> dict[str, str]:
        """Give the environment of a run: threads of OpenMP that wait must not spin."""
        outside = {name: value for name, value in os.environ.items() if name not in ONE_THREAD}
        return outside | {"OMP_WAIT_POLICY": "passive"} | (ONE_THREAD if one_thread else {})

    def contend(self, name: str, number: int, n_unlabeled: int, most: int, **options: Any) -> Run:
        """Let a contender run in a fresh process, on the first so many of the `most` unlabeled rows of a problem."""
        sizes = Sizes(self.labeled(), most, self.rows(50_000))
        asked = {
            "contender": name,
            "problem": str(keep_problem(self.scratch, sizes, self.seed(number))),
            "n_unlabeled": n_unlabeled,
            "options": options,
        }
        said = self.finished(name, [sys.executable, str(CONTENDERS), json.dumps(asked)])
        run: Run = json.loads(said.splitlines()[-1])
        return run

    def finished(self, name: str, command: Sequence[str]) -> str:
        """Run a command on one thread to its good end, and give what it printed."""
        try:
            ended = subprocess.run(
                command,
                env=self.environment(one_thread=True),
                capture_output=True,
                text=True,
                timeout=None if self.limit == float("inf") else self.limit,
            )
        except subprocess.TimeoutExpired as error:
            raise MeasurementError(f"{name} took more than {self.limit:.0f} s") from error
        if ended.returncode:
            raise MeasurementError(f"{name}: {last_line(ended.stderr)}")
        return ended.stdout


def last_line(text: str) -> str:
    """Give the last line with words of what a program said."""
    return next((line.strip() for line in reversed(text.splitlines()) if line.strip()), "it said nothing")


def million(n_rows: int) -> str:
    """Write a number of rows.

    Examples
    --------
    >>> million(2_000_000), million(200_000)
    ('2 M', '200 000')
    """
    if n_rows >= 1_000_000 and n_rows % 100_000 == 0:
        return f"{n_rows / 1_000_000:g} M"
    return f"{n_rows:,}".replace(",", " ")
