"""A run folder appears whole or not at all, and replaces nothing but the former run it was told to replace."""

import json
from pathlib import Path

import pytest
from journeys.steps import QUICK, beads, everything_below, fit, hashes, labeled, type_in, write


@pytest.fixture
def data(tmp_path) -> Path:
    return write(beads(), tmp_path)


def again(data: Path, out: Path, *options: object):
    """Fit once more into the same folder."""
    return type_in("fit", data, "--label", "kind", "--out", out, *QUICK, "--overwrite", *options)


@pytest.mark.parametrize(
    ("stage", "former"),
    [
        ("pseudolabel.reading.read_dataset", False),
        ("pseudolabel.run.compare", False),
        ("pseudolabel.run.write_table", False),
        ("pseudolabel.run.make_record", False),
        ("pseudolabel.results.report.render_report", False),
        ("pseudolabel.manifest.sha256_of", False),
        ("pseudolabel.results.report.render_report", True),
        ("pseudolabel.manifest.sha256_of", True),
    ],
)
def test_a_failure_at_any_stage_leaves_everything_as_it_was_and_keeps_what_is_done(
    tmp_path, data, monkeypatch, stage, former
):
    if former:
        fit(data, tmp_path / "run")
    before = everything_below(tmp_path)

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("broken")

    with monkeypatch.context() as patch:
        patch.setattr(stage, broken)
        answer = again(data, tmp_path / "run")

    assert answer.code == 1
    assert answer.out == ""
    assert but_for_the_unfinished(everything_below(tmp_path)) == before
    assert type_in("resume", tmp_path / "run").code == 0
    fit(data, tmp_path / "fresh")
    assert hashes(tmp_path / "run" / "labeled.parquet") == hashes(tmp_path / "fresh" / "labeled.parquet")
    assert not (tmp_path / "run" / "unfinished").exists()


def but_for_the_unfinished(found):
    """Leave out what an unfinished run has kept, and the run folder where it holds nothing else."""
    left = {name: content for name, content in found.items() if not name.startswith("run/unfinished")}
    if not any(name.startswith("run/") for name in left):
        left.pop("run", None)
    return left


def test_a_failure_leaves_the_table_elsewhere_as_it_was(tmp_path, data, monkeypatch):
    (tmp_path / "out.csv").write_text("old", encoding="utf-8")
    before = everything_below(tmp_path)
    monkeypatch.setattr("pseudolabel.results.report.render_report", lambda record: 1 / 0)

    answer = again(data, tmp_path / "run", "--table", tmp_path / "out.csv")

    assert answer.code == 1
    assert but_for_the_unfinished(everything_below(tmp_path)) == before


def test_missing_folders_above_the_run_are_made(tmp_path, data):
    fit(data, tmp_path / "a" / "b" / "run")

    assert labeled(tmp_path / "a" / "b" / "run").num_rows == 57


def test_an_empty_folder_may_become_the_run(tmp_path, data):
    (tmp_path / "run").mkdir()

    fit(data, tmp_path / "run")

    assert (tmp_path / "run" / "manifest.json").is_file()


def test_overwrite_without_a_former_run_is_no_mistake(tmp_path, data):
    assert again(data, tmp_path / "run").code == 0


def test_overwrite_gives_what_a_fresh_run_gives_and_keeps_foreign_files(tmp_path, data):
    other = write(beads(45), tmp_path, name="other")
    fit(other, tmp_path / "fresh")
    fit(data, tmp_path / "run", "--probabilities")
    (tmp_path / "run" / "notes.txt").write_text("mine", encoding="utf-8")
    (tmp_path / "run" / "sub").mkdir()
    (tmp_path / "run" / "sub" / "record.json").write_text("mine too", encoding="utf-8")

    answer = again(other, tmp_path / "run")
    found, fresh = everything_below(tmp_path / "run"), everything_below(tmp_path / "fresh")

    assert answer.code == 0
    assert found.pop("notes.txt") == b"mine"
    assert found.pop("sub/record.json") == b"mine too"
    assert set(found) - {"sub"} == set(fresh)
    assert all(found[name] == fresh[name] for name in ("record.json", "labeled.parquet", "report.html"))


@pytest.mark.parametrize(("one", "other"), [("csv", "folder"), ("folder", "csv"), ("folder", "folder")])
def test_a_run_on_a_folder_and_one_on_a_file_replace_each_other(tmp_path, one, other):
    first = write(beads(), tmp_path, one, "first")
    second = write(beads(45), tmp_path, other, "second")
    fit(first, tmp_path / "run")

    answer = again(second, tmp_path / "run")

    assert answer.code == 0, answer.err
    assert labeled(tmp_path / "run").num_rows == 45
    assert (tmp_path / "run" / "labeled.parquet").is_dir() == (other == "folder")


@pytest.mark.parametrize("name", ["../../precious.txt", "link/precious.txt"])
def test_a_manifest_that_points_outside_deletes_nothing_there(tmp_path, data, name):
    runs = tmp_path / "runs"
    for place in (tmp_path, runs):
        place.mkdir(exist_ok=True)
        (place / "precious.txt").write_text("years of work", encoding="utf-8")
    fit(data, runs / "run")
    (runs / "run" / "link").symlink_to(tmp_path)
    manifest = runs / "run" / "manifest.json"
    content = json.loads(manifest.read_text(encoding="utf-8"))
    content["files"][name] = {"bytes": 13, "sha256": ""}
    manifest.write_text(json.dumps(content), encoding="utf-8")

    answer = again(data, runs / "run")

    assert answer.code == 0, answer.err
    assert (tmp_path / "precious.txt").read_text(encoding="utf-8") == "years of work"
    assert (runs / "precious.txt").read_text(encoding="utf-8") == "years of work"


def test_a_manifest_that_names_a_folder_deletes_none(tmp_path, data):
    fit(data, tmp_path / "run")
    (tmp_path / "run" / "notes").mkdir()
    (tmp_path / "run" / "notes" / "mine.txt").write_text("mine", encoding="utf-8")
    manifest = tmp_path / "run" / "manifest.json"
    content = json.loads(manifest.read_text(encoding="utf-8"))
    content["files"]["notes"] = {"bytes": 0, "sha256": ""}
    manifest.write_text(json.dumps(content), encoding="utf-8")

    answer = again(data, tmp_path / "run")

    assert answer.code == 0, answer.err
    assert (tmp_path / "run" / "notes" / "mine.txt").read_text(encoding="utf-8") == "mine"


def test_an_input_that_lies_in_the_former_run_is_never_deleted(tmp_path):
    # The demo leaves its table in its run folder, and a next fit on that table may well aim at the same folder.
    fit(write(beads(), tmp_path), tmp_path / "run")
    inside = write(beads(), tmp_path / "run", name="inside")
    manifest = tmp_path / "run" / "manifest.json"
    content = json.loads(manifest.read_text(encoding="utf-8"))
    content["files"]["inside.csv"] = {"bytes": 0, "sha256": ""}
    manifest.write_text(json.dumps(content), encoding="utf-8")
    before = everything_below(tmp_path)

    answer = again(inside, tmp_path / "run")

    assert answer.code == 2
    assert everything_below(tmp_path) == before


def test_the_labeled_table_of_a_run_is_a_table_to_go_on_with(tmp_path, data):
    fit(data, tmp_path / "run")

    answer = fit(tmp_path / "run" / "labeled.parquet", tmp_path / "next")

    assert labeled(tmp_path / "next").column_names[-3:] == [
        "pseudolabel_pseudo_label",
        "pseudolabel_confidence",
        "pseudolabel_source",
    ]
    assert "column-renamed" in answer.err
