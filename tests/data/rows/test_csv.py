"""CSV files are read whole, exactly and typed without loss; a broken one is refused by file, line and advice."""

import csv
import gzip
import io
import math
import os
import re
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pseudolabel.data.rows import open_rows
from pseudolabel.data.rows.csv import CsvRows, read_csv
from pseudolabel.data.rows.source import whole
from pseudolabel.errors import InputError, ParameterError

CELLS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=8) | st.text(
    "\r\n\",;\t 'a1", max_size=6
)


@st.composite
def text_tables(draw: st.DrawFn) -> list[list[str]]:
    """Give a header of distinct names and at least one row of any cells."""
    names = draw(st.lists(st.from_regex(r"[a-z]{1,6}", fullmatch=True), min_size=1, max_size=4, unique=True))
    width = len(names)
    rows = draw(st.lists(st.lists(CELLS, min_size=width, max_size=width), min_size=1, max_size=6))
    return [names, *rows]


def read(folder: Path, content: str | bytes, name: str = "data.csv", **options: str) -> CsvRows:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_csv(path, **options)


def refusal(folder: Path, content: str | bytes, name: str = "data.csv") -> str:
    with pytest.raises(InputError) as caught:
        read(folder, content, name)
    return str(caught.value)


def column(folder: Path, *cells: str) -> pa.ChunkedArray:
    """Read a table with a column `x` of these cells beside another one."""
    return read(folder, "x,y\n" + "".join(f'"{cell}",y\n' for cell in cells)).table["x"]


def cells_of(source: CsvRows) -> list[list[str | None]]:
    return [list(row.values()) for row in source.verbatim.to_pylist()]


@given(
    text_tables(),
    st.sampled_from([("data.csv", ","), ("data.tsv", "\t"), ("data.csv.gz", ",")]),
    st.sampled_from(["\n", "\r\n", "\r"]),
)
def test_any_table_of_text_is_read_back_equal(tmp_path_factory, table, form, ending):
    (name, delimiter), text = form, io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter, lineterminator=ending, quoting=csv.QUOTE_ALL).writerows(table)
    content = text.getvalue().encode()

    source = read(tmp_path_factory.mktemp("any"), gzip.compress(content) if name.endswith("gz") else content, name)

    assert source.schema.names == table[0]
    assert cells_of(source) == [[cell or None for cell in row] for row in table[1:]]


@given(text_tables())
def test_minimal_quotes_are_read_back_equal_whatever_lone_carriage_returns_a_cell_has(tmp_path_factory, table):
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows(table)

    source = read(tmp_path_factory.mktemp("any"), text.getvalue())

    # Before Python 3.13 the writer leaves '\r' without quotes; at the end of a line no reader can tell it from CRLF.
    expected = [[cell or None for cell in row] for row in table[1:]]
    unquoted_ends = [row for row in expected if re.search(r'^[^",\n]*\r$', row[-1] or "")]
    assert unquoted_ends or cells_of(source) == expected


@given(
    st.lists(st.sampled_from(["0", "7", "-12", "007", "+5", "-0", "9" * 18, "9" * 20, "1e3", "1.5", "x"]), min_size=1)
)
def test_a_column_is_whole_numbers_only_if_every_number_reads_as_its_cell(tmp_path_factory, cells):
    values = column(tmp_path_factory.mktemp("any"), *cells)

    if pa.types.is_integer(values.type):
        assert [str(value) for value in values.to_pylist()] == cells
    else:
        assert any(re.fullmatch(r"-?(0|[1-9]\d{0,17})", cell) is None or cell == "-0" for cell in cells)


@given(st.lists(st.floats(), min_size=1).filter(lambda values: any(math.isfinite(value) for value in values)))
def test_floats_written_by_python_are_read_as_the_same_floats(tmp_path_factory, values):
    read_back = column(tmp_path_factory.mktemp("any"), *map(repr, values))

    assert list(map(repr, read_back.to_pylist())) == list(map(repr, values))


@pytest.mark.parametrize(
    ("cells", "kind", "values"),
    [
        (["1", "", "-20"], pa.int64(), [1, None, -20]),
        (["1", "2.50", ".5", "-3.", "1e3", "+0.5"], pa.float64(), [1.0, 2.5, 0.5, -3.0, 1000.0, 0.5]),
        (["1", "inf", "-Infinity"], pa.float64(), [1.0, math.inf, -math.inf]),
        (["0.5", "9" * 30], pa.float64(), [0.5, 1e30]),
        (["", ""], pa.null(), [None, None]),
        (["007", "1"], pa.string(), ["007", "1"]),
        (["007", "1.5"], pa.string(), ["007", "1.5"]),
        (["+4915", "12"], pa.string(), ["+4915", "12"]),
        (["-0", "1"], pa.string(), ["-0", "1"]),
        (["12345678901234567890", "1"], pa.string(), ["12345678901234567890", "1"]),
        (["1234567890123456", "NaN"], pa.string(), ["1234567890123456", "NaN"]),
        (["NaN", "inf"], pa.string(), ["NaN", "inf"]),
        (["None", "NA", "", "null"], pa.string(), ["None", "NA", None, "null"]),
        (["2024-01-31", "2024-02-01"], pa.string(), ["2024-01-31", "2024-02-01"]),
        (["0x10", "1_0"], pa.string(), ["0x10", "1_0"]),
        ([" 1", "2"], pa.string(), [" 1", "2"]),
        (["True", "False"], pa.string(), ["True", "False"]),
    ],
)
def test_a_column_gets_the_one_type_that_loses_nothing(tmp_path, cells, kind, values):
    found = column(tmp_path, *cells)

    assert (found.type, found.to_pylist()) == (kind, values)


def test_the_type_is_one_for_the_whole_file_although_it_is_read_in_batches(tmp_path, monkeypatch):
    monkeypatch.setattr("pseudolabel.data.rows.csv.BATCH_CELLS", 4)

    source = read(tmp_path, "x,y\n" + "1,a\n" * 9 + "n/a,b\n")

    assert source.table["x"].to_pylist() == ["1"] * 9 + ["n/a"]
    assert source.verbatim["x"].num_chunks > 1


def test_verbatim_keeps_cells_as_they_stand(tmp_path):
    source = read(tmp_path, 'a,b\n1.50," x"\n1e0,\n')

    assert cells_of(source) == [["1.50", " x"], ["1e0", None]]
    assert source.table["a"].to_pylist() == [1.5, 1.0]


def test_every_pass_gives_the_same_one_part(tmp_path):
    source = read(tmp_path, "a\n1\n2\n")

    (first,), (second,) = source.parts(), source.parts()

    assert (first.name, first.n_rows, first.is_text, first.starts) == ("data.csv", 2, True, (0,))
    assert whole(first) == whole(second) == whole(first) == pa.table({"a": [1, 2]})
    assert (source.n_rows, source.paths, source.notes) == (2, (tmp_path / "data.csv",), ())


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_place_names_the_line_a_record_starts_on(tmp_path, ending):
    lines = ["a,b", '1,"two', 'lines"', "", "2,x"]

    source = read(tmp_path, ending.join(lines))

    assert [source.place(row) for row in range(source.n_rows)] == ["data.csv, line 2", "data.csv, line 5"]


def test_blank_lines_are_skipped_in_a_wide_table_and_empty_cells_in_a_narrow_one(tmp_path):
    wide, narrow = read(tmp_path, "\na,b\n\n1,2\n\n"), read(tmp_path, "a\n1\n\n3\n")

    assert wide.table.to_pylist() == [{"a": 1, "b": 2}]
    assert narrow.table["a"].to_pylist() == [1, None, 3]


def test_a_byte_order_mark_is_not_part_of_the_first_name(tmp_path):
    assert read(tmp_path, b"\xef\xbb\xbfid,x\n1,2\n").schema.names == ["id", "x"]


@pytest.mark.parametrize("encoding", ["latin-1", "cp1252", "utf-16"])
def test_other_encodings_are_read_when_named(tmp_path, encoding):
    source = read(tmp_path, "id,x\né,2\n".encode(encoding), encoding=encoding)

    assert source.table["id"].to_pylist() == ["é"]


def test_a_first_column_without_a_name_gets_the_name_pandas_gives_it(tmp_path):
    assert read(tmp_path, ",x\n0,5\n").schema.names == ["Unnamed: 0", "x"]


def test_cells_of_a_megabyte_are_read_and_the_limit_of_the_parser_is_left_as_it_was(tmp_path):
    before, long = csv.field_size_limit(), "w" * 1_000_000

    source = read(tmp_path, f"a,b\n{long},1\n")

    assert source.table["a"].to_pylist() == [long]
    assert csv.field_size_limit() == before


def test_five_thousand_columns_are_read(tmp_path):
    width = 5000
    content = "\n".join(",".join(f"{start}{column}" for column in range(width)) for start in ("c", "1", "2"))

    source = read(tmp_path, content)

    assert (source.n_rows, len(source.schema)) == (2, width)


@pytest.mark.parametrize(
    ("name", "header", "codes"),
    [
        ("data.csv", "a,b;c,d", []),
        ("data.csv", "a;b", ["delimiter"]),
        ("data.csv", '"a,1";b', ["delimiter"]),
        ("data.csv", "a\tb", ["delimiter"]),
        ("data.csv", "a", []),
        ("data.tsv", "a\tb,c", []),
        ("data.txt", "a\tb", []),
        ("data.txt", "a,b", ["delimiter"]),
    ],
)
def test_the_delimiter_is_that_of_the_header_and_an_unusual_one_is_noted(tmp_path, name, header, codes):
    source = read(tmp_path, f"{header}\n{header}\n", name)

    assert [note.code for note in source.notes] == codes
    assert source.table.to_pylist() == [{key: key for key in source.schema.names}]


def test_a_column_of_numbers_and_some_words_is_noted_with_examples_and_lines(tmp_path):
    source = read(tmp_path, "x,y\n" + "1,a\n" * 5 + "n/a,a\n2,a\n?,a\n")

    assert [note.code for note in source.notes] == ["mixed-types"]
    assert "Column 'x' is read as text, because 2 of its 8 cells" in source.notes[0].detail
    assert "'n/a' (line 7), '?' (line 9)" in source.notes[0].detail


@pytest.mark.parametrize(
    ("cells", "code"),
    [
        (["1,5", "2,25", "3"], "decimal-comma"),
        (["1,5", "n/a", "3", "4"], "mixed-types"),
        ([" 1", " 2"], "mixed-types"),
        (["0.5", "1e400"], "number-overflow"),
    ],
)
def test_a_surprising_decision_on_a_type_is_noted_with_a_line(tmp_path, cells, code):
    source = read(tmp_path, "x,y\n" + "".join(f'"{cell}",y\n' for cell in cells))

    assert [note.code for note in source.notes] == [code]
    assert re.search(r"Column 'x'.*\(line \d\)", source.notes[0].detail)


@pytest.mark.parametrize("cells", [["007", "012", "90210"], ["a", "b", "1"], ["0.5", "inf"], ["2024-01-31"], [""]])
def test_codes_words_and_dates_earn_no_note(tmp_path, cells):
    assert read(tmp_path, "x,y\n" + "".join(f"{cell},y\n" for cell in cells)).notes == ()


@pytest.mark.parametrize("content", [b"", b"\n\n", b"\xef\xbb\xbf"])
def test_an_empty_file_is_called_empty(tmp_path, content):
    assert re.search(r"^data\.csv is empty.* Check ", refusal(tmp_path, content))


def test_a_file_with_a_header_only_is_said_to_have_no_rows(tmp_path):
    assert re.search(r"^data\.csv has no rows, only a header line \(2 columns\)\. Check ", refusal(tmp_path, "a,b\n\n"))


def test_text_that_does_not_decode_is_refused_by_line_byte_and_option(tmp_path):
    message = refusal(tmp_path, "id,x\nok,1\ncaf\xe9,2\n".encode("latin-1"))

    assert re.search(r"^data\.csv, line 3: not utf-8 text \(byte 13 .* 0xe9\)\. .*--encoding", message)


@pytest.mark.parametrize(
    ("content", "advice"),
    [
        (gzip.compress(b"a,b\n1,2\n", mtime=0), "gzip"),
        (b"PK\x03\x04\xff\xff", "Excel"),
        (b"PAR1\xff\xff", ".parquet"),
        ("a,b\n1,2\n".encode("utf-16"), "--encoding utf-16"),
    ],
)
def test_a_file_of_another_format_is_recognised(tmp_path, content, advice):
    assert advice in refusal(tmp_path, content)


def test_ragged_rows_are_counted_and_the_first_is_named(tmp_path):
    message = refusal(tmp_path, "a,b,c\n1,2,3\n1,2,3,4\n1,2,3\n1\n")

    assert message.startswith(
        "data.csv, line 3: 4 cells, but the header has 3 columns. 2 rows do not fit (lines 3, 5)."
    )
    assert "double quotes" in message


@pytest.mark.parametrize(
    ("content", "place", "fault"),
    [
        ('a,b\n1,2\n"3,4\n5,6\n', "line 3, column 1", "never closed"),
        ('a,b\n1,"two\n\nthree\n', "line 2, column 2", "never closed"),
        ('a,b\n"multi\nline","open\n3,4\n', "line 3, column 2", "never closed"),
        ('a,b\n1,"x"y\n', "line 2, column 2", "closed before more text ('y"),
        ('a,b\n"3,4\n"5",6\n', "line 2, column 1", "closed before more text ('5"),
        ('a,"b\n1,2\n', "line 1, column 2", "never closed"),
        ('a,b\r1,"2\r', "line 2, column 2", "never closed"),
        ('a,b\n"1"\r2,3\n', "line 2, column 1", "closed before more text"),
    ],
)
def test_a_bad_quote_is_named_by_the_line_and_column_where_it_opens(tmp_path, content, place, fault):
    message = refusal(tmp_path, content)

    assert message.startswith(f"data.csv, {place}: the quote that opens here is {fault}")
    assert "Close it" in message


@pytest.mark.parametrize(("content", "line"), [(f"a,b\n{'w' * 200},1\n", 2), (f"{'w' * 200},b\n1,2\n", 1)])
def test_a_cell_without_end_is_refused_by_line(tmp_path, monkeypatch, content, line):
    monkeypatch.setattr("pseudolabel.data.rows.csv.LONGEST_CELL", 100)

    assert re.search(rf"line {line}: a cell is too long .* Check", refusal(tmp_path, content))


@pytest.mark.parametrize("content", ["a,b\n1,x\ry\n", "a,b\r\n1,x\ry\r\n", "a,b\n1,x\ry"])
def test_a_lone_carriage_return_without_quotes_belongs_to_its_cell(tmp_path, content):
    assert cells_of(read(tmp_path, content)) == [["1", "x\ry"]]


def test_a_nul_character_is_named_by_line(tmp_path):
    assert re.search(r"^data\.csv, line 3: a NUL .*--encoding utf-16", refusal(tmp_path, "a,b\n1,2\n1,\x002\n"))


def test_a_name_used_twice_is_named_with_both_columns(tmp_path):
    assert re.search(
        r"line 1: the column name 'x' is used twice, by columns 1 and 3. Rename", refusal(tmp_path, "x,y,x\n1,2,3\n")
    )


def test_a_further_column_without_a_name_is_refused_by_position(tmp_path):
    assert re.search(r"line 1: column 2 of 3 has no name\. Give", refusal(tmp_path, "a,,c\n1,2,3\n"))


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (gzip.compress(b"a,b\n1,2\n" * 50, mtime=0)[:-12], "cut short"),
        (b"a,b\n1,2\n", "not a sound gzip file"),
        (gzip.compress(b"a,b\n1,2\n", mtime=0)[:-8] + b"\0" * 8, "not a sound gzip file"),
    ],
)
def test_a_damaged_gzip_file_is_refused_with_advice(tmp_path, content, fault):
    assert re.search(
        rf"^data\.csv\.gz is {fault}.*Copy or download it again", refusal(tmp_path, content, "data.csv.gz")
    )


def test_an_unknown_encoding_is_refused(tmp_path):
    with pytest.raises(ParameterError, match=r"no text encoding 'utf-9'\. Usual ones are utf-8"):
        read(tmp_path, "a,b\n1,2\n", encoding="utf-9")


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="the superuser and Windows may read any file")
def test_a_file_that_may_not_be_read_is_refused_with_advice(tmp_path):
    read(tmp_path, "a,b\n1,2\n")
    (tmp_path / "data.csv").chmod(0)

    with pytest.raises(InputError, match=r"Cannot read .*: Permission denied\. Check"):
        open_rows(tmp_path / "data.csv")


@given(st.binary(max_size=40))
def test_any_bytes_give_a_table_or_an_explanation(tmp_path_factory, content):
    try:
        source = read(tmp_path_factory.mktemp("any"), b"a,b\n" + content)
    except InputError as error:
        outcome = str(error)
    else:
        outcome = f"data.csv has {source.n_rows} rows"

    assert re.match(r"data\.csv(, line|: not| has | is )", outcome)


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        (b"\xef\xbb\xbf" * 2 + b"x,y\n1,2\n", "utf-8"),
        ('\ufeff"x",y\n1,2\n'.encode("utf-16-le"), "utf-16-le"),
        ('\ufeff"x",y\n1,2\n'.encode("utf-16-be"), "utf-16-be"),
    ],
)
def test_byte_order_marks_that_decoding_leaves_are_dropped(tmp_path, content, encoding):
    assert read(tmp_path, content, encoding=encoding).schema.names == ["x", "y"]


def test_an_encoding_that_lacks_the_order_of_bytes_is_told_from_one_that_has_it(tmp_path):
    content = "x,y\n1,2\n".encode("utf-16-le")

    assert "add --encoding utf-16-le" in refusal(tmp_path, content)
    with pytest.raises(InputError, match="add --encoding utf-16-le, or utf-16-be"):
        read(tmp_path, content, encoding="utf-16")
    assert read(tmp_path, content, encoding="utf-16-le").schema.names == ["x", "y"]


@pytest.mark.parametrize("encoding", ["cp1252", "latin-1"])
@pytest.mark.parametrize(("first", "format"), [(b"PAR1", "Parquet"), (b"PK\x03\x04", "zip"), (b"\x1f\x8b", "gzip")])
def test_another_format_is_recognised_where_every_byte_is_a_letter_too(tmp_path, first, format, encoding):
    with pytest.raises(InputError, match=f"a NUL character .* It is a {format}"):
        read(tmp_path, first + b"abc\0", encoding=encoding)


@pytest.mark.parametrize("first", ["sep=,", "sep=;", "SEP=\t"])
def test_a_line_for_excel_is_not_taken_for_the_header(tmp_path, first):
    assert "Remove this line" in refusal(tmp_path, f"{first}\nx,y\n1,2\n")


def test_the_wrong_byte_is_found_however_late_it_stands(tmp_path, monkeypatch):
    monkeypatch.setattr("pseudolabel.data.rows.damage.BLOCK_BYTES", 7)
    content = "x,y\nä,2\n€,3\n".encode() * 20

    assert f"line 61: not utf-8 text (byte {len(content)} of the file is 0xe9)" in refusal(
        tmp_path, content + b"\xe9,1"
    )
