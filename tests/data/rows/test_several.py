"""Several sources are one table whose columns are matched by name, and no cell is lost or changed on the way."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pseudolabel.data.rows import open_rows
from pseudolabel.data.rows.several import Several, join_sources
from pseudolabel.data.rows.source import whole
from pseudolabel.errors import InputError


@pytest.fixture
def joined(tmp_path):
    """Give a function that writes files by name, a text or a table each in a folder of its own, and joins them."""

    def join(*files: tuple[str, str | pa.Table]) -> Several:
        paths = [tmp_path / str(number) / name for number, (name, _) in enumerate(files)]
        for path, (_, content) in zip(paths, files, strict=True):
            path.parent.mkdir()
            if isinstance(content, str):
                path.write_text(content)
            else:
                pq.write_table(content, path)
        return join_sources([open_rows(path) for path in paths])

    return join


def rows(source: Several) -> list[dict[str, object]]:
    return [row for part in source.parts() for row in whole(part).to_pylist()]


def test_rows_come_in_the_order_of_the_sources_with_columns_matched_by_name(joined):
    source = joined(("d.csv", "id,x,label\n1,0.5,a\n2,1.5,\n"), ("u.csv", "x,id,extra\n2.5,3,z\n"))

    assert rows(source) == rows(source) == [
        {"id": 1, "x": 0.5, "label": "a", "extra": None},
        {"id": 2, "x": 1.5, "label": None, "extra": None},
        {"id": 3, "x": 2.5, "label": None, "extra": "z"},
    ]  # fmt: skip
    assert all(whole(part).schema == source.schema for part in source.parts())


def test_it_knows_counts_paths_and_places(joined):
    source = joined(("d.csv", "x\n1\n2\n"), ("u.parquet", pa.table({"x": [3]})), ("v.csv", "x\n4\n"))

    assert (source.counts, source.n_rows, source.name) == ((2, 1, 1), 4, "d.csv, u.parquet, v.csv")
    assert [path.name for path in source.paths] == ["d.csv", "u.parquet", "v.csv"]
    assert [source.place(row) for row in range(4)] == [
        "d.csv, line 2",
        "d.csv, line 3",
        "u.parquet, row 1",
        "v.csv, line 2",
    ]


def test_an_empty_label_column_takes_the_type_of_the_labels(joined):
    source = joined(("d.csv", "x,label\n1,7\n"), ("u.csv", "x,label\n2,\n"))

    assert source.schema.field("label").type == pa.int64()
    assert source.notes == ()


def test_whole_and_decimal_numbers_meet_as_decimals(joined):
    source = joined(("d.csv", "x,y\n1,a\n"), ("u.csv", "x,y\n2.5,b\n"))

    assert [row["x"] for row in rows(source)] == [1.0, 2.5]


def test_types_that_disagree_meet_as_the_text_that_stands_in_the_file_and_are_noted(joined):
    source = joined(
        ("d.csv", "x,y\n1.50,a\n"), ("u.csv", "x,y\nlow,b\n"), ("v.parquet", pa.table({"x": [3], "y": ["c"]}))
    )

    assert [row["x"] for row in rows(source)] == ["1.50", "low", "3"]
    assert [note.code for note in source.notes] == ["mixed-types"]
    assert "'x' is read as text" in source.notes[0].detail
    assert "double in d.csv, string in u.csv, int64 in v.parquet" in source.notes[0].detail


def test_kinds_of_text_meet_without_a_note(joined):
    categories = pa.table({"x": pa.array(["a"]).dictionary_encode()})

    source = joined(
        ("d.csv", "x\nb\n"),
        ("u.parquet", categories),
        ("v.parquet", pa.table({"x": pa.array(["c"], pa.large_string())})),
    )

    assert [row["x"] for row in rows(source)] == ["b", "a", "c"]
    assert source.notes == ()


def test_parts_of_one_name_are_numbered(joined):
    source = joined(("t.csv", "x\n1\n"), ("t.csv", "x\n2\n"), ("t-2.csv", "x\n3\n"), ("t.csv", "x\n4\n"))

    names = [part.name for part in source.parts()]

    assert names == ["t.csv", "t-2.csv", "t-2-2.csv", "t-3.csv"]


def test_verbatim_cells_stand_under_all_columns_and_only_for_text_files(joined):
    source = joined(("d.csv", "x,y\n1.50,a\n"), ("u.parquet", pa.table({"z": [1]})))

    first, second = source.parts()

    assert whole(first, verbatim=True).to_pylist() == [{"x": "1.50", "y": "a", "z": None}]
    assert (first.is_text, second.is_text) == (True, False)
    assert whole(second, verbatim=True) == whole(second)


def test_notes_of_the_sources_are_kept(joined):
    assert [note.code for note in joined(("d.csv", "x;y\n1;2\n"), ("u.csv", "x,y\n1,2\n")).notes] == ["delimiter"]


def test_lists_and_plain_values_are_refused_to_meet(joined):
    with pytest.raises(InputError, match=r"Column 'x' .* int64 in d\.csv, list<.*> in u\.parquet\. Rename"):
        joined(("d.csv", "x\n1\n"), ("u.parquet", pa.table({"x": [[1]]})))


def test_a_value_that_the_common_type_cannot_hold_is_refused_by_file_and_column(joined):
    source = joined(("d.csv", "x,y\n9007199254740993,a\n"), ("u.csv", "x,y\n0.5,a\n"))

    with pytest.raises(InputError, match=r"^d\.csv: column 'x' does not fit the type double .* Store it"):
        rows(source)
