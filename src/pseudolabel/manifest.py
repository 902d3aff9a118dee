"""Manifest: the size and SHA-256 of every file of a run folder.

Takes  a folder.
Gives  its manifest, to be written last; and later every file that is as it was, or the name of one that is not.

This finds files that were cut short, exchanged or edited. It is no signature: whoever can change a file can change the
manifest too, so what the files say is looked at by those who read them.

Before this: storage.py. After this: run_folder.py, results/record.py, prediction.py, published.py.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pseudolabel.errors import InputError
from pseudolabel.storage import files_below, plain_json, sha256_of

MANIFEST = "manifest.json"
FORMAT = 1

MOST_JSON_BYTES = 1 << 28
"""Of a JSON file that is read: a record of thousands of columns has some megabytes."""


@dataclass(frozen=True)
class Manifest:
    """What the files of a folder were when they were written.

    Attributes
    ----------
    folder : Path
    files : mapping
        Of each file, by its path from the folder, size in bytes and SHA-256.
    """

    folder: Path
    files: Mapping[str, tuple[int, str]]

    def require(self, name: str) -> Path:
        """Give the path of a file or folder of the run, if all of it is as it was.

        Raises
        ------
        InputError
            If it is missing, or another.
        """
        named = [file for file in self.files if file == name or file.startswith(f"{name}/")]
        path = self.folder / name
        there = [name] if path.is_file() else [f"{name}/{file}" for file in files_below(path)]
        if not named:
            raise InputError(f"{str(self.folder)!r} is not a run with a {name!r}: its {MANIFEST} names none.")
        for file in sorted({*named, *there}):
            self._require_file(file)
        return path

    def _require_file(self, name: str) -> None:
        path = self.folder / name
        if name not in self.files:
            raise InputError(f"{str(path)!r} is not of this run: its {MANIFEST} does not name it. Move it away.")
        if not path.is_file():
            raise InputError(f"{str(path)!r} is missing. Copy the run folder whole, or run it anew.")
        n_bytes, sha256 = self.files[name]
        if path.stat().st_size != n_bytes or sha256_of(path) != sha256:
            raise InputError(
                f"{str(path)!r} is not as the run left it: its size or SHA-256 is another than {MANIFEST} says. Copy "
                "the run folder again, or run it anew."
            )


def manifest_of(folder: Path) -> dict[str, Any]:
    """Give the manifest of a folder as plain data: every file below with its size and SHA-256."""
    files = {
        name: {"bytes": (folder / name).stat().st_size, "sha256": sha256_of(folder / name)}
        for name in files_below(folder)
    }
    return {"format": FORMAT, "files": files}


def write_manifest(folder: Path) -> None:
    """Write the manifest of all files below a folder."""
    (folder / MANIFEST).unlink(missing_ok=True)
    (folder / MANIFEST).write_text(plain_json(manifest_of(folder)), encoding="utf-8")


def read_manifest(folder: Path) -> Manifest:
    """Read the manifest of a run folder.

    Raises
    ------
    InputError
        If there is none, or it is no manifest.
    """
    path = folder / MANIFEST
    if not path.is_file():
        raise InputError(
            f"{str(folder)!r} is not a run: it holds no {MANIFEST}. Give the --out folder of a finished fit."
        )
    content = read_json(path)
    try:
        if int(content["format"]) > FORMAT:
            raise InputError(f"{str(path)!r} was made by a newer version of pseudolabel. Update this one.")
        files = {str(name): (int(of["bytes"]), str(of["sha256"])) for name, of in dict(content["files"]).items()}
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{str(path)!r} is not the manifest of a run. Copy the run folder again.") from error
    for name in files:
        if not (folder / name).resolve().is_relative_to(folder.resolve()):
            raise InputError(f"{str(path)!r} names {name!r}, which lies outside the run folder. Do not trust this run.")
    return Manifest(folder, files)


def read_json(path: Path) -> Any:
    """Read a JSON file that may be damaged or made to do harm.

    Raises
    ------
    InputError
        If it is too large, nested too deeply, or no JSON.
    """
    n_bytes = path.stat().st_size
    if n_bytes > MOST_JSON_BYTES:
        raise InputError(
            f"{str(path)!r} has {n_bytes:,} bytes, more than the {MOST_JSON_BYTES:,} that are read. It is not ours."
        )
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise InputError(f"{str(path)!r} is not JSON that a run wrote ({str(error)[:80]}). Copy it again.") from error
