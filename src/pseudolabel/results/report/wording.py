"""Wording: how the report writes numbers and other people's names.

Takes  a number, an interval, or text that came with the user's table.
Gives  the text to print: '1,234', '94.3 %', '+0.6 to +3.4', 'a very long na…me'.

In one place, so that a number reads the same in a table, in a chart and in the chart's description.

Before this: nothing. After this: charts.py.
"""

import json
from collections.abc import Sequence
from typing import Any

from pseudolabel.judgement.conclusion import quantity as plain_quantity

ABSENT = "\N{EN DASH}"
LONGEST_NAME = 80  # characters of a name that are shown; nothing that tells two names apart is longer in practice
_TAIL = 20  # of these, the characters kept from the end: generated names differ there


def count(number: int | None) -> str:
    """Give a count with its thousands set apart.

    Examples
    --------
    >>> count(12345)
    '12,345'
    """
    return ABSENT if number is None else f"{number:,}"


def percent(share: float | None, decimals: int = 1) -> str:
    r"""Give a share as a percentage, with a space that does not break.

    Examples
    --------
    >>> percent(0.943), percent(0.9, 0)
    ('94.3\xa0%', '90\xa0%')
    """
    return ABSENT if share is None else f"{100 * share:.{decimals}f}\N{NO-BREAK SPACE}%"


def decimal(value: float | None, decimals: int = 3) -> str:
    """Give a number with a fixed count of decimals.

    Examples
    --------
    >>> decimal(0.08412)
    '0.084'
    """
    return ABSENT if value is None else minus(f"{value:.{decimals}f}")


def quantity(value: float | None) -> str:
    """Give a number in the unit of the target, with a minus sign.

    Examples
    --------
    >>> quantity(1234.5)
    '1,234'
    """
    return ABSENT if value is None else minus(plain_quantity(value))


def minus(written: str) -> str:
    """Give a written number with a minus sign for its hyphen."""
    return written.replace("-", "\N{MINUS SIGN}")


def signed(value: float, decimals: int = 1) -> str:
    """Give a difference with its sign; what rounds to zero has none.

    Examples
    --------
    >>> signed(1.44), signed(-0.01)
    ('+1.4', '0.0')
    """
    if round(value, decimals) == 0:
        return f"{0:.{decimals}f}"
    return minus(f"{value:+.{decimals}f}")


def span(interval: Sequence[float] | None, decimals: int = 1) -> str:
    """Give an interval of differences as two signed numbers.

    Examples
    --------
    >>> span([0.6, 3.4])
    '+0.6 to +3.4'
    """
    if interval is None:
        return "no interval"
    return " to ".join(signed(bound, decimals) for bound in interval)


def name(text: object) -> str:
    """Give a column, class or file name as one that can be seen and does not fill the page.

    Examples
    --------
    >>> name("malignant"), name(" "), len(name("x" * 10_000))
    ('malignant', "' '", 80)
    """
    seen = str(text) if str(text).strip() else repr(str(text))
    if len(seen) <= LONGEST_NAME:
        return seen
    return f"{seen[: LONGEST_NAME - _TAIL - 1]}…{seen[-_TAIL:]}"


def setting(value: Any) -> str:
    """Give the value of a setting in words, or as JSON where it is a list or a table.

    Examples
    --------
    >>> setting(True), setting("auto"), setting(["?", "NA"])
    ('yes', 'auto', '["?", "NA"]')
    """
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value is None or value == [] or value == {}:
        return ABSENT
    return name(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))
