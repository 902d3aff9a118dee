"""Lock: one writer of a folder at a time.

Takes  a folder.
Gives  the right to write in it until it is given back, or the name of who has it.

The operating system keeps the lock and takes it back when its holder ends, in whatever way: a file that only said who
is writing would still say so after a power cut.

Before this: errors.py. After this: run_folder.py, audit.py.
"""

import json
import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout

from pseudolabel.errors import BusyError, InputError

LOCK = ".lock"


@contextmanager
def one_writer(folder: Path) -> Iterator[None]:
    """Be the only one who writes in a folder.

    Parameters
    ----------
    folder : Path
        It must exist. The lock is a hidden file in it, gone afterwards.

    Raises
    ------
    BusyError
        If another process, or another thread of this one, is writing there.
    InputError
        If the folder cannot be written to.
    """
    path = folder / LOCK
    lock = FileLock(path, blocking=False)
    try:
        lock.acquire()
    except Timeout:
        raise BusyError(
            f"{str(folder)!r} is being written by another pseudolabel{_holder(path)}. Wait until it is done, or choose "
            "another --out."
        ) from None
    except OSError as error:
        raise InputError(f"Cannot write to {str(folder)!r}: {error.strerror}. Choose another --out.") from error
    try:
        path.write_text(json.dumps(_self()), encoding="utf-8")
        yield
    finally:
        with suppress(OSError):  # a system that removes no open file keeps this one: it does no harm
            path.unlink()
        lock.release()


def _self() -> dict[str, object]:
    """Say who is asking."""
    return {"process": os.getpid(), "host": platform.node(), "since": datetime.now(UTC).isoformat(timespec="seconds")}


def _holder(path: Path) -> str:
    """Name who has the lock, as far as it can be read."""
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
        return f" (process {int(said['process'])} on {str(said['host'])!r}, since {said['since']!s:.25})"
    except (OSError, ValueError, TypeError, KeyError):
        return ""
