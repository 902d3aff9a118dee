"""Damage: where exactly a CSV file is broken, and what its owner can do about it.

Takes  what the reader met: a file's name, and the record, bytes or error it stopped at.
Gives  the InputError to raise: what is wrong, where (file, line, column), what to do; one paragraph.

Apart from the reader, so that reading stays short and every message about a broken file can be read in one place.

Before this: source.py. After this: csv.py.
"""

import codecs
import re
from collections.abc import Iterable, Sequence
from itertools import chain
from typing import BinaryIO

from pseudolabel.errors import InputError

QUOTED = re.compile(r'"[^"]*+(?:""[^"]*+)*+"')
"""A whole quoted cell: a quote inside it is written twice."""

OTHER_FORMATS = {
    b"\x1f\x8b": "It is a gzip file: let its name end in .csv.gz.",
    b"PK\x03\x04": "It is a zip archive or an Excel workbook: export the table as CSV.",
    b"PAR1": "It is a Parquet file: let its name end in .parquet.",
    b"\xff\xfe": "It looks like UTF-16: add --encoding utf-16.",
    b"\xfe\xff": "It looks like UTF-16: add --encoding utf-16.",
}
"""By first bytes: what a file is that does not decode."""

NEEDS_MARK = {"utf-16", "utf16", "utf-32", "utf32"}
"""Encodings whose order of bytes the first of them say."""

BLOCK_BYTES = 1 << 20
"""Bytes that are decoded at a time while looking for the one that is wrong."""

USUAL_ENCODING = "Name its encoding with --encoding: cp1252 is the likely one if Windows or Excel wrote it."


def without_header_or_rows(file: str, names: Sequence[str]) -> InputError:
    """Say that a file has nothing in it, or nothing but a header."""
    if not names:
        return InputError(
            f"{file} is empty: not even a header line with column names. Check that it was written in full."
        )
    return InputError(
        f"{file} has no rows, only a header line ({len(names)} columns). "
        "Check that it was written in full, and that its first line holds the column names."
    )


def ragged_rows(file: str, ragged: Sequence[tuple[int, int]], width: int) -> InputError:
    """Say which rows have more or fewer cells than the header has columns.

    Parameters
    ----------
    file : str
        The file's name.
    ragged : sequence of (line, number of cells)
        Every such row, at least one.
    width : int
        The number of columns in the header.

    Examples
    --------
    >>> str(ragged_rows("data.csv", [(11, 8), (13, 3)], 6)).partition(" Correct")[0]
    'data.csv, line 11: 8 cells, but the header has 6 columns. 2 rows do not fit (lines 11, 13).'
    """
    line, n_cells = ragged[0]
    listed = ", ".join(str(line) for line, _ in ragged[:5]) + (", ..." if len(ragged) > 5 else "")
    rows = f"{len(ragged)} rows do not fit (lines {listed})" if len(ragged) > 1 else "It is the only such row"
    return InputError(
        f"{file}, line {line}: {n_cells} cells, but the header has {width} columns. {rows}. Correct them; cells that "
        "contain the delimiter need double quotes around them. Nothing was left out or filled in."
    )


def bad_quote(file: str, record: str, delimiter: str, line: int) -> InputError:
    r"""Say where the quote opens that makes a record unreadable.

    Parameters
    ----------
    file : str
        The file's name.
    record : str
        The text from the record's start to the place where the parser gave up.
    delimiter : str
        One character.
    line : int
        The line on which the record starts.

    Examples
    --------
    >>> str(bad_quote("data.csv", '1,"two\n3,4\n', ",", 7)).partition(" Close")[0]
    'data.csv, line 7, column 2: the quote that opens here is never closed.'
    """
    opens, column = _open_quote(record, delimiter)
    if opens is None:
        return InputError(
            f"{file}, line {line}: a cell is too long to be read. Check that the file is a table of text."
        )
    line += _n_breaks(record[:opens])
    closed = QUOTED.match(record, opens)
    fault = f"closed before more text ({record[closed.end() :][:20]!r})" if closed else "never closed"
    return InputError(
        f"{file}, line {line}, column {column}: the quote that opens here is {fault}. Close it; a quote that "
        "belongs to the text is written twice, inside a quoted cell."
    )


def _open_quote(record: str, delimiter: str) -> tuple[int | None, int]:
    """Find the first quoted cell that does not end properly: its place in the text, and its column."""
    position, column = 0, 1
    while position < len(record):
        start = position
        if record[start] == '"':
            closed = QUOTED.match(record, start)
            # Not at a line's end either: there the record would have ended, and soundly.
            if closed is None or not record.startswith(delimiter, closed.end()):
                return start, column
            position = closed.end()
        position = record.find(delimiter, position) + 1 or len(record)
        column += 1
    return None, column


def _n_breaks(text: str) -> int:
    """Count line breaks: those of old Macs only where there are no others, as a reader counts lines."""
    return text.count("\n") or text.count("\r")


def nul_character(file: str, line: int, first_bytes: bytes = b"") -> InputError:
    """Say on which line a NUL character stands, and what the file's first bytes tell about why."""
    known = next((what for first, what in OTHER_FORMATS.items() if first_bytes.startswith(first)), "")
    return InputError(
        f"{file}, line {line}: a NUL character (byte 0), which no text has. "
        + (known or "The file is damaged, or it is UTF-16: then add --encoding utf-16-le.")
    )


def line_for_excel(file: str, line: int) -> InputError:
    """Say that a file begins with a line that only one program understands."""
    return InputError(
        f"{file}, line {line}: 'sep=' is a message to Excel, not a line of column names. Remove this line; the "
        "delimiter is found without it."
    )


def not_decodable(file: str, data: BinaryIO, encoding: str) -> InputError:
    """Say at which line and byte a file stops being text in the given encoding.

    Parameters
    ----------
    file : str
        The file's name.
    data : BinaryIO
        Its bytes, unpacked, from the first on.
    encoding : str
    """
    block = data.read(BLOCK_BYTES)
    advice = next((what for first, what in OTHER_FORMATS.items() if block.startswith(first)), USUAL_ENCODING)
    if encoding.replace("_", "-").casefold() in NEEDS_MARK and not block.startswith((b"\xff\xfe", b"\xfe\xff")):
        advice = f"No mark says in which order its bytes stand: add --encoding {encoding}-le, or {encoding}-be."
    place, fault = _undecodable_place(chain([block], iter(lambda: data.read(BLOCK_BYTES), b"")), encoding)
    return InputError(f"{file}{place}: not {encoding} text{fault}. {advice}")


def _undecodable_place(blocks: Iterable[bytes], encoding: str) -> tuple[str, str]:
    """Decode block by block, because a whole file may not fit into memory."""
    decoder, n_given, n_feeds, n_returns = codecs.getincrementaldecoder(encoding)(), 0, 0, 0
    for block in chain(blocks, [b""]):
        waiting = decoder.getstate()[0]
        try:
            text, fault = decoder.decode(block, final=not block), None
        except UnicodeDecodeError as error:
            text, fault = error.object[: error.start].decode(encoding, errors="replace"), error
        except UnicodeError as error:
            return "", f" ({error})"
        n_feeds, n_returns = n_feeds + text.count("\n"), n_returns + text.count("\r")
        if fault is not None:
            byte = n_given - len(waiting) + fault.start
            line = 1 + (n_feeds or n_returns)
            return f", line {line}", f" (byte {byte} of the file is 0x{fault.object[fault.start]:02x})"
        n_given += len(block)
    return "", ""


def bad_gzip(file: str, error: Exception) -> InputError:
    """Say what is wrong with a file whose name ends in .gz."""
    if isinstance(error, EOFError):
        return InputError(f"{file} is cut short: its gzip data ends too early. Copy or download it again.")
    return InputError(
        f"{file} is not a sound gzip file ({error}). Copy or download it again; if it is not compressed, drop the .gz."
    )
