"""Measurement: every method on every split, in a few processes, and a line for each at once.

Takes  a Benchmark: its tables, protocol, methods and scores; and what of it is wanted.
Gives  lines in the results file.

A method that fails leaves a line with its error, for a failure that disappears would look like a success. Numerical
libraries get one thread each, so that seconds can be compared.

Before this: result_file.py, method.py. After this: command.py.
"""

import os
import sys
import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import pandas as pd
from joblib import Parallel, delayed
from threadpoolctl import threadpool_limits

from method import Answer, Method
from protocol import Split
from result_file import append_line, error_cell, fields_of
from table_files import Table


@dataclass(frozen=True)
class Benchmark:
    """What makes one benchmark different from the other.

    Attributes
    ----------
    tables : function from folder or None to readers by name
    budgets : function from target, names and cap to numbers of labels by name
    split : function from columns, target, n_labels, cap and seed to Split
    score : function from Split and Answer to scores by name
    scores : tuple of str
        Names of the scores.
    """

    tables: Callable[[Path | None], Mapping[str, Callable[[], Table]]]
    budgets: Callable[[pd.Series, Sequence[str], int], dict[str, int]]
    split: Callable[..., Split]
    score: Callable[[Split, Answer], dict[str, float]]
    scores: tuple[str, ...]

    @property
    def fields(self) -> tuple[str, ...]:
        """Columns of the results file."""
        return fields_of(self.scores)


@dataclass(frozen=True)
class Wish:
    """What of a benchmark is wanted.

    Attributes
    ----------
    folder : Path or None
    tables : tuple of str
        Empty for all.
    budgets : tuple of str
    seeds : range
    cap : int
    """

    folder: Path | None
    tables: tuple[str, ...]
    budgets: tuple[str, ...]
    seeds: range
    cap: int


@dataclass(frozen=True)
class Task:
    """One split, and the methods that have no line for it yet."""

    read: Callable[[], Table]
    key: dict[str, Any]
    n_labels: int
    methods: dict[str, Method]


def open_tasks(benchmark: Benchmark, wish: Wish, methods: Mapping[str, Method], done: pd.DataFrame) -> list[Task]:
    """Give what is still to do, a whole seed at a time, so that a run that is stopped has compared equals.

    Raises
    ------
    SystemExit
        If a wanted table is not there.
    """
    tables = benchmark.tables(wish.folder)
    unknown = set(wish.tables) - set(tables)
    if unknown:
        raise SystemExit(f"No table is called {', '.join(sorted(unknown))}. There are: {', '.join(tables)}.")
    chosen = {name: read for name, read in tables.items() if not wish.tables or name in wish.tables}
    budgets = {name: benchmark.budgets(read()[1], wish.budgets, wish.cap) for name, read in chosen.items()}
    known = set(done[["table", "budget", "seed", "method"]].itertuples(index=False, name=None))
    tasks = []
    for seed, (name, read) in product(wish.seeds, chosen.items()):
        for budget, n_labels in budgets[name].items():
            missing = {m: method for m, method in methods.items() if (name, budget, seed, m) not in known}
            key = {"table": name, "budget": budget, "cap": wish.cap, "seed": seed}
            tasks += [Task(read, key, n_labels, missing)] if missing else []
    return tasks


def measure(benchmark: Benchmark, tasks: Sequence[Task], path: Path, jobs: int) -> None:
    """Do the tasks, some at a time, and say on the way how far it got."""
    start = time.perf_counter()
    # Workers inherit these before they load a numerical library.
    for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(variable, "1")
    run = Parallel(n_jobs=jobs, return_as="generator_unordered", batch_size=1)
    for number, key in enumerate(run(delayed(measure_split)(benchmark, task, path) for task in tasks), start=1):
        what = f"{key['table']} {key['budget']} seed {key['seed']}"
        print(f"{number}/{len(tasks)}  {time.perf_counter() - start:.0f} s  {what}", file=sys.stderr, flush=True)


def measure_split(benchmark: Benchmark, task: Task, path: Path) -> dict[str, Any]:
    """Measure the methods on one split, and write a line for each."""
    with warnings.catch_warnings(), threadpool_limits(1):
        warnings.simplefilter("ignore")
        for line in _lines(benchmark, task):
            append_line(path, benchmark.fields, task.key | line)
    return task.key


def _lines(benchmark: Benchmark, task: Task) -> Iterator[dict[str, Any]]:
    try:
        split = benchmark.split(*task.read(), n_labels=task.n_labels, cap=task.key["cap"], seed=task.key["seed"])
    except Exception as error:
        yield from ({"method": name, "error": error_cell(error)} for name in task.methods)
        return
    given = int(split.given.sum())
    sizes = {"labeled": given, "unlabeled": len(split.y) - given, "test": len(split.y_test)}
    for name, method in task.methods.items():
        yield {"method": name} | sizes | _scores(benchmark, method, split)


def _scores(benchmark: Benchmark, method: Method, split: Split) -> dict[str, Any]:
    start = time.perf_counter()
    try:
        answer = method.answer(split)
        seconds = time.perf_counter() - start if answer.seconds is None else answer.seconds
        return benchmark.score(split, answer) | {"seconds": seconds}
    except Exception as error:
        return {"error": error_cell(error)}
