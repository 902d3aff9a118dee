"""Local engine: the same function over many items, on the processors of this machine.

Takes  a function and the arguments of each call.
Gives  the results, in order, as they become ready.

Threads: an interrupt or a kill leaves nothing running and nothing locked. Processes were measured two to three times
as fast on small fits, but in rare cases hung for minutes when interrupted.

Before this: nothing. After this: judgement/.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

from joblib import Parallel, delayed

T = TypeVar("T")


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
