"""Threads: work side by side in this process.

Right wherever the work is done by numerical libraries, which leave the interpreter to others meanwhile: nothing is
copied, and nothing is imported again.

Before this: lanes.py. After this: opening.py.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Self, TypeVar

from threadpoolctl import ThreadpoolController, threadpool_limits

from pseudolabel.engine.lanes import Run, run_in_lanes

T = TypeVar("T")


class Threads:
    """Work in threads of this process.

    Parameters
    ----------
    n_workers : int

    Examples
    --------
    >>> with Threads(2) as engine:
    ...     print(list(engine.map(pow, [(2, 3), (3, 2)])))
    [8, 9]
    """

    name = "threads"

    def __init__(self, n_workers: int) -> None:
        self.n_workers = n_workers

    def __enter__(self) -> Self:
        """Leave numerical libraries one thread: BLAS has one number for the whole process."""
        self._limits = threadpool_limits(limits=1)
        return self

    def __exit__(self, *_: object) -> None:
        """Give them back what they had."""
        self._limits.restore_original_limits()

    def map(self, call: Callable[..., T], arguments: Iterable[tuple[Any, ...]]) -> Iterator[T]:
        """Call a function with each tuple of arguments; see `Engine.map`."""
        libraries = ThreadpoolController()
        return run_in_lanes([_lane(call, libraries) for _ in range(self.n_workers)], arguments)


def _lane(call: Callable[..., T], libraries: ThreadpoolController) -> Run:
    """Give a lane whose thread has one OpenMP thread: OpenMP keeps a number for each thread that uses it."""
    openmp = libraries.select(user_api="openmp")

    def run(given: tuple[Any, ...]) -> T:
        with openmp.limit(limits=1):
            return call(*given)

    return run
