"""How evidence is asked for on the command line, how often it is gathered, and what a verdict does."""

import json

import numpy as np
import pandas as pd
import pytest
from journeys.steps import fit, labeled, type_in

from pseudolabel import run


def people(n_rows=160, n_labeled=80, seed=0):
    """Give a table of two kinds of rows that overlap, in groups of two, one a day."""
    random = np.random.default_rng(seed)
    kind = random.permutation(n_rows) % 2
    table = pd.DataFrame(random.normal(size=(n_rows, 3)) + 1.5 * kind[:, np.newaxis], columns=["a", "b", "c"])
    table["house"] = [f"h{row // 2}" for row in range(n_rows)]
    table["day"] = pd.date_range("2026-01-01", periods=n_rows).strftime("%Y-%m-%d")
    table["kind"] = np.where(np.arange(n_rows) < n_labeled, np.where(kind == 1, "x", "y"), "")
    return table


@pytest.fixture
def data(tmp_path):
    path = tmp_path / "people.csv"
    people().to_csv(path, index=False)
    return path


def record_of(folder):
    return json.loads((folder / "record.json").read_text(encoding="utf-8"))


def test_the_record_holds_both_verdicts(data, tmp_path):
    fit(data, tmp_path / "run")

    verdict = record_of(tmp_path / "run")["verdict"]
    for comparison in (verdict, verdict["unlabeled"]):
        assert comparison["code"] in ("helps", "harms", "cannot_tell")
        assert comparison["interval"][0] < comparison["difference"] < comparison["interval"][1]
        assert comparison["n_labeled"] == 80
        assert comparison["reason"]
    assert (verdict["look"], verdict["level"], verdict["vetoed"]) == (1, 0.025, False)


@pytest.mark.parametrize(("options", "design"), [(("--groups", "house"), "groups"), (("--time", "day"), "time")])
def test_rows_that_depend_on_each_other_are_held_out_so_and_the_column_is_not_learnt_from(
    data, tmp_path, options, design
):
    fit(data, tmp_path / "run", *options)

    record = record_of(tmp_path / "run")
    assert record["metrics"]["design"] == design
    assert options[1] not in [column["name"] for column in record["columns"]["features"]]
    assert record["shift"]["code"] == "does_not_apply"


def test_rows_kept_for_it_are_the_evidence(data, tmp_path):
    kept = people(60, 50, seed=1)
    kept.to_csv(tmp_path / "kept.csv", index=False)

    fit(data, tmp_path / "run", "--test", tmp_path / "kept.csv")

    record = record_of(tmp_path / "run")
    assert (record["metrics"]["design"], record["metrics"]["scored_rows"]) == ("test", 50)
    assert [entry["role"] for entry in record["inputs"]] == ["data", "test"]


def test_a_class_that_only_test_rows_have_counts_as_mistakes_and_is_named_everywhere(data, tmp_path):
    kept = people(60, 50, seed=1)
    kept.loc[:9, "kind"] = "opal"
    kept.to_csv(tmp_path / "kept.csv", index=False)
    typed = (data, "--label", "kind", "--test", tmp_path / "kept.csv")

    checked = type_in("check", *typed, "--json")
    fitted = fit(data, tmp_path / "run", "--test", tmp_path / "kept.csv")

    assert "'opal' (10 rows)" in fitted.err
    record = record_of(tmp_path / "run")
    [found] = [found for found in record["findings"] if found["code"] == "unseen-classes"]
    assert found in json.loads(checked.out)["findings"]
    metrics = record["metrics"]
    assert (metrics["scored_rows"], metrics["unseen"]) == (50, {"rows": 10, "classes": ["opal"]})
    assert all(metrics[model]["accuracy"] <= 0.8 for model in ("labels_only", "without_unlabeled", "pseudo_labeled"))
    assert metrics["per_class"][-1]["class"] == "opal"
    assert metrics["per_class"][-1]["recall_pseudo_labeled"] == 0
    report = (tmp_path / "run" / "report.html").read_text(encoding="utf-8")
    assert "10 test rows are of classes that no labeled row has" in " ".join(report.split())


def test_a_test_table_of_other_classes_only_is_refused_before_anything_is_learnt(data, tmp_path):
    people(60, 50).replace({"kind": {"x": "X", "y": "Y"}}).to_csv(tmp_path / "kept.csv", index=False)

    answer = type_in("fit", data, "--label", "kind", "--out", tmp_path / "run", "--test", tmp_path / "kept.csv")

    assert answer.code == 2
    assert "'X', 'Y' instead of 'x', 'y'" in answer.err.replace("\n", " ")
    assert not (tmp_path / "run").exists()


def test_a_test_table_without_a_column_is_refused_by_name(data, tmp_path):
    people(60, 50).drop(columns="b").to_csv(tmp_path / "kept.csv", index=False)

    answer = type_in("fit", data, "--label", "kind", "--out", tmp_path / "run", "--test", tmp_path / "kept.csv")

    assert answer.code == 2
    assert "'b'" in answer.err
    assert not (tmp_path / "run").exists()


def test_a_time_that_is_none_is_refused_with_its_line(tmp_path):
    table = people()
    table.loc[3, "day"] = "soon"
    table.to_csv(tmp_path / "people.csv", index=False)

    answer = type_in("fit", tmp_path / "people.csv", "--label", "kind", "--out", tmp_path / "run", "--time", "day")

    assert answer.code == 2
    assert "people.csv, line 5, column 'day': 'soon'" in answer.err


def test_no_evidence_is_gathered_where_none_is_asked_for(data, tmp_path, monkeypatch):
    monkeypatch.setattr(run, "compare_by_splits", None)

    fit(data, tmp_path / "run", "--evidence", "none")

    record = record_of(tmp_path / "run")
    assert (record["verdict"]["code"], record["verdict"]["reason"]) == ("cannot_tell", "not_asked")
    assert record["metrics"] is None
    assert record["acceptance"]["reason"] == "not_asked"
    assert not (tmp_path / "run" / "evidence.npz").exists()


def test_the_same_labels_are_compared_once_and_are_one_look(data, tmp_path, monkeypatch):
    fit(data, tmp_path / "run")
    first = record_of(tmp_path / "run")
    monkeypatch.setattr(run, "compare_by_splits", None)

    fit(data, tmp_path / "run", "--overwrite")

    assert record_of(tmp_path / "run") == first


def test_further_labels_are_a_further_look_at_a_stricter_level(data, tmp_path):
    fit(data, tmp_path / "run")
    first = record_of(tmp_path / "run")["verdict"]
    people(n_labeled=110).to_csv(data, index=False)

    fit(data, tmp_path / "run", "--overwrite")

    second = record_of(tmp_path / "run")["verdict"]
    assert (second["look"], second["n_labeled"]) == (2, 110)
    assert second["level"] == pytest.approx(0.05 / 6)
    assert second["history"] == [{"look": 1, "n_labeled": 80, "code": first["code"]}]


def test_a_declared_single_look_may_be_bolder(data, tmp_path):
    fit(data, tmp_path / "run", "--single-look")

    verdict = record_of(tmp_path / "run")["verdict"]
    assert (verdict["look"], verdict["level"]) == (None, 0.05)


def test_harm_is_vetoed_and_ends_the_command_with_five_where_that_was_asked_for(data, tmp_path, monkeypatch):
    by_splits = run.compare_by_splits

    def harmful(case, effort, **options):
        evidence = by_splits(case, effort, **options)
        evidence.probabilities[2] = np.roll(evidence.probabilities[2], 1, axis=-1)  # wrong wherever it was right
        return evidence

    monkeypatch.setattr(run, "compare_by_splits", harmful)
    options = ("fit", data, "--label", "kind", "--estimator", "logistic", "--method", "one-shot")

    answer = type_in(*options, "--out", tmp_path / "run", "--fail-if-harms")

    record = record_of(tmp_path / "run")
    assert answer.code == 5
    assert (record["verdict"]["code"], record["verdict"]["vetoed"]) == ("harms", True)
    assert "labels alone" in answer.out
    assert [part["name"] for part in record["learning"]["mixture"]] == ["labels only"]
    assert type_in(*options, "--out", tmp_path / "other").code == 0


def test_accepted_rows_are_marked_in_the_table(tmp_path):
    people().drop(columns=["house", "day"]).to_csv(tmp_path / "people.csv", index=False)

    fit(tmp_path / "people.csv", tmp_path / "run", "--precision", "0.7")

    acceptance = record_of(tmp_path / "run")["acceptance"]
    sources = labeled(tmp_path / "run").to_pandas()["source"].value_counts()
    assert acceptance["reason"] == "promised"
    assert sources["accepted"] == acceptance["accepted"] > 0
    assert sources["given"] == 80


def test_nothing_is_accepted_where_the_rows_have_shifted(tmp_path):
    table = people()
    table.loc[80:, ["a", "b"]] += 3
    table.to_csv(tmp_path / "people.csv", index=False)

    fit(tmp_path / "people.csv", tmp_path / "run", "--precision", "0.7")

    record = record_of(tmp_path / "run")
    assert record["shift"]["code"] == "shift"
    assert {"a", "b"} <= {column["name"] for column in record["shift"]["columns"]}
    assert "shift" in [finding["code"] for finding in record["findings"]]
    assert (record["acceptance"]["reason"], record["acceptance"]["accepted"]) == ("shift", 0)


@pytest.mark.parametrize("option", ["--precision", "--confidence"])
def test_a_promise_of_certainty_is_refused(data, tmp_path, option):
    answer = type_in("fit", data, "--label", "kind", "--out", tmp_path / "run", option, "1")

    assert answer.code == 2
    assert option.removeprefix("--") in answer.err
