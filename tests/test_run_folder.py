"""Run folders: results appear whole or not at all, whatever happens on the way, and nothing foreign is ever touched."""

import hashlib
import json
import os
import re
import signal
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pseudolabel.errors import BusyError, EngineError, InputError, ResourceError
from pseudolabel.lock import LOCK, one_writer
from pseudolabel.run_folder import MANIFEST, PLAN, UNFINISHED, run_folder, settle
from pseudolabel.storage import plain_json

NAMES = st.from_regex(r"[a-z]{1,8}(/[a-z]{1,8})?\.txt", fullmatch=True)
CONTENTS = st.dictionaries(NAMES, st.binary(max_size=20), min_size=1, max_size=4)


def below(folder: Path) -> dict[str, bytes]:
    """Give the content of every file, hidden ones too."""
    return {found.relative_to(folder).as_posix(): found.read_bytes() for found in folder.rglob("*") if found.is_file()}


def fill(folder: Path, contents: dict[str, bytes]) -> None:
    for name, content in contents.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)


def make_run(path: Path, contents: dict[str, bytes], *, planned: bool = False, **options: bool) -> None:
    """Make a run folder with these files; `planned`, it can be gone on with."""
    with run_folder(path, {name.partition("/")[0] for name in contents}, **options) as work:
        if planned:
            (work.kept / PLAN).write_text("{}")
        fill(work.made, contents)


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
        with run_folder(tmp_path / "run", ["a.txt"], overwrite=True) as work:
            (work.made / "a.txt").write_bytes(b"ne")
            raise error

    with pytest.raises(type(error)):
        half()

    assert below(tmp_path) == before
    assert {path.name for path in tmp_path.iterdir()} == ({"run"} if former else set())


def test_the_manifest_is_gone_while_files_are_replaced_and_comes_back_last(tmp_path, monkeypatch):
    make_run(tmp_path / "run", {"a.txt": b"1", "z.txt": b"1"})
    seen, replace = [], os.replace

    def watched(source: Path, target: Path) -> None:
        if Path(target).parent == tmp_path / "run":
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


@pytest.mark.parametrize("name", ["model.txt", "table/part-2.txt"])
def test_a_foreign_file_in_the_place_of_a_new_one_is_refused_before_any_work(tmp_path, name):
    run, contents = tmp_path / "run", {"model.txt": b"2", "table/part-1.txt": b"2"}
    make_run(run, {"table/part-1.txt": b"1"})
    fill(run, {name: b"mine"})
    before = below(run)

    with (
        pytest.raises(InputError, match=rf"{name}' is not of the former run.*Move it away"),
        run_folder(run, ["model.txt", "table"], overwrite=True) as work,
    ):
        fill(work.made, contents)

    assert below(run) == before


# Cut off ------------------------------------------------------------------------------------------------------------


STOPS = [
    (KeyboardInterrupt(), KeyboardInterrupt),
    (EngineError("The scheduler went away."), EngineError),
    (ResourceError("Cannot write."), ResourceError),
    (OSError(28, "No space left on device"), ResourceError),
    (MemoryError(), ResourceError),
]


@pytest.mark.parametrize(("stop", "shown"), STOPS, ids=lambda value: getattr(value, "__name__", None))
@pytest.mark.parametrize("former", [{}, {"a.txt": b"1"}])
def test_a_run_that_is_cut_off_is_kept_beside_the_former_one_and_says_how_to_go_on(tmp_path, stop, shown, former):
    run = tmp_path / "run"
    if former:
        make_run(run, former)
    before = below(run) if former else {}

    def cut_off() -> None:
        with run_folder(run, ["a.txt"], overwrite=True) as work:
            fill(work.kept, {PLAN: b"{}", "score.txt": b"7"})
            raise stop

    with pytest.raises(shown, match=f"What is done is kept. Go on with: pseudolabel resume {re.escape(str(run))}"):
        cut_off()

    kept = {f"{UNFINISHED}/{PLAN}": b"{}", f"{UNFINISHED}/score.txt": b"7"}
    assert below(run) == before | kept
    assert not settle(run)
    with pytest.raises(InputError, match="holds an unfinished run"):
        make_run(run, {"a.txt": b"2"})
    with run_folder(run, ["a.txt"], resumed=True) as work:
        assert (work.kept / "score.txt").read_bytes() == b"7"
        fill(work.made, {"a.txt": b"2"})
    assert set(below(run)) == {"a.txt", MANIFEST}
    assert settle(run)


def test_what_is_refused_is_not_kept_but_where_it_was_gone_on_with(tmp_path):
    def refused(*, resumed: bool) -> None:
        with run_folder(tmp_path / "run", ["a.txt"], resumed=resumed) as work:
            fill(work.kept, {PLAN: b"{}"})
            raise InputError("The label column holds no label.")

    with pytest.raises(InputError):
        refused(resumed=False)
    assert list(tmp_path.iterdir()) == []

    fill(tmp_path / "run", {f"{UNFINISHED}/{PLAN}": b"{}"})
    with pytest.raises(InputError):
        refused(resumed=True)
    assert (tmp_path / "run" / UNFINISHED / PLAN).is_file()


def test_an_unfinished_run_is_thrown_away_only_if_that_is_asked_for(tmp_path):
    fill(tmp_path / "run", {f"{UNFINISHED}/{PLAN}": b"{}", f"{UNFINISHED}/score.txt": b"7", "mine.txt": b"mine"})

    make_run(tmp_path / "run", {"a.txt": b"1"}, overwrite=True)

    assert set(below(tmp_path / "run")) == {"a.txt", MANIFEST, "mine.txt"}


FORMER = {"a.txt": b"1", "old/b.txt": b"1"}
NEW = {"a.txt": b"2", "new/c.txt": b"2", "z.txt": b"2"}


def run_until(path: Path, step: int) -> bool:
    """Make a run over a former one in a process that dies at the given change of the disk; say whether it did."""
    child = os.fork()
    if child:
        _, status = os.waitpid(child, 0)
        return os.waitstatus_to_exitcode(status) == 9
    left = [step]

    def dying(change):
        def change_or_die(*given, **options):
            left[0] -= 1
            if left[0] < 0:
                os._exit(9)
            return change(*given, **options)

        return change_or_die

    for name in ("replace", "unlink", "rmdir", "fsync", "mkdir"):
        setattr(os, name, dying(getattr(os, name)))
    try:
        make_run(path, NEW, overwrite=True, planned=True)
    except BaseException:
        os._exit(1)
    os._exit(0)


def test_a_run_that_dies_at_any_change_of_the_disk_leaves_the_former_one_or_becomes_the_new_one(tmp_path):
    step, outcomes = 0, set()
    while True:
        run = tmp_path / f"run-{step}"
        make_run(run, FORMER)
        fill(run, {"mine.txt": b"mine"})
        before = below(run)
        died = run_until(run, step)

        is_new = settle(run) and (run / "a.txt").read_bytes() == b"2"
        found = {name: content for name, content in below(run).items() if name not in (LOCK,)}
        if is_new:
            manifest = json.loads(found.pop(MANIFEST))
            assert found == NEW | {"mine.txt": b"mine"}
            assert set(manifest["files"]) == set(NEW)
        else:
            assert {name: content for name, content in found.items() if not name.startswith(UNFINISHED)} == before
            make_run(run, NEW, overwrite=True)
            assert set(below(run)) == {*NEW, "mine.txt", MANIFEST}
        outcomes.add(is_new)
        if not died:
            break
        step += 1

    assert step > 20
    assert outcomes == {False, True}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interrupt_while_files_are_put_in_place_takes_effect_when_they_are(tmp_path, monkeypatch, number):
    replace = os.replace

    def interrupted(source: Path, target: Path) -> None:
        if Path(target) == tmp_path / "run" / "a.txt":
            os.kill(os.getpid(), number)
        replace(source, target)

    monkeypatch.setattr("os.replace", interrupted)

    with pytest.raises(KeyboardInterrupt, match="is complete"):
        make_run(tmp_path / "run", NEW, planned=True)

    assert set(below(tmp_path / "run")) == {*NEW, MANIFEST}


# One writer ---------------------------------------------------------------------------------------------------------


def test_a_second_writer_is_told_who_is_first_and_the_first_is_unharmed(tmp_path):
    with run_folder(tmp_path / "run", ["a.txt"]) as work:
        fill(work.kept, {PLAN: b"{}"})
        fill(work.made, {"a.txt": b"1"})
        for options in ({}, {"overwrite": True}, {"resumed": True}):
            with pytest.raises(BusyError, match=rf"is being written by another .*process {os.getpid()} on '.*', since"):
                make_run(tmp_path / "run", {"a.txt": b"2"}, **options)

    assert below(tmp_path / "run")["a.txt"] == b"1"
    assert set(below(tmp_path / "run")) == {"a.txt", MANIFEST}


def test_of_many_writers_at_once_one_writes_at_a_time(tmp_path):
    inside, most, busy = [], [], []

    def write() -> None:
        for _ in range(30):
            try:
                with one_writer(tmp_path):
                    inside.append(1)
                    most.append(len(inside))
                    inside.pop()
            except BusyError:
                busy.append(1)

    threads = [threading.Thread(target=write) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert set(most) == {1}
    assert len(most) + len(busy) == 240
    assert list(tmp_path.iterdir()) == []


def test_the_lock_of_a_killed_writer_is_free(tmp_path):
    child = os.fork()
    if not child:
        with one_writer(tmp_path):
            os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(child, 0)
    assert (tmp_path / LOCK).exists()

    with one_writer(tmp_path):
        pass

    assert list(tmp_path.iterdir()) == []
