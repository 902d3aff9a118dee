"""A name that stands twice is found in any number of rows, and only columns that promise one name a row are judged."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

import pseudolabel.data.identifiers as module
from pseudolabel.data.identifiers import is_named_like_row, refuse_repeated, refuse_slips
from pseudolabel.data.rows import Source, open_rows
from pseudolabel.errors import InputError


def source(folder, **columns: object) -> Source:
    pq.write_table(pa.table(columns), folder / "rows.parquet", row_group_size=16)
    return open_rows(folder / "rows.parquet")


def csv_source(folder, ids: list[object], name: str = "id") -> Source:
    text = f"{name},x\n" + "".join(f"{value},0.{place}\n" for place, value in enumerate(ids))
    (folder / "rows.csv").write_text(text)
    return open_rows(folder / "rows.csv")


def refusal(rows: Source, besides: frozenset[str] = frozenset()) -> str:
    with pytest.raises(InputError) as caught:
        refuse_slips(rows, set(besides))
    return str(caught.value)


TEXTS = [f"r{place:04}" for place in range(120)]


@pytest.mark.parametrize("name", ["id", "ID", " Id", "uuid", "GUID", "row_id", "rowid", "Record ID", "example-id"])
def test_one_repeated_name_in_an_identifier_nobody_named_is_refused_with_both_lines(tmp_path, name):
    said = refusal(csv_source(tmp_path, [*TEXTS[:5], TEXTS[4], *TEXTS[6:]], name))

    assert "'r0004' stands twice" in said
    assert "rows.csv, line 6 and rows.csv, line 7" in said
    assert "--id" in said


def test_the_first_repeated_number_of_several_is_named(tmp_path):
    ids = [*range(100), 70, 7]

    assert "identifier 70 stands twice in column 'id': rows.csv, line 72 and rows.csv, line 102" in refusal(
        csv_source(tmp_path, ids)
    )


@pytest.mark.parametrize(
    "kind", [pa.string(), pa.large_string(), pa.string_view(), pa.dictionary(pa.int32(), pa.string())]
)
def test_texts_of_every_type_are_compared(tmp_path, kind):
    ids = pa.array([*TEXTS, TEXTS[-1]]).cast(pa.string())
    rows = source(tmp_path, id=ids.dictionary_encode() if pa.types.is_dictionary(kind) else ids.cast(kind))

    assert "'r0119' stands twice in column 'id': rows.parquet, row 120 and rows.parquet, row 121" in refusal(rows)


@pytest.mark.parametrize("name", ["customer_id", "patientId", "user id", "index", "key", "width", "paid", "valid"])
def test_columns_that_refer_to_something_or_are_no_identifier_may_repeat(tmp_path, name):
    refuse_slips(csv_source(tmp_path, [*TEXTS, TEXTS[0]], name), set())


@pytest.mark.parametrize(
    "ids",
    [
        [*TEXTS, *TEXTS[:20]],
        TEXTS[:10] * 12,
        ["a", "b", "a"],
        [*TEXTS, "", "", ""],
        [*map(float, range(100)), 1.5, 1.5],
        TEXTS,
    ],
    ids=["many repeats", "few different", "few rows", "empty cells", "decimals", "all different"],
)
def test_what_is_not_filled_like_an_identifier_of_the_rows_is_let_be(tmp_path, ids):
    refuse_slips(csv_source(tmp_path, ids), set())


def test_a_column_with_a_part_of_its_own_is_not_judged(tmp_path):
    refuse_slips(csv_source(tmp_path, [*TEXTS, TEXTS[0]]), {"id"})


WHOLE = st.integers(-(2**63), 2**63 - 1)
FEW = st.integers(0, 3)
COLUMNS = st.one_of(
    st.lists(WHOLE | st.none(), min_size=1, max_size=200),
    st.lists(FEW, min_size=1, max_size=200),
    st.lists(WHOLE, min_size=1, max_size=200).map(sorted),
    st.lists(WHOLE, min_size=1, max_size=200, unique=True).map(sorted),
)


@given(ids=COLUMNS, most=st.integers(1, 300), at_most=st.integers(1, 50))
def test_an_identifier_is_refused_if_and_only_if_a_value_stands_twice(tmp_path_factory, ids, most, at_most):
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(module, "MOST_HASHES", most)
        patched.setattr(module, "BATCH_ROWS", at_most)
        rows = source(tmp_path_factory.mktemp("t"), code=pa.array(ids, pa.int64()))
        first = {}
        for place, value in enumerate(ids):
            if value in first:
                with pytest.raises(InputError, match=rf"row {first[value] + 1} and rows\.parquet, row {place + 1}\."):
                    refuse_repeated(rows, "code")
                return
            first[value] = place
        refuse_repeated(rows, "code")


def test_equal_hashes_of_different_names_are_no_repetition(tmp_path, monkeypatch):
    monkeypatch.setattr(
        module.pd.util, "hash_array", lambda values, **_: module.np.zeros(len(values), module.np.uint64)
    )

    refuse_repeated(source(tmp_path, code=TEXTS[::-1]), "code")


def test_of_names_that_only_increase_nothing_is_held(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "_hashes", None)

    refuse_repeated(source(tmp_path, code=TEXTS), "code")
    refuse_repeated(source(tmp_path, code=range(1_000)), "code")


def test_no_name_is_taken_for_that_of_the_rows_by_its_ending():
    assert not [name for name in ("bid", "grid", "fluid", "liquid", "acid", "") if is_named_like_row(name)]
