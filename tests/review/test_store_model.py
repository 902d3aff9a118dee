"""Whatever reviewers do, in whatever order, the review says what a plain list of answers says."""

import tempfile
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from reviews import CLASSES, add_round, answer_to, review_of, suggestion_for, undo

from pseudolabel.review.queue import Query, count, next_item, rows
from pseudolabel.review.store import Conflict, Store

N_ROWS = 6
GIVEN = {5: "dog"}
ROWS = st.integers(0, N_ROWS - 2)
NAMES = st.sampled_from(CLASSES)
REVIEWERS = st.sampled_from(["ann", "bob"])
GIVING = st.sampled_from(["accept", "correct", "new_class"])


@dataclass
class Entry:
    """One line of the model's log."""

    row: int
    action: str
    label: str | None
    reviewer: str
    batch: str | None = None
    is_settling: bool = False
    undone_by: int | None = None


class Reviews(RuleBasedStateMachine):
    def __init__(self):
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.path = Path(self.folder.name) / "review.sqlite"
        self.log = []
        self.suggested = [dict.fromkeys(range(N_ROWS), "cat")]
        self.past = {}
        self.sent = []
        self.store = review_of(self.path, N_ROWS, given=GIVEN)

    def teardown(self):
        self.store.close()
        self.folder.cleanup()

    # what may happen

    @rule(row=ROWS, label=NAMES, reviewer=REVIEWERS, action=GIVING, is_settling=st.booleans())
    def give(self, row, label, reviewer, action, is_settling):
        self.send(answer_to(self.store, row, action, label, reviewer, is_settling=is_settling))

    @rule(row=ROWS, label=NAMES, reviewer=REVIEWERS)
    def reject(self, row, label, reviewer):
        self.send(answer_to(self.store, row, "reject", label, reviewer))

    @rule(row=ROWS, reviewer=REVIEWERS)
    def skip(self, row, reviewer):
        self.send(answer_to(self.store, row, "skip", None, reviewer))

    @rule(labels=st.dictionaries(ROWS, NAMES, min_size=1), reviewer=REVIEWERS)
    def answer_a_batch(self, labels, reviewer):
        answers = [answer_to(self.store, row, "correct", label, reviewer) for row, label in labels.items()]
        self.store.decide_many(answers)
        for answer in answers:
            self.note(answer, batch=answers[0].request_id)

    @rule(row=ROWS, label=NAMES, reviewer=REVIEWERS, behind=st.integers(1, 3))
    def answer_what_somebody_else_has_answered(self, row, label, reviewer, behind):
        numbers = self.numbers_of(row)
        seen = [0, 0, 0, 0, *numbers][-1 - behind]
        answer = answer_to(self.store, row, "correct", label, reviewer, seen=seen)
        if not numbers:
            self.send(answer)
            return
        with pytest.raises(Conflict) as caught:
            self.store.decide(answer)
        assert caught.value.newest == numbers[-1]
        assert caught.value.other.seq in [number for number in numbers if number > seen]

    @precondition(lambda self: self.sent)
    @rule(data=st.data())
    def send_again(self, data):
        answer, seq = data.draw(st.sampled_from(self.sent))
        decided = self.store.decide(answer)
        assert (decided.seq, decided.is_repeat) == (seq, True)

    @rule(reviewer=REVIEWERS)
    def take_back(self, reviewer):
        own = [seq for seq, entry in self.live() if entry.reviewer == reviewer]
        undone = undo(self.store, reviewer)
        assert (undone and undone.seq) == (own[-1] if own else None)
        if own:
            self.unsay(own[-1])

    @rule(reviewer=REVIEWERS, data=st.data())
    def take_back_an_older_one(self, reviewer, data):
        own = [seq for seq, entry in self.live() if entry.reviewer == reviewer]
        if own:
            seq = data.draw(st.sampled_from(own))
            assert undo(self.store, reviewer, seq).seq == seq
            self.unsay(seq)

    @rule(labels=st.lists(NAMES, min_size=N_ROWS, max_size=N_ROWS))
    def learn(self, labels):
        self.suggested.append(dict(enumerate(labels)))
        add_round(self.store, [suggestion_for(row, label) for row, label in enumerate(labels)])

    @rule()
    def restart(self):
        self.store.close()
        self.store = Store.open(self.path)

    # the model

    def send(self, answer):
        decided = self.store.decide(answer)
        assert (decided.seq, decided.is_repeat) == (len(self.log) + 1, False)
        self.note(answer)
        self.sent.append((answer, decided.seq))

    def note(self, answer, batch=None):
        self.log.append(Entry(answer.row, answer.action, answer.label, answer.reviewer, batch, answer.is_settling))
        self.keep()

    def unsay(self, seq):
        batch = self.log[seq - 1].batch
        together = [seq] if batch is None else [number for number, entry in self.live() if entry.batch == batch]
        for number in [seq, *reversed([other for other in together if other != seq])]:
            self.log.append(Entry(self.log[number - 1].row, "undo", None, self.log[number - 1].reviewer))
            self.log[number - 1].undone_by = len(self.log)
        self.keep()

    def keep(self):
        self.past[len(self.log)] = self.labels()

    def live(self):
        return [
            (seq, entry) for seq, entry in enumerate(self.log, 1) if entry.action != "undo" and entry.undone_by is None
        ]

    def numbers_of(self, row):
        return [seq for seq, entry in enumerate(self.log, 1) if entry.row == row]

    def labels(self):
        """The label and the rejected classes of each row with answers, told anew from the whole log."""
        return {row: self.agreed(row) for row in {entry.row for _, entry in self.live()}}

    def agreed(self, row):
        said = [(seq, entry) for seq, entry in self.live() if entry.row == row]
        settled = max((seq for seq, entry in said if entry.is_settling), default=0)
        rejected = {
            entry.label
            for seq, entry in said
            if entry.action == "reject"
            and not any(
                later > seq
                and other.action not in ("reject", "skip")
                and other.label == entry.label
                and (other.reviewer == entry.reviewer or other.is_settling)
                for later, other in said
            )
        }
        labels = set()
        for reviewer in ("ann", "bob"):
            own = [(seq, entry) for seq, entry in said if entry.reviewer == reviewer and entry.action != "skip"]
            given = [(seq, entry) for seq, entry in own if entry.action != "reject" and seq >= settled]
            if given:
                seq, entry = given[-1]
                refused_later = [
                    e for later, e in own if later > seq and e.action == "reject" and e.label == entry.label
                ]
                labels |= set() if refused_later else {entry.label}
        is_conflict = len(labels) > 1 or bool(labels & rejected)
        return (labels.pop() if len(labels) == 1 and not is_conflict else None), frozenset(rejected), is_conflict

    def state(self, row, suggested):
        if row in GIVEN:
            return "given"
        said = [entry for _, entry in self.live() if entry.row == row]
        label, rejected, is_conflict = self.agreed(row)
        if label is not None or is_conflict or suggested in rejected:
            return "settled"
        return "skipped" if said and said[-1].action == "skip" else "waiting"

    # what must hold at any time

    @invariant()
    def the_labels_are_those_of_the_log(self):
        found = {row: (each.label, each.rejected, each.is_conflict) for row, each in self.store.labels().items()}
        assert found == self.labels()
        assert [each.row for each in self.store.conflicts()] == sorted(
            (row for row, (_, _, is_conflict) in self.labels().items() if is_conflict),
            key=lambda row: max(seq for seq, entry in self.live() if entry.row == row),
        )

    @invariant()
    def the_labels_of_earlier_are_as_they_were(self):
        for upto in list(self.past)[-5:]:
            found = {
                row: (each.label, each.rejected, each.is_conflict) for row, each in self.store.labels(upto).items()
            }
            assert found == self.past[upto]

    @invariant()
    def every_row_is_counted_once(self):
        counts = self.store.counts()
        states = [self.state(row, self.suggested[-1][row]) for row in range(N_ROWS)]
        settled = [row for row in range(N_ROWS) if states[row] == "settled"]
        agreed = [self.agreed(row) for row in settled]
        assert counts.waiting == states.count("waiting")
        assert counts.skipped == states.count("skipped")
        assert counts.given == states.count("given")
        assert counts.conflicts == sum(is_conflict for _, _, is_conflict in agreed)
        assert counts.accepted + counts.corrected == sum(label is not None for label, _, _ in agreed)
        assert counts.rejected == sum(label is None and not is_conflict for label, _, is_conflict in agreed)
        assert sum(counts.per_class.values()) == counts.accepted + counts.corrected

    @invariant()
    def the_queue_holds_what_waits(self):
        for number, suggested in enumerate(self.suggested, 1):
            waiting = [row for row in range(N_ROWS) if self.state(row, suggested[row]) == "waiting"]
            skipped = [row for row in range(N_ROWS) if self.state(row, suggested[row]) == "skipped"]
            put_off = sorted(skipped, key=lambda row: max(seq for seq, entry in self.live() if entry.row == row))
            query = Query(round=number)
            assert rows(self.store, query) == waiting + put_off
            assert count(self.store, query) == len(waiting + put_off)
            view = next_item(self.store, query)
            assert (view and view.row) == (waiting + put_off + [None])[0]

    @invariant()
    def an_item_shows_its_decisions(self):
        for row in range(N_ROWS):
            view = self.store.item(row)
            assert view.newest_seq == max(self.numbers_of(row), default=0)
            assert [each.seq for each in view.decisions] == [seq for seq, entry in self.live() if entry.row == row]
            assert view.state == self.state(row, self.suggested[-1][row])

    @invariant()
    def the_log_is_whole_and_in_order(self):
        history = self.store.history(len(self.log) + 1)
        assert [each.seq for each in history] == list(range(len(self.log), 0, -1))
        assert [each.action for each in reversed(history)] == [entry.action for entry in self.log]
        assert {each.seq for each in history if each.is_live} == {seq for seq, _ in self.live()}


TestReviews = Reviews.TestCase
TestReviews.settings = settings(max_examples=30, stateful_step_count=30, deadline=None)
