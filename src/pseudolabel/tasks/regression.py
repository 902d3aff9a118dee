"""Regression: the stages of a run that predicts numbers.

Takes  a plan, a dataset whose labels are numbers, and the model fitted on it.
Gives  each stage as procedure.py promises it.

Before this: procedure.py. After this: run.py.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from pseudolabel.data.dataset import Dataset
from pseudolabel.errors import ParameterError
from pseudolabel.judgement.conclusion import Conclusion, conclude_on_targets
from pseudolabel.judgement.findings import Finding, of_left_out_members
from pseudolabel.judgement.pairs import LEVEL, choose_design
from pseudolabel.judgement.target_evidence import Predictions, TargetEvidence, weigh_target_evidence
from pseudolabel.plan import Plan
from pseudolabel.regressor import PseudoLabelRegressor
from pseudolabel.results.record import Record
from pseudolabel.results.target_record import target_sections

METHODS = ("auto", "one-shot")
"""Ways to pseudo-label that there are for numbers; the others choose rows by the confidence of a class."""


class Regression:
    """How a run that predicts numbers goes about it."""

    appended: tuple[str, ...] = ("pseudo_label", "lower", "upper", "source")

    def check(self, plan: Plan) -> None:
        """Refuse options that speak of classes."""
        if plan.estimator == "logistic":
            raise ParameterError(
                "--estimator logistic predicts classes, and this is a regression. Choose --estimator linear, or "
                "--task classification if the numbers are classes."
            )
        if plan.method not in METHODS:
            raise ParameterError(
                f"--method {plan.method} chooses rows by the confidence of their class, and this is a regression. "
                f"Choose --method {' or '.join(METHODS)}."
            )
        for option, given in (("--probabilities", plan.probabilities), ("--class-prior", plan.class_prior is not None)):
            if given:
                raise ParameterError(
                    f"{option} speaks of classes, and this is a regression. Leave it out, or add --task classification "
                    "if the numbers are classes."
                )

    def new_model(self, plan: Plan, dataset: Dataset, n_jobs: int) -> PseudoLabelRegressor:
        """Give the regressor a plan asks for, not yet fitted."""
        return PseudoLabelRegressor(
            None if plan.estimator == "auto" else plan.estimator,
            method=plan.method,
            random_state=plan.seed,
            n_jobs=n_jobs,
            **plan.beyond_defaults(),
        )

    def n_pairs(self, dataset: Dataset) -> int:
        """Tell how often both models are made while they are compared."""
        return choose_design(int(dataset.labels.given.sum())).n_pairs

    def compare(
        self,
        make_model: Callable[[], Any],
        dataset: Dataset,
        rows: NDArray[np.int64],
        *,
        seed: int,
        on_pair: Callable[[], None],
    ) -> TargetEvidence | None:
        """Compare predictions of held-out rows."""
        X, values = dataset.X.iloc[rows], dataset.labels.values[rows]

        def predict_both(train: NDArray[np.int64], held_out: NDArray[np.int64]) -> Predictions:
            model = make_model().fit(X.iloc[train], values[train])
            unseen = X.iloc[held_out]
            return Predictions(
                model.predict_labels_only(unseen), model.predict(unseen), model.predict_interval(unseen, level=LEVEL)
            )

        return weigh_target_evidence(predict_both, values, seed=seed, n_jobs=-1, on_pair=on_pair)

    def conclude(self, evidence: TargetEvidence | None) -> Conclusion:
        """Say whether pseudo-labels helped to predict numbers."""
        return conclude_on_targets(evidence)

    def findings(self, dataset: Dataset, model: PseudoLabelRegressor, sections: Record) -> list[Finding]:
        """Report learners that failed; numbers have no spelling that could be mistaken."""
        return of_left_out_members(model.teacher_.left_out)

    def sections(self, dataset: Dataset, model: PseudoLabelRegressor, evidence: TargetEvidence | None) -> Record:
        """Give counts, target, interval width, learning and metrics."""
        return target_sections(model, evidence)

    def labeled(
        self, dataset: Dataset, model: PseudoLabelRegressor, label_type: pa.DataType, *, probabilities: bool
    ) -> pa.Table:
        """Give the number, the ends of its interval and its source.

        Always decimals, also beside a column of whole numbers: rounding 3.5 to 4 would hide half of what was found out.
        """
        found = pa.Table.from_pandas(model.pseudo_labels_, preserve_index=False)
        return found.select(list(self.appended))

    def predicted(self, model: PseudoLabelRegressor, X: pd.DataFrame, *, probabilities: bool) -> pa.Table:
        """Give the predicted number of new rows and the ends of its interval."""
        if probabilities:
            raise ParameterError("--probabilities speaks of classes, and this run is a regression. Leave it out.")
        lower, upper = model.predict_interval(X, level=LEVEL).T
        return pa.table({"pseudo_label": model.predict(X), "lower": lower, "upper": upper})
