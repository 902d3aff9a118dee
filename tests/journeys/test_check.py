"""Check: what a run would notice and refuse, in seconds, and nothing is written."""

import json
import time

import numpy as np
import pandas as pd
import pytest
from journeys.steps import QUICK, beads, everything_below, type_in, write
from PIL import Image

from pseudolabel.judgement.findings import TITLES

OF_MODELS = {"shift", "novel-rows", "class-shares", "member-left-out", "column-renamed"}
"""Findings that need more than reading."""


def check(data, *options, code=0):
    answer = type_in("check", data, "--label", "kind", *options)
    assert answer.code == code, answer.err
    return answer


def codes(record):
    return {found["code"] for found in record["findings"]}


def odd_table(folder):
    """Give a table with something to notice of many kinds."""
    table = beads(90, every=2)
    table["copy"] = table["kind"].map({"pearl": 1, "marble": 2}).fillna(1)
    table["constant"], table["empty"] = "x", ""
    table["photo"] = [f"photo-{row}.jpg" for row in range(len(table))]
    table.loc[2, ["size", "colour", "remark", "copy"]] = table.loc[0, ["size", "colour", "remark", "copy"]]
    table.loc[2, "kind"] = "Pearl"
    Image.new("RGB", (8, 8)).save(folder / "photo-0.jpg")
    return write(table, folder)


def test_a_table_is_summed_up_and_nothing_is_written(tmp_path):
    data = write(beads(), tmp_path)
    before = everything_below(tmp_path)

    answer = check(data)

    assert "57 rows: 19 with a label, 38 without." in answer.out
    assert "Task: classification" in answer.out
    assert "Labels: " in answer.out
    assert f"Next: pseudolabel fit {data} --label kind --out run" in answer.out.replace("\n", "")
    assert everything_below(tmp_path) == before


def test_it_notices_what_a_fit_notices_of_the_same_table(tmp_path):
    data = odd_table(tmp_path)

    answer = check(data, "--json")
    fitted = type_in("fit", data, "--label", "kind", "--out", tmp_path / "run", *QUICK, "--json")

    checked, record = json.loads(answer.out), json.loads(fitted.out)
    assert checked["findings"] == [found for found in record["findings"] if found["code"] not in OF_MODELS]
    assert checked["columns"] == record["columns"]
    assert checked["task"] == record["task"]
    assert {"images", "similar-labels", "single-label-class", "contradictory-labels"} <= codes(checked)
    assert {"constant-column", "empty-column", "identifier-column"} <= codes(checked)
    assert codes(checked) <= set(TITLES)
    for found in checked["findings"]:
        assert f"warning: {found['title']}" in answer.err.replace("\n", " ")


def test_both_rows_that_contradict_each_other_are_named_by_identifier_and_line(tmp_path):
    table = beads(60)
    table.loc[3, ["size", "colour", "remark"]] = table.loc[0, ["size", "colour", "remark"]]
    table.loc[[0, 3], "kind"] = ["pearl", "marble"]

    said = check(write(table, tmp_path), "--id", "code").err.replace("\n", " ")

    assert "'0000' (beads.csv, line 2) is 'pearl' and '0003' (beads.csv, line 5) is 'marble'" in said


def test_a_target_copied_into_a_column_of_numbers_is_named(tmp_path):
    random = np.random.default_rng(0)
    price = random.normal(100, 10, 200)
    table = pd.DataFrame(
        {"size": random.normal(size=200), "euros": price * 1.1, "kind": np.where(price > 95, price, np.nan)}
    )
    table.to_csv(tmp_path / "prices.csv", index=False)

    answer = check(tmp_path / "prices.csv")

    assert "Task: regression" in answer.out
    assert "'euros' holds the number itself" in answer.err


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda table: table.assign(kind=""), "No row is labeled"),
        (lambda table: table.assign(kind="pearl"), "every row has a label"),
        (lambda table: table.assign(kind=table["kind"].where(table["kind"] != "marble", "")), "of one class, 'pearl'"),
        (lambda table: table.rename(columns={"kind": "kinds"}), "Did you mean 'kinds'?"),
        (lambda table: table.rename(columns={"code": "id"}).assign(id=table["code"].replace("0005", "0004")), "twice"),
    ],
)
def test_it_refuses_what_a_fit_refuses_in_the_same_words(tmp_path, change, message):
    data = write(change(beads()), tmp_path)

    answer = check(data, code=2)
    fitted = type_in("fit", data, "--label", "kind", "--out", tmp_path / "run", *QUICK)

    assert message in answer.err
    assert (fitted.code, fitted.err) == (2, answer.err)


@pytest.mark.parametrize("name", ["id", "ID", "row_id", "uuid"])
def test_an_identifier_that_stands_twice_is_named_although_nobody_named_the_column(tmp_path, name):
    table = beads().rename(columns={"code": name})
    table.loc[7, name] = table.loc[3, name]

    said = check(write(table, tmp_path), code=2).err

    assert f"The identifier '0003' stands twice in column '{name}': beads.csv, line 5 and beads.csv, line 9." in said


def test_a_column_named_like_an_identifier_that_repeats_all_over_is_a_column_like_others(tmp_path):
    table = beads().rename(columns={"code": "id"})
    table["id"] = [f"{row % 9}" for row in range(len(table))]

    check(write(table, tmp_path))


def test_test_rows_that_are_learnt_from_are_left_out_of_the_comparison(tmp_path):
    random = np.random.default_rng(0)
    table = pd.DataFrame(random.normal(size=(200, 3)), columns=list("xyz"))
    table["kind"] = np.where(table["x"] > 0, "p", "q")
    kept = table.iloc[120:].copy()
    learnt = table.iloc[:120].assign(kind=table["kind"].where(table.index < 40, ""))
    pd.concat([kept, table.iloc[:7]]).to_csv(tmp_path / "test.csv", index=False)
    learnt.to_csv(tmp_path / "rows.csv", index=False)
    options = ("--label", "kind", "--test", tmp_path / "test.csv")

    checked = type_in("check", tmp_path / "rows.csv", *options)
    fitted = type_in("fit", tmp_path / "rows.csv", *options, "--out", tmp_path / "run", *QUICK, "--json")

    assert "7 of 87 rows of --test are equal to labeled rows" in checked.err.replace("\n", " ")
    assert json.loads(fitted.out)["metrics"]["scored_rows"] == 80


def test_a_rare_class_is_named_with_its_count_and_has_a_row_of_its_own_in_the_comparison(tmp_path):
    random = np.random.default_rng(0)
    n_rows = 1_200
    kind = np.where(np.arange(n_rows) % 400 == 0, "rare", "usual")
    table = pd.DataFrame({"x": random.normal(size=n_rows) + 4 * (kind == "rare"), "y": random.normal(size=n_rows)})
    table["kind"] = np.where(np.arange(n_rows) % 2 == 0, kind, "")
    table.to_csv(tmp_path / "rows.csv", index=False)

    fitted = type_in("fit", tmp_path / "rows.csv", "--label", "kind", "--out", tmp_path / "run", *QUICK, "--json")

    record = json.loads(fitted.out)
    [found] = [found for found in record["findings"] if found["code"] == "rare-class"]
    assert found["detail"].startswith("'rare' has 3 of 600 labels, 'usual' 597.")
    assert [row["class"] for row in record["metrics"]["per_class"]] == ["rare", "usual"]
    assert record["counts"]["suggested_per_class"]["rare"] == 0 or record["counts"]["given_per_class"]["rare"] == 3


def test_many_rows_are_checked_in_seconds(tmp_path):
    random = np.random.default_rng(0)
    table = pd.DataFrame(random.normal(size=(200_000, 30)).astype(np.float32), columns=[f"x{at}" for at in range(30)])
    table["kind"] = np.where(np.arange(200_000) % 50 == 0, np.where(table["x0"] > 0, "p", "q"), None)
    table.to_parquet(tmp_path / "rows.parquet")
    start = time.monotonic()

    check(tmp_path / "rows.parquet")

    assert time.monotonic() - start < 20
