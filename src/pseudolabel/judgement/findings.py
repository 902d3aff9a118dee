"""Findings: what a run noticed that a person should know.

Takes  what the readers, the labels and the features have to say.
Gives  Findings, each with a stable code; `docs/findings/` has a page for every code.

Before this: shift.py, novelty.py; nothing of learning/. After this: results/.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pseudolabel.judgement.novelty import Novelty
from pseudolabel.judgement.shift import Shift
from pseudolabel.validation import listed

TITLES = {
    "answered-labels": "Labels were answered in a review",
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
    "shift": "Labeled and unlabeled rows differ",
    "novel-rows": "Some unlabeled rows are unlike anything labeled",
    "labels-ignored": "Labels in an unlabeled file were not used",
    "member-left-out": "Members of the committee were left out",
    "images": "Columns name image files",
    "contradictory-labels": "Equal rows have different labels",
    "label-copied": "Columns seem to copy the label",
    "rare-class": "Some classes have hardly a label beside others",
    "test-rows-repeated": "Test rows are learnt from",
    "unseen-classes": "Test rows are of classes without a label to learn from",
    "column-renamed": "Columns of ours have other names in the table",
}
"""Every code a finding can have, with the title it is shown under."""

MOVED_FROM_EVEN, MOVED_FROM_UNEVEN = 0.1, 0.25
"""Share of the rows, 0 to 1, that must seem to be of another class; less where counts look like "ten of each"."""

MOST_UNEVEN = 1.1
"""Label counts are nearly even when the largest is at most this many times the smallest, and one more."""

CLASSES_SHOWN = 3
COLUMNS_SHOWN = 5

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


def of_shift(shift: Shift) -> list[Finding]:
    """Report that labeled and unlabeled rows are not from one population, and the columns that show it.

    Examples
    --------
    >>> from pseudolabel.judgement.column_gaps import ColumnGap
    >>> found = ColumnGap("age", 0.31, 0.001)
    >>> shift = Shift(
    ...     "shift", "columns", 200, 1000, p_value=0.002, auc=0.71, auc_interval=(0.66, 0.76), columns=(found,)
    ... )
    >>> of_shift(shift)[0].detail.partition(". ")[0]
    "'age' differs: its shares by up to 31 points"
    """
    if shift.code != "shift" or shift.p_value is None or shift.auc is None or shift.auc_interval is None:
        return []
    shown = [f"{column.name!r}" for column in shift.columns[1:COLUMNS_SHOWN]]
    more = len(shift.columns) - COLUMNS_SHOWN
    if shift.columns:
        first = shift.columns[0]
        which = f"{first.name!r} differs: its shares by up to {100 * first.statistic:.0f} points"
        which += f"; then {', '.join(shown)}{f' and {more} more' if more > 0 else ''}" if shown else ""
    else:
        which = "No column differs clearly by itself; they go together in another way"
    lower, upper = (100 * bound for bound in shift.auc_interval)
    return [
        Finding(
            "shift",
            f"{which}. Of a labeled and an unlabeled row a classifier tells which is which in {100 * shift.auc:.0f} % "
            f"of pairs (95 % interval {lower:.0f} to {upper:.0f}; guessing gives 50; p = {shift.p_value:.3f}). What "
            "was measured on labeled rows need not hold for the others: label some rows drawn at random from them.",
        )
    ]


def of_novelty(novelty: Novelty) -> list[Finding]:
    """Report unlabeled rows that are unlike anything labeled.

    Examples
    --------
    >>> novelty = Novelty("novel", "found", 300, 2000, p_value=0.003, rows=np.arange(120))
    >>> of_novelty(novelty)[0].detail.partition(". ")[0]
    '120 of 2,000 unlabeled rows checked (6.0 %) lie where no label is'
    """
    if novelty.code != "novel":
        return []
    return [
        Finding(
            "novel-rows",
            f"{len(novelty.rows):,} of {novelty.n_checked:,} unlabeled rows checked ({100 * novelty.share:.1f} %) lie "
            f"where no label is. Chance alone would find any with odds of at most {novelty.level:.0%}. They may belong "
            "to a class without a label, or to none; their pseudo-labels are guesses. Look at some and label them.",
        )
    ]


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


def of_unseen_classes(counts: Mapping[str, int]) -> list[Finding]:
    """Report classes that only test rows have, with how many rows of each.

    Examples
    --------
    >>> of_unseen_classes({"opal": 3})[0].detail.partition(". ")[0]
    "'opal' (3 rows)"
    """
    if not counts:
        return []
    most_first = sorted(counts.items(), key=lambda pair: -pair[1])
    shown = [f"{name!r} ({n_rows:,} row{'' if n_rows == 1 else 's'})" for name, n_rows in most_first[:CLASSES_SHOWN]]
    more = f" and {len(counts) - CLASSES_SHOWN} more" if len(counts) > CLASSES_SHOWN else ""
    return [
        Finding(
            "unseen-classes",
            f"{', '.join(shown)}{more}. No labeled row has them, so no model can know them: these rows count as "
            "mistakes of every model. Label some rows of these classes.",
        )
    ]


def of_ignored_labels(n_rows: int, label: str) -> list[Finding]:
    """Report labels in tables that were given as unlabeled."""
    return [Finding("labels-ignored", f"{n_rows} rows of --unlabeled files have a {label!r}.")] if n_rows else []


def of_answers(n_answered: int, n_ruled_out: int) -> list[Finding]:
    """Report labels that are answers of a review."""
    if not n_answered + n_ruled_out:
        return []
    told = f"{n_answered:,} labels are answers of a review: they are learnt from, and nothing is judged on them."
    if n_ruled_out:
        told += f" Of {n_ruled_out:,} rows without a label it is known which classes they do not have."
    return [Finding("answered-labels", told)]


def of_renamed_columns(names: Mapping[str, str]) -> list[Finding]:
    """Report columns of ours that are named otherwise because the input has such a column."""
    renamed = [f"{ours!r} is {theirs!r}" for ours, theirs in names.items() if ours != theirs]
    if not renamed:
        return []
    return [Finding("column-renamed", f"The input has columns of these names already: {', '.join(renamed)}.")]
