"""Folder figures: the command line on folders of Parquet files, watched from outside.

Takes  a Setting.
Gives  rows of the table.

Every run is `pseudolabel fit` in a process of its own, the estimator being its own teacher and without a comparison,
which has its own cost and does not grow with the table. The run folder is read and removed.

Before this: figure.py, watch.py, table_folder.py. After this: figures.py.
"""

import json
import shutil
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from figure import MeasurementError, Row, Setting, last_line, million
from pairs import Run, in_rounds, median, ratio, spread
from table_folder import ID, LABEL, Shape, digest_of, keep_folder, n_rows_of
from watch import Watched, watch

ROWS_OF_FILE = 500_000
SAMPLE_ROWS = 50_000
"""Unlabeled rows that take part in learning: what the command line takes by itself."""

SHORTEST_RUN = 60.0
"""Seconds: a shorter run says more of how an engine starts than of how it works."""

IMPORTS = Path(__file__).with_name("imports.py")


def per_further_row(setting: Setting) -> Iterator[Row]:
    """Measure what a further row of a folder costs, reading and writing included, beside its raw `predict_proba`."""
    fewer, more = (_folder(setting, n_rows) for n_rows in (2_000_000, 10_000_000))
    n_fewer, n_more, n_raw = n_rows_of(fewer), n_rows_of(more), setting.rows(1_000_000)
    words = ["--estimator", "logistic", "--jobs", "1"]
    rounds = in_rounds(
        {
            "fewer rows": lambda _: _fit(setting, fewer, words, one_thread=True),
            "more rows": lambda _: _fit(setting, more, words, one_thread=True),
            "raw": lambda number: setting.contend("raw_scores", number, n_raw, n_raw, base="--estimator logistic"),
        },
        setting.n_pairs,
    )
    further = [(one["more rows"]["cpu"] - one["fewer rows"]["cpu"]) / (n_more - n_fewer) for one in rounds]
    times = spread(cpu / (one["raw"]["cpu"] / n_raw) for cpu, one in zip(further, rounds, strict=True))
    yield Row(
        "CPU per further unlabeled row / raw `predict_proba`, Parquet folder, logistic regression",
        "<= 2.5",
        str(times),
        times.median <= 2.5,
        f"{1e6 * spread(further).median:.2f} µs a row from {million(n_fewer)} to {million(n_more)} rows, reading and "
        f"writing included; raw {1e6 * median(rounds, 'raw', 'cpu') / n_raw:.2f} µs.",
        rounds,
    )


def memory_growth(setting: Setting) -> Iterator[Row]:
    """Measure the memory of the command line on a folder and on one five times as large."""
    smaller, larger = (_folder(setting, n_rows) for n_rows in (10_000_000, 50_000_000))
    words = ["--estimator", "logistic", "--jobs", str(setting.jobs)]
    rounds = in_rounds(
        {
            "imports": lambda _: _imports(setting, words),
            "smaller": lambda _: _fit(setting, smaller, words),
            "larger": lambda _: _fit(setting, larger, words),
        },
        setting.n_pairs,
    )
    growth = spread(one["larger"]["peak"] / one["smaller"]["peak"] for one in rounds)
    beyond = spread(one["larger"]["peak"] - one["imports"]["peak"] for one in rounds)
    sizes = f"from {million(n_rows_of(smaller))} to {million(n_rows_of(larger))} rows"
    walls = f"{median(rounds, 'smaller', 'wall'):.0f} and {median(rounds, 'larger', 'wall'):.0f} s"
    yield Row(
        f"peak memory {sizes}, logistic, {setting.jobs} jobs: larger / smaller",
        "<= 1.05",
        str(growth),
        growth.median <= 1.05,
        f"{median(rounds, 'smaller', 'peak'):.0f} and {median(rounds, 'larger', 'peak'):.0f} MiB in {walls}.",
        rounds,
    )
    yield Row(
        f"peak memory beyond imports at {million(n_rows_of(larger))} rows, MiB",
        "<= 500",
        str(beyond),
        beyond.median <= 500,
        f"Imports alone {median(rounds, 'imports', 'peak'):.0f} MiB.",
    )


def threads_over_one(setting: Setting) -> Iterator[Row]:
    """Measure the wall time on all cores beside that on one."""
    folder = _folder(setting, 4_000_000)
    all_jobs, one_job = f"{setting.jobs} jobs", "1 job"
    words = ["--estimator", setting.booster, "--jobs"]
    rounds = in_rounds(
        {
            all_jobs: lambda _: _fit(setting, folder, [*words, str(setting.jobs)]),
            one_job: lambda _: _fit(setting, folder, [*words, "1"]),
        },
        setting.n_pairs,
    )
    reach = 0.8 * setting.jobs
    busy = spread(one[one_job]["cpu"] / one[one_job]["wall"] for one in rounds)
    for what, measure in (("scoring stage", "score"), ("whole command", "wall")):
        times = ratio(rounds, one_job, all_jobs, measure)
        yield Row(
            f"wall of {one_job} / {all_jobs}, {what}, {setting.booster}, {million(n_rows_of(folder))} rows",
            f">= {reach:g}" if measure == "score" else "-",
            str(times),
            times.median >= reach if measure == "score" else None,
            f"{median(rounds, one_job, measure):.1f} and {median(rounds, all_jobs, measure):.1f} s; cores busy with "
            f"{one_job}: {busy.median:.2f}.",
            rounds if measure == "score" else (),
        )


def dask_over_local(setting: Setting) -> Iterator[Row]:
    """Measure Dask beside the local engine, as many workers as cores, and kill a worker on the way once."""
    folder = _folder(setting, 40_000_000)
    words = ["--estimator", setting.booster, "--jobs", str(setting.jobs), "--columns", "id", "--engine"]
    rounds = in_rounds(
        {
            "local": lambda _: _fit(setting, folder, [*words, "local"], digest=True),
            "dask": lambda _: _fit(setting, folder, [*words, "dask"], digest=True),
        },
        setting.n_pairs,
    )
    times, seconds = ratio(rounds, "local", "dask", "wall"), median(rounds, "dask", "wall")
    digests = {run["digest"] for one in rounds for run in one.values()}
    identical, long_enough = len(digests) == 1, seconds >= SHORTEST_RUN
    short = "" if long_enough else f" Runs under {SHORTEST_RUN:.0f} s: no proof."
    yield Row(
        f"wall of local / Dask, {setting.jobs} workers, {setting.booster}, {million(n_rows_of(folder))} rows",
        ">= 0.9, bytes identical",
        f"{times}, bytes {'identical' if identical else 'DIFFER'}",
        times.median >= 0.9 and identical if long_enough else None,
        f"{median(rounds, 'local', 'wall'):.0f} and {seconds:.0f} s; scoring alone "
        f"{median(rounds, 'local', 'score'):.0f} and {median(rounds, 'dask', 'score'):.0f} s.{short}",
        rounds,
    )
    struck = _fit(setting, folder, [*words, "dask"], digest=True, strike_after=seconds / 2)
    same = digests == {struck["digest"]}
    yield Row(
        "Dask, a worker killed (SIGKILL) half-way",
        "bytes identical",
        "nobody to kill" if struck["struck"] is None else f"bytes {'identical' if same else 'DIFFER'} (1 run)",
        same if struck["struck"] is not None else None,
        f"{struck['wall']:.0f} s, undisturbed {seconds:.0f} s.",
        [{"dask, worker killed": struck}],
    )


def _folder(setting: Setting, n_rows: int) -> Path:
    shape = Shape(setting.labeled(), setting.rows(ROWS_OF_FILE), setting.seed(0))
    return keep_folder(setting.scratch, setting.rows(n_rows), shape)


def _words(setting: Setting, folder: Path, out: Path, options: list[str]) -> list[str]:
    """Give the words of `pseudolabel fit`; what the options leave open is the leanest."""
    columns = [] if "--columns" in options else ["--columns", "none"]
    given = ["fit", str(folder), "--label", LABEL, "--out", str(out), "--id", ID, "--teacher", "own"]
    sample = ["--sample-rows", str(setting.rows(SAMPLE_ROWS))]
    return [*given, *sample, "--evidence", "none", "--quiet", "--overwrite", *columns, *options]


def _fit(
    setting: Setting,
    folder: Path,
    options: list[str],
    *,
    one_thread: bool = False,
    digest: bool = False,
    strike_after: float = float("inf"),
) -> Run:
    """Run the command line on a folder; give what it took, the seconds of its scoring, and a digest of the table."""
    out = setting.scratch / "run"
    command = [sys.executable, "-m", "pseudolabel", *_words(setting, folder, out, options)]
    watched = _watched(setting, command, one_thread=one_thread, strike_after=strike_after)
    timings = json.loads((out / "timings.json").read_text(encoding="utf-8"))["seconds"]
    if not timings.get("score"):
        raise MeasurementError("timings.json names no seconds of a scoring stage")
    found = digest_of(out / "labeled.parquet") if digest else None
    shutil.rmtree(out)
    return asdict(watched) | {"score": timings["score"], "timings": timings, "digest": found}


def _imports(setting: Setting, options: list[str]) -> Run:
    """Watch a process that imports what the command line does, and does nothing else."""
    names, folder = setting.scratch / "imports.json", _folder(setting, ROWS_OF_FILE)
    script = [sys.executable, str(IMPORTS)]
    if not names.exists():
        out = setting.scratch / "run"
        _watched(setting, [*script, "remember", str(names), *_words(setting, folder, out, options)])
        shutil.rmtree(out)
    return asdict(_watched(setting, [*script, "repeat", str(names)]))


def _watched(
    setting: Setting, command: list[str], *, one_thread: bool = False, strike_after: float = float("inf")
) -> Watched:
    """Run a command to its good end."""
    said = setting.scratch / "said.txt"
    with said.open("w", encoding="utf-8") as output:
        watched = watch(
            command,
            env=setting.environment(one_thread=one_thread),
            output=output,
            limit=setting.limit,
            strike_after=strike_after,
        )
    if watched.wall > setting.limit:
        raise MeasurementError(f"the command took more than {setting.limit:.0f} s")
    if watched.code:
        raise MeasurementError(f"the command ended with {watched.code}: {last_line(said.read_text(encoding='utf-8'))}")
    return watched
