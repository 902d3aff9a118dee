"""Unfinished: what a run was to do, so that it can be gone on with.

Takes  a plan, and the inputs as they were read.
Gives  both written down in the run folder; and the plan back, for the same inputs only.

Before this: plan.py, run_folder.py, results/record.py. After this: run.py.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from pseudolabel.errors import InputError
from pseudolabel.plan import Plan
from pseudolabel.results.record import Record, record_of_versions
from pseudolabel.run_folder import PLAN, UNFINISHED
from pseudolabel.storage import plain_json, write_text

INPUTS = "inputs.json"

_PATHS = ("data", "out", "test", "table")
_SEVERAL_PATHS = ("unlabeled",)
_TUPLES = ("markers",)


def begin(kept: Path, plan: Plan) -> None:
    """Write down what a run is to do, before it does anything."""
    if not (kept / PLAN).is_file():
        write_text(kept / PLAN, plain_json(as_json(plan)))


def require_same(kept: Path, inputs: Sequence[Record]) -> None:
    """See that inputs and versions are what they were when the run was begun; write them down if it is only beginning.

    Parameters
    ----------
    kept : Path
        Where the run keeps what it has done.
    inputs : sequence of mapping
        The files that were read, as `record_of_inputs` gives them.

    Raises
    ------
    InputError
        If one is another.
    """
    path, now = kept / INPUTS, record_of_versions()
    if not path.is_file():
        write_text(path, plain_json({"inputs": list(inputs), "versions": now}))
        return
    run = str(kept.parent)
    try:
        begun = json.loads(path.read_text(encoding="utf-8"))
        was = {(given["role"], given["name"]): str(given["sha256"]) for given in begun["inputs"]}
        versions = dict(begun["versions"])
    except (ValueError, TypeError, KeyError) as error:
        raise InputError(f"{str(path)!r} is not what a run wrote ({error}). Begin the run anew.") from error
    for given in inputs:
        before = was.get((given["role"], given["name"]))
        if before != given["sha256"]:
            raise InputError(
                f"{given['name']} has changed since the run in {run!r} was begun: its SHA-256 was "
                f"{'not known' if before is None else before}, and is {given['sha256']}. Give it back as it was, or "
                "begin anew with --overwrite."
            )
    changed = [name for name, version in now.items() if versions.get(name) != version]
    if changed:
        raise InputError(
            f"The run in {run!r} was begun with other versions of {', '.join(changed)}. Go on with those, or begin "
            "anew with --overwrite."
        )


def read_unfinished(run: Path) -> Plan:
    """Read the plan of an unfinished run.

    Parameters
    ----------
    run : Path
        The run folder, where it is now.

    Raises
    ------
    InputError
        If there is none.
    """
    path = run / UNFINISHED / PLAN
    if not path.is_file():
        raise InputError(f"{str(run)!r} holds no unfinished run: there is nothing to go on with. Begin one with fit.")
    try:
        plan = from_json(json.loads(path.read_text(encoding="utf-8")))
    except (ValueError, TypeError, KeyError) as error:
        raise InputError(f"{str(path)!r} is not the plan of a run ({error}). Begin the run anew.") from error
    return replace(plan, out=run)


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
