"""Predict: new rows, labeled with the model of a run, whatever form they come in."""

import re

import joblib
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from journeys.steps import beads, everything_below, fit, hashes, type_in, typed, write

from pseudolabel import load
from pseudolabel.data.dataset import frame_of
from pseudolabel.data.rows import open_rows
from pseudolabel.data.rows.source import whole

ADDED = ["pseudo_label", "confidence"]


def new_beads(n_rows: int = 30) -> pd.DataFrame:
    """Give rows the model has not seen, in an order of their own and without labels."""
    rows = beads(100).tail(n_rows).iloc[::-1].reset_index(drop=True)
    return rows.drop(columns="kind")


def predicted(run, data, out, *options: object) -> pa.Table:
    answer = type_in("predict", run, data, "-o", out, *options)
    assert answer.code == 0, answer.err
    return pa.concat_tables([whole(part) for part in open_rows(out).parts()])


def refused(folder, *arguments: object) -> str:
    before = everything_below(folder)
    answer = type_in("predict", *arguments)
    assert (answer.code, answer.out, answer.err.count("\n")) == (2, "", 1), answer
    assert everything_below(folder) == before
    return answer.err


@pytest.fixture
def run(bead_run):
    return bead_run("csv")[1]


@pytest.mark.parametrize("form", ["csv", "csv.gz", "tsv", "parquet", "folder"])
@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_rows_of_any_form_are_labeled_like_by_the_loaded_model(tmp_path, run, form, suffix):
    data, model = write(new_beads(), tmp_path, form), load(run / "model.skops")

    found = predicted(run, data, tmp_path / f"out.{suffix}")

    X = frame_of(typed(new_beads()).drop_columns(["code"]))
    assert found.select(list(new_beads())).equals(typed(new_beads()))
    assert found["pseudo_label"].to_pylist() == model.predict(X).tolist()
    np.testing.assert_allclose(found["confidence"].to_numpy(), model.predict_proba(X).max(axis=1), rtol=1e-12)


def test_the_number_of_rows_is_the_result_and_the_input_is_only_read(tmp_path, run):
    data = write(new_beads(), tmp_path)
    before = hashes(data) | hashes(run)

    answer = type_in("predict", run, data, "-o", tmp_path / "out.csv")

    assert answer.out == f"30 rows labeled in {tmp_path / 'out.csv'}\n"
    assert answer.err == ""
    assert hashes(data) | hashes(run) == before


def test_cells_of_a_csv_stay_as_they_stood(tmp_path, run):
    data = write(new_beads(), tmp_path)

    predicted(run, data, tmp_path / "out.csv")

    before, after = (path.read_text(encoding="utf-8").splitlines() for path in (data, tmp_path / "out.csv"))
    assert all(new.startswith(old + ",") for old, new in zip(before, after, strict=True))


def test_probabilities_of_the_classes_are_added_when_asked_for(tmp_path, run):
    found = predicted(run, write(new_beads(), tmp_path), tmp_path / "out.parquet", "--probabilities").to_pandas()

    probabilities = found[["probability_marble", "probability_pearl"]]
    # Some learners compute in float32, whose steps near 1 are 6e-8.
    assert (probabilities.sum(axis=1) - 1).abs().max() < 1e-6
    assert (probabilities.max(axis=1) == found["confidence"]).all()


def test_columns_may_come_in_another_order(tmp_path, run):
    straight = predicted(run, write(new_beads(), tmp_path), tmp_path / "one.parquet")

    mixed = new_beads()[["remark", "size", "code", "colour"]]
    found = predicted(run, write(mixed, tmp_path, name="mixed"), tmp_path / "two.parquet")

    assert found.column_names == ["remark", "size", "code", "colour", *ADDED]
    assert found.select(ADDED).equals(straight.select(ADDED))


def test_extra_columns_are_carried_along_with_a_note(tmp_path, run):
    data = write(new_beads().assign(shelf="top"), tmp_path)

    answer = type_in("predict", run, data, "-o", tmp_path / "out.csv")

    assert answer.err == "note: columns the model does not use: 'shelf'\n"
    assert set(pd.read_csv(tmp_path / "out.csv")["shelf"]) == {"top"}
    assert type_in("predict", run, data, "-o", tmp_path / "out.csv", "--quiet").err == ""


def test_missing_columns_are_refused_with_the_difference(tmp_path, run):
    data = write(new_beads().rename(columns={"size": "weight", "colour": "color"}), tmp_path)

    said = refused(tmp_path, run, data, "-o", tmp_path / "out.csv")

    assert "Missing: 'size', 'colour'. Not known: 'weight', 'color'." in said


def test_text_where_numbers_were_is_refused_by_column_and_value(tmp_path, run):
    data = write(new_beads().assign(size="huge"), tmp_path)

    said = refused(tmp_path, run, data, "-o", tmp_path / "out.csv")

    assert "Column 'size' held numbers when the model was fitted and now holds 'huge' (30 such cells)" in said


def test_columns_that_were_left_out_of_the_fit_may_be_missing_or_hold_anything(tmp_path):
    table = beads().assign(unit="mm", number=[str(row) for row in range(57)])
    fit(write(table, tmp_path), tmp_path / "run")  # `number` is recognised as an identifier

    bare = predicted(tmp_path / "run", write(new_beads(), tmp_path, name="bare"), tmp_path / "1.csv")
    odd = new_beads().assign(unit="inch", number="none")
    found = predicted(tmp_path / "run", write(odd, tmp_path, name="odd"), tmp_path / "2.csv")

    assert bare.select(ADDED).equals(found.select(ADDED))


def test_categories_and_gaps_never_seen_are_no_obstacle(tmp_path, run):
    table = new_beads().assign(colour="ultraviolet", size="", remark="")

    found = predicted(run, write(table, tmp_path), tmp_path / "out.csv")

    assert found.num_rows == 30
    assert set(found["pseudo_label"].to_pylist()) <= {"pearl", "marble"}
    assert found["confidence"].null_count == 0


def test_a_label_column_is_carried_along_and_not_looked_at(tmp_path, run):
    data = write(new_beads().assign(kind="no such class"), tmp_path)

    answer = type_in("predict", run, data, "-o", tmp_path / "out.csv")

    assert (answer.code, answer.err) == (0, "")
    assert set(pd.read_csv(tmp_path / "out.csv")["kind"]) == {"no such class"}


def test_a_column_named_like_one_of_ours_is_kept(tmp_path, run):
    table = new_beads().assign(pseudo_label="theirs", confidence="high")

    found = predicted(run, write(table, tmp_path), tmp_path / "out.csv")

    assert set(found["pseudo_label"].to_pylist()) == {"theirs"}
    assert set(found["pseudolabel_pseudo_label"].to_pylist()) <= {"pearl", "marble"}


def test_a_single_row_is_enough(tmp_path, run):
    assert predicted(run, write(new_beads(1), tmp_path), tmp_path / "out.csv").num_rows == 1


@pytest.mark.parametrize("kind", ["whole numbers", "booleans"])
def test_labels_come_in_the_type_they_had(tmp_path, kind):
    table = typed(beads())
    values = {"pearl": 1, "marble": 0, None: None}
    of_type = {"whole numbers": pa.int64(), "booleans": pa.bool_()}[kind]
    labels = pa.array([values[label] for label in table["kind"].to_pylist()]).cast(of_type)
    data = tmp_path / "beads.parquet"
    pq.write_table(table.set_column(table.column_names.index("kind"), "kind", labels), data)
    fit(data, tmp_path / "run")

    found = predicted(tmp_path / "run", write(new_beads(), tmp_path, "parquet", "new"), tmp_path / "out.parquet")

    assert found["pseudo_label"].type == of_type


@pytest.mark.parametrize(
    ("make", "message"),
    [
        pytest.param(lambda run, new, out: (out.parent / "none", new, "-o", out), r"is not a run", id="no run"),
        pytest.param(lambda run, new, out: (run / "card.md", new, "-o", out), r"is not a model file", id="a file"),
        pytest.param(lambda run, new, out: (run, out, "-o", out.parent / "b.csv"), r"There is no file", id="no rows"),
        pytest.param(lambda run, new, out: (run, new, "-o", out.with_suffix(".xls")), r"name end in", id="suffix"),
        pytest.param(lambda run, new, out: (run, new, "-o", out.parent / "no" / "b.csv"), r"no folder", id="folder"),
        pytest.param(lambda run, new, out: (run, new, "-o", new), r"it is an input", id="input"),
        pytest.param(lambda run, new, out: (run, new), r"--out", id="no out"),
    ],
)
def test_what_cannot_be_done_is_refused(tmp_path, run, make, message):
    said = refused(tmp_path, *make(run, write(new_beads(), tmp_path), tmp_path / "out.csv"))

    assert re.search(message, said)


def test_a_part_of_the_input_folder_is_never_written_over(tmp_path, run):
    data = write(new_beads(), tmp_path, "folder")

    assert "input" in refused(tmp_path, run, data, "-o", data / "part-0.parquet")


@pytest.mark.parametrize("spoil", [lambda content: content[:1000], lambda content: b"no zip at all"])
def test_a_damaged_model_is_called_so(tmp_path, spoil):
    fit(write(beads(), tmp_path), tmp_path / "run")
    model = tmp_path / "run" / "model.skops"
    model.write_bytes(spoil(model.read_bytes()))

    new = write(new_beads(), tmp_path, name="new")

    assert "model.skops' is not as the run left it" in refused(
        tmp_path, tmp_path / "run", new, "-o", tmp_path / "a.csv"
    )
    assert "is not a model file of pseudolabel" in refused(tmp_path, model, new, "-o", tmp_path / "a.csv")


def test_a_model_file_labels_as_its_run_does(tmp_path, run):
    new = write(new_beads(), tmp_path)

    for name in ("", "model.skops"):
        assert type_in("predict", run / name, new, "-o", tmp_path / f"by{name}.csv").code == 0

    assert (tmp_path / "by.csv").read_bytes() == (tmp_path / "bymodel.skops.csv").read_bytes()


def test_a_model_that_is_a_pickle_is_opened_only_if_it_is_trusted(tmp_path, run):
    joblib.dump(load(run / "model.skops"), tmp_path / "model.pkl")
    joblib.dump({"no": "model"}, tmp_path / "other.joblib")
    new, out = write(new_beads(), tmp_path), tmp_path / "out.csv"

    assert "--trust-pickle" in refused(tmp_path, tmp_path / "model.pkl", new, "-o", out)
    said = refused(tmp_path, tmp_path / "other.joblib", new, "-o", out, "--trust-pickle")
    assert "holds a dict and no fitted model of pseudolabel" in said
    assert type_in("predict", tmp_path / "model.pkl", new, "-o", out, "--trust-pickle").code == 0
