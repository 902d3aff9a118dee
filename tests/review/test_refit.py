"""Refit: answers become labels, rejections hold, nothing a person said is lost, and the run tells what has changed."""

import json
import signal
import subprocess
import sys

import pandas as pd
import pytest
from reviewed_runs import truth_of
from served import QUIET, until

from pseudolabel.review.answers import Answer
from pseudolabel.review.intake import open_review
from pseudolabel.review.store import Store


def command(*words):
    done = subprocess.run(
        [sys.executable, "-m", "pseudolabel", *map(str, words)], capture_output=True, text=True, timeout=300, env=QUIET
    )
    assert "Traceback" not in done.stderr
    return done


def answer(run, said):
    """Store answers: of each row an action and a label."""
    with Store.open(run / "review.sqlite") as store:
        for row, (action, label) in said.items():
            store.decide(Answer(row, action, label, "ann", f"{row} {action}", store.item(row).newest_seq))
        return store.last_seq()


def waiting(run, n_rows):
    with Store.open(run / "review.sqlite") as store:
        return store.rows(given=False)[:n_rows]


@pytest.fixture
def reviewed(run):
    """A run with ten answers, a new class, a rejection, a skip and a disagreement."""
    truth, rows = truth_of(run), waiting(run, 14)
    with Store.open(run / "review.sqlite") as store:
        suggested = store.item(rows[11]).suggestion.label
    said = {row: ("correct", truth[row]) for row in rows[:10]}
    said |= {rows[10]: ("new_class", "odd"), rows[11]: ("reject", suggested), rows[12]: ("skip", None)}
    answer(run, said | {rows[13]: ("correct", "benign")})
    with Store.open(run / "review.sqlite") as store:
        seen = store.item(rows[13]).newest_seq
        store.decide(Answer(rows[13], "correct", "malignant", "bob", "bob", seen, is_confirmed=True))
    return run, rows, suggested


def test_a_round_learns_the_answers_and_says_what_has_changed(reviewed):
    run, rows, suggested = reviewed
    before, truth = pd.read_parquet(run / "labeled.parquet"), truth_of(run)
    done = command("refit", run, "--quiet")
    assert done.returncode == 0, done.stderr
    assert "Round 2 has learnt from 11 answers and 1 rows with a class ruled out" in done.stdout
    table, record = pd.read_parquet(run / "labeled.parquet"), json.loads((run / "record.json").read_text())

    assert table.columns.tolist() == before.columns.tolist()
    assert table.pseudo_label[rows[:10]].tolist() == [truth[row] for row in rows[:10]]
    assert table.pseudo_label[rows[10]] == "odd"
    assert (table.source[rows[:11]] == "given").all()
    assert table.pseudo_label[rows[11]] != suggested
    assert table.source[rows[11:]].isin(["accepted", "suggested"]).all()
    assert "odd" in record["classes"]
    assert record["metrics"]["scored_rows" if "scored_rows" in record["metrics"] else "n_rows"] <= 40
    assert "answered-labels" in [finding["code"] for finding in record["findings"]]
    assert not (run / "reviewed.parquet").exists()


def test_every_row_is_still_asked_about_or_settled_in_the_new_round(reviewed):
    run, rows, suggested = reviewed
    with Store.open(run / "review.sqlite") as store:
        answers = store.labels()
    command("refit", run, "--quiet")
    with open_review(run) as store:
        assert store.rounds()[-1].upto == store.last_seq()
        assert store.labels() == answers
        assert all(store.item(row).suggestion is not None for row in store.rows(given=False))
        assert store.item(rows[11]).suggestion.label != suggested
        assert store.counts().decisions == 0


def test_an_answer_given_while_a_round_is_trained_is_for_the_next(reviewed):
    run, _, _ = reviewed
    late = waiting(run, 20)[-1]
    process = subprocess.Popen(
        [sys.executable, "-m", "pseudolabel", "refit", str(run), "--quiet"], env=QUIET, stdout=subprocess.DEVNULL
    )
    until(lambda: (run / "unfinished" / "plan.json").is_file())
    answer(run, {late: ("correct", "benign")})
    assert process.wait(300) == 0
    with Store.open(run / "review.sqlite") as store:
        assert store.counts().decisions == 1
        assert store.labels()[late].label == "benign"


def test_a_round_that_was_killed_is_gone_on_with(reviewed):
    run, _, _ = reviewed
    process = subprocess.Popen([sys.executable, "-m", "pseudolabel", "refit", str(run), "--quiet"], env=QUIET)
    until(lambda: (run / "unfinished" / "plan.json").is_file())
    process.send_signal(signal.SIGKILL)
    process.wait(60)
    assert pd.read_parquet(run / "labeled.parquet").source.eq("given").sum() == 40  # the former run stands
    assert command("resume", run, "--quiet").returncode == 0
    with open_review(run) as store:
        assert store.rounds()[-1].number == 2
        assert store.counts().decisions == 0
    assert pd.read_parquet(run / "labeled.parquet").source.eq("given").sum() == 51


def test_without_a_new_answer_there_is_nothing_to_learn(run):
    done = command("refit", run)

    assert done.returncode == 2
    assert "Nothing new to learn from" in done.stderr


def test_rounds_follow_each_other_and_an_answer_that_is_taken_back_is_forgotten(run):
    first, second = waiting(run, 2)
    answer(run, {first: ("correct", "benign"), second: ("correct", "malignant")})
    assert command("refit", run, "--quiet").returncode == 0
    with Store.open(run / "review.sqlite") as store:
        store.undo("ann", "back")
    assert command("refit", run, "--quiet").returncode == 0
    table = pd.read_parquet(run / "labeled.parquet")

    assert table.source[first] == "given"
    assert table.source[second] != "given"
    assert [name for name in table.columns if "remarks" in name] == []
