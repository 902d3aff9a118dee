"""Dask: work on a cluster, of processes of this machine or of many machines.

A worker that is lost costs the calls it had in hand, which others do again. The function goes to the workers as the
result of a task, not as data handed out: what is lost with a worker can be made again.

A cluster of others is looked at before the work begins: whether it has workers, whether they have the same versions,
and whether they see the folders of this machine. All three fail late and strangely where nobody looks.

Source: the library distributed (Rocklin, 2015); this is the one place that imports it.

Before this: failure.py, keeper.py. After this: opening.py.
"""

import atexit
import logging
import os
import tempfile
import time
import uuid
import warnings
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import ExitStack, contextmanager, suppress
from multiprocessing import resource_tracker
from pathlib import Path
from threading import Thread
from typing import Any, Self, TypeVar

import cloudpickle

from pseudolabel.engine.engine import CALLS_AHEAD, ENVIRONMENT
from pseudolabel.engine.failure import pack_failure, unpack_failure
from pseudolabel.engine.keeper import MARK, Keeper, unheeding
from pseudolabel.errors import EngineError, ParameterError

T = TypeVar("T")

PATIENCE_SECONDS = 10
"""How long to wait for a scheduler that does not answer."""

NOWHERE = "127.0.0.1:0"
"""Where a cluster of our own serves the pages it insists on: on a free port that only this machine reaches. On the
usual port two clusters at a time do not start."""

WORKERS_SECONDS = 45
"""How long to wait for a worker where there is none, and for workers to say how they are."""

SEEN_SECONDS = 5
"""How long a shared folder may take to show here what a worker wrote there."""

MOST_LOST_WORKERS = 10
"""Workers that may be lost over the same call before it is given up."""

LIBRARIES = ("pseudolabel", "numpy", "scipy", "scikit-learn", "pandas", "pyarrow", "skrub", "cloudpickle")
"""What every worker must have in the very version of this machine, as Python: sums may round otherwise, and what is
sent to a worker may not be understood there."""

TO_STANDARD_ERROR = "import os; os.dup2(2, 1)"
"""What a worker of ours does first: what a call prints must not come between our results."""

_HALF_BEGUN: list[ExitStack] = []


class Dask:
    """Work on a Dask cluster.

    Parameters
    ----------
    address : str or None
        Of the scheduler of a running cluster; None starts one on this machine.
    n_jobs : int
        Workers of the one that is started.
    folder : Path, optional
        Where workers leave what they make: all must see it, and write to it.
    inputs : sequence of Path, default=()
        What workers read: all must see it.
    """

    name = "dask"

    def __init__(
        self, address: str | None, n_jobs: int, folder: Path | None = None, inputs: Sequence[Path] = ()
    ) -> None:
        self.address, self._n_jobs = address, n_jobs
        self._folder, self._inputs = folder, inputs
        self._stack = ExitStack()

    @property
    def n_workers(self) -> int:
        """How many workers the cluster has now."""
        return max(1, self._n_threads())

    def __enter__(self) -> Self:
        """Start a cluster, or join one and look whether it can do the work.

        Raises
        ------
        EngineError
            If nobody answers, there is no worker, or a worker has other versions or does not see the folders.
        """
        try:
            import dask
            import distributed  # noqa: F401
        except ImportError as error:
            raise ParameterError(
                '--engine needs Dask, which is missing. Install it: pip install "pseudolabel[dask]"'
            ) from error
        settings = {
            "distributed.comm.timeouts.connect": PATIENCE_SECONDS,
            "distributed.scheduler.allowed-failures": MOST_LOST_WORKERS,
        }
        with ExitStack() as opened:
            opened.enter_context(_Silence())
            opened.enter_context(dask.config.set(settings))
            cluster = opened.enter_context(_local_cluster(self._n_jobs)) if self.address is None else self.address
            self._client = self._client_of(cluster)
            opened.callback(_quietly, self._client.close, timeout=PATIENCE_SECONDS)
            if self.address is not None:
                self._look_at_workers()
            self._stack = opened.pop_all()
        return self

    def __exit__(self, *how: Any) -> None:
        """Leave the cluster; one that was started here ends, at once where the work was cut off."""
        self._stack.__exit__(*how)

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

    def _client_of(self, cluster: Any) -> Any:
        """Join a cluster of our own, or one at an address."""
        from distributed import Client

        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of other versions, which are told later, as an error
                return Client(cluster, timeout=PATIENCE_SECONDS, set_as_default=False)
        except ImportError as error:
            raise EngineError(
                f"{self._place} has versions this machine does not go with: {error}. Install the same everywhere."
            ) from error
        except (OSError, TimeoutError) as error:
            raise EngineError(
                f"Nobody answers at {self.address}. Check the address, and that a scheduler runs there, started "
                "with `dask scheduler`."
            ) from error

    def _result(self, future: Any) -> Any:
        """Wait for a result as long as there is a scheduler to give it, and a worker to make it."""
        from distributed import CancelledError, KilledWorker
        from distributed.comm.core import CommClosedError

        lost_since: float | None = None
        while True:
            try:
                is_done, answer = future.result(timeout=1)
            except KilledWorker as error:
                raise EngineError(
                    "The same rows lost their worker again and again: killed, or out of memory. Give workers more "
                    "memory."
                ) from error
            except (CancelledError, CommClosedError) as error:
                raise EngineError(f"{self._place} went away.") from error
            except TimeoutError as error:
                has_scheduler = self._client.status == "running"
                if has_scheduler and self._n_threads() > 0:
                    lost_since = None
                    continue
                lost_since = lost_since or time.monotonic()
                if not has_scheduler and time.monotonic() - lost_since > PATIENCE_SECONDS:
                    raise EngineError(f"{self._place} went away.") from error
                if has_scheduler and time.monotonic() - lost_since > WORKERS_SECONDS:
                    raise EngineError(self._no_worker("all have gone, and none came")) from error
                continue
            if is_done:
                return answer
            raise unpack_failure(answer)

    def _n_threads(self) -> int:
        """Give the number of threads of all workers; 0 also while the scheduler does not say."""
        try:
            return int(sum(self._client.nthreads().values()))
        except (OSError, RuntimeError, AttributeError):
            return 0

    def _look_at_workers(self) -> None:
        """Refuse a cluster that cannot do the work."""
        wish = self._client.submit(int, pure=False)  # a cluster that grows when there is work must have some
        try:
            self._client.wait_for_workers(1, timeout=WORKERS_SECONDS)
        except TimeoutError as error:
            raise EngineError(self._no_worker("none came")) from error
        finally:
            del wish
        versions: Any = self._answer(lambda: self._client.get_versions(packages=list(LIBRARIES)))
        _require_same_versions(versions["client"]["packages"], versions["workers"])
        if self._folder is not None:
            self._knock(self._folder)

    def _knock(self, folder: Path) -> None:
        """Have every worker read a file in the folder, and write one that is seen here."""
        key = f".knock-{uuid.uuid4().hex}"
        given = str(folder), key, [str(path) for path in self._inputs]
        knock = _knocker()
        try:
            (folder / key).write_text(key, encoding="ascii")
            answers = self._answer(lambda: self._client.run(knock, *given, on_error="return"))
            for worker, found in answers.items():
                what, path = ("silent", str(folder)) if isinstance(found, Exception) else found
                if what == "written":
                    if _appears(folder / path):
                        continue
                    what, path = "hidden", str(folder)
                raise EngineError(_PROBLEMS[what].format(worker=worker, path=repr(path)) + _SHARE)
        finally:
            for path in folder.glob(f"{key}*"):
                path.unlink(missing_ok=True)

    def _answer(self, ask: Callable[[], T]) -> T:
        """Ask all workers something; one that is stopped never answers."""
        try:
            return _aside(ask).result(timeout=WORKERS_SECONDS)
        except Exception as error:
            raise EngineError(
                f"Some worker of the Dask scheduler at {self.address} did not answer within {WORKERS_SECONDS} seconds. "
                "Look at the workers there, and restart those that hang."
            ) from error

    def _no_worker(self, what: str) -> str:
        return (
            f"{self._place} has no workers: {what} within {WORKERS_SECONDS} seconds. Start some with "
            f"`dask worker {self.address or 'tcp://host:port'} --nthreads 1`."
        )

    @property
    def _place(self) -> str:
        return "The Dask scheduler of this machine" if self.address is None else f"The Dask scheduler at {self.address}"


_SHARE = (
    " The table and the run folder must be at the same absolute path on every machine, and all workers may write to "
    "the run folder: mount the same file system, or work on this machine (--engine local)."
)

_PROBLEMS = {
    "unseen": "The worker {worker} does not see {path}.",
    "unwritten": "The worker {worker} cannot write to {path}.",
    "hidden": "What the worker {worker} writes to {path} is not seen here.",
    "silent": "The worker {worker} could not say whether it sees {path}.",
}


def _knocker() -> Callable[..., tuple[str, str]]:
    """Give what a worker does to show what it sees; it travels as code, for a worker that has other code."""

    def knock(folder: str, key: str, inputs: list[str]) -> tuple[str, str]:
        import os

        for path in (*inputs, os.path.join(folder, key)):
            if not os.access(path, os.R_OK):
                return "unseen", folder if path.endswith(key) else path
        name = f"{key}-{os.uname().nodename}-{os.getpid()}"
        try:
            with open(os.path.join(folder, name), "w", encoding="ascii") as file:
                file.write(key)
        except OSError:
            return "unwritten", folder
        return "written", name

    return knock


def _appears(path: Path) -> bool:
    """Tell whether a file is seen here, by and by."""
    until = time.monotonic() + SEEN_SECONDS
    while not path.exists():
        if time.monotonic() > until:
            return False
        time.sleep(0.1)
        os.listdir(path.parent)  # which makes a network file system look again
    return True


def _require_same_versions(own: Mapping[str, Any], workers: Mapping[str, Any]) -> None:
    """Refuse workers that have another Python, or other libraries."""
    for worker, told in workers.items():
        theirs = told["packages"]
        others = [name for name in ("python", *LIBRARIES) if theirs.get(name) != own.get(name)]
        if others:
            said = ", ".join(f"{name} {theirs.get(name) or 'missing'} (here {own.get(name)})" for name in others)
            raise EngineError(
                f"The worker {worker} has other versions than this machine: {said}. Results would not be the same; "
                "install the same versions everywhere, and restart the workers."
            )


@contextmanager
def _local_cluster(n_jobs: int) -> Iterator[Any]:
    """Start a cluster on this machine, whose processes end with this one."""
    import dask
    from distributed import LocalCluster
    from distributed.core import Status
    from distributed.deploy.spec import close_clusters

    with ExitStack() as opened:
        scratch = opened.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True))
        opened.enter_context(_environment_kept())
        keeper = Keeper(scratch)
        opened.callback(keeper.close)
        keeper.start()
        settings = {
            "distributed.nanny.pre-spawn-environ": ENVIRONMENT,
            "distributed.worker.preload": [TO_STANDARD_ERROR],
            "temporary-directory": scratch,
        }
        opened.enter_context(dask.config.set(settings))
        os.environ.update(keeper.environment("worker"))  # a setting would not replace the marks this process has
        resource_tracker.ensure_running()  # whoever starts it first begins to heed signals again
        try:
            cluster = _aside(
                LocalCluster,
                n_workers=n_jobs,
                threads_per_worker=1,
                processes=True,
                memory_limit=0,
                scheduler_kwargs={"dashboard": False, "dashboard_address": NOWHERE},
                worker_dashboard_address=NOWHERE,
                local_directory=scratch,
                silence_logs=logging.CRITICAL,
            ).result()
        except (OSError, RuntimeError) as error:
            raise EngineError(f"Dask could not start its workers on this machine: {error}.") from error
        except KeyboardInterrupt:
            atexit.unregister(close_clusters)  # it fails on a cluster that was only half begun
            keeper.end("worker")
            _HALF_BEGUN.append(opened.pop_all())  # a thread is still at it: what it leaves ends with this process
            raise
        opened.callback(_quietly, cluster.close, timeout=PATIENCE_SECONDS)
        try:
            yield cluster
        except BaseException:
            for nanny in cluster.workers.values():
                nanny.status = Status.failed  # or it would start a worker again
            keeper.close()  # whoever is in the middle of a call is not waited for
            raise


@contextmanager
def _environment_kept() -> Iterator[None]:
    """Undo what is set in this process, by a nanny too, that is for its workers alone."""
    names = (*ENVIRONMENT, MARK, "PYTHONWARNINGS", "PYTHONHASHSEED")
    before = {name: os.environ.get(name) for name in names}
    os.environ["PYTHONWARNINGS"] = "ignore"  # also for the tracker of semaphores, which tells users of them
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value


def _aside(call: Callable[..., T], **options: Any) -> "Future[T]":
    """Do something in a thread of its own, that hands on to what it starts not to heed signals: they are for us."""
    done: Future[T] = Future()

    def run() -> None:
        try:
            done.set_result(call(**options))
        except BaseException as error:
            done.set_exception(error)

    with unheeding():
        Thread(target=run, daemon=True).start()
    return done


def _run(function: Callable[..., T], given: bytes) -> tuple[bool, T | bytes]:
    """Do a call; give whether it is done, and its result or what went wrong."""
    try:
        return True, function(*cloudpickle.loads(given))
    except BaseException as error:  # one that ends programs must not end ours
        return False, pack_failure(error)


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

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is KeyboardInterrupt:  # they go on to tell of what was cut off, when the program ends
            return
        for logger, level in zip(self._loggers, self._levels, strict=True):
            logger.setLevel(level)


def _quietly(close: Callable[..., Any], **options: Any) -> None:
    with suppress(Exception):
        close(**options)
