"""Procedure: what differs between a run that predicts classes and one that predicts numbers.

Takes  nothing yet: this is what either promises.
Gives  Procedure: how its model is made, compared and written down.

Before this: results/. After this: classification.py, regression.py, which know nothing of each other.
"""

from typing import Any, Protocol

import pandas as pd
import pyarrow as pa

from pseudolabel.comparison import Comparable
from pseudolabel.data.dataset import Dataset
from pseudolabel.judgement.findings import Finding
from pseudolabel.plan import Plan
from pseudolabel.results.record import Record


class Procedure(Protocol):
    """The stages of a run that depend on its task; the models and the evidence are its own, and seen by no one else."""

    appended: tuple[str, ...]
    """The columns every labeled table of the task ends in."""

    def check(self, plan: Plan) -> None:
        """Refuse options that do not fit the task; raises ParameterError."""
        ...

    def new_model(self, plan: Plan, dataset: Dataset, n_jobs: int) -> Any:
        """Give the estimator a plan asks for, not yet fitted."""
        ...

    def case(self, model: Any, dataset: Dataset) -> Comparable:
        """Give what is compared: the model, and all it learns from."""
        ...

    def accept(self, plan: Plan, model: Any, *, shifted: bool) -> None:
        """Accept the pseudo-labels that can be published as the plan asks; nothing where rows differ too much."""
        ...

    def findings(self, dataset: Dataset, model: Any, sections: Record) -> list[Finding]:
        """Say what was noticed about the labels and the learners; `sections` as the method of this name gives them."""
        ...

    def sections(self, dataset: Dataset, model: Any, evidence: Any) -> Record:
        """Give the entries of the record that only this task has or fills in its own way."""
        ...

    def labeled(self, dataset: Dataset, model: Any, label_type: pa.DataType, *, probabilities: bool) -> pa.Table:
        """Give the columns found out about every row of the run, those of `appended` first."""
        ...

    def predicted(self, model: Any, X: pd.DataFrame, *, probabilities: bool) -> pa.Table:
        """Give the columns found out about new rows."""
        ...
