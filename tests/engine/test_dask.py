"""A cluster gives what one machine gives, also when a worker is killed; one that cannot do the work is refused."""

import os
import signal
import socket
import subprocess
import sys
import textwrap
import time
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import pytest

from pseudolabel.engine import dask
from pseudolabel.engine.dask import Dask
from pseudolabel.engine.engine import ENVIRONMENT
from pseudolabel.engine.keeper import MARK
from pseudolabel.errors import EngineError


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def test_a_killed_worker_costs_a_repeat_and_not_the_run(tmp_path):
    def once_killed(number):
        time.sleep(0.05)
        if number == 7 and not (tmp_path / "killed").exists():
            (tmp_path / "killed").touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return number**2

    with Dask(None, 2) as engine:
        assert engine.n_workers == 2
        assert list(engine.map(once_killed, ((number,) for number in range(20)))) == [n**2 for n in range(20)]
    assert (tmp_path / "killed").exists()


def test_a_cluster_starts_beside_whatever_holds_its_usual_port():
    with socket.socket() as held:
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        with suppress(OSError):  # another holds it already
            held.bind(("0.0.0.0", 8787))
            held.listen()
        with Dask(None, 1) as engine:
            assert list(engine.map(divmod, [(7, 2)])) == [(3, 1)]


@pytest.fixture(scope="module")
def one_worker():
    with Dask(None, 1) as engine:
        yield engine


def test_an_error_in_a_call_reaches_the_caller_as_itself(one_worker):
    with pytest.raises(ZeroDivisionError):
        list(one_worker.map(divmod, [(1, 1), (1, 0)]))


def test_an_error_that_cannot_be_had_here_arrives_in_its_words_and_with_the_traceback_of_the_worker(one_worker):
    def strange(_):
        class StrangeError(Exception):
            def __init__(self, reason, handle):
                super().__init__(reason)
                self.handle = handle

        raise StrangeError("seen there alone", open(os.devnull))  # noqa: SIM115

    with pytest.raises(RuntimeError, match="seen there alone") as raised:
        list(one_worker.map(strange, [(1,)]))
    assert "in strange" in str(raised.value.__cause__)


@pytest.mark.parametrize("kind", [SystemExit, KeyboardInterrupt])
def test_what_would_end_a_program_does_not_end_the_run_as_if_it_were_wished(one_worker, kind):
    def ends(_):
        raise kind(0)

    with pytest.raises(RuntimeError, match=kind.__name__):
        list(one_worker.map(ends, [(1,)]))


def test_what_a_call_writes_to_the_standard_output_does_not_come_between(capfd):
    with Dask(None, 1) as engine:
        assert list(engine.map(lambda text: os.write(1, text), [(b"loud\n",)])) == [5]

    out, err = capfd.readouterr()
    assert (out, err.count("loud")) == ("", 1)


def test_what_workers_need_in_the_environment_is_not_left_in_this_one():
    names = (*ENVIRONMENT, MARK, "PYTHONWARNINGS", "PYTHONHASHSEED")
    before = [os.environ.get(name) for name in names]
    with Dask(None, 1):
        assert [os.environ.get(name) for name in names] != before
    assert [os.environ.get(name) for name in names] == before


def test_a_scheduler_that_goes_away_is_an_error_and_no_hang(capfd):
    address = f"tcp://127.0.0.1:{free_port()}"
    port = address.rpartition(":")[2]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    command = [sys.executable, "-m", "distributed.cli.dask_scheduler", "--port", port, "--no-dashboard"]
    scheduler = subprocess.Popen([*command, "--host", "127.0.0.1"], **quiet)
    command = [sys.executable, "-m", "distributed.cli.dask_worker", address, "--nthreads", "1", "--no-nanny"]
    worker = subprocess.Popen([*command, "--no-dashboard", "--death-timeout", "30"], **quiet)
    try:
        with pytest.raises(EngineError, match=f"The Dask scheduler at {address} went away"):
            lose_scheduler(address, scheduler)
    finally:
        scheduler.kill()
        worker.kill()
        scheduler.wait()
        worker.wait()
    assert "Traceback" not in capfd.readouterr().err


def lose_scheduler(address, scheduler):
    """Join the cluster, and kill its scheduler when some calls are done."""
    with joined(address) as engine:
        for number in engine.map(lambda number: time.sleep(0.1) or number, ((n,) for n in range(100))):
            if number == 5:
                scheduler.kill()


def joined(address):
    """Join a cluster that is being started."""
    for _ in range(120):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", int(address.rpartition(":")[2]))) == 0:
                break
        time.sleep(0.5)
    return Dask(address, 1)


def test_an_address_where_nobody_answers_is_named(monkeypatch):
    monkeypatch.setattr("pseudolabel.engine.dask.PATIENCE_SECONDS", 1)

    with pytest.raises(EngineError, match=r"Nobody answers at tcp://127\.0\.0\.1:1\."), Dask("tcp://127.0.0.1:1", 1):
        pass


# A cluster of others


@contextmanager
def cluster(n_workers, cwd, path=""):
    """Start a scheduler and its workers, with a folder first on their path, and give the address."""
    address, quiet = f"tcp://127.0.0.1:{free_port()}", {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    host, port = address.removeprefix("tcp://").split(":")
    scheduler = ["distributed.cli.dask_scheduler", "--host", host, "--port", port, "--no-dashboard"]
    worker = ["distributed.cli.dask_worker", address, "--nthreads", "1", "--no-nanny", "--no-dashboard"]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(path), *sys.path])}
    started = []
    try:
        for words in [scheduler, *[worker] * n_workers]:
            process = subprocess.Popen([sys.executable, "-m", *words], cwd=cwd, env=environment, **quiet)
            started.append(process)
        joined(address)
        yield address
    finally:
        for process in started:
            process.kill()
            process.wait()


def test_a_cluster_without_workers_is_told_and_not_waited_for_for_ever(tmp_path, monkeypatch):
    monkeypatch.setattr(dask, "WORKERS_SECONDS", 1)

    with (
        cluster(0, tmp_path) as address,
        pytest.raises(EngineError, match=f"{address} has no workers.*dask worker {address}"),
        Dask(address, 1),
    ):
        pass


def test_workers_that_all_go_away_are_told(tmp_path, monkeypatch):
    with cluster(1, tmp_path) as address, Dask(address, 1) as engine:
        monkeypatch.setattr(dask, "WORKERS_SECONDS", 1)
        with pytest.raises(EngineError, match="has no workers: all have gone"):
            lose_workers(engine)


def lose_workers(engine):
    """Kill all workers when some calls are done."""
    for number in engine.map(lambda number: time.sleep(0.05) or number, ((n,) for n in range(50))):
        if number == 3:
            for child in psutil.Process().children():
                with suppress(psutil.Error):
                    if "distributed.cli.dask_worker" in child.cmdline():
                        child.kill()


def test_workers_with_another_version_are_named_before_the_work_begins(tmp_path):
    other = tmp_path / "numpy-0.1.dist-info"
    other.mkdir()
    (other / "METADATA").write_text("Metadata-Version: 2.1\nName: numpy\nVersion: 0.1\n", encoding="utf-8")

    with (
        cluster(1, tmp_path, path=tmp_path) as address,
        pytest.raises(EngineError, match=r"The worker tcp://\S+ has other versions .*numpy 0\.1 \(here [1-9]"),
        Dask(address, 1),
    ):
        pass


def test_a_folder_or_table_that_a_worker_does_not_see_is_named_and_nothing_stays_there(tmp_path, monkeypatch):
    here, there = tmp_path / "here", tmp_path / "there"
    for folder in (here / "run", here / "rows", there / "run"):
        folder.mkdir(parents=True)
    monkeypatch.chdir(here)
    # A path that is another place for every process, as one on the disk of each machine is.
    run, rows = Path("/proc/self/cwd/run"), Path("/proc/self/cwd/rows")

    with cluster(1, there) as address:
        with pytest.raises(EngineError, match=rf"The worker tcp://\S+ does not see '{run}'.*same absolute path"):
            open_and_leave(address, run)
        with pytest.raises(EngineError, match=f"does not see '{rows}'"):
            open_and_leave(address, here / "run", [rows])
        open_and_leave(address, here / "run", [here / "rows"])

    assert not any(file for folder in (here, there) for file in folder.rglob("*") if file.is_file())


def open_and_leave(address, folder, inputs=()):
    with Dask(address, 1, folder, inputs):
        pass


# A cluster of our own


SCRIPT = """
    import time
    from pseudolabel.engine.dask import Dask

    def busy(number):
        sum(range(10**11))

    if __name__ == "__main__":
        with Dask(None, 2) as engine:
            print("ready", flush=True)
            list(engine.map(busy, [(1,), (2,)]))
"""


def test_workers_in_the_middle_of_a_call_end_with_the_one_who_is_killed(tmp_path):
    script, scratch = tmp_path / "script.py", tmp_path / "scratch"
    script.write_text(textwrap.dedent(SCRIPT), encoding="utf-8")
    scratch.mkdir()
    quiet = {"stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL, "text": True}
    # It works for another engine itself, perhaps.
    environment = os.environ | {"TMPDIR": str(scratch), MARK: "of-another;"}
    process = subprocess.Popen([sys.executable, script], env=environment, **quiet)
    assert process.stdout.readline() == "ready\n"
    time.sleep(1)
    there = psutil.Process(process.pid).children(recursive=True)

    process.kill()
    process.communicate(timeout=60)

    assert len(there) >= 3
    assert psutil.wait_procs(there, timeout=60)[1] == []
    assert list(scratch.iterdir()) == []
