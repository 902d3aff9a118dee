"""Text that a spreadsheet would run as a formula is made harmless, and nothing else is touched."""

import csv

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pseudolabel.results.spreadsheet import neutralised, neutralised_text, restored
from pseudolabel.results.table import write_table

TEXTS = st.text(alphabet=st.sampled_from("=+-@'\t\r\n 1a.,e\uff1d\uff0b\uff0d\uff20\u3000\xa0%"), max_size=6) | st.text(
    max_size=8
)

RUN = [
    "=1+1",
    "+1+1",
    "-1+1",
    "@SUM(1)",
    "\t=1",
    "\r=1",
    " =1",
    "\n=1",
    "\uff1d1+1",
    "\uff0d1+1",
    "=cmd|'/C calc'!A0",
    "-cmd|' '!A0",
]

PLAIN = ["-1.5", "+3", "-1e5", "-1,5", "-1 234,50", "+.5", "-5 %", "-", "--", "-inf", "a=b", "a@b.c", "'tis", "", "1+1"]


@pytest.mark.parametrize("text", RUN)
def test_what_a_spreadsheet_would_run_gets_an_apostrophe(text):
    assert neutralised_text(text) == f"'{text}"


@pytest.mark.parametrize("text", PLAIN)
def test_numbers_and_other_text_stay_as_they_are(text):
    assert neutralised_text(text) == text


@given(TEXTS)
def test_every_cell_can_be_restored(text):
    assert restored(neutralised_text(text)) == text


@given(TEXTS)
def test_nothing_but_an_apostrophe_before_a_cell_is_ever_added(text):
    assert neutralised_text(text) in (text, f"'{text}")


@given(TEXTS)
def test_what_is_harmless_begins_with_no_sign_of_a_formula_unless_it_is_a_number(text):
    found = neutralised_text(text).lstrip()
    if found[:1] in tuple("=@\uff1d\uff0b\uff0d\uff20"):
        raise AssertionError(found)
    if found[:1] in tuple("+-"):
        assert all(sign in "0123456789.,eE+-% \t\n\r\xa0\u3000\u202f'infa" for sign in found)


def test_missing_cells_stay_missing():
    cells, n_changed = neutralised(pa.chunked_array([["=1", None], [None]]))

    assert cells.to_pylist() == ["'=1", None, None]
    assert n_changed == 1


@pytest.mark.parametrize("suffix", [".csv", ".tsv"])
def test_a_table_for_people_is_harmless_and_says_so_and_a_raw_one_is_exact(tmp_path, suffix):
    table = pa.table({"=a": RUN, "n": [-1.5] * len(RUN), "kind": pa.array(RUN).dictionary_encode()})

    changed = write_table(tmp_path / f"people{suffix}", [table])
    unchanged = write_table(tmp_path / f"raw{suffix}", [table], raw=True)

    def read(name):
        with (tmp_path / f"{name}{suffix}").open(newline="", encoding="utf-8") as file:
            return list(csv.reader(file, delimiter="," if suffix == ".csv" else "\t"))

    assert (changed, unchanged) == ({"=a": len(RUN), "kind": len(RUN)}, {})
    assert read("people") == [["'=a", "n", "kind"], *([f"'{text}", "-1.5", f"'{text}"] for text in RUN)]
    assert read("raw") == [["=a", "n", "kind"], *([text, "-1.5", text] for text in RUN)]
