import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pseudolabel.engine.local import SECONDS_BETWEEN_LOOKS, map_in_order


def test_results_come_in_the_order_of_the_arguments():
    squares = list(map_in_order(pow, [(number, 2) for number in range(20)], n_jobs=2))

    assert squares == [number**2 for number in range(20)]


def test_an_error_in_a_process_reaches_the_caller():
    with pytest.raises(ZeroDivisionError):
        list(map_in_order(divmod, [(1, 1), (1, 0)], n_jobs=2))


LONG_RUN = """
import os, time
from pathlib import Path
from pseudolabel.engine.local import map_in_order

def note_and_sleep(folder, number):
    (Path(folder) / str(os.getpid())).touch()
    time.sleep(60)

list(map_in_order(note_and_sleep, [({folder!r}, n) for n in range(2)], n_jobs=2))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_processes_end_when_whoever_started_them_is_killed(tmp_path):
    started = subprocess.Popen([sys.executable, "-c", LONG_RUN.format(folder=str(tmp_path))])
    wait_until(lambda: len(list(tmp_path.iterdir())) == 2, seconds=60)
    workers = [int(file.name) for file in tmp_path.iterdir()]

    started.send_signal(signal.SIGKILL)
    started.wait()

    wait_until(lambda: not any(map(is_running, workers)), seconds=20 * SECONDS_BETWEEN_LOOKS)


def is_running(process):
    """A process that ended but was not collected yet counts as ended."""
    status = Path(f"/proc/{process}/stat")
    try:
        return status.read_text(encoding="utf-8").rsplit(") ", 1)[1][0] != "Z"
    except FileNotFoundError:
        return False


def wait_until(happened, *, seconds):
    end = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < end, f"not within {seconds} seconds"
        time.sleep(0.1)
