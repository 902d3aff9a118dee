"""Procedure: what differs between a run that predicts classes and one that predicts numbers.

Takes  nothing yet: this is what either promises.
Gives  Procedure: how its model is made, compared and written down.

Before this: results/. After this: classification.py, regression.py, which know nothing of each other.
"""

from collections.abc import Callable
from typing import Any, Protocol

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from pseudolabel.data.dataset import Dataset
from pseudolabel.judgement.conclusion import Conclusion
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

    def n_pairs(self, dataset: Dataset) -> int:
        """Tell how often both models are made while they are compared."""
        ...

    def compare(
        self,
        make_model: Callable[[], Any],
        dataset: Dataset,
        rows: NDArray[np.int64],
        *,
        seed: int,
        on_pair: Callable[[], None],
    ) -> Any:
        """Compare the model with and without pseudo-labels on labeled ones of `rows`, held out in turn."""
        ...

    def conclude(self, evidence: Any) -> Conclusion:
        """Say whether pseudo-labels helped."""
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
