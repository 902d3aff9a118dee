"""Finished runs that several tests look at and none changes."""

import fcntl
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from journeys.steps import ADULT, beads, fit, run_script, write

# Tests that run side by side share the cores: no threads to compare in of their own. What a run gives does not depend
# on it, and the tests that show this, or that interrupt workers, say how many there shall be.
if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.setdefault("LOKY_MAX_CPU_COUNT", "1")


@pytest.fixture(scope="session")
def once(tmp_path_factory) -> Callable[[str, Callable[[Path], object]], Path]:
    """Give a function that makes a named folder the first time it is asked for, in whichever worker that is."""
    root = tmp_path_factory.getbasetemp()
    shared = root.parent if "PYTEST_XDIST_WORKER" in os.environ else root

    def made(name: str, make: Callable[[Path], object]) -> Path:
        folder, done = shared / name, shared / f"{name}.done"
        with (shared / f"{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not done.exists():
                folder.mkdir()
                make(folder)
                done.touch()
        return folder

    return made


@pytest.fixture(scope="session")
def bead_run(once) -> Callable[[str], tuple[Path, Path]]:
    """Give a function from the form of a table to the table's path and a finished run on it."""

    def of_form(form: str) -> tuple[Path, Path]:
        def make(folder: Path) -> None:
            fit(write(beads(), folder, form), folder / "run", "--id", "code", "--probabilities")

        folder = once(f"beads-{form}", make)
        (data,) = (found for found in folder.iterdir() if found.name != "run")
        return data, folder / "run"

    return of_form


@pytest.fixture(scope="session")
def adult_run(once) -> Path:
    """Give a folder with `run`, the main job on real data with all defaults, and `stdout` and `stderr` of it."""

    def make(folder: Path) -> None:
        answer = run_script("fit", ADULT, "--label", "income", "--id", "person", "--out", folder / "run", "--json")
        assert answer.code == 0, answer.err
        (folder / "stdout").write_text(answer.out, encoding="utf-8")
        (folder / "stderr").write_text(answer.err, encoding="utf-8")

    return once("adult", make)
