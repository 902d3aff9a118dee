"""Exchange: labels of a run for other programs, and answers that people gave in Label Studio."""

import json
import shutil
from copy import deepcopy
from xml.etree import ElementTree

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from journeys.steps import QUICK, beads, everything_below, fit, hashes, labeled, type_in, write
from reviews import answer_to, decide, suggestion_for, undo

from pseudolabel.data.rows import open_rows
from pseudolabel.data.rows.source import whole
from pseudolabel.errors import InputError
from pseudolabel.manifest import write_manifest
from pseudolabel.review.exporting import export_run
from pseudolabel.review.importing import import_answers
from pseudolabel.review.intake import open_review
from pseudolabel.review.label_studio import labeling_interface, names_beside, read_annotations
from pseudolabel.review.log import store_answers

FORMS = {"csv": "out.csv", "parquet": "out.parquet", "jsonl": "out.jsonl", "label-studio": "out.json"}
APPENDED = ["final_label", "status", "suggestion", "confidence", "reviewed_by"]
NAMES = names_beside(list(beads().columns))
CLASS = NAMES["class"]

ACCEPTED, UNLABELED = (1, 2), 4
"""Rows of the table below that are published with a promise, and one without any label."""


@pytest.fixture(scope="module")
def fitted(tmp_path_factory):
    """A real run whose table also has accepted labels and a row without one, as runs on more rows have."""
    folder = tmp_path_factory.mktemp("fitted")
    run = folder / "run"
    fit(write(beads(), folder), run, "--id", "code", "--evidence", "none")
    table = labeled(run)
    source, label = table["source"].to_pylist(), table["pseudo_label"].to_pylist()
    for row in ACCEPTED:
        source[row] = "accepted"
    source[UNLABELED], label[UNLABELED] = "none", None
    for name, cells in (("source", source), ("pseudo_label", label)):
        table = table.set_column(table.column_names.index(name), name, pa.array(cells, pa.string()))
    pq.write_table(table, run / "labeled.parquet")
    write_manifest(run)
    return run


@pytest.fixture(scope="module")
def with_review(fitted, tmp_path_factory):
    run = tmp_path_factory.mktemp("reviewed") / "run"
    shutil.copytree(fitted, run)
    open_review(run).close()
    return run


@pytest.fixture
def run(with_review, tmp_path):
    """A run with a review in which nobody has answered yet."""
    return shutil.copytree(with_review, tmp_path / "run")


@pytest.fixture
def unreviewed(fitted, tmp_path):
    return shutil.copytree(fitted, tmp_path / "run")


@pytest.fixture(scope="module")
def odd_run(tmp_path_factory):
    """A run on a table with numbers for classes, columns named as ours, and cells that a spreadsheet would run."""
    folder, table = tmp_path_factory.mktemp("odd"), beads()
    table["kind"] = table["kind"].map({"pearl": "1", "marble": "2", "": ""})
    table = table.assign(status="=1+1", final_label=table["colour"], pseudolabel_row="7")
    fit(write(table, folder), folder / "run", "--id", "code", "--evidence", "none")
    return folder / "run"


def exported(run, to, out):
    answer = type_in("export", run, "--to", to, "--out", out)
    assert (answer.code, answer.err) == (0, ""), answer
    return answer.out


def rows_of(run, out=None):
    """The exported rows as dictionaries."""
    out = out or run.parent / "out.parquet"
    exported(run, "parquet", out)
    return pq.read_table(out).to_pylist()


def tasks_of(run):
    out = run.parent / "tasks.json"
    exported(run, "label-studio", out)
    return json.loads(out.read_text(encoding="utf-8"))


def brought_in(run, tasks, name="answers.json"):
    """What importing tasks says, as five numbers."""
    path = run.parent / name
    path.write_text(json.dumps(tasks), encoding="utf-8")
    done = import_answers(run, path)
    return {name: count for name, count in vars(done).items() if count}


def in_label_studio(tasks):
    """The tasks as Label Studio exports them when nobody has answered: with ids, and people who brought them in."""
    tasks = deepcopy(tasks)
    for number, task in enumerate(tasks, start=1):
        task |= {"id": number, "project": 83, "drafts": [], "meta": {}, "inner_id": number}
        task |= {"created_at": "2026-01-01T08:00:00.000000Z", "updated_at": "2026-01-01T08:00:00.000000Z"}
        for prediction in task.setdefault("predictions", []):
            prediction |= {"id": number, "task": number, "created_ago": "1 minute"}
        for annotation in task.setdefault("annotations", []):
            annotation |= _frame(task, 1000 + number, by=1, at="2026-01-01T08:00:00.000000Z", lead_time=None)
    return tasks


def _frame(task, number, *, by, at, lead_time=4.288):
    return {
        "id": number,
        "completed_by": by,
        "was_cancelled": False,
        "ground_truth": False,
        "created_at": "2026-01-02T09:00:00.000000Z",
        "updated_at": at,
        "lead_time": lead_time,
        "task": task["id"],
        "parent_prediction": None,
    }


def answered(tasks, row, label, by=3, number=None, at="2026-01-02T09:00:00.000000Z"):
    """Let somebody answer the task of a row in Label Studio; None skips it."""
    task = tasks[row]
    annotation = _frame(task, number or 5000 + len(task["annotations"]) + 10 * row, by=by, at=at)
    result = {"id": "Dx_aB91ISN", "from_name": CLASS, "to_name": NAMES["shown"], "type": "choices", "origin": "manual"}
    if label is None:
        annotation |= {"was_cancelled": True, "result": []}
    else:
        annotation["result"] = [result | {"value": {"choices": [label]}}]
    task["annotations"].append(annotation)


def as_min(tasks):
    """The short form of an export: a record for each annotation that was not skipped."""
    return [
        task["data"]
        | {
            "id": task["id"],
            CLASS: annotation["result"][0]["value"]["choices"][0],
            "annotator": annotation["completed_by"],
            "annotation_id": annotation["id"],
            "created_at": annotation["created_at"],
            "updated_at": annotation["updated_at"],
            "lead_time": annotation["lead_time"],
        }
        for task in tasks
        for annotation in task["annotations"]
        if not annotation["was_cancelled"]
    ]


def labels_in(run):
    with open_review(run) as store:
        return {row: (human.label, human.reviewers) for row, human in store.labels().items()}


def answer_all_ways(run):
    """Answer rows in every way there is; of each, what an export has to say of it."""
    with open_review(run) as store:
        suggested = {row: store.item(row).suggestion.label for row in store.rows(given=False)}
        other = {"pearl": "marble", "marble": "pearl"}
        decide(store, 1, "accept", suggested[1])
        decide(store, 5, "correct", other[suggested[5]], reviewer="bob")
        decide(store, 7, "new_class", "agate")
        decide(store, 8, "reject", suggested[8])
        decide(store, 10, "correct", "pearl", reviewer="ann")
        decide(store, 10, "correct", "marble", reviewer="bob")
        decide(store, 11, "skip")
        decide(store, 13, "correct", other[suggested[13]])
        undo(store)
        decide(store, 14, "accept", suggested[14], reviewer="ann")
        decide(store, 14, "accept", suggested[14], reviewer="bob")
    return suggested, {
        1: ("human", suggested[1], "ann"),
        2: ("accepted", suggested[2], None),
        5: ("human", other[suggested[5]], "bob"),
        7: ("human", "agate", "ann"),
        8: ("none", None, "ann"),
        10: ("none", None, "ann; bob"),
        11: ("suggested", suggested[11], None),
        13: ("suggested", suggested[13], None),
        14: ("human", suggested[14], "ann; bob"),
    }


@pytest.mark.parametrize("reviewed", [False, True], ids=["no review", "review"])
@pytest.mark.parametrize("to", FORMS)
def test_every_row_is_exported_once_and_in_order_with_the_cells_of_the_user(
    fitted, with_review, tmp_path, to, reviewed
):
    run, out = (with_review if reviewed else fitted), tmp_path / FORMS[to]
    before = labeled(run).select(list(beads().columns))

    exported(run, to, out)

    if to == "label-studio":
        data = [task["data"] for task in json.loads(out.read_text(encoding="utf-8"))]
        assert [cells[NAMES["row"]] for cells in data] == list(range(57))
        texts = [{name: "" if cell is None else str(cell) for name, cell in row.items()} for row in before.to_pylist()]
        assert [{name: cells[name] for name in before.column_names} for cells in data] == texts
        assert all(isinstance(cell, str) for cells in data for name, cell in cells.items() if name != NAMES["row"])
    elif to == "jsonl":
        rows = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
        assert [{name: row[name] for name in before.column_names} for row in rows] == before.to_pylist()
        assert {tuple(row) for row in rows} == {(*before.column_names, *APPENDED)}
    else:
        after = pa.concat_tables([whole(part) for part in open_rows(out).parts()])
        assert after.column_names == [*before.column_names, *APPENDED]
        assert after.select(before.column_names).equals(before)


def test_without_a_review_the_run_is_exported_as_it_is_and_left_as_it_is(unreviewed):
    before = hashes(unreviewed)

    rows = rows_of(unreviewed)

    table = labeled(unreviewed).to_pylist()
    assert [row["status"] for row in rows] == [row["source"] for row in table]
    assert [row["final_label"] for row in rows] == [row["pseudo_label"] for row in table]
    for row, was in zip(rows, table, strict=True):
        by_machine = was["source"] in ("accepted", "suggested")
        assert row["suggestion"] == (was["pseudo_label"] if by_machine else None)
        assert row["confidence"] == (was["confidence"] if by_machine else None)
    assert {row["reviewed_by"] for row in rows} == {None}
    assert hashes(unreviewed) == before


def test_each_status_says_who_gave_the_label_and_a_human_label_has_no_percentage(run):
    suggested, expected = answer_all_ways(run)

    rows = rows_of(run)

    found = {row: (rows[row]["status"], rows[row]["final_label"], rows[row]["reviewed_by"]) for row in expected}
    assert found == expected
    for number, row in enumerate(rows):
        given = row["status"] == "given"
        assert given == bool(row["kind"])
        assert row["suggestion"] == (None if given else suggested[number])
        assert (row["confidence"] is None) == (row["status"] in ("given", "human"))


@pytest.mark.parametrize("to", FORMS)
def test_the_counts_add_up_to_the_rows_and_stand_before_the_path(run, tmp_path, to):
    answer_all_ways(run)
    out = tmp_path / FORMS[to]

    said = exported(run, to, out).splitlines()

    counts = {word: int(count) for word, count in (part.split() for part in said[0].split(", "))}
    assert sum(counts.values()) == 57
    assert (counts["given"], counts["human"], counts["accepted"], counts["none"]) == (19, 4, 1, 2)
    assert said[1] == f"57 rows in {out}"
    assert said[2:] == ([f"Labeling interface for these tasks: {tmp_path / 'out.xml'}"] if to == "label-studio" else [])


def test_a_newer_round_counts_where_it_knows_the_row_and_may_answer_a_rejection(run):
    with open_review(run) as store:
        label = store.item(8).suggestion.label
        other = "pearl" if label == "marble" else "marble"
        decide(store, 8, "reject", label)
        newer = [suggestion_for(8, other, 0.75, accepted=True), suggestion_for(1, other, 0.5)]
        store.add_round(newer, upto=store.last_seq(), config={}, evidence=None)

    rows = rows_of(run)

    shown = [tuple(rows[row][name] for name in APPENDED) for row in (1, 2, 8)]
    assert shown[0] == (other, "suggested", other, 0.5, None)
    assert shown[1][:3] == (labeled(run)["pseudo_label"][2].as_py(), "accepted", shown[1][0])
    assert shown[2] == (other, "accepted", other, 0.75, None)


def test_a_run_that_learnt_from_answers_still_calls_them_human_and_takes_in_answers_to_tasks_of_before(run):
    before = labeled(run)["kind"].to_pylist()
    tasks = in_label_studio(tasks_of(run))
    answered(tasks, 7, "agate")
    with open_review(run) as store:
        decide(store, 1, "correct", "marble")
        decide(store, 5, "correct", "pearl")
        decide(store, 8, "reject", "pearl")
    done = type_in("refit", run)
    assert done.code == 0, done.err
    with open_review(run) as store:
        undo(store, seq=2)

    rows = rows_of(run)

    assert labeled(run)["source"].to_pylist()[5] == "given"
    assert [row["status"] for row in rows].count("given") == 19
    assert (rows[1]["status"], rows[1]["final_label"], rows[1]["reviewed_by"]) == ("human", "marble", "ann")
    assert rows[5]["status"] in ("accepted", "suggested")
    assert rows[8]["final_label"] == rows[8]["suggestion"] == "marble"
    assert [row["kind"] for row in rows] == before
    assert brought_in(run, tasks) == {"stored": 1, "known": 19}
    assert rows_of(run)[7]["final_label"] == "agate"


def test_columns_of_the_user_keep_their_names_and_labels_their_type(odd_run, tmp_path):
    rows = pq.read_table(tmp_path / "out.parquet") if exported(odd_run, "parquet", tmp_path / "out.parquet") else None

    assert rows.column_names[-5:] == [f"pseudolabel_{name}" for name in APPENDED[:2]] + APPENDED[2:]
    assert rows["pseudolabel_final_label"].type == rows["suggestion"].type == rows["kind"].type == pa.int64()
    exported(odd_run, "label-studio", tmp_path / "out.json")
    data = json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))[9]["data"]
    assert (data["pseudolabel_row"], data["pseudolabel_pseudolabel_row"]) == ("7", 9)


@pytest.mark.parametrize("raw", [False, True])
def test_a_spreadsheet_runs_no_cell_unless_all_shall_be_raw(odd_run, tmp_path, raw):
    answer = type_in("export", odd_run, "--to", "csv", "-o", tmp_path / "out.csv", *(["--raw"] if raw else []))

    assert set(pd.read_csv(tmp_path / "out.csv")["status"]) == {"=1+1" if raw else "'=1+1"}
    assert ("'status' (57)" in answer.err) == (not raw)


def test_a_run_that_predicts_numbers_is_exported_with_its_intervals_but_not_to_choose_from(tmp_path):
    table = beads().assign(kind=lambda frame: [f"{row * 1.5}" if row % 2 else "" for row in range(len(frame))])
    data = write(table, tmp_path)
    done = type_in(
        "fit",
        data,
        "--label",
        "kind",
        "--out",
        tmp_path / "run",
        "--estimator",
        "linear",
        *QUICK[2:],
        "--evidence",
        "none",
    )
    assert done.code == 0, done.err

    said = exported(tmp_path / "run", "parquet", tmp_path / "out.parquet")

    rows = pq.read_table(tmp_path / "out.parquet").to_pylist()
    assert said.startswith("given 28, human 0, accepted 0, suggested 29, none 0\n")
    assert [row["final_label"] for row in rows] == labeled(tmp_path / "run")["pseudo_label"].to_pylist()
    assert all((row["lower"] is None) == (row["status"] == "given") for row in rows)
    refused = type_in("export", tmp_path / "run", "--to", "label-studio", "-o", tmp_path / "out.json")
    assert refused.code == 2
    assert "predicts numbers" in refused.err


def test_what_must_not_be_written_is_refused_before_anything_is(unreviewed, fitted, tmp_path):
    (tmp_path / "mine.xml").write_text("<mine/>", encoding="utf-8")
    data = shutil.copy(fitted.parent / "beads.csv", tmp_path / "beads.csv")
    for to, out, reason in [
        ("csv", tmp_path / "out.parquet", "let the name end in .csv"),
        ("label-studio", tmp_path / "out.jsonl", "let the name end in .json"),
        ("csv", tmp_path / "no" / "out.csv", "there is no folder"),
        ("csv", unreviewed / "audit.csv", "a place of the run's own files"),
        ("label-studio", unreviewed / "record.json", "a place of the run's own files"),
        ("label-studio", tmp_path / "mine.json", "there is something else"),
        ("csv", data, "it is an input of the run"),
    ]:
        before = everything_below(tmp_path)
        answer = type_in("export", unreviewed, "--to", to, "-o", out)
        assert (answer.code, answer.out) == (2, ""), out
        assert reason in answer.err
        assert everything_below(tmp_path) == before


def test_a_file_is_replaced_whole_or_stays_as_it_was(run, odd_run, tmp_path):
    out = tmp_path / "out.csv"
    exported(run, "csv", out)
    before = out.read_bytes()
    shutil.copytree(odd_run, tmp_path / "other")
    shutil.copy(run / "review.sqlite", tmp_path / "other" / "review.sqlite")

    answer = type_in("export", tmp_path / "other", "--to", "csv", "-o", out)

    assert answer.code == 2
    assert "is the review of another table" in answer.err
    assert out.read_bytes() == before
    exported(odd_run, "parquet", tmp_path / "out.parquet")
    exported(run, "csv", out)
    assert out.read_bytes() == before


def test_the_interface_fits_the_tasks(run):
    answer_all_ways(run)

    tasks = tasks_of(run)

    interface = ElementTree.fromstring((run.parent / "tasks.xml").read_text(encoding="utf-8"))
    (text,), (choices,) = interface.findall("Text"), interface.findall("Choices")
    names = [choice.get("value") for choice in choices]
    assert choices.get("toName") == text.get("name")
    for task in tasks:
        assert isinstance(task["data"][text.get("value").removeprefix("$")], str)
        for said in [*task.get("predictions", []), *task.get("annotations", [])]:
            (result,) = said["result"]
            assert (result["from_name"], result["to_name"]) == (choices.get("name"), text.get("name"))
            assert result["type"] == "choices"
            assert result["value"]["choices"][0] in names
    ids = [
        said["result"][0]["id"]
        for task in tasks
        for key in ("predictions", "annotations")
        for said in task.get(key, [])
    ]
    assert len(ids) == len(set(ids))


def test_machines_are_predictions_and_people_are_annotations(run):
    answer_all_ways(run)
    rows = rows_of(run)

    for task, row in zip(tasks_of(run), rows, strict=True):
        predicted = [said["result"][0]["value"]["choices"] for said in task.get("predictions", [])]
        annotated = [said["result"][0]["value"]["choices"] for said in task.get("annotations", [])]
        assert predicted == ([[row["suggestion"]]] if row["suggestion"] else [])
        assert annotated == ([[row["final_label"]]] if row["status"] in ("given", "human") else [])
        scores = [said["score"] for said in task.get("predictions", []) if "score" in said]
        assert scores == ([pytest.approx(row["confidence"], abs=1e-6)] if row["confidence"] is not None else [])


names_of_classes = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"], exclude_characters="\ufffe\uffff"), min_size=1
)


@settings(max_examples=30)
@given(st.lists(names_of_classes.filter(lambda name: "$" not in name), unique=True))
def test_any_name_that_xml_can_hold_is_a_choice_unchanged(classes):
    interface = ElementTree.fromstring(labeling_interface(NAMES, classes))

    assert [choice.get("value") for choice in interface.iter("Choice")] == classes


@pytest.mark.parametrize("name", ["$price", "US$5", "bell\x07", "\ufffe"])
def test_a_name_that_label_studio_would_misread_is_refused(name):
    with pytest.raises(InputError, match="cannot be a choice in Label Studio"):
        labeling_interface(NAMES, ["cat", name])


@pytest.mark.parametrize("form", ["JSON", "JSON-MIN"])
def test_what_people_answer_there_is_exactly_what_the_review_holds_then(run, form):
    tasks = in_label_studio(tasks_of(run))
    suggested = {
        row: task["predictions"][0]["result"][0]["value"]["choices"][0]
        for row, task in enumerate(tasks)
        if task["predictions"]
    }
    answers = {row: ("pearl", "marble", "agate", suggested[row])[row % 4] for row in suggested if row % 3}
    for row, label in answers.items():
        answered(tasks, row, label, by=3 + row % 2)

    done = brought_in(run, tasks if form == "JSON" else as_min(tasks))

    assert done == {"stored": len(answers), "known": 19}
    assert labels_in(run) == {row: (label, (f"label-studio:{3 + row % 2}",)) for row, label in answers.items()}
    with open_review(run) as store:
        for decision in store.history(100):
            accepted = answers[decision.row] == suggested[decision.row]
            assert (decision.action == "accept") == accepted
            assert decision.dwell_ms == 4288
        assert [view.name for view in store.classes()] == ["marble", "pearl", "agate"]
        assert [decision.action for decision in store.history(100)].count("new_class") == 1
    exported_again = rows_of(run)
    assert {row: exported_again[row]["final_label"] for row in answers} == answers


def test_what_is_imported_twice_in_whichever_form_is_stored_once(run):
    tasks = in_label_studio(tasks_of(run))
    answered(tasks, 1, "agate")
    answered(tasks, 2, None)

    assert brought_in(run, tasks) == {"stored": 1, "skipped": 1, "known": 19}
    assert brought_in(run, tasks) == {"known": 21}
    assert brought_in(run, as_min(tasks)) == {"known": 20}
    assert brought_in(run, [*tasks, *tasks]) == {"known": 42}


def test_what_was_taken_back_after_an_import_stays_taken_back(run):
    tasks = in_label_studio(tasks_of(run))
    answered(tasks, 1, "pearl")
    answered(tasks, 5, "pearl")
    brought_in(run, tasks)
    with open_review(run) as store:
        undo(store, "label-studio:3")

    assert brought_in(run, tasks) == {"known": 21}
    assert labels_in(run) == {}


def test_predictions_are_no_answers(run):
    assert brought_in(run, in_label_studio(tasks_of(run))) == {"known": 19}
    assert labels_in(run) == {}


@pytest.mark.parametrize("form", ["JSON", "JSON-MIN"])
def test_annotations_that_we_wrote_come_back_without_effect(run, form):
    answer_all_ways(run)
    before = labels_in(run)
    tasks = in_label_studio(tasks_of(run))

    done = brought_in(run, tasks if form == "JSON" else as_min(tasks))

    assert done == {"known": 19 + 4}
    assert labels_in(run) == before


def test_an_annotation_of_ours_that_somebody_changed_is_their_answer(run):
    with open_review(run) as store:
        decide(store, 1, "correct", "pearl")
    tasks = in_label_studio(tasks_of(run))
    (mine,) = tasks[1]["annotations"]
    mine["result"][0]["value"]["choices"] = ["marble"]
    mine |= {"updated_by": 9, "updated_at": "2026-01-03T08:00:00Z"}

    assert brought_in(run, tasks) == {"stored": 1, "known": 19, "conflicts": 1}
    assert labels_in(run) == {1: (None, ("ann", "label-studio:9"))}


def test_an_answer_that_differs_from_one_given_meanwhile_is_a_conflict_and_both_are_kept(run):
    tasks = in_label_studio(tasks_of(run))
    answered(tasks, 1, "pearl")
    answered(tasks, 2, "pearl")
    with open_review(run) as store:
        decide(store, 1, "correct", "marble")
        decide(store, 2, "correct", "pearl")

    assert brought_in(run, tasks) == {"stored": 2, "known": 19, "conflicts": 1}
    assert labels_in(run) == {1: (None, ("ann", "label-studio:3")), 2: ("pearl", ("ann", "label-studio:3"))}


def test_people_who_differ_there_differ_here(run):
    tasks = in_label_studio(tasks_of(run))
    answered(tasks, 1, "pearl", by=3)
    answered(tasks, 1, "marble", by={"id": 4, "email": "eve@example.org", "first_name": "", "last_name": ""})

    assert brought_in(run, tasks) == {"stored": 2, "known": 19, "conflicts": 1}
    assert labels_in(run) == {1: (None, ("label-studio:3", "label-studio:4"))}


def test_the_last_change_of_an_annotation_counts_in_whichever_order_files_come(run):
    tasks = in_label_studio(tasks_of(run))
    versions = []
    for day, label in enumerate(["pearl", "marble", "pearl"], start=2):
        version = deepcopy(tasks)
        answered(version, 1, label, number=77, at=f"2026-01-0{day}T09:00:00.000000Z")
        versions.append(version)

    assert brought_in(run, versions[0]) == {"stored": 1, "known": 19}
    assert brought_in(run, versions[1]) == {"stored": 1, "known": 19}
    assert brought_in(run, versions[0]) == {"known": 20}
    assert labels_in(run) == {1: ("marble", ("label-studio:3",))}
    assert brought_in(run, versions[2]) == {"stored": 1, "known": 19}
    assert brought_in(run, versions[1]) == {"known": 20}
    assert labels_in(run) == {1: ("pearl", ("label-studio:3",))}


def test_rows_whose_label_was_given_are_left_out(run):
    tasks = in_label_studio(tasks_of(run))
    answered(tasks, 0, "marble")

    assert brought_in(run, tasks) == {"known": 19, "outside": 1}


def test_spaces_lost_on_the_way_do_not_make_a_new_class(run):
    tasks = in_label_studio(tasks_of(run))
    answered(tasks, 1, " pearl\n")

    brought_in(run, tasks)

    assert labels_in(run) == {1: ("pearl", ("label-studio:3",))}


def test_a_review_is_made_where_there_is_none_and_the_command_says_what_it_did(unreviewed):
    tasks = in_label_studio(tasks_of(unreviewed))
    answered(tasks, 1, "pearl")
    answered(tasks, 0, "marble")
    path = unreviewed.parent / "answers.json"
    path.write_text(json.dumps(tasks), encoding="utf-8")

    first, second = (type_in("import", unreviewed, path) for _ in range(2))

    assert first.out.splitlines()[0] == "1 stored, 19 known already, 0 skipped, 0 conflicts"
    assert first.out.splitlines()[1].startswith("1 left out")
    assert second.out.splitlines()[0] == "0 stored, 20 known already, 0 skipped, 0 conflicts"
    assert labels_in(unreviewed) == {1: ("pearl", ("label-studio:3",))}


def spoiled(change):
    """A change of task 6, which has an answer to row 5, number 5050."""

    def spoil(tasks):
        change(tasks[5], tasks[5]["annotations"][0])
        return tasks

    return spoil


def put(*keys_and_value):
    *keys, last, value = keys_and_value

    def change(task, annotation):
        place = {"task": task, "annotation": annotation}[keys[0]]
        for key in keys[1:]:
            place = place[key]
        place[last] = value

    return spoiled(change)


BAD = {
    "answer is a number": (put("annotation", "result", 0, "value", "choices", [7]), "`result.value.choices`"),
    "two answers": (put("annotation", "result", 0, "value", "choices", ["pearl", "marble"]), "2 classes"),
    "value is a list": (put("annotation", "result", 0, "value", []), "`result.value` must be an object"),
    "another control": (put("annotation", "result", 0, "type", "taxonomy"), "`result.type`"),
    "result is text": (put("annotation", "result", "pearl"), "`result` must be a list"),
    "annotations are ids": (put("task", "annotations", [5050]), "`annotations` must be a list of objects"),
    "no id": (put("annotation", "id", None), "`id` must be a number"),
    "id is a list": (put("task", "id", [1]), "`id` must be a number"),
    "skipped is text": (put("annotation", "was_cancelled", "yes"), "`was_cancelled` must be true or false"),
    "reviewer is true": (put("annotation", "completed_by", True), "`completed_by` must be a number or a short text"),
    "reviewer is hidden": (put("annotation", "completed_by", "a\x1b[31m"), "`completed_by`"),
    "reviewer without id": (put("annotation", "completed_by", {"name": "eve"}), "`email`"),
    "no time": (put("annotation", "updated_at", "yesterday"), "`updated_at` must be a time"),
    "time is text": (put("annotation", "lead_time", "long"), "`lead_time` must be a number"),
    "row is text": (put("task", "data", NAMES["row"], "five"), f"`{NAMES['row']}`"),
    "row is true": (put("task", "data", NAMES["row"], True), f"`{NAMES['row']}`"),
    "row is below 0": (put("task", "data", NAMES["row"], -1), f"`{NAMES['row']}`"),
    "row is not there": (put("task", "data", NAMES["row"], 57), "there is no row 57; this run has 57"),
    "row of another key": (put("task", "data", NAMES["row"], 7), "row 7 is '0007' in this run and '0005' in the file"),
    "key is a number": (put("task", "data", NAMES["key"], 5), f"`{NAMES['key']}` must be text"),
    "another run": (put("task", "data", NAMES["review"], "ffff"), "it is of another run"),
    "data of another project": (put("task", "data", {"text": "a"}), "not a task that `pseudolabel export` wrote"),
    "class in another case": (put("annotation", "result", 0, "value", "choices", ["PEARL"]), "but 'pearl'"),
    "class without a name": (
        put("annotation", "result", 0, "value", "choices", [" "]),
        "cannot be the name of a class",
    ),
    "class of half letters": (put("annotation", "result", 0, "value", "choices", ["\ud800"]), "cannot be the name"),
    "class too long": (put("annotation", "result", 0, "value", "choices", ["a" * 201]), "cannot be the name"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_wrong_file_is_refused_by_task_and_field_and_nothing_is_stored(with_review, tmp_path, name):
    spoil, reason = BAD[name]
    tasks = in_label_studio(tasks_of_once(with_review))
    for row in (1, 5, 7):
        answered(tasks, row, "pearl", at=f"2026-01-0{row}T09:00:00Z")
    path = tmp_path / "answers.json"
    path.write_text(json.dumps(spoil(tasks)), encoding="utf-8")

    answer = type_in("import", with_review, path)

    assert (answer.code, answer.out) == (2, ""), answer
    assert reason in answer.err
    assert "answers.json, task " in answer.err
    assert labels_in(with_review) == {}


_tasks = {}


def tasks_of_once(run):
    if run not in _tasks:
        _tasks[run] = tasks_of(run)
    return _tasks[run]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "is not JSON"),
        (b"[{]", "is not JSON"),
        (b"\xff\xfe[]", "is not JSON"),
        (b'{"data": {}}', "holds an object and not a list of tasks"),
        (b"[7]", "task 1: a number stands where a task should"),
        (b"[" * 100_000, "is nested too deeply"),
        (b"[" + b"9" * 5000 + b"]", "is not JSON"),
        (b'[{"id": 1, "annotations": []}]', "there is no 'pseudolabel_row'"),
    ],
)
def test_what_is_no_list_of_tasks_is_refused(with_review, tmp_path, content, reason):
    path = tmp_path / "answers.json"
    path.write_bytes(content)

    answer = type_in("import", with_review, path)

    assert answer.code == 2
    assert reason in answer.err
    assert "answers.json" in answer.err


def test_a_file_that_is_too_large_or_missing_is_refused_unread(with_review, tmp_path):
    with (tmp_path / "large.json").open("wb") as file:
        file.truncate(1 << 29)

    assert "more than the 268,435,456 that are read" in type_in("import", with_review, tmp_path / "large.json").err
    assert "There is no file" in type_in("import", with_review, tmp_path / "none.json").err


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda parts: st.lists(parts, max_size=3) | st.dictionaries(st.text(max_size=4), parts, max_size=3),
    max_leaves=6,
)


def places_in(content, path=()):
    yield path
    for key, value in content.items() if isinstance(content, dict) else enumerate(content):
        yield from places_in(value, (*path, key)) if isinstance(value, dict | list) else [(*path, key)]


@settings(max_examples=60)
@given(data=st.data(), form=st.sampled_from(["JSON", "JSON-MIN"]))
def test_whatever_stands_in_the_file_it_is_read_or_refused_with_its_name(tmp_path_factory, data, form):
    task = {
        "data": {NAMES["row"]: 1, NAMES["key"]: "a", NAMES["review"]: "r", NAMES["status"]: "none", NAMES["label"]: ""}
    }
    tasks = in_label_studio([task])
    answered(tasks, 0, "pearl")
    content = tasks if form == "JSON" else as_min(tasks)
    *before, key = data.draw(st.sampled_from([path for path in places_in(content) if path]))
    place = content
    for step in before:
        place = place[step]
    place[key] = data.draw(anything)
    path = tmp_path_factory.getbasetemp() / "fuzz.json"
    path.write_text(json.dumps(content), encoding="utf-8")

    try:
        found = read_annotations(path, NAMES)
    except InputError as error:
        refusal, found = str(error), []
    else:
        refusal = "fuzz.json"
    assert "fuzz.json" in refusal
    assert all(annotation.row >= 0 and len(annotation.source) < 100 for annotation in found)


def test_half_an_answer_reaches_nobody_while_another_process_exports(run):
    with open_review(run) as store:
        before = rows_of(run)
        with store.database.writing() as connection:
            store_answers(connection, [answer_to(store, 1, "correct", "pearl")])
            assert rows_of(run) == before


def test_the_function_says_what_the_command_says(run, tmp_path):
    done = export_run(run, "csv", tmp_path / "out.csv")

    assert done.counts == {"given": 19, "human": 0, "accepted": 2, "suggested": 36, "none": 0}
    assert (done.changed, done.interface) == ({}, None)
