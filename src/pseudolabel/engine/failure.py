"""Failure: an error on its way from a worker to the one it works for.

Takes  an error, whatever it is.
Gives  the same error on the other side, with what the worker's traceback said as its cause.

An error may be of a class that cannot travel, or that is not to be found on the other side: then its words arrive. One
that would end a process (`SystemExit`) or is meant for people (`KeyboardInterrupt`) arrives as words too: what a call
does must not end the run as if somebody had wished it.

Before this: nothing. After this: worker.py, processes.py, dask.py.
"""

import traceback
from contextlib import suppress

import cloudpickle


class WorkerError(Exception):
    """What the traceback said in the worker; `--debug` shows it."""

    def __str__(self) -> str:
        """Give it with room around it: it is text of many lines."""
        return f"\n{self.args[0]}"


def pack_failure(error: BaseException) -> bytes:
    """Pack an error.

    Examples
    --------
    >>> unpack_failure(pack_failure(KeyError("size")))
    KeyError('size')
    >>> unpack_failure(pack_failure(SystemExit(0)))
    RuntimeError('SystemExit: 0')
    """
    said = "".join(traceback.format_exception_only(error)).strip()
    trace, whole = "".join(traceback.format_exception(error)), None
    if isinstance(error, Exception):
        with suppress(Exception):
            whole = cloudpickle.dumps(error, protocol=5)
            cloudpickle.loads(whole)
    packed: bytes = cloudpickle.dumps((said, trace, whole), protocol=5)
    return packed


def unpack_failure(packed: bytes) -> Exception:
    """Give the error that was packed, to be raised; if it cannot be had here, a `RuntimeError` with its words."""
    said, trace, whole = cloudpickle.loads(packed)
    error: object = None
    if whole is not None:
        with suppress(Exception):
            error = cloudpickle.loads(whole)
    found = error if isinstance(error, Exception) else RuntimeError(said)
    found.__cause__ = WorkerError(trace)
    return found
