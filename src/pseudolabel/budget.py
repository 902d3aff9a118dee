"""Budget: how many workers fit into the memory that may be used.

Takes  a number of bytes, and the size of what a run holds.
Gives  the number of workers that score at a time.

Blocks of rows have the size they have, so that results do not depend on the budget: what gives way is how many of them
are in memory at once.

Before this: nothing. After this: run.py, cli.py.
"""

import re

from joblib import effective_n_jobs

from pseudolabel.data.rows.source import rows_of_batch
from pseudolabel.errors import ParameterError

BYTES_OF_A_CELL = 24
"""As read, as a number, and as a learner holds it while it is at work: measured some 10 to 20 bytes."""

BYTES_OF_IMPORTS, BYTES_OF_A_WORKER = 350 << 20, 64 << 20
"""Of a process with all libraries it needs; and of a worker, beside its block of rows: scores, and a model's own."""

UNITS = {"KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12, "KIB": 1 << 10, "MIB": 1 << 20, "GIB": 1 << 30}


def workers_within(memory: int | None, jobs: int, *, n_columns: int, n_taken: int, processes: bool = False) -> int:
    """Give how many workers score at a time.

    Parameters
    ----------
    memory : int or None
        Bytes to stay within; None is no limit.
    jobs : int
        The most workers, as in scikit-learn: -1 is one a processor.
    n_columns : int
        Columns that are learnt from.
    n_taken : int
        Rows that are learnt from; they stay in memory.
    processes : bool, default=False
        Whether each worker is a process of its own.

    Raises
    ------
    ParameterError
        If not even one worker fits.

    Examples
    --------
    >>> workers_within(2 * 10**9, 4, n_columns=30, n_taken=55_000)
    4
    """
    most = int(effective_n_jobs(jobs))
    if memory is None:
        return most
    of_a_worker = BYTES_OF_A_WORKER + rows_of_batch(n_columns) * n_columns * BYTES_OF_A_CELL
    fixed = BYTES_OF_IMPORTS + n_taken * n_columns * BYTES_OF_A_CELL
    of_a_worker += BYTES_OF_IMPORTS if processes else 0
    fitting = (memory - fixed) // of_a_worker
    if fitting < 1:
        raise ParameterError(
            f"--memory {memory / 1e6:,.0f}MB is too little: {n_taken:,} rows of {n_columns:,} columns to learn from "
            f"and one worker need about {(fixed + of_a_worker) / 1e6:,.0f}MB. Allow more, or lower --sample-rows."
        )
    return int(min(most, fitting))


def bytes_in(typed: str) -> int:
    """Read a size as people write it.

    Raises
    ------
    ParameterError
        If it is none.

    Examples
    --------
    >>> bytes_in("2GB"), bytes_in("512 MiB")
    (2000000000, 536870912)
    """
    found = re.fullmatch(r"\s*([0-9]+(?:\.[0-9]+)?)\s*([A-Za-z]+)\s*", typed)
    if not found or found[2].upper() not in UNITS:
        raise ParameterError(f"--memory {typed!r} is no size. Write it as 2GB or 500MB.")
    return int(float(found[1]) * UNITS[found[2].upper()])
