"""Figures: one command that measures how fast and how lean this is, and prints the table.

Takes  names of figures, sizes, and a scratch folder.
Gives  a Markdown table: each figure, what is to be reached, what was measured, whether it is reached; then the machine
       and the limits.

    python benchmarks/speed/figures.py --scratch FOLDER --json speed.json
    python benchmarks/speed/figures.py --quick

A figure that cannot be measured has a line that says why, and the others go on.

Before this: learner_figures.py, folder_figures.py, machine.py. After this: docs/explanation/performance.md.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import asdict
from pathlib import Path

import folder_figures
import learner_figures
from figure import MeasurementError, Row, Setting
from machine import describe_machine

FIGURES: dict[str, Callable[[Setting], Iterator[Row]]] = {
    "scikit-learn": learner_figures.against_scikit_learn,
    "bound": learner_figures.over_the_lower_bound,
    "row-in-memory": learner_figures.per_further_row,
    "row-in-folder": folder_figures.per_further_row,
    "memory": folder_figures.memory_growth,
    "threads": folder_figures.threads_over_one,
    "dask": folder_figures.dask_over_local,
    "same-rule": learner_figures.same_rule,
}
QUICK_SCALE = 0.01

LIMITS = (
    "A ratio is the median of pairs within this one run; where the range is wide, the machine was not quiet.",
    "CPU is user and system seconds of the process and all it started; learners ran on one thread, in fresh processes.",
    "MiB of a learner are what it added to its imports and its rows; of a command all memory but pages of files.",
    "Rows are make_classification's: 30 float32 columns, 3 classes. Other data give other ratios.",
    "Labeled are, for ours, rows with a confidence above 0.9; all rows have a label there.",
)


def main(words: Sequence[str] | None = None) -> int:
    arguments = _parser().parse_args(words)
    started = time.monotonic()
    place = nullcontext(arguments.scratch) if arguments.scratch else tempfile.TemporaryDirectory()
    with place as scratch:
        setting = _setting(arguments, Path(scratch))
        rows: list[Row] = []
        for name in arguments.only or FIGURES:
            print(name, file=sys.stderr, flush=True)
            rows += _measured(name, setting)
            if arguments.json:
                _save(arguments.json, setting, rows)
    print(table_of(rows, proves=setting.is_full))
    print(f"\nMeasured on {describe_machine()} It took {time.monotonic() - started:,.0f} s.\n")
    print("\n".join(f"- {limit}" for limit in LIMITS))
    if not setting.is_full:
        print(f"\n**Reduced sizes (scale {setting.scale:g}): this shows that the command works, and proves nothing.**")
    return 0


def table_of(rows: Sequence[Row], *, proves: bool = True) -> str:
    """Lay rows out in Markdown; at reduced sizes nothing counts as reached or missed.

    Examples
    --------
    >>> print(table_of([Row("speed", ">= 4", "5.00 (1 pair)", True, "0.9")]))
    | figure | reach | measured (median of pairs, lowest..highest) | reached? | beside it |
    |---|---|---|---|---|
    | speed | >= 4 | 5.00 (1 pair) | yes | 0.9 |
    """
    words = {True: "yes", False: "**no**", None: "-"}
    lines = [
        f"| {row.figure} | {row.reach} | {row.measured} | {words[row.reached] if proves else '-'} | {row.beside} |"
        for row in rows
    ]
    head = "| figure | reach | measured (median of pairs, lowest..highest) | reached? | beside it |"
    return "\n".join([head, "|---|---|---|---|---|", *lines])


def _measured(name: str, setting: Setting) -> list[Row]:
    """Measure a figure; if that fails, keep the rows it gave and say what was wrong."""
    rows: list[Row] = []
    try:
        rows.extend(FIGURES[name](setting))
    except MeasurementError as error:
        rows.append(Row(name, "", "**not measured**", None, str(error).replace("|", "/")))
    return rows


def _setting(arguments: argparse.Namespace, scratch: Path) -> Setting:
    scratch.mkdir(parents=True, exist_ok=True)
    return Setting(
        scratch=scratch.resolve(),
        n_pairs=1 if arguments.quick else arguments.pairs,
        seeds=arguments.seeds,
        scale=QUICK_SCALE if arguments.quick else arguments.scale,
        jobs=arguments.jobs,
        booster=arguments.booster,
        limit=arguments.limit,
        quick=arguments.quick,
    )


def _save(path: Path, setting: Setting, rows: Sequence[Row]) -> None:
    """Write what there is so far: a long run that is interrupted has not been for nothing."""
    found = {"machine": describe_machine(), "scale": setting.scale, "rows": [asdict(row) for row in rows]}
    part = path.with_suffix(".part")
    part.write_text(json.dumps(found, indent=1), encoding="utf-8")
    part.replace(path)


def _parser() -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(
        description=__doc__.splitlines()[0], formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    options.add_argument("--only", nargs="+", choices=FIGURES, metavar="NAME", help=f"of {', '.join(FIGURES)}")
    options.add_argument("--pairs", type=int, default=3, help="rounds of every figure")
    options.add_argument("--quick", action="store_true", help="tiny sizes, one pair: to see that it works")
    options.add_argument("--scale", type=float, default=1.0, help="part of the full number of rows")
    options.add_argument("--seeds", type=int, nargs="+", default=[7], help="of the data, taken in turn")
    options.add_argument("--jobs", type=int, default=len(os.sched_getaffinity(0)), help="cores, where all are used")
    options.add_argument("--booster", default="xgboost", help="estimator of the command line for threads and dask")
    options.add_argument("--limit", type=float, default=float("inf"), help="most seconds for a run")
    options.add_argument("--scratch", type=Path, help="folder for data and runs, kept; a temporary one by default")
    options.add_argument("--json", type=Path, metavar="FILE", help="every run behind the table")
    return options


if __name__ == "__main__":
    sys.exit(main())
