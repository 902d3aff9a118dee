"""Probe: whether a call holds the interpreter, so that other threads wait for it.

Takes  a call.
Gives  yes or no, from half a second of trying.

This thread counts as fast as it can while another makes the call. Time in which it neither ran nor stood in line for a
processor is time in which it waited for the interpreter. Linux tells how long a thread stood in line; elsewhere that is
taken for waiting too, and a busy machine may be told to use processes where threads would have done.

Before this: nothing. After this: run.py.
"""

import time
from collections.abc import Callable
from pathlib import Path
from threading import Event, Thread, get_native_id
from typing import Any

from threadpoolctl import threadpool_limits

SECONDS = 0.4
"""A call is repeated until so much time has passed."""

MOST_WAITING = 0.4
"""Of the time: a loop in Python leaves its neighbor about half."""


def holds_interpreter(call: Callable[..., Any], *arguments: Any) -> bool:
    """Tell whether threads that make this call would wait for each other.

    Parameters
    ----------
    call : function
        Made at least once, and possibly many times.
    *arguments
        Of the call.
    """
    begun, ended = Event(), Event()

    def repeat() -> None:
        with threadpool_limits(limits=1, user_api="openmp"):
            call(*arguments)  # the first call imports and allocates, which is not what is asked about
            begun.set()
            start = time.perf_counter()
            while time.perf_counter() - start < SECONDS:
                call(*arguments)
        ended.set()

    def guarded() -> None:
        try:
            repeat()
        finally:
            begun.set()
            ended.set()

    with threadpool_limits(limits=1, user_api="blas"):
        thread = Thread(target=guarded, daemon=True)
        thread.start()
        begun.wait()
        waiting = _share_of_waiting(ended)
        thread.join()
    return waiting > MOST_WAITING


def _share_of_waiting(until: Event) -> float:
    """Count until an event; give the share of the time, but for that in line, spent waiting for the interpreter."""
    start, used, in_line = time.perf_counter(), time.thread_time(), _seconds_in_line()
    while not until.is_set():
        sum(range(1000))
    own = time.perf_counter() - start - (_seconds_in_line() - in_line)
    return 1 - (time.thread_time() - used) / max(own, 1e-9)


def _seconds_in_line() -> float:
    """Give how long this thread has waited for a processor so far; 0 where the system does not tell."""
    try:
        return int(Path(f"/proc/self/task/{get_native_id()}/schedstat").read_text(encoding="ascii").split()[1]) / 1e9
    except (OSError, ValueError, IndexError):
        return 0.0
