"""Findings: what a run noticed that a person should know.

Takes  what the readers, the labels and the features have to say.
Gives  Findings, each with a stable code; `docs/findings/` has a page for every code.

Before this: nothing of learning/. After this: results/.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pseudolabel.validation import listed

TITLES = {
    "constant-column": "Columns with a single value were left out",
    "empty-column": "Columns without any value were left out",
    "identifier-column": "Columns that only name the rows were left out",
    "nested-column": "Columns of lists or records were left out",
    "infinite-values": "Infinite numbers were treated as missing",
    "mixed-types": "Columns mix numbers with text",
    "decimal-comma": "Numbers with a decimal comma were read as text",
    "ignored-files": "Some files of the folder were not read",
    "delimiter": "The file is not separated by commas",
    "number-overflow": "Numbers are too large to be held exactly",
    "similar-labels": "Some labels differ only in case or spaces",
    "single-label-class": "Some classes have a single labeled row",
    "class-shares": "Labeled and unlabeled rows seem to have different class shares",
    "labels-ignored": "Labels in an unlabeled file were not used",
    "member-left-out": "Members of the committee were left out",
    "column-renamed": "Columns of ours have other names in the table",
}
"""Every code a finding can have, with the title it is shown under."""

MOVED_FROM_EVEN, MOVED_FROM_UNEVEN = 0.1, 0.25
"""Share of the rows, 0 to 1, that must seem to be of another class; less where counts look like "ten of each"."""

MOST_UNEVEN = 1.1
"""Label counts are nearly even when the largest is at most this many times the smallest, and one more."""

CLASSES_SHOWN = 3

SHARES_ADVICE = (
    "If you drew the labels class by class, pass the true shares, class_prior={'a': 0.1, 'b': 0.9}, or "
    'class_prior="estimate"; on the command line --class-prior "a=0.1,b=0.9" or --class-prior estimate.'
)


@dataclass(frozen=True)
class Finding:
    """Something noticed: a stable code, and the particulars in one or two sentences."""

    code: str
    detail: str

    @property
    def title(self) -> str:
        """What findings of this code are about."""
        return TITLES[self.code]


def of_columns(left_out: Mapping[str, str], infinite: Mapping[str, int]) -> list[Finding]:
    """Report the columns that were not used, and the infinite numbers in those that were.

    Examples
    --------
    >>> of_columns({"unit": "constant: every cell is 'mm'"}, {})
    [Finding(code='constant-column', detail="'unit' (every cell is 'mm')")]
    """
    by_code: dict[str, list[str]] = defaultdict(list)
    for name, reason in left_out.items():
        kind, _, why = reason.partition(": ")
        by_code[f"{kind}-column"].append(f"{name!r} ({why})")
    for name, count in infinite.items():
        by_code["infinite-values"].append(f"{name!r} ({count} cells)")
    return [Finding(code, ", ".join(names)) for code, names in by_code.items()]


def of_labels(classes: NDArray[Any], counts: NDArray[np.int64]) -> list[Finding]:
    """Report labels that look like the same one, and classes with a single labeled row.

    Examples
    --------
    >>> of_labels(np.array(["a", "A ", "b"]), np.array([5, 1, 5]))[0].detail
    "kept apart: 'a' and 'A '"
    """
    groups: dict[str, list[str]] = defaultdict(list)
    for name in map(str, classes.tolist()):
        groups[" ".join(name.casefold().split())].append(repr(name))
    similar = [" and ".join(names) for names in groups.values() if len(names) > 1]
    single = [name for name, count in zip(classes.tolist(), counts, strict=True) if count == 1]
    findings = [Finding("similar-labels", f"kept apart: {', '.join(similar)}")] if similar else []
    if single:
        findings.append(
            Finding("single-label-class", f"{listed(single)}. Such a row cannot be held out, so it is never scored.")
        )
    return findings


def of_shares(
    classes: NDArray[Any], labeled_counts: NDArray[np.int64], estimated: NDArray[np.float64]
) -> list[Finding]:
    """Report class shares of the unlabeled rows that look unlike those of the labels.

    Examples
    --------
    >>> [finding] = of_shares(np.array(["ham", "spam"]), np.array([25, 25]), np.array([0.86, 0.14]))
    >>> finding.detail.partition(". ")[0]
    "'ham': 50 % of the labels, about 86 % of the unlabeled rows; 'spam': 50 % and about 14 %"
    """
    labeled = labeled_counts / labeled_counts.sum()
    nearly_even = labeled_counts.max() <= MOST_UNEVEN * labeled_counts.min() + 1
    gaps = np.abs(labeled - estimated)
    if gaps.sum() / 2 <= (MOVED_FROM_EVEN if nearly_even else MOVED_FROM_UNEVEN):
        return []
    first, *others = [
        (classes.tolist()[code], 100 * labeled[code], 100 * estimated[code])
        for code in np.argsort(-gaps, kind="stable")[:CLASSES_SHOWN]
    ]
    shown = ["{!r}: {:.0f} % of the labels, about {:.0f} % of the unlabeled rows".format(*first)]
    shown += ["{!r}: {:.0f} % and about {:.0f} %".format(*other) for other in others]
    return [Finding("class-shares", f"{'; '.join(shown)}. {SHARES_ADVICE}")]


def of_left_out_members(reasons: Mapping[str, str]) -> list[Finding]:
    """Report learners that failed on this table; the others make up the committee.

    Examples
    --------
    >>> of_left_out_members({"boosting": "ValueError: no rows"})[0].detail
    "'boosting' (ValueError: no rows)"
    """
    named = ", ".join(f"{name!r} ({reason})" for name, reason in reasons.items())
    return [Finding("member-left-out", named)] if named else []


def of_notes(notes: Iterable[Any]) -> list[Finding]:
    """Report what the readers of the files noticed: objects with a `code` and a `detail`."""
    return [Finding(note.code, note.detail) for note in notes]


def of_ignored_labels(n_rows: int, label: str) -> list[Finding]:
    """Report labels in tables that were given as unlabeled."""
    return [Finding("labels-ignored", f"{n_rows} rows of --unlabeled files have a {label!r}.")] if n_rows else []


def of_renamed_columns(names: Mapping[str, str]) -> list[Finding]:
    """Report columns of ours that are named otherwise because the input has such a column."""
    renamed = [f"{ours!r} is {theirs!r}" for ours, theirs in names.items() if ours != theirs]
    if not renamed:
        return []
    return [Finding("column-renamed", f"The input has columns of these names already: {', '.join(renamed)}.")]
