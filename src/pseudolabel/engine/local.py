"""Local engine: the same function over many items, on the processors of this machine.

Takes  a function and the arguments of each call.
Gives  the results, in order, as they become ready.

Threads serve calls that leave the interpreter alone most of the time. Making a model from a hundred labels does not:
twenty of them took twice as long with four threads as with one. Such calls go to processes, which know nothing of each
other, ignore the interrupt key (whoever called them ends them), and end by themselves when their parent is gone.

Before this: nothing. After this: learning/, comparison.py.
"""

import os
import signal
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from typing import Any, TypeVar

from joblib import Parallel, delayed, effective_n_jobs
from joblib.externals.loky import ProcessPoolExecutor
from threadpoolctl import threadpool_limits

T = TypeVar("T")

WORTH_SECONDS = 6.0
"""Work that would take less goes on where it is: processes take two or three seconds to start."""

ORPHAN_SECONDS = 1.0
"""How often a process looks whether its parent is still there."""


def map_in_order(call: Callable[..., T], arguments: Iterable[tuple[Any, ...]], *, n_jobs: int | None) -> Iterator[T]:
    """Call a function with each tuple of arguments, several at a time, in threads.

    Parameters
    ----------
    call : function
    arguments : iterable of tuple
    n_jobs : int or None
        Calls at a time, as in scikit-learn: None is 1, -1 is one a processor.

    Examples
    --------
    >>> list(map_in_order(pow, [(2, 3), (3, 2)], n_jobs=None))
    [8, 9]
    """
    jobs = (delayed(call)(*given) for given in arguments)
    results: Iterator[T] = Parallel(n_jobs=n_jobs, prefer="threads", return_as="generator")(jobs)
    return results


def map_in_processes(
    call: Callable[..., T], arguments: Sequence[tuple[Any, ...]], *, n_jobs: int | None
) -> Iterator[T]:
    """Call a function with each tuple of arguments, several at a time, in processes where that pays.

    The first call is made here and timed. Calls whose process is lost, or that cannot be sent to one, are made here.

    Parameters
    ----------
    call : function
        Sent to each process once, with all it refers to.
    arguments : sequence of tuple
    n_jobs : int or None
        Calls at a time, as in scikit-learn: None is 1, -1 is one a processor.

    Examples
    --------
    >>> list(map_in_processes(pow, [(2, 3), (3, 2)], n_jobs=2))
    [8, 9]
    """
    if not arguments:
        return
    started, done = time.perf_counter(), 1
    yield call(*arguments[0])
    waiting = (len(arguments) - done) * (time.perf_counter() - started)
    n_workers = min(effective_n_jobs(n_jobs), len(arguments) - done)
    if n_workers > 1 and waiting > WORTH_SECONDS:
        with suppress(BrokenProcessPool):
            for result in _from_processes(call, arguments[done:], n_workers):
                done += 1
                yield result
    for given in arguments[done:]:
        yield call(*given)


def _from_processes(call: Callable[..., T], arguments: Sequence[tuple[Any, ...]], n_workers: int) -> Iterator[T]:
    """Give the results of processes of our own; raises BrokenProcessPool where one is lost or cannot be started."""
    executor = ProcessPoolExecutor(n_workers, initializer=_begin, initargs=(call, os.getpid()))
    try:
        for future in _submitted(executor, arguments):
            yield future.result()
    except BaseException:
        executor.shutdown(wait=False, kill_workers=True)
        raise
    executor.shutdown()


def _submitted(executor: Any, arguments: Sequence[tuple[Any, ...]]) -> list[Any]:
    try:
        return [executor.submit(_call_here, *given) for given in arguments]
    except Exception as error:  # whatever a user's estimator refers to need not be fit to travel
        raise BrokenProcessPool("The call cannot be sent to a process.") from error


_call: Callable[..., Any]
"""In a process of ours: what it was started for."""


def _begin(call: Callable[..., Any], parent: int) -> None:
    """Make a process ready: one thread for numerical libraries, for there is a process for every processor."""
    global _call
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
    threadpool_limits(1)
    _call = call


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(ORPHAN_SECONDS)
    os._exit(1)


def _call_here(*given: Any) -> Any:
    return _call(*given)
