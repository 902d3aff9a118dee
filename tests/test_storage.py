"""Files and run folders appear whole or not at all, and nothing that is not ours is ever deleted."""

import hashlib
import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pseudolabel.errors import InputError
from pseudolabel.storage import MANIFEST, plain_json, run_folder, sha256_of, write_whole

NAMES = st.from_regex(r"[a-z]{1,8}(/[a-z]{1,8})?\.txt", fullmatch=True)
CONTENTS = st.dictionaries(NAMES, st.binary(max_size=20), min_size=1, max_size=4)


def below(folder: Path) -> dict[str, bytes]:
    """Give the content of every file, hidden ones too."""
    return {found.relative_to(folder).as_posix(): found.read_bytes() for found in folder.rglob("*") if found.is_file()}


def fill(folder: Path, contents: dict[str, bytes]) -> None:
    for name, content in contents.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)


def make_run(path: Path, contents: dict[str, bytes], *, overwrite: bool = False) -> None:
    with run_folder(path, overwrite=overwrite) as folder:
        fill(folder, contents)


@pytest.mark.parametrize("former", [None, b"old"])
def test_a_file_gets_its_name_when_it_is_complete(tmp_path, former):
    path = tmp_path / "a.txt"
    if former is not None:
        path.write_bytes(former)
    seen = []

    def write(made: Path) -> None:
        made.write_bytes(b"new")
        seen.append(path.read_bytes() if path.exists() else None)

    write_whole(path, write)

    assert below(tmp_path) == {"a.txt": b"new"}
    assert seen == [former]


@pytest.mark.parametrize("former", [None, b"old"])
@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt(), ValueError()])
def test_a_write_that_fails_leaves_the_former_file_and_nothing_else(tmp_path, former, error):
    path = tmp_path / "a.txt"
    if former is not None:
        path.write_bytes(former)
    before = below(tmp_path)

    def write(made: Path) -> None:
        made.write_bytes(b"ne")
        raise error

    with pytest.raises(type(error)):
        write_whole(path, write)

    assert below(tmp_path) == before
    assert len(list(tmp_path.iterdir())) == len(before)


def test_a_folder_can_be_written_whole_too(tmp_path):
    def write(made: Path) -> None:
        made.mkdir()
        (made / "part.txt").write_bytes(b"x")

    write_whole(tmp_path / "parts", write)

    assert below(tmp_path) == {"parts/part.txt": b"x"}


def test_the_temporary_file_is_beside_its_place_so_that_a_rename_suffices(tmp_path):
    places = []

    write_whole(tmp_path / "a.txt", lambda made: (places.append(made), made.touch()))

    assert places[0].parent.parent == tmp_path
    assert places[0].name == "a.txt"


@given(CONTENTS)
def test_a_run_holds_what_was_put_into_it_and_a_manifest_of_exactly_that(tmp_path_factory, contents):
    run = tmp_path_factory.mktemp("any") / "run"

    make_run(run, contents)
    found = below(run)
    manifest = json.loads(found.pop(MANIFEST))

    assert found == contents
    assert manifest["files"] == {
        name: {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        for name, content in contents.items()
    }
    assert [path.name for path in run.parent.iterdir()] == ["run"]


@given(CONTENTS, CONTENTS, CONTENTS)
def test_overwriting_leaves_the_new_files_and_the_foreign_ones(tmp_path_factory, first, second, foreign):
    run = tmp_path_factory.mktemp("any") / "run"
    foreign = {f"foreign-{name}": content for name, content in foreign.items()}

    make_run(run, first)
    fill(run, foreign)
    make_run(run, second, overwrite=True)
    found = below(run)

    assert set(json.loads(found.pop(MANIFEST))["files"]) == set(second)
    assert found == second | foreign


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt(), ValueError()])
@pytest.mark.parametrize("former", [{}, {"a.txt": b"old"}])
def test_a_run_that_fails_changes_nothing(tmp_path, error, former):
    if former:
        make_run(tmp_path / "run", former)
    before = below(tmp_path)

    def half() -> None:
        with run_folder(tmp_path / "run", overwrite=True) as folder:
            (folder / "a.txt").write_bytes(b"ne")
            raise error

    with pytest.raises(type(error)):
        half()

    assert below(tmp_path) == before
    assert {path.name for path in tmp_path.iterdir()} == ({"run"} if former else set())


def test_the_manifest_is_gone_while_files_are_replaced_and_comes_back_last(tmp_path, monkeypatch):
    make_run(tmp_path / "run", {"a.txt": b"1", "z.txt": b"1"})
    seen, replace = [], os.replace

    def watched(source: Path, target: Path) -> None:
        seen.append((Path(target).name, (tmp_path / "run" / MANIFEST).exists()))
        replace(source, target)

    monkeypatch.setattr("os.replace", watched)
    make_run(tmp_path / "run", {"a.txt": b"2", "z.txt": b"2"}, overwrite=True)

    assert sorted(seen[:2]) == [("a.txt", False), ("z.txt", False)]
    assert seen[2:] == [(MANIFEST, False)]


@pytest.mark.parametrize("overwrite", [False, True])
def test_an_empty_folder_may_become_a_run(tmp_path, overwrite):
    (tmp_path / "run").mkdir()

    make_run(tmp_path / "run", {"a.txt": b"1"}, overwrite=overwrite)

    assert set(below(tmp_path)) == {"run/a.txt", f"run/{MANIFEST}"}


def test_a_former_run_is_refused_without_overwrite(tmp_path):
    make_run(tmp_path / "run", {"a.txt": b"1"})

    with pytest.raises(InputError, match=r"already holds files\. .*--overwrite"):
        make_run(tmp_path / "run", {"a.txt": b"2"})


def test_a_folder_that_is_no_run_is_refused_even_with_overwrite(tmp_path):
    (tmp_path / "mine.txt").touch()

    with pytest.raises(InputError, match=r"holds files but no manifest\.json: it is not a former run"):
        make_run(tmp_path, {"a.txt": b"2"}, overwrite=True)


def test_a_file_is_no_folder(tmp_path):
    (tmp_path / "run").touch()

    with pytest.raises(InputError, match=r"is a file; --out needs a folder"):
        make_run(tmp_path / "run", {})


@pytest.mark.parametrize("content", ["", "[]", "7", '{"files": 7}', "{}"])
def test_a_manifest_of_something_else_is_refused(tmp_path, content):
    (tmp_path / MANIFEST).write_text(content, encoding="utf-8")

    with pytest.raises(InputError, match=r"manifest\.json' is not the manifest of a run"):
        make_run(tmp_path, {}, overwrite=True)


@pytest.mark.parametrize("name", ["../mine.txt", "/etc/hostname", "sub/../../mine.txt", ".", "..", "sub"])
def test_a_manifest_deletes_no_folder_and_nothing_outside(tmp_path, name):
    (tmp_path / "mine.txt").write_bytes(b"mine")
    make_run(tmp_path / "run", {"a.txt": b"1"})
    fill(tmp_path / "run", {"sub/mine.txt": b"mine"})
    (tmp_path / "run" / MANIFEST).write_text(plain_json({"files": {name: {}, "a.txt": {}}}), encoding="utf-8")

    make_run(tmp_path / "run", {"b.txt": b"2"}, overwrite=True)

    found = below(tmp_path)
    assert found.pop(f"run/{MANIFEST}")
    assert found == {"mine.txt": b"mine", "run/sub/mine.txt": b"mine", "run/b.txt": b"2"}


@pytest.mark.parametrize(("first", "second"), [("a", "a/b"), ("a/b", "a")])
def test_a_file_may_become_a_folder_and_a_folder_a_file(tmp_path, first, second):
    make_run(tmp_path / "run", {first: b"1"})

    make_run(tmp_path / "run", {second: b"2"}, overwrite=True)

    assert below(tmp_path / "run")[second] == b"2"


def test_the_hash_of_a_file_is_that_of_its_bytes(tmp_path):
    (tmp_path / "a").write_bytes(b"abc")

    assert sha256_of(tmp_path / "a") == hashlib.sha256(b"abc").hexdigest()


def test_json_is_plain_text_in_the_order_given_and_refuses_what_is_no_json():
    assert plain_json({"b": "é", "a": [1]}) == '{\n  "b": "é",\n  "a": [\n    1\n  ]\n}\n'
    with pytest.raises(ValueError, match="not JSON compliant"):
        plain_json(float("nan"))
