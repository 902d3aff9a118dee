"""What a file asks for is limited before it is given: a small file cannot fill a memory, whatever it says of itself."""

import gzip
import os
import stat
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pseudolabel.data.rows import limits, open_rows
from pseudolabel.data.rows.limits import BATCH_BYTES, check_columns, check_memory, free_memory
from pseudolabel.errors import InputError, ResourceError

ADDRESS_SPACE = 2 << 30
"""What a bomb is read in: as much as the libraries need, and a little more."""


def read_confined(path: Path, at_most: int = 16_384) -> subprocess.CompletedProcess[str]:
    """Read all of a file in batches of `at_most` rows, in a process that may take no more than `ADDRESS_SPACE`."""
    program = f"""
        import resource
        resource.setrlimit(resource.RLIMIT_AS, ({ADDRESS_SPACE}, {ADDRESS_SPACE}))
        from pathlib import Path
        from pseudolabel.data.rows import open_rows
        from pseudolabel.errors import PseudolabelError
        try:
            for part in open_rows(Path({str(path)!r})).parts():
                for batch in part.batches(at_most={at_most}):
                    pass
        except (PseudolabelError, MemoryError) as error:
            print(type(error).__name__, error)
    """
    run = [sys.executable, "-c", textwrap.dedent(program)]
    return subprocess.run(run, capture_output=True, text=True, timeout=120)


def read_in_batches(path: Path) -> None:
    for part in open_rows(path).parts():
        for _ in part.batches(at_most=4096):
            pass


def repeated_texts(path: Path, text: str, n_rows: int) -> Path:
    """Write rows that all have the same text, which a Parquet file holds once."""
    codes = pa.array(np.zeros(n_rows, np.int32))
    table = pa.table({"x": np.arange(n_rows, dtype=np.float32), "note": pa.DictionaryArray.from_arrays(codes, [text])})
    pq.write_table(table, path, store_schema=False)
    return path


def test_a_dictionary_bomb_is_read_without_filling_the_memory(tmp_path):
    path = repeated_texts(tmp_path / "t.parquet", "q" * 4096, 1_000_000)
    assert path.stat().st_size < 10_000_000

    ended = read_confined(path)

    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")


def test_a_file_that_unpacks_to_thousands_of_times_its_size_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(limits, "LEAST_SUSPECT", 1 << 20)
    codes = pa.array(np.zeros(300_000, np.int32))
    table = pa.table({"note": pa.DictionaryArray.from_arrays(codes, ["q" * 4096])})
    pq.write_table(table, tmp_path / "t.parquet", store_schema=False)

    with pytest.raises(InputError, match=r"t\.parquet unpacks to more than .* over 1000 times its own size"):
        read_in_batches(tmp_path / "t.parquet")


def test_rows_too_long_to_be_looked_at_together_are_refused_before_they_are_all_decoded(tmp_path):
    path = repeated_texts(tmp_path / "t.parquet", "q" * 400_000, 100_000)

    ended = read_confined(path)

    assert ended.stderr == ""
    assert "InputError t.parquet" in ended.stdout
    assert "16,384 are looked at together" in ended.stdout


def test_want_of_memory_is_not_taken_for_damage(tmp_path):
    zeros = pa.table({"x": np.zeros(1 << 20, np.int64)})
    with pq.ParquetWriter(tmp_path / "t.parquet", zeros.schema) as writer:
        for _ in range(256):
            writer.write_table(zeros)

    ended = read_confined(tmp_path / "t.parquet", at_most=1 << 28)  # 2 GiB at once

    assert ended.stderr == ""
    assert ended.stdout.split()[0] in {"ArrowMemoryError", "InputError"}
    assert "damaged" not in ended.stdout


@pytest.mark.parametrize("nested", [False, True], ids=["plain", "nested"])
def test_long_texts_are_decoded_a_few_rows_at_a_time(tmp_path, monkeypatch, nested):
    monkeypatch.setattr(limits, "MOST_BLOCK_BYTES", 4 * BATCH_BYTES)
    texts = [f"{at % 3}" * 30_000 for at in range(9_000)]
    column = pa.array([{"a.b": text} for text in texts]) if nested else pa.array(texts)
    pq.write_table(pa.table({"a.b": column, "x": range(9_000)}), tmp_path / "t.parquet", row_group_size=3_000)
    (part,) = open_rows(tmp_path / "t.parquet").parts()

    batches = part.batches(["a.b"], at_most=6_000)

    assert [batch.num_rows for batch in batches] == [6_000, 3_000]


@pytest.mark.parametrize(
    ("row", "says"),
    [
        (b"0,0,\n", "does not fit into memory"),
        (b"0", "line 2: the line is longer than 134,217,728 characters"),
        (b",", "line 2: the line is longer than 134,217,728 characters"),
        (b"\0", "line 2: the line is longer than 134,217,728 characters"),
        (b'"0\n"\n', "does not fit into memory"),
    ],
)
def test_a_gzip_bomb_is_refused_in_time(tmp_path, row, says):
    block = gzip.compress(row * ((1 << 24) // len(row)), compresslevel=9)
    (tmp_path / "t.csv.gz").write_bytes(gzip.compress(b"id,x,label\n") + block * 128)  # 2 GiB

    ended = read_confined(tmp_path / "t.csv.gz")

    assert "Error t.csv.gz" in ended.stdout
    assert says in ended.stdout
    assert ended.stderr == ""


def test_a_gzip_file_that_unpacks_to_hundreds_of_times_its_size_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(limits, "LEAST_SUSPECT", 1 << 20)
    (tmp_path / "t.csv.gz").write_bytes(gzip.compress(b"x,label\n" + b"0,\n" * (1 << 22)))

    with pytest.raises(InputError, match=r"t\.csv\.gz unpacks to more than .* over 200 times its own size"):
        open_rows(tmp_path / "t.csv.gz")


def test_a_text_file_that_memory_cannot_hold_is_refused_before_it_is_read(tmp_path, monkeypatch):
    monkeypatch.setattr(limits, "free_memory", lambda: 1000)

    with pytest.raises(ResourceError, match=r"t\.csv does not fit into memory: .* Write it as Parquet"):
        check_memory([b"a,b\n" * 20] * 2, b",", "t.csv")
    check_memory([b"a,b\n" * 20], b",", "t.csv")


def test_free_memory_is_what_the_process_may_still_take():
    program = (
        "import resource; resource.setrlimit(resource.RLIMIT_AS, (3 << 30, 3 << 30));"
        "from pseudolabel.data.rows.limits import free_memory; print(free_memory())"
    )
    confined = int(subprocess.run([sys.executable, "-c", program], capture_output=True, text=True).stdout)

    assert 1 << 28 < confined < 3 << 30
    assert free_memory() > 0


def test_more_columns_than_can_be_looked_at_are_refused(tmp_path):
    (tmp_path / "t.csv").write_text(",".join(f"c{at}" for at in range(100_001)) + "\n")

    with pytest.raises(InputError, match=r"t\.csv has 100,001 columns; 100,000 is the most"):
        open_rows(tmp_path / "t.csv")
    check_columns(100_000, "t.csv")


def make_pipe(path: Path) -> None:
    os.mkfifo(path)


def make_link_to_device(path: Path) -> None:
    path.symlink_to("/dev/zero")


def make_loop(path: Path) -> None:
    path.symlink_to(path)


@pytest.mark.parametrize("suffix", [".csv", ".csv.gz", ".parquet"])
@pytest.mark.parametrize(
    ("make", "says"),
    [(make_pipe, "a device or a pipe"), (make_link_to_device, "a device or a pipe"), (make_loop, "Cannot read")],
)
def test_what_is_no_file_is_refused_and_not_waited_for(tmp_path, make, says, suffix):
    path = tmp_path / f"t{suffix}"
    make(path)

    with pytest.raises(InputError, match=says):
        open_rows(path)
    assert not stat.S_ISREG(path.lstat().st_mode)
