"""The rows of a part come in batches of exactly the size asked for, whatever file they stand in, in any process."""

import os
import pickle
from itertools import accumulate, pairwise
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pseudolabel.data.rows import Part, open_rows
from pseudolabel.data.rows.several import join_sources
from pseudolabel.data.rows.source import BATCH_ROWS, compact, regrouped, rows_of_batch, whole
from pseudolabel.errors import InputError

SIZES = st.integers(1, 12)


def table_of(n_rows: int) -> pa.Table:
    """Give rows of several types, no two alike, with gaps."""
    rows = range(n_rows)
    return pa.table(
        {
            "i": pa.array(rows, pa.int32()),
            "f": pa.array([None if row % 5 == 2 else row / 8 for row in rows], pa.float64()),
            "t": pa.array([None if row % 3 == 1 else f"text {row}" for row in rows], pa.string()),
            "c": pa.array([f"kind {row % 4}" for row in rows], pa.string()).dictionary_encode(),
            "l": pa.array([[row] * (row % 3) for row in rows], pa.list_(pa.int64())),
            "s": pa.array([{"w": row} for row in rows], pa.struct([("w", pa.int64())])),
        }
    )


def csv_of(table: pa.Table) -> str:
    """Give numbers with a needless zero: as text they are not what they are as numbers."""
    rows = zip(*(table[name].to_pylist() for name in ("i", "f", "t")), strict=True)
    return "i,f,t\n" + "".join(f"{i},{'' if f is None else f'{f}0'},{t or ''}\n" for i, f, t in rows)


def parquet_part(path: Path, table: pa.Table, row_group_size: int = 1 << 20) -> Part:
    pq.write_table(table, path, row_group_size=row_group_size)
    (part,) = open_rows(path).parts()
    return part


def csv_part(path: Path, table: pa.Table) -> Part:
    path.write_text(csv_of(table))
    (part,) = open_rows(path).parts()
    return part


@st.composite
def parts(draw: st.DrawFn, folder: Path) -> Part:
    """Give a part of any kind: of Parquet with any row groups, of CSV, or fitted to others; all of it or some rows."""
    n_rows = draw(st.integers(1, 30))
    kind = draw(st.sampled_from(["parquet", "csv", "fitted parquet", "fitted csv"]))
    if kind.endswith("parquet"):
        part = parquet_part(folder / "t.parquet", table_of(n_rows), draw(SIZES))
    else:
        part = csv_part(folder / "t.csv", table_of(n_rows))
    if kind.startswith("fitted"):
        other = folder / "other.csv"
        other.write_text("i,f,extra\n0.5,word,1\n")
        part, _ = join_sources([open_rows(folder / part.name), open_rows(other)]).parts()
    start = draw(st.integers(0, n_rows))
    return part.between(start, draw(st.integers(start, n_rows))) if draw(st.booleans()) else part


@given(st.data(), SIZES, st.booleans())
def test_batches_of_any_size_are_exact_and_together_all_rows(tmp_path_factory, data, at_most, verbatim):
    part = data.draw(parts(tmp_path_factory.mktemp("any")))

    batches = list(part.batches(at_most=at_most, verbatim=verbatim))

    full, rest = divmod(part.n_rows, at_most)
    assert [batch.num_rows for batch in batches] == ([at_most] * full + [rest] * (rest > 0) or [0])
    assert pa.concat_tables(batches) == whole(part, verbatim=verbatim)


@given(st.data(), SIZES, st.booleans())
def test_rows_between_two_are_those_of_the_whole_here_and_in_another_process(tmp_path_factory, data, at_most, verbatim):
    part = data.draw(parts(tmp_path_factory.mktemp("any")))
    start = data.draw(st.integers(0, part.n_rows))
    stop = data.draw(st.integers(start, part.n_rows))

    between = part.between(start, stop)
    sent = pickle.loads(pickle.dumps(between))

    expected = whole(part, verbatim=verbatim).slice(start, stop - start)
    for some in (between, sent):
        assert (some.name, some.n_rows, some.is_text) == (part.name, stop - start, part.is_text)
        assert some.starts == between.starts
        assert pa.concat_tables(some.batches(at_most=at_most, verbatim=verbatim)) == expected


@given(st.data(), SIZES, st.booleans())
def test_columns_come_in_the_order_asked_for_and_rows_are_counted_without_any(
    tmp_path_factory, data, at_most, verbatim
):
    part = data.draw(parts(tmp_path_factory.mktemp("any")))
    everything = whole(part, verbatim=verbatim)
    names = data.draw(st.permutations(everything.column_names))[: data.draw(st.integers(0, 4))]

    batches = list(part.batches(names, at_most=at_most, verbatim=verbatim))

    assert all(batch.column_names == names for batch in batches)
    assert sum(batch.num_rows for batch in batches) == part.n_rows
    assert not names or pa.concat_tables(batches) == everything.select(names)


@given(SIZES, SIZES, st.lists(st.integers(0, 9), min_size=1, max_size=5).filter(any))
def test_a_folder_gives_the_same_rows_however_they_are_split_into_files_and_row_groups(
    tmp_path_factory, row_group_size, at_most, counts
):
    folder, table = tmp_path_factory.mktemp("any"), table_of(sum(counts))
    for number, (start, stop) in enumerate(pairwise([0, *accumulate(counts)])):
        pq.write_table(table.slice(start, stop - start), folder / f"{number}.parquet", row_group_size=row_group_size)

    source = open_rows(folder)

    assert [part.n_rows for part in source.parts()] == counts
    assert pa.concat_tables(batch for part in source.parts() for batch in part.batches(at_most=at_most)) == table


@given(st.integers(1, 30), SIZES, st.data())
def test_a_parquet_file_can_be_begun_at_its_row_groups(tmp_path_factory, n_rows, row_group_size, data):
    part = parquet_part(tmp_path_factory.mktemp("any") / "t.parquet", table_of(n_rows), row_group_size)
    start = data.draw(st.integers(0, n_rows - 1))

    begins = range(0, n_rows, row_group_size)
    assert part.starts == tuple(begins)
    assert part.between(start, n_rows).starts == tuple(begin - start for begin in begins if begin >= start)


def test_cells_of_text_come_as_they_stand_or_in_their_type(tmp_path):
    part = csv_part(tmp_path / "t.csv", table_of(3))

    (verbatim,), (typed,) = part.batches(["f"], at_most=9, verbatim=True), part.batches(["f"], at_most=9)

    assert verbatim["f"].to_pylist() == ["0.00", "0.1250", None]
    assert typed["f"].to_pylist() == [0.0, 0.125, None]


def test_a_few_rows_of_a_text_file_are_sent_without_the_others(tmp_path):
    part = csv_part(tmp_path / "t.csv", table_of(5000))
    fitted, _ = join_sources([open_rows(tmp_path / "t.csv"), open_rows(tmp_path / "t.csv")]).parts()

    for some in (part.between(4000, 4010), fitted.between(4000, 4010)):
        assert len(pickle.dumps(some)) < 5000 < len(pickle.dumps(part)) / 20


def test_rows_are_read_from_another_working_directory(tmp_path, monkeypatch):
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path)
    part = parquet_part(Path("t.parquet"), table_of(3))

    monkeypatch.chdir(tmp_path / "elsewhere")

    assert whole(part) == table_of(3)


def texts(n_rows: int) -> pa.Table:
    return pa.table({"x": [f"{row} text" for row in range(n_rows)]})


def damaged_part(path: Path) -> Part:
    """Give a part of four row groups of 1000 rows, the third of which is damaged."""
    pq.write_table(texts(4000), path, row_group_size=1000, compression="snappy", use_dictionary=False)
    (part,) = open_rows(path).parts()
    offset = pq.read_metadata(path).row_group(2).column(0).data_page_offset
    data = bytearray(path.read_bytes())
    data[offset : offset + 200] = b"\xff" * 200
    path.write_bytes(data)
    return part


def test_damage_in_the_middle_is_refused_when_it_is_come_to(tmp_path):
    batches = damaged_part(tmp_path / "t.parquet").batches(at_most=500)

    assert [next(batches).num_rows for _ in range(4)] == [500] * 4
    with pytest.raises(InputError, match=r"^t\.parquet is a damaged Parquet file .* Copy or write it again"):
        list(batches)


def test_row_groups_that_are_not_asked_for_are_not_read(tmp_path):
    part = damaged_part(tmp_path / "t.parquet")

    assert whole(part.between(0, 2000)) == texts(2000)
    assert whole(part.between(3000, 4000)) == texts(4000).slice(3000)
    with pytest.raises(InputError, match="damaged"):
        whole(part.between(1999, 2001))


@pytest.mark.parametrize(
    "changed",
    [texts(3), texts(5), pa.table({"y": [1, 2, 3, 4]}), pa.concat_tables([texts(2)] * 2)],
    ids=["fewer rows", "more rows", "other columns", "other row groups"],
)
def test_a_file_that_changes_between_two_passes_is_refused_by_name(tmp_path, changed):
    part = parquet_part(tmp_path / "t.parquet", texts(4))
    whole(part)

    pq.write_table(changed, tmp_path / "t.parquet", row_group_size=2 if changed.num_rows == 4 else 4)

    with pytest.raises(InputError, match=r"^t\.parquet has changed since .* Leave inputs as they are during a run"):
        whole(part)


def test_a_file_that_is_cut_while_it_is_read_is_refused_by_name(tmp_path):
    part = parquet_part(tmp_path / "t.parquet", texts(200_000), 20_000)
    batches = part.batches(at_most=1000)
    next(batches)

    os.truncate(tmp_path / "t.parquet", 5000)

    with pytest.raises(InputError, match=r"^t\.parquet "):
        list(batches)


def test_a_file_that_is_gone_is_refused_by_name(tmp_path):
    part = parquet_part(tmp_path / "t.parquet", texts(4))
    (tmp_path / "t.parquet").unlink()

    with pytest.raises(InputError, match=r"^Cannot read .*t\.parquet': No such file"):
        whole(part)


def test_memory_is_that_of_a_few_batches_however_large_a_row_group_is(tmp_path):
    n_rows, columns = 400_000, [f"c{number}" for number in range(10)]
    numbers = pa.array([row / 7 for row in range(n_rows)], pa.float32())
    table = pa.table(dict.fromkeys(columns, numbers))
    pq.write_table(table, tmp_path / "t.parquet", use_dictionary=False, compression="none")
    (part,) = open_rows(tmp_path / "t.parquet").parts()
    assert part.starts == (0,)
    before = pa.total_allocated_bytes()

    held = max(pa.total_allocated_bytes() - before for _ in part.batches(at_most=4096))

    # The row group has 16 million bytes, a batch 160 thousand; a page of each column is less than a tenth of it.
    assert held < 3_000_000


@given(st.lists(st.integers(0, 9), min_size=1), SIZES)
def test_tables_are_regrouped_without_losing_or_moving_a_row(counts, at_most):
    table = table_of(sum(counts))
    pieces = (table.slice(start, stop - start) for start, stop in pairwise([0, *accumulate(counts)]))

    groups = list(regrouped(pieces, at_most))

    assert pa.concat_tables(groups) == table
    assert all(group.num_rows == at_most for group in groups[:-1])
    assert groups[-1].num_rows > 0 or len(groups) == 1


@given(st.integers(0, 30), st.integers(0, 30))
def test_a_compact_slice_is_the_same_rows(start, n_rows):
    rows = table_of(30).slice(start, n_rows)

    assert compact(rows) == rows


@given(st.integers(0, 1 << 40))
def test_a_batch_is_a_power_of_two_of_rows_and_two_million_cells_at_most(n_columns):
    n_rows = rows_of_batch(n_columns)

    assert n_rows.bit_count() == 1
    assert 256 <= n_rows <= BATCH_ROWS
    assert n_rows * n_columns <= 1 << 21 or n_rows == 256
