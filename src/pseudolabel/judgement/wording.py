"""Wording: differences and quantities as a person reads them.

Takes  numbers.
Gives  short texts with a sign and as many digits as count.

Before this: nothing. After this: verdict.py, terminal.py.
"""

LONGEST_QUANTITY = 1e12
"""From here on a number is easier to read with an exponent than by counting its commas."""


def quantity(number: float) -> str:
    """Give a number in the unit of the target: three or four digits that count, never an exponent a reader trips over.

    Examples
    --------
    >>> quantity(54.3219), quantity(0.001234), quantity(1234567.8), quantity(-2.0)
    ('54.32', '0.001234', '1,234,568', '-2')
    """
    if abs(number) >= 1000:
        return f"{number:,.0f}" if abs(number) < LONGEST_QUANTITY else f"{number:.3e}"
    return f"{number:.4g}"


def percents(change: float, whole: float) -> str:
    """Give a change as a percentage of something, with its sign.

    Examples
    --------
    >>> percents(-1.25, 50.0), percents(0.0, 0.0)
    ('-2.5%', '+0.0%')
    """
    share = change / whole if whole else 0.0
    return f"{round(100 * share, 1) + 0.0:+.1f}%"


def points(share: float) -> str:
    """Give a difference of shares in percentage points, with its sign.

    Examples
    --------
    >>> points(0.0142), points(-0.0004)
    ('+1.4', '+0.0')
    """
    return f"{round(100 * share, 1) + 0.0:+.1f}"
