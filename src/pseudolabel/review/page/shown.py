"""Shown: what a person sees of a row, of its suggestion and of the review.

Takes  what the store and the queue give.
Gives  plain values for the templates, which escape all of them.

A row that is shown blind has no suggestion here, so that no template can show one by mistake.

Before this: queue.py. After this: app.py.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from pseudolabel.review.answers import Decision, Item, ItemView, Suggestion
from pseudolabel.review.store import Store

MOST_CELLS = 20
"""Cells of a row that are shown at once; the others are behind "more"."""

MOST_CHARACTERS = 3_000
"""Characters of a text that are shown at once."""

MOST_CHARACTERS_OF_A_CELL = 200

UNLIKE_ANYTHING = 0.99

DIGITS = 9

DOING: Mapping[str, str] = {
    "accept": "accepted",
    "correct": "corrected to",
    "reject": "is not",
    "skip": "skipped",
    "new_class": "is a new class,",
}


@dataclass(frozen=True)
class Cut:
    """A text, whole or its beginning; `n_more` characters are left out."""

    text: str
    n_more: int = 0


@dataclass(frozen=True)
class Choice:
    """A class that can be given: its name, its digit on the keyboard (None beyond nine), its probability if known."""

    name: str
    digit: int | None
    probability: float | None


@dataclass(frozen=True)
class Shown:
    """A row as it is looked at.

    Attributes
    ----------
    view : ItemView
    text : Cut or None
        Of a text.
    image : str or None
        The name of an image.
    first, more : list of (str, Cut)
        Cells, the first ones and those behind "more".
    suggestion : Suggestion or None
        None where it is hidden or there is none.
    choices : list of Choice
        The likeliest first; in alphabetical order where the suggestion is hidden.
    others : list of str
        All further classes.
    near : list of (Item, str, float)
        The nearest labeled rows, each with label and distance.
    """

    view: ItemView
    text: Cut | None
    image: str | None
    first: list[tuple[str, Cut]]
    more: list[tuple[str, Cut]]
    suggestion: Suggestion | None
    choices: list[Choice]
    others: list[str]
    near: list[tuple[Item, str, float]]

    @property
    def is_blind(self) -> bool:
        """Whether the suggestion is hidden."""
        return self.view.is_blind

    @property
    def is_novel(self) -> bool:
        """Whether it is unlike anything labeled."""
        return self.suggestion is not None and self.suggestion.novelty >= UNLIKE_ANYTHING

    @property
    def runner_up(self) -> tuple[str, float] | None:
        """The second likeliest class and its probability."""
        ranked = () if self.suggestion is None else self.suggestion.ranked
        return ranked[1] if len(ranked) > 1 else None

    @cached_property
    def cells_near(self) -> list[dict[str, Cut]]:
        """The cells of the nearest rows, by column."""
        return [dict(cells_of(item)) for item, _, _ in self.near]


def show(store: Store, view: ItemView) -> Shown:
    """Give a row as it is looked at."""
    cells = cells_of(view.item)
    kind = view.item.kind
    content = json.loads(view.item.shown)
    plain = [(name, cut) for name, cut in cells if kind == "row" or name != kind]
    suggestion = None if view.is_blind else view.suggestion
    names = [known.name for known in store.classes()]
    return Shown(
        view,
        cut(content["text"], MOST_CHARACTERS) if kind == "text" else None,
        content["image"] if kind == "image" else None,
        plain[:MOST_CELLS],
        plain[MOST_CELLS:],
        suggestion,
        choices(names, suggestion),
        names,
        [] if suggestion is None else _near(store, suggestion),
    )


def choices(names: Sequence[str], suggestion: Suggestion | None) -> list[Choice]:
    """Order classes as the digits of the keyboard do.

    Examples
    --------
    >>> [choice.digit for choice in choices(["cat", "dog"], None)]
    [1, 2]
    """
    likely = {} if suggestion is None else dict(suggestion.ranked)
    order = [*(name for name in likely if name in names), *sorted(set(names) - set(likely))]
    return [Choice(name, at + 1 if at < DIGITS else None, likely.get(name)) for at, name in enumerate(order)]


def cells_of(item: Item) -> list[tuple[str, Cut]]:
    """Give the cells of a row by column, each cut to what fits."""
    return [(name, cut(cell, MOST_CHARACTERS_OF_A_CELL)) for name, cell in json.loads(item.shown).items()]


def cut(text: str, most: int) -> Cut:
    """Cut a text.

    Examples
    --------
    >>> cut("abc", 2)
    Cut(text='ab', n_more=1)
    """
    return Cut(text[:most], max(0, len(text) - most))


def _near(store: Store, suggestion: Suggestion) -> list[tuple[Item, str, float]]:
    views = [(store.item(row), label, far) for row, label, far in suggestion.nearest]
    return [(view.item, label, far) for view, label, far in views if view is not None]


def told(action: str, label: str | None, key: str) -> str:
    """Say in a few words what was decided.

    Examples
    --------
    >>> told("reject", "dog", "p7")
    'p7 is not dog'
    """
    return " ".join(filter(None, [key, DOING.get(action, action), label]))


def recently(store: Store, decisions: Iterable[Decision]) -> list[tuple[Decision, str]]:
    """Give decisions, each with what it says."""
    found: list[tuple[Decision, str]] = []
    for decision in decisions:
        view = store.item(decision.row)
        key = str(decision.row) if view is None else view.item.key
        found.append((decision, told(decision.action, decision.label, key)))
    return found


def share(part: float, whole: float) -> str:
    """Give a share as a percentage; a dash where there is nothing to be a share of.

    Examples
    --------
    >>> share(34, 38), share(0, 0)
    ('89 %', '-')
    """
    return f"{100 * part / whole:.0f} %" if whole else "-"


def as_percent(value: Any) -> str:
    """Give a probability as people read it: never 100 % of what is not certain, never 0 % of what is possible.

    Examples
    --------
    >>> as_percent(0.521), as_percent(0.9999), as_percent(1.0), as_percent(0.0001), as_percent(1e-9)
    ('52 %', '99.99 %', '100 %', '0.01 %', '< 0.01 %')
    """
    percent = 100 * float(value)
    if 99.995 < percent < 100:
        return "> 99.99 %"
    if 0 < percent < 0.005:
        return "< 0.01 %"
    digits = 2 if 99.5 <= percent < 100 or 0 < percent <= 0.5 else 0
    text = f"{percent:.{digits}f}"
    return (text.rstrip("0").rstrip(".") if digits else text) + " %"
