"""Probe: whether a call holds the interpreter, so that other threads wait for it.

Takes  a call.
Gives  yes or no, from half a second of trying.

While one thread makes the call, this one sleeps for a moment again and again. A sleeper gives the interpreter away and
must get it back: one that is let in late found it taken. On a busy machine sleepers wake late anyway; how often they do
is found out first, without the call.

Before this: nothing. After this: run.py.
"""

import sys
import time
from collections.abc import Callable
from threading import Event, Thread
from typing import Any

from threadpoolctl import threadpool_limits

SECONDS = 0.4
"""A call is repeated until so much time has passed."""

QUIET_SECONDS = 0.1
"""Sleepers are watched for so long without the call."""

NAP_SECONDS = 0.001

MOST_TAKEN = 0.25
"""Of the times it was asked for: a loop in Python has the interpreter nearly always, a third where it is itself kept
from running by other programs. Four threads would wait for each other from a quarter on."""


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

    def guarded() -> None:
        try:
            repeat()
        finally:
            begun.set()
            ended.set()

    quiet_until = time.perf_counter() + QUIET_SECONDS
    anyway = _share_of_late_naps(lambda: time.perf_counter() > quiet_until)
    with threadpool_limits(limits=1, user_api="blas"):
        thread = Thread(target=guarded, daemon=True)
        thread.start()
        begun.wait()
        late = _share_of_late_naps(ended.is_set)
        thread.join()
    return late - anyway > MOST_TAKEN


def _share_of_late_naps(is_over: Callable[[], bool]) -> float:
    """Sleep until it is over; give the share of the naps after which the interpreter was not to be had at once."""
    n_naps, n_late, late = 0, 0, NAP_SECONDS + sys.getswitchinterval() / 2
    while not is_over():
        start = time.perf_counter()
        time.sleep(NAP_SECONDS)
        n_naps, n_late = n_naps + 1, n_late + (time.perf_counter() - start > late)
    return n_late / max(n_naps, 1)
