"""Opening: the engine that is asked for by name.

Takes  a name or an address, and how many workers there may be.
Gives  the engine, to be entered and left; what it needs is imported only now.

Before this: here.py, threads.py, processes.py, dask.py. After this: run.py.
"""

from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path

from pseudolabel.engine.engine import Opened
from pseudolabel.engine.here import Here
from pseudolabel.engine.processes import Processes
from pseudolabel.engine.threads import Threads
from pseudolabel.errors import ParameterError

NAMES = ("local", "threads", "processes", "dask")

SCHEMES = ("tcp://", "tls://", "ws://", "wss://", "ucx://")
"""What the address of a scheduler begins with."""


def check_engine(asked: str) -> None:
    """Refuse what is neither the name of an engine nor the address of a scheduler.

    Raises
    ------
    ParameterError
    """
    if asked not in NAMES and not asked.startswith(SCHEMES):
        raise ParameterError(
            f"--engine {asked!r} is neither {', '.join(NAMES)} nor the address of a scheduler. Write it as "
            "tcp://host:8786."
        )


def open_engine(asked: str, *, n_jobs: int, folder: Path | None = None, inputs: Sequence[Path] = ()) -> Opened:
    """Give an engine.

    Parameters
    ----------
    asked : {"local", "threads", "processes", "dask"} or str
        Or the address of a scheduler that runs already, such as "tcp://host:8786".
    n_jobs : int
        Workers; a scheduler that runs already has its own.
    folder : Path, optional
        Where workers leave what they make.
    inputs : sequence of Path, default=()
        What workers read. Those of other machines must see both.

    Raises
    ------
    ParameterError
        If there is no such engine, or what it needs is not installed.
    EngineError
        If nobody answers at the address, or its workers cannot do the work: there are none, they have other versions,
        or do not see the folder or the inputs.
    """
    check_engine(asked)
    if asked == "processes":
        return Processes(n_jobs)
    if asked in ("local", "threads"):
        return nullcontext(Here()) if n_jobs == 1 else Threads(n_jobs)
    from pseudolabel.engine.dask import Dask

    return Dask(None if asked == "dask" else asked, n_jobs, folder, inputs)
