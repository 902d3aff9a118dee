"""What a reviewer said is on the disk, in order, and can be taken back; and nothing that happens changes it."""

import os
import signal
import sqlite3
import stat
import struct
import subprocess
import sys
import threading
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from reviews import CLASSES, add_round, answer_to, decide, review_of, suggestion_for, undo

from pseudolabel.errors import BusyError, InputError, ResourceError
from pseudolabel.review import database, log
from pseudolabel.review.queue import Query, next_item, rows
from pseudolabel.review.store import Conflict, Item, Store


@pytest.fixture
def path(tmp_path):
    return tmp_path / "review.sqlite"


@pytest.fixture
def store(path):
    with review_of(path) as made:
        yield made


def content(folder):
    return {found.name: found.read_bytes() for found in folder.iterdir()}


# ---- the file


def test_a_new_review_is_one_file_that_only_its_owner_may_read(path):
    Store.create(path, meta={"seed": "7"}, classes=CLASSES).close()

    assert [found.name for found in path.parent.iterdir()] == [path.name]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with Store.open(path) as store:
        assert store.meta == {"seed": "7"}
        assert [each.name for each in store.classes()] == list(CLASSES)


def test_the_files_beside_it_are_closed_to_others_too(store, path):
    decide(store, 0)

    assert {found.name: stat.S_IMODE(found.stat().st_mode) for found in path.parent.iterdir()} == {
        path.name: 0o600,
        f"{path.name}-wal": 0o600,
        f"{path.name}-shm": 0o600,
    }


@pytest.mark.parametrize("put", ["file", "folder", "link to nothing"])
def test_a_new_review_replaces_nothing(path, put):
    {"file": path.touch, "folder": path.mkdir, "link to nothing": lambda: path.symlink_to("gone")}[put]()

    with pytest.raises(InputError, match=r"exists\. Open it, or move it away"):
        Store.create(path, meta={}, classes=CLASSES)

    assert [found.name for found in path.parent.iterdir()] == [path.name]


def test_a_review_that_cannot_be_made_leaves_nothing(path):
    with pytest.raises(UnicodeEncodeError):
        Store.create(path, meta={}, classes=["cat", "\ud800"])

    assert list(path.parent.iterdir()) == []


def test_of_two_that_make_it_at_once_one_is_told(path, monkeypatch):
    link = os.link

    def another_was_first(made, wanted):
        path.write_bytes(b"theirs")
        link(made, wanted)

    monkeypatch.setattr(os, "link", another_was_first)

    with pytest.raises(InputError, match="made by another process in the meantime"):
        Store.create(path, meta={}, classes=CLASSES)

    assert content(path.parent) == {path.name: b"theirs"}


def test_a_review_that_is_not_there_is_not_made_by_opening_it(path):
    with pytest.raises(InputError, match="There is no review"):
        Store.open(path)

    assert list(path.parent.iterdir()) == []


def test_an_empty_file_is_damaged_and_never_a_new_review(path):
    path.touch()

    with pytest.raises(InputError, match=r"is damaged: it is empty, 0 bytes\. .* Put a copy of it back"):
        Store.open(path)

    assert content(path.parent) == {path.name: b""}


def with_bytes(path, place, changed):
    review_of(path).close()
    whole = bytearray(path.read_bytes())
    whole[place : place + len(changed)] = changed
    path.write_bytes(whole)


@pytest.mark.parametrize(
    ("place", "changed", "says"),
    [
        (database.VERSION_AT, struct.pack(">I", 2), "by a newer pseudolabel .*Nothing of it was read or written"),
        (database.VERSION_AT, struct.pack(">I", 0), "its format is 0, which there never was"),
        (database.APPLICATION_AT, b"ABCD", "not of a review by pseudolabel"),
        (0, b"PK\x03\x04", "does not begin as a database does"),
    ],
)
def test_a_file_of_another_kind_is_refused_unread(path, place, changed, says):
    with_bytes(path, place, changed)
    before = content(path.parent)

    with pytest.raises(InputError, match=says):
        Store.open(path)

    assert content(path.parent) == before


def test_a_newer_version_is_noticed_also_where_only_the_log_beside_the_file_knows(path):
    review_of(path).close()
    newer = sqlite3.connect(path)
    with closing(newer):
        newer.execute("PRAGMA user_version = 2")
        before = path.read_bytes()

        with pytest.raises(InputError, match="by a newer pseudolabel"):
            Store.open(path)

        assert path.read_bytes() == before


def test_a_page_of_zeros_is_noticed_wherever_it_is(path):
    review_of(path, n_rows=60).close()
    whole = path.read_bytes()
    size = struct.unpack_from(">H", whole, 16)[0]

    for start in range(0, len(whole), size):
        path.write_bytes(whole[:start] + bytes(size) + whole[start + size :])
        with pytest.raises(InputError, match=r"is damaged: [^\n]*It was left as it is\. Put a copy of it back"):
            Store.open(path)


@pytest.mark.parametrize("left", [50, 4096, -4096, -1])
def test_a_file_that_was_cut_short_is_refused(path, left):
    review_of(path, n_rows=60).close()
    path.write_bytes(path.read_bytes()[:left])

    with pytest.raises(InputError, match="is damaged"):
        Store.open(path)


def places_of(word, content):
    return [place for place in range(len(content)) if content.startswith(word, place)]


@pytest.mark.parametrize("word", [b"zebra", b"yvonne", b"skip", b"request ", b'"size": "3"', b"id4"])
def test_a_bit_that_flips_in_an_answer_or_a_cell_is_noticed(path, word):
    with review_of(path) as store:
        decide(store, 0, "new_class", "zebra", "yvonne")
        decide(store, 1, "skip", reviewer="yvonne", dwell_ms=1000)
    whole = path.read_bytes()

    places = places_of(word, whole)
    for place in places:
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        with pytest.raises(InputError, match="is damaged"):
            Store.open(path)
    assert places


def test_a_review_whose_safeguards_were_taken_away_is_refused(path):
    review_of(path).close()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("DROP TRIGGER decision_no_delete")

    with pytest.raises(InputError, match="its tables are not those of a review"):
        Store.open(path)


def test_an_sqlite_that_is_too_old_is_refused_by_name(path, monkeypatch):
    review_of(path).close()
    monkeypatch.setattr(sqlite3, "sqlite_version_info", (3, 36, 9))

    for attempt in (lambda: Store.open(path), lambda: Store.create(path.with_name("new"), meta={}, classes=[])):
        with pytest.raises(InputError, match=r"needs SQLite 3\.37 or newer"):
            attempt()


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE decision SET label = 'dog'",
        "DELETE FROM decision",
        "INSERT OR REPLACE INTO decision SELECT * FROM decision",
        "UPDATE item SET shown = '{}'",
        "DELETE FROM item",
        "UPDATE class SET name = 'wolf' WHERE name = 'fox'",
    ],
)
def test_nobody_changes_what_was_decided_or_shown(store, path, change):
    decide(store, 0)

    with (
        closing(sqlite3.connect(path)) as stranger,
        pytest.raises(sqlite3.IntegrityError, match="is only ever added to"),
    ):
        stranger.execute(change)

    assert store.labels()[0].label == "cat"


# ---- answers


def test_what_was_answered_is_there_when_the_review_is_opened_again(path):
    with review_of(path) as store:
        decide(store, 0, "correct", "dog", dwell_ms=1200, shown_label="cat", shown_confidence=0.5)
        before = store.history(9), store.counts(), store.labels(), store.item(0)

    with Store.open(path) as store:
        assert (store.history(9), store.counts(), store.labels(), store.item(0)) == before


def test_who_had_not_seen_a_decision_is_shown_it_and_nothing_is_stored(store):
    decide(store, 0, "correct", "dog", "bob")

    with pytest.raises(Conflict, match=r"Row 0 was answered by 'bob'") as caught:
        decide(store, 0, reviewer="ann", seen=0)

    assert (caught.value.other.reviewer, caught.value.other.label, caught.value.newest) == ("bob", "dog", 1)
    assert store.last_seq() == 1


def test_both_answers_are_kept_if_the_second_is_confirmed(store):
    decide(store, 0, "correct", "dog", "bob")
    decide(store, 0, reviewer="ann", is_confirmed=True)

    assert store.labels()[0].label is None
    assert store.labels()[0].is_conflict
    [disagreement] = store.conflicts()
    assert [(each.reviewer, each.label) for each in disagreement.decisions] == [("bob", "dog"), ("ann", "cat")]
    assert store.counts().conflicts == 1


def test_to_take_back_an_unseen_answer_is_a_decision_too(store):
    decide(store, 0, reviewer="bob")
    undo(store, "bob")

    with pytest.raises(Conflict) as caught:
        decide(store, 0, reviewer="ann", seen=0)

    assert caught.value.other.action == "undo"


def test_a_disagreement_ends_when_one_joins_the_other(store):
    decide(store, 0, "correct", "dog", "bob")
    decide(store, 0, reviewer="ann")

    decide(store, 0, "correct", "dog", "ann")

    assert store.conflicts() == []
    assert (store.labels()[0].label, store.labels()[0].reviewers) == ("dog", ("ann", "bob"))


def test_a_disagreement_ends_when_somebody_settles_it_and_returns_when_that_is_taken_back(store):
    decide(store, 0, "correct", "dog", "bob")
    decide(store, 0, reviewer="ann")

    decide(store, 0, "correct", "fox", "eve", is_settling=True)

    assert (store.labels()[0].label, store.labels()[0].reviewers, store.conflicts()) == ("fox", ("eve",), [])
    undo(store, "eve")
    assert len(store.conflicts()) == 1


def test_who_settles_a_disagreement_overrules_a_refusal(store):
    decide(store, 0, "reject", "fox", "bob")
    decide(store, 0, "correct", "fox", "ann")

    decide(store, 0, "correct", "fox", "eve", is_settling=True)

    assert (store.labels()[0].label, store.labels()[0].rejected, store.conflicts()) == ("fox", frozenset(), [])


def test_neither_settles_a_disagreement_and_both_classes_are_refused_for_good(store):
    decide(store, 0, "correct", "dog", "bob")
    decide(store, 0, reviewer="ann")

    neither = [answer_to(store, 0, "reject", label, "eve", is_settling=True) for label in ("cat", "dog")]
    store.decide_many(neither)

    assert (store.labels()[0].label, store.labels()[0].rejected) == (None, {"cat", "dog"})
    assert store.conflicts() == []


def test_a_class_that_one_gives_and_another_refuses_is_a_disagreement(store):
    decide(store, 0, reviewer="ann")
    decide(store, 0, "reject", "cat", "bob")

    [disagreement] = store.conflicts()
    assert [each.action for each in disagreement.decisions] == ["accept", "reject"]


def test_the_same_answer_twice_is_stored_once(store):
    answer = answer_to(store, 0, request_id="once")

    first, second = store.decide(answer), store.decide(answer)

    assert (first.seq, first.is_repeat, second.seq, second.is_repeat) == (1, False, 1, True)
    assert store.last_seq() == 1


def test_an_id_that_was_used_for_another_answer_is_refused_rather_than_taken_for_a_repeat(store):
    decide(store, 0, request_id="once")

    with pytest.raises(InputError, match=r"'once' was used for another answer, to row 0"):
        decide(store, 1, request_id="once")
    with pytest.raises(InputError, match="'once' was used for something else"):
        store.undo("ann", "once")


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"action": "love"}, "There is no action 'love'"),
        ({"action": "undo"}, "There is no action 'undo'"),
        ({"label": "cta"}, "There is no class 'cta'. Did you mean 'cat'"),
        ({"label": None}, "Row 0: 'accept' must name a class"),
        ({"row": 99}, "There is no row 99"),
        ({"row": 4}, r"The label of row 4 was given \('dog'\)"),
        ({"reviewer": " "}, "name of a reviewer must be 1 to 200 characters"),
        ({"request_id": "a\x1fb"}, "id of a request must be 1 to 200 characters"),
        ({"seen": 9}, "Row 0 has no decision 9"),
        ({"seen": -1}, "`seen` must be 0 or more"),
        ({"row": 2**63}, "`row` must be 0 or more, and no more than SQLite can count"),
        ({"label": "\ud800"}, "is no proper Unicode"),
        ({"shown_label": "\ud800"}, "is no proper Unicode"),
        ({"batch": ""}, "name of a batch must be 1 to 200 characters"),
        ({"action": "new_class", "label": "a\nb"}, "The name of a class must be"),
        ({"action": "new_class", "label": "x" * 201}, "The name of a class must be"),
        ({"action": "new_class", "label": "\u202eevil"}, "The name of a class must be"),
    ],
)
def test_an_answer_that_makes_no_sense_is_refused_and_says_why(path, changes, says):
    with review_of(path, given={4: "dog"}) as store:
        with pytest.raises(InputError, match=says):
            store.decide(replace(answer_to(store, 0), **changes))

        assert store.last_seq() == 0


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    label=st.text(),
    reviewer=st.text(max_size=5),
    shown=st.none() | st.text(),
    confidence=st.none() | st.floats() | st.integers(0, 1),
    dwell=st.none() | st.integers(),
)
def test_whatever_was_stored_comes_back_the_same(path, label, reviewer, shown, confidence, dwell):
    path = path.with_name(f"{uuid4()}.sqlite")
    with review_of(path, n_rows=1) as store:
        try:
            decide(
                store, 0, "new_class", label, reviewer, shown_label=shown, shown_confidence=confidence, dwell_ms=dwell
            )
        except InputError:
            assert store.last_seq() == 0
        before = store.history(9)

    with Store.open(path) as store:
        assert store.history(9) == before
    path.unlink()


@pytest.mark.parametrize("confidence", [-0.0, float("nan"), float("inf"), 1, np.float32(0.3)])
def test_a_number_that_sqlite_would_change_does_not_make_the_review_look_damaged(path, confidence):
    with review_of(path) as store:
        decide(store, 0, shown_confidence=confidence, dwell_ms=np.int64(7))

    with Store.open(path) as store:
        assert store.history(1)[0].dwell_ms == 7


def test_a_text_of_numpys_does_not_make_the_review_look_damaged(path):
    with review_of(path) as store:
        decide(store, 1, "correct", np.str_("dog"))
    with Store.open(path) as store:
        assert store.labels()[1].label == "dog"


def test_an_answer_is_not_stored_in_a_file_that_was_moved_away(store, path):
    def count_in_vain(_):
        with pytest.raises(ResourceError):
            store.counts()  # by a connection that is new

    path.rename(path.with_name("moved"))

    with pytest.raises(ResourceError, match=r"was moved, replaced or deleted while it was open\. Nothing was stored"):
        decide(store, 0)

    in_threads(1, count_in_vain)
    assert not path.exists()
    path.with_name("moved").rename(path)
    decide(store, 0)
    assert store.last_seq() == 1


def test_a_skip_takes_no_label_away(store):
    decide(store, 0, "correct", "dog")
    decide(store, 0, "skip")

    assert store.labels()[0].label == "dog"


def test_what_one_skips_another_may_answer(store):
    decide(store, 0, "skip", reviewer="ann")
    decide(store, 0, "accept", reviewer="bob")

    assert (store.labels()[0].label, store.labels()[0].reviewers) == ("cat", ("bob",))


# ---- batches and undo


def test_a_batch_is_taken_back_as_one(store):
    decide(store, 4)
    store.decide_many([answer_to(store, row) for row in (0, 1, 2)])

    undone = undo(store)

    assert undone.row == 2
    assert not undone.is_live
    assert set(store.labels()) == {4}


def test_a_batch_is_stored_as_a_whole_or_not_at_all(store):
    stale = answer_to(store, 2)
    decide(store, 2, reviewer="bob")

    with pytest.raises(Conflict):
        store.decide_many([answer_to(store, 0), answer_to(store, 1), stale])

    assert store.last_seq() == 1


def test_a_batch_that_is_sent_twice_is_stored_once(store):
    answers = [answer_to(store, row) for row in (0, 1, 2)]

    first, second = store.decide_many(answers), store.decide_many(answers)

    assert [each.seq for each in first] == [each.seq for each in second] == [1, 2, 3]
    assert all(each.is_repeat for each in second)


def test_undo_goes_back_to_the_beginning_and_survives_a_restart(path):
    with review_of(path, n_rows=30) as store:
        for row in range(30):
            decide(store, row)
        assert [undo(store).row for _ in range(10)] == list(range(29, 19, -1))

    with Store.open(path) as store:
        assert [undo(store).row for _ in range(20)] == list(range(19, -1, -1))
        assert undo(store) is None
        assert store.counts().waiting == 30
        assert store.last_seq() == 60


def test_undo_that_is_sent_twice_takes_back_one_answer(store):
    decide(store, 0)
    decide(store, 1)

    assert store.undo("ann", "once") == store.undo("ann", "once")

    assert set(store.labels()) == {0}


def test_each_reviewer_takes_back_what_is_his_own(store):
    decide(store, 0, reviewer="ann")
    decide(store, 1, reviewer="bob")

    assert undo(store, "ann").row == 0

    assert set(store.labels()) == {1}
    with pytest.raises(InputError, match="only its reviewer can take it back"):
        undo(store, "ann", seq=2)


def test_an_older_answer_can_be_taken_back_before_the_newer_ones_and_only_once(store):
    decide(store, 0)
    decide(store, 1)

    assert undo(store, seq=1).row == 0
    assert undo(store, seq=1) is None

    assert set(store.labels()) == {1}


def test_to_decide_again_after_an_undo_is_a_new_decision(store):
    decide(store, 0)
    undo(store)
    decide(store, 0, "correct", "dog")

    assert store.labels()[0].label == "dog"
    assert [(each.action, each.is_live) for each in store.history(9)] == [
        ("correct", True),
        ("undo", False),
        ("accept", False),
    ]
    assert [each.seq for each in store.history(9, live_only=True)] == [3]
    assert store.history(9, "bob") == []


def test_a_round_remembers_what_it_learned_though_it_is_taken_back_later(store):
    decide(store, 0)
    add_round(store, [suggestion_for(1)])
    undo(store)

    assert set(store.labels(upto=store.rounds()[-1].upto)) == {0}
    assert store.labels() == {}
    assert store.counts().decisions == 1


# ---- the clock


def test_the_clock_may_go_back_an_hour_and_changes_nothing(store, monkeypatch):
    noon = datetime(2026, 1, 1, 12, tzinfo=UTC)
    times = [noon, noon - timedelta(hours=1), noon - timedelta(hours=2)]
    for row, at in enumerate(times):
        monkeypatch.setattr(log, "clock", lambda at=at: at)
        decide(store, row)

    assert [each.row for each in store.history(9)] == [2, 1, 0]
    assert [each.at for each in store.history(9)] == sorted(each.at for each in store.history(9))
    assert undo(store).row == 2


def test_the_time_an_item_was_looked_at_is_never_negative(store):
    decide(store, 0, dwell_ms=-3_600_000)
    decide(store, 1, dwell_ms=0)

    assert [each.dwell_ms for each in store.history(9)] == [0, None]


# ---- rejections and rounds


def test_a_rejected_class_is_rejected_for_good(store):
    decide(store, 0, "reject", "cat")
    add_round(store, [suggestion_for(0, "dog")])

    assert (store.item(0).state, store.counts().rejected, store.counts().waiting) == ("waiting", 0, 5)
    decide(store, 0, "reject", "dog")
    assert (store.item(0).state, store.counts().rejected, store.counts().waiting) == ("settled", 1, 4)
    add_round(store, [suggestion_for(0, "cat")])

    assert store.labels()[0].rejected == {"cat", "dog"}
    assert store.item(0).state == "settled"


def test_not_this_means_the_class_that_was_shown(store):
    decide(store, 0, "reject", None, shown_label="cat")

    assert store.labels()[0].rejected == {"cat"}


def test_who_rejected_a_class_may_still_give_it(store):
    decide(store, 0, "reject", "cat")
    decide(store, 0, "correct", "cat")

    assert (store.labels()[0].label, store.labels()[0].rejected) == ("cat", frozenset())


def test_who_gave_a_class_may_still_reject_it(store):
    decide(store, 0, "correct", "dog")
    decide(store, 0, "reject", "dog")

    assert (store.labels()[0].label, store.labels()[0].rejected) == (None, {"dog"})


def test_a_round_that_breaks_off_is_never_seen_and_leaves_no_trace_in_the_next(store, path, monkeypatch):
    monkeypatch.setattr("pseudolabel.review.rounds.ROWS_AT_ONCE", 2)

    def breaks_off():
        yield from (suggestion_for(row, "dog") for row in range(4))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        add_round(store, breaks_off())

    assert store.item(0).suggestion.label == "cat"
    assert add_round(store, [suggestion_for(1, "fox")]) == 2
    assert store.item(0).suggestion is None
    assert store.item(1).suggestion.label == "fox"
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT count(*) FROM suggestion WHERE round = 2").fetchone() == (1,)


def test_answers_that_come_while_a_round_is_stored_are_kept_and_obeyed_by_it(store, monkeypatch):
    monkeypatch.setattr("pseudolabel.review.rounds.ROWS_AT_ONCE", 1)

    def while_somebody_answers():
        yield suggestion_for(0, "dog")
        yield suggestion_for(1, "dog")
        decide(store, 0, "correct", "fox")  # its row is stored already
        decide(store, 2, "correct", "fox")  # this one's is not
        assert store.item(1).suggestion.label == "cat"
        yield suggestion_for(2, "dog")

    add_round(store, while_somebody_answers(), upto=0)

    assert rows(store, Query()) == [1]
    assert store.item(2).suggestion.label == "dog"
    assert store.counts().decisions == 2


def test_two_rounds_are_not_stored_at_once(store):
    def another_process_tries():
        yield suggestion_for(0)
        with Store.open(store.path) as other, pytest.raises(BusyError, match="Another process is storing a round"):
            add_round(other, [suggestion_for(1)])

    assert add_round(store, another_process_tries()) == 2


@pytest.mark.parametrize(
    ("suggestion", "says"),
    [
        (suggestion_for(0, "wolf"), "There is no class 'wolf'"),
        (suggestion_for(0, confidence=1.5), "Row 0: confidence, margin and novelty must be from 0 to 1"),
        (suggestion_for(0, impact=float("nan")), "Row 0: .* the impact finite"),
        (suggestion_for(99), "hold one that is not in the review"),
        (suggestion_for(1), "suggested a label twice"),
        (suggestion_for(0, ranked=(("cat", 0.1),) * 10), "at most 9 classes are ranked"),
    ],
)
def test_a_suggestion_that_makes_no_sense_stops_its_round(store, suggestion, says):
    with pytest.raises(InputError, match=says):
        add_round(store, [suggestion_for(1), suggestion])

    assert len(store.rounds()) == 1


def test_a_suggestion_comes_back_as_it_was_told(path):
    told = suggestion_for(
        0, "dog", 0.6, cluster=3, ranked=(("dog", 0.6), ("fox", 0.4)), nearest=((4, "dog", 0.25),), accepted=True
    )
    with review_of(path, suggestions=[told]) as store:
        assert store.item(0).suggestion == told
        assert store.item(1).suggestion is None


@pytest.mark.parametrize("other", [Item(1, "id9", "row", "{}"), Item(9, "id1", "row", "{}")])
def test_two_items_of_one_row_or_key_are_refused_by_name(store, other):
    with pytest.raises(InputError, match=r"and row 1 \(key 'id1'\) have the same row or key"):
        store.add_items([Item(8, "id8", "row", "{}"), other])

    assert store.item(8) is None


# ---- classes


def test_a_new_class_is_made_once_by_the_first_who_names_it(store):
    decide(store, 0, "new_class", " Maria ")
    decide(store, 1, "new_class", "Maria", "bob")

    assert [(each.name, each.made_by) for each in store.classes()][-1] == ("Maria", "ann")
    assert store.labels()[0].label == store.labels()[1].label == "Maria"


@pytest.mark.parametrize("typed", ["maria", "MARIA", " Mari\u0301a", "mar\u00eda  "])
def test_a_name_that_is_nearly_there_is_found(store, typed):
    decide(store, 0, "new_class", "Mari\u0301a" if "\u0301" in typed or "\u00ed" in typed else "Maria")

    assert store.near_name(typed).made_by == "ann"
    assert store.near_name("Mario") is None


def test_a_class_that_was_taken_back_is_gone_and_can_be_made_again(store):
    decide(store, 0, "new_class", "Maria")
    undo(store)
    assert [each.name for each in store.classes()] == list(CLASSES)
    assert store.near_name("Maria") is None

    decide(store, 0, "new_class", "Maria")

    assert [each.name for each in store.classes()] == [*CLASSES, "Maria"]


def test_a_class_stays_while_somebody_or_a_round_uses_it(store):
    decide(store, 0, "new_class", "Maria", "ann")
    decide(store, 1, "correct", "Maria", "bob")
    undo(store, "ann")
    assert "Maria" in [each.name for each in store.classes()]

    add_round(store, [suggestion_for(2, "Maria")])
    undo(store, "bob")

    assert "Maria" in [each.name for each in store.classes()]


# ---- counts


def test_blind_agreement_is_counted_from_the_hidden_suggestion_and_without_audits(store):
    decide(store, 0, "correct", "cat", is_blind=True)
    decide(store, 1, "correct", "dog", is_blind=True)
    decide(store, 2, "skip", is_blind=True)
    decide(store, 3, "correct", "cat", is_blind=True, is_audit=True)
    decide(store, 4, "accept", "cat")

    assert (store.counts().blind_shown, store.counts().blind_agreed) == (2, 1)


def test_who_names_the_suggested_class_unprompted_has_accepted_it(store):
    decide(store, 0, "correct", "cat", is_blind=True)
    decide(store, 1, "correct", "dog")

    counts = store.counts()
    assert (counts.accepted, counts.corrected, counts.per_class) == (1, 1, {"cat": 1, "dog": 1})


# ---- many at once, and cut off

WRITER = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from reviews import decide, undo
from pseudolabel.review.store import Store
store = Store.open(Path(sys.argv[1]))
first = store.last_seq()
for row in range(10_000):
    print(decide(store, row % 300, "correct", ("cat", "dog", "fox")[row % 3]).seq, flush=True)
"""


def test_a_killed_writer_loses_nothing_that_was_acknowledged(path):
    review_of(path, n_rows=300).close()
    acknowledged = 0

    for n_answers in (1, 7, 20, 45, 80):
        command = [sys.executable, "-c", WRITER, str(path), os.path.dirname(os.path.dirname(__file__))]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
            said = [int(writer.stdout.readline()) for _ in range(n_answers)]
            writer.send_signal(signal.SIGKILL)
            said += [int(line) for line in writer.stdout.read().splitlines()]

        with Store.open(path) as store:
            stored = {each.seq for each in store.history(10_000)}
            assert set(said) <= stored
            assert len(stored - set(said)) <= acknowledged + 1  # one more may be on the disk than was told
            acknowledged = store.last_seq()
            assert sum(store.counts().per_class.values()) == len(store.labels())


def in_threads(n_threads, work):
    failed = []

    def run(number):
        try:
            work(number)
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(n_threads)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []


def test_eight_reviewers_who_fight_over_rows_lose_none_and_store_none_twice(path):
    stored, refused = [], []

    def review(number):
        while (view := next_item(store, Query())) is not None:
            answer = answer_to(store, view.row, reviewer=f"reviewer {number}", seen=view.newest_seq)
            try:
                stored.append((store.decide(answer).seq, view.row))
            except Conflict:
                refused.append(view.row)

    with review_of(path, n_rows=200) as store:
        in_threads(8, review)

        assert sorted(row for _, row in stored) == list(range(200))
        assert sorted(seq for seq, _ in stored) == list(range(1, 201))
        assert store.counts().accepted == 200
        assert store.conflicts() == []


def test_reviewers_go_on_while_a_round_is_stored(path, monkeypatch):
    monkeypatch.setattr("pseudolabel.review.rounds.ROWS_AT_ONCE", 100)
    n_rows, each = 3000, 30

    def work(number):
        if number == 0:
            with Store.open(path) as trainer:
                add_round(trainer, [suggestion_for(row % n_rows, "dog", 0.7) for row in range(n_rows)], upto=0)
        else:
            for row in range(number * each, (number + 1) * each):
                decide(store, row, "correct", "fox", f"reviewer {number}")

    with review_of(path, n_rows, [suggestion_for(row, confidence=0.6) for row in range(n_rows)]) as store:
        in_threads(4, work)

        assert len(store.labels()) == 3 * each
        assert store.counts().waiting == n_rows - 3 * each == len(rows(store, Query()))
        assert not set(rows(store, Query())) & set(store.labels())


def test_threads_that_ended_leave_no_connection_open(store):
    for _ in range(20):
        in_threads(1, lambda _: store.counts())

    assert len(store.database._connections) <= 2
