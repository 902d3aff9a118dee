"""Steps of a journey: a table on disk, a command typed, and a look at what it left."""

import hashlib
import io
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from pseudolabel.cli import main

SCRIPT = Path(sys.executable).with_name("pseudolabel")
"""The command as it was installed."""

ADULT = Path(__file__).parents[1] / "data" / "tables" / "adult_300.csv"

QUICK = ("--estimator", "logistic", "--method", "one-shot")
"""Options of a fit that takes half a second, where nothing depends on who learns."""

FORMS = ("csv", "csv.gz", "tsv", "parquet", "folder")
"""The forms a table comes in."""


@dataclass(frozen=True)
class Answer:
    """What a command said, and the code it ended with."""

    code: int
    out: str
    err: str


def type_in(*arguments: object) -> Answer:
    """Run a command in this process, its stdout and stderr apart and neither a terminal."""
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        try:
            main([str(argument) for argument in arguments])
        except SystemExit as end:
            return Answer(int(end.code or 0), out.getvalue(), err.getvalue())
    raise AssertionError("main must always exit")


def run_script(*arguments: object, **options: object) -> Answer:
    """Run the installed command in a process of its own."""
    typed = [str(SCRIPT), *map(str, arguments)]
    done = subprocess.run(typed, capture_output=True, text=True, check=False, **options)
    return Answer(done.returncode, done.stdout, done.stderr)


def fit(data: Path, out: Path, *options: object, label: str = "kind") -> Answer:
    """Fit quickly, and insist that it worked."""
    answer = type_in("fit", data, "--label", label, "--out", out, *QUICK, *options)
    assert answer.code == 0, answer.err
    return answer


def beads(n_rows: int = 57, every: int = 3) -> pd.DataFrame:
    """Give a small mixed table that is easy to learn; one row in `every` (odd) has a label, too few for a comparison.

    Everything is text, as in a CSV file: codes with leading zeros, '1.50', and the words NA and None.
    """
    rows = []
    for row in range(n_rows):
        small = row % 2 == 0
        rows.append(
            {
                "code": f"{row:04d}",
                "size": "" if row % 11 == 3 else f"{(2 if small else 6) + (row % 10) / 10:.2f}",
                "colour": ("NA", "None", "red")[row % 3] if small else ("blue", "red")[row % 2],
                "remark": f"a {'tiny' if small else 'large'} bead, {'chipped' if row % 7 == 0 else 'whole'}",
                "kind": ("pearl" if small else "marble") if row % every == 0 else "",
            }
        )
    return pd.DataFrame(rows)


def write(frame: pd.DataFrame, folder: Path, form: str = "csv", name: str = "beads") -> Path:
    """Write a table of texts in one of `FORMS`; Parquet with types and nulls, and a folder as two files."""
    if form in ("parquet", "folder"):
        return _write_parquet(typed(frame), folder / (name if form == "folder" else f"{name}.parquet"))
    path = folder / f"{name}.{form}"
    frame.to_csv(path, index=False, sep="\t" if form == "tsv" else ",", lineterminator="\n")
    return path


def typed(frame: pd.DataFrame) -> pa.Table:
    """Give a table of texts as Arrow: empty cells null, `size` a float."""
    table = pa.table({name: pa.array([cell or None for cell in frame[name]], pa.string()) for name in frame})
    if "size" not in frame:
        return table
    return table.set_column(table.column_names.index("size"), "size", table["size"].cast(pa.float64()))


def _write_parquet(table: pa.Table, path: Path) -> Path:
    if path.suffix:
        pq.write_table(table, path)
    else:
        path.mkdir()
        half = table.num_rows // 3
        pq.write_table(table.slice(0, half), path / "part-0.parquet")
        pq.write_table(table.slice(half), path / "part-1.parquet")
    return path


def labeled(run: Path) -> pa.Table:
    """Read the labeled table of a run; a folder in the order of its parts."""
    path = run / "labeled.parquet"
    files = sorted(path.iterdir()) if path.is_dir() else [path]
    return pa.concat_tables([pq.ParquetFile(file).read() for file in files])


def hashes(path: Path) -> dict[str, str]:
    """Give the SHA-256 of a file, or of every file below a folder."""
    files = [path] if path.is_file() else [found for found in path.rglob("*") if found.is_file()]
    return {
        str(found.relative_to(path.parent)): hashlib.sha256(found.read_bytes()).hexdigest() for found in sorted(files)
    }


def everything_below(folder: Path) -> dict[str, bytes | None]:
    """Give all files with their content, and all folders, hidden ones too."""
    return {
        str(found.relative_to(folder)): found.read_bytes() if found.is_file() else None for found in folder.rglob("*")
    }
