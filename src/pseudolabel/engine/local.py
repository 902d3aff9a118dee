"""Local engine: the same function over many items, on the processors of this machine.

Takes  a function and the arguments of each call.
Gives  the results, in order, as they become ready.

Processes, not threads: small fits hold the interpreter's lock most of the time, and threads gain nothing (measured).
Each process watches who started it and ends with it, so that a killed run leaves nothing running.

Before this: nothing. After this: judgement/.
"""

import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

from joblib import Parallel, delayed

T = TypeVar("T")

SECONDS_BETWEEN_LOOKS = 1.0
"""How long a process can outlive a killed parent."""


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
    results: Iterator[T] = Parallel(n_jobs=n_jobs, return_as="generator")(jobs)
    return results


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
