"""A run that is cut off, whenever and however: what it has done is kept, and it can be gone on with."""

import json
import os
import random
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import psutil
import pytest
from journeys.steps import SCRIPT, everything_below, hashes, run_script, type_in
from tables import LABEL, many_rows, write_folder

import pseudolabel

OPTIONS = ("--label", LABEL, "--sample-rows", "100", "--estimator", "logistic", "--teacher", "own", "--jobs", "1")
"""Of a run that takes some four seconds, half of them for the comparison."""

N_KILLS, N_USUAL_KILLS = 20, 5
"""Moments tried by night, and always."""

TOOK_SECONDS = "took.json"


@pytest.fixture(scope="module")
def undisturbed(once) -> Path:
    """Give a folder with `data`, a finished `run`, and how long it took."""

    def make(folder: Path) -> None:
        data = write_folder(many_rows(3_000), folder / "data", n_files=3)
        start = time.monotonic()
        answer = run_script("fit", data, "--out", folder / "run", *OPTIONS, "--table", folder / "table.csv")
        assert answer.code == 0, answer.err
        (folder / TOOK_SECONDS).write_text(json.dumps(time.monotonic() - start))

    return once("undisturbed", make)


def begin(undisturbed: Path, folder: Path) -> "subprocess.Popen[str]":
    """Begin the same run in another folder, in a session of its own."""
    typed = [SCRIPT, "fit", undisturbed / "data", "--out", folder / "run", *OPTIONS, "--table", folder / "table.csv"]
    return subprocess.Popen(
        list(map(str, typed)), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )


def assert_same(undisturbed: Path, folder: Path) -> None:
    """Insist that a run is as it would have been: only clocks, and the model's bytes, may differ."""
    for name in ("labeled.parquet", "record.json", "report.html", "card.md", "evidence.npz"):
        assert hashes(folder / "run" / name) == hashes(undisturbed / "run" / name), name
    assert (folder / "table.csv").read_bytes() == (undisturbed / "table.csv").read_bytes()
    assert set(everything_below(folder / "run")) == set(everything_below(undisturbed / "run"))
    assert {path.name for path in folder.iterdir()} == {"run", "table.csv"}
    rows = many_rows(500, seed=9).to_pandas().drop(columns=[LABEL])
    models = [pseudolabel.load(of / "run" / "model.skops") for of in (folder, undisturbed)]
    columns = models[0].feature_names_in_
    said = [model.predict_proba(rows[columns]) for model in models]
    assert np.array_equal(*said)


@pytest.mark.parametrize(
    "number", [pytest.param(at, marks=[pytest.mark.nightly] * (at >= N_USUAL_KILLS)) for at in range(N_KILLS)]
)
def test_a_run_that_is_killed_at_any_moment_is_gone_on_with(undisturbed, tmp_path, number):
    took = json.loads((undisturbed / TOOK_SECONDS).read_text())
    process = begin(undisturbed, tmp_path)
    time.sleep(took * random.Random(number).uniform(0.3, 1))

    os.killpg(process.pid, signal.SIGKILL)
    process.communicate(timeout=60)

    if not (tmp_path / "run" / "unfinished" / "plan.json").exists() and not (tmp_path / "run/manifest.json").exists():
        shutil.rmtree(tmp_path / "run", ignore_errors=True)  # nothing was done yet
        begin(undisturbed, tmp_path).communicate(timeout=120)
    answer = type_in("resume", tmp_path / "run")
    assert answer.code == 0, answer.err
    assert_same(undisturbed, tmp_path)


@pytest.mark.parametrize("engine", ["processes", "dask"])
def test_a_run_that_is_killed_leaves_no_worker_behind(undisturbed, tmp_path, engine):
    options = [*OPTIONS[:4], "--evidence", "none", "--committee", "full", "--engine", engine, "--jobs", "2"]
    typed = [SCRIPT, "fit", undisturbed / "data", "--out", tmp_path / "run", *options]
    with subprocess.Popen(list(map(str, typed)), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        family = psutil.Process(process.pid)
        wait_until(lambda: len(family.children(recursive=True)) >= 2)
        workers = family.children(recursive=True)
        process.kill()

    _, left = psutil.wait_procs(workers, timeout=20)
    assert left == []


def stage_begins(name: str) -> Callable[[Path], bool]:
    """Give a test of whether a run in a folder has come to a stage."""
    traces = {"reading": "plan.json", "comparing": "answer-0003.npz", "scoring": "000000.parquet", "writing": "made/*"}
    return lambda run: any((run / "unfinished").glob(traces[name]))


@pytest.mark.parametrize(
    ("stage", "signal_"),
    [
        ("reading", signal.SIGINT),
        ("comparing", signal.SIGINT),
        ("comparing", signal.SIGTERM),
        ("scoring", signal.SIGINT),
        ("writing", signal.SIGINT),
    ],
)
def test_a_run_that_is_asked_to_end_says_how_to_go_on(undisturbed, tmp_path, stage, signal_):
    with begin(undisturbed, tmp_path) as process:
        wait_until(lambda: stage_begins(stage)(tmp_path / "run"))
        process.send_signal(signal_)
        out, said = process.communicate(timeout=60)

    assert process.returncode == 130
    way_on = f"What is done is kept. Go on with: pseudolabel resume {tmp_path / 'run'}\n"
    assert (out, said) == ("", f"pseudolabel: Interrupted. {way_on}")
    assert {path.name for path in (tmp_path / "run").iterdir()} == {"unfinished"}
    wait_until(lambda: not processes_of(process.pid))

    assert type_in("resume", tmp_path / "run").code == 0
    assert_same(undisturbed, tmp_path)


def test_a_run_that_is_told_twice_ends_without_delay_and_is_gone_on_with(undisturbed, tmp_path):
    with begin(undisturbed, tmp_path) as process:
        wait_until(lambda: stage_begins("comparing")(tmp_path / "run"))
        process.send_signal(signal.SIGINT)
        time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=60)

    assert process.returncode in (130, -signal.SIGINT)  # which a shell tells as 130 too, as the program's last breath
    assert "pseudolabel: Interrupted" in said
    assert "pseudolabel resume" in said
    wait_until(lambda: not processes_of(process.pid))
    assert type_in("resume", tmp_path / "run").code == 0
    assert_same(undisturbed, tmp_path)


def test_what_is_done_is_not_done_again(undisturbed, tmp_path):
    with begin(undisturbed, tmp_path) as process:
        wait_until(lambda: stage_begins("scoring")(tmp_path / "run"))
        process.send_signal(signal.SIGKILL)
    kept = tmp_path / "run" / "unfinished"
    before = {path: path.stat().st_mtime_ns for path in kept.glob("*.npz")}
    assert len(before) > 20
    (kept / "inputs.json").read_text()

    with begin_again(tmp_path) as process:
        wait_until(lambda: stage_begins("writing")(tmp_path / "run"))
        after = {path: path.stat().st_mtime_ns for path in kept.glob("answer-*.npz")}
        process.send_signal(signal.SIGKILL)

    assert after == {path: moment for path, moment in before.items() if path.name.startswith("answer")}


def begin_again(folder: Path) -> "subprocess.Popen[str]":
    """Go on with a run, in another process."""
    return subprocess.Popen([str(SCRIPT), "resume", str(folder / "run")], stderr=subprocess.PIPE, text=True)


def test_a_run_whose_input_has_changed_is_not_gone_on_with_until_it_is_given_back(undisturbed, tmp_path):
    folder = tmp_path / "own"
    shutil.copytree(undisturbed / "data", folder / "data")
    shutil.copy(undisturbed / TOOK_SECONDS, folder)
    with begin(folder, tmp_path) as process:
        wait_until(lambda: stage_begins("comparing")(tmp_path / "run"))
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
    path = folder / "data" / "part-1.parquet"
    content = path.read_bytes()
    write_folder(many_rows(1_000, seed=3), tmp_path / "other", n_files=1)
    shutil.copy(tmp_path / "other" / "part-0.parquet", path)

    answer = type_in("resume", tmp_path / "run")

    assert answer.code == 2
    assert "part-1.parquet has changed since the run" in answer.err
    assert "SHA-256 was" in answer.err
    path.write_bytes(content)
    assert type_in("resume", tmp_path / "run").code == 0
    assert hashes(tmp_path / "run" / "record.json") == hashes(undisturbed / "run" / "record.json")


def test_a_finished_run_is_gone_on_with_by_showing_it(undisturbed):
    before = everything_below(undisturbed)

    answer = type_in("resume", undisturbed / "run", "--json")

    assert answer.code == 0, answer.err
    assert json.loads(answer.out) == json.loads((undisturbed / "run" / "record.json").read_text())
    assert everything_below(undisturbed) == before


def test_two_runs_in_one_folder_do_not_meet(undisturbed, tmp_path):
    with begin(undisturbed, tmp_path) as first:
        wait_until(lambda: stage_begins("reading")(tmp_path / "run"))
        for command in (
            ("fit", undisturbed / "data", "--out", tmp_path / "run", *OPTIONS, "--overwrite"),
            ("resume", tmp_path / "run"),
        ):
            answer = type_in(*command)
            assert answer.code == 3
            assert f"is being written by another pseudolabel (process {first.pid} on" in answer.err
        first.communicate(timeout=120)

    assert first.returncode == 0
    assert_same(undisturbed, tmp_path)


@pytest.fixture
def small_disk(tmp_path) -> Iterator[Path]:
    """Give a disk of its own that is soon full."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=300k", "none", str(disk)], capture_output=True, text=True, check=False
    )
    if mounted.returncode:
        pytest.skip(f"a disk of its own needs the right to mount one: {mounted.stderr.strip()}")
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


@pytest.mark.parametrize("room", ["160k", "260k"])
def test_a_full_disk_loses_nothing_and_with_room_the_run_is_gone_on_with(undisturbed, small_disk, room):
    remount(small_disk, room)
    typed = ("fit", undisturbed / "data", "--out", small_disk / "run", *OPTIONS)

    answer = run_script(*typed)

    assert answer.code == 4
    assert "No space left on device" in answer.err
    assert answer.err.count("\n") == 1
    assert f"Go on with: pseudolabel resume {small_disk / 'run'}" in answer.err
    assert {path.name for path in (small_disk / "run").iterdir()} == {"unfinished"}
    remount(small_disk, "100m")
    assert run_script("resume", small_disk / "run").code == 0
    for name in ("labeled.parquet", "record.json", "report.html"):
        assert hashes(small_disk / "run" / name) == hashes(undisturbed / "run" / name)


def test_a_disk_too_full_to_begin_on_is_said_and_left_empty(undisturbed, small_disk):
    (small_disk / "fill").write_bytes(bytes(280 * 1024))

    answer = run_script("fit", undisturbed / "data", "--out", small_disk / "run", *OPTIONS)

    assert answer.code == 4
    assert "No space left on device" in answer.err
    assert {path.name for path in small_disk.iterdir()} <= {"fill", "run"}


def remount(disk: Path, size: str) -> None:
    """Give a disk another size."""
    subprocess.run(["mount", "-o", f"remount,size={size}", str(disk)], check=True)


def processes_of(leader: int) -> list[int]:
    """Give the processes that a command and its workers are."""
    numbers = [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]
    return [number for number in numbers if group_of(number) == leader]


def group_of(number: int) -> int | None:
    try:
        return os.getpgid(number)
    except ProcessLookupError:
        return None


def wait_until(happened: Callable[[], object]) -> None:
    deadline = time.monotonic() + 60
    while not happened():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.005)
