"""Storage: files that appear whole or not at all.

Takes  a path and a function that writes to a path.
Gives  the finished file under that path, or nothing new there.

A file is written under a temporary name in the folder where it will stand, flushed to disk, and renamed:
a reader, a full disk or a killed process never meets half a file. What a killed process leaves beside its file is
removed by whoever writes that file next.

Before this: errors.py. After this: run_folder.py, and all that writes.
"""

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from pseudolabel.errors import ResourceError

WRITER = ".writer"
"""In a temporary folder, the lock of the process that writes there: where nobody holds it, that process was killed."""


def write_whole(path: Path, write: Callable[[Path], None]) -> None:
    """Let `write` fill a temporary file or folder beside `path`, then give it that name.

    Parameters
    ----------
    path : Path
        Where the result shall stand. A file there is replaced; its folder must exist.
    write : function of a Path
        Creates exactly the path it is handed.

    Raises
    ------
    ResourceError
        If the disk is full or the system refuses.
    """
    try:
        _remove_abandoned(path)
        with tempfile.TemporaryDirectory(prefix=f".{path.name}.", dir=path.parent) as folder, _held(Path(folder)):
            made = Path(folder) / path.name
            write(made)
            flush_to_disk(made)
            os.replace(made, path)
        flush_folder(path.parent)
    except OSError as error:
        raise ResourceError(
            f"Cannot write {str(path)!r}: {error.strerror or error}. Nothing of it was left; make room or choose "
            "another place."
        ) from error


@contextmanager
def _held(folder: Path) -> Iterator[None]:
    """Keep others from taking a temporary folder for abandoned; its lock gets its name when it is held already."""
    lock = FileLock(folder / f"{WRITER}.new", blocking=False)
    with suppress(OSError, NotImplementedError):  # without locks, nothing is taken for abandoned
        lock.acquire()
        os.rename(lock.lock_file, folder / WRITER)
    try:
        yield
    finally:
        lock.release()


def _remove_abandoned(path: Path) -> None:
    """Remove what processes that were killed have left beside a file they were writing."""
    folders = list[Path]()
    with suppress(OSError), os.scandir(path.parent) as entries:  # a folder may be written to and not read
        folders = [Path(entry) for entry in entries if entry.name.startswith(f".{path.name}.")]
    for folder in folders:
        if folder.is_symlink() or not (folder / WRITER).is_file():
            continue
        lock = FileLock(folder / WRITER, blocking=False)
        with suppress(OSError, NotImplementedError, Timeout):
            lock.acquire()
            shutil.rmtree(folder, ignore_errors=True)
            lock.release()


def sha256_of(path: Path) -> str:
    """Give the SHA-256 of a file's bytes, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def plain_json(value: Any) -> str:
    """Give `value` as JSON that reads the same on every machine: sorted keys are left to the caller."""
    return json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def write_text(path: Path, text: str) -> None:
    """Write a text file, whole or not at all; see `write_whole`."""

    def write(made: Path) -> None:
        made.write_text(text, encoding="utf-8")

    write_whole(path, write)


def files_below(folder: Path) -> list[str]:
    """Name every file below a folder, by its path from there, in order."""
    return sorted(found.relative_to(folder).as_posix() for found in folder.rglob("*") if found.is_file())


def flush_to_disk(path: Path) -> None:
    """Wait until a file, or every file below a folder, is on the disk and not only in memory."""
    for file in [path] if path.is_file() else [path / name for name in files_below(path)]:
        with file.open("rb") as opened:
            os.fsync(opened.fileno())


def flush_folder(path: Path) -> None:
    """Make a rename in `path` durable; where the system cannot (Windows), the rename itself must do."""
    if os.name == "posix":
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
