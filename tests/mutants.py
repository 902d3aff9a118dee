"""Model files with something changed in them, and what becomes of each when it is asked: run as a program.

A change may be to bytes of the file, to a node of its schema, to the values or the length of an array, or to a number
in a text such as LightGBM's trees. What is loaded is asked about a table, as `pseudolabel predict` does it.

    python mutants.py FOLDER TABLE SEEDS

prints of each file `*.skops` in the folder and each seed from 0 the outcome: "refused", "predicted", or a traceback.
Each line opens with the file and the seed, before the file is loaded, so that a crash of the process can be told.
"""

import io
import json
import re
import sys
import traceback
import warnings
import zipfile
from pathlib import Path

import numpy as np

from pseudolabel import InputError
from pseudolabel.prediction import predict_file

SCHEMA = "schema.json"
NUMBERS = (-1, -2, 0, 1, 2, 3, 7, 255, 1 << 15, 1 << 31, (1 << 62) + 1, 1e300, -1e300, 0.5)
VALUES = (*NUMBERS, None, True, "", "x", "epsilon_svr", "precomputed", float("nan"), [], {})
NUMBER_IN_TEXT = re.compile(r"(?<=[= ])-?\d+")


def members_of(path):
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def write_members(path, members):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, content in members.items():
            archive.writestr(name, content)


def nodes_in(schema):
    """Give every dictionary in a schema."""
    left, found, seen = [schema], [], set()
    while left:
        value = left.pop()
        if id(value) in seen:
            continue
        seen.add(id(value))
        if isinstance(value, dict):
            found.append(value)
            left += value.values()
        elif isinstance(value, list):
            left += value
    return found


def with_one_of_each(value, first):
    """Give a schema in which an object that is written out several times is one: what is changed, is changed in all."""
    if isinstance(value, list):
        return [with_one_of_each(part, first) for part in value]
    if not isinstance(value, dict) or value.get("__loader__") in ("JsonNode", "TypeNode"):
        return value
    known = first.setdefault(value.get("__id__", id(value)), value)
    if known is value:
        for key in value:
            value[key] = with_one_of_each(value[key], first)
    return known


def pick(random, things):
    things = list(things)
    return things[random.integers(len(things))]


def with_changed_bytes(content, random):
    changed = bytearray(content)
    for _ in range(random.integers(1, 4)):
        if changed:
            changed[random.integers(len(changed))] = random.integers(256)
    return bytes(changed)


def with_changed_array(content, random):
    array = np.load(io.BytesIO(content)).copy()
    if array.size and random.random() < 0.8:
        field = array[pick(random, array.dtype.names)] if array.dtype.names else array
        at = random.integers(field.size, size=random.integers(1, 4))
        value = pick(random, NUMBERS)
        if field.dtype.kind in "iu":
            limits = np.iinfo(field.dtype)
            value = int(np.clip(value, float(limits.min), float(limits.max) / 2))
        with np.errstate(all="ignore"):
            field.flat[at] = value
    else:
        array = (
            array[: len(array) // 2] if array.ndim and random.random() < 0.5 else np.concatenate([array.ravel()] * 2)
        )
    stream = io.BytesIO()
    np.save(stream, array)
    return stream.getvalue()


def change_schema(schema, random):
    """Change one to three nodes."""
    for _ in range(random.integers(1, 4)):
        nodes = [node for node in nodes_in(schema) if node]
        scalars = [node for node in nodes if node.get("__loader__") == "JsonNode" and "content" in node]
        if scalars and random.random() < 0.6:
            node = pick(random, scalars)
            text = json.loads(node["content"]) if isinstance(node["content"], str) else ""
            if isinstance(text, str) and len(text) > 1000:
                at = pick(random, NUMBER_IN_TEXT.finditer(text))
                text = text[: at.start()] + str(pick(random, NUMBERS)) + text[at.end() :]
            else:
                text = pick(random, VALUES)
            # A number of its own: it may be shared with all that had the same value.
            node["content"], node["__id__"] = json.dumps(text), int(random.integers(1 << 40))
            continue
        node, other = pick(random, nodes), pick(random, nodes)
        key = pick(random, node)
        if random.random() < 0.3:
            del node[key]
        elif random.random() < 0.5 and key in other:
            node[key] = json.loads(json.dumps(other[key]))
        else:
            node[key] = json.loads(json.dumps(pick(random, [*VALUES, other])))


def mutant(path, made, seed):
    """Write a file with something changed."""
    random = np.random.default_rng(seed)
    kind = pick(random, ["file", "member", "array", "array", "schema", "schema"])
    if kind == "file":
        made.write_bytes(with_changed_bytes(path.read_bytes(), random))
        return
    members = members_of(path)
    arrays = [name for name in members if name.endswith(".npy")] + [
        name for name in members if name.endswith(".bin")
    ] * 10
    if kind == "schema" or not arrays:
        schema = with_one_of_each(json.loads(members[SCHEMA]), {})
        change_schema(schema, random)
        members[SCHEMA] = json.dumps(schema).encode()
    else:
        name = pick(random, members if kind == "member" else arrays)
        change = with_changed_array if kind == "array" and name.endswith(".npy") else with_changed_bytes
        members[name] = change(members[name], random)
    write_members(made, members)


def outcome(path, table):
    try:
        predict_file(path, table, path.with_suffix(".csv"), probabilities=False)
    except InputError as error:
        return f"refused: {' '.join(str(error).split())}"
    except Exception:
        return traceback.format_exc()
    return "predicted"


def main(folder, table, *seeds):
    warnings.simplefilter("ignore")
    made = Path(folder) / "mutant"
    made.mkdir(exist_ok=True)
    for path in sorted(Path(folder).glob("*.skops")):
        for seed in range(*map(int, seeds)):
            print(path.stem, seed, end=" ", flush=True)
            mutant(path, made / path.name, seed)
            print(outcome(made / path.name, Path(table)), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
