"""Labels that are numbers: a table with prices or measurements comes back with numbers and intervals."""

import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from journeys.steps import Answer, beads, everything_below, hashes, labeled, type_in, write
from markupsafe import escape
from sklearn.datasets import load_diabetes

from pseudolabel import load
from pseudolabel.data.dataset import frame_of
from pseudolabel.data.rows import open_rows
from pseudolabel.data.rows.source import whole

QUICK = ("--estimator", "linear", "--method", "one-shot")
"""Options of a fit that takes a moment, where nothing depends on who learns."""

ADDED = ["pseudo_label", "lower", "upper", "source"]


def diabetes(n_rows: int = 200, every: int = 5) -> pd.DataFrame:
    """Give real measurements as text, as in a CSV; one row in `every` has its disease progression, a whole number."""
    X, y = load_diabetes(return_X_y=True, as_frame=True, scaled=False)
    table = X.head(n_rows).astype(str)
    table.insert(0, "patient", [f"P{row:03d}" for row in range(n_rows)])
    return table.assign(progression=[str(int(y[row])) if row % every == 0 else "" for row in range(n_rows)])


GIVEN = np.arange(200) % 5 == 0
SCORES = [str(row) if row % 2 == 0 else "" for row in range(37)]
"""Nineteen labels, too few for a comparison, which takes longest."""


def with_labels(labels: list[str]) -> pd.DataFrame:
    """Give the beads with other labels."""
    return beads(len(labels)).assign(kind=labels)


def record_of(run: Path) -> dict:
    return json.loads((run / "record.json").read_text(encoding="utf-8"))


def fit(data: Path, out: Path, *options: object, label: str = "progression") -> Answer:
    learner = QUICK if "--estimator" not in options else QUICK[2:]
    answer = type_in("fit", data, "--label", label, "--out", out, *learner, *options)
    assert answer.code == 0, answer.err
    return answer


def refused(folder: Path, *arguments: object) -> str:
    before = everything_below(folder)
    answer = type_in(*arguments)
    assert (answer.code, answer.out, answer.err.count("\n")) == (2, "", 1), answer
    assert everything_below(folder) == before
    return answer.err


@pytest.fixture(scope="module")
def run(once) -> Path:
    """Give the folder of a finished run on real data; beside it the table, and what was said."""

    def make(folder: Path) -> None:
        answer = fit(write(diabetes(), folder), folder / "run", "--id", "patient", "--table", folder / "table.csv")
        (folder / "stdout").write_text(answer.out, encoding="utf-8")
        (folder / "stderr").write_text(answer.err, encoding="utf-8")

    return once("diabetes", make) / "run"


# What a run leaves.


def test_the_task_that_was_read_from_the_labels_is_said_and_recorded(run):
    n_labels, n_different = 40, diabetes()["progression"][GIVEN].nunique()
    reason = f"'progression' holds {n_different} different whole numbers in {n_labels} labels. "

    said = (run.parent / "stdout").read_text(encoding="utf-8")

    assert f"\nTask: regression: {reason}--task classification overrides.\n" in said
    assert record_of(run)["task"] == {"name": "regression", "reason": f"{reason}--task classification overrides."}
    assert "Task <code>regression</code>" in (run / "report.html").read_text(encoding="utf-8")


def test_every_row_comes_back_with_a_number_and_its_interval(run):
    found = labeled(run)

    assert found.column_names == [*diabetes(), *ADDED]
    assert found["patient"].to_pylist() == diabetes()["patient"].tolist()
    assert [found[name].type for name in ADDED[:3]] == [pa.float64()] * 3
    frame = found.to_pandas()
    assert (frame["source"] == pd.Series(GIVEN).map({True: "given", False: "suggested"})).all()
    assert (frame["lower"] <= frame["upper"]).all()
    given, suggested = frame[GIVEN], frame[~GIVEN]
    assert (given[["pseudo_label", "lower", "upper"]].nunique(axis=1) == 1).all()
    assert (given["pseudo_label"] == given["progression"]).all()
    assert suggested["pseudo_label"].nunique() > 100
    assert suggested["pseudo_label"].between(given["pseudo_label"].min(), given["pseudo_label"].max()).all()


def test_the_table_elsewhere_holds_the_same_and_the_cells_as_they_stood(run):
    before, after = (pd.read_csv(run.parent / name, dtype=str) for name in ("beads.csv", "table.csv"))

    assert after[list(before)].equals(before)
    assert after["pseudo_label"].astype(float).tolist() == labeled(run)["pseudo_label"].to_pylist()
    assert after["source"].tolist() == labeled(run)["source"].to_pylist()


def test_the_record_describes_the_numbers_and_the_committee(run):
    record, given = record_of(run), diabetes()["progression"][GIVEN].astype(float)

    assert record["counts"] == {"rows": 200, "given": 40, "suggested": 160, "none": 0}
    described = record["target"]["given"]
    assert (described["count"], described["minimum"], described["maximum"]) == (40, given.min(), given.max())
    assert (described["mean"], described["standard_deviation"]) == pytest.approx((given.mean(), given.std()))
    assert sum(record["target"]["histogram"]["suggested"]) == sum(record["interval_width"]["counts"]) == 160
    assert record["learning"]["task"] == "regression"
    assert sum(member["weight"] for member in record["learning"]["members"]) == pytest.approx(1)
    assert all(member["rmse"] > 0 for member in record["learning"]["members"])
    assert record["table"]["columns"] == {name: name for name in ADDED}
    assert not {"classes", "confidence"} & set(record)


def test_the_comparison_has_both_models_and_intervals_around_the_differences(run):
    metrics = record_of(run)["metrics"]

    assert (metrics["scored_rows"], metrics["folds"], metrics["repeats"]) == (40, 5, 4)
    for name in ("rmse", "mae"):
        lower, upper = metrics["interval"][name]
        assert lower < metrics["difference"][name] < upper
        gain = metrics["pseudo_labeled"][name] - metrics["labels_only"][name]
        assert gain == pytest.approx(metrics["difference"][name], abs=1e-9)
    for model in ("labels_only", "pseudo_labeled"):
        assert 40 < metrics[model]["rmse"] < 120  # the numbers have a standard deviation of about 77
    # Forty rows, held out four times: chance alone moves the coverage by about five points.
    assert 0.75 <= metrics["coverage"]["share"] <= 1


def test_the_summary_shows_the_numbers_the_errors_and_the_verdict(run):
    said, record = (run.parent / "stdout").read_text(encoding="utf-8"), record_of(run)

    assert said.startswith("200 rows: 40 with a label, 160 given a pseudo-label.\n")
    assert re.search(r"^mean +\d[\d.]+ +\d[\d.]+$", said, re.MULTILINE)
    assert re.search(r"^typical error \(RMSE\) +\d[\d.]+ +\d[\d.]+ +\d[\d.]+$", said, re.MULTILINE)
    assert re.search(r"^within the 90% interval +\d[\d.]+%$", said, re.MULTILINE)
    assert f": {record['verdict']['sentence']}\n" in said
    assert str(escape(record["verdict"]["sentence"])) in (run / "report.html").read_text(encoding="utf-8")


def test_the_default_committee_learns_numbers_too(tmp_path):
    data = write(diabetes(60, every=6), tmp_path)  # ten labels: too few for a comparison, which takes longest

    answer = type_in("fit", data, "--label", "progression", "--id", "patient", "--out", tmp_path / "run")

    assert answer.code == 0, answer.err
    verdict = record_of(tmp_path / "run")["verdict"]
    assert (verdict["code"], verdict["reason"]) == ("cannot_tell", "too_few_labels")
    assert f"≈ Cannot tell: {verdict['sentence']}\n" in answer.out
    assert len(record_of(tmp_path / "run")["learning"]["members"]) > 1
    assert record_of(tmp_path / "run")["learning"]["left_out"] == []


# New rows.


def test_new_rows_get_the_number_and_the_interval_of_the_loaded_model(tmp_path, run):
    new = diabetes(260).tail(60).drop(columns="progression")
    data, model = write(new, tmp_path), load(run / "model.skops")
    before = hashes(run)

    answer = type_in("predict", run, data, "-o", tmp_path / "out.csv")

    assert (answer.code, answer.out) == (0, f"60 rows labeled in {tmp_path / 'out.csv'}\n")
    assert hashes(run) == before
    found = pd.read_csv(tmp_path / "out.csv")
    (part,) = open_rows(data).parts()
    X = frame_of(whole(part).drop_columns(["patient"]))
    assert list(found) == [*new, "pseudo_label", "lower", "upper"]
    np.testing.assert_allclose(found["pseudo_label"], model.predict(X), rtol=1e-12)
    np.testing.assert_allclose(found[["lower", "upper"]], model.predict_interval(X, level=0.9), rtol=1e-12)


def test_columns_named_like_ours_are_kept(tmp_path):
    table = diabetes(60).assign(lower="1", upper=[str(row % 7) for row in range(60)])

    fit(write(table, tmp_path), tmp_path / "run")
    answer = type_in("predict", tmp_path / "run", tmp_path / "beads.csv", "-o", tmp_path / "out.csv")

    assert answer.code == 0, answer.err
    assert labeled(tmp_path / "run").column_names[-4:] == [
        *("pseudo_label", "pseudolabel_lower", "pseudolabel_upper", "source")
    ]
    assert {"lower", "upper", "pseudolabel_lower"} <= set(pd.read_csv(tmp_path / "out.csv"))


def test_probabilities_of_numbers_are_refused(tmp_path, run):
    data = write(diabetes(), tmp_path)

    said = refused(tmp_path, "predict", run, data, "-o", tmp_path / "out.csv", "--probabilities")

    assert "--probabilities speaks of classes, and this run is a regression" in said


# Which task.


@pytest.mark.parametrize(
    ("labels", "task"),
    [
        pytest.param([f"{score}.25" if score else "" for score in SCORES], "regression", id="decimals"),
        pytest.param([score and str(3 * int(score)) for score in SCORES], "regression", id="all different"),
        pytest.param([score and f"{int(score) % 3}.0" for score in SCORES], "classification", id="decimal codes"),
        pytest.param([score and str(int(score) % 3) for score in SCORES], "classification", id="codes"),
        pytest.param(["NaN" if score == "2" else score and f"{score}.5" for score in SCORES], "regression", id="NaN"),
    ],
)
def test_the_labels_decide_the_task(tmp_path, labels, task):
    answer = fit(write(with_labels(labels), tmp_path), tmp_path / "run", "--estimator", "forest", label="kind")

    assert record_of(tmp_path / "run")["task"]["name"] == task
    assert record_of(tmp_path / "run")["settings"]["task"] == "auto"
    assert f"\nTask: {task}: 'kind' holds " in answer.out


@pytest.mark.parametrize("task", ["classification", "regression"])
def test_the_user_has_the_last_word(tmp_path, task):
    data = write(with_labels([score and str(int(score) % 4) for score in SCORES]), tmp_path)

    answer = fit(data, tmp_path / "run", "--task", task, "--estimator", "forest", label="kind")

    assert f"\nTask: {task}: --task asks for it.\n" in answer.out
    assert ("lower" in labeled(tmp_path / "run").column_names) == (task == "regression")


@pytest.mark.parametrize("marker", [("--unlabeled-marker", "?"), ("--unlabeled-marker=-1",)])
def test_marks_among_numbers_do_not_make_them_text(tmp_path, marker):
    mark = marker[-1].removeprefix("--unlabeled-marker=")
    data = write(with_labels([f"{score}.5" if score else mark for score in SCORES]), tmp_path)

    fit(data, tmp_path / "run", *marker, label="kind")

    counts = record_of(tmp_path / "run")["counts"]
    assert (counts["given"], counts["suggested"]) == (19, 18)
    assert record_of(tmp_path / "run")["target"]["given"]["minimum"] == 0.5


def test_numbers_of_an_unlabeled_table_are_not_used(tmp_path):
    more = write(diabetes(30), tmp_path, name="more")

    fit(write(diabetes(100, every=6), tmp_path), tmp_path / "run", "--unlabeled", more)

    assert record_of(tmp_path / "run")["counts"]["given"] == 17
    assert (labeled(tmp_path / "run").to_pandas()["source"][100:] == "suggested").all()


def test_fixed_decimals_of_a_parquet_file_are_numbers(tmp_path):
    table = pa.Table.from_pandas(diabetes(100, every=6).replace("", None))
    cents = table["progression"].cast(pa.float64()).cast(pa.decimal128(8, 2))
    pq.write_table(
        table.set_column(table.column_names.index("progression"), "progression", cents), tmp_path / "d.parquet"
    )

    fit(tmp_path / "d.parquet", tmp_path / "run", "--task", "regression")

    assert labeled(tmp_path / "run")["progression"].type == pa.decimal128(8, 2)
    assert labeled(tmp_path / "run")["pseudo_label"].type == pa.float64()


# Refusals.


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        pytest.param(
            [score and str(3 * int(score)) for score in SCORES], r"19 different numbers, such as 0, read as a quantity"
        ),
        pytest.param([score and f"{score}.25" for score in SCORES], r"such as 0\.25, read as a quantity"),
    ],
    ids=["whole numbers", "decimals"],
)
def test_a_quantity_is_no_set_of_classes(tmp_path, labels, message):
    data = write(with_labels(labels), tmp_path)

    said = refused(
        tmp_path, "fit", data, "--label", "kind", "--out", tmp_path / "run", "--task", "classification", *QUICK
    )

    assert re.search(message, said)
    assert "Leave --task out to predict numbers. If they are classes, write them as text." in said


@pytest.mark.parametrize(
    ("labels", "options", "message"),
    [
        pytest.param(
            ["4.5", "", "cheap", *SCORES[3:]],
            ("--task", "regression"),
            "beads.csv, line 4, column 'kind': 'cheap' is no number",
            id="text",
        ),
        pytest.param(
            ["4.5", "3,5", *SCORES[2:]],
            ("--task", "regression"),
            "beads.csv, line 3, column 'kind': '3,5' is no number",
            id="decimal comma",
        ),
        pytest.param(
            ["2.5"] * 20 + [""] * 20, (), "beads.csv, column 'kind': All 20 targets in y are 2.5", id="all the same"
        ),
        pytest.param(
            ["2.5", "3.5", "", ""], (), "beads.csv, column 'kind': 2 samples have a target in y", id="too few"
        ),
        pytest.param(
            ["2.5", "1e999", "3.5", "4.5", "5.5", "6.5", ""], (), "1 targets in y are infinity", id="infinite"
        ),
        pytest.param(
            [f"{row}.5" for row in range(30)],
            (),
            "every row has a label (0.5, 1.5, 2.5, 3.5, 4.5 and 25 more)",
            id="full",
        ),
        pytest.param(SCORES, ("--estimator", "logistic"), "--estimator logistic predicts classes", id="logistic"),
        pytest.param(SCORES, ("--method", "curriculum"), "--method curriculum chooses rows", id="curriculum"),
        pytest.param(SCORES, ("--probabilities",), "--probabilities speaks of classes", id="probabilities"),
        pytest.param(SCORES, ("--class-prior", "estimate"), "--class-prior speaks of classes", id="class prior"),
        pytest.param(
            ["a", "b", "", *"ab" * 10],
            ("--estimator", "linear"),
            "--estimator linear predicts numbers, and this is a classification. Choose --estimator logistic",
            id="linear",
        ),
        pytest.param(
            ["a", "b", "", *"ab" * 10], ("--class-prior", "c=1"), "--class-prior: there is no class 'c'", id="no class"
        ),
    ],
)
def test_what_cannot_be_done_is_refused_with_the_place(tmp_path, labels, options, message):
    data = write(with_labels(labels), tmp_path)

    said = refused(tmp_path, "fit", data, "--label", "kind", "--out", tmp_path / "run", *options)

    assert message in said


def test_shares_of_classes_can_be_given(tmp_path):
    data = write(beads(), tmp_path)

    answer = type_in(
        "fit", data, "--label", "kind", "--out", tmp_path / "run", "--estimator", "logistic", "--class-prior",
        "pearl=0.9,marble=0.1",
    )  # fmt: skip

    assert answer.code == 0, answer.err
    assert record_of(tmp_path / "run")["settings"]["class_prior"] == "pearl=0.9,marble=0.1"
