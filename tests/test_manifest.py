"""A file of a run is used only if it is as the run left it."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pseudolabel.errors import InputError
from pseudolabel.manifest import MANIFEST, MOST_JSON_BYTES, read_json, read_manifest, write_manifest

DEEP = "[" * 100_000


@pytest.fixture
def folder(tmp_path) -> Path:
    (tmp_path / "table").mkdir()
    for name in ("model", "table/a", "table/b"):
        (tmp_path / name).write_text(name)
    write_manifest(tmp_path)
    return tmp_path


def test_what_is_as_it_was_is_given(folder):
    manifest = read_manifest(folder)

    assert manifest.require("model") == folder / "model"
    assert manifest.require("table") == folder / "table"


@pytest.mark.parametrize(
    ("spoil", "name", "message"),
    [
        (lambda at: (at / "model").write_text("Model"), "model", "not as the run left it"),
        (lambda at: (at / "model").write_text("mod"), "model", "not as the run left it"),
        (lambda at: (at / "model").unlink(), "model", "is missing"),
        (lambda at: (at / "table" / "b").write_text("B"), "table", r"table/b' is not as the run left it"),
        (lambda at: (at / "table" / "b").unlink(), "table", r"table/b' is missing"),
        (lambda at: (at / "table" / "c").write_text("c"), "table", r"table/c' is not of this run"),
        (lambda at: None, "report", "is not a run with a 'report'"),
    ],
)
def test_what_was_changed_is_refused_by_name(folder, spoil, name, message):
    spoil(folder)

    with pytest.raises(InputError, match=message):
        read_manifest(folder).require(name)


@pytest.mark.parametrize(
    "content", ["", "{", DEEP, "[]", "7", "{}", '{"format": 1, "files": 7}', '{"format": 1, "files": {"a": 1}}', "\0"]
)
def test_what_is_no_manifest_is_refused(tmp_path, content):
    (tmp_path / MANIFEST).write_text(content)

    with pytest.raises(InputError, match=r"is not (the manifest of a run|JSON)"):
        read_manifest(tmp_path)


@given(st.binary(max_size=60))
def test_any_bytes_are_a_manifest_or_an_input_error(tmp_path_factory, content):
    folder = tmp_path_factory.mktemp("any")
    (folder / MANIFEST).write_bytes(content)

    with pytest.raises(InputError):
        read_manifest(folder)


def test_a_folder_without_a_manifest_is_no_run(tmp_path):
    with pytest.raises(InputError, match=f"is not a run: it holds no {MANIFEST}"):
        read_manifest(tmp_path)


def test_a_newer_format_is_left_alone(folder):
    content = json.loads((folder / MANIFEST).read_text())
    (folder / MANIFEST).write_text(json.dumps(content | {"format": 99}))

    with pytest.raises(InputError, match="made by a newer version"):
        read_manifest(folder)


@pytest.mark.parametrize("name", ["../secret", "/etc/hostname", "table/../../secret"])
def test_a_manifest_that_leads_out_of_the_folder_is_refused(folder, name):
    content = json.loads((folder / MANIFEST).read_text())
    content["files"][name] = {"bytes": 1, "sha256": "0"}
    (folder / MANIFEST).write_text(json.dumps(content))

    with pytest.raises(InputError, match="lies outside the run folder"):
        read_manifest(folder)


def test_json_too_large_to_be_ours_is_not_read(tmp_path):
    with (tmp_path / "a.json").open("wb") as file:
        file.truncate(MOST_JSON_BYTES + 1)

    with pytest.raises(InputError, match=r"more than the .* that are read"):
        read_json(tmp_path / "a.json")
