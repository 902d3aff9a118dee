"""Conclusion: one plain sentence on whether pseudo-labels helped here.

Takes  Evidence, or None where there could be none.
Gives  a Conclusion: a code, and the sentence with its numbers.

It says "better" or "worse" only when the whole interval of the accuracy difference lies on one side of zero and the
Brier score does not object; with few labels that is rare, and "cannot tell" is then the truth.

Before this: evidence.py. After this: results/.
"""

from dataclasses import dataclass
from typing import Literal

from pseudolabel.judgement.evidence import FEWEST_SCORED_ROWS, LEVEL, Evidence

NEXT_TO_NOTHING = 0.01
"""When the whole interval lies within one point of zero, a reader need not care which side is right."""


@dataclass(frozen=True)
class Conclusion:
    """What may be said.

    Attributes
    ----------
    code : {"better", "worse", "cannot_tell", "no_evidence"}
    sentence : str
    """

    code: Literal["better", "worse", "cannot_tell", "no_evidence"]
    sentence: str


def conclude(evidence: Evidence | None) -> Conclusion:
    """Say whether pseudo-labels helped on labeled rows that neither model saw."""
    if evidence is None:
        return Conclusion(
            "no_evidence",
            f"No honest comparison is possible: it needs at least {FEWEST_SCORED_ROWS} labeled rows in two classes "
            "with two rows or more. The table is labeled all the same; label more rows to learn whether that helped.",
        )
    difference = evidence.accuracy
    numbers = (
        f"on {evidence.n_rows} labeled rows that neither model had seen, accuracy was "
        f"{evidence.labels_only.accuracy:.1%} with the labels alone and {evidence.pseudo_labeled.accuracy:.1%} with "
        f"pseudo-labels: {points(difference.estimate)} points ({LEVEL:.0%} interval {points(difference.lower)} to "
        f"{points(difference.upper)})"
    )
    if difference.lower > 0 and evidence.brier.estimate <= 0:
        return Conclusion("better", f"The model with pseudo-labels is better: {numbers}.")
    if difference.upper < 0 and evidence.brier.estimate >= 0:
        return Conclusion("worse", f"The model with pseudo-labels is worse: {numbers}. Use the labels alone.")
    if difference.lower > 0 or difference.upper < 0:
        return Conclusion(
            "cannot_tell",
            f"Accuracy and probabilities disagree on whether pseudo-labels helped: {numbers}, but the Brier score went "
            f"from {evidence.labels_only.brier:.3f} to {evidence.pseudo_labeled.brier:.3f}, and lower is better.",
        )
    if max(-difference.lower, difference.upper) < NEXT_TO_NOTHING:
        return Conclusion("cannot_tell", f"Pseudo-labels changed next to nothing here: {numbers}.")
    return Conclusion(
        "cannot_tell",
        f"These labels cannot tell whether pseudo-labels helped: {numbers}. With this many labels only a difference "
        f"of about {100 * (difference.upper - difference.estimate):.0f} points or more would show.",
    )


def points(share: float) -> str:
    """Give a difference of shares in percentage points, with its sign.

    Examples
    --------
    >>> points(0.0142), points(-0.0004)
    ('+1.4', '+0.0')
    """
    return f"{round(100 * share, 1) + 0.0:+.1f}"
