"""Processes: work side by side in processes of their own.

Right where the work holds the interpreter, so that threads would wait for each other.

Our own and not a library's: those that were tried hung or wrote tracebacks when they were interrupted, and a killed
worker took the whole run with it. Here every worker has a thread of this process that talks to it. A worker that dies
is replaced and its call done again. Workers ignore Ctrl-C, which is for this process, and end when it does, with all
that they started.

Before this: lanes.py, worker.py, keeper.py. After this: opening.py.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from threading import Thread
from typing import Any, BinaryIO, Self, TypeVar

import cloudpickle

from pseudolabel.engine.engine import ENVIRONMENT
from pseudolabel.engine.failure import unpack_failure
from pseudolabel.engine.keeper import Keeper, unheeding
from pseudolabel.engine.lanes import run_in_lanes
from pseudolabel.engine.worker import ARGUMENTS, CALL, ERROR, receive, send
from pseudolabel.errors import EngineError

T = TypeVar("T")

WORKER = "pseudolabel.engine.worker"

MOST_ATTEMPTS = 3
"""A call that loses its worker so often is itself what kills them."""


class Processes:
    """Work in processes of their own.

    Functions and classes of a script or notebook travel with the call: no `if __name__ == "__main__"` is needed.

    Parameters
    ----------
    n_workers : int

    Examples
    --------
    >>> with Processes(1) as engine:
    ...     print(list(engine.map(pow, [(2, 3), (3, 2)])))
    [8, 9]
    """

    name = "processes"

    def __init__(self, n_workers: int) -> None:
        self.n_workers = n_workers
        self._workers: list[_Worker] = []
        self._keeper = Keeper()

    def __enter__(self) -> Self:
        """Start no worker yet: each is started with its first call."""
        self._keeper = Keeper()
        self._keeper.start()
        self._workers = [_Worker(f"worker-{number}", self._keeper) for number in range(self.n_workers)]
        return self

    def __exit__(self, *_: object) -> None:
        """Leave no worker behind, and nothing that one of them started."""
        for worker in self._workers:
            worker.close()
        self._keeper.close()
        for worker in self._workers:
            worker.forget()

    def map(self, call: Callable[..., T], arguments: Iterable[tuple[Any, ...]]) -> Iterator[T]:
        """Call a function with each tuple of arguments; see `Engine.map`."""
        packed = cloudpickle.dumps(call, protocol=5)
        for worker in self._workers:
            worker.take_up(packed)
        return run_in_lanes([worker.run for worker in self._workers], arguments)


class _Worker:
    """A process that does one call after the other, and is started anew when it is lost."""

    def __init__(self, name: str, keeper: Keeper) -> None:
        self._name, self._n_started, self._keeper = name, 0, keeper
        self._process: _Process | None = None
        self._call, self._is_told, self._is_closed = b"", False, False

    def take_up(self, call: bytes) -> None:
        """Do this call from now on."""
        self._call, self._is_told = call, False

    def run(self, given: tuple[Any, ...]) -> Any:
        """Do the call with these arguments."""
        content, how = cloudpickle.dumps(given, protocol=5), ""
        for _ in range(MOST_ATTEMPTS):
            answer = self._ask(content)
            if answer is not None:
                if answer[0] == ERROR:
                    raise unpack_failure(answer[1])
                return cloudpickle.loads(answer[1])
            how = self._lose()
            if self._is_closed:
                break
        raise EngineError(
            f"A worker process was lost {MOST_ATTEMPTS} times over the same rows; the last time it {how}. Allow fewer "
            "workers at a time (--jobs, --memory), or work without them: --engine threads."
        )

    def close(self) -> None:
        """Kill the process, whatever it is doing."""
        self._is_closed = True
        if self._process is not None:
            self._process.kill()

    def forget(self) -> None:
        """Leave nothing of a process that was killed."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.forget()

    def _ask(self, content: bytes) -> tuple[bytes, bytes] | None:
        """Send arguments and wait for the answer; None if the process is lost."""
        try:
            process = self._started()
            if not self._is_told:
                send(process.into, CALL, self._call)
                self._is_told = True
            send(process.into, ARGUMENTS, content)
            return receive(process.out)
        except (OSError, ValueError):
            return None

    def _started(self) -> "_Process":
        if self._process is None:
            if self._is_closed:
                raise OSError("closed")
            self._is_told = False
            self._n_started += 1  # a name of its own for each: what is left of the last one is ended by its name
            self._process = _Process(f"{self._name}.{self._n_started}", self._keeper)
            if self._is_closed:
                self._process.kill()
        return self._process

    def _lose(self) -> str:
        """End what is left of a process that was lost; say how it ended."""
        process, self._process = self._process, None
        if process is None:
            return "could not be started"
        process.kill()
        self._keeper.end(process.name)
        return process.forget()


class _Process:
    """A running worker, and the two pipes to it.

    What it started holds copies of its pipes, perhaps, and must end with it, or the pipes would never end.
    """

    def __init__(self, name: str, keeper: Keeper) -> None:
        self.name = name
        theirs_into, ours_into = os.pipe()
        ours_out, theirs_out = os.pipe()
        self.into: BinaryIO = os.fdopen(ours_into, "wb")
        self.out: BinaryIO = os.fdopen(ours_out, "rb")
        try:
            with unheeding():  # until it has learnt to leave that to us
                self._process = subprocess.Popen(
                    [sys.executable, "-W", "ignore", "-m", WORKER, str(theirs_into), str(theirs_out)],
                    stdin=subprocess.DEVNULL,
                    stdout=_standard_error(),
                    pass_fds=(theirs_into, theirs_out),
                    env=os.environ
                    | ENVIRONMENT
                    | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
                    | keeper.environment(name),
                    start_new_session=True,
                )
        except BaseException:
            self._close_pipes()
            raise
        finally:
            os.close(theirs_into)
            os.close(theirs_out)
        Thread(target=self._bury, args=(name, keeper), daemon=True).start()

    def kill(self) -> None:
        """Kill it, and those of its group."""
        with suppress(ProcessLookupError, PermissionError):
            if self._process.poll() is None:
                os.killpg(self._process.pid, signal.SIGKILL)

    def forget(self) -> str:
        """Wait for its end, and say how that was."""
        code = self._process.wait()
        self._close_pipes()
        if code >= 0:
            return f"ended by itself with exit code {code}"
        if code == -signal.SIGKILL:
            return "was killed, as the system does when memory is short"
        return f"crashed ({signal.Signals(-code).name}), as a defect of a library makes it"

    def _bury(self, name: str, keeper: Keeper) -> None:
        """When it ends, end what it started."""
        with suppress(ChildProcessError):  # it was waited for elsewhere, where the same is done
            os.waitid(os.P_PID, self._process.pid, os.WEXITED | os.WNOWAIT)
            keeper.end(name)

    def _close_pipes(self) -> None:
        for channel in (self.into, self.out):
            with suppress(OSError, ValueError):
                channel.close()


def _standard_error() -> int:
    """Give what a worker shall have as its standard output."""
    try:
        os.fstat(2)
    except OSError:
        return subprocess.DEVNULL
    return 2
