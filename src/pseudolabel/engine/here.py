"""Here: one call after the other, where the caller is.

Before this: engine.py. After this: opening.py.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

from threadpoolctl import threadpool_limits

T = TypeVar("T")


class Here:
    """Work without workers; as everywhere, numerical libraries have one thread: the same sums in the same order.

    Examples
    --------
    >>> list(Here().map(pow, [(2, 3), (3, 2)]))
    [8, 9]
    """

    name = "here"
    n_workers = 1

    def map(self, call: Callable[..., T], arguments: Iterable[tuple[Any, ...]]) -> Iterator[T]:
        """Call a function with each tuple of arguments; see `Engine.map`."""
        for given in arguments:
            with threadpool_limits(limits=1):
                result = call(*given)
            yield result
