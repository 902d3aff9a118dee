"""Local engine: the same function over many items, on the processors of this machine.

Takes  a function and the arguments of each call.
Gives  the results, in order, as they become ready.

Threads: an interrupt or a kill leaves nothing running and nothing locked. Small fits hold the interpreter so much that
four threads were measured to take twice as long as one; processes were twice as fast as one, but hung now and then when
interrupted. So small work is done one after the other, and large work in threads.

Before this: nothing. After this: learning/, comparison.py.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, TypeVar

from joblib import Parallel, delayed

T = TypeVar("T")

LARGE_SECONDS = 4.0
"""From here on a call leaves the interpreter free for others most of the time."""


def map_in_order(call: Callable[..., T], arguments: Iterable[tuple[Any, ...]], *, n_jobs: int | None) -> Iterator[T]:
    """Call a function with each tuple of arguments, several at a time.

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
    """Call a function with each tuple of arguments: several at a time if the first call shows that it is large.

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
    started = time.perf_counter()
    for given in arguments[:1]:
        yield call(*given)
    large = time.perf_counter() - started > LARGE_SECONDS
    yield from map_in_order(call, arguments[1:], n_jobs=n_jobs if large else None)
