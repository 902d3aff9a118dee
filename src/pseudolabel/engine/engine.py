"""Engine: where work runs.

Takes  a function, and the arguments of each call.
Gives  the results in the order of the arguments, as they become ready.

An engine knows nothing of what it does: here, threads.py, processes.py and dask.py are the same verb in other places,
and none knows of another. Whoever writes one more needs `map` alone.

Before this: nothing. After this: here.py, lanes.py, dask.py.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from typing import Any, Protocol, TypeVar

T = TypeVar("T")

CALLS_AHEAD = 3
"""Calls of a worker that are handed out before their turn, so that it need not wait; arguments are taken no sooner."""

ENVIRONMENT = {
    "OMP_WAIT_POLICY": "passive",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
}
"""Of processes that work side by side: a numerical library that spins for its turn was measured to take fifty times as
long on a busy machine. To be set before the library is imported."""


class Engine(Protocol):
    """Where work runs."""

    @property
    def name(self) -> str:
        """What it is called: "here", "threads", "processes" or "dask"."""

    @property
    def n_workers(self) -> int:
        """How many calls are worked on at a time."""

    def map(self, call: Callable[..., T], arguments: Iterable[tuple[Any, ...]]) -> Iterator[T]:
        """Call a function with each tuple of arguments.

        Parameters
        ----------
        call : function
            May be large: it goes to each worker once.
        arguments : iterable of tuple
            Taken as they are needed; there may be more than fit into memory.

        Raises
        ------
        EngineError
            If the workers went away and will not come back.
        """


Opened = AbstractContextManager[Engine]
"""An engine that is left again: then nothing of it runs any more."""
