"""Wording: how the report and the card write numbers and other people's names.

Takes  a number, an interval, or text that came with the user's table.
Gives  the text to print: '1,234', '94.3 %', '+0.6 to +3.4', 'a very long na…me'.

In one place, so that a number reads the same in a table, in a chart and in the chart's description.

Before this: nothing. After this: report/, card.py.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from pseudolabel.judgement.wording import quantity as plain_quantity

ABSENT = "\N{EN DASH}"
LONGEST_NAME = 80  # characters of a name that are shown; nothing that tells two names apart is longer in practice
LEAST_P_VALUE = 0.001
"""Below, a p-value is shown as a bound."""

REASONS = {
    "probabilities": "decided by the probabilities, with accuracy agreeing",
    "accuracy": "decided by accuracy, with the probabilities agreeing",
    "errors": "decided by the errors",
    "undecided": "the evidence is not enough for either word",
    "disagree": "the measures disagree",
    "probabilities_only": "only the probabilities are shown to differ, not the number of right answers",
    "next_to_nothing": "whatever the difference is, it is next to nothing",
    "too_few_labels": "there are too few labels to compare with",
    "nothing_unlabeled": "there are no unlabeled rows",
    "not_asked": "no comparison was asked for",
}
"""What decided a verdict, or why nothing could, in words."""

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


def p_value(value: float) -> str:
    """Give the probability of a test's result by chance; a very small one as a bound.

    Examples
    --------
    >>> p_value(0.0312), p_value(0.00004)
    ('0.031', '< 0.001')
    """
    return "< 0.001" if value < LEAST_P_VALUE else f"{value:.3f}"


def out_of(share: float | None, rows: int) -> str:
    """Give a share of few rows as what was counted; a mean over repeats need not be a whole number.

    Examples
    --------
    >>> out_of(0.5, 8), out_of(0.6, 7)
    ('4 of 8', '4.2 of 7')
    """
    if share is None:
        return ABSENT
    return f"{f'{share * rows:.1f}'.removesuffix('.0')} of {rows}"


def reason(code: str) -> str:
    """Say in words what decided a verdict, or why nothing could.

    Examples
    --------
    >>> reason("undecided")
    'the evidence is not enough for either word'
    """
    return REASONS.get(code, code)


def design(metrics: Mapping[str, Any]) -> str:
    """Say how the models were compared.

    Examples
    --------
    >>> design({"design": "test", "scored_rows": 40, "folds": 1, "repeats": 1})
    'All models were scored on 40 labeled rows of a test file, which none of them was made from.'
    """
    rows = f"{count(metrics['scored_rows'])} labeled rows"
    if metrics["design"] == "test":
        return f"All models were scored on {rows} of a test file, which none of them was made from."
    times = "once" if metrics["repeats"] == 1 else f"{metrics['repeats']} times over"
    if metrics["design"] == "time":
        return (
            f"{rows} were dealt into {metrics['folds']} spans of time, {times}. All models were made from rows of "
            "earlier spans and scored on the next."
        )
    groups = ", rows of one group always together" if metrics["design"] == "groups" else ""
    return (
        f"{rows} were dealt into {metrics['folds']} folds, {times}{groups}. Each fold in turn was put aside, all "
        "models were made again from the rest, and scored on the rows put aside."
    )


def looks(verdict: Mapping[str, Any]) -> str:
    """Say how many-th look at the labels a verdict is, at which level, and what earlier looks said.

    Examples
    --------
    >>> looks({"look": None, "level": 0.05, "history": []}).replace(chr(160), " ")
    'Declared to be the only look at these labels; decided at a one-sided level of 5 %.'
    """
    level = f"decided at a one-sided level of {number_of_percent(verdict['level'])}"
    if verdict["look"] is None:
        return f"Declared to be the only look at these labels; {level}."
    said = f"Look {verdict['look']} at a set of labels that may grow; {level}, so that all looks together keep theirs."
    earlier = [
        f"look {past['look']} at {count(past['n_labeled'])} labels: {past['code'].replace('_', ' ')}"
        for past in verdict["history"]
    ]
    return f"{said} Earlier, {'; '.join(earlier)}." if earlier else said


def tick(share: float) -> str:
    """Give the percentage beside a tick of a scale, with a decimal where it needs one.

    Examples
    --------
    >>> [tick(share).replace(chr(160), " ") for share in (0.5, 0.025, 0.3)]
    ['50 %', '2.5 %', '30 %']
    """
    return f"{round(100 * share, 2) + 0.0:g}\N{NO-BREAK SPACE}%"


def number_of_percent(share: float) -> str:
    """Give a share as a percentage with as many decimals as count.

    Examples
    --------
    >>> [number_of_percent(share).replace(chr(160), " ") for share in (0.05, 0.025, 0.004166)]
    ['5 %', '2.5 %', '0.42 %']
    """
    return f"{100 * share:.2g}\N{NO-BREAK SPACE}%"
