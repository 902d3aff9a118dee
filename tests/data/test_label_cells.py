"""The cells that hold a label are found whatever marks the others, and nothing else of the table is kept."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pseudolabel.data.label_cells import count_labels, read_label_cells
from pseudolabel.data.rows import open_rows


def cells_of(folder, column, *, markers=(), group=2):
    path = folder / "t.parquet"
    pq.write_table(pa.table({"y": column}), path, row_group_size=group)
    rows = open_rows(path)
    return read_label_cells(rows, "y", markers=markers, n_rows=rows.n_rows)


@pytest.mark.parametrize(
    ("column", "markers", "labels"),
    [
        (pa.array(["a", None, "", "b"]), (), {0: "a", 3: "b"}),
        (pa.array(["a", "?", None, "b"]), ("?",), {0: "a", 3: "b"}),
        (pa.array(["a", "?", None, "b"]).dictionary_encode(), ("?",), {0: "a", 3: "b"}),
        (pa.array([1, -1, None, 0]), ("-1",), {0: 1, 3: 0}),
        (pa.array([1, -1, None, 0]), (), {0: 1, 1: -1, 3: 0}),
        (pa.array([1.5, float("nan"), None, 0.0]), (), {0: 1.5, 3: 0.0}),
        (pa.array([True, False, None, True]), ("1",), {0: True, 1: False, 3: True}),
    ],
)
def test_what_is_empty_or_marked_is_no_label(tmp_path, column, markers, labels):
    found = cells_of(tmp_path, column, markers=markers)

    assert dict(zip(found.positions.tolist(), found.values.to_pylist(), strict=True)) == labels
    assert found.texts is None


def test_a_class_spelled_nan_in_a_text_file_is_a_class(tmp_path):
    (tmp_path / "t.csv").write_text("y\n1.5\nnan\n\n", encoding="utf-8")

    found = read_label_cells(open_rows(tmp_path / "t.csv"), "y", markers=(), n_rows=3)

    assert found.spelled().to_pylist() == ["1.5", "nan"]


def test_numbers_that_only_the_marks_made_text_are_numbers_again(tmp_path):
    (tmp_path / "t.csv").write_text("y\n1\n?\n2\n", encoding="utf-8")

    found = read_label_cells(open_rows(tmp_path / "t.csv"), "y", markers=("?",), n_rows=3)

    assert found.retyped().to_pylist() == [1, 2]
    assert found.positions.tolist() == [0, 2]


@given(st.lists(st.sampled_from(["a", "b", None]), min_size=1, max_size=30), st.integers(1, 10))
def test_labels_are_found_where_they_are_whatever_the_row_groups(tmp_path_factory, cells, group):
    found = cells_of(tmp_path_factory.mktemp("any"), pa.array(cells, pa.string()), group=group)

    assert found.positions.tolist() == [row for row, cell in enumerate(cells) if cell is not None]
    assert found.values.to_pylist() == [cell for cell in cells if cell is not None]


def test_labels_of_further_tables_are_counted(tmp_path):
    for number, cells in enumerate([["a", None], [None, "b"], ["c", "d"]]):
        pq.write_table(pa.table({"y": pa.array(cells, pa.string())}), tmp_path / f"{number}.parquet")
    rows = open_rows(tmp_path)

    assert [count_labels(rows, "y", from_row=row) for row in (0, 2, 4, 6)] == [4, 3, 2, 0]
    assert np.array_equal(read_label_cells(rows, "y", markers=(), n_rows=4).positions, [0, 3])
