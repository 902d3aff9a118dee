"""Odd tables: few labels, many classes, strange names and every type of column; each runs, or says why not."""

import datetime
import decimal
import json
import resource
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from journeys.steps import ADULT, QUICK, beads, fit, labeled, run_script, type_in, typed, write
from PIL import Image


def record_of(run: Path) -> dict:
    return json.loads((run / "record.json").read_text(encoding="utf-8"))


def finding(run: Path, code: str) -> str:
    """Give the detail of the one finding of a code."""
    (detail,) = [found["detail"] for found in record_of(run)["findings"] if found["code"] == code]
    return detail


def beads_of(labels: dict[str, object], kind: pa.DataType) -> pa.Table:
    """Give the beads as Arrow, their labels in another type."""
    table = typed(beads())
    values = pa.array([labels.get(label) for label in table["kind"].to_pylist()], kind)
    return table.set_column(table.column_names.index("kind"), "kind", values)


@pytest.mark.parametrize("options", [(), QUICK], ids=["auto", "quick"])
def test_one_label_a_class_runs_and_says_that_no_honest_comparison_is_possible(tmp_path, options):
    table = beads()
    table.loc[2:, "kind"] = ""
    table.loc[:1, "kind"] = ["pearl", "marble"]

    answer = type_in("fit", write(table, tmp_path), "--label", "kind", "--out", tmp_path / "run", *options)

    assert answer.code == 0
    assert "\n≈ Cannot tell: " in answer.out
    assert record_of(tmp_path / "run")["metrics"] is None
    verdict = record_of(tmp_path / "run")["verdict"]
    assert (verdict["code"], verdict["reason"]) == ("cannot_tell", "too_few_labels")
    assert "There is no comparison" in (tmp_path / "run" / "report.html").read_text(encoding="utf-8")
    assert labeled(tmp_path / "run")["pseudo_label"].null_count == 0


def test_a_table_of_nothing_but_names_and_images_is_learnt_from_by_the_names_and_that_is_said(tmp_path):
    names = [f"{('cat', 'dog')[row % 2]}_{row}.png" for row in range(60)]
    for name in names[:58]:
        Image.new("RGB", (8, 8), "red").save(tmp_path / name)
    (tmp_path / names[3]).write_bytes(b"not an image")
    label = [("C", "D")[row % 2] if row < 40 else "" for row in range(60)]
    table = pd.DataFrame({"id": [f"i{row}" for row in range(60)], "image": names, "kind": label})
    table.to_csv(tmp_path / "pets.csv", index=False)

    checked = type_in("check", tmp_path / "pets.csv", "--label", "kind", "--json")
    fitted = fit(tmp_path / "pets.csv", tmp_path / "run", "--evidence", "none")
    predicted = type_in("predict", tmp_path / "run", tmp_path / "pets.csv", "--out", tmp_path / "new.csv")

    told, record = finding(tmp_path / "run", "images"), record_of(tmp_path / "run")
    assert record["columns"]["features"] == [{"name": "image", "kind": "text"}]
    assert told in [found["detail"] for found in json.loads(checked.out)["findings"]]
    assert "pixels are not learnt from, and as there is no other column, their names are" in told
    assert f"missing: '{names[58]}', '{names[59]}'" in told
    assert f"no image: '{names[3]}'" in told
    assert "[images]" in fitted.err
    assert predicted.code == 0, predicted.err
    assert (pd.read_csv(tmp_path / "new.csv")["pseudo_label"] == ["C", "D"] * 30).mean() > 0.7


def test_a_class_with_one_row_is_named_and_never_scored(tmp_path):
    table = beads(63)
    table.loc[0, "kind"] = "opal"

    answer = fit(write(table, tmp_path), tmp_path / "run")

    assert "'opal'" in finding(tmp_path / "run", "single-label-class")
    assert "single-label-class" in answer.err
    assert record_of(tmp_path / "run")["metrics"]["not_scored"] == {"rows": 1, "classes": ["opal"]}
    assert record_of(tmp_path / "run")["counts"]["given_per_class"]["opal"] == 1


def test_twenty_six_classes_are_all_counted_and_the_first_twenty_listed(tmp_path):
    letters = [chr(ord("a") + number) for number in range(26)]
    table = pd.DataFrame({"x": np.arange(260) % 26 + 0.25, "y": np.arange(260) % 7, "kind": letters * 10})
    table.loc[52:, "kind"] = ""

    answer = fit(write(table, tmp_path), tmp_path / "run", "--probabilities")

    record = record_of(tmp_path / "run")
    assert record["classes"] == letters
    assert [len(labeled(tmp_path / "run")), record["counts"]["given"]] == [260, 52]
    assert "\nt " in answer.out
    assert "\nu " not in answer.out
    assert "… and 6 more" in answer.out


def test_labels_that_differ_in_case_or_spaces_stay_apart_and_are_listed(tmp_path):
    table = beads()
    table.loc[0, "kind"], table.loc[6, "kind"] = "Pearl", " pearl"

    fit(write(table, tmp_path), tmp_path / "run")

    assert record_of(tmp_path / "run")["classes"] == [" pearl", "Pearl", "marble", "pearl"]
    assert finding(tmp_path / "run", "similar-labels") == "kept apart: ' pearl' and 'Pearl' and 'pearl'"


@pytest.mark.parametrize("name", ["Zürich 東京 😀", 'a "quoted" one, it\'s', "two\nlines"])
def test_any_text_is_a_class(tmp_path, name):
    table = beads()
    table["kind"] = table["kind"].replace("pearl", name)

    fit(write(table, tmp_path), tmp_path / "run", "--table", tmp_path / "out.csv", "--probabilities")

    assert record_of(tmp_path / "run")["classes"] == sorted([name, "marble"])
    assert set(labeled(tmp_path / "run")["pseudo_label"].to_pylist()) == {name, "marble"}
    assert set(pd.read_csv(tmp_path / "out.csv", keep_default_na=False)["pseudo_label"]) == {name, "marble"}


@pytest.mark.parametrize("name", ["source", "pseudo_label", "confidence"])
def test_a_column_named_like_one_of_ours_is_kept_and_ours_is_renamed(tmp_path, name):
    data = write(beads().rename(columns={"colour": name}), tmp_path)

    answer = fit(data, tmp_path / "run")

    found = labeled(tmp_path / "run")
    assert found[name].to_pylist() == beads()["colour"].to_list()
    assert f"pseudolabel_{name}" in found.column_names
    assert finding(tmp_path / "run", "column-renamed").endswith(f"'{name}' is 'pseudolabel_{name}'.")
    assert "column-renamed" in answer.err
    assert record_of(tmp_path / "run")["table"]["columns"][name] == f"pseudolabel_{name}"


def test_columns_may_have_any_names(tmp_path):
    names = ["class", "None", "a b", "a.b", "", "ü", "x,y", 'q"q', "__class__", "0", "kind.1", "index", "{{x}}", "%s"]
    table = typed(beads())
    for shift, name in enumerate(names):
        table = table.append_column(name, pa.array([float((row + shift) % 7) for row in range(57)]))
    pq.write_table(table, tmp_path / "data.parquet")

    fit(tmp_path / "data.parquet", tmp_path / "run")
    answer = type_in("predict", tmp_path / "run", tmp_path / "data.parquet", "-o", tmp_path / "out.parquet")

    assert answer.code == 0, answer.err
    assert labeled(tmp_path / "run").select(table.column_names).equals(table)
    assert set(names) <= {column["name"] for column in record_of(tmp_path / "run")["columns"]["features"]}


def test_free_text_is_learned_from_and_comes_back_as_it_was(tmp_path):
    table = beads()
    table["prose"] = [f"Seen at {row} o'clock, a {word}\none." for row, word in enumerate(table["remark"])]
    data = write(table, tmp_path)

    fit(data, tmp_path / "run")
    answer = type_in("predict", tmp_path / "run", data, "-o", tmp_path / "out.csv")

    assert answer.code == 0, answer.err
    kinds = {column["name"]: column["kind"] for column in record_of(tmp_path / "run")["columns"]["features"]}
    assert kinds["prose"] == "text"
    assert labeled(tmp_path / "run")["prose"].to_pylist() == table["prose"].to_list()


def test_the_label_column_may_have_any_name_too(tmp_path):
    data = write(beads().rename(columns={"kind": "class of bead"}), tmp_path)

    fit(data, tmp_path / "run", label="class of bead")

    assert record_of(tmp_path / "run")["columns"]["label"] == "class of bead"


@pytest.mark.parametrize(
    ("labels", "kind"),
    [
        pytest.param({"pearl": 1, "marble": 2}, pa.int64(), id="int64"),
        pytest.param({"pearl": 1, "marble": 0}, pa.int8(), id="int8"),
        pytest.param({"pearl": 2**40, "marble": 2**40 + 1}, pa.uint64(), id="uint64"),
        pytest.param({"pearl": True, "marble": False}, pa.bool_(), id="bool"),
        pytest.param({"pearl": 1.0, "marble": 2.0}, pa.float64(), id="float"),
        pytest.param({"pearl": "p", "marble": "m"}, pa.large_string(), id="large text"),
    ],
)
def test_pseudo_labels_have_the_type_of_the_label_column(tmp_path, labels, kind):
    table = beads_of(labels, kind)
    pq.write_table(table, tmp_path / "data.parquet")

    fit(tmp_path / "data.parquet", tmp_path / "run", "--table", tmp_path / "out.csv")

    found = labeled(tmp_path / "run")
    assert found["pseudo_label"].type == kind
    assert set(found["pseudo_label"].to_pylist()) == set(labels.values())
    assert record_of(tmp_path / "run")["classes"] == [str(value) for value in sorted(labels.values())]


def test_whole_number_labels_of_a_csv_stay_whole_numbers(tmp_path):
    table = beads()
    table["kind"] = table["kind"].map({"pearl": "1", "marble": "2", "": ""})

    fit(write(table, tmp_path), tmp_path / "run", "--table", tmp_path / "out.csv")

    assert labeled(tmp_path / "run")["pseudo_label"].type == pa.int64()
    assert set(pd.read_csv(tmp_path / "out.csv", dtype=str)["pseudo_label"]) == {"1", "2"}


def test_labels_of_a_dictionary_column_are_texts(tmp_path):
    table = typed(beads())
    table = table.set_column(4, "kind", table["kind"].dictionary_encode())
    pq.write_table(table, tmp_path / "data.parquet")

    fit(tmp_path / "data.parquet", tmp_path / "run")

    assert labeled(tmp_path / "run")["kind"].to_pylist() == table["kind"].to_pylist()
    assert set(labeled(tmp_path / "run")["pseudo_label"].to_pylist()) == {"pearl", "marble"}


def columns_of_every_type(n_rows: int = 57) -> dict[str, pa.Array]:
    """Give a column of each type a Parquet file can have, some cells null."""
    days = [datetime.date(2024, 1, 1) + datetime.timedelta(days=row * 3) for row in range(n_rows)]
    moments = [datetime.datetime(2024, 1, 1, 12) + datetime.timedelta(hours=row * row) for row in range(n_rows)]
    words = [("red", "green", None, "blue")[row % 4] for row in range(n_rows)]
    return {
        "decimal": pa.array([decimal.Decimal(row * row) / 4 for row in range(n_rows)], pa.decimal128(12, 2)),
        "day": pa.array([None, *days[1:]]),
        "moment": pa.array([None, *moments[1:]], pa.timestamp("us")),
        "moment with zone": pa.array(moments, pa.timestamp("ns", "Europe/Zurich")),
        "span": pa.array([None, *(datetime.timedelta(seconds=row) for row in range(1, n_rows))], pa.duration("us")),
        "time": pa.array([datetime.time(row % 24) for row in range(n_rows)], pa.time64("us")),
        "category": pa.array(words).dictionary_encode(),
        "ordered": pa.DictionaryArray.from_arrays(
            pa.array([row % 2 for row in range(n_rows)]), ["lo", "hi"], ordered=True
        ),
        "flag": pa.array([None if row == 5 else row % 2 == 0 for row in range(n_rows)]),
        "nothing": pa.nulls(n_rows),
        "list": pa.array([[row, row + 1] for row in range(n_rows)]),
        "record": pa.array([{"a": row, "b": str(row)} for row in range(n_rows)]),
        "bytes": pa.array([bytes([row]) for row in range(n_rows)], pa.binary()),
        "small": pa.array([row % 100 for row in range(n_rows)], pa.int8()),
        "half": pa.array(np.linspace(0, 1, n_rows, dtype=np.float16)),
        "huge": pa.array([2**64 - 1 - row * row for row in range(n_rows)], pa.uint64()),
        "infinite": pa.array([np.inf if row % 9 == 0 else float(row % 5) for row in range(n_rows)]),
    }


@pytest.mark.parametrize("name", [*columns_of_every_type(), "all of them"])
def test_a_column_of_any_type_comes_back_as_it_was(tmp_path, name):
    every = columns_of_every_type()
    table = typed(beads())
    for column in every if name == "all of them" else [name]:
        table = table.append_column(column, every[column])
    pq.write_table(table, tmp_path / "data.parquet")
    stored = pq.ParquetFile(tmp_path / "data.parquet").read()

    fit(tmp_path / "data.parquet", tmp_path / "run", "--table", tmp_path / "out.csv")
    answer = type_in("predict", tmp_path / "run", tmp_path / "data.parquet", "-o", tmp_path / "new.parquet")

    assert labeled(tmp_path / "run").select(table.column_names).equals(stored)
    assert labeled(tmp_path / "run").select(table.column_names).schema.types == stored.schema.types
    assert answer.code == 0, answer.err


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("nothing", "empty-column"),
        ("list", "nested-column"),
        ("record", "nested-column"),
        ("infinite", "infinite-values"),
    ],
)
def test_a_column_that_cannot_be_used_in_full_is_named(tmp_path, name, code):
    pq.write_table(typed(beads()).append_column(name, columns_of_every_type()[name]), tmp_path / "data.parquet")

    fit(tmp_path / "data.parquet", tmp_path / "run")

    assert f"'{name}'" in finding(tmp_path / "run", code)


def test_columns_of_a_csv_that_may_surprise_are_named_with_the_reason(tmp_path):
    odd = {
        "unit": ["7"] * 57,
        "gap": [""] * 57,
        "nth": [str(row) for row in range(57)],
        "tag": [f"{row}x" for row in range(57)],
        "comma": [("1,5", "2")[row % 2] for row in range(57)],
        "mix": [("n/a", "2", "3")[row % 3] for row in range(57)],
        "vast": [("1e400", "2.5", "3")[row % 3] for row in range(57)],
    }

    answer = fit(write(beads().assign(**odd), tmp_path), tmp_path / "run")

    assert finding(tmp_path / "run", "constant-column") == "'unit' (every cell is 7)"
    assert finding(tmp_path / "run", "empty-column") == "'gap' (no cell is filled)"
    assert "'nth' (numbers the rows in order)" in finding(tmp_path / "run", "identifier-column")
    assert "'tag' (a different text in every row)" in finding(tmp_path / "run", "identifier-column")
    assert "Column 'comma' is read as text" in finding(tmp_path / "run", "decimal-comma")
    assert "'n/a' (line 2)" in finding(tmp_path / "run", "mixed-types")
    assert "'1e400' (line 2)" in finding(tmp_path / "run", "number-overflow")
    assert "'vast' (19 cells)" in finding(tmp_path / "run", "infinite-values")
    assert all(found["code"] in answer.err for found in record_of(tmp_path / "run")["findings"])


@pytest.mark.parametrize("estimator", ["forest", "logistic", "boosting"])
def test_a_column_that_is_empty_wherever_there_is_a_label_is_no_obstacle(tmp_path, estimator):
    column = ["" if kind else str(row % 9) for row, kind in enumerate(beads()["kind"])]
    data = write(beads().assign(late=column), tmp_path)

    answer = type_in("fit", data, "--label", "kind", "--out", tmp_path / "run", "--estimator", estimator)

    assert answer.code == 0, answer.err


def test_flags_and_spans_with_gaps_can_be_compared(tmp_path):
    every, table = columns_of_every_type(63), typed(beads(63))
    table = table.append_column("flag", every["flag"]).append_column("span", every["span"])
    pq.write_table(table, tmp_path / "data.parquet")

    fit(tmp_path / "data.parquet", tmp_path / "run")

    assert record_of(tmp_path / "run")["metrics"]["scored_rows"] == 21


@pytest.mark.parametrize("number", ["1e38", "-1e300"])
def test_numbers_too_large_for_the_learners_are_no_obstacle(tmp_path, number):
    data = write(beads().assign(big=[number, "2.5", "3.5"] * 19), tmp_path)

    fit(data, tmp_path / "run", "--table", tmp_path / "out.csv")

    assert pd.read_csv(tmp_path / "out.csv", dtype=str)["big"][0] == number


@pytest.mark.parametrize(
    "cells",
    [
        [str(row) for row in range(57)],
        [f"{row:04d}" for row in range(57)],
        [f"{row}.0" for row in range(57)],
        ["", *(str(row) for row in range(56))],
    ],
    ids=["whole", "leading zeros", "decimals", "a gap"],
)
def test_a_row_number_in_any_form_is_an_identifier_however_the_rows_are_sorted(tmp_path, cells):
    table = beads().sort_values("kind").drop(columns="code").assign(rowno=cells)

    fit(write(table, tmp_path), tmp_path / "run")

    assert "'rowno'" in finding(tmp_path / "run", "identifier-column")


def test_numbers_that_no_computer_holds_come_back_digit_by_digit(tmp_path):
    table = beads().assign(big=["9" * 30, "1e400", "2.50", "-0", "007"] * 11 + ["1", "2"])

    fit(write(table, tmp_path), tmp_path / "run", "--table", tmp_path / "out.csv")

    assert pd.read_csv(tmp_path / "out.csv", dtype=str)["big"].tolist() == table["big"].tolist()


def test_a_table_of_a_hundred_columns_takes_seconds(tmp_path):
    generator = np.random.default_rng(0)
    wide = pd.DataFrame(generator.normal(size=(57, 100)).round(3)).add_prefix("x").astype(str)
    data = write(pd.concat([beads(), wide], axis=1), tmp_path)
    start = time.process_time()

    fit(data, tmp_path / "run")

    assert time.process_time() - start < 60
    assert len(record_of(tmp_path / "run")["columns"]["features"]) > 100


def test_a_table_of_more_than_a_thousand_columns_takes_seconds_and_says_who_was_left_out(tmp_path):
    generator = np.random.default_rng(0)
    kind = np.arange(120) % 2
    wide = pd.DataFrame(generator.normal(size=(120, 1_010)).round(3) + 0.5 * (kind == 1)[:, None]).add_prefix("x")
    data = write(wide.assign(kind=np.where(np.arange(120) < 40, np.array(["p", "q"])[kind], "")), tmp_path)
    start = time.process_time()

    answer = type_in("fit", data, "--label", "kind", "--out", tmp_path / "run", "--evidence", "none")

    assert time.process_time() - start < 20
    assert answer.code == 0, answer.err
    left_out = {member["name"]: member["reason"] for member in record_of(tmp_path / "run")["learning"]["left_out"]}
    assert left_out == {"boosting": "1010 columns: it is called for at most 1000"}
    suggested = labeled(tmp_path / "run")["pseudo_label"].to_pylist()
    assert np.mean(np.array(suggested) == np.array(["p", "q"])[kind]) > 0.95
    assert (tmp_path / "run" / "model.skops").stat().st_size < 6_000_000
    predicted = type_in("predict", tmp_path / "run", data, "--out", tmp_path / "new.csv")
    assert predicted.code == 0, predicted.err
    assert (pd.read_csv(tmp_path / "new.csv")["pseudo_label"] == suggested).mean() > 0.95


@pytest.mark.parametrize(
    ("estimator", "method"),
    [
        *(("auto", method) for method in ("auto", "one-shot", "self-training", "curriculum")),
        *((estimator, "auto") for estimator in ("forest", "boosting", "logistic", "lightgbm", "xgboost")),
    ],
)
def test_every_estimator_and_every_method_runs_on_a_mixed_table(tmp_path, estimator, method):
    table = pd.read_csv(ADULT, dtype=str, keep_default_na=False).head(100)
    table.loc[np.flatnonzero(table["income"] != "")[16:], "income"] = ""
    options = ("--method", method, "--estimator", estimator, "--id", "person")

    answer = type_in(
        "fit", write(table, tmp_path), "--label", "income", "--out", tmp_path / "run", *options, "--probabilities"
    )

    assert answer.code == 0, answer.err
    found = labeled(tmp_path / "run").to_pandas()
    labels = found["pseudo_label"]
    assert set(found["source"]) <= {"given", "suggested", "none"}
    assert (found["source"] == "none").equals(labels.isna())
    assert record_of(tmp_path / "run")["counts"]["none"] == int(labels.isna().sum())
    assert set(labels.dropna()) <= {"<=50K", ">50K"}


def test_a_csv_with_a_byte_order_mark_windows_line_ends_and_breaks_in_cells_keeps_its_rows(tmp_path):
    text = beads().to_csv(index=False, lineterminator="\r\n").replace("0002", '"00\r\n02"')
    (tmp_path / "data.csv").write_bytes(b"\xef\xbb\xbf" + text.encode())

    fit(tmp_path / "data.csv", tmp_path / "run", "--id", "code")

    assert labeled(tmp_path / "run")["code"].to_pylist()[:4] == ["0000", "0001", "00\r\n02", "0003"]
    assert labeled(tmp_path / "run").num_rows == 57


def test_another_encoding_is_read_when_it_is_named(tmp_path):
    table = beads()
    table["kind"] = table["kind"].replace("pearl", "pérle")
    (tmp_path / "data.csv").write_bytes(table.to_csv(index=False).encode("cp1252"))

    fit(tmp_path / "data.csv", tmp_path / "run", "--encoding", "cp1252")

    assert record_of(tmp_path / "run")["classes"] == ["marble", "pérle"]


def test_a_limit_on_addresses_that_a_cluster_sets_is_kept(tmp_path):
    data = write(beads(), tmp_path)

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (5 << 29, 5 << 29))  # 2.5 GiB

    answer = run_script("fit", data, "--label", "kind", "--out", tmp_path / "run", preexec_fn=limit)

    assert answer.code == 0, answer.err
