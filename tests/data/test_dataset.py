"""What is learnt from: every labeled row, and a sample of the others that nothing but position and seed decides."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tables import ID, LABEL, LABEL_EVERY, many_rows, write_folder

from pseudolabel.data.dataset import Aside, frame_of, read_dataset, take_cells
from pseudolabel.data.rows import open_rows
from pseudolabel.errors import InputError

TABLE = many_rows(600)


def read(path, **options):
    return read_dataset(path, Aside(LABEL, ID), **options)


def test_all_labeled_rows_and_a_sample_of_the_others_are_taken(tmp_path):
    found = read(write_folder(TABLE, tmp_path / "t"), sample_rows=100)

    labeled = np.arange(0, 600, LABEL_EVERY)
    assert len(found.positions) == len(found.X) == len(labeled) + 100
    assert np.array_equal(found.positions[found.labels.given], labeled)
    assert np.array_equal(found.X["x0"], TABLE["x0"].to_numpy()[found.positions])
    assert found.labels.values[found.labels.given].tolist() == TABLE[LABEL].take(labeled).to_pylist()
    assert found.features == ["x0", "x1", "x2", "x3", "colour"]


@pytest.mark.parametrize("form", [{"n_files": 1}, {"n_files": 5}, {"rows_of_a_group": 7}], ids=str)
def test_the_sample_does_not_depend_on_files_or_row_groups(tmp_path, form):
    one, other = (
        read(write_folder(TABLE, tmp_path / name, **options), sample_rows=50, seed=3)
        for name, options in (("one", {}), ("other", form))
    )

    assert np.array_equal(one.positions, other.positions)
    assert one.X.equals(other.X)


def test_another_seed_takes_another_sample(tmp_path):
    folder = write_folder(TABLE, tmp_path / "t")

    one, other = (set(read(folder, sample_rows=100, seed=seed).positions) for seed in (0, 1))

    assert len(one & other) < 20 + 60  # the 20 labeled rows, and some by chance


def test_a_table_that_is_no_larger_is_taken_whole(tmp_path):
    found = read(write_folder(TABLE, tmp_path / "t"), sample_rows=580)

    assert np.array_equal(found.positions, np.arange(600))


def test_cells_are_read_where_they_stand(tmp_path):
    rows, positions = open_rows(write_folder(TABLE, tmp_path / "t")), np.array([0, 7, 199, 200, 599])

    assert take_cells(rows, positions, [ID])[ID].to_pylist() == positions.tolist()
    assert take_cells(rows, positions[:0], [ID]).num_rows == 0


def test_a_repeated_identifier_is_named_with_both_places(tmp_path):
    ids = TABLE[ID].to_pylist()
    ids[500] = ids[3]
    table = TABLE.set_column(0, ID, [ids])

    with pytest.raises(
        InputError, match=r"3 stands twice in column 'row': part-0\.parquet, row 4 and part-2\.parquet, row 101"
    ):
        read(write_folder(table, tmp_path / "t"))


@pytest.mark.parametrize(
    ("cells", "says"),
    [
        ([[1], None] * 20, r"column 'kind' \(--label\): its cells are lists or structures"),
        ([b"a", None] * 20, r"column 'kind' \(--label\): its cells are bytes"),
    ],
)
def test_labels_that_are_no_plain_values_are_refused_by_column(tmp_path, cells, says):
    pq.write_table(pa.table({"row": range(40), "kind": cells}), tmp_path / "t.parquet")

    with pytest.raises(InputError, match=says):
        read(tmp_path / "t.parquet")


def test_bytes_that_are_no_text_are_features_like_texts_of_as_many_characters():
    frame = frame_of(pa.table({"x": [b"\xff\x00", None, b"a"], "y": [1, 2, 3]}))

    assert frame["x"].fillna("none").tolist() == ["\xff\x00", "none", "a"]
