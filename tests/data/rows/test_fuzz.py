"""Whatever bytes a file has, it is a table or an input error: nothing else is raised, nothing hangs or crashes."""

import gzip
import subprocess
import sys
import tempfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import rows_damaged
from hypothesis import given
from hypothesis import strategies as st

from pseudolabel.data.rows import open_rows

PROGRAM = Path(rows_damaged.__file__)


def read_damaged_files(kind: str, seconds: float, seed: int, folder: Path) -> None:
    """Let a process of its own read damaged files; show the bytes it did not come through."""
    ended = subprocess.run(
        [sys.executable, str(PROGRAM), kind, str(seconds), str(seed), str(folder)],
        capture_output=True,
        text=True,
        timeout=seconds + 60,
    )
    last = {path.name: path.read_bytes().hex() for path in folder.iterdir()}
    assert ended.returncode == 0, f"{kind}, seed {seed}: {ended.returncode}\n{ended.stderr[-3000:]}\n{last}"
    assert "'table': 0" not in ended.stdout
    assert "'refused': 0" not in ended.stdout


@pytest.mark.parametrize("kind", ["csv", "gz", "parquet"])
def test_a_damaged_file_is_a_table_or_refused(tmp_path, kind):
    read_damaged_files(kind, 5, 1, tmp_path)


@pytest.mark.nightly
@pytest.mark.parametrize("seed", range(2, 6))
@pytest.mark.parametrize("kind", ["csv", "gz", "parquet"])
def test_many_damaged_files_are_tables_or_refused(tmp_path, kind, seed):
    read_damaged_files(kind, 120, seed, tmp_path)


@given(
    content=st.binary(max_size=200) | st.text('a1,;\t"\r\n\0é.-e', max_size=60).map(str.encode),
    suffix=st.sampled_from([".csv", ".tsv", ".txt", ".csv.gz", ".tsv.gz", ".parquet"]),
    encoding=st.sampled_from(["utf-8", "utf-16", "utf-16-le", "cp1252", "latin-1", "utf-32", "utf-7", "shift_jis"]),
    packed=st.booleans(),
)
def test_any_bytes_are_a_table_or_refused(content, suffix, encoding, packed):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"data{suffix}"
        path.write_bytes(gzip.compress(content) if packed and suffix.endswith(".gz") else content)
        assert rows_damaged.outcome(path, encoding) in {"table", "refused"}


KINDS = {
    pa.int8(): st.integers(-128, 127),
    pa.int64(): st.integers(-(2**63), 2**63 - 1),
    pa.float64(): st.floats(allow_nan=False),
    pa.bool_(): st.booleans(),
    pa.string(): st.text(max_size=5),
    pa.large_string(): st.text(max_size=5),
    pa.binary(): st.binary(max_size=5),
    pa.date32(): st.dates(),
    pa.decimal128(9, 2): st.decimals(-100, 100, places=2),
    pa.list_(pa.int64()): st.lists(st.integers(0, 9), max_size=3),
    pa.dictionary(pa.int32(), pa.string()): st.sampled_from(["a", "b", ""]),
}


@st.composite
def tables(draw: st.DrawFn) -> pa.Table:
    """Give a table of one to four columns of any of these kinds, with gaps."""
    kinds = draw(st.lists(st.sampled_from(list(KINDS)), min_size=1, max_size=4))
    n_rows = draw(st.integers(1, 20))
    cells = [draw(st.lists(KINDS[kind] | st.none(), min_size=n_rows, max_size=n_rows)) for kind in kinds]
    arrays = [
        pa.array(column, kind.value_type).dictionary_encode()
        if pa.types.is_dictionary(kind)
        else pa.array(column, kind)
        for column, kind in zip(cells, kinds, strict=True)
    ]
    names = draw(st.lists(st.text(min_size=1, max_size=4), min_size=len(kinds), max_size=len(kinds), unique=True))
    return pa.Table.from_arrays(arrays, names=names)


@given(
    table=tables(),
    rows_of_group=st.integers(1, 25),
    at_most=st.integers(1, 25),
    compression=st.sampled_from(["none", "snappy", "zstd", "gzip"]),
)
def test_any_parquet_table_is_read_back_equal_in_batches_of_the_size_asked_for(
    table, rows_of_group, at_most, compression
):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "data.parquet"
        pq.write_table(table, path, row_group_size=rows_of_group, compression=compression)
        (part,) = open_rows(path).parts()
        batches = list(part.batches(at_most=at_most))

    assert pa.concat_tables(batches).to_pylist() == table.to_pylist()
    assert batches[0].schema.equals(table.schema)
    assert [batch.num_rows for batch in batches[:-1]] == [at_most] * (len(batches) - 1)
