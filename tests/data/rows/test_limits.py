"""What is too much is refused before there is memory for it."""

import gzip
import os
import threading

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pseudolabel.data.rows import limits, open_rows
from pseudolabel.data.rows.source import whole
from pseudolabel.errors import InputError


@pytest.fixture
def little_memory(monkeypatch):
    """Let there be memory for a megabyte in one piece."""
    monkeypatch.setattr(limits, "LEAST_BYTES", 1 << 20)
    monkeypatch.setattr(limits, "_bytes_free", lambda: 6 << 20)


@pytest.mark.parametrize("name", ["rows.csv", "rows.csv.gz", "rows.tsv.gz"])
@pytest.mark.parametrize("content", [b"x,y\n" + b"1,2\n" * 300_000, b"x,y\n" + b"a" * 1_200_000])
def test_text_that_unpacks_to_more_than_there_is_memory_for_is_not_read_on(tmp_path, little_memory, name, content):
    path = tmp_path / name
    path.write_bytes(gzip.compress(content) if name.endswith(".gz") else content)

    with pytest.raises(InputError, match=r"rows\..* holds more than 1,048,576 bytes of text.*Parquet"):
        open_rows(path)


def test_a_file_that_unpacks_to_much_more_than_it_has_is_not_read_on(tmp_path):
    with gzip.open(tmp_path / "rows.csv.gz", "wb") as file:
        file.write(b"x,label\n")
        for _ in range(40):
            file.write(b"1,\n" * (1 << 20))

    with pytest.raises(InputError, match=r"unpacks to more than 200 times its size"):
        open_rows(tmp_path / "rows.csv.gz")


def test_bytes_that_are_no_text_are_not_unpacked_further_to_say_so(tmp_path, little_memory):
    (tmp_path / "rows.csv.gz").write_bytes(gzip.compress(b"x\n\xff" + bytes(1 << 24)))

    with pytest.raises(InputError, match=r"more than 1,048,576 bytes|not utf-8 text"):
        open_rows(tmp_path / "rows.csv.gz")


def test_a_text_that_many_rows_share_is_refused_by_column_before_it_is_repeated(tmp_path, little_memory):
    table = pa.table({"x": range(50_000), "text": pa.array(["a" * 1_000]).take(pa.array([0] * 50_000))})
    pq.write_table(table, tmp_path / "rows.parquet")
    assert (tmp_path / "rows.parquet").stat().st_size < 500_000
    [part] = open_rows(tmp_path / "rows.parquet").parts()

    with pytest.raises(InputError, match=r"rows\.parquet, column 'text': texts so long take 50,000,000 bytes"):
        next(part.batches(at_most=65_536))

    assert next(part.batches(["x"], at_most=65_536)).num_rows == 50_000
    assert sum(batch.num_rows for batch in part.batches(at_most=1_000)) == 50_000


def test_ordinary_texts_are_read_as_ever(tmp_path, little_memory):
    table = pa.table({"text": [f"row {row % 7}" for row in range(9_000)], "empty": pa.nulls(9_000)})
    pq.write_table(table, tmp_path / "rows.parquet")
    [part] = open_rows(tmp_path / "rows.parquet").parts()

    assert whole(part)["text"].to_pylist() == table["text"].to_pylist()


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_more_columns_than_a_table_has_are_refused(tmp_path, monkeypatch, suffix):
    monkeypatch.setattr(limits, "MOST_COLUMNS", 3)
    path = tmp_path / f"rows{suffix}"
    if suffix == ".csv":
        path.write_text("a,b,c,d\n1,2,3,4\n")
    else:
        pq.write_table(pa.table({name: [1] for name in "abcd"}), path)

    with pytest.raises(InputError, match="has 4 columns; at most 3 are read"):
        open_rows(path)


@pytest.mark.parametrize("groups", [(1, -5), (limits.MOST_ROWS, 1)])
def test_rows_that_cannot_be_are_refused(groups):
    with pytest.raises(InputError, match="which cannot be"):
        limits.check_rows(groups, "rows.parquet")


def test_a_pipe_or_a_device_is_refused_and_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "rows.csv")
    (tmp_path / "zero.csv").symlink_to("/dev/zero")
    said = []

    def open_both() -> None:
        for name in ("rows.csv", "zero.csv"):
            with pytest.raises(InputError, match="a device or a pipe"):
                open_rows(tmp_path / name)
            said.append(name)

    thread = threading.Thread(target=open_both, daemon=True)
    thread.start()
    thread.join(10)

    assert said == ["rows.csv", "zero.csv"]


def test_the_limit_follows_what_is_free():
    assert limits.LEAST_BYTES <= limits.most_bytes() < 1 << 44
