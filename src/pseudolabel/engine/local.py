"""Local engine: the same function over many items, on the processors of this machine.

Takes  a function and the arguments of each call.
Gives  the results, in order, as they become ready.

Processes, not threads: small fits hold the interpreter's lock most of the time, and threads gain nothing (measured).
Each process watches who started it and ends with it, so that a killed run leaves nothing running.

Before this: nothing. After this: judgement/.
"""

import os
import signal
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from joblib import Parallel, delayed, effective_n_jobs

T = TypeVar("T")

SECONDS_BETWEEN_LOOKS = 1.0
"""How long a process can outlive a killed parent."""

SECONDS_TO_START = 3.0
"""How long processes take to start and import what they need, and so the longest an interrupt can wait."""


def map_in_order(call: Callable[..., T], arguments: Iterable[tuple[Any, ...]], *, n_jobs: int | None) -> Iterator[T]:
    """Call a function with each tuple of arguments, several at a time.

    Parameters
    ----------
    call : function
        Gives the same result in any process; may be a closure.
    arguments : iterable of tuple
    n_jobs : int or None
        Calls at a time, as in scikit-learn: None is 1 and runs right here, -1 is one a processor.

    Examples
    --------
    >>> list(map_in_order(pow, [(2, 3), (3, 2)], n_jobs=None))
    [8, 9]
    """
    jobs = (delayed(_call)(os.getpid(), call, given) for given in arguments)
    if effective_n_jobs(n_jobs) == 1:
        yield from Parallel(n_jobs=1, return_as="generator")(jobs)
    else:
        with _patient_interrupts():
            yield from Parallel(n_jobs=n_jobs, return_as="generator")(jobs)


@contextmanager
def _patient_interrupts() -> Iterator[None]:
    """Let an interrupt wait until the processes have started: one told to end before that fails aloud."""
    if threading.current_thread() is not threading.main_thread():  # only the main thread may say what a signal does
        yield
        return
    started = time.monotonic() + SECONDS_TO_START

    def interrupt(number: int, frame: object) -> None:
        time.sleep(max(0.0, started - time.monotonic()))
        raise KeyboardInterrupt

    former = signal.signal(signal.SIGINT, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, former)


def _call(started_by: int, call: Callable[..., T], arguments: tuple[Any, ...]) -> T:
    if os.getpid() != started_by and not _watching.is_set():
        _watching.set()
        threading.Thread(target=_end_with_parent, args=(os.getppid(),), daemon=True).start()
    return call(*arguments)


_watching = threading.Event()


def _end_with_parent(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(SECONDS_BETWEEN_LOOKS)
    os._exit(1)
