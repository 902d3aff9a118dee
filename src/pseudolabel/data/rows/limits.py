"""Limits: how much a file may hold, asked before there is memory for it.

Takes  what a reader is about to do.
Gives  leave to do it, or an InputError that says what is too much and what to do.

A few kilobytes can unpack to gigabytes, and a footer can claim any number of rows. What is read in one piece may take a
share of the memory there is; everything else is read in batches.

Before this: source.py. After this: csv.py and parquet.py.
"""

import gzip
import io
import os
import resource
from collections.abc import Sequence
from pathlib import Path
from typing import Any, BinaryIO, cast

from pseudolabel.errors import InputError

MOST_COLUMNS = 100_000
"""More than any table of measurements; names alone would be larger than most tables."""

MOST_ROWS = 10**11
"""A hundred times the billion rows that are planned for."""

SHARE_OF_MEMORY = 6
"""A text file is held as text and once more with types; a sixth of the memory leaves as much again for the models."""

LEAST_BYTES = 1 << 26
"""A table of so many bytes is read in any case: who has less memory finds out soon enough."""


def check_columns(n_columns: int, file: str) -> None:
    """Refuse a table with more columns than can be a table."""
    if n_columns > MOST_COLUMNS:
        raise InputError(
            f"{file} has {n_columns:,} columns; at most {MOST_COLUMNS:,} are read. Check that its first line holds the "
            "column names, or leave columns out."
        )


def check_rows(groups: Sequence[int], file: str) -> None:
    """Refuse a number of rows that only a damaged file claims."""
    if any(group < 0 for group in groups) or sum(groups) > MOST_ROWS:
        raise InputError(f"{file} claims {sum(groups):,} rows, which cannot be. Copy or write it again.")


def check_batch(n_bytes: int, file: str, column: str) -> None:
    """Refuse rows that would not go into memory together."""
    if n_bytes > most_bytes():
        raise InputError(
            f"{file}, column {column!r}: texts so long take {n_bytes:,} bytes for the rows that are looked at "
            f"together, and {most_bytes():,} can be spared. Leave the column out, cut its texts, or use a machine with "
            "more memory."
        )


def most_bytes() -> int:
    """Give how many bytes may be read in one piece."""
    return max(LEAST_BYTES, _bytes_free() // SHARE_OF_MEMORY)


MOST_RATIO, SMALL_BYTES = 200, 1 << 24
"""How many times larger than its packed size a text may be, once it is larger than so many bytes. Tables of repeated
words reach 50; a file that was made to fill a disk or a memory has 1000."""


class Counted(io.RawIOBase):
    """A file that stops being read when more has come out of it than may be read in one piece, or than is in it.

    Parameters
    ----------
    file : binary file
        What is read; perhaps it unpacks another.
    packed : binary file
        What lies on the disk.
    path : Path
        As messages show it.
    """

    def __init__(self, file: BinaryIO, packed: BinaryIO, path: Path) -> None:
        self._file, self._packed, self._path = file, packed, path
        self._n_bytes, self._most = 0, most_bytes()

    def readable(self) -> bool:
        """Say that it can be read."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill a buffer, as a raw file does."""
        found = self._file.read(len(buffer))
        self._n_bytes += len(found)
        if self._n_bytes > self._most:
            raise InputError(
                f"{self._path.name} holds more than {self._most:,} bytes of text, unpacked, and text files are held in "
                "memory. Write it as Parquet, which may be larger than memory, or use a machine with more."
            )
        if self._n_bytes > max(SMALL_BYTES, MOST_RATIO * self._packed.tell()):
            raise InputError(
                f"{self._path.name} unpacks to more than {MOST_RATIO} times its size, which tables do not. If it is "
                "sound, unpack it first."
            )
        buffer[: len(found)] = found
        return len(found)

    def close(self) -> None:
        """Close the files too."""
        self._file.close()
        self._packed.close()
        super().close()


def opened_within(path: Path) -> BinaryIO:
    """Open a file, unpacked if its name ends in .gz, that is read only as far as there is memory for."""
    packed = path.open("rb")
    file = cast(BinaryIO, gzip.GzipFile(fileobj=packed)) if path.suffix.casefold() == ".gz" else packed
    return cast(BinaryIO, io.BufferedReader(Counted(file, packed, path), 1 << 16))


def _bytes_free() -> int:
    """Give the memory that is free, by the system's count and by the limit on addresses of this process."""
    free = _bytes_by_system()
    limit, _ = resource.getrlimit(resource.RLIMIT_AS)
    return free if limit == resource.RLIM_INFINITY else max(0, min(free, limit - _addresses_used()))


def _bytes_by_system() -> int:
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
        return next(int(line.split()[1]) << 10 for line in lines if line.startswith("MemAvailable:"))
    except (OSError, StopIteration, ValueError):
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2


def _addresses_used() -> int:
    try:
        return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError):
        return 0
