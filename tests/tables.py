"""Tables for tests of what is done part by part: more rows than take part in training, in a folder of several files."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

N_FILES, ROWS_OF_A_FILE, LABEL_EVERY = 3, 1_500, 30

LABEL, ID = "kind", "row"


def many_rows(n_rows: int = N_FILES * ROWS_OF_A_FILE, *, numbers: bool = False, seed: int = 0) -> pa.Table:
    """Give a table of which one row in thirty has a label: a class that shows in two of the columns, or a number."""
    random = np.random.default_rng(seed)
    kind = random.integers(0, 3, n_rows)
    columns = {f"x{at}": (random.normal(size=n_rows) + (at < 2) * kind * 2).astype(np.float32) for at in range(4)}
    truth = columns["x0"] * 2.5 + random.normal(size=n_rows) if numbers else np.array(["ash", "birch", "cedar"])[kind]
    hidden = np.arange(n_rows) % LABEL_EVERY != 0
    colour = np.array(["red", "green", "blue", None], dtype=object)[random.integers(0, 4, n_rows)]
    label = pa.array(truth, mask=hidden)
    return pa.table({ID: np.arange(n_rows), **columns, "colour": pa.array(colour, pa.string()), LABEL: label})


def write_folder(table: pa.Table, folder: Path, *, n_files: int = N_FILES, rows_of_a_group: int = 400) -> Path:
    """Write a table as a folder of Parquet files of the same number of rows."""
    folder.mkdir()
    rows = -(-table.num_rows // n_files)
    for number in range(n_files):
        part = table.slice(number * rows, rows)
        pq.write_table(part, folder / f"part-{number}.parquet", row_group_size=rows_of_a_group)
    return folder
