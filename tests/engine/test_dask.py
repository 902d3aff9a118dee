"""A cluster gives what one machine gives, also when a worker is killed; without a scheduler there is an error."""

import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress

import pytest

from pseudolabel.engine.dask import Dask
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


def test_an_error_in_a_call_reaches_the_caller_as_itself():
    with Dask(None, 1) as engine, pytest.raises(ZeroDivisionError):
        list(engine.map(divmod, [(1, 1), (1, 0)]))


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
    for _ in range(30):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", int(address.rpartition(":")[2]))) == 0:
                break
        time.sleep(0.5)
    return Dask(address, 1)


def test_an_address_where_nobody_answers_is_named(monkeypatch):
    monkeypatch.setattr("pseudolabel.engine.dask.PATIENCE_SECONDS", 1)

    with pytest.raises(EngineError, match=r"Nobody answers at tcp://127\.0\.0\.1:1\."), Dask("tcp://127.0.0.1:1", 1):
        pass
