"""A table is opened by its suffix; what cannot be opened is named, with what was probably meant."""

import subprocess
import sys

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pseudolabel.data.rows import READERS, open_rows
from pseudolabel.errors import InputError


@pytest.mark.parametrize("name", ["t.csv", "T.CSV", "t.tsv", "t.txt", "my.t.csv"])
def test_text_tables_are_opened_by_suffix(tmp_path, name):
    (tmp_path / name).write_text("a\n1\n")

    assert open_rows(tmp_path / name).table["a"].to_pylist() == [1]


def test_parquet_files_and_folders_are_opened(tmp_path):
    pq.write_table(pa.table({"a": [1]}), tmp_path / "t.parquet")

    assert open_rows(tmp_path / "t.parquet").n_rows == open_rows(tmp_path).n_rows == 1


def test_a_missing_file_is_named_with_its_near_match(tmp_path):
    (tmp_path / "customers.csv").write_text("a\n1\n")

    with pytest.raises(InputError, match=r"There is no file '.*custmers\.csv'\. Did you mean 'customers\.csv'\? Check"):
        open_rows(tmp_path / "custmers.csv")


def test_a_missing_folder_is_no_reason_to_fail_otherwise(tmp_path):
    with pytest.raises(InputError, match=r"There is no file .* Check the name and the folder"):
        open_rows(tmp_path / "nowhere" / "data.csv")


def test_a_path_that_cannot_be_looked_up_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"Cannot read .*x\.csv'.*Check its name and permissions"):
        open_rows(tmp_path / f"{'x' * 300}.csv")


def test_an_unknown_suffix_is_refused_with_all_known_ones(tmp_path):
    (tmp_path / "data.xlsx").write_text("")

    with pytest.raises(InputError, match=r"data\.xlsx") as caught:
        open_rows(tmp_path / "data.xlsx")

    assert all(suffix in str(caught.value) for suffix in READERS)


def test_reading_csv_does_not_import_the_reader_of_parquet(tmp_path):
    (tmp_path / "t.csv").write_text("a\n1\n")
    script = (
        "import sys; from pathlib import Path; from pseudolabel.data.rows import open_rows; "
        f"open_rows(Path({str(tmp_path / 't.csv')!r})); "
        "assert 'pseudolabel.data.rows.parquet' not in sys.modules"
    )

    subprocess.run([sys.executable, "-c", script], check=True)
