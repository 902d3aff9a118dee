"""Run folder: where a run works, and where what it made appears whole or not at all.

Takes  the path of a run folder.
Gives  a place to keep what is done so far, and a place to make the results in; on success the results in the folder.

While a run works all it has is in `RUN/unfinished`, and a former run beside it stays as it is. When everything is made
and on the disk, a journal is written: from then on the results only change their place, `manifest.json` last. Whoever
finds the journal, after a power cut even, does all moves again that may be missing.

A run that is cut off leaves `RUN/unfinished`, and can be gone on with. Files that are not a run's own are never deleted
or replaced.

Before this: storage.py, lock.py, manifest.py, interrupts.py. After this: unfinished.py, run.py.
"""

import os
import shutil
import signal
import threading
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pseudolabel.errors import InputError, PseudolabelError, ResourceError
from pseudolabel.interrupts import wishes
from pseudolabel.lock import LOCK, one_writer
from pseudolabel.manifest import MANIFEST, read_json, write_manifest
from pseudolabel.storage import files_below, flush_folder, flush_to_disk, plain_json, write_text

UNFINISHED = "unfinished"
"""The folder, in a run folder, of what a run that was cut off has done so far."""

PLAN = "plan.json"

_MADE, _JOURNAL = "made", "journal.json"


@dataclass(frozen=True)
class Workplace:
    """Where a run works.

    Attributes
    ----------
    run : Path
        The run folder.
    """

    run: Path

    @property
    def kept(self) -> Path:
        """The folder of what is done so far, which a run that goes on finds again."""
        return self.run / UNFINISHED

    @property
    def made(self) -> Path:
        """The folder of what shall appear in the run folder."""
        return self.kept / _MADE

    @property
    def is_made(self) -> bool:
        """Whether everything is made, and has only to be put in its place."""
        return (self.kept / _JOURNAL).is_file()


@contextmanager
def run_folder(
    path: Path, names: Collection[str], *, overwrite: bool = False, resumed: bool = False
) -> Iterator[Workplace]:
    """Give a place to work in; on success what was made there is the content of the run folder, manifest included.

    A run that is cut off once there is a plan leaves what it has kept: by an interrupt, or by whatever is not to be
    blamed on the input. A run that is refused leaves nothing, but when it was gone on with: then the input may yet be
    given back as it was.

    Parameters
    ----------
    path : Path
        Must not exist, or be an empty folder, or, with `overwrite`, a former run.
    names : collection of str
        The files and folders that will be made.
    overwrite : bool, default=False
        Replace the files of a former run: exactly those its manifest names. Foreign files stay.
    resumed : bool, default=False
        Go on with an unfinished run that stands there.

    Raises
    ------
    InputError
        If `path` is a file, or cannot be written to, or holds something that is not a former run, or holds a
        former run and `overwrite` is not set, or a foreign file in the place of one that will be made.
    BusyError
        If another process is writing there.
    """
    existed = path.exists()
    _require_folder(path, may_replace=overwrite or resumed)
    with _removed_if_new(path, existed), one_writer(path):
        work = Workplace(path)
        if not resumed:
            _require_place(work, overwrite)
            shutil.rmtree(work.kept, ignore_errors=True)
        former = _former_files(path)
        _refuse_foreign(path, names, former)
        _clear(work.made)
        try:
            yield work
            _finish(work, former)
        except BaseException as error:
            if not (work.kept / PLAN).is_file() or (isinstance(error, InputError) and not resumed):
                shutil.rmtree(work.kept, ignore_errors=True)
                raise
            told = _with_a_way_on(error, path)
            if told is error:
                raise
            raise told from error


def settle(path: Path) -> bool:
    """Put in place what an unfinished run had made; say whether the run folder is complete.

    Raises
    ------
    InputError
        If what it wrote down was changed.
    BusyError
        If another process is writing there.
    """
    work = Workplace(path)
    if work.is_made:
        with one_writer(path):
            _put_in_place(work)
    return (path / MANIFEST).is_file() and not (work.kept / PLAN).is_file()


def revise(path: Path, texts: Mapping[str, str]) -> None:
    """Replace text files of a finished run by others, all of them or none, its manifest included.

    The caller is the one writer of the folder. An unfinished run that stands there is left alone, and so is all else:
    the files will be made anew.

    Parameters
    ----------
    path : Path
        The run folder.
    texts : mapping
        The new content by the name of the file.
    """
    work = Workplace(path)
    if (work.kept / PLAN).is_file():
        return
    former = _former_files(path)
    _clear(work.made)
    try:
        for name in [name for name in former if name != MANIFEST]:
            made = work.made / name
            made.parent.mkdir(parents=True, exist_ok=True)
            if name in texts:
                made.write_text(texts[name], encoding="utf-8")
            else:
                _link(path / name, made)
        _finish(work, former)
    except BaseException:
        if not work.is_made:  # else the moves are done again by whoever finds the journal
            shutil.rmtree(work.kept, ignore_errors=True)
        raise


def _link(existing: Path, name: Path) -> None:
    """Give a file a second name, or copy it where a file has only one."""
    try:
        os.link(existing, name)
    except OSError:
        shutil.copy2(existing, name)


def _require_folder(path: Path, *, may_replace: bool) -> None:
    """See that there is a folder; refuse one of somebody else before the lock leaves a trace in it for a moment."""
    if not path.exists():
        try:
            path.mkdir(parents=True)
        except OSError as error:
            raise InputError(
                f"Cannot write to {str(path.parent)!r}: {error.strerror}. Choose another --out."
            ) from error
    elif not path.is_dir():
        raise InputError(f"{str(path)!r} is a file; --out needs a folder. Choose another name.")
    else:
        names = {found.name for found in path.iterdir()}
        if not names & {UNFINISHED, LOCK}:
            _require_former(path, names, may_replace)


def _require_place(work: Workplace, overwrite: bool) -> None:
    """Refuse a place that is taken, now that nobody else can take it."""
    begun = (work.kept / PLAN).is_file()
    if begun and not overwrite:
        raise InputError(
            f"{str(work.run)!r} holds an unfinished run. Go on with it: pseudolabel resume {work.run}; or add "
            "--overwrite to begin anew."
        )
    if work.is_made:  # the files before it are half gone: let it become the former run
        _put_in_place(work)
    if not begun:
        _require_former(work.run, {found.name for found in work.run.iterdir()} - {UNFINISHED, LOCK}, overwrite)


def _require_former(path: Path, names: Collection[str], may_replace: bool) -> None:
    """Refuse a folder that holds files, unless they are a former run's and may be replaced."""
    if names and not may_replace:
        raise InputError(
            f"{str(path)!r} already holds files. Choose another --out, or add --overwrite to replace a former run."
        )
    if names and MANIFEST not in names:
        raise InputError(f"{str(path)!r} holds files but no {MANIFEST}: it is not a former run. Choose another --out.")


@contextmanager
def _removed_if_new(path: Path, existed: bool) -> Iterator[None]:
    """Leave no empty folder where there was none."""
    try:
        yield
    finally:
        if not existed:
            with suppress(OSError):
                path.rmdir()


def _clear(folder: Path) -> None:
    """Give an empty folder."""
    shutil.rmtree(folder, ignore_errors=True)
    try:
        folder.mkdir(parents=True)
    except OSError as error:
        raise _unwritable(folder.parent, error) from error


def _unwritable(folder: Path, error: OSError) -> InputError:
    return InputError(f"Cannot write to {str(folder)!r}: {error.strerror}. Choose another --out.")


def _former_files(path: Path) -> list[str]:
    """Name the files of a former run, which may go."""
    if not (path / MANIFEST).is_file():
        return []
    try:
        named = dict(read_json(path / MANIFEST)["files"])
    except (ValueError, TypeError, KeyError) as error:
        raise InputError(f"{str(path / MANIFEST)!r} is not the manifest of a run. Choose another --out.") from error
    return [name for name in [*named, MANIFEST] if _is_inside(path, name) and (path / name).is_file()]


def _is_inside(path: Path, name: str) -> bool:
    """Tell whether a name leads to a file in the folder: a manifest is a file that anyone may edit."""
    return (path / name).resolve().is_relative_to(path.resolve())


def _refuse_foreign(run: Path, names: Collection[str], former: Collection[str]) -> None:
    """Refuse to put a file where one lies that is not a run's, or a part of a table beside one."""
    for name in names:
        found = [f"{name}/{part}" for part in files_below(run / name)] if (run / name).is_dir() else [name]
        foreign = [name for name in found if (run / name).exists() and name not in former]
        if foreign:
            raise InputError(
                f"{str(run / foreign[0])!r} is not of the former run, and is in the place of what will be made. Move "
                "it away: files that are not a run's own are never replaced."
            )


def _finish(work: Workplace, former: list[str]) -> None:
    """Write down what was made, then put it in its place."""
    _refuse_foreign(work.run, {found.name for found in work.made.iterdir()}, former)
    write_manifest(work.made)
    flush_to_disk(work.made)
    for folder in {work.made, *((work.made / name).parent for name in files_below(work.made))}:
        flush_folder(folder)
    write_text(work.kept / _JOURNAL, plain_json({"former": former, "made": files_below(work.made)}))
    _put_in_place(work)


def _put_in_place(work: Workplace) -> None:
    """Do what the journal says, from wherever it was left off."""
    with _without_interrupts(f"Interrupted. The run in {str(work.run)!r} is complete."):
        try:
            journal = read_json(work.kept / _JOURNAL)
            former, made = list(map(str, journal["former"])), list(map(str, journal["made"]))
        except (ValueError, TypeError, KeyError) as error:
            raise InputError(
                f"{str(work.kept / _JOURNAL)!r} is not what a run wrote ({error}). Begin the run anew with --overwrite."
            ) from error
        _move(work, former, made)
        _tidy(work)


def _move(work: Workplace, former: list[str], made: list[str]) -> None:
    """Take the former files away and put the new ones in their place, the manifest last; each step can be repeated."""
    run = work.run
    if (work.made / MANIFEST).is_file():  # else all is moved, and the manifest that stands there is the new one
        (run / MANIFEST).unlink(missing_ok=True)
    gone = [name for name in former if name not in made and _is_inside(run, name)]
    for name in gone:
        (run / name).unlink(missing_ok=True)
    for folder in {(run / name).parent for name in gone} - {run}:
        with suppress(OSError):  # a folder with a foreign file stays
            folder.rmdir()
    for name in [name for name in made if name != MANIFEST and _is_inside(run, name)]:
        _move_file(work, name)
    for folder in {(run / name).parent for name in made}:
        flush_folder(folder)
    _move_file(work, MANIFEST)
    flush_folder(run)
    flush_folder(run.parent)


def _move_file(work: Workplace, name: str) -> None:
    """Put a file in its place, if that is not done yet."""
    if (work.made / name).is_file():
        (work.run / name).parent.mkdir(parents=True, exist_ok=True)
        os.replace(work.made / name, work.run / name)


def _tidy(work: Workplace) -> None:
    """Remove the workplace, the journal last: as long as it is there, everything can be done again."""
    for found in work.kept.iterdir():
        if found.is_dir():
            shutil.rmtree(found, ignore_errors=True)
        elif found.name != _JOURNAL:
            found.unlink(missing_ok=True)
    (work.kept / _JOURNAL).unlink()
    work.kept.rmdir()
    flush_folder(work.run)


@contextmanager
def _without_interrupts(message: str) -> Iterator[None]:
    """Finish a short step before an interrupt takes effect; a second one takes effect at once."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    came = list[int]()

    def note(number: int, frame: Any) -> None:
        came.append(number)
        if len(came) > 1:
            raise KeyboardInterrupt

    former = {number: signal.signal(number, note) for number in wishes()}
    try:
        yield
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)
    if came:
        raise KeyboardInterrupt(message)


def _with_a_way_on(error: BaseException, path: Path) -> BaseException:
    """Give an error that also says how to go on after it."""
    way_on = f"What is done is kept. Go on with: pseudolabel resume {path}"
    if isinstance(error, KeyboardInterrupt):
        return KeyboardInterrupt(f"Interrupted. {way_on}")
    if isinstance(error, MemoryError):
        return ResourceError(f"Out of memory. Free some, or allow fewer workers at a time. {way_on} --jobs 1")
    if isinstance(error, PseudolabelError):
        return type(error)(f"{error} {way_on}")
    if isinstance(error, OSError):
        return ResourceError(f"{error.strerror or error}: {error.filename or path}. {way_on}")
    error.add_note(way_on)
    return error
