"""Bad input ends with exit code 2, one paragraph that names what is wrong, and not a file more than before."""

import gzip
import os
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest
from journeys.steps import QUICK, beads, everything_below, run_script, type_in, typed, write

CSV = beads(n_rows=24).to_csv(index=False, lineterminator="\n")
HEADER = "code,size,colour,remark,kind\n"


def numbered(value: str) -> str:
    """Give every labeled row another number for a label."""
    table = beads()
    table["kind"] = [value.format(row) if kind else "" for row, kind in enumerate(table["kind"])]
    return table.to_csv(index=False)


def refused(folder: Path, *arguments: object) -> str:
    """Run a command that must be refused, and give its message once the laws of every refusal are checked."""
    before = everything_below(folder)

    answer = type_in(*arguments)

    assert answer.code == 2, answer
    assert answer.out == ""
    assert answer.err.startswith("pseudolabel: ")
    assert answer.err.count("\n") == 1, "one paragraph"
    assert "Traceback" not in answer.err
    assert everything_below(folder) == before, "nothing is written, changed or left over"
    return answer.err


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param("", r"data\.csv is empty", id="empty file"),
        pytest.param(HEADER, r"no rows, only a header line \(5 columns\)", id="header only"),
        pytest.param(
            CSV.replace(",red,", ",red,x,", 1), r"line \d+: 6 cells, but the header has 5 columns", id="ragged"
        ),
        pytest.param(
            CSV.replace("0011,", '"0011,').replace('"a', "a").replace('",', ","),
            r"line 13, column 1: the quote that opens here is never",
            id="quote",
        ),
        pytest.param(CSV.replace("0011", "00\x0011"), r"line 13: a NUL character", id="NUL"),
        pytest.param(
            CSV.replace("tiny", "t\xedny").encode("latin-1"), r"line 2: not utf-8 text .*--encoding", id="bytes"
        ),
        pytest.param(CSV.replace("size", "colour", 1), r"'colour' is used twice, by columns 2 and 3", id="names"),
        pytest.param(
            CSV.replace("pearl", "").replace("marble", ""), r"column 'kind'.*No row is labeled", id="no label"
        ),
        pytest.param(CSV.replace(",\n", ",pearl\n"), r"every row has a label.*--unlabeled-marker", id="all labeled"),
        pytest.param(CSV.replace(",\n", ",?\n"), r"If '\?' is no class, add --unlabeled-marker=\?", id="mark"),
        pytest.param(CSV.replace("marble", "pearl"), r"of one class, 'pearl'", id="one class"),
        pytest.param(gzip.compress(CSV.encode()), r"gzip file: let its name end in \.csv\.gz", id="gzip"),
        pytest.param("code,kind\n" + "1,a\n1,b\n1,\n" * 5, r"No column is left to learn from: 'code'", id="constant"),
    ],
)
def test_a_table_that_cannot_be_used_is_refused_with_the_place(tmp_path, content, message):
    data = tmp_path / "data.csv"
    data.write_bytes(content if isinstance(content, bytes) else content.encode())

    said = refused(tmp_path, "fit", data, "--label", "kind", "--out", tmp_path / "run", *QUICK)

    assert pd.Series([said]).str.contains(message, regex=True).all(), said


@pytest.mark.parametrize(
    ("options", "message"),
    [
        pytest.param(
            ("--label", "knid"), "no column 'knid' (--label). Did you mean 'kind'? Its columns are 'code'", id="label"
        ),
        pytest.param(("--label", "kind", "--id", "cod"), "no column 'cod' (--id). Did you mean 'code'?", id="id"),
        pytest.param(("--label", "kind", "--columns", "id"), "Add --id COLUMN", id="columns id without id"),
        pytest.param(
            ("--label", "kind", "--columns", "some"), '"some" for --columns. Choose from: "all"', id="bad choice"
        ),
        pytest.param(
            ("--label", "kind", "--estimator", "forrest"),
            '"forrest" for --estimator. Choose from: "auto"',
            id="bad estimator",
        ),
        pytest.param(
            ("--label", "kind", "--seed", "many"), 'Invalid value for --seed: unable to convert "many"', id="bad number"
        ),
        pytest.param(("--label", "kind", "--colour"), "--colour", id="unknown option"),
        pytest.param(("--label", "kind", "--table", "out.xlsx"), "let the name end in one of .csv", id="table suffix"),
        pytest.param(("--label", "kind", "--table", "no/out.csv"), "there is no folder 'no'", id="table folder"),
        pytest.param(("--label", "kind", "--encoding", "utf-9"), "There is no text encoding 'utf-9'", id="encoding"),
        pytest.param((), "--label", id="no label named"),
        pytest.param(
            ("--label", "kind", "--seed", "-1"),
            "--seed must be a whole number from 0 to 4294967295, got -1.",
            id="seed",
        ),
        pytest.param(("--label", "kind", "--seed", 2**32), "--seed must be a whole number from 0", id="large seed"),
        pytest.param(
            ("--label", "kind", "--sample-rows", "0"),
            "--sample-rows must be a whole number of at least 1, got 0.",
            id="no sample",
        ),
        pytest.param(("--label", "kind", "--sample-rows", "-5"), "--sample-rows must be", id="negative sample"),
        pytest.param(("--label", "kind", "--jobs", "0"), "--jobs must be a number of workers, or -1", id="no jobs"),
        pytest.param(
            ("--label", "kind", "--precision", "2"),
            "--precision must be a number above 0 and below 1, got 2.0.",
            id="precision",
        ),
        pytest.param(
            ("--label", "kind", "--confidence", "nan"), "--confidence must be a number above 0", id="confidence"
        ),
        pytest.param(("--label", "kind", "--memory", "2"), "--memory '2' is no size. Write it as 2GB", id="memory"),
    ],
)
def test_an_option_that_cannot_be_used_is_refused_by_name(tmp_path, options, message):
    data = write(beads(), tmp_path)

    assert message in refused(tmp_path, "fit", data, "--out", tmp_path / "run", *options)


def test_a_missing_file_is_named_with_its_near_match(tmp_path):
    write(beads(), tmp_path)

    said = refused(tmp_path, "fit", tmp_path / "baeds.csv", "--label", "kind", "--out", tmp_path / "run")

    assert "There is no file" in said
    assert "Did you mean 'beads.csv'?" in said


def test_a_missing_unlabeled_file_is_named(tmp_path):
    data, more = write(beads(), tmp_path), tmp_path / "more.csv"

    said = refused(tmp_path, "fit", data, "--label", "kind", "--unlabeled", more, "--out", tmp_path / "run")

    assert f"There is no file '{more}'" in said


def test_an_empty_unlabeled_file_is_named(tmp_path):
    data, more = write(beads(), tmp_path), tmp_path / "more.csv"
    more.touch()

    said = refused(tmp_path, "fit", data, "--label", "kind", "--unlabeled", more, "--out", tmp_path / "run")

    assert "more.csv is empty" in said


def test_a_file_of_an_unknown_kind_is_told_what_can_be_read(tmp_path):
    data = tmp_path / "beads.xlsx"
    data.touch()

    assert ".parquet" in refused(tmp_path, "fit", data, "--label", "kind", "--out", tmp_path / "run")


def test_repeated_ids_are_named_with_both_lines(tmp_path):
    data = tmp_path / "beads.csv"
    data.write_text(CSV.replace("0007", "0004"), encoding="utf-8")

    said = refused(tmp_path, "fit", data, "--label", "kind", "--id", "code", "--out", tmp_path / "run")

    assert "'0004' stands twice in column 'code': beads.csv, line 6 and beads.csv, line 9" in said


def test_ids_repeated_over_two_files_are_named_with_both_files(tmp_path):
    data, more = write(beads(), tmp_path), write(beads().head(3), tmp_path, "parquet", "more")

    said = refused(
        tmp_path, "fit", data, "--label", "kind", "--id", "code", "--unlabeled", more, "--out", tmp_path / "run"
    )

    assert "'0000' stands twice in column 'code': beads.csv, line 2 and more.parquet, row 1" in said


def test_a_parquet_file_cut_short_is_called_so(tmp_path):
    data = write(beads(), tmp_path, "parquet")
    data.write_bytes(data.read_bytes()[:-100])

    assert "cut short" in refused(tmp_path, "fit", data, "--label", "kind", "--out", tmp_path / "run")


def test_parts_with_other_columns_are_named(tmp_path):
    data = write(beads(), tmp_path, "folder")
    pq.write_table(typed(beads().drop(columns="size")), data / "part-2.parquet")

    said = refused(tmp_path, "fit", data, "--label", "kind", "--out", tmp_path / "run")

    assert "part-2.parquet has other columns than part-0.parquet: it lacks 'size'" in said


def test_a_folder_for_an_out_that_is_a_file_is_refused(tmp_path):
    data = write(beads(), tmp_path)

    (tmp_path / "run").write_text("a file", encoding="utf-8")

    said = refused(tmp_path, "fit", data, "--label", "kind", "--out", tmp_path / "run")

    assert "is a file; --out needs a folder" in said


def test_the_out_folder_may_not_be_the_input_file(tmp_path):
    data = write(beads(), tmp_path)

    assert "holds an input" in refused(tmp_path, "fit", data, "--label", "kind", "--out", data)


@pytest.mark.parametrize("overwrite", [(), ("--overwrite",)])
def test_a_folder_of_foreign_files_is_refused_with_and_without_overwrite(tmp_path, overwrite):
    data = write(beads(), tmp_path)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("years of work", encoding="utf-8")

    said = refused(tmp_path, "fit", data, "--label", "kind", "--out", tmp_path / "mine", *overwrite)

    assert "not a former run" in said if overwrite else "--overwrite" in said


@pytest.mark.parametrize("manifest", ["", "{", "[]", '{"files": 3}', '{"format": 1}'])
def test_a_manifest_that_is_none_is_refused(tmp_path, manifest):
    data = write(beads(), tmp_path)
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "manifest.json").write_text(manifest, encoding="utf-8")

    said = refused(tmp_path, "fit", data, "--label", "kind", "--out", tmp_path / "run", "--overwrite")

    assert "manifest.json" in said


def test_a_former_run_is_kept_unless_it_may_be_overwritten(tmp_path, bead_run):
    data, run = bead_run("csv")
    before = everything_below(run)

    answer = type_in("fit", data, "--label", "kind", "--out", run)

    assert answer.code == 2
    assert "--overwrite" in answer.err
    assert everything_below(run) == before


@pytest.mark.skipif(os.getuid() == 0, reason="root may write anywhere")
def test_a_folder_that_may_not_be_written_to_is_refused_before_any_work(tmp_path):
    data, closed = write(beads(), tmp_path), tmp_path / "closed"
    closed.mkdir(mode=0o500)

    assert "Cannot write" in refused(tmp_path, "fit", data, "--label", "kind", "--out", closed / "run")


def test_the_table_elsewhere_may_not_be_the_input(tmp_path):
    data = write(beads(), tmp_path)

    said = refused(tmp_path, "fit", data, "--label", "kind", "--out", tmp_path / "run", "--table", data)

    assert "input" in said


def test_the_out_folder_may_not_be_the_input_folder(tmp_path):
    data = write(beads(), tmp_path, "folder")

    refused(tmp_path, "fit", data, "--label", "kind", "--out", data, "--overwrite")


def test_debug_adds_the_traceback(tmp_path):
    answer = type_in("fit", tmp_path / "none.csv", "--label", "kind", "--out", tmp_path / "run", "--debug")

    assert answer.code == 2
    assert "Traceback (most recent call last)" in answer.err
    assert answer.err.splitlines()[-1].startswith("pseudolabel: There is no file")


def test_a_mistake_of_ours_is_not_called_the_users(tmp_path, monkeypatch):
    data = write(beads(), tmp_path)
    monkeypatch.setattr("pseudolabel.run.new_model", lambda *_, **__: 1 / 0)

    answer = type_in("fit", data, "--label", "kind", "--out", tmp_path / "run")

    assert answer.code == 1
    assert "mistake of ours (ZeroDivisionError" in answer.err
    assert f"What is done is kept. Go on with: pseudolabel resume {tmp_path / 'run'}" in answer.err
    assert "Traceback" not in answer.err


def test_the_installed_command_ends_with_2(tmp_path):
    answer = run_script("fit", tmp_path / "none.csv", "--label", "kind", "--out", tmp_path / "run")

    assert answer.code == 2
    assert answer.out == ""
    assert "There is no file" in answer.err
    assert list(tmp_path.iterdir()) == []
