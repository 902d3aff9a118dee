"""Command: the options both benchmarks share, and what they do in turn.

Takes  a Benchmark, its methods and its summary.
Gives  a results file, and the summary on the screen.

Before this: measurement.py, summary.py. After this: compare.py, compare_regression.py.
"""

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pandas as pd

from comparison import Comparison, failures
from measurement import Benchmark, Wish, measure, open_tasks
from method import Method, choose_methods, with_bases
from peers import PeerEnvironment
from result_file import open_results, read_results
from screen import show

DEFAULT_CAP = 2_000
DEFAULT_PEER_SECONDS = 60.0

Summary = Callable[[Comparison, list[str]], dict[str, pd.DataFrame]]


def parser(description: str, budgets: str) -> argparse.ArgumentParser:
    """Make the parser with the options both benchmarks share."""
    options = argparse.ArgumentParser(description=description, formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    options.add_argument("--data", type=Path, help="folder of Parquet files with a column `target`")
    options.add_argument("--tables", type=_names, default=(), help="names, with commas; all if left out")
    options.add_argument("--methods", type=_names, default=("*",), help="names or patterns, with commas")
    options.add_argument("--budgets", type=_names, default=_names(budgets), help="for instance 10c,100,500,40%%")
    options.add_argument("--seeds", type=int, default=3, help="how many splits of each table and budget")
    options.add_argument("--first-seed", type=int, default=0)
    options.add_argument("--cap", type=int, default=DEFAULT_CAP, help="most rows used of a table")
    options.add_argument("--jobs", type=int, default=1, help="splits measured at a time")
    options.add_argument(
        "--out", type=Path, default=Path("results.csv"), help="goes on where it stopped, if it is there"
    )
    options.add_argument("--retry-failed", action="store_true", help="measure again what has an error in --out")
    options.add_argument("--summary-only", type=Path, metavar="CSV", help="measure nothing, summarise this file")
    options.add_argument("--cells", type=_names, default=(), help="also the gains in each cell of these methods")
    options.add_argument("--markdown", action="store_true", help="tables as Markdown")
    options.add_argument("--list", action="store_true", help="show the methods and end")
    return options


def add_peer_options(options: argparse.ArgumentParser) -> None:
    """Add the options of the benchmark that has peers."""
    options.add_argument("--peer-python", help="interpreter of the environment with peers.txt; without it no peers")
    options.add_argument("--peer-seconds", type=float, default=DEFAULT_PEER_SECONDS, help="limit for one fit of a peer")


def peer_environment(arguments: argparse.Namespace) -> PeerEnvironment | None:
    """Give where the peers run, if it was said."""
    return PeerEnvironment(arguments.peer_python, arguments.peer_seconds) if arguments.peer_python else None


def run(
    arguments: argparse.Namespace,
    benchmark: Benchmark,
    methods: Mapping[str, Method],
    always: Sequence[str],
    summarise: Summary,
) -> None:
    """Do what the arguments say.

    Parameters
    ----------
    methods : mapping of name to Method
    always : sequence of str
        Names of the methods that the summary cannot do without.
    """
    if arguments.list:
        print("\n".join(f"{name:36} {method.says} (against {method.base})" for name, method in methods.items()))
        return
    if arguments.summary_only is None:
        runnable = _runnable(methods)
        names = with_bases(runnable, choose_methods(runnable, arguments.methods), always)
        _measure(arguments, benchmark, {name: runnable[name] for name in names})
    results = read_results(arguments.summary_only or arguments.out)
    unknown = sorted(set(results["method"]) - set(methods))
    if unknown:
        print(f"Left out of the summary, for they are no methods any more: {', '.join(unknown)}.", file=sys.stderr)
    comparison = Comparison(results, methods)
    chosen = choose_methods(methods, arguments.cells)
    for title, table in summarise(comparison, chosen).items():
        show(title, table, markdown=arguments.markdown)
    show("FAILED: no answer, and so in no number above", failures(comparison), markdown=arguments.markdown)


def _measure(arguments: argparse.Namespace, benchmark: Benchmark, methods: Mapping[str, Method]) -> None:
    done = open_results(arguments.out, benchmark.fields)
    if len(done) and set(done["cap"]) != {arguments.cap}:
        raise SystemExit(f"{arguments.out} holds a run with cap {done['cap'][0]}. Choose another --out.")
    if arguments.retry_failed:
        done = done[done["error"] == ""]
    seeds = range(arguments.first_seed, arguments.first_seed + arguments.seeds)
    wish = Wish(arguments.data, arguments.tables, arguments.budgets, seeds, arguments.cap)
    measure(benchmark, open_tasks(benchmark, wish, methods, done), arguments.out, arguments.jobs)


def _runnable(methods: Mapping[str, Method]) -> dict[str, Method]:
    """Leave out what has no environment to run in, and say so."""
    left_out = [name for name, method in methods.items() if not method.can_run]
    if left_out:
        print(f"Not run, for no --peer-python was given: {', '.join(left_out)}.", file=sys.stderr)
    return {name: method for name, method in methods.items() if method.can_run}


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())
