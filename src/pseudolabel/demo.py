"""Demo: the tutorial's case on real data, measured honestly.

Takes  scikit-learn's breast-cancer table: 569 rows, 30 features.
Gives  five accuracies side by side over ten seeds, and a run folder to open.

30 % of the rows are kept untouched for the comparison; of the others 40 % keep their label. The tutorial fits a
forest, predicts the rest, refits on everything and prints the accuracy on those very rows.

Before this: run.py. After this: cli.py.
"""

import tempfile
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np
import pandas as pd
from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import train_test_split

from pseudolabel.classifier import PseudoLabelClassifier
from pseudolabel.plan import Plan
from pseudolabel.run import Outcome, Stage, carry_out, no_display

N_SEEDS = 10
TEST_SHARE = 0.3
LABELED_SHARE = 0.4

LABEL, ID = "diagnosis", "id"
DATA, NEW_ROWS = "breast_cancer.csv", "new_rows.csv"


@dataclass(frozen=True)
class Case:
    """One split: training rows with some labels blanked, their true labels, and rows kept untouched."""

    X: pd.DataFrame
    y: "pd.Series[Any]"
    truth: "pd.Series[Any]"
    X_test: pd.DataFrame
    y_test: "pd.Series[Any]"


@dataclass(frozen=True)
class Accuracies:
    """What each way to make a model scored, 0 to 1, one entry a seed.

    Attributes
    ----------
    labels_only, tutorial, ours, ceiling : tuple of float
        On rows kept untouched. The ceiling knows all labels of the training rows.
    printed : tuple of float
        What the tutorial would print: its final model on the rows it was fitted on, pseudo-labels as the truth.
    """

    labels_only: tuple[float, ...]
    tutorial: tuple[float, ...]
    printed: tuple[float, ...]
    ours: tuple[float, ...]
    ceiling: tuple[float, ...]

    def against_labels_only(self, name: str) -> tuple[float, int, int, int]:
        """Give the mean gain over the labels alone, and in how many seeds it was better, equal and worse."""
        gains = np.subtract(getattr(self, name), self.labels_only)
        return float(gains.mean()), int((gains > 0).sum()), int((gains == 0).sum()), int((gains < 0).sum())

    def mean(self, name: str) -> float:
        """Give the mean accuracy over the seeds."""
        return fmean(getattr(self, name))


def measure(stage: Stage = no_display, n_seeds: int = N_SEEDS) -> Accuracies:
    """Compare the five over several seeds."""
    scores = []
    with stage("Measuring", n_seeds) as done:
        for seed in range(n_seeds):
            scores.append(_score(make_case(seed), seed))
            done()
    labels_only, tutorial, printed, ours, ceiling = zip(*scores, strict=True)
    return Accuracies(labels_only, tutorial, printed, ours, ceiling)


def make_case(seed: int) -> Case:
    """Split the table: 30 % untouched, and 40 % of the rest labeled."""
    X, y = load_breast_cancer(return_X_y=True, as_frame=True)
    names = y.map({0: "M", 1: "B"})
    X, X_test, truth, y_test = train_test_split(X, names, test_size=TEST_SHARE, stratify=names, random_state=seed)
    labeled, _ = train_test_split(truth.index, train_size=LABELED_SHARE, stratify=truth, random_state=seed)
    return Case(X, truth.where(truth.index.isin(labeled)), truth, X_test, y_test)


def _score(case: Case, seed: int) -> tuple[float, float, float, float, float]:
    """Give accuracies in the order of `Accuracies`."""
    forest = RandomForestClassifier(random_state=seed)
    given = case.y.notna()
    labels_only = forest.fit(case.X[given], case.y[given]).score(case.X_test, case.y_test)
    tutorial = PseudoLabelClassifier(forest, method="one-shot").fit(case.X, case.y)
    ours = PseudoLabelClassifier(random_state=seed).fit(case.X, case.y)
    ceiling = forest.fit(case.X, case.truth).score(case.X_test, case.y_test)
    return (
        float(labels_only),
        tutorial.score(case.X_test, case.y_test),
        tutorial.score(case.X, tutorial.transduction_),
        ours.score(case.X_test, case.y_test),
        float(ceiling),
    )


def leave_a_run(out: Path, *, overwrite: bool, stage: Stage = no_display) -> Outcome:
    """Run the main job on the case of seed 0, written out as a CSV; both tables stay in the run folder."""
    case = make_case(seed=0)
    with tempfile.TemporaryDirectory() as folder:
        data, new_rows = Path(folder) / DATA, Path(folder) / NEW_ROWS
        _write(data, case.X, case.y)
        _write(new_rows, case.X_test, case.y_test)
        plan = Plan(data, LABEL, out, id=ID, overwrite=overwrite)
        return carry_out(plan, stage, keep=(data, new_rows))


def _write(path: Path, X: pd.DataFrame, y: "pd.Series[Any]") -> None:
    ids = [f"P{number:03d}" for number in X.index]
    pd.DataFrame({ID: ids, LABEL: y.to_numpy()}, index=X.index).join(X).to_csv(path, index=False)
