"""Spreadsheet: text that a spreadsheet would run as a formula, made harmless.

Takes  cells of text.
Gives  the same cells, with an apostrophe before each that begins like a formula; and the way back.

Excel, LibreOffice and Google Sheets run `=...`, and also what begins with +, -, @, a tab or a carriage return, wherever
the file is from: such a cell can fetch pages and start programs. An apostrophe is what spreadsheets themselves write
before text. Plain numbers stay as they are, and so does a lone dash.

Before this: nothing. After this: table.py.
"""

import pyarrow as pa
import pyarrow.compute as pc

QUOTE = "'"

# Full-width signs are read as the plain ones; spaces before them are skipped.
_FORMULA = r"^'*(?:[\t\r]|[\s\x{FEFF}\x{A0}\x{3000}]*[=+\-@\x{FF1D}\x{FF0B}\x{FF0D}\x{FF20}])"
_PLAIN = r"^\s*[+-]?(?:\d[\d.,\x{A0}\x{202F}' ]*|[.,]\d+)(?:[eE][+-]?\d+)?\s*%?\s*$|^\s*[+-]*\s*$|^[+-](?:inf|nan)$"


def neutralised(cells: pa.ChunkedArray) -> tuple[pa.ChunkedArray, int]:
    r"""Put an apostrophe before cells that begin like a formula.

    Parameters
    ----------
    cells : pyarrow.ChunkedArray of text

    Returns
    -------
    cells : pyarrow.ChunkedArray
        A cell that began with an apostrophe and then like a formula gets one more, so that `restored` finds every cell
        as it was.
    n_changed : int

    Examples
    --------
    >>> cells, n_changed = neutralised(pa.chunked_array([["=1+1", "-1.5", "+49 171 5", "-", "a=b", None]]))
    >>> cells.to_pylist(), n_changed
    (["'=1+1", '-1.5', '+49 171 5', '-', 'a=b', None], 1)
    """
    runs = pc.and_not(pc.match_substring_regex(cells, _FORMULA), pc.match_substring_regex(cells, _PLAIN))
    n_changed = pc.sum(runs).as_py() or 0
    if not n_changed:
        return cells, 0
    kind = cells.type
    quoted = pc.binary_join_element_wise(pa.scalar(QUOTE, kind), cells, pa.scalar("", kind))
    return pc.if_else(pc.fill_null(runs, False), quoted, cells), n_changed


def neutralised_text(text: str) -> str:
    """Do the same with one text, such as the name of a column."""
    return str(neutralised(pa.chunked_array([[text]], pa.string()))[0][0].as_py())


def restored(text: str) -> str:
    """Give a cell as it was before `neutralised`.

    Examples
    --------
    >>> restored("'=1+1"), restored("'tis"), restored("-1")
    ('=1+1', "'tis", '-1')
    """
    rest = text.removeprefix(QUOTE)
    return rest if rest != text and neutralised_text(rest) == text else text
