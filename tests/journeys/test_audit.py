"""Audit: rows go out, answers come back, and the run folder keeps what they prove."""

import json
import re

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from journeys.steps import beads, everything_below, fit, labeled, type_in, write

from pseudolabel.manifest import write_manifest
from pseudolabel.storage import plain_json


def make_run(folder, n_rows=1650, source="accepted", form="file", classes=("pearl", "marble"), **columns):
    """A run folder as a fit leaves it, as far as an audit reads it; every third row has a label that was given."""
    folder.mkdir()
    rows = np.arange(n_rows)
    table = pa.table(
        {
            "code": [f"{row:04d}" for row in rows],
            "size": rows / 10,
            **{name: [value] * n_rows for name, value in columns.items()},
            "kind": pa.nulls(n_rows, pa.string()),
            "pseudo_label": [classes[row % 2] for row in rows],
            "confidence": np.full(n_rows, 0.9),
            "source": ["given" if row % 3 == 0 else source for row in rows],
            "probability_pearl": np.full(n_rows, 0.9),
        }
    )
    path = folder / "labeled.parquet"
    if form == "folder":
        path.mkdir()
        pq.write_table(table.slice(0, 500), path / "1.parquet")
        pq.write_table(table.slice(500), path / "2.parquet")
    else:
        pq.write_table(table, path)
    record = {
        "format": 2,
        "task": {"name": "classification"},
        "learning": {"task": "classification"},
        "verdict": {"code": "cannot_tell"},
        "findings": [],
        "table": {"file": "labeled.parquet", "columns": {n: n for n in ("pseudo_label", "confidence", "source")}},
        "columns": {
            "label": "kind",
            "id": "code",
            "features": [{"name": name, "kind": "number"} for name in ("size", *columns)],
            "left_out": [{"name": "code", "reason": "identifier: named by --id"}],
        },
    }
    return with_record(folder, record)


def with_record(folder, record):
    """Let a run folder have this record, as if the run had left it."""
    (folder / "record.json").write_text(plain_json(record), encoding="utf-8")
    write_manifest(folder)
    return folder


def sheet_of(path):
    return pd.read_csv(path, dtype=str, keep_default_na=False)


def fill(path, run, wrong=(), answered=None, out=None):
    """Answer the first rows of a sheet (all by default) as the labels say, but for the positions in `wrong`."""
    sheet, labels = sheet_of(path), labeled(run)["pseudo_label"].to_pylist()
    kinds = sorted({str(label) for label in labels})
    for at, row in enumerate(sheet["row"].astype(int)[:answered]):
        right = str(labels[row])
        sheet.loc[at, "answer"] = next(kind for kind in kinds if kind != right) if at in wrong else right
    sheet.to_csv(out or path, index=False)
    return out or path


def audit(run, *options):
    answer = type_in("audit", run, *options)
    assert (answer.code, answer.err) == (0, ""), answer.err
    return answer.out


def refused(run, *options):
    before = everything_below(run)
    answer = type_in("audit", run, *options)
    assert (answer.code, answer.out, answer.err.count("\n")) == (2, "", 1), answer
    assert everything_below(run) == before
    return answer.err


def stored(run):
    return json.loads((run / "audit.json").read_text(encoding="utf-8"))


@pytest.fixture
def run(tmp_path):
    return make_run(tmp_path / "run")


@pytest.fixture
def sheet(run):
    audit(run)
    return run / "audit.csv"


def test_from_the_fit_to_the_certificate(tmp_path):
    run = tmp_path / "run"
    fit(write(beads(), tmp_path), run, "--id", "code")

    said = refused(run)
    drawn = audit(run, "--source", "suggested", "--rows", 100)
    result = audit(run, "--answers", fill(run / "audit.csv", run))

    assert "No label of this run was accepted." in said
    assert drawn.startswith(f"38 of 38 rows with a suggested label, drawn at random, are in {run / 'audit.csv'}.\n")
    assert result == (
        "38 new answers, 38 of 38 in all.\n"
        "Certified: at least 95% of these 38 labels are right, by a full check. 38 checked, 38 right: 100.0%.\n"
    )


def test_a_sheet_shows_the_row_and_hides_what_the_model_thinks(run, sheet):
    shown, table = sheet_of(sheet), labeled(run)

    assert shown.columns.tolist() == ["row", "code", "size", "answer"]
    assert set(shown["answer"]) == {""}
    for row, code in zip(shown["row"].astype(int), shown["code"], strict=True):
        assert (table["source"][row].as_py(), table["code"][row].as_py()) == ("accepted", code)


def test_rows_are_drawn_at_random_by_a_seed_and_as_many_as_certify_with_one_error(tmp_path, run, sheet):
    rows = sheet_of(sheet)["row"].astype(int).tolist()
    same, other = (make_run(tmp_path / name) for name in ("same", "other"))
    audit(same)
    audit(other, "--seed", 1)

    assert len(rows) == len(set(rows)) == 105
    assert rows != sorted(rows)
    assert abs(np.mean(rows) - 825) < 140  # three standard errors of the mean of 105 of 1 650
    assert (same / "audit.csv").read_bytes() == sheet.read_bytes()
    assert set(sheet_of(other / "audit.csv")["row"].astype(int)) != set(rows)


def test_answers_in_any_order_and_in_parts_are_kept_and_added_up(run, sheet, tmp_path):
    first = audit(run, "--answers", fill(sheet, run, answered=40, out=tmp_path / "first.csv"))
    whole = sheet_of(fill(sheet, run, wrong=[50], out=tmp_path / "all.csv")).sample(frac=1, random_state=0)
    whole.iloc[:60].to_csv(tmp_path / "some.csv", index=False)
    whole.iloc[60:].to_csv(tmp_path / "rest.csv", index=False)

    audit(run, "--answers", tmp_path / "rest.csv")
    last = audit(run, "--answers", tmp_path / "some.csv")

    assert first.startswith("40 new answers, 40 of 105 in all.\nNot decided yet: 40 checked, 40 right: 100.0%")
    assert "105 of 105 in all.\nCertified: at least 95% of these 1,100 labels" in last
    result = stored(run)["result"]
    assert (result["code"], result["rows"], result["right"]) == ("certified", 105, 104)
    assert [entry["row"] for entry in stored(run)["answers"]][:40] == stored(run)["draw"][:40]


def test_answers_behind_a_row_without_one_wait(run, sheet, tmp_path):
    filled = sheet_of(fill(sheet, run, answered=80, out=tmp_path / "filled.csv"))
    filled.loc[10, "answer"] = ""
    filled.to_csv(tmp_path / "filled.csv", index=False)

    said = audit(run, "--answers", tmp_path / "filled.csv")

    assert "Not decided yet: 10 checked, 10 right" in said
    assert f"69 answers do not count yet: row {filled['row'][10]}, which was drawn before them, has none." in said


def test_a_row_that_cannot_be_decided_counts_as_wrong(run, sheet):
    filled = sheet_of(fill(sheet, run))
    filled.loc[:2, "answer"] = "?"
    filled.to_csv(sheet, index=False)

    assert "Not certified: 105 checked, 102 right" in audit(run, "--answers", sheet)


def test_an_audit_goes_on_with_more_rows_and_the_answers_it_has(run, sheet, tmp_path):
    said = audit(run, "--answers", fill(sheet, run, wrong=[20, 60]))
    needed = stored(run)["result"]["rows"] + stored(run)["result"]["more"]
    assert f"Draw more: pseudolabel audit {run} --rows {needed} --out more.csv" in said

    audit(run, "--rows", needed, "--out", tmp_path / "more.csv")
    last = audit(run, "--answers", fill(tmp_path / "more.csv", run))

    assert len(sheet_of(tmp_path / "more.csv")) == needed - 105
    assert not set(sheet_of(tmp_path / "more.csv")["row"]) & set(sheet_of(sheet)["row"])
    assert "Certified" in last


def test_a_sample_of_fixed_size_does_not_grow_but_all_rows_may_be_checked(tmp_path):
    run = make_run(tmp_path / "run", n_rows=300)
    audit(run)

    assert "a sample of fixed size proves nothing if it grows" in refused(
        run, "--rows", 90, "--out", tmp_path / "b.csv"
    )

    audit(run, "--rows", 200, "--out", tmp_path / "all.csv")
    assert "by a full check. 200 checked, 199 right" in audit(
        run, "--answers", fill(tmp_path / "all.csv", run, wrong=[7])
    )


@pytest.mark.parametrize(
    ("classes", "written"),
    [
        ((1, 0), ["1.0", "0.0"]),
        ((True, False), ["TRUE", "FALSE"]),
        ((2.5, 3.0), ["2.50", "3"]),
        (("1", "2"), ["1", "2"]),
    ],
)
def test_an_answer_is_read_in_the_type_of_the_labels(tmp_path, classes, written):
    run = make_run(tmp_path / "run", classes=classes)
    audit(run)
    filled = sheet_of(run / "audit.csv")
    filled["answer"] = [written[int(row) % 2] for row in filled["row"]]
    filled.to_csv(run / "audit.csv", index=False)

    assert "105 right: 100.0%" in audit(run, "--answers", run / "audit.csv")


def test_a_labeled_table_in_several_files_is_one_table(tmp_path):
    run = make_run(tmp_path / "run", form="folder")
    audit(run)

    assert "Certified" in audit(run, "--answers", fill(run / "audit.csv", run))


def test_columns_named_like_ours_leave_them_their_names(tmp_path):
    run = make_run(tmp_path / "run", row="theirs", answer="theirs")

    said = audit(run)
    filled = sheet_of(run / "audit.csv")
    filled["pseudolabel_answer"] = [("pearl", "marble")[int(row) % 2] for row in filled["pseudolabel_row"]]
    filled.to_csv(run / "audit.csv", index=False)

    assert "Fill in the column 'pseudolabel_answer'" in said
    assert set(filled["answer"]) == {"theirs"}
    assert "105 right" in audit(run, "--answers", run / "audit.csv")


def test_the_labels_can_be_shown(run):
    audit(run, "--show-labels")

    assert sheet_of(run / "audit.csv").columns.tolist() == ["row", "code", "size", "pseudo_label", "answer"]


def test_precision_and_confidence_are_those_the_run_promised_unless_others_are_asked_for(tmp_path):
    for name, options in (("own", []), ("other", ["--precision", "0.8"])):
        run = make_run(tmp_path / name)
        record = json.loads((run / "record.json").read_text(encoding="utf-8"))
        record["acceptance"] = {"precision": 0.9, "confidence": 0.8, "reason": "promised"}
        with_record(run, record)
        audit(run, *options)

    assert [stored(tmp_path / name)["settings"]["precision"] for name in ("own", "other")] == [0.9, 0.8]
    assert stored(tmp_path / "own")["settings"]["confidence"] == 0.8


def altered(sheet, at, **cells):
    table = sheet_of(sheet)
    for name, value in cells.items():
        table.loc[at, name] = value
    table.to_csv(sheet, index=False)
    return sheet


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        ({"answer": "perl"}, r"audit.csv, line 5: There is no class 'perl'\. Did you mean 'pearl'\?"),
        ({"row": "0", "answer": "pearl"}, r"audit.csv, line 5: row 0 is not among those that were drawn"),
        ({"row": "x", "answer": "pearl"}, r"audit.csv, line 5: 'x' is no row number"),
    ],
)
def test_a_sheet_with_a_wrong_cell_is_refused_whole_with_its_line(run, sheet, cells, message):
    fill(sheet, run)
    altered(sheet, 3, **cells)

    assert re.search(message, refused(run, "--answers", sheet))
    assert stored(run)["answers"] == []


def test_an_answer_that_was_given_is_not_changed(run, sheet):
    audit(run, "--answers", fill(sheet, run))

    fill(sheet, run, wrong=[4])

    row = sheet_of(sheet)["row"][4]
    assert f"line 6: row {row} was answered " in refused(run, "--answers", sheet)


def test_a_sheet_that_may_hold_answers_is_not_replaced(run, sheet):
    fill(sheet, run, answered=5)

    assert "exists and may hold answers" in refused(run)


def test_what_is_fixed_before_the_first_answer_cannot_be_changed_but_a_new_audit_begun(run, sheet, tmp_path):
    said = refused(run, "--precision", "0.9", "--out", tmp_path / "b.csv")
    audit(run, "--precision", "0.9", "--overwrite")

    assert "begun with another precision" in said
    assert stored(run)["settings"]["precision"] == 0.9


def test_an_audit_of_labels_that_have_changed_since_is_void(run, sheet, tmp_path):
    fill(sheet, run)
    table = labeled(run)
    pq.write_table(table.slice(0, table.num_rows - 1), run / "labeled.parquet")

    assert "labeled.parquet' is not as the run left it" in refused(run, "--answers", sheet)
    write_manifest(run)
    assert "is void" in refused(run, "--answers", sheet)
    assert "is void" in refused(run, "--out", tmp_path / "b.csv")


def test_a_run_that_predicts_numbers_is_refused(tmp_path):
    run = make_run(tmp_path / "run")
    record = json.loads((run / "record.json").read_text(encoding="utf-8"))
    with_record(run, {**record, "task": {"name": "regression"}})

    assert "predicts numbers" in refused(run)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--rows", "0"], "`rows` must be a whole number of at least 1"),
        (["--seed", "-1"], "`seed` must be a whole number of at least 0"),
        (["--precision", "1.0"], "`precision` must be a number above 0 and below 1"),
        (["--answers", "nothing.csv"], "No audit of"),
        (["--answers", "nothing.csv", "--rows", "9"], "takes no option but --encoding"),
        (["--out", "nowhere/a.csv"], "there is no folder"),
        (["--source", "suggested"], "This run has no labels to audit"),
    ],
)
def test_an_option_that_cannot_be_used_is_refused(run, options, message):
    assert message in refused(run, *options)


def test_a_folder_without_a_run_or_with_a_damaged_audit_is_refused(tmp_path, run, sheet):
    (run / "audit.json").write_text("{}", encoding="utf-8")

    assert "is not the file of an audit" in refused(run, "--answers", sheet)
    assert "is not a run" in refused(tmp_path, "--out", tmp_path / "b.csv")


@pytest.mark.parametrize("change", [{"columns": 7}, {"task": {}}, {"format": 99}, {"findings": "none"}])
def test_a_record_that_is_none_is_refused_though_the_manifest_fits(run, change):
    record = json.loads((run / "record.json").read_text(encoding="utf-8"))
    with_record(run, record | change)

    assert re.search("is not the record of a run|made by a newer version", refused(run))
