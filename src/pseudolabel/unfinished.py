"""Unfinished: what a run has done so far, kept where the machines that do the rest may go away.

Takes  a plan, and the inputs as they were read.
Gives  a folder for scores. It is gone when the run is done; if the machines went away it stays in the run folder,
       with the plan, and `resume` goes on from there.

Before this: plan.py, results/record.py. After this: run.py.
"""

import json
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from pseudolabel.errors import EngineError, InputError
from pseudolabel.plan import Plan
from pseudolabel.results.record import Record, record_of_versions
from pseudolabel.storage import UNFINISHED, plain_json, write_whole

PLAN = "plan.json"

_PATHS = ("data", "out", "test", "table")
_SEVERAL_PATHS = ("unlabeled",)
_TUPLES = ("markers",)


@contextmanager
def work_folder(plan: Plan, inputs: Sequence[Record], *, lasting: bool) -> Iterator[Path]:
    """Give a folder for scores.

    Parameters
    ----------
    plan : Plan
    inputs : sequence of mapping
        The files that were read, as `record_of_inputs` gives them.
    lasting : bool
        Whether it outlives an `EngineError`; and whether one that is there already is gone on with.

    Raises
    ------
    InputError
        If an input or a version is another than when the run was begun.
    EngineError
        As it came, with what to do now.
    """
    if not lasting:
        with tempfile.TemporaryDirectory(prefix=f".{plan.out.name}.", dir=plan.out.parent) as passing:
            yield Path(passing)
        return
    existed, folder = plan.out.exists(), plan.out / UNFINISHED
    begun = {"plan": as_json(plan), "inputs": list(inputs), "versions": record_of_versions()}
    if (folder / PLAN).exists():
        _require_same(json.loads((folder / PLAN).read_text(encoding="utf-8")), begun, str(plan.out))
    else:
        folder.mkdir(parents=True)
        write_whole(folder / PLAN, lambda made: _write_text(made, plain_json(begun)))
    try:
        yield folder
    except EngineError as error:
        n_done = len(list(folder.glob("[0-9]*.parquet")))
        raise EngineError(
            f"{error} {n_done} parts of the work are done and kept in {str(plan.out)!r}. Go on with: pseudolabel "
            f"resume {plan.out}"
        ) from error
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        if not existed:
            plan.out.rmdir()
        raise
    shutil.rmtree(folder)
    if not existed:
        plan.out.rmdir()


def read_unfinished(run: Path, *, engine: str | None = None) -> Plan:
    """Read the plan of an unfinished run.

    Parameters
    ----------
    run : Path
        The run folder.
    engine : str, optional
        Where to go on; by default where it was begun.

    Raises
    ------
    InputError
        If there is none.
    """
    path = run / UNFINISHED / PLAN
    if not path.is_file():
        raise InputError(f"{str(run)!r} holds no unfinished run: there is nothing to go on with.")
    try:
        plan = from_json(json.loads(path.read_text(encoding="utf-8"))["plan"])
    except (ValueError, TypeError, KeyError) as error:
        raise InputError(f"{str(path)!r} is not the plan of a run ({error}). Begin the run anew.") from error
    moved = replace(plan, out=run)
    return moved if engine is None else replace(moved, engine=engine)


def as_json(plan: Plan) -> dict[str, Any]:
    """Give a plan as plain data, with paths that mean the same from any folder."""
    plain = asdict(plan)
    for name in _PATHS:
        plain[name] = None if plain[name] is None else str(plain[name].absolute())
    for name in _SEVERAL_PATHS:
        plain[name] = [str(path.absolute()) for path in plain[name]]
    return plain | {name: list(plain[name]) for name in _TUPLES}


def from_json(plain: dict[str, Any]) -> Plan:
    """Give the plan that `as_json` was given.

    Examples
    --------
    >>> plan = Plan(Path("/rows.csv"), "kind", Path("/run"), markers=("?",))
    >>> from_json(as_json(plan)) == plan
    True
    """
    paths = {name: None if plain[name] is None else Path(plain[name]) for name in _PATHS}
    several = {name: tuple(Path(path) for path in plain[name]) for name in _SEVERAL_PATHS}
    return Plan(**{**plain, **paths, **several, **{name: tuple(plain[name]) for name in _TUPLES}})


def _write_text(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")


def _require_same(begun: dict[str, Any], now: dict[str, Any], run: str) -> None:
    """Refuse to go on with scores of other rows, or of another model."""
    was = {(given["role"], given["name"]): given["sha256"] for given in begun["inputs"]}
    for given in now["inputs"]:
        if was.get((given["role"], given["name"])) != given["sha256"]:
            raise InputError(
                f"{given['name']} has changed since the run in {run!r} was begun. Give it back as it was, or begin "
                "anew with --overwrite."
            )
    changed = [name for name, version in now["versions"].items() if begun["versions"].get(name) != version]
    if changed:
        raise InputError(
            f"The run in {run!r} was begun with other versions of {', '.join(changed)}. Go on with those, or begin "
            "anew with --overwrite."
        )
