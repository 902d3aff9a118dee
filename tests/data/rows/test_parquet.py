"""Parquet files and folders of them are read part by part; a damaged or odd one is refused by name."""

import re
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pseudolabel.data.rows.parquet import ParquetRows, read_parquet
from pseudolabel.data.rows.source import whole
from pseudolabel.errors import InputError


def write(path: Path, **columns: object) -> Path:
    pq.write_table(pa.table(columns), path)
    return path


def values(source: ParquetRows) -> list[dict[str, object]]:
    return [row for part in source.parts() for row in whole(part).to_pylist()]


def refusal(path: Path) -> str:
    with pytest.raises(InputError) as caught:
        read_parquet(path)
    return str(caught.value)


def test_a_file_is_one_part_with_its_types(tmp_path):
    table = pa.table(
        {
            "i": pa.array([1, None], pa.int8()),
            "c": pa.array(["a", "b"]).dictionary_encode(),
            "s": pa.array(["x", ""], pa.large_string()),
        }
    )
    pq.write_table(table, tmp_path / "t.parquet")

    source = read_parquet(tmp_path / "t.parquet")
    (part,) = source.parts()

    assert (part.name, part.n_rows, part.is_text, source.n_rows) == ("t.parquet", 2, False, 2)
    assert source.schema == whole(part).schema == table.schema
    assert whole(part) == whole(part, verbatim=True) == table


def test_a_folder_is_read_in_the_order_of_names_on_every_pass(tmp_path):
    for name, value in (("b", 2), ("a", 1), ("c", 3)):
        write(tmp_path / f"{name}.parquet", x=[value])

    source = read_parquet(tmp_path)

    assert [part.name for part in source.parts()] == ["a.parquet", "b.parquet", "c.parquet"]
    assert values(source) == values(source) == [{"x": 1}, {"x": 2}, {"x": 3}]
    assert [path.name for path in source.paths] == ["a.parquet", "b.parquet", "c.parquet"]


def test_hidden_and_bookkeeping_files_are_passed_over_and_others_are_noted(tmp_path):
    write(tmp_path / "a.parquet", x=[1])
    for name in (".b.parquet", "_metadata", "_SUCCESS", "readme.md"):
        (tmp_path / name).write_text("")
    (tmp_path / "year=2024").mkdir()

    source = read_parquet(tmp_path)

    assert source.n_rows == 1
    assert [note.code for note in source.notes] == ["ignored-files"]
    assert "'readme.md', 'year=2024'" in source.notes[0].detail


def test_place_names_file_and_row(tmp_path):
    write(tmp_path / "a.parquet", x=[1, 2])
    write(tmp_path / "b.parquet", x=pa.array([], pa.int64()))
    write(tmp_path / "c.parquet", x=[3, 4])

    source = read_parquet(tmp_path)

    assert [source.place(row) for row in range(4)] == [
        "a.parquet, row 1", "a.parquet, row 2", "c.parquet, row 1", "c.parquet, row 2",
    ]  # fmt: skip


def test_files_may_order_their_columns_differently_and_hold_wider_types(tmp_path):
    write(tmp_path / "a.parquet", x=pa.array([1], pa.int32()), y=["a"], z=pa.nulls(1))
    write(tmp_path / "b.parquet", y=pa.array(["b"]).dictionary_encode(), z=["c"], x=[2.5])

    source = read_parquet(tmp_path)

    assert source.schema == pa.schema([("x", pa.float64()), ("y", pa.string()), ("z", pa.string())])
    assert values(source) == [{"x": 1.0, "y": "a", "z": None}, {"x": 2.5, "y": "b", "z": "c"}]


def test_a_whole_number_that_decimals_cannot_hold_is_refused_by_file(tmp_path):
    write(tmp_path / "a.parquet", x=[2**53 + 1])
    write(tmp_path / "b.parquet", x=[0.5])

    with pytest.raises(InputError, match=r"^a\.parquet: a value does not fit .* Write all files with the same types"):
        values(read_parquet(tmp_path))


def test_files_with_other_columns_are_refused_with_the_difference(tmp_path):
    write(tmp_path / "a.parquet", x=[1], y=[1])
    write(tmp_path / "b.parquet", x=[1], Y=[1])

    assert "b.parquet has other columns than a.parquet: it lacks 'y' and has 'Y', which a.parquet lacks." in refusal(
        tmp_path
    )


def test_types_that_do_not_go_together_are_refused_by_column_and_file(tmp_path):
    write(tmp_path / "a.parquet", x=[1])
    write(tmp_path / "b.parquet", x=["1"])

    assert re.search(
        r"Column 'x' .* (int64 in a|string in b)\.parquet, (int64 in a|string in b)\.parquet\. Write", refusal(tmp_path)
    )


def test_lists_and_structures_are_kept_and_noted(tmp_path):
    path = write(tmp_path / "t.parquet", a=[1], tags=[["x"]], box={"w": [1]}["w"], deep=[{"w": 1}])

    source = read_parquet(path)

    assert [note.code for note in source.notes] == ["nested-column"]
    assert "'tags', 'deep'" in source.notes[0].detail
    assert values(source)[0]["tags"] == ["x"]


def test_pandas_names_and_indexes_are_columns_with_text_names(tmp_path):
    frame = pd.DataFrame({0: [1.0], 1: [2.0]}, index=pd.Index(["r1"], name="id"))
    pq.write_table(pa.Table.from_pandas(frame), tmp_path / "t.parquet")

    (part,) = read_parquet(tmp_path / "t.parquet").parts()

    assert whole(part).column_names == ["0", "1", "id"]
    assert list(whole(part).to_pandas().columns) == ["0", "1", "id"]


def test_a_name_used_twice_is_refused(tmp_path):
    pq.write_table(pa.Table.from_arrays([pa.array([1]), pa.array([2])], names=["x", "x"]), tmp_path / "t.parquet")

    assert re.search(
        r"^t\.parquet: the column name 'x' is used twice, by columns 1 and 2\.", refusal(tmp_path / "t.parquet")
    )


def test_a_file_without_rows_is_refused(tmp_path):
    path = write(tmp_path / "t.parquet", x=pa.array([], pa.int64()))

    assert re.search(r"^t\.parquet has no rows, only 1 columns?\.", refusal(path))


@pytest.mark.parametrize(
    ("spoil", "fault"),
    [
        (lambda data: data[: len(data) * 2 // 3], "cut short"),
        (lambda data: b"", "is empty"),
        (lambda data: b"a,b\n1,2\n" * 20, "not a Parquet file"),
        (lambda data: data[:-30] + b"\xff" * 22 + data[-8:], "damaged"),
    ],
)
def test_a_spoilt_file_is_refused_by_what_is_wrong_with_it(tmp_path, spoil, fault):
    path = write(tmp_path / "t.parquet", x=list(range(100)))
    path.write_bytes(spoil(path.read_bytes()))

    assert re.search(rf"^t\.parquet is .*{fault}|^t\.parquet {fault}", refusal(path))


def test_damage_inside_the_data_is_refused_when_it_is_read(tmp_path):
    path = tmp_path / "t.parquet"
    pq.write_table(
        pa.table({"x": [f"{number} text" for number in range(1000)]}), path, compression="snappy", use_dictionary=False
    )
    data = bytearray(path.read_bytes())
    data[4:200] = b"\xff" * 196
    path.write_bytes(data)

    with pytest.raises(InputError, match=r"^t\.parquet is a damaged Parquet file .* Copy or write it again"):
        values(read_parquet(path))


@pytest.mark.parametrize(
    ("files", "holds"), [([], "it is empty"), (["a.csv", "b.csv"], r"it holds 'a\.csv', 'b\.csv'")]
)
def test_a_folder_without_parquet_files_is_refused_with_what_it_holds(tmp_path, files, holds):
    for name in files:
        (tmp_path / name).write_text("x\n1\n")

    assert re.search(rf"no \.parquet file directly in it \({holds}\)\. Give", refusal(tmp_path))


@pytest.mark.parametrize(
    ("stored", "read"),
    [
        (pa.array(["a", None]).cast(pa.string_view()), pa.string()),
        (pa.array([b"a", None]).cast(pa.binary_view()), pa.binary()),
        (pa.array([1, None]).cast(pa.timestamp("us", "Mars/Olympus")), pa.timestamp("us", "UTC")),
        (pa.array([1, None]).cast(pa.timestamp("us", "Europe/Berlin")), pa.timestamp("us", "Europe/Berlin")),
    ],
)
def test_layouts_that_nothing_computes_with_are_read_as_plain_ones(tmp_path, stored, read):
    source = read_parquet(write(tmp_path / "t.parquet", x=stored))
    (part,) = source.parts()

    assert source.schema.field("x").type == whole(part).schema.field("x").type == read
    assert whole(part)["x"].cast(stored.type).combine_chunks().equals(stored)


def test_an_encrypted_file_is_called_so(tmp_path):
    (tmp_path / "t.parquet").write_bytes(b"PARE" + bytes(50) + b"PARE")

    assert "is an encrypted Parquet file" in refusal(tmp_path / "t.parquet")
