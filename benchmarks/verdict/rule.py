"""Rule: the one place where the simulations meet the rule they judge, the library's own.

Takes  a Case, and the one-sided level.
Gives  a Word with the interval that is shown beside it, and the classes an alarm is raised for.

To judge another rule, change `judge` and nothing else: the material is kept row by row and repeat by repeat.

Before this: material.py. After this: rates.py.
"""

from dataclasses import dataclass

import numpy as np

from material import Case
from pseudolabel.judgement.differences import Rows, of_rows
from pseudolabel.judgement.evidence import LABELS_ONLY
from pseudolabel.judgement.splits import Design
from pseudolabel.judgement.target_evidence import TargetEvidence
from pseudolabel.judgement.verdict import ALPHA_OF_ALARMS, FEWEST_ROWS_OF_ALARM, SMALLEST_LOSS_OF_ALARM, decide
from pseudolabel.judgement.verdict import judge as judge_evidence

LOOKS = {0.05: None, 0.025: 1}
"""The look that has a level: None is a declared single one."""


@dataclass(frozen=True)
class Word:
    """What the rule says, with the interval of the first measure, above 0 where the second model is better.

    Attributes
    ----------
    code : {"helps", "harms", "cannot_tell"}
    lower, upper : float
    """

    code: str
    lower: float
    upper: float


def judge(case: Case, level: float) -> Word:
    """Say whether the second model of a case is better, at a one-sided level: 0.05, or 0.025 for a first look."""
    if len(case.differences) == 2:
        return _judge_values(case, level)
    accuracy, brier = case.differences[:2]
    code, _ = decide(accuracy, -brier, _rows(case), level)
    shown = of_rows(accuracy, _rows(case))
    return Word(code, shown.lower, shown.upper)


def _judge_values(case: Case, level: float) -> Word:
    """Hand the errors over as predictions of 0: their squares and absolute values are all that counts."""
    n_repeats, n_rows = case.folds.shape
    evidence = TargetEvidence(
        design=Design("folds", int(case.folds.max()) + 1, n_repeats),
        truth=np.zeros(n_rows),
        positions=np.arange(n_rows),
        rows=_rows(case),
        predictions=np.sqrt(np.stack([case.first[0], case.first[0], case.second[0]])),
        interval=np.zeros((n_repeats, n_rows, 2)),
    )
    verdict = judge_evidence(evidence, look=LOOKS[level])
    shown = evidence.difference("mse", LABELS_ONLY)
    return Word(verdict.code, -shown.upper, -shown.lower)


def alarmed_classes(case: Case) -> list[int]:
    """Give the classes whose recall surely falls."""
    present = np.unique(case.codes)
    alarmed = []
    for code in present:
        of_class = case.codes == code
        rows = _rows(case).take(of_class)
        if of_class.sum() < FEWEST_ROWS_OF_ALARM or len(np.unique(rows.unit)) == 1:
            continue
        change = of_rows(case.differences[0][:, of_class], rows)
        if change.estimate < -SMALLEST_LOSS_OF_ALARM and change.bounds(ALPHA_OF_ALARMS / len(present))[1] < 0:
            alarmed.append(int(code))
    return alarmed


def _rows(case: Case) -> Rows:
    """Say how the rows of a case belong together: alone, or in groups."""
    n_rows = case.folds.shape[1]
    return Rows(case.folds, np.ones(n_rows), case.group if (case.group >= 0).any() else np.arange(n_rows))
