"""Validation: one sentence for every bad parameter.

Takes  the object a parameter belongs to, the parameter's name and its value.
Gives  the value, once it is known to be good; otherwise a `ParameterError` that names owner, parameter,
       what is allowed and what was given.

Checked where a value enters, trusted after that.
"""

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from numbers import Integral, Real

from pseudolabel.errors import ParameterError


def check_fraction(owner: object, name: str, value: object) -> float:
    """Return `value` if it is a number from 0 to 1, else say whose it is."""
    if isinstance(value, Real) and not isinstance(value, bool) and 0 <= float(value) <= 1:
        return float(value)
    raise _refusal(owner, name, "a number from 0 to 1", value)


def check_proper_fraction(name: str, value: object) -> float:
    """Return `value` if it is a number above 0 and below 1: nothing finite can promise either end.

    Examples
    --------
    >>> check_proper_fraction("precision", 0.95)
    0.95
    """
    if isinstance(value, Real) and not isinstance(value, bool) and 0 < float(value) < 1:
        return float(value)
    raise ParameterError(f"`{name}` must be a number above 0 and below 1, got {value!r}.")


def check_count(owner: object, name: str, value: object, *, at_least: int = 1) -> int:
    """Return `value` if it is a whole number of at least `at_least`."""
    if isinstance(value, Integral) and not isinstance(value, bool) and int(value) >= at_least:
        return int(value)
    raise _refusal(owner, name, f"a whole number of at least {at_least}", value)


def check_choice(owner: object, name: str, value: object, allowed: Sequence[str]) -> str:
    """Return `value` if it is one of the `allowed` words."""
    if isinstance(value, str) and value in allowed:
        return value
    choices = ", ".join(repr(choice) for choice in allowed)
    raise _refusal(owner, name, f"one of {choices}", value)


def near_match(word: str, known: Iterable[str]) -> str:
    """Say which known word was probably meant; an empty text when none is near.

    Examples
    --------
    >>> near_match("lable", ["id", "label"])
    " Did you mean 'label'?"
    >>> near_match("price", ["id", "label"])
    ''
    """
    folded = {name.casefold(): name for name in known}
    found = get_close_matches(word.casefold(), folded, n=1)
    return f" Did you mean {brief(folded[found[0]])}?" if found else ""


def column_difference(expected: Iterable[str], found: Iterable[str]) -> str:
    """Say which columns are missing and which are new; an empty text when the names are the same.

    Examples
    --------
    >>> column_difference(["age", "city"], ["age", "town"])
    "Missing: 'city'. Not known: 'town'. "
    """
    wanted, there = dict.fromkeys(expected), dict.fromkeys(found)
    missing = [name for name in wanted if name not in there]
    extra = [name for name in there if name not in wanted]
    return "".join(
        f"{word}: {listed(names)}. " for word, names in (("Missing", missing), ("Not known", extra)) if names
    )


def listed(names: Sequence[object], most: int = 10) -> str:
    """Show the first few names, and how many more there are.

    Examples
    --------
    >>> listed(["a", "b", "c"], most=2)
    "'a', 'b' and 1 more"
    """
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(map(brief, names[:most])) + more


def brief(value: object, *, at_most: int = 80) -> str:
    """Show a value as Python writes it, of a long one the beginning and the end: a name can be a page of text.

    Examples
    --------
    >>> brief("age"), len(brief("a" * 100_000))
    ("'age'", 80)
    """
    text = repr(value)
    return text if len(text) <= at_most else f"{text[: at_most - 23]}...{text[-20:]}"


def printable(message: str, *, at_most: int = 1900) -> str:
    r"""Give a message that a terminal shows as one line: names of files and columns may hold anything.

    Examples
    --------
    >>> printable("a\x1b[31m\nb"), len(printable("a" * 10_000))
    ('a\\x1b[31m\\nb', 1900)
    """
    safe = "".join(mark if mark.isprintable() else repr(mark)[1:-1] for mark in message)
    return safe if len(safe) <= at_most else f"{safe[: at_most - 605]} ... {safe[-600:]}"


def _refusal(owner: object, name: str, allowed: str, value: object) -> ParameterError:
    return ParameterError(f"{type(owner).__name__}: `{name}` must be {allowed}, got {value!r}.")
