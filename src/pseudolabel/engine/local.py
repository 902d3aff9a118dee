"""Local: the same function over many items, on the processors of this machine.

Takes  a function and the arguments of each call.
Gives  the results, in order, as they become ready.

Fits of many small models hold the interpreter so much that four threads were measured to take twice as long as one;
processes take half as long, and some seconds to start. So a few quick calls are made one after the other, and many or
slow ones in processes.

Before this: here.py, processes.py. After this: learning/, comparison.py.
"""

import pickle
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, TypeVar

from joblib import Parallel, delayed, effective_n_jobs

from pseudolabel.engine.here import Here
from pseudolabel.engine.processes import Processes

T = TypeVar("T")

PAYS_SECONDS = 10.0
"""Processes that import all there is to import start working after some 4 seconds on a busy machine."""


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


def map_where_it_pays(
    call: Callable[..., T], arguments: Sequence[tuple[Any, ...]], *, n_jobs: int | None
) -> Iterator[T]:
    """Call a function with each tuple of arguments: in processes, if the first call shows that they pay.

    The results are the same, bit for bit: everywhere numerical libraries have one thread. What cannot be sent to
    another process is done here.

    Parameters
    ----------
    call : function
    arguments : sequence of tuple
    n_jobs : int or None
        Calls at a time at the most, as in scikit-learn.

    Examples
    --------
    >>> list(map_where_it_pays(pow, [(2, 3), (3, 2)], n_jobs=2))
    [8, 9]
    """
    here, started = Here(), time.perf_counter()
    yield from here.map(call, arguments[:1])
    rest, n_workers = arguments[1:], min(int(effective_n_jobs(n_jobs)), len(arguments) - 1)
    if n_workers > 1 and (time.perf_counter() - started) * len(rest) > PAYS_SECONDS:
        with Processes(n_workers) as processes:
            try:
                results = processes.map(call, rest)
            except (pickle.PicklingError, TypeError, AttributeError):
                results = here.map(call, rest)
            yield from results
    else:
        yield from here.map(call, rest)
