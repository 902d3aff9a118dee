"""Storage: files that appear whole or not at all, and the manifest that proves it.

Takes  a path and a function that writes to a path.
Gives  the finished file under that path, or nothing new there.

A file is written under a temporary name in the folder where it will stand, flushed to disk, and renamed:
a reader, a full disk or a killed process never meets half a file. A run folder is written the same way,
as a whole, with `manifest.json` last.
"""

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pseudolabel.errors import InputError, ResourceError

UNFINISHED = "unfinished"
"""The folder, in a run folder, of what a run that was cut off has done so far."""

MANIFEST = "manifest.json"


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
        with tempfile.TemporaryDirectory(prefix=f".{path.name}.", dir=path.parent) as folder:
            made = Path(folder) / path.name
            write(made)
            flush_to_disk(made)
            os.replace(made, path)
        _flush_folder(path.parent)
    except OSError as error:
        raise ResourceError(
            f"Cannot write {str(path)!r}: {error.strerror or error}. Nothing of it was left; make room or choose "
            "another place."
        ) from error


def sha256_of(path: Path) -> str:
    """Give the SHA-256 of a file's bytes, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def plain_json(value: Any) -> str:
    """Give `value` as JSON that reads the same on every machine: sorted keys are left to the caller."""
    return json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


@contextmanager
def run_folder(path: Path, *, overwrite: bool = False, resumed: bool = False) -> Iterator[Path]:
    """Give an empty folder to fill; on success it becomes the run folder `path`, manifest included.

    Parameters
    ----------
    path : Path
        Must not exist, or be an empty folder, or, with `overwrite`, a former run.
    overwrite : bool, default=False
        Replace the files of a former run: exactly those its manifest names. Foreign files stay.
    resumed : bool, default=False
        Go on with an unfinished run that stands there.

    Raises
    ------
    InputError
        If `path` is a file, or cannot be written to, or holds something that is not a former run, or holds a
        former run and `overwrite` is not set.
    """
    if (path / UNFINISHED).is_dir() and not resumed:
        _forget_unfinished(path, overwrite)
    former = _former_files(path, overwrite)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        staging = Path(tempfile.mkdtemp(prefix=f".{path.name}.", dir=path.parent))
    except OSError as error:
        raise InputError(f"Cannot write to {str(path.parent)!r}: {error.strerror}. Choose another --out.") from error
    try:
        yield staging
        (staging / MANIFEST).write_text(plain_json(_manifest(staging)), encoding="utf-8")
        flush_to_disk(staging)
        _move_in(staging, path, former)
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _forget_unfinished(path: Path, overwrite: bool) -> None:
    """Make room for a new run where an unfinished one stands, if that is allowed."""
    if not overwrite:
        raise InputError(
            f"{str(path)!r} holds an unfinished run. Go on with it: pseudolabel resume {path}; or add --overwrite to "
            "begin anew."
        )
    shutil.rmtree(path / UNFINISHED)


def _former_files(path: Path, overwrite: bool) -> list[str]:
    """Name the files of a former run that may go; refuse a path that is something else."""
    if path.exists() and not path.is_dir():
        raise InputError(f"{str(path)!r} is a file; --out needs a folder. Choose another name.")
    if not path.exists() or not any(found for found in path.iterdir() if found.name != UNFINISHED):
        return []
    if not overwrite:
        raise InputError(
            f"{str(path)!r} already holds files. Choose another --out, or add --overwrite to replace a former run."
        )
    manifest = path / MANIFEST
    if not manifest.is_file():
        raise InputError(f"{str(path)!r} holds files but no {MANIFEST}: it is not a former run. Choose another --out.")
    try:
        named = dict(json.loads(manifest.read_text(encoding="utf-8"))["files"])
    except (ValueError, TypeError, KeyError) as error:
        raise InputError(f"{str(manifest)!r} is not the manifest of a run. Choose another --out.") from error
    # A manifest is a file anyone may edit: a name that leads out of the folder is not ours to delete.
    inside = [name for name in named if (path / name).resolve().is_relative_to(path.resolve())]
    return [name for name in inside if (path / name).is_file()]


def _move_in(staging: Path, path: Path, former: list[str]) -> None:
    """Put the staged files in place: the whole folder at once, or file by file with the manifest last."""
    if not (path / MANIFEST).is_file():
        os.replace(staging, path)
    else:
        (path / MANIFEST).unlink()
        for name in former:
            (path / name).unlink(missing_ok=True)
        for folder in {(path / name).parent for name in former} - {path}:
            if not any(folder.iterdir()):
                folder.rmdir()
        names = sorted(_files_below(staging), key=lambda name: name == MANIFEST)
        for name in names:
            (path / name).parent.mkdir(parents=True, exist_ok=True)
            os.replace(staging / name, path / name)
    _flush_folder(path)
    _flush_folder(path.parent)


def _manifest(folder: Path) -> dict[str, Any]:
    """Name every file below `folder` with its size and SHA-256."""
    return {
        "format": 1,
        "files": {
            name: {"bytes": (folder / name).stat().st_size, "sha256": sha256_of(folder / name)}
            for name in sorted(_files_below(folder))
        },
    }


def _files_below(folder: Path) -> list[str]:
    return [found.relative_to(folder).as_posix() for found in folder.rglob("*") if found.is_file()]


def flush_to_disk(path: Path) -> None:
    """Wait until a file, or every file below a folder, is on the disk and not only in memory."""
    for file in [path] if path.is_file() else [path / name for name in _files_below(path)]:
        with file.open("rb") as opened:
            os.fsync(opened.fileno())


def _flush_folder(path: Path) -> None:
    """Make a rename in `path` durable; where the system cannot (Windows), the rename itself must do."""
    if os.name == "posix":
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
