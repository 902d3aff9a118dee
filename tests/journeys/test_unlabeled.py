"""Unlabeled rows: empty cells, marked cells, and whole tables of their own."""

import json
from pathlib import Path

import pandas as pd
import pytest
from journeys.steps import QUICK, beads, fit, labeled, type_in, write


def record_of(run: Path) -> dict:
    return json.loads((run / "record.json").read_text(encoding="utf-8"))


def codes_of(finding: dict) -> list[str]:
    return [found["code"] for found in finding["findings"]]


@pytest.fixture
def first(tmp_path) -> Path:
    return write(beads(), tmp_path)


def test_a_table_without_the_label_column_follows_the_labeled_one(tmp_path, first):
    more = write(beads(20).drop(columns="kind"), tmp_path, name="more")

    fit(first, tmp_path / "run", "--unlabeled", more)
    found = labeled(tmp_path / "run").to_pandas()

    assert found["code"].tolist() == [*beads()["code"], *beads(20)["code"]]
    assert found["kind"][57:].isna().all()
    assert (found["source"][57:] == "suggested").all()
    assert [(given["role"], given["rows"]) for given in record_of(tmp_path / "run")["inputs"]] == [
        ("data", 57),
        ("unlabeled", 20),
    ]


def test_several_tables_of_any_form_follow_in_the_order_they_were_named(tmp_path, first):
    two = write(beads(9), tmp_path, "parquet", name="two")
    three = write(beads(12).drop(columns="kind"), tmp_path, "tsv", name="three")

    fit(first, tmp_path / "run", "--unlabeled", two, three)
    again = fit(first, tmp_path / "again", "--unlabeled", two, "--unlabeled", three)

    codes = labeled(tmp_path / "run")["code"].to_pylist()
    assert codes == [*beads()["code"], *beads(9)["code"], *beads(12)["code"]]
    assert again.code == 0
    assert labeled(tmp_path / "again").equals(labeled(tmp_path / "run"))


def test_labels_of_an_unlabeled_table_are_not_used_and_reported(tmp_path, first):
    more = write(beads(30), tmp_path, name="more")

    fit(first, tmp_path / "run", "--unlabeled", more)
    fit(first, tmp_path / "without", "--unlabeled", write(beads(30).drop(columns="kind"), tmp_path, name="bare"))
    found = labeled(tmp_path / "run").to_pandas()

    assert (found["source"][57:] == "suggested").all()
    assert "labels-ignored" in codes_of(record_of(tmp_path / "run"))
    assert record_of(tmp_path / "run")["counts"]["given"] == 19
    bare = labeled(tmp_path / "without").to_pandas()
    assert found[["pseudo_label", "confidence"]].equals(bare[["pseudo_label", "confidence"]])


def test_columns_in_another_order_are_matched_by_name(tmp_path, first):
    straight, mixed = beads(20), beads(20)[["remark", "kind", "colour", "size", "code"]]

    fit(first, tmp_path / "one", "--unlabeled", write(straight, tmp_path, name="straight"))
    fit(first, tmp_path / "two", "--unlabeled", write(mixed, tmp_path, name="mixed"))

    assert labeled(tmp_path / "one").equals(labeled(tmp_path / "two"))


def test_a_column_only_one_table_has_is_kept_and_null_in_the_other(tmp_path, first):
    more = write(beads(20).assign(shelf="top"), tmp_path, name="more")

    fit(first, tmp_path / "run", "--unlabeled", more)
    found = labeled(tmp_path / "run")

    assert found["shelf"].to_pylist() == [None] * 57 + ["top"] * 20


def test_an_unlabeled_table_makes_a_fully_labeled_one_worth_fitting(tmp_path):
    data = write(beads(15, every=1), tmp_path)
    more = write(beads().drop(columns="kind"), tmp_path, name="more")

    fit(data, tmp_path / "run", "--unlabeled", more)

    counts = record_of(tmp_path / "run")["counts"]
    assert (counts["given"], counts["suggested"]) == (15, 57)


def test_marks_mean_no_label_when_they_are_named(tmp_path):
    table = beads()
    empty = [row for row, kind in enumerate(table["kind"]) if not kind]
    table.loc[empty[:10], "kind"] = "?"
    table.loc[empty[10:20], "kind"] = "-1"

    fit(write(table, tmp_path), tmp_path / "run", "--unlabeled-marker", "?", "--unlabeled-marker=-1")
    found = labeled(tmp_path / "run").to_pandas()

    assert record_of(tmp_path / "run")["classes"] == ["marble", "pearl"]
    assert (found["source"][empty] == "suggested").all()
    assert found["kind"].fillna("").tolist() == table["kind"].tolist()


@pytest.mark.parametrize("marker", [("--unlabeled-marker=-1",), ("--unlabeled-marker", "-1")])
def test_a_number_may_be_a_mark_among_numbers(tmp_path, marker):
    table = beads()
    table["kind"] = table["kind"].map({"pearl": "0", "marble": "1", "": "-1"})

    fit(write(table, tmp_path), tmp_path / "run", *marker)

    assert record_of(tmp_path / "run")["classes"] == ["0", "1"]
    assert record_of(tmp_path / "run")["counts"]["suggested"] == 38


def test_minus_one_is_a_class_when_it_is_not_named_as_a_mark(tmp_path):
    table = beads()
    table["kind"] = table["kind"].map({"pearl": "-1", "marble": "1", "": ""})

    fit(write(table, tmp_path), tmp_path / "run")

    assert record_of(tmp_path / "run")["classes"] == ["-1", "1"]


def test_none_and_na_are_classes_like_any_other(tmp_path):
    table = beads()
    table["kind"] = table["kind"].map({"pearl": "None", "marble": "NA", "": ""})

    fit(write(table, tmp_path), tmp_path / "run", "--table", tmp_path / "out.csv")

    found = labeled(tmp_path / "run").to_pandas()
    assert set(found["pseudo_label"]) == {"None", "NA"}
    assert record_of(tmp_path / "run")["counts"]["given"] == 19
    assert pd.read_csv(tmp_path / "out.csv", keep_default_na=False)["pseudo_label"].tolist() == (
        found["pseudo_label"].tolist()
    )


def test_a_mark_that_no_row_has_does_no_harm(tmp_path, first):
    answer = type_in("fit", first, "--label", "kind", "--out", tmp_path / "run", "--unlabeled-marker", "none", *QUICK)

    assert answer.code == 0
    assert record_of(tmp_path / "run")["settings"]["unlabeled_markers"] == ["none"]
