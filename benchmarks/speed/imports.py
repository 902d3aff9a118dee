"""Imports: what the libraries of a command weigh before any row is read.

    python imports.py remember NAMES.json fit FOLDER --label y --out RUN
    python imports.py repeat NAMES.json

Takes  words for `pseudolabel`.
Gives  the names of all modules it loaded; and, in another process, nothing but these modules, to be watched.

Before this: nothing. After this: folder_figures.py.
"""

import contextlib
import importlib
import json
import sys
import time
import warnings
from pathlib import Path

SECONDS_TO_BE_SEEN = 0.5


def remember(path: Path, words: list[str]) -> None:
    """Run the command line and note which modules there were at the end, in the order they were asked for."""
    from pseudolabel.cli import main

    try:
        main(words)
    except SystemExit as end:
        if end.code == 0:
            path.write_text(json.dumps([name for name in sys.modules if name != "__main__"]), encoding="utf-8")
        raise


def repeat(path: Path) -> None:
    """Import modules by name, and stay long enough to be seen."""
    warnings.simplefilter("ignore")
    for name in json.loads(path.read_text(encoding="utf-8")):
        with contextlib.suppress(Exception):  # a few exist only while their parents load
            importlib.import_module(name)
    time.sleep(SECONDS_TO_BE_SEEN)


if __name__ == "__main__":
    if sys.argv[1] == "remember":
        remember(Path(sys.argv[2]), sys.argv[3:])
    else:
        repeat(Path(sys.argv[2]))
