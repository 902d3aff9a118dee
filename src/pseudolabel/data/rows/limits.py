"""Limits: how much a file may ask for before anything is set aside for it.

Takes  what a reader sees coming: columns, characters of a line, bytes unpacked so far.
Gives  an InputError or a ResourceError that names the file, the limit and a way around it; otherwise nothing.

A small file can unpack to more than any memory holds, by accident or on purpose, and its own words about its size
cannot be believed: neither gzip's trailer nor a Parquet footer tells that one long text is repeated thirty million
times. So what comes out is counted while it comes out, and a limit is met before the next piece is asked for.

Before this: nothing. After this: csv.py and parquet.py.
"""

import sys
from collections.abc import Iterable, Iterator
from io import RawIOBase
from pathlib import Path
from typing import Any, BinaryIO

import pyarrow as pa

from pseudolabel.errors import InputError, ResourceError

MOST_COLUMNS = 100_000
"""Each is looked at by itself, at about a millisecond; beyond, a run would take hours before it learns anything."""

LONGEST_CELL = 1 << 26
"""Characters a cell may have; what is longer is a quote that was never closed (or not a table)."""

LONGEST_LINE = 1 << 27
"""Characters a line may have, as it is held whole before its cells are: two of the longest cells."""

LEAST_SUSPECT = 1 << 29
"""Bytes up to which unpacking is never suspect: any machine holds them."""

MOST_EXPANSION_OF_GZIP = 200
"""Times its size that a gzip file may unpack to. Tables reach 10, one-hot columns 100; gzip itself ends at 1032."""

MOST_EXPANSION_OF_PARQUET = 1000
"""The same for Parquet, whose run lengths and dictionaries store a column of few categories in next to nothing."""

BATCH_BYTES = 1 << 26
"""Bytes of texts that are decoded at a time."""

MOST_BLOCK_BYTES = 1 << 30
"""Bytes of a block of rows, which is looked at whole: half of what one column of Arrow's texts can hold."""

BYTES_OF_CELL, BYTES_OF_ROW = 12, 8
"""Of a text file in memory, besides the text: where a cell ends and its number, and the line on which a row starts."""

SHARE_OF_MEMORY = 0.8
"""Of the memory that is free when reading begins: the rest is for what reading itself needs."""


def check_columns(n_columns: int, file: str) -> None:
    """Refuse a table of too many columns.

    Raises
    ------
    InputError

    Examples
    --------
    >>> check_columns(1_000_000, "data.csv")
    Traceback (most recent call last):
    pseudolabel.errors.InputError: data.csv has 1,000,000 columns; 100,000 is the most that can be read. ...
    """
    if n_columns > MOST_COLUMNS:
        raise InputError(
            f"{file} has {n_columns:,} columns; {MOST_COLUMNS:,} is the most that can be read. Keep the columns that "
            "are needed, or check that rows and columns are not swapped."
        )


def bounded_lines(text: Any, file: str) -> Iterator[str]:
    """Give the lines of a text file, and stop at one that is too long to be held.

    Raises
    ------
    InputError
    """
    number = 0
    while line := text.readline(LONGEST_LINE):
        number += 1
        if len(line) == LONGEST_LINE:
            raise InputError(
                f"{file}, line {number}: the line is longer than {LONGEST_LINE:,} characters, the most that can be "
                "read. Check that the file is a table of text, with a line for each row."
            )
        yield line


class Unpacking(RawIOBase):
    """The bytes of a gzip file, counted while they are unpacked.

    Parameters
    ----------
    unpacked : BinaryIO
        What gives the bytes.
    path : Path
        The file they are packed in.
    """

    def __init__(self, unpacked: BinaryIO, path: Path) -> None:
        self._unpacked, self._file, self._n_bytes = unpacked, path.name, 0
        self._most = max(LEAST_SUSPECT, MOST_EXPANSION_OF_GZIP * path.stat().st_size)

    def readable(self) -> bool:
        """Say that this is a stream to read from."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Unpack the next bytes; raises InputError once there are too many."""
        view = memoryview(buffer)
        data = self._unpacked.read(len(view))
        view[: len(data)] = data
        self._n_bytes += len(data)
        if self._n_bytes > self._most:
            raise _unpacks_to(self._file, self._n_bytes, MOST_EXPANSION_OF_GZIP, "unpack it first and give the .csv")
        return len(data)

    def close(self) -> None:
        """Close the file too."""
        self._unpacked.close()
        super().close()


def bounded_batches(batches: Iterable[pa.RecordBatch], path: Path, block_rows: int) -> Iterator[pa.RecordBatch]:
    """Give decoded rows of a Parquet file, and stop where they are too many bytes for its size or for one block.

    Parameters
    ----------
    batches : iterable of pyarrow.RecordBatch
    path : Path
        The file they come from.
    block_rows : int
        Rows that will be held together.

    Raises
    ------
    InputError
    """
    most, most_of_block = MOST_EXPANSION_OF_PARQUET * path.stat().st_size, min(MOST_BLOCK_BYTES, free_memory() // 4)
    total, block, n_rows, start = 0, 0, 0, 0
    for batch in batches:
        total, block, n_rows = total + batch.nbytes, block + batch.nbytes, n_rows + batch.num_rows
        if total > max(8 * LEAST_SUSPECT, most):
            raise _unpacks_to(
                path.name, total, MOST_EXPANSION_OF_PARQUET, "leave out the column of long, repeated texts"
            )
        if block > most_of_block:
            raise InputError(
                f"{path.name}: {n_rows - start:,} rows from row {start + 1:,} of those read hold more than "
                f"{_size(most_of_block)}, and {block_rows:,} are looked at together. Shorten or leave out the "
                "column of the longest texts."
            )
        if n_rows - start >= block_rows:
            block, start = 0, n_rows
        yield batch


def _unpacks_to(file: str, n_bytes: int, times: int, advice: str) -> InputError:
    return InputError(
        f"{file} unpacks to more than {_size(n_bytes)}, over {times} times its own size, as no usual table does and as "
        f"files do that are made to fill a memory. If it is what you mean to give, {advice}."
    )


def check_memory(blocks: Iterable[bytes], delimiter: bytes, file: str) -> None:
    """Refuse a text file whose cells would not fit into memory, before any of them is read.

    Parameters
    ----------
    blocks : iterable of bytes
        What is in the file.
    delimiter : bytes
        What stands between two cells.
    file : str
        The file's name.

    Raises
    ------
    ResourceError
    """
    free, needed = free_memory(), 0
    for block in blocks:
        n_rows = block.count(b"\n")
        needed += len(block) + BYTES_OF_CELL * (n_rows + block.count(delimiter)) + BYTES_OF_ROW * n_rows
        if needed > SHARE_OF_MEMORY * free:
            raise ResourceError(
                f"{file} does not fit into memory: its rows would take more than {_size(needed)}, and {_size(free)} "
                "are free. Write it as Parquet, which is read a part at a time, or give fewer rows or columns."
            )


def free_memory() -> int:
    """Give how many bytes this process may still take: of the machine, of its group of processes, by its own limit.

    Where the system does not tell, as elsewhere than on Linux, there is no limit but the address space.
    """
    told = [1 << 62]
    if sys.platform == "win32":
        return told[0]
    import resource

    most, _ = resource.getrlimit(resource.RLIMIT_AS)
    if most != resource.RLIM_INFINITY:
        told.append(most - _number_in("/proc/self/statm") * resource.getpagesize())
    available = _number_in("/proc/meminfo", "MemAvailable:")
    told += [available << 10] * bool(available)
    group = Path("/sys/fs/cgroup")
    most_of_group = _number_in(str(group / "memory.max"))
    if most_of_group:
        cached = _number_in(str(group / "memory.stat"), "inactive_file")
        told.append(most_of_group - _number_in(str(group / "memory.current")) + cached)
    return max(0, min(told))


def _number_in(path: str, after: str = "") -> int:
    """Give the first number of one of the system's files, or that which follows a word; 0 where there is none."""
    try:
        words = Path(path).read_text(encoding="utf-8").split()
        return int(words[words.index(after) + 1 if after else 0])
    except (OSError, ValueError, IndexError):
        return 0


def _size(n_bytes: int) -> str:
    return f"{n_bytes / (1 << 20):,.0f} MiB"
