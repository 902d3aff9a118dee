"""The same results in the same order, wherever they are made; and nobody is left behind."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from pseudolabel.engine import local
from pseudolabel.engine.local import map_in_order, map_in_processes


def test_results_come_in_the_order_of_the_arguments():
    squares = list(map_in_order(pow, [(number, 2) for number in range(20)], n_jobs=2))

    assert squares == [number**2 for number in range(20)]


def test_an_error_in_a_call_reaches_the_caller():
    with pytest.raises(ZeroDivisionError):
        list(map_in_order(divmod, [(1, 1), (1, 0)], n_jobs=2))


# In processes.


@pytest.fixture
def at_once(monkeypatch):
    monkeypatch.setattr(local, "WORTH_SECONDS", -1.0)


@pytest.fixture
def process_of():
    def process_of(number):  # not of this module, which a process could not import
        time.sleep(0.05)
        return number, os.getpid()

    return process_of


def test_processes_give_results_in_the_order_of_the_arguments(at_once, process_of):
    numbers, processes = zip(*map_in_processes(process_of, [(number,) for number in range(12)], n_jobs=2), strict=True)

    assert numbers == tuple(range(12))
    assert processes[0] == os.getpid()
    assert os.getpid() not in processes[1:]


def test_little_work_stays_where_it_is(process_of):
    assert {process for _, process in map_in_processes(process_of, [(1,), (2,), (3,)], n_jobs=2)} == {os.getpid()}


def test_nothing_to_do_is_nothing_done():
    assert list(map_in_processes(pow, [], n_jobs=2)) == []


def test_an_error_in_a_process_reaches_the_caller(at_once):
    with pytest.raises(ZeroDivisionError):
        list(map_in_processes(divmod, [(1, 1), (1, 1), (1, 0)], n_jobs=2))


def test_what_a_lost_process_should_have_done_is_done_here(at_once):
    here = os.getpid()

    def fragile(number):
        if os.getpid() != here and number == 3:
            os.kill(os.getpid(), signal.SIGKILL)
        return number

    assert list(map_in_processes(fragile, [(number,) for number in range(6)], n_jobs=2)) == list(range(6))


def test_what_cannot_be_sent_is_done_here(at_once):
    lock = threading.Lock()  # no lock can be pickled

    def held(number):
        with lock:
            return number

    assert list(map_in_processes(held, [(0,), (1,), (2,)], n_jobs=2)) == [0, 1, 2]


SLEEPER = """
import os, sys, time
from pseudolabel.engine import local
local.WORTH_SECONDS = -1.0
def sleep(number):
    if number:
        open(os.path.join(sys.argv[1], str(os.getpid())), "w").close()
        time.sleep(60)
list(local.map_in_processes(sleep, [(number,) for number in range(5)], n_jobs=2))
"""


def alive(process):
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return "Z" not in Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="asks Linux which processes are alive")
@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGKILL], ids=["interrupted", "killed"])
def test_no_process_outlives_its_parent(tmp_path, end):
    parent = subprocess.Popen([sys.executable, "-c", SLEEPER, str(tmp_path)], stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while len(list(tmp_path.iterdir())) < 2 and time.monotonic() < deadline:
        time.sleep(0.1)
    workers = [int(path.name) for path in tmp_path.iterdir()]
    assert len(workers) == 2

    parent.send_signal(end)
    parent.wait(timeout=30)

    deadline = time.monotonic() + 20
    while any(map(alive, workers)) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not any(map(alive, workers))
