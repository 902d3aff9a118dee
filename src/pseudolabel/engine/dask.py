"""Dask: work on a cluster, of processes of this machine or of many machines.

A worker that is lost costs the calls it had in hand, which others do again. The function goes to the workers as the
result of a task, not as data handed out: what is lost with a worker can be made again.

Source: the library distributed (Rocklin, 2015); this is the one place that imports it.

Before this: engine.py. After this: opening.py.
"""

import logging
import tempfile
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, suppress
from typing import Any, Self, TypeVar

import cloudpickle

from pseudolabel.engine.engine import CALLS_AHEAD, ENVIRONMENT
from pseudolabel.errors import EngineError, ParameterError

T = TypeVar("T")

PATIENCE_SECONDS = 10
"""How long to wait for a scheduler that does not answer."""

NOWHERE = "127.0.0.1:0"
"""Where a cluster of our own serves the pages it insists on: on a free port that only this machine reaches. On the
usual port two clusters at a time do not start."""

MOST_LOST_WORKERS = 10
"""Workers that may be lost over the same call before it is given up."""


class Dask:
    """Work on a Dask cluster.

    Parameters
    ----------
    address : str or None
        Of the scheduler of a running cluster; None starts one on this machine.
    n_jobs : int
        Workers of the one that is started.
    """

    name = "dask"

    def __init__(self, address: str | None, n_jobs: int) -> None:
        self.address, self._n_jobs = address, n_jobs
        self._stack = ExitStack()

    @property
    def n_workers(self) -> int:
        """How many workers the cluster has now."""
        return max(1, int(sum(self._client.nthreads().values())))

    def __enter__(self) -> Self:
        """Start a cluster, or join one."""
        try:
            import dask
            from distributed import Client, LocalCluster
        except ImportError as error:
            raise ParameterError(
                '--engine needs Dask, which is missing. Install it: pip install "pseudolabel[dask]"'
            ) from error
        settings = {
            "distributed.nanny.pre-spawn-environ": ENVIRONMENT,
            "distributed.comm.timeouts.connect": PATIENCE_SECONDS,
            "distributed.scheduler.allowed-failures": MOST_LOST_WORKERS,
        }
        with ExitStack() as opened:
            opened.enter_context(_Silence())
            opened.enter_context(dask.config.set(settings))
            cluster: Any = self.address
            if self.address is None:
                scratch = opened.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True))
                try:
                    cluster = LocalCluster(
                        n_workers=self._n_jobs,
                        threads_per_worker=1,
                        processes=True,
                        memory_limit=0,
                        scheduler_kwargs={"dashboard": False, "dashboard_address": NOWHERE},
                        worker_dashboard_address=NOWHERE,
                        local_directory=scratch,
                        silence_logs=logging.CRITICAL,
                    )
                except (OSError, RuntimeError) as error:
                    raise EngineError(f"Dask could not start its workers on this machine: {error}.") from error
                opened.callback(_quietly, cluster.close, timeout=PATIENCE_SECONDS)
            try:
                self._client = Client(cluster, timeout=PATIENCE_SECONDS, set_as_default=False)
            except (OSError, TimeoutError) as error:
                raise EngineError(
                    f"Nobody answers at {self.address}. Check the address, and that a scheduler runs there, started "
                    "with `dask scheduler`."
                ) from error
            opened.callback(_quietly, self._client.close, timeout=PATIENCE_SECONDS)
            self._stack = opened.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        """Leave the cluster; one that was started here ends."""
        self._stack.close()

    def map(self, call: Callable[..., T], arguments: Iterable[tuple[Any, ...]]) -> Iterator[T]:
        """Call a function with each tuple of arguments; see `Engine.map`."""
        submit, at_once = self._client.submit, CALLS_AHEAD * self.n_workers
        function = submit(cloudpickle.loads, cloudpickle.dumps(call, protocol=5), pure=False)
        ahead: deque[Any] = deque()
        for given in arguments:
            ahead.append(submit(_run, function, cloudpickle.dumps(given, protocol=5), pure=False))
            if len(ahead) >= at_once:
                yield self._result(ahead.popleft())
        while ahead:
            yield self._result(ahead.popleft())

    def _result(self, future: Any) -> Any:
        """Wait for a result as long as there is a scheduler to give it."""
        from distributed import CancelledError, KilledWorker
        from distributed.comm.core import CommClosedError

        lost_since: float | None = None
        while True:
            try:
                return future.result(timeout=1)
            except KilledWorker as error:
                raise EngineError(
                    "The same rows lost their worker again and again: killed, or out of memory. Give workers more "
                    "memory."
                ) from error
            except (CancelledError, CommClosedError) as error:
                raise EngineError(f"{self._place} went away.") from error
            except TimeoutError as error:
                if self._client.status == "running":
                    lost_since = None
                    continue
                lost_since = lost_since or time.monotonic()
                if time.monotonic() - lost_since > PATIENCE_SECONDS:
                    raise EngineError(f"{self._place} went away.") from error

    @property
    def _place(self) -> str:
        return "The Dask scheduler of this machine" if self.address is None else f"The Dask scheduler at {self.address}"


def _run(function: Callable[..., T], given: bytes) -> T:
    return function(*cloudpickle.loads(given))


class _Silence:
    """Keep what Dask tells its operators from those who asked for labels; what they need we say ourselves."""

    def __enter__(self) -> None:
        names = [
            name
            for name in logging.root.manager.loggerDict
            if name.split(".")[0] in ("distributed", "asyncio", "tornado")
        ]
        self._loggers = [logging.getLogger(name) for name in names]
        self._levels = [logger.level for logger in self._loggers]
        for logger in self._loggers:
            logger.setLevel(logging.CRITICAL + 1)

    def __exit__(self, *_: object) -> None:
        for logger, level in zip(self._loggers, self._levels, strict=True):
            logger.setLevel(level)


def _quietly(close: Callable[..., Any], **options: Any) -> None:
    with suppress(Exception):
        close(**options)
