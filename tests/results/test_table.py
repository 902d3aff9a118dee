"""Tables are written whole, exactly and the same every time; appended columns never touch the input's."""

import csv
import datetime
import gzip
import math
from itertools import accumulate, pairwise

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pseudolabel.data.rows import open_rows
from pseudolabel.data.rows.source import whole
from pseudolabel.errors import InputError
from pseudolabel.results.table import (
    WRITERS,
    check_table_path,
    free_names,
    rows_of_group,
    with_columns,
    write_parts,
    write_table,
)

ANY_TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=6)
CELLS = st.none() | ANY_TEXT | st.text("\r\n\",;\t '", min_size=1, max_size=4)
TABLE = pa.table({"x": pa.array([1, None, 3], pa.int16()), "t": ["a", 'b "q"', None], "f": [0.1, 1.0, math.nan]})


APPENDED = ("pseudo_label", "confidence", "source")


def labeled(table: pa.Table, probabilities: dict[str, list[float]]) -> pa.Table:
    n_rows = table.num_rows
    found = {"pseudo_label": ["a"] * n_rows, "confidence": [0.9] * n_rows, "source": ["given"] * n_rows}
    return with_columns(table, pa.table(found | probabilities), free_names(table.column_names, APPENDED))


@given(
    st.lists(st.lists(CELLS, min_size=2, max_size=2), min_size=1, max_size=6),
    st.sampled_from([".csv", ".csv.gz", ".tsv"]),
)
def test_any_text_written_is_read_back_cell_by_cell(tmp_path_factory, rows, suffix):
    path = tmp_path_factory.mktemp("any") / f"t{suffix}"
    table = pa.table(
        {name: pa.array(cells, pa.string()) for name, cells in zip("ab", zip(*rows, strict=True), strict=True)}
    )

    write_table(path, [table], raw=True)
    (part,) = open_rows(path).parts()

    assert whole(part, verbatim=True).to_pylist() == table.to_pylist()


def test_a_file_with_minimal_quotes_is_written_back_byte_for_byte(tmp_path):
    content = b'id,x,label\n007,1.50,\n"a ""b""",1e5,"c,d"\n" ""\n","\r",\xc3\xa9\n'
    (tmp_path / "in.csv").write_bytes(content)

    write_table(tmp_path / "out.csv", [whole(part, verbatim=True) for part in open_rows(tmp_path / "in.csv").parts()])

    assert (tmp_path / "out.csv").read_bytes() == content


def test_parquet_keeps_every_type_and_all_parts_in_order(tmp_path):
    table = TABLE.append_column("d", pa.array([datetime.date(2024, 1, 31)] * 3)).append_column(
        "l", pa.array([[1], [], None])
    )

    write_table(tmp_path / "t.parquet", iter([table, table.slice(0, 1)]))

    written = pq.read_table(tmp_path / "t.parquet")
    assert written.schema == table.schema
    assert written.num_rows == 4
    assert written.slice(0, 3).drop_columns("f") == table.drop_columns("f")
    assert written["x"].to_pylist() == [1, None, 3, 1]


def test_csv_has_one_header_for_all_parts(tmp_path):
    write_table(tmp_path / "t.csv", iter([pa.table({"x": [1]}), pa.table({"x": [2]})]))

    assert (tmp_path / "t.csv").read_bytes() == b"x\n1\n2\n"


@pytest.mark.parametrize(
    ("values", "cells"),
    [
        (pa.array([0.1, 1.0, 1e-05, math.nan, -math.inf, None]), ["0.1", "1.0", "1e-05", "nan", "-inf", ""]),
        (pa.array([0.1, 1.0, None], pa.float32()), ["0.1", "1.0", ""]),
        (pa.array([2**63, None], pa.uint64()), ["9223372036854775808", ""]),
        (pa.array([True, None]), ["true", ""]),
        (pa.array(["a", None]).dictionary_encode(), ["a", ""]),
        (pa.array([datetime.date(2024, 1, 31)]), ["2024-01-31"]),
        (pa.array([[1, 2], None]), ["[1, 2]", ""]),
        (pa.array([{"w": 1}]), ['{"w": 1}']),
        (pa.nulls(2), ["", ""]),
    ],
)
def test_csv_shows_each_type_by_its_shortest_text(tmp_path, values, cells):
    write_table(tmp_path / "t.csv", [pa.table({"x": values, "y": ["y"] * len(values)})])

    with (tmp_path / "t.csv").open(newline="") as file:
        assert [row[0] for row in csv.reader(file)] == ["x", *cells]


@given(st.lists(st.floats(width=32), min_size=1))
def test_narrow_floats_come_back_as_the_same_floats(tmp_path_factory, values):
    path = tmp_path_factory.mktemp("any") / "t.csv"
    narrow = pa.array(values, pa.float32())

    write_table(path, [pa.table({"x": narrow})])

    read_back = pa.array([float(line) for line in path.read_text().splitlines()[1:]], pa.float32())
    assert list(map(repr, read_back.to_pylist())) == list(map(repr, narrow.to_pylist()))


@pytest.mark.parametrize("suffix", WRITERS)
def test_the_same_rows_give_the_same_bytes(tmp_path, suffix):
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        write_table(tmp_path / folder / f"t{suffix}", [TABLE])

    one, two = ((tmp_path / folder / f"t{suffix}").read_bytes() for folder in ("one", "two"))
    assert one == two


def test_a_gzip_file_holds_the_plain_csv(tmp_path):
    write_table(tmp_path / "t.csv", [TABLE])
    write_table(tmp_path / "t.csv.gz", [TABLE])

    assert gzip.decompress((tmp_path / "t.csv.gz").read_bytes()) == (tmp_path / "t.csv").read_bytes()


@pytest.mark.parametrize("suffix", WRITERS)
def test_a_failure_on_the_way_leaves_the_former_file_and_nothing_else(tmp_path, suffix):
    path = tmp_path / f"t{suffix}"
    path.write_text("former")

    def parts():
        yield TABLE
        raise RuntimeError("the disk is full")

    with pytest.raises(RuntimeError, match="disk is full"):
        write_table(path, parts())

    assert path.read_text() == "former"
    assert list(tmp_path.iterdir()) == [path]


def test_parts_are_written_under_their_names(tmp_path):
    one, two, none = (pa.table({"x": pa.array(cells, pa.int64())}) for cells in ([1], [2, 3], []))

    write_parts(tmp_path / "out", iter([("b.parquet", iter([one, two])), ("a.csv", [two]), ("c.parquet", [none])]))

    found = {path.name: pq.read_table(path)["x"].to_pylist() for path in (tmp_path / "out").iterdir()}
    assert found == {"a.csv.parquet": [2, 3], "b.parquet": [1, 2, 3], "c.parquet": []}


@pytest.mark.parametrize("suffix", WRITERS)
@pytest.mark.parametrize("sizes", [[1] * 300, [250, 1, 0, 40_000], [777] * 200, [131_072], []])
def test_the_same_rows_give_the_same_bytes_however_many_are_handed_over_at_a_time(tmp_path, suffix, sizes):
    n_rows = 150_000 if suffix == ".parquet" else 1000  # More than a row group, whose columns have several pages.
    kinds = pa.array([f"kind {x % 5}" for x in range(n_rows)]).dictionary_encode()
    texts = [None if x % 7 == 0 else f"text number {x}" for x in range(n_rows)]
    table = pa.table({"x": range(n_rows), "t": texts, "k": kinds})
    ends = [*accumulate(sizes), n_rows]

    write_table(tmp_path / f"whole{suffix}", [table])
    write_table(tmp_path / f"pieces{suffix}", (table.slice(a, b - a) for a, b in pairwise([0, *ends]) if a <= b))

    assert (tmp_path / f"pieces{suffix}").read_bytes() == (tmp_path / f"whole{suffix}").read_bytes()


def test_row_groups_are_large_however_small_the_tables_and_bounded_in_a_wide_one(tmp_path):
    write_table(tmp_path / "t.parquet", (pa.table({"x": [0] * 1000}) for _ in range(140)))

    metadata = pq.read_metadata(tmp_path / "t.parquet")
    assert [metadata.row_group(group).num_rows for group in range(2)] == [131_072, 140_000 - 131_072]
    assert [rows_of_group(n_columns) for n_columns in (1, 128, 129, 10_000, 10**9)] == [
        131_072, 131_072, 65_536, 2048, 2048,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("t.xlsx", r"let the name end in one of \.csv, \.csv\.gz, \.tsv, \.parquet\."),
        ("t", r"let the name end in one of"),
        ("nowhere/t.csv", r"there is no folder '.*nowhere'\. Create it first\."),
        ("folder.csv", r"it is a folder\. Choose another name"),
    ],
)
def test_a_path_that_cannot_be_written_is_refused_before_any_work(tmp_path, name, fault):
    (tmp_path / "folder.csv").mkdir()

    with pytest.raises(InputError, match=fault):
        check_table_path(tmp_path / name)
    with pytest.raises(InputError, match=fault):
        write_table(tmp_path / name, iter([TABLE]))


def test_a_path_that_can_be_written_passes(tmp_path):
    check_table_path(tmp_path / "T.CSV")


def test_appended_columns_follow_untouched_input_columns():
    out = labeled(TABLE, probabilities={"probability_a": [0.9, 0.1, 0.5]})

    assert out.column_names == ["x", "t", "f", "pseudo_label", "confidence", "source", "probability_a"]
    assert [out[name] for name in ("x", "t")] == [TABLE[name] for name in ("x", "t")]


def test_columns_are_appended_where_no_input_column_is_kept():
    out = with_columns(TABLE.select([]), pa.table({"source": ["given"] * 3}), {"source": "source_2"})

    assert out == pa.table({"source_2": ["given"] * 3})


def test_names_the_input_has_are_left_to_the_input():
    table = pa.table({"source": ["web"], "pseudolabel_source": ["x"], "confidence": [1], "probability_a": [2]})

    names = free_names(table.column_names, APPENDED)
    out = labeled(table, probabilities={"probability_a": [0.5]})

    assert names == {
        "pseudo_label": "pseudo_label",
        "confidence": "pseudolabel_confidence",
        "source": "pseudolabel_source_2",
    }
    assert out.select(table.column_names) == table
    assert len(set(out.column_names)) == len(out.column_names)
