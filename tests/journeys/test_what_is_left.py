"""A run folder: a record to reproduce it, a manifest to prove it, a model to use and a report to read."""

import json
import os
import re
import socket

import pytest
from journeys.steps import ADULT, QUICK, beads, fit, hashes, labeled, run_script, type_in, write
from markupsafe import escape

from pseudolabel import load
from pseudolabel.data.dataset import frame_of
from pseudolabel.data.rows import open_rows
from pseudolabel.data.rows.source import whole

FILES = {
    "card.md",
    "evidence.npz",
    "labeled.parquet",
    "manifest.json",
    "model.skops",
    "record.json",
    "report.html",
    "timings.json",
}


@pytest.fixture
def record(adult_run):
    return json.loads((adult_run / "run" / "record.json").read_text(encoding="utf-8"))


def test_a_run_folder_holds_exactly_these_files(adult_run):
    assert {path.name for path in (adult_run / "run").iterdir()} == FILES


def test_the_record_says_what_was_asked_for_and_with_which_versions(record):
    import numpy
    import sklearn

    assert record["settings"] == {
        "label": "income",
        "id": "person",
        "task": "auto",
        "estimator": "auto",
        "method": "auto",
        "teacher": "committee",
        "sample_rows": 50_000,
        "committee": None,
        "mixture": None,
        "class_prior": None,
        "evidence": "standard",
        "groups": None,
        "time": None,
        "test": False,
        "single_look": False,
        "precision": 0.95,
        "confidence": 0.9,
        "per_class": False,
        "seed": 0,
        "unlabeled_markers": [],
        "encoding": "utf-8",
        "columns": "all",
        "probabilities": False,
    }
    assert record["versions"]["numpy"] == numpy.__version__
    assert record["versions"]["scikit-learn"] == sklearn.__version__


def test_the_record_names_the_input_by_its_hash(record):
    (given,) = record["inputs"]

    assert given["sha256"] == hashes(ADULT)[ADULT.name]
    assert (given["name"], given["rows"], given["bytes"]) == (ADULT.name, 300, ADULT.stat().st_size)


def test_the_counts_of_the_record_add_up_to_those_of_the_table(adult_run, record):
    counts, found = record["counts"], labeled(adult_run / "run").to_pandas()

    assert counts["rows"] == counts["given"] + counts["suggested"] + counts["none"] == len(found) == 300
    for source in ("given", "suggested"):
        of_source = found[found["source"] == source]
        assert sum(counts[f"{source}_per_class"].values()) == counts[source] == len(of_source)
        assert counts[f"{source}_per_class"] == of_source["pseudo_label"].value_counts().sort_index().to_dict()
    assert sum(record["confidence"]["counts"]) == counts["suggested"]


def test_the_record_says_why_who_voted_how_often_models_differ_and_what_is_doubtful(adult_run, record):
    learning, found = record["learning"], labeled(adult_run / "run").to_pandas()

    assert sum(member["weight"] for member in learning["members"]) == pytest.approx(1)
    assert learning["disagreement"]["rows"] == 220
    assert 0 < learning["disagreement"]["share"] < 0.5
    assert len(record["doubtful"]) == 10
    for row in record["doubtful"]:
        assert found["source"][row["row"]] == "suggested"
        assert found["pseudo_label"][row["row"]] == row["label"]
        assert found["confidence"][row["row"]] == pytest.approx(row["probability"], abs=1e-6)
        assert row["place"] == f"adult_300.csv, line {row['row'] + 2}"
        for near in row["nearest"]:
            assert (found["source"][near["row"]], found["income"][near["row"]]) == ("given", near["label"])


def test_the_report_names_the_doubtful_rows_by_their_lines(adult_run, record):
    page = (adult_run / "run" / "report.html").read_text(encoding="utf-8")

    assert "Why these labels?" in page
    for row in record["doubtful"]:
        assert f">{row['place'].removeprefix('adult_300.csv, ')}<" in page


def test_labels_drawn_evenly_from_uneven_rows_are_told(tmp_path):
    table = beads(400, every=2000)
    pearls = [row for row in range(400) if row % 10 == 0]
    table["size"] = [f"{(2 if row in pearls else 6) + (row % 7) / 10:.2f}" for row in range(400)]
    table = table[["size", "kind"]].assign(kind="")
    table.loc[pearls[:4], "kind"] = "pearl"
    table.loc[range(1, 5), "kind"] = "marble"

    answer = type_in("fit", write(table, tmp_path), "--label", "kind", "--out", tmp_path / "run")
    record = json.loads((tmp_path / "run" / "record.json").read_text(encoding="utf-8"))

    assert answer.code == 0, answer.err
    assert [finding["code"] for finding in record["findings"]] == ["class-shares"]
    assert record["shares"]["labeled"] == {"marble": 0.5, "pearl": 0.5}
    assert record["shares"]["estimated"]["marble"] > 0.7
    assert record["shares"]["used"] is None


def test_the_comparison_has_both_models_and_an_interval_around_the_difference(record):
    metrics = record["metrics"]

    assert metrics["scored_rows"] == 80
    for name in ("accuracy", "brier"):
        lower, upper = metrics["interval"][name]
        gain = metrics["pseudo_labeled"][name] - metrics["labels_only"][name]
        assert lower < metrics["difference"][name] < upper
        assert gain == pytest.approx(metrics["difference"][name], abs=1e-9)
    assert sum(row["rows"] for row in metrics["per_class"]) == 80
    for model in ("labels_only", "pseudo_labeled"):
        assert 0.5 < metrics[model]["accuracy"] < 1


def test_columns_are_used_by_kind_or_left_out_with_the_reason(record):
    kinds = {column["name"]: column["kind"] for column in record["columns"]["features"]}

    assert kinds["age"] == "number"
    assert kinds["workclass"] == "category"
    assert {column["name"]: column["reason"] for column in record["columns"]["left_out"]} == {
        "person": "identifier: named by --id"
    }
    assert "income" not in kinds


def test_no_clock_path_or_machine_is_in_the_record(adult_run):
    text = (adult_run / "run" / "record.json").read_text(encoding="utf-8")

    assert str(adult_run) not in text
    assert str(ADULT.parent) not in text
    assert socket.gethostname() not in text
    assert not re.search(r"\b20\d\d-\d\d-\d\d|\d\d:\d\d:\d\d|seconds", text)


def test_times_are_in_a_file_of_their_own(adult_run):
    timings = json.loads((adult_run / "run" / "timings.json").read_text(encoding="utf-8"))

    assert set(timings["seconds"]) == {"read", "learn", "compare", "look", "score", "write"}
    assert timings["engine"] == "here"  # a table that fits into the sample has nothing left to score


@pytest.mark.parametrize("form", ["csv", "folder"])
def test_the_manifest_names_every_other_file_with_its_hash(bead_run, form):
    _, run = bead_run(form)

    manifest = json.loads((run / "manifest.json").read_text(encoding="utf-8"))["files"]
    found = {name.removeprefix("run/"): sha256 for name, sha256 in hashes(run).items()}

    assert {name: entry["sha256"] for name, entry in manifest.items()} == {
        name: sha256 for name, sha256 in found.items() if name != "manifest.json"
    }
    assert all(entry["bytes"] == (run / name).stat().st_size for name, entry in manifest.items())


def test_the_model_loads_and_predicts(adult_run):
    model = load(adult_run / "run" / "model.skops")

    (part,) = open_rows(ADULT).parts()
    X = frame_of(whole(part).drop_columns(["income", "person"]))
    assert model.classes_.tolist() == ["<=50K", ">50K"]
    assert model.predict(X).shape == (300,)


def test_the_report_is_one_file_that_needs_nothing_else(adult_run, record):
    page = (adult_run / "run" / "report.html").read_text(encoding="utf-8")

    assert not re.search(r"""(src|href)\s*=\s*["']?\s*(https?:)?//""", page, re.IGNORECASE)
    assert not re.search(r"<script|<link[^>]+stylesheet|@import|url\((?!#|data:)", page, re.IGNORECASE)
    assert page.startswith("<!doctype html>")
    assert "</html>" in page


@pytest.mark.parametrize("comparison", ["first", "second"])
def test_the_report_and_the_card_state_both_verdicts_of_the_record(adult_run, record, comparison):
    page, card = ((adult_run / "run" / name).read_text(encoding="utf-8") for name in ("report.html", "card.md"))
    verdict = record["verdict"] if comparison == "first" else record["verdict"]["unlabeled"]

    assert str(escape(verdict["sentence"])) in page
    assert verdict["sentence"] in card.replace("\\", "")


def test_names_from_the_table_are_text_in_the_report_and_never_markup(tmp_path):
    table = beads().rename(columns={"colour": "<b onload=x>{{7*7}}"})
    table["kind"] = table["kind"].map({"pearl": "<script>alert(1)</script>", "marble": "a & b", "": ""})

    fit(write(table, tmp_path), tmp_path / "run")
    page = (tmp_path / "run" / "report.html").read_text(encoding="utf-8")

    assert "<script" not in page
    assert "<b onload" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "{{7*7}}" in page


@pytest.mark.parametrize(
    ("n_rows", "options"),
    [pytest.param(57, (), id="committee"), pytest.param(63, QUICK, id="comparison")],
)
def test_the_same_seed_gives_the_same_bytes_in_another_folder_process_and_count_of_cores(
    tmp_path, monkeypatch, n_rows, options
):
    (tmp_path / "elsewhere").mkdir()
    here, there = (write(beads(n_rows), folder) for folder in (tmp_path, tmp_path / "elsewhere"))
    environment = os.environ | {"LOKY_MAX_CPU_COUNT": "3", "OMP_NUM_THREADS": "2", "PYTHONHASHSEED": "7"}

    first = run_script("fit", here, "--label", "kind", "--out", tmp_path / "run", *options, env=environment)
    monkeypatch.setenv("LOKY_MAX_CPU_COUNT", "1")
    second = type_in("fit", there, "--label", "kind", "--out", tmp_path / "elsewhere" / "other", *options)

    assert (first.code, second.code) == (0, 0), first.err + second.err
    for name in ("record.json", "labeled.parquet", "report.html", "card.md"):
        one, other = (tmp_path / "run" / name).read_bytes(), (tmp_path / "elsewhere" / "other" / name).read_bytes()
        assert one == other, name


def test_another_seed_is_another_run(tmp_path):
    data, forest = write(beads(), tmp_path), ("--estimator", "forest", "--method", "one-shot")

    for seed in (0, 1):
        answer = type_in("fit", data, "--label", "kind", "--out", tmp_path / str(seed), "--seed", seed, *forest)
        assert answer.code == 0
    one, other = (labeled(tmp_path / str(seed)).to_pandas() for seed in (0, 1))

    assert not one["confidence"].equals(other["confidence"])


def test_nobody_outside_this_machine_is_ever_asked_for_anything(tmp_path, monkeypatch):
    data, asked = write(beads(), tmp_path), []

    def refused(_: object, address: object) -> None:
        asked.append(address)
        raise OSError("there is no network")

    monkeypatch.setattr("socket.socket.connect", refused)
    monkeypatch.setattr("socket.getaddrinfo", lambda *address: refused(None, address))

    answers = [
        type_in("check", data, "--label", "kind"),
        type_in("fit", data, "--label", "kind", "--out", tmp_path / "run", *QUICK),
        type_in("predict", tmp_path / "run", data, "-o", tmp_path / "new.csv"),
        type_in("resume", tmp_path / "run"),
    ]

    assert [answer.code for answer in answers] == [0, 0, 0, 0], answers
    assert asked == []
