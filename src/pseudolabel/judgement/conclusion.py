"""Conclusion: one plain sentence on whether pseudo-labels helped here.

Takes  Evidence of classes or of numbers, or None where there could be none.
Gives  a Conclusion: a code, and the sentence with its numbers.

It says "better" or "worse" only when the whole interval of the difference (in accuracy, or in squared error) lies on
one side of zero and a second measure (the Brier score, or the absolute error) does not object; with few labels that is
rare, and "cannot tell" is then the truth.

Before this: evidence.py, target_evidence.py. After this: results/.
"""

from dataclasses import dataclass
from typing import Literal

from pseudolabel.judgement.evidence import Evidence
from pseudolabel.judgement.pairs import FEWEST_SCORED_ROWS, LEVEL
from pseudolabel.judgement.target_evidence import TargetEvidence

NEXT_TO_NOTHING = 0.01
"""When the whole interval lies within one point (of accuracy) or one percent (of the labels-only error) of zero, a
reader need not care which side is right."""

LONGEST_QUANTITY = 1e12
"""From here on a number is easier to read with an exponent than by counting its commas."""


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


def conclude_on_targets(evidence: TargetEvidence | None) -> Conclusion:
    """Say whether pseudo-labels helped to predict the numbers of labeled rows that neither model saw."""
    if evidence is None:
        return Conclusion(
            "no_evidence",
            f"No honest comparison is possible: it needs at least {FEWEST_SCORED_ROWS} labeled rows. "
            "The table is labeled all the same; label more rows to learn whether that helped.",
        )
    before, change = evidence.labels_only.rmse, evidence.rmse
    numbers = (
        f"on {evidence.n_rows} labeled rows that neither model had seen, the typical error (RMSE) was "
        f"{quantity(before)} with the labels alone and {quantity(evidence.pseudo_labeled.rmse)} with pseudo-labels: "
        f"{percents(change.estimate, before)} ({LEVEL:.0%} interval {percents(change.lower, before)} to "
        f"{percents(change.upper, before)})"
    )
    if change.upper < 0 and evidence.mae.estimate <= 0:
        return Conclusion("better", f"The model with pseudo-labels is better: {numbers}.")
    if change.lower > 0 and evidence.mae.estimate >= 0:
        return Conclusion("worse", f"The model with pseudo-labels is worse: {numbers}. Use the labels alone.")
    if change.upper < 0 or change.lower > 0:
        return Conclusion(
            "cannot_tell",
            f"Squared and absolute errors disagree on whether pseudo-labels helped: {numbers}, but the mean absolute "
            f"error went from {quantity(evidence.labels_only.mae)} to {quantity(evidence.pseudo_labeled.mae)}.",
        )
    if max(-change.lower, change.upper) <= NEXT_TO_NOTHING * before:
        return Conclusion("cannot_tell", f"Pseudo-labels changed next to nothing here: {numbers}.")
    return Conclusion(
        "cannot_tell",
        f"These labels cannot tell whether pseudo-labels helped: {numbers}. With this many labels only a difference "
        f"of about {(change.estimate - change.lower) / before:.0%} or more would show.",
    )


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
