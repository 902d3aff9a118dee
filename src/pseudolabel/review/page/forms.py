"""Forms: what the page sends, read with care.

Takes  the parameters of an address, or the fields of a form: text from outside.
Gives  a Query, and an Answer; or an error that says which field cannot be understood.

Before this: queue.py, answers.py. After this: app.py.
"""

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any
from urllib.parse import urlencode

from pseudolabel.errors import InputError
from pseudolabel.review.answers import Answer, ItemView
from pseudolabel.review.queue import Query

NUMBERS = {"at_least": float, "at_most": float, "round": int, "cluster": int}

_PARTS = tuple(field.name for field in fields(Query) if field.name != "rows")

_PLAIN = Query()


def read_query(parameters: Mapping[str, str]) -> Query:
    """Read an order and filters; what is empty or missing asks for nothing.

    Examples
    --------
    >>> read_query({"order": "surest", "at_least": "0.5", "label": ""})
    Query(order='surest', label=None, at_least=0.5, at_most=None, text=None, round=None, state='waiting', cluster=None,
    reviewer=None, rows=())
    """
    given: dict[str, Any] = {name: parameters[name] for name in _PARTS if parameters.get(name, "").strip()}
    for name, kind in NUMBERS.items():
        if name in given:
            given[name] = number(name, given[name], kind)
    if given.get("order") == "audit":
        raise InputError("An audit has a page of its own.")
    return replace(_PLAIN, **given)


def written(query: Query, **more: Any) -> str:
    """Write a query as the parameters of an address.

    Examples
    --------
    >>> written(Query(label="a&b"), after=3)
    'label=a%26b&after=3'
    """
    parts = {name: getattr(query, name) for name in _PARTS}
    asked = {name: value for name, value in parts.items() if value != getattr(_PLAIN, name)}
    return urlencode({**asked, **{name: value for name, value in more.items() if value is not None}})


def number(name: str, text: str, kind: type = int) -> Any:
    """Read a number.

    Raises
    ------
    InputError
        If it is none, or none that is finite.
    """
    try:
        value = kind(text)
        if not -(2**62) < value < 2**62:
            raise ValueError
    except (ValueError, OverflowError):
        raise InputError(f"{name.replace('_', ' ')}: {text[:40]!r} is no number. Go back and correct it.") from None
    return value


def read_answer(fields: Mapping[str, str], view: ItemView, reviewer: str) -> Answer:
    """Read what a reviewer did to a row.

    Parameters
    ----------
    fields : mapping
        Of the form: `do` is an action, or a class after "class:"; `name` a class that was typed.
    view : ItemView
        The row as the store has it.
    reviewer : str

    Raises
    ------
    InputError
        If a field is missing or makes no sense.
    """
    action, _, chosen = fields.get("do", "").partition(":")
    suggestion = None if view.is_blind else view.suggestion
    label: str | None = chosen or fields.get("name", "").strip() or None
    if action == "class":
        action = "accept" if suggestion is not None and label == suggestion.label else "correct"
    if action in ("accept", "reject") and chosen == "":
        if suggestion is None:
            raise InputError("There is no suggestion to accept or reject here. Choose a class.")
        label = suggestion.label
    dwell = fields.get("dwell_ms", "")
    return Answer(
        view.row,
        action,  # type: ignore[arg-type]  # the store refuses what is no action
        None if action == "skip" else label,
        reviewer,
        fields.get("request_id", ""),
        number("seen", fields.get("seen", "")),
        is_blind=view.is_blind,
        shown_label=None if suggestion is None else suggestion.label,
        shown_confidence=None if suggestion is None else suggestion.confidence,
        dwell_ms=int(dwell) if dwell.isdecimal() and len(dwell) < 10 else None,
        is_confirmed=fields.get("is_confirmed") == "yes",
    )
