"""A table of which only a sample is learnt from: every row labeled, the same bytes however the work was done."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import psutil
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from journeys.steps import SCRIPT, hashes, labeled, run_script, type_in
from tables import ID, LABEL, N_FILES, many_rows, write_folder

QUICK = ("--label", LABEL, "--sample-rows", "400", "--evidence", "none", "--estimator", "logistic", "--teacher", "own")
SLOW = ("--label", LABEL, "--sample-rows", "300", "--evidence", "none", "--committee", "full")
TABLE = many_rows()


def fit(data, out, *options):
    answer = type_in("fit", data, "--out", out, *options)
    assert answer.code == 0, answer.err
    return out


def content(run):
    """Give the hashes of the labeled table and of the record."""
    return hashes(run / "labeled.parquet") | hashes(run / "record.json")


@pytest.fixture(scope="module")
def run(once) -> Path:
    """Give a folder with a table as a folder of files, `data`, and a finished run on it, `run`."""
    return once(
        "large", lambda folder: fit(write_folder(TABLE, folder / "data"), folder / "run", *QUICK, "--jobs", "1")
    )


def test_every_row_gets_a_label_and_keeps_its_place(run):
    found = labeled(run / "run")

    assert found[ID].to_pylist() == TABLE[ID].to_pylist()
    assert found["pseudo_label"].null_count == 0
    given = np.array(found["source"].to_pylist()) == "given"
    assert given.tolist() == TABLE[LABEL].is_valid().to_pylist()
    assert found["pseudo_label"].filter(pa.array(given)).to_pylist() == TABLE[LABEL].drop_null().to_pylist()
    assert sorted(path.name for path in (run / "run" / "labeled.parquet").iterdir()) == [
        f"part-{number}.parquet" for number in range(N_FILES)
    ]


def test_the_record_counts_all_rows(run):
    record, found = json.loads((run / "run" / "record.json").read_text()), labeled(run / "run")

    counts = record["counts"]
    assert (counts["rows"], counts["given"]) == (TABLE.num_rows, 150)
    assert counts["suggested"] == TABLE.num_rows - 150 == sum(record["confidence"]["counts"])
    suggested = found.filter(pa.array(np.array(found["source"].to_pylist()) == "suggested"))
    for name in record["classes"]:
        assert counts["suggested_per_class"][name] == suggested["pseudo_label"].to_pylist().count(name)
    assert json.loads((run / "run" / "timings.json").read_text())["engine"] == "1 here"


def test_the_most_doubtful_rows_of_all_are_named(run):
    record, found = json.loads((run / "run" / "record.json").read_text()), labeled(run / "run").to_pandas()

    leads = [row["probability"] - row["runner_up_probability"] for row in record["doubtful"]]
    assert leads == sorted(leads)
    assert len(leads) == 10
    for row in record["doubtful"]:
        assert found["confidence"][row["row"]] == pytest.approx(row["probability"], abs=1e-6)
        assert row["place"] == f"part-{row['row'] // 1500}.parquet, row {row['row'] % 1500 + 1}"
        assert row["nearest"] == [] or all(
            TABLE[LABEL][near["row"]].as_py() == near["label"] for near in row["nearest"]
        )


@pytest.mark.parametrize(
    "options",
    [
        ("--jobs", "3"),
        ("--jobs", "2", "--engine", "processes"),
        ("--jobs", "2", "--engine", "dask"),
        ("--memory", "1GB"),
    ],
    ids=["threads", "processes", "dask", "memory"],
)
def test_the_same_bytes_whoever_does_the_work(run, tmp_path, options):
    found = fit(run / "data", tmp_path / "run", *QUICK, *options)

    assert content(found) == content(run / "run")
    assert not (found / "unfinished").exists()


@pytest.mark.parametrize("rows_of_a_group", [100, 5000])
def test_the_same_table_whatever_the_row_groups_of_the_input(run, tmp_path, rows_of_a_group):
    data = write_folder(TABLE, tmp_path / "data", rows_of_a_group=rows_of_a_group)

    found = fit(data, tmp_path / "run", *QUICK)

    assert hashes(found / "labeled.parquet") == hashes(run / "run" / "labeled.parquet")


def test_columns_of_the_input_can_be_left_out(run, tmp_path):
    of_all = labeled(run / "run")

    for which, kept in (("id", [ID]), ("none", [])):
        found = labeled(fit(run / "data", tmp_path / which, *QUICK, "--id", ID, "--columns", which))
        assert found.column_names == [*kept, "pseudo_label", "confidence", "source"]
        assert found.num_rows == of_all.num_rows


def test_probabilities_of_all_rows_sum_to_one(run, tmp_path):
    found = labeled(fit(run / "data", tmp_path / "run", *QUICK, "--probabilities", "--columns", "none")).to_pandas()

    shares = found[[f"probability_{name}" for name in ("ash", "birch", "cedar")]]
    assert np.allclose(shares.sum(axis=1), 1, atol=1e-6)
    assert np.allclose(shares.max(axis=1), found["confidence"])


def test_numbers_are_given_to_every_row_too(tmp_path):
    data = write_folder(many_rows(numbers=True), tmp_path / "data")
    options = ("--label", LABEL, "--sample-rows", "400", "--evidence", "none", "--estimator", "linear")

    one, other = (fit(data, tmp_path / name, *options, "--jobs", jobs) for name, jobs in (("one", "1"), ("two", "2")))

    found = labeled(one).to_pandas()
    assert found["pseudo_label"].notna().all()
    assert (found["lower"] <= found["pseudo_label"]).all()
    assert (found["pseudo_label"] <= found["upper"]).all()
    record = json.loads((one / "record.json").read_text())
    assert record["target"]["suggested"]["count"] == len(found) - 150
    assert sum(record["target"]["histogram"]["suggested"]) == len(found) - 150
    suggested = found["pseudo_label"][found["source"] == "suggested"]
    assert record["target"]["suggested"]["mean"] == pytest.approx(suggested.mean())
    assert record["target"]["suggested"]["median"] == pytest.approx(suggested.median(), abs=1e-2)
    assert content(one) == content(other)


def test_new_rows_are_labeled_part_by_part(run, tmp_path):
    answer = type_in("predict", run / "run", run / "data", "-o", tmp_path / "new.parquet")

    assert answer.code == 0, answer.err
    found = pq.read_table(tmp_path / "new.parquet")
    assert found[ID].to_pylist() == TABLE[ID].to_pylist()
    assert found["pseudo_label"].null_count == 0


def test_too_little_memory_is_said_before_any_work(run, tmp_path):
    answer = type_in("fit", run / "data", "--out", tmp_path / "run", *QUICK, "--memory", "10MB")

    assert answer.code == 2
    assert "--memory 10MB is too little" in answer.err
    assert not (tmp_path / "run").exists()


def test_an_engine_there_is_none_of_is_refused_before_any_work(run, tmp_path):
    answer = type_in("fit", run / "data", "--out", tmp_path / "run", *QUICK, "--engine", "spark")

    assert answer.code == 2
    assert "--engine 'spark' is neither local" in answer.err


@pytest.fixture(scope="module")
def slow_run(once) -> Path:
    """Give a folder with `data` and `run` that takes a cluster of two some seconds: six files, a committee."""

    def make(folder):
        fit(write_folder(many_rows(12_000), folder / "data", n_files=6), folder / "run", *SLOW, "--jobs", "1")

    return once("slow", make)


def wait_for_scores(out, process):
    """Wait until the first chunk is scored."""
    until = time.monotonic() + 120
    while not list((out / "unfinished").glob("0*.parquet")):
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < until
        time.sleep(0.02)


@pytest.mark.parametrize("engine", ["dask", "processes"])
def test_a_worker_killed_on_the_way_changes_nothing(slow_run, tmp_path, engine):
    out = tmp_path / "run"
    command = [SCRIPT, "fit", slow_run / "data", "--out", out, *SLOW, "--engine", engine, "--jobs", "2"]
    process = subprocess.Popen(list(map(str, command)), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    wait_for_scores(out, process)

    workers = psutil.Process(process.pid).children(recursive=True)
    busiest = max(workers, key=lambda worker: sum(worker.cpu_times()[:2]))
    busiest.send_signal(signal.SIGKILL)
    _, said = process.communicate(timeout=240)

    assert process.returncode == 0, said
    assert content(out) == content(slow_run / "run")


def test_a_run_whose_scheduler_went_away_is_gone_on_with(slow_run, tmp_path):
    # The folder is named as it is seen from here, and the workers are elsewhere.
    out, address = tmp_path / "run", f"tcp://127.0.0.1:{free_port()}"
    cluster = start_cluster(address)
    try:
        command = [SCRIPT, "fit", slow_run / "data", "--out", "run", *SLOW, "--engine", address]
        said = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        process = subprocess.Popen(list(map(str, command)), cwd=tmp_path, **said)
        wait_for_scores(out, process)
        cluster[0].kill()
        _, said = process.communicate(timeout=120)
    finally:
        for part in cluster:
            part.kill()
            part.wait()

    assert process.returncode == 4
    assert f"The Dask scheduler at {address} went away." in said
    assert "pseudolabel resume run" in said
    assert "Traceback" not in said
    assert type_in("fit", slow_run / "data", "--out", out, *SLOW).code == 2  # nothing is forgotten by accident

    answer = run_script("resume", out, "--engine", "local")

    assert answer.code == 0, answer.err
    assert content(out) == content(slow_run / "run")
    assert not (out / "unfinished").exists()


def test_what_is_unfinished_can_be_thrown_away(run, tmp_path):
    (tmp_path / "run" / "unfinished").mkdir(parents=True)
    (tmp_path / "run" / "unfinished" / "plan.json").write_text("{}")

    refused = type_in("fit", run / "data", "--out", tmp_path / "run", *QUICK)
    assert (refused.code, "holds an unfinished run" in refused.err) == (2, True)

    fit(run / "data", tmp_path / "run", *QUICK, "--overwrite")
    assert content(tmp_path / "run") == content(run / "run")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def start_cluster(address):
    """Start a scheduler and a worker, each a process of its own, as on machines of their own."""
    host, port = address.removeprefix("tcp://").split(":")
    environment = os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    modules = (
        ["distributed.cli.dask_scheduler", "--host", host, "--port", port],
        ["distributed.cli.dask_worker", address, "--nthreads", "1", "--no-nanny", "--death-timeout", "60"],
    )
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "env": environment}
    started = []
    for words in modules:
        started.append(subprocess.Popen([sys.executable, "-m", *words, "--no-dashboard"], **quiet))
        for _ in range(60):
            with socket.socket() as probe:
                if probe.connect_ex((host, int(port))) == 0:
                    break
            time.sleep(0.5)
    return started
