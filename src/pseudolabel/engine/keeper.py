"""Keeper: whatever an engine starts on this machine ends with it, also when this process is killed.

Takes  nothing: it waits beside the process it serves.
Gives  the end of every process that bears its mark, however it was started.

A mark in the environment, because that is what a process hands on to all it starts, in whichever group or session: an
estimator may start processes of its own, and those outlive a worker that is killed. And a process of its own, because
a killed one cleans up nothing, and a worker that is deep in native code cannot watch for that. It is told by the end
of its input, and, should a copy of this process hold that open, by having got another parent.

A program that is started with an empty environment, and leaves the group of its worker too, is not found.
Where there is no /proc (not on Linux) nothing is kept: workers then end by themselves when their input does.

This file is also run as a script, by an interpreter that finds the standard library alone.

Before this: nothing. After this: processes.py, dask.py.
"""

import os
import select
import shutil
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress

MARK = "PSEUDOLABEL_KEPT"
"""The variable that holds the marks of a process; a worker that has workers hands on its own marks too."""

PROCESSES = "/proc"

OF_A_JOB = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""Signals that a terminal sends to all processes of a command, and a scheduler to all of a job."""

SPARED = b"resource_tracker"
"""Of the command line of the one process that is left to end by itself: when all others have, it gives back what they
shared in memory, and nobody else does."""

MOST_SECONDS = 3.0
"""How long to look for those that were just being started, or are slow to die."""

UNCLEAR_SECONDS = 0.5
"""How long to wait for one to show whether it bears the mark."""

PAUSE_SECONDS = 0.03

WATCH_SECONDS = 0.5
"""How often the keeper looks whether its parent is still the same."""


class Keeper:
    """Ends what bears its mark: when it is told to, and when this process is no more.

    Parameters
    ----------
    scratch : str, optional
        A folder that nobody needs when this process is no more: it is removed then.

    Examples
    --------
    >>> keeper = Keeper()
    >>> keeper.start()
    >>> sleeper = subprocess.Popen(["sleep", "60"], env=os.environ | keeper.environment("sleeper"))
    >>> keeper.close()
    >>> sleeper.wait()
    -9
    """

    def __init__(self, scratch: str = "") -> None:
        self._mark, self._scratch = uuid.uuid4().hex, scratch
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start watching; nothing else needs to be waited for."""
        if self._process is None and os.path.isdir(f"{PROCESSES}/self"):
            with unheeding():  # it goes last
                self._process = subprocess.Popen(
                    [sys.executable, "-I", "-S", __file__, self._mark, str(os.getpid()), self._scratch],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    cwd="/",
                    start_new_session=True,
                )

    def environment(self, name: str) -> dict[str, str]:
        """Give the variable to be set for a process, and with it for all that it starts.

        Parameters
        ----------
        name : str
            By which `end` can end this one and all that it started.
        """
        return {MARK: f"{os.environ.get(MARK, '')}{self._mark};{self._mark}.{name};"}

    def end(self, name: str) -> None:
        """Kill the process of this name, and all that it started."""
        end_marked(f"{self._mark}.{name};")

    def close(self) -> None:
        """Kill all that bears the mark, and watch no more."""
        end_marked(f"{self._mark};")
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()
            if process.stdin is not None:
                process.stdin.close()


@contextmanager
def unheeding() -> Iterator[None]:
    """Have the processes and threads that are started in here not heed the signals that a whole job gets.

    They come to this process too, which then ends the others. One that comes in here is heeded a moment later.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, OF_A_JOB)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def end_marked(mark: str) -> None:
    """Kill every process that bears a mark, until none is left."""
    start = time.monotonic()
    while True:
        n_marked, n_unclear = _kill_marked(mark.encode())
        seconds = time.monotonic() - start
        if not (n_marked and seconds < MOST_SECONDS) and not (n_unclear and seconds < UNCLEAR_SECONDS):
            return
        time.sleep(PAUSE_SECONDS)


def _kill_marked(mark: bytes) -> tuple[int, int]:
    """Kill those that bear the mark now; tell how many there were, and of how many it is not clear."""
    try:
        numbers = [int(name) for name in os.listdir(PROCESSES) if name.isdigit()]
    except OSError:
        return 0, 0
    numbers = [number for number in numbers if number != os.getpid()]
    marked = [number for number in numbers if _bears(number, mark)]
    for number in marked:
        _kill(number, mark)
    return len(marked), sum(map(_is_being_made, numbers))


def _bears(number: int, mark: bytes) -> bool:
    return mark in _read(number, "environ") and SPARED not in _read(number, "cmdline")


def _is_being_made(number: int) -> bool:
    """Tell whether a process has a program, and neither words nor variables yet: so it is for a moment."""
    if _read(number, "cmdline") or _read(number, "environ"):
        return False
    try:
        return bool(os.readlink(f"{PROCESSES}/{number}/exe"))
    except OSError:  # of the system itself, or gone
        return False


def _read(number: int, what: str) -> bytes:
    try:
        with open(f"{PROCESSES}/{number}/{what}", "rb") as file:
            return file.read()
    except OSError:  # gone, or somebody else's
        return b""


def _kill(number: int, mark: bytes) -> None:
    """Kill a process, and not another that has got its number meanwhile."""
    try:
        process = os.pidfd_open(number)
    except ProcessLookupError:
        return
    except OSError:  # a system that is too old for this
        with suppress(OSError):
            os.kill(number, signal.SIGKILL)
        return
    try:
        if _bears(number, mark):
            signal.pidfd_send_signal(process, signal.SIGKILL)
    except OSError:
        return
    finally:
        os.close(process)


def main(mark: str, parent: int, scratch: str) -> None:
    """Wait for the end of the parent, then kill what bears the mark, and remove what it needed."""
    while os.getppid() == parent:
        if select.select([0], [], [], WATCH_SECONDS)[0]:  # nothing is ever sent: this is the end
            break
    for _ in range(3):  # one that was on its way to being a process had no mark yet
        end_marked(f"{mark};")
        time.sleep(PAUSE_SECONDS * 5)
    if scratch:
        shutil.rmtree(scratch, ignore_errors=True)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), sys.argv[3])
