"""Verdict: helps, harms, or cannot tell; with the numbers, and what would change it.

Takes  Evidence of classes or of numbers, or None where there could be none; and how many looks there were before.
Gives  a Verdict on the first comparison (against the labels alone), which holds one on the second (what the unlabeled
       rows themselves add).

For classes it takes either probabilities that are better beyond doubt and more right answers than not, or more right
answers beyond doubt and probabilities that are no worse. Probabilities alone are several times as sensitive, and
another question: they can gain while right answers are lost. Each further look at a growing set of labels is allowed
less, so that all looks together are wrong as rarely as one.

Source: the rule and its error rates are measured in docs/explanation/verdict.md; Nadeau and Bengio (2003); Bonett and
Price (2012); spending over looks after Robbins (1970).

Before this: evidence.py, target_evidence.py. After this: comparison.py, results/.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.stats import t as student_t

from pseudolabel.judgement.differences import LEVEL, Difference, Rows, of_folds, of_rows
from pseudolabel.judgement.evidence import LABELS_ONLY, PSEUDO_LABELED, WITHOUT_UNLABELED, Evidence
from pseudolabel.judgement.splits import FEWEST_SCORED_ROWS
from pseudolabel.judgement.target_evidence import TargetEvidence
from pseudolabel.judgement.wording import percents, points, quantity

Code = Literal["helps", "harms", "cannot_tell"]

ALPHA = 0.05
"""One-sided: how often "helps" may be said where nothing was gained, over all looks together."""

GATE = 0.75
"""One-sided level at which right answers must be more, where the probabilities decide."""

NEXT_TO_NOTHING = 0.01
"""When the whole interval lies within one point (of accuracy) or one percent (of the labels-only error) of zero, a
reader need not care which side is right."""

FEWEST_ROWS_OF_ALARM = 5
SMALLEST_LOSS_OF_ALARM = 0.02
ALPHA_OF_ALARMS = 0.10
"""A class sounds an alarm where its recall surely falls, by more than two points; shared out among the classes."""

SHOWN_DIFFERENCE = {"accuracy": 0.02, "rmse": 0.05}
"""What a reader is told the labels needed for: two points, or five percent of the error."""

MOST_TIMES_AS_MANY = 1000
"""Labels beyond this many times those there are would be a guess."""


@dataclass(frozen=True)
class Alarm:
    """A class whose recall falls.

    Attributes
    ----------
    code : int
        Position of the class among the classes.
    change : float
        In recall, below 0.
    n_rows : int
        Held-out rows of the class.
    """

    code: int
    change: float
    n_rows: int


@dataclass(frozen=True)
class Verdict:
    """What may be said.

    Attributes
    ----------
    code : {"helps", "harms", "cannot_tell"}
    reason : str
        What decided: "probabilities", "accuracy" or "errors". Or why nothing is decided: "undecided", "disagree",
        "probabilities_only" or "next_to_nothing" by the evidence; "too_few_labels", "nothing_unlabeled" or "not_asked"
        without any.
    sentence : str
        With the numbers.
    advice : str
        What would change it, or what was done.
    measure : {"accuracy", "rmse"}
    difference : Difference or None
        Pseudo-labeled minus the other model, in `measure`; None without evidence.
    n_labeled : int
        Labeled rows that were held out and scored.
    detectable : float or None
        The smallest true difference that so many labels show four times in five.
    level : float
        One-sided, at which the word was decided.
    look : int or None
        Which look at a growing set of labels this is; None for a declared single one.
    alarms : tuple of Alarm
    vetoed : bool
        Whether the labels-only model was taken instead.
    unlabeled : Verdict or None
        On what the unlabeled rows themselves add; None in that one.
    """

    code: Code
    reason: str
    sentence: str
    advice: str
    measure: Literal["accuracy", "rmse"]
    difference: Difference | None
    n_labeled: int
    detectable: float | None
    level: float
    look: int | None
    alarms: tuple[Alarm, ...] = ()
    vetoed: bool = False
    unlabeled: "Verdict | None" = None

    def with_veto(self) -> "Verdict":
        """Give the same verdict, after which the labels-only model was taken."""
        return replace(self, vetoed=True, advice=f"The model on the labels alone is used instead. {self.advice}")

    def record(self, classes: Sequence[str] = ()) -> dict[str, Any]:
        """Give the verdict as plain data, the one on the unlabeled rows inside.

        Parameters
        ----------
        classes : sequence of str
            The names of the classes that may sound an alarm.
        """
        alarms = [{"class": classes[each.code], "difference": each.change, "rows": each.n_rows} for each in self.alarms]
        return self._comparison() | {
            "level": self.level,
            "look": self.look,
            "vetoed": self.vetoed,
            "alarms": alarms,
            "unlabeled": None if self.unlabeled is None else self.unlabeled._comparison(),
        }

    def _comparison(self) -> dict[str, Any]:
        """Give what the verdicts on both comparisons have."""
        change = self.difference
        return {
            "code": self.code,
            "reason": self.reason,
            "sentence": self.sentence,
            "advice": self.advice,
            "measure": self.measure,
            "difference": None if change is None else change.estimate,
            "interval": None if change is None else [change.lower, change.upper],
            "n_labeled": self.n_labeled,
            "detectable": self.detectable,
        }

    def __str__(self) -> str:
        return f"{self.code.replace('_', ' ')}: {self.sentence} {self.advice}".strip()


def level_of_look(look: int | None) -> float:
    """Give the one-sided level of a look: over all of them, at most that of a single one is spent.

    Examples
    --------
    >>> level_of_look(None), level_of_look(1), round(level_of_look(2), 4)
    (0.05, 0.025, 0.0083)
    """
    return ALPHA if look is None else ALPHA / (look * (look + 1))


def judge(evidence: Evidence | TargetEvidence | None, *, look: int | None = 1, numbers: bool = False) -> Verdict:
    """Say whether pseudo-labels helped, and whether unlabeled rows did.

    Parameters
    ----------
    evidence : Evidence, TargetEvidence or None
        None where there were too few labels to compare.
    look : int or None, default=1
        Which look at a growing set of labels this is; None declares that it is the only one there will be.
    numbers : bool, default=False
        Whether numbers are predicted; only asked where there is no evidence.
    """
    if evidence is None:
        return without_evidence("too_few_labels", look=look, numbers=numbers)
    if isinstance(evidence, TargetEvidence):
        first, second = (_on_targets(evidence, model, look) for model in (LABELS_ONLY, WITHOUT_UNLABELED))
    else:
        first, second = (_on_classes(evidence, model, look) for model in (LABELS_ONLY, WITHOUT_UNLABELED))
        first = replace(first, alarms=alarms_of(evidence))
    return replace(first, unlabeled=second)


def without_evidence(reason: str, *, look: int | None = None, numbers: bool = False) -> Verdict:
    """Give the verdict where nothing was compared.

    Parameters
    ----------
    reason : {"too_few_labels", "nothing_unlabeled", "not_asked"}
    look : int or None, default=None
    numbers : bool, default=False
        Whether numbers are predicted.
    """
    classes = "" if numbers else ", in two classes with two rows or more"
    sentence, advice = {
        "too_few_labels": (
            f"No honest comparison is possible: it needs at least {FEWEST_SCORED_ROWS} labeled rows (or groups of "
            f"them){classes}.",
            "The rows are labeled all the same; label more of them to learn whether that helped.",
        ),
        "nothing_unlabeled": ("Every row has a label: there is nothing to compare.", ""),
        "not_asked": ("No evidence was asked for.", "Ask for standard evidence to learn whether pseudo-labels help."),
    }[reason]
    nothing = Verdict(
        "cannot_tell",
        reason,
        sentence,
        advice,
        measure="rmse" if numbers else "accuracy",
        difference=None,
        n_labeled=0,
        detectable=None,
        level=level_of_look(look),
        look=look,
    )
    return replace(nothing, unlabeled=nothing)


def decide(
    accuracy: NDArray[np.float64],
    brier: NDArray[np.float64],
    rows: Rows,
    alpha: float = ALPHA,
    *,
    has_probabilities: bool = True,
) -> tuple[Code, str]:
    """Decide between two models by what they said of the same held-out rows.

    Parameters
    ----------
    accuracy : ndarray of shape (n_repeats, n_rows), each -1, 0 or 1
        1 where only the second model was right.
    brier : ndarray of shape (n_repeats, n_rows)
        The second model's squared error of probabilities minus the first's: below 0 favours the second.
    rows : Rows
    alpha : float, default=0.05
        One-sided.
    has_probabilities : bool, default=True
        False leaves the accuracy alone to decide.

    Returns
    -------
    code : {"helps", "harms", "cannot_tell"}
    reason : {"probabilities", "accuracy", "undecided", "disagree", "probabilities_only"}
    """
    right, loss = of_rows(accuracy, rows), of_folds(brier, rows)
    gate = _gate(accuracy, rows)
    (fewest, most), (least_loss, most_loss) = right.bounds(alpha), loss.bounds(alpha)
    probabilities = has_probabilities and loss.error > 0
    better, worse = probabilities and most_loss < 0, probabilities and least_loss > 0
    no_worse = not has_probabilities or loss.estimate <= 0
    no_better = not has_probabilities or loss.estimate >= 0
    helps = {"probabilities": better and gate[0] > 0, "accuracy": fewest > 0 and no_worse}
    harms = {"probabilities": worse and gate[1] < 0, "accuracy": most < 0 and no_better}
    if any(helps.values()) != any(harms.values()):
        code: Code = "helps" if any(helps.values()) else "harms"
        routes = helps if code == "helps" else harms
        return code, "accuracy" if routes["accuracy"] else "probabilities"
    if any(helps.values()) or fewest > 0 or most < 0:
        return "cannot_tell", "disagree"
    return "cannot_tell", "probabilities_only" if better or worse else "undecided"


def _gate(accuracy: NDArray[np.float64], rows: Rows) -> tuple[float, float]:
    """Give bounds of the mean accuracy difference at the level of the gate, with one row made up."""
    by_unit = rows.per_unit(accuracy)
    n_units = by_unit.shape[1]
    mean = by_unit.mean(axis=0).sum() / (n_units + 1)
    spread = ((by_unit**2).sum(axis=1).mean() + rows.row_among_units**2) / (n_units + 1) - mean**2
    reach = student_t.ppf(GATE, n_units - 1) * np.sqrt(max(spread, 0.0) / n_units)
    return float(mean - reach), float(mean + reach)


def _on_classes(evidence: Evidence, model: int, look: int | None) -> Verdict:
    values, alpha = evidence.against(model), level_of_look(look)
    code, reason = decide(
        values["accuracy"], values["brier"], evidence.rows, alpha, has_probabilities=evidence.has_probabilities
    )
    right, brier = (evidence.difference(measure, model) for measure in ("accuracy", "brier"))
    if reason == "undecided" and max(-right.lower, right.upper) < NEXT_TO_NOTHING:
        reason = "next_to_nothing"
    change = f"{points(right.estimate)} points of accuracy"
    details = (
        f"{LEVEL:.0%} interval {points(right.lower)} to {points(right.upper)}; Brier score {brier.estimate:+.3f}, "
        f"{brier.lower:+.3f} to {brier.upper:+.3f}"
    )
    detectable = right.detectable()
    needed = _labels_needed(evidence.n_rows, detectable, SHOWN_DIFFERENCE["accuracy"])
    advice = _advice(code, look, f"{100 * detectable:.0f} points", "2 points", needed)
    advice = _doubt(right, look) + advice if code == "cannot_tell" else advice
    sentence = _sentence(reason, change, details, evidence.n_rows, model)
    return Verdict(code, reason, sentence, advice, "accuracy", right, evidence.n_rows, detectable, alpha, look)


def _on_targets(evidence: TargetEvidence, model: int, look: int | None) -> Verdict:
    squared, absolute = (evidence.difference(measure, model) for measure in ("mse", "mae"))
    alpha, before = level_of_look(look), evidence.rmse(model)
    least, most = squared.bounds(alpha)
    code: Code = "cannot_tell"
    reason = "undecided"
    if most < 0 or least > 0:
        agree = absolute.estimate <= 0 if most < 0 else absolute.estimate >= 0
        code, reason = (("helps" if most < 0 else "harms"), "errors") if agree else (code, "disagree")
    change = in_unit_of_target(squared, before)
    if reason == "undecided" and max(-change.lower, change.upper) <= NEXT_TO_NOTHING * before:
        reason = "next_to_nothing"
    details = (
        f"{LEVEL:.0%} interval {percents(change.lower, before)} to {percents(change.upper, before)}; from "
        f"{quantity(before)} to {quantity(evidence.rmse(PSEUDO_LABELED))}"
    )
    detectable = change.detectable()
    share = detectable / before if before else 0.0
    needed = _labels_needed(evidence.n_rows, share, SHOWN_DIFFERENCE["rmse"])
    advice = _advice(code, look, f"{share:.0%} of the error", "5 %", needed)
    advice = _doubt(change, look) + advice if code == "cannot_tell" else advice
    sentence = _sentence(
        reason, f"{percents(change.estimate, before)} of typical error (RMSE)", details, evidence.n_rows, model
    )
    return Verdict(code, reason, sentence, advice, "rmse", change, evidence.n_rows, detectable, alpha, look)


def in_unit_of_target(squared: Difference, rmse: float) -> Difference:
    """Give a difference of mean squared errors as one of their roots, beside a measured root.

    To first order: a root's slope at the measured root carries the error over. Every sign stays.

    Examples
    --------
    >>> in_unit_of_target(Difference(-9.0, 5.0, 10), rmse=5.0)
    Difference(estimate=-1.0, error=0.5555555555555556, freedom=10)
    """
    estimate = float(np.sqrt(max(rmse**2 + squared.estimate, 0.0)) - rmse)
    slope = estimate / squared.estimate if squared.estimate else 1 / (2 * rmse) if rmse else 0.0
    return Difference(estimate, squared.error * slope, squared.freedom)


_OTHERS = {
    LABELS_ONLY: "against the model on the labels alone",
    WITHOUT_UNLABELED: "against the same procedure without the unlabeled rows",
}


def _sentence(reason: str, change: str, details: str, n_rows: int, model: int) -> str:
    """Say what was measured: the change, against what, the interval, on how many rows; then what that lacks."""
    lacks = {
        "probabilities": " Decided by the probabilities; at this level the accuracy alone would not decide.",
        "next_to_nothing": " That is next to nothing.",
        "disagree": " One measure gains and another loses.",
        "probabilities_only": " The probabilities changed; that the number of right answers did is not shown.",
    }.get(reason, "")
    return f"{change} {_OTHERS[model]} ({details}), on {n_rows:,} labeled rows that no model had seen.{lacks}"


def _doubt(shown: Difference, look: int | None) -> str:
    """Say why nothing is decided although the interval that is shown lies on one side of zero."""
    if shown.lower <= 0 <= shown.upper:
        return ""
    return f"The level is stricter than that of the interval, {100 * level_of_look(look):.2g} % on one side. "


def _advice(code: Code, look: int | None, detectable: str, shown: str, needed: int | None) -> str:
    """Say what would change the verdict, and how often a rule like this is wrong."""
    if code != "cannot_tell":
        wrong = f"wrong in at most {100 * ALPHA:.0f} of 100 cases."
        if look is None:
            return f"A rule like this is {wrong}"
        level = f"{100 * level_of_look(look):.2g} %"
        return f"This is look {look} at these labels, decided at a level of {level}; all looks together are {wrong}"
    enough = (
        f" To see one of {shown} takes about {needed:,} labels, if the models go on to disagree as often."
        if needed
        else ""
    )
    return f"With so many labels a true difference below about {detectable} is mostly missed.{enough}"


def _labels_needed(n_rows: int, detectable: float, shown: float) -> int | None:
    """Give how many labels would show a difference; None where there are enough, or it would be a guess."""
    times = (detectable / shown) ** 2
    return int(round(n_rows * times, -1)) if 1 < times < MOST_TIMES_AS_MANY else None


def alarms_of(evidence: Evidence) -> tuple[Alarm, ...]:
    """Give the classes whose recall surely falls; of a hundred mere re-seedings one at most names any."""
    classes = evidence.per_class()
    alpha = ALPHA_OF_ALARMS / max(len(classes), 1)
    return tuple(
        Alarm(of_class.code, of_class.change.estimate, of_class.n_rows)
        for of_class in classes
        if of_class.n_rows >= FEWEST_ROWS_OF_ALARM
        and of_class.change is not None
        and of_class.change.estimate < -SMALLEST_LOSS_OF_ALARM
        and of_class.change.bounds(alpha)[1] < 0
    )
