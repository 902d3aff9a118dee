"""Procedure: what differs between a run that predicts classes and one that predicts numbers.

Takes  nothing yet: this is what either promises.
Gives  Procedure: how its model is made, compared and written down, and how it scores rows.

Before this: results/. After this: classification.py, regression.py, which know nothing of each other.
"""

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import pandas as pd
import pyarrow as pa

from pseudolabel.comparison import Comparable
from pseudolabel.data.dataset import Dataset
from pseudolabel.judgement.acceptance import Acceptance
from pseudolabel.judgement.findings import Finding
from pseudolabel.plan import Plan
from pseudolabel.results.record import Record
from pseudolabel.scoring import Scored, Scorer, Tally


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

    def known(self, plan: Plan, model: Any, dataset: Dataset) -> pa.Table:
        """Give the scores of the rows the model was fitted on, with `given` and their `position` in the table."""
        ...

    def scorer(self, plan: Plan, model: Any, dataset: Dataset) -> Scorer:
        """Give what scores all other rows."""
        ...

    def accept(
        self, plan: Plan, model: Any, evidence: Any, dataset: Dataset, tally: Tally, *, shifted: bool
    ) -> Acceptance | None:
        """Accept the pseudo-labels that can be published as the plan asks; nothing where rows differ too much."""
        ...

    def noticed(self, dataset: Dataset, used: Sequence[str], name: Callable[[int], str]) -> list[Finding]:
        """Say what is noticed about labels and columns before anything is learnt; `name` names labeled rows."""
        ...

    def findings(self, dataset: Dataset, model: Any, sections: Record) -> list[Finding]:
        """Say what was noticed while learning; `sections` as the method of this name gives them."""
        ...

    def sections(
        self, dataset: Dataset, model: Any, evidence: Any, scored: Scored, acceptance: Acceptance | None
    ) -> Record:
        """Give the entries of the record that only this task has or fills in its own way."""
        ...

    def labeled(self, scores: pa.Table, model: Any, label_type: pa.DataType, acceptance: Acceptance | None) -> pa.Table:
        """Give the columns found out about rows from their scores, those of `appended` first."""
        ...

    def predicted(self, model: Any, X: pd.DataFrame, *, probabilities: bool) -> pa.Table:
        """Give the columns found out about new rows."""
        ...
