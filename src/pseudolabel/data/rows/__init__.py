"""Rows: open a table by its name, whatever its format.

Takes  the path of a file or folder.
Gives  a Source, from the module that reads this format; the module is imported only then.

Formats are told by suffix, never by looking inside: a file means the same on every machine and after every change
of its content.
"""

import stat
from collections.abc import Callable
from pathlib import Path

from pseudolabel.data.rows.source import Note, Part, Source
from pseudolabel.errors import InputError
from pseudolabel.validation import near_match

__all__ = ["READERS", "Note", "Part", "Source", "open_rows"]


def _read_csv(path: Path, encoding: str) -> Source:
    from pseudolabel.data.rows.csv import read_csv

    return read_csv(path, encoding=encoding)


def _read_parquet(path: Path, encoding: str) -> Source:
    from pseudolabel.data.rows.parquet import read_parquet

    return read_parquet(path)


READERS: dict[str, Callable[[Path, str], Source]] = {
    ".csv": _read_csv,
    ".csv.gz": _read_csv,
    ".tsv": _read_csv,
    ".tsv.gz": _read_csv,
    ".txt": _read_csv,
    ".parquet": _read_parquet,
}
"""By suffix: what reads it. A folder is read as a folder of Parquet files."""


def open_rows(path: Path, *, encoding: str = "utf-8") -> Source:
    """Open a table: CSV, TSV (gzipped or not), Parquet, or a folder of Parquet files.

    Parameters
    ----------
    path : Path
        An existing file or folder.
    encoding : str, default="utf-8"
        Of text files; Parquet needs none.

    Raises
    ------
    InputError
        If nothing is there, if the suffix is none of `READERS`, or if the file is not a sound table of its format.
    """
    try:
        mode = path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        raise InputError(f"There is no file {str(path)!r}.{_neighbour(path)} Check the name and the folder.") from None
    except (OSError, ValueError) as error:  # a loop of links, no permission, a NUL in the name
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError(f"Cannot read {str(path)!r}: {reason}. Check its name and permissions.") from error
    if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
        raise InputError(
            f"{str(path)!r} is neither a file nor a folder but a device or a pipe, which cannot be read again. Write "
            "the table to a file first."
        )
    if stat.S_ISDIR(mode):
        return _read_parquet(path, encoding)
    name = path.name.casefold()
    for suffix, read in READERS.items():
        if name.endswith(suffix):
            return read(path, encoding)
    raise InputError(
        f"{str(path)!r} has no suffix that can be read. Save the table as one of {', '.join(READERS)}, "
        "or give a folder of .parquet files."
    )


def _neighbour(path: Path) -> str:
    """Say which file of the same folder was probably meant."""
    try:
        return near_match(path.name, [found.name for found in path.parent.iterdir()])
    except OSError:  # No such folder, or none that may be listed: there is nothing to suggest.
        return ""
