"""Badge: the sign and the word a verdict is shown under, and a verdict as a notebook shows it.

Takes  the record's `verdict`, plain data.
Gives  a Badge, or a piece of HTML.

A sign beside the word, because a colour alone says nothing to many readers and nothing on paper. Low in the stack,
so that the page, the terminal, the card and the estimators all say the same word.

Before this: judgement/ has decided. After this: results/, terminal.py, and the estimators in a notebook.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from typing import Any

FIRST = "Against your model on the labels alone"
"""What the first comparison is called, wherever it is shown."""

SECOND = "What the unlabeled rows themselves add"
"""What the second comparison is called: the same procedure without the unlabeled rows stands on the other side."""

VETO = "Veto: the model of labels only was kept, and no pseudo-label is in it."
"""What is said aloud after a veto."""

_TONES = {"helps": "#1a7f64", "harms": "#c2452d", "cannot_tell": "currentColor"}
"""Colours of lines, seen on white and on black alike; no colour of words is, so those take the notebook's own."""


@dataclass(frozen=True)
class Badge:
    """A verdict in one sign and one or two words."""

    sign: str
    word: str

    def __str__(self) -> str:
        """Give both, as the terminal shows them."""
        return f"{self.sign} {self.word}"


_BADGES = {"helps": Badge("▲", "Helps"), "harms": Badge("▼", "Harms"), "cannot_tell": Badge("≈", "Cannot tell")}


def badge_of(comparison: Mapping[str, Any]) -> Badge:
    """Give the badge of a verdict, or of its second comparison.

    Parameters
    ----------
    comparison : mapping
        With a `code`: "helps", "harms" or "cannot_tell". Another code is shown as it is.

    Examples
    --------
    >>> print(badge_of({"code": "cannot_tell"}))
    ≈ Cannot tell
    """
    code = comparison["code"]
    return _BADGES.get(code, Badge("•", code))


def has_evidence(comparison: Mapping[str, Any]) -> bool:
    """Say whether a comparison was made at all: without one there is no interval.

    Examples
    --------
    >>> has_evidence({"code": "cannot_tell", "reason": "not_asked", "interval": None})
    False
    """
    return comparison["interval"] is not None


def verdict_html(verdict: Mapping[str, Any]) -> str:
    """Give a verdict as a piece of HTML that looks right in a light and in a dark notebook.

    Parameters
    ----------
    verdict : mapping
        The record's `verdict`.

    Returns
    -------
    html : str
        One <div> that needs no style sheet and no script. All text is escaped.

    Examples
    --------
    >>> said = {"code": "cannot_tell", "sentence": "11 rows are too few.", "advice": "Label more.", "interval": None}
    >>> "≈</span> Cannot tell" in verdict_html({**said, "unlabeled": said, "vetoed": False, "alarms": []})
    True
    """
    parts = [_badge_html(verdict), _paragraph(verdict["sentence"], "font-size:1.1em"), _paragraph(verdict["advice"])]
    if verdict["vetoed"]:
        parts.append(_paragraph(VETO, "font-weight:600"))
    parts += [_paragraph(f"▼ {alarm_text(alarm)}") for alarm in verdict["alarms"]]
    second = verdict["unlabeled"]
    if has_evidence(second):
        parts.append(_paragraph(f"{SECOND}: {badge_of(second)}. {second['sentence']}"))
    tone = _TONES.get(verdict["code"], "currentColor")
    return (
        f'<div style="border-left:3px solid {tone};margin:.5em 0;padding:.1em 0 .1em 1em;max-width:46em;'
        f'color:inherit;background:transparent;font-family:system-ui,sans-serif">{"".join(parts)}</div>'
    )


def alarm_text(alarm: Mapping[str, Any]) -> str:
    """Say by how much the recall of a class falls.

    Examples
    --------
    >>> alarm_text({"class": "R", "difference": -0.141, "rows": 31})
    "class 'R' loses: its recall falls by about 14 points (31 rows)"
    """
    fall = 100 * abs(alarm["difference"])
    return f"class {alarm['class']!r} loses: its recall falls by about {fall:.0f} points ({alarm['rows']:,} rows)"


def _badge_html(verdict: Mapping[str, Any]) -> str:
    badge, tone = badge_of(verdict), _TONES.get(verdict["code"], "currentColor")
    look = f"border:1px solid {tone};border-radius:1em;padding:.1em .7em;font-weight:600"
    sign = f'<span aria-hidden="true">{badge.sign}</span>'
    return (
        f'<p style="margin:.4em 0"><strong style="{look}">{sign} {escape(badge.word)}</strong> '
        f'<span style="opacity:.8">{escape(FIRST)}</span></p>'
    )


def _paragraph(text: str, look: str = "") -> str:
    return f'<p style="margin:.4em 0;line-height:1.45;{look}">{escape(text)}</p>' if text else ""
