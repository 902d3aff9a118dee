"""Whenever and however a run is cut off, no process of it stays, and what is said is one line."""

import os
import signal
import subprocess
import time

import numpy as np
import pandas as pd
import psutil
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from journeys.steps import SCRIPT, beads, write


@pytest.fixture(scope="module")
def tables(once):
    """Give a folder with a table that is compared for long, and one that is scored for long."""

    def make(folder):
        # All rows but one have a label, so that the comparison, which has worker processes, takes long.
        table = pd.concat([beads(every=1)] * 6, ignore_index=True)
        table.loc[0, "kind"] = ""
        write(table, folder, name="comparing")
        (folder / "scoring").mkdir()
        for number in range(6):
            numbers = np.random.default_rng(number).random((40_000, 5))
            kinds = np.where(numbers[:, 0] > 0.5, "pearl", "marble").astype(object)
            kinds[100 if number == 0 else 0 :] = None
            columns = {f"x{column}": numbers[:, column] for column in range(5)}
            path = folder / "scoring" / f"part-{number}.parquet"
            pq.write_table(pa.table(columns | {"kind": pa.array(kinds, pa.string())}), path)

    return once("interrupted", make)


STAGES = {
    "comparing": ("comparing.csv", (), 3),
    "scoring in processes": ("scoring", ("--evidence", "none", "--sample-rows", "300", "--engine", "processes"), 3),
    "scoring on a cluster": ("scoring", ("--evidence", "none", "--sample-rows", "300", "--engine", "dask"), 4),
}
"""What to run, and how many processes beside the first there are at that stage."""


def start(tables, out, stage):
    """Start a run in a session of its own, and wait until it is at a stage; give it and all its processes."""
    table, options, n_children = STAGES[stage]
    command = [SCRIPT, "fit", tables / table, "--label", "kind", "--out", out, "--jobs", "2", "--quiet", *options]
    environment = os.environ | {"LOKY_MAX_CPU_COUNT": "2", "TMPDIR": str(out.parent)}
    said = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, "start_new_session": True}
    process = subprocess.Popen(list(map(str, command)), env=environment, **said)
    first, until = psutil.Process(process.pid), time.monotonic() + 90
    while not list(out.parent.iterdir()) or len(first.children(recursive=True)) < n_children:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < until
        time.sleep(0.02)
    time.sleep(0.3)
    return process, [first, *first.children(recursive=True)]


@pytest.mark.parametrize("stage", ["comparing", "scoring on a cluster"])
def test_no_process_outlives_a_run_that_is_killed(tables, tmp_path, stage):
    process, there = start(tables, tmp_path / "run", stage)

    process.kill()
    process.communicate(timeout=5)

    assert psutil.wait_procs(there, timeout=5)[1] == []


@pytest.mark.parametrize(
    ("stage", "number", "send"),
    [
        pytest.param("comparing", signal.SIGTERM, os.kill, id="comparing"),
        pytest.param("scoring in processes", signal.SIGINT, os.killpg, id="processes"),
        pytest.param("scoring on a cluster", signal.SIGTERM, os.killpg, id="cluster"),
    ],
)
def test_a_run_that_is_told_to_end_says_so_in_a_line_and_leaves_no_process(tables, tmp_path, stage, number, send):
    # Ctrl-C goes to the whole group, and so does the end of a job of a cluster; `kill` reaches the first process alone.
    process, there = start(tables, tmp_path / "run", stage)

    send(process.pid, number)
    out, said = process.communicate(timeout=10)

    assert (process.returncode, out) == (130, "")
    assert said.startswith("pseudolabel: Interrupted")
    assert said.count("\n") == 1, said
    assert psutil.wait_procs(there, timeout=5)[1] == []
