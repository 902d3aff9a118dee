"""Rows that took no part in training are treated as those that did: types, promises, notes and faults are the same."""

import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
import pytest
from journeys.steps import everything_below, hashes, labeled, type_in
from tables import ID, LABEL, many_rows, write_folder

TABLE = many_rows(1_200)
QUICK = ("--estimator", "logistic", "--teacher", "own", "--jobs", "1")
SAMPLED = ("--sample-rows", "200")
UNJUDGED = ("--evidence", "none")


def fit(data, out, *options, label=LABEL):
    answer = type_in("fit", data, "--out", out, "--label", label, *QUICK, *options)
    assert answer.code == 0, answer.err
    return out


def record_of(run):
    return json.loads((run / "record.json").read_text(encoding="utf-8"))


def with_labels(table, values):
    """Give the same table with other labels, by the names of the former ones."""
    labels = [None if name is None else values[name] for name in table[LABEL].to_pylist()]
    return table.set_column(table.schema.get_field_index(LABEL), LABEL, pa.array(labels))


# Types.


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ({"ash": 3, "birch": 5, "cedar": 9}, pa.int64()),
        ({"ash": True, "birch": False, "cedar": False}, pa.bool_()),
        ({"ash": 1.0, "birch": 2.0, "cedar": 3.0}, pa.float64()),
        ({"ash": "1", "birch": "01", "cedar": "1.0"}, pa.string()),
    ],
    ids=["whole numbers", "truth", "decimals", "texts that look like numbers"],
)
def test_labels_have_the_type_of_the_labels_given_in_every_part(tmp_path, values, kind):
    table = with_labels(TABLE, values)
    data = write_folder(table, tmp_path / "data")

    run = fit(data, tmp_path / "run", *SAMPLED, *UNJUDGED, "--task", "classification")

    for part in sorted((run / "labeled.parquet").iterdir()):
        assert pq.read_schema(part).field("pseudo_label").type == kind
    found = labeled(run)
    assert found["pseudo_label"].null_count == 0
    assert set(found["pseudo_label"].to_pylist()) == set(table[LABEL].drop_null().to_pylist())


def test_a_sampled_run_and_a_whole_one_leave_tables_of_the_same_form(tmp_path):
    data = write_folder(TABLE, tmp_path / "data")

    sampled, whole = (
        labeled(fit(data, tmp_path / name, *UNJUDGED, "--probabilities", *options))
        for name, options in (("sampled", SAMPLED), ("whole", ()))
    )

    assert sampled.schema == whole.schema
    same = np.array(sampled["pseudo_label"].to_pylist()) == np.array(whole["pseudo_label"].to_pylist())
    assert same.mean() > 0.9


# Sources.


def test_rows_of_text_files_are_written_back_as_they_stand(tmp_path):
    """Cells like 007 and 1.50 pass through, in files whose rows are mostly in no sample."""
    frame = TABLE.to_pandas()
    texts = pd.DataFrame(
        {
            "code": [f"{row:06d}" for row in range(1_200)],
            "size": [f"{value:.3f}0" for value in frame["x0"]],
            "shape": [f"{value:.3f}" for value in frame["x1"]],
            LABEL: frame[LABEL].fillna(""),
        }
    )
    texts[:700].to_csv(tmp_path / "first.csv", index=False, lineterminator="\n")
    texts[700:].drop(columns=LABEL).to_csv(tmp_path / "more.csv", index=False, lineterminator="\n")

    more = ("--unlabeled", tmp_path / "more.csv", "--table", tmp_path / "out.csv")
    fit(tmp_path / "first.csv", tmp_path / "run", *SAMPLED, *UNJUDGED, *more)

    found = pd.read_csv(tmp_path / "out.csv", dtype=str, keep_default_na=False)
    assert found[["code", "size", "shape"]].equals(texts[["code", "size", "shape"]])
    assert (found["pseudo_label"] != "").all()
    assert labeled(tmp_path / "run")["pseudo_label"].to_pylist() == found["pseudo_label"].tolist()


def test_a_text_file_and_a_folder_of_the_same_rows_get_the_same_labels(tmp_path):
    folder = write_folder(TABLE, tmp_path / "data")
    pa_csv.write_csv(TABLE, tmp_path / "data.csv")

    of_folder, of_text = (
        labeled(fit(data, tmp_path / name, *SAMPLED, *UNJUDGED, "--columns", "none"))
        for name, data in (("a", folder), ("b", tmp_path / "data.csv"))
    )

    assert of_text["pseudo_label"].equals(of_folder["pseudo_label"])
    assert np.allclose(of_text["confidence"], of_folder["confidence"], atol=1e-5)  # text is read as float64


def test_labels_of_an_unlabeled_table_are_counted_and_not_used(tmp_path):
    data, more = write_folder(TABLE.slice(0, 600), tmp_path / "data"), tmp_path / "rest.parquet"
    pq.write_table(TABLE.slice(600), more, row_group_size=90)

    record = record_of(fit(data, tmp_path / "run", *SAMPLED, *UNJUDGED, "--unlabeled", more))

    found = labeled(tmp_path / "run").to_pandas()
    assert found[ID].tolist() == list(range(1_200))
    assert (found["source"][600:] == "suggested").all()
    assert (record["counts"]["rows"], record["counts"]["given"]) == (1_200, 20)
    [ignored] = [finding for finding in record["findings"] if finding["code"] == "labels-ignored"]
    assert "20" in ignored["detail"]


def test_markers_are_no_labels_in_rows_beyond_the_sample_either(tmp_path):
    marked = [name or "?" for name in TABLE[LABEL].to_pylist()]
    table = TABLE.set_column(TABLE.schema.get_field_index(LABEL), LABEL, pa.array(marked))

    run, plain = (
        fit(write_folder(rows, tmp_path / f"{name}-data"), tmp_path / name, *SAMPLED, *UNJUDGED, *options)
        for name, rows, options in (("run", table, ("--unlabeled-marker", "?")), ("plain", TABLE, ()))
    )

    appended = ["pseudo_label", "confidence", "source"]
    assert labeled(run).select(appended).equals(labeled(plain).select(appended))


# Promises.


@pytest.fixture(scope="module")
def judged(once) -> Path:
    """Give a folder with `data` and `run`: two classes that hardly overlap, judged by the evidence."""

    def make(folder):
        rows = TABLE.to_pandas()
        rows["x0"] += np.where(rows["colour"] == "red", 4, 0).astype(np.float32)
        rows[LABEL] = np.where(rows["colour"] == "red", "red", "other")
        rows.loc[np.arange(1_200) % 5 != 0, LABEL] = None
        fit(write_folder(pa.Table.from_pandas(rows), folder / "data"), folder / "run", *SAMPLED)

    return once("judged", make)


def test_labels_are_accepted_by_one_rule_in_the_sample_and_beyond(judged):
    record, found = record_of(judged / "run"), labeled(judged / "run").to_pandas()

    level, own = record["acceptance"]["level"], found["source"] != "given"
    assert level is not None
    assert ((found["source"] == "accepted") == (own & (found["confidence"] >= level))).all()
    n_accepted = np.count_nonzero(found["source"] == "accepted")
    assert record["counts"]["accepted"] == record["acceptance"]["accepted"] == n_accepted > 200  # more than the sample
    assert record["counts"]["suggested"] == record["acceptance"]["unlabeled"] == own.sum()


def test_the_histogram_is_that_of_the_table(judged):
    record, found = record_of(judged / "run"), labeled(judged / "run").to_pandas()

    own = found["confidence"][found["source"] != "given"].to_numpy()
    edges = np.array(record["confidence"]["edges"])
    # Confidences at an edge of a bin may be counted on either side of it.
    assert sum(record["confidence"]["counts"]) == len(own)
    above = np.cumsum(record["confidence"]["counts"][::-1])[::-1]
    assert np.abs(above - [(own >= edge).sum() for edge in edges[:-1]]).max() <= 0.01 * len(own)


def test_the_evidence_of_a_former_run_serves_no_other_sample(judged, tmp_path):
    shutil.copytree(judged / "run", tmp_path / "run")

    fit(judged / "data", tmp_path / "run", *SAMPLED, "--overwrite")
    assert hashes(tmp_path / "run" / "evidence.npz") == hashes(judged / "run" / "evidence.npz")

    fit(judged / "data", tmp_path / "run", "--sample-rows", "100", "--overwrite")
    assert hashes(tmp_path / "run" / "evidence.npz") != hashes(judged / "run" / "evidence.npz")


def test_groups_are_held_out_together_whoever_is_in_the_sample(tmp_path):
    table = TABLE.append_column("patient", pa.array(np.arange(1_200) // 60))
    data = write_folder(table, tmp_path / "data")

    record = record_of(fit(data, tmp_path / "run", *SAMPLED, "--groups", "patient"))

    assert "patient" not in [column["name"] for column in record["columns"]["features"]]
    assert record["metrics"]["scored_rows"] == 40
    assert labeled(tmp_path / "run").num_rows == 1_200


# Faults.


def test_damage_in_one_row_group_is_named_and_leaves_nothing(tmp_path):
    data = write_folder(TABLE, tmp_path / "data")
    path = data / "part-2.parquet"
    column = pq.read_metadata(path).row_group(0).column(1)
    content = bytearray(path.read_bytes())
    content[column.data_page_offset : column.data_page_offset + 300] = b"\xff" * 300
    path.write_bytes(content)
    before = everything_below(tmp_path)

    answer = type_in("fit", data, "--out", tmp_path / "run", "--label", LABEL, *QUICK, *SAMPLED, *UNJUDGED)

    assert answer.code == 2
    assert answer.err.startswith("pseudolabel: part-2.parquet is a damaged Parquet file")
    assert everything_below(tmp_path) == before


def test_the_input_is_never_changed(tmp_path):
    data = write_folder(TABLE, tmp_path / "data")
    before = hashes(data)

    fit(data, tmp_path / "run", *SAMPLED, *UNJUDGED)

    assert hashes(data) == before
