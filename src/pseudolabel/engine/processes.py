"""Processes: work side by side in processes of their own.

Right where the work holds the interpreter, so that threads would wait for each other.

Our own and not a library's: those that were tried hung or wrote tracebacks when they were interrupted, and a killed
worker took the whole run with it. Here every worker has a thread of this process that talks to it. A worker that dies
is replaced and its call done again. Workers ignore Ctrl-C, which is for this process, and end when it does.

Before this: lanes.py, worker.py. After this: opening.py.
"""

import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from typing import Any, BinaryIO, Self, TypeVar, cast

import cloudpickle

from pseudolabel.engine.engine import ENVIRONMENT
from pseudolabel.engine.lanes import run_in_lanes
from pseudolabel.engine.worker import ARGUMENTS, CALL, ERROR, receive, send
from pseudolabel.errors import EngineError

T = TypeVar("T")

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

    def __enter__(self) -> Self:
        """Start nothing yet: a worker is started with its first call."""
        self._workers = [_Worker() for _ in range(self.n_workers)]
        return self

    def __exit__(self, *_: object) -> None:
        """Leave no worker behind."""
        for worker in self._workers:
            worker.close()

    def map(self, call: Callable[..., T], arguments: Iterable[tuple[Any, ...]]) -> Iterator[T]:
        """Call a function with each tuple of arguments; see `Engine.map`."""
        packed = cloudpickle.dumps(call, protocol=5)
        for worker in self._workers:
            worker.take_up(packed)
        return run_in_lanes([worker.run for worker in self._workers], arguments)


class _Worker:
    """A process that does one call after the other, and is started anew when it is lost."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._call, self._is_told, self._is_closed = b"", False, False

    def take_up(self, call: bytes) -> None:
        """Do this call from now on."""
        self._call, self._is_told = call, False

    def run(self, given: tuple[Any, ...]) -> Any:
        """Do the call with these arguments."""
        content = cloudpickle.dumps(given, protocol=5)
        for _ in range(MOST_ATTEMPTS):
            answer = self._ask(content)
            if answer is not None:
                kind, found = answer[0], cloudpickle.loads(answer[1])
                if kind == ERROR:
                    raise found
                return found
            self._end()
            if self._is_closed:
                break
        raise EngineError(
            f"A worker process was lost {MOST_ATTEMPTS} times over the same rows: killed, or out of memory. Allow "
            "fewer workers at a time (--jobs, --memory)."
        )

    def close(self) -> None:
        """End the process, whatever it is doing."""
        self._is_closed = True
        self._end()

    def _ask(self, content: bytes) -> tuple[bytes, bytes] | None:
        """Send arguments and wait for the answer; None if the process is lost."""
        try:
            process = self._started()
            into, out = cast(BinaryIO, process.stdin), cast(BinaryIO, process.stdout)
            if not self._is_told:
                send(into, CALL, self._call)
                self._is_told = True
            send(into, ARGUMENTS, content)
            return receive(out)
        except (OSError, ValueError):
            return None

    def _started(self) -> "subprocess.Popen[bytes]":
        if self._process is None:
            if self._is_closed:
                raise OSError("closed")
            self._is_told = False
            self._process = subprocess.Popen(
                [sys.executable, "-W", "ignore", "-m", "pseudolabel.engine.worker"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env=os.environ | ENVIRONMENT | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
                start_new_session=True,
            )
            if self._is_closed:
                self._process.kill()
        return self._process

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        process.wait()
        for channel in (process.stdin, process.stdout):
            try:
                cast(BinaryIO, channel).close()
            except (OSError, ValueError):
                continue
