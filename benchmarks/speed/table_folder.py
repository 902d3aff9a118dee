"""Table folder: a table of any number of rows, as a folder of Parquet files.

Takes  a number of rows.
Gives  a folder: one file of labeled rows, and files of unlabeled rows; an identifier, 30 float32 columns, a label.

Files are written one at a time, so that memory does not grow with the table. Each is the same block of rows with a
little noise of its own, for `make_classification` cannot draw more rows of the same classes later. A larger
folder shares its first files with a smaller one (hard links), so the largest decides how much room all of them take:
128 bytes a row. Nothing is compressed, so that reading is as cheap as it gets.

Before this: problem.py. After this: folder_figures.py.
"""

import hashlib
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from problem import N_FEATURES, draw_rows

NOISE = 0.05
"""Standard deviation that makes the rows of one file differ from the next one's; a feature's own is about 2."""

LABELED_FILE = "labeled.parquet"
LABEL = "y"
ID = "id"
SCHEMA = pa.schema(
    [(ID, pa.int64()), *((f"f{number:02}", pa.float32()) for number in range(N_FEATURES)), (LABEL, pa.string())]
)


@dataclass(frozen=True)
class Shape:
    """What the files of a folder have in common.

    Attributes
    ----------
    n_labeled : int
        Rows of the labeled file.
    rows_of_file : int
        Rows of each other file.
    seed : int
    """

    n_labeled: int
    rows_of_file: int
    seed: int


def keep_folder(scratch: Path, n_rows: int, shape: Shape) -> Path:
    """Give a folder with so many unlabeled rows, in whole files; what is missing of it is made first."""
    stem = f"{shape.n_labeled}-{shape.rows_of_file}-seed{shape.seed}"
    parts, folder = scratch / f"parts-{stem}", scratch / f"table-{stem}-{n_rows}"
    if folder.exists():
        return folder
    n_files = max(1, round(n_rows / shape.rows_of_file))
    _keep_parts(parts, n_files, shape)
    growing = folder.with_suffix(".part")
    shutil.rmtree(growing, ignore_errors=True)
    growing.mkdir()
    os.link(parts / LABELED_FILE, growing / LABELED_FILE)
    for number in range(n_files):
        os.link(parts / _name(number), growing / _name(number))
    growing.rename(folder)
    return folder


def n_rows_of(folder: Path) -> int:
    """Count the unlabeled rows of a folder."""
    return sum(pq.read_metadata(path).num_rows for path in folder.iterdir() if path.name != LABELED_FILE)


def digest_of(path: Path) -> str:
    """Give the SHA-256 of the bytes of a file, or of all files of a folder in the order of their names."""
    digest = hashlib.sha256()
    for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
        if file.is_file():
            digest.update(file.name.encode())
            with file.open("rb") as opened:
                digest.update(hashlib.file_digest(opened, "sha256").digest())
    return digest.hexdigest()


def _keep_parts(parts: Path, n_files: int, shape: Shape) -> None:
    """Write the files that are not there yet."""
    parts.mkdir(parents=True, exist_ok=True)
    missing = [number for number in range(n_files) if not (parts / _name(number)).exists()]
    if not missing and (parts / LABELED_FILE).exists():
        return
    X, y = draw_rows(shape.n_labeled + shape.rows_of_file, shape.seed)
    _write(_table(X[: shape.n_labeled], first_id=0, codes=y[: shape.n_labeled]), parts / LABELED_FILE)
    X = X[shape.n_labeled :]
    for number in missing:
        noise = np.random.default_rng((shape.seed, number)).standard_normal(X.shape, dtype=np.float32)
        first_id = shape.n_labeled + number * shape.rows_of_file
        _write(_table(X + np.float32(NOISE) * noise, first_id), parts / _name(number))


def _write(table: pa.Table, path: Path) -> None:
    growing = path.with_suffix(".growing")
    pq.write_table(table, growing, compression="none", use_dictionary=False)
    growing.rename(path)


def _table(X: NDArray[np.float32], first_id: int, codes: NDArray[np.int64] | None = None) -> pa.Table:
    labels = [None] * len(X) if codes is None else [f"class {code}" for code in codes]
    columns = [np.arange(first_id, first_id + len(X)), *X.T, pa.array(labels, pa.string())]
    return pa.table([pa.array(column) for column in columns], schema=SCHEMA)


def _name(number: int) -> str:
    return f"part-{number:05}.parquet"
