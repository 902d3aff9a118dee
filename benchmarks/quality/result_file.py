"""Results: one CSV line for every table, budget, seed and method, written as soon as it is known.

Takes  lines, from several processes at once.
Gives  the file; the lines it holds already; and what is still to do.

A run that was interrupted goes on where it stopped: a last line without its end is cut off, and what has a line is not
measured again. A method that failed has a line too, with the error in place of the numbers.

Before this: methods.py. After this: measurement.py.
"""

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

KEY = ("table", "budget", "cap", "seed", "method")
SIZES = ("labeled", "unlabeled", "test")
LONGEST_ERROR = 200
"""Characters of an error that are kept: its name and the beginning of what it says."""


def fields_of(scores: Sequence[str]) -> tuple[str, ...]:
    """Give the columns of a file with these scores."""
    return (*KEY, *SIZES, *scores, "seconds", "error")


def open_results(path: Path, fields: Sequence[str]) -> pd.DataFrame:
    """Make the file if there is none, repair it if it was cut short, and give what it holds.

    Raises
    ------
    SystemExit
        If the file has other columns: it belongs to another benchmark.
    """
    header = ",".join(fields) + "\n"
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    whole = text[: text.rfind("\n") + 1] or header
    if not whole.startswith(header):
        raise SystemExit(f"{path} has other columns than this benchmark writes. Choose another --out.")
    if whole != text:  # new, or cut short
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(whole, encoding="utf-8")
    return read_results(path)


def read_results(path: Path) -> pd.DataFrame:
    """Read a file; of two lines about the same thing the later one counts, and a last line cut short does not.

    Raises
    ------
    SystemExit
        If there is no such file, or it mixes runs with different caps.
    """
    if not path.exists():
        raise SystemExit(f"There is no file {str(path)!r}.")
    text = path.read_text(encoding="utf-8")
    lines = list(csv.DictReader(text[: text.rfind("\n") + 1].splitlines()))
    columns = text.partition("\n")[0].split(",")
    results = pd.DataFrame(lines, columns=columns).drop_duplicates(list(KEY), keep="last")
    numbers = [name for name in columns if name not in ("table", "budget", "method", "error")]
    results[numbers] = results[numbers].apply(pd.to_numeric)
    if results["cap"].nunique() > 1:
        raise SystemExit(f"{path} mixes runs with different caps. Give each cap a file of its own.")
    return results.reset_index(drop=True)


def append_line(path: Path, fields: Sequence[str], line: Mapping[str, Any]) -> None:
    """Add a line at the end, in one piece, so that lines of processes side by side never mix."""
    cells = [_cell(line.get(name)) for name in fields]
    with path.open("a", newline="", encoding="utf-8") as file:
        file.write(_as_csv(cells))


def error_cell(error: BaseException) -> str:
    """Give the name of an error and the beginning of its message, on one line."""
    return " ".join(f"{type(error).__name__}: {error}".split())[:LONGEST_ERROR]


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _as_csv(cells: Sequence[str]) -> str:
    quoted = ['"' + cell.replace('"', '""') + '"' if set(cell) & set(',"') else cell for cell in cells]
    return ",".join(quoted) + "\n"
