"""Scores are the same bytes whoever makes them, however often and in whatever chunks; what is known stays."""

from dataclasses import dataclass
from functools import reduce

import numpy as np
import pyarrow as pa
import pytest
from tables import many_rows, write_folder

from pseudolabel import scoring
from pseudolabel.data.rows import open_rows
from pseudolabel.engine.here import Here
from pseudolabel.engine.threads import Threads
from pseudolabel.judgement.doubt import find_doubtful
from pseudolabel.judgement.summary import Summary
from pseudolabel.scoring import GIVEN, Tally, plan_chunks, score_all, score_chunk

TABLE = many_rows(900)
COLUMNS = ("x0", "x1")


@dataclass(frozen=True)
class ByHand:
    """Scores rows by their first two columns, and remembers how many it was asked about."""

    asked: list[int]
    columns: tuple[str, ...] = COLUMNS

    def probabilities(self, rows):
        raw = np.exp(np.column_stack([rows[name].to_numpy() for name in COLUMNS]).astype(np.float64))
        return raw / raw.sum(axis=1, keepdims=True)

    def score(self, rows):
        self.asked.append(rows.num_rows)
        found = self.probabilities(rows)
        codes = found.argmax(axis=1)
        scores = pa.table({"code": codes.astype(np.int8), "confidence": found.max(axis=1).astype(np.float32)})
        return scores, find_doubtful(found, codes, rows)

    def summary(self, scores):
        own = ~scores[GIVEN].to_numpy()
        return Summary.of(scores["code"].to_numpy()[own], scores["confidence"].to_numpy()[own], 2)


def known_rows(positions, code=1):
    n_rows = len(positions)
    return pa.table(
        {
            "code": pa.array([code] * n_rows, pa.int8()),
            "confidence": pa.array([1.0] * n_rows, pa.float32()),
            GIVEN: pa.array([True] * n_rows, pa.bool_()),
            "position": pa.array(positions, pa.int64()),
        }
    )


NOTHING_KNOWN = known_rows([])


@pytest.fixture
def small_chunks(monkeypatch):
    """Make blocks of 64 rows and chunks of two of them."""
    monkeypatch.setattr(scoring, "rows_of_batch", lambda n_columns: 64)
    monkeypatch.setattr(scoring, "BLOCKS_OF_A_CHUNK", 2)


def scored(folder, work, *, known=NOTHING_KNOWN, engine=None, scorer=None):
    work.mkdir()
    return score_all(open_rows(folder), known, scorer or ByHand([]), work, engine or Here())


def all_scores(found):
    return pa.concat_tables(table for table in found.columns(["code", "confidence", GIVEN]))


def test_chunks_hold_every_row_once_and_begin_at_blocks(tmp_path, small_chunks):
    rows = open_rows(write_folder(TABLE, tmp_path / "t", rows_of_a_group=50))

    chunks = plan_chunks(rows, NOTHING_KNOWN, 2)

    held = [chunk.part.batches(["row"], at_most=1000) for chunk in chunks]
    assert [row for batches in held for batch in batches for row in batch["row"].to_pylist()] == list(range(900))
    assert [chunk.number for chunk in chunks] == list(range(len(chunks)))
    assert all((chunk.start % 300) % 64 == 0 for chunk in chunks)  # a file has 300 rows
    assert len(chunks) > 3


def test_scoring_a_chunk_again_changes_nothing_and_asks_nobody(tmp_path):
    rows, scorer = open_rows(write_folder(TABLE, tmp_path / "t")), ByHand([])
    [first, *_] = plan_chunks(rows, NOTHING_KNOWN, 2)

    before = score_chunk(scorer, tmp_path, first)
    [file] = tmp_path.glob("*.parquet")
    content = file.read_bytes()
    asked = len(scorer.asked)
    again = score_chunk(scorer, tmp_path, first)
    file.unlink()
    score_chunk(scorer, tmp_path, first)

    assert file.read_bytes() == content
    assert len(scorer.asked) == 2 * asked
    assert (again.n_rows, again.n_given) == (before.n_rows, before.n_given) == (300, 0)
    assert again.summary.counts.tolist() == before.summary.counts.tolist()
    assert again.doubtful.equals(before.doubtful)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda content: b"",
        lambda content: content[: len(content) // 2],
        lambda content: content[:40] + bytes([content[40] ^ 255]) + content[41:],
    ],
    ids=["empty", "cut", "flipped"],
)
def test_scores_that_the_disk_has_lost_are_made_again(tmp_path, spoil):
    rows = open_rows(write_folder(TABLE, tmp_path / "t"))
    [first, *_] = plan_chunks(rows, NOTHING_KNOWN, 2)
    before = score_chunk(ByHand([]), tmp_path, first)
    [file] = tmp_path.glob("*.parquet")
    content = file.read_bytes()
    file.write_bytes(spoil(content))

    again = score_chunk(ByHand([]), tmp_path, first)

    assert file.read_bytes() == content
    assert again.summary.counts.tolist() == before.summary.counts.tolist()


@pytest.mark.parametrize("form", [{}, {"rows_of_a_group": 11}, {"rows_of_a_group": 300}], ids=str)
@pytest.mark.parametrize("engine", [Here(), Threads(3)], ids=["here", "threads"])
def test_scores_depend_on_neither_row_groups_nor_chunks_nor_engine(tmp_path, small_chunks, form, engine):
    known = known_rows([0, 5, 299, 300, 777])
    if isinstance(engine, Threads):
        engine.__enter__()
    found = scored(write_folder(TABLE, tmp_path / "t", **form), tmp_path / "w", known=known, engine=engine)

    expected = ByHand([]).probabilities(TABLE)
    expected[[0, 5, 299, 300, 777]] = [0.0, 1.0]
    scores = all_scores(found)
    assert np.array_equal(scores["code"], expected.argmax(axis=1))
    assert np.array_equal(scores["confidence"], expected.max(axis=1).astype(np.float32))
    assert np.flatnonzero(scores[GIVEN]).tolist() == [0, 5, 299, 300, 777]


def test_the_tally_is_that_of_all_rows(tmp_path, small_chunks):
    known = known_rows([3, 400])
    found = scored(write_folder(TABLE, tmp_path / "t"), tmp_path / "w", known=known).tally

    probabilities = ByHand([]).probabilities(TABLE)
    lead = np.abs(probabilities[:, 0] - probabilities[:, 1])
    lead[[3, 400]] = np.inf
    assert (found.n_rows, found.n_given, found.summary.n_rows) == (900, 2, 898)
    assert found.doubtful["position"].to_pylist() == np.argsort(lead, kind="stable")[:10].tolist()
    assert [row["x0"] for row in found.doubtful["row"].to_pylist()] == [
        TABLE["x0"][position].as_py() for position in found.doubtful["position"].to_pylist()
    ]


def test_rows_that_are_all_known_are_scored_by_nobody(tmp_path):
    scorer = ByHand([])

    found = scored(write_folder(TABLE, tmp_path / "t"), tmp_path / "w", known=known_rows(range(900)), scorer=scorer)

    assert scorer.asked == []
    assert found.tally.n_given == 900


def test_only_rows_that_are_not_known_are_scored(tmp_path, small_chunks):
    scorer = ByHand([])

    scored(write_folder(TABLE, tmp_path / "t"), tmp_path / "w", known=known_rows(range(0, 900, 2)), scorer=scorer)

    assert sum(scorer.asked) == 450


def test_tallies_can_be_added_in_any_order(tmp_path, small_chunks):
    rows, work = open_rows(write_folder(TABLE, tmp_path / "t")), tmp_path / "w"
    work.mkdir()
    tallies = [score_chunk(ByHand([]), work, chunk) for chunk in plan_chunks(rows, NOTHING_KNOWN, 2)]

    one, other = reduce(Tally.__add__, tallies), reduce(Tally.__add__, reversed(tallies))

    assert one.summary.keys.tolist() == other.summary.keys.tolist()
    assert one.summary.counts.tolist() == other.summary.counts.tolist()
    assert one.doubtful.equals(other.doubtful)


def test_a_file_without_rows_has_a_file_of_scores_without_rows(tmp_path):
    folder = write_folder(TABLE, tmp_path / "t", n_files=2)
    write_folder(TABLE.slice(0, 0), tmp_path / "empty", n_files=1)
    (tmp_path / "empty" / "part-0.parquet").rename(folder / "part-00.parquet")

    found = scored(folder, tmp_path / "w")

    assert [sum(table.num_rows for table in found.of_part(number, at_most=100)) for number in range(3)] == [450, 0, 450]
