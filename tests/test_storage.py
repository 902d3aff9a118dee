"""Files appear whole or not at all."""

import hashlib
import subprocess
import sys
from pathlib import Path

import pytest

from pseudolabel.storage import plain_json, sha256_of, write_whole


def below(folder: Path) -> dict[str, bytes]:
    """Give the content of every file, hidden ones too."""
    return {found.relative_to(folder).as_posix(): found.read_bytes() for found in folder.rglob("*") if found.is_file()}


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


WRITING = """
import sys, time
from pathlib import Path
from pseudolabel.storage import write_whole
def write(made):
    made.write_bytes(b"half")
    print("writing", flush=True)
    time.sleep(60)
write_whole(Path(sys.argv[1]), write)
"""


@pytest.fixture
def writer(tmp_path):
    """Another process, in the middle of writing a.txt."""
    with subprocess.Popen([sys.executable, "-c", WRITING, tmp_path / "a.txt"], stdout=subprocess.PIPE) as process:
        process.stdout.readline()
        yield process
        process.kill()


def test_what_a_killed_process_left_is_removed_by_the_next_who_writes_that_file(writer, tmp_path):
    writer.kill()
    writer.wait()
    (left,) = tmp_path.iterdir()
    write_whole(tmp_path / "b.txt", lambda made: made.write_bytes(b"other"))
    assert left.is_dir()

    write_whole(tmp_path / "a.txt", lambda made: made.write_bytes(b"new"))

    assert below(tmp_path) == {"a.txt": b"new", "b.txt": b"other"}
    assert not left.exists()


def test_what_another_process_is_writing_or_is_not_ours_is_left_alone(writer, tmp_path):
    (left,) = tmp_path.iterdir()
    own = tmp_path / ".a.txt.mine"
    own.mkdir()
    (own / "notes").write_bytes(b"of a user")

    write_whole(tmp_path / "a.txt", lambda made: made.write_bytes(b"new"))

    assert (left / "a.txt").read_bytes() == b"half"
    assert below(own) == {"notes": b"of a user"}
    assert below(tmp_path)["a.txt"] == b"new"


def test_the_temporary_file_is_beside_its_place_so_that_a_rename_suffices(tmp_path):
    places = []

    write_whole(tmp_path / "a.txt", lambda made: (places.append(made), made.touch()))

    assert places[0].parent.parent == tmp_path
    assert places[0].name == "a.txt"


def test_the_hash_of_a_file_is_that_of_its_bytes(tmp_path):
    (tmp_path / "a").write_bytes(b"abc")

    assert sha256_of(tmp_path / "a") == hashlib.sha256(b"abc").hexdigest()


def test_json_is_plain_text_in_the_order_given_and_refuses_what_is_no_json():
    assert plain_json({"b": "é", "a": [1]}) == '{\n  "b": "é",\n  "a": [\n    1\n  ]\n}\n'
    with pytest.raises(ValueError, match="not JSON compliant"):
        plain_json(float("nan"))
