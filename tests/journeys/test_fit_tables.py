"""Fit: a table of any form comes back whole, in order and unchanged, with a label on every row."""

import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from journeys.steps import FORMS, beads, fit, hashes, labeled, type_in, typed, write

from pseudolabel.data.rows import open_rows
from pseudolabel.data.rows.source import whole

BEADS = beads()
GIVEN = BEADS["kind"].to_numpy() != ""
ADDED = ["pseudo_label", "confidence", "source"]


@pytest.mark.parametrize("form", FORMS)
def test_every_input_row_comes_back_in_order_with_its_cells_and_types(bead_run, form):
    data, run = bead_run(form)

    found = labeled(run).select(list(BEADS))

    assert found.equals(typed(BEADS))
    assert found.schema == open_rows(data).schema
    assert found["code"].to_pylist()[:2] == ["0000", "0001"]
    assert {"NA", "None"} < set(found["colour"].to_pylist())


@pytest.mark.parametrize("form", FORMS)
def test_given_rows_keep_their_label_and_the_others_get_a_class(bead_run, form):
    _, run = bead_run(form)

    found = labeled(run).to_pandas()

    assert (found["source"] == pd.Series(GIVEN).map({True: "given", False: "suggested"})).all()
    assert (found["pseudo_label"][GIVEN] == BEADS["kind"][GIVEN]).all()
    assert set(found["pseudo_label"]) == {"pearl", "marble"}
    assert found["confidence"].between(0, 1).all()
    assert (found["confidence"][GIVEN] == 1).all()


@pytest.mark.parametrize("form", FORMS)
def test_probabilities_sum_to_one_and_the_largest_is_the_confidence(bead_run, form):
    _, run = bead_run(form)

    found = labeled(run).to_pandas()
    probabilities = found[["probability_marble", "probability_pearl"]]

    # Some learners compute in float32, whose steps near 1 are 6e-8.
    assert (probabilities.sum(axis=1) - 1).abs().max() < 1e-6
    assert (probabilities.max(axis=1) == found["confidence"]).all()
    assert (probabilities.idxmax(axis=1).str.removeprefix("probability_") == found["pseudo_label"]).all()


@pytest.mark.parametrize("form", [form for form in FORMS if form != "folder"])
def test_pyarrow_pandas_and_polars_read_the_same_table(bead_run, form):
    file = bead_run(form)[1] / "labeled.parquet"

    by_arrow = pq.read_table(file).to_pylist()

    assert pl.read_parquet(file).rows(named=True) == by_arrow
    assert pa.Table.from_pandas(pd.read_parquet(file), preserve_index=False).to_pylist() == by_arrow


def test_a_folder_comes_back_as_a_folder_of_the_same_parts(bead_run):
    data, run = bead_run("folder")

    parts = {path.name: pq.read_metadata(path).num_rows for path in sorted((run / "labeled.parquet").iterdir())}

    assert parts == {path.name: pq.read_metadata(path).num_rows for path in sorted(data.iterdir())}
    assert pl.read_parquet(run / "labeled.parquet" / "*.parquet").height == len(BEADS)
    assert len(pd.read_parquet(run / "labeled.parquet")) == len(BEADS)


@pytest.mark.parametrize("form", FORMS)
def test_the_labels_do_not_depend_on_the_form_of_the_table(bead_run, form):
    found, of_csv = (labeled(bead_run(which)[1]).select(["pseudo_label", "source"]) for which in (form, "csv"))

    assert found.equals(of_csv)


@pytest.mark.parametrize("form", FORMS)
def test_the_input_is_only_read(tmp_path, form):
    data = write(beads(), tmp_path, form)
    before = hashes(data)

    fit(data, tmp_path / "run", "--overwrite")

    assert hashes(data) == before


@pytest.mark.parametrize(("columns", "kept"), [("all", list(BEADS)), ("id", ["code"]), ("none", [])])
def test_columns_says_which_input_columns_are_kept(tmp_path, columns, kept):
    fit(write(beads(), tmp_path), tmp_path / "run", "--id", "code", "--columns", columns)

    found = labeled(tmp_path / "run")

    assert found.column_names == [*kept, *ADDED]
    assert found.num_rows == len(BEADS)


def assert_same_cells(found: pa.Table, expected: pa.Table) -> None:
    """Insist that two tables have the same cells; a confidence in text is the shortest that gives the same float32."""
    assert found.cast(expected.schema).to_pylist() == expected.to_pylist()


@pytest.mark.parametrize("name", ["out.csv", "out.csv.gz", "out.tsv", "out.parquet"])
def test_table_writes_the_same_rows_elsewhere_too(tmp_path, name):
    fit(write(beads(), tmp_path), tmp_path / "run", "--table", tmp_path / name)

    (part,) = open_rows(tmp_path / name).parts()

    assert_same_cells(whole(part), labeled(tmp_path / "run"))


def test_a_csv_table_shows_every_cell_of_a_csv_input_as_it_stood(tmp_path):
    data = write(beads(), tmp_path)

    fit(data, tmp_path / "run", "--table", tmp_path / "out.csv")
    before, after = (path.read_bytes().splitlines() for path in (data, tmp_path / "out.csv"))

    assert len(before) == len(after)
    assert all(new.startswith(old + b",") for old, new in zip(before, after, strict=True))


def test_a_parquet_input_can_be_given_back_as_csv(tmp_path):
    fit(write(beads(), tmp_path, "parquet"), tmp_path / "run", "--table", tmp_path / "out.csv")

    (part,) = open_rows(tmp_path / "out.csv").parts()

    assert_same_cells(whole(part), labeled(tmp_path / "run"))


def test_a_table_elsewhere_replaces_the_file_that_was_there(tmp_path):
    (tmp_path / "out.csv").write_text("old", encoding="utf-8")

    fit(write(beads(), tmp_path), tmp_path / "run", "--table", tmp_path / "out.csv")

    assert open_rows(tmp_path / "out.csv").n_rows == len(BEADS)


def test_suggested_rows_of_an_easy_table_are_mostly_right(bead_run):
    truth = beads(every=1)["kind"]

    found = labeled(bead_run("csv")[1]).to_pandas()

    # Size alone tells the two apart, and one row in eleven has none: nine in ten is a floor, not a target.
    assert (found["pseudo_label"] == truth).mean() > 0.9


def test_every_column_of_ours_is_complete(bead_run):
    found = labeled(bead_run("parquet")[1])

    assert [found[name].null_count for name in ADDED] == [0, 0, 0]
    assert pc.unique(found["source"]).to_pylist() == ["given", "suggested"]


@pytest.mark.parametrize("raw", [False, True])
def test_formulas_in_a_table_for_people_are_made_harmless_which_is_said(tmp_path, raw):
    table = beads()
    table["remark"] = "=1+1 " + table["remark"]
    data = write(table, tmp_path)
    options = ["--table", tmp_path / "people.csv", *["--raw"] * raw]

    answer = fit(data, tmp_path / "run", *options)
    again = type_in("predict", tmp_path / "run", data, "-o", tmp_path / "new.csv", *["--raw"] * raw)

    for said, name in ((answer.err, "people.csv"), (again.err, "new.csv")):
        found = pd.read_csv(tmp_path / name, dtype=str, keep_default_na=False)
        assert list(found["remark"]) == [text if raw else f"'{text}" for text in table["remark"]]
        assert ("57 cells begin as a formula does, in 'remark' (57)" in said) != raw
    assert labeled(tmp_path / "run")["remark"].to_pylist() == table["remark"].tolist()
