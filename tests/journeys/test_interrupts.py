"""A run that is told to end while others work for it says so in one line, and no process of it stays."""

import os
import signal
import subprocess
import time

import numpy as np
import psutil
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from journeys.steps import SCRIPT


@pytest.fixture(scope="module")
def table(once):
    """Give a folder whose rows are scored for long."""

    def make(folder):
        for number in range(6):
            numbers = np.random.default_rng(number).random((40_000, 5))
            kinds = np.where(numbers[:, 0] > 0.5, "pearl", "marble").astype(object)
            kinds[100 if number == 0 else 0 :] = None
            columns = {f"x{column}": numbers[:, column] for column in range(5)}
            path = folder / f"part-{number}.parquet"
            pq.write_table(pa.table(columns | {"kind": pa.array(kinds, pa.string())}), path)

    return once("interrupted", make)


@pytest.mark.parametrize(
    ("engine", "n_children", "number", "send"),
    [
        pytest.param("processes", 3, signal.SIGHUP, os.kill, id="processes"),
        pytest.param("dask", 4, signal.SIGINT, os.killpg, id="cluster"),
    ],
)
def test_a_run_told_to_end_says_how_to_go_on_and_leaves_no_process(table, tmp_path, engine, n_children, number, send):
    # Ctrl-C goes to the whole group, and so does the end of a job of a cluster; `kill` reaches the first process alone.
    process, there = start(table, tmp_path / "run", engine, n_children)

    send(process.pid, number)
    out, said = process.communicate(timeout=60)

    assert (process.returncode, out) == (130, "")
    way_on = f"What is done is kept. Go on with: pseudolabel resume {tmp_path / 'run'}"
    assert said == f"pseudolabel: Interrupted. {way_on}\n"
    assert psutil.wait_procs(there, timeout=60)[1] == []


def start(table, out, engine, n_children):
    """Start a run in a session of its own, and wait until it scores; give it and all its processes."""
    options = ("--evidence", "none", "--sample-rows", "300", "--engine", engine, "--jobs", "2", "--quiet")
    command = [SCRIPT, "fit", table, "--label", "kind", "--out", out, *options]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, "start_new_session": True}
    process = subprocess.Popen(list(map(str, command)), **pipes)
    first, until = psutil.Process(process.pid), time.monotonic() + 60
    while len(first.children(recursive=True)) < n_children:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < until
        time.sleep(0.02)
    return process, [first, *first.children(recursive=True)]
