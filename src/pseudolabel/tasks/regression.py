"""Regression: the stages of a run that predicts numbers.

Takes  a plan, a dataset whose labels are numbers, and the model fitted on it.
Gives  each stage as procedure.py promises it.

Before this: procedure.py. After this: run.py.
"""

from collections.abc import Callable, Sequence
from typing import cast

import pandas as pd
import pyarrow as pa

from pseudolabel.comparison import Comparable, case_of_targets, read_dependence
from pseudolabel.data.block import Block
from pseudolabel.data.dataset import Dataset
from pseudolabel.data.targets import Targets
from pseudolabel.errors import ParameterError
from pseudolabel.judgement.acceptance import Acceptance
from pseudolabel.judgement.differences import LEVEL
from pseudolabel.judgement.findings import Finding, of_left_out_members
from pseudolabel.judgement.oddities import of_copies_of_numbers
from pseudolabel.judgement.target_evidence import TargetEvidence
from pseudolabel.plan import Plan
from pseudolabel.regressor import PseudoLabelRegressor
from pseudolabel.results.record import Record
from pseudolabel.results.target_record import target_sections
from pseudolabel.scoring import GIVEN, Scored, Tally
from pseudolabel.tasks.number_scorer import COLUMNS, NumberScorer, scores_of_fit

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
        for option, given in (
            ("--probabilities", plan.probabilities),
            ("--class-prior", plan.class_prior is not None),
            ("--teacher own", plan.teacher == "own"),
        ):
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
            sample_rows=plan.n_sampled,
            random_state=plan.seed,
            n_jobs=n_jobs,
            **plan.beyond_defaults(),
        )

    def case(self, model: PseudoLabelRegressor, dataset: Dataset) -> Comparable:
        """Give what is compared: the model, and all it learns from."""
        rows = read_dependence(dataset.groups, dataset.time, n_given=len(dataset.X))
        return case_of_targets(model, Block(dataset.X), cast(Targets, dataset.labels), rows)

    def known(self, plan: Plan, model: PseudoLabelRegressor, dataset: Dataset) -> pa.Table:
        """Give the scores of the rows the model was fitted on, with `given` and their `position` in the table."""
        return scores_of_fit(model, dataset.positions)

    def scorer(self, plan: Plan, model: PseudoLabelRegressor, dataset: Dataset) -> NumberScorer:
        """Give what scores all other rows."""
        return NumberScorer(model.without_training_rows(), dataset.features)

    def accept(
        self,
        plan: Plan,
        model: PseudoLabelRegressor,
        evidence: TargetEvidence | None,
        dataset: Dataset,
        tally: Tally,
        *,
        shifted: bool,
    ) -> None:
        """Accept nothing: a promise is about labels that are right or wrong, and a number is neither."""

    def noticed(self, dataset: Dataset, used: Sequence[str], name: Callable[[int], str]) -> list[Finding]:
        """Report columns that copy the numbers to be predicted."""
        given = dataset.labels.given
        return of_copies_of_numbers(dataset.X.loc[given, list(used)], cast(Targets, dataset.labels).values[given])

    def findings(self, dataset: Dataset, model: PseudoLabelRegressor, sections: Record) -> list[Finding]:
        """Report learners that failed; numbers have no spelling that could be mistaken."""
        return of_left_out_members(model.teacher_.left_out)

    def sections(
        self,
        dataset: Dataset,
        model: PseudoLabelRegressor,
        evidence: TargetEvidence | None,
        scored: Scored,
        acceptance: Acceptance | None,
    ) -> Record:
        """Give counts, target, interval width, learning and metrics."""
        return target_sections(model, evidence, scored)

    def labeled(
        self,
        scores: pa.Table,
        model: PseudoLabelRegressor,
        label_type: pa.DataType,
        acceptance: Acceptance | None,
    ) -> pa.Table:
        """Give the number, the ends of its interval and its source.

        Always decimals, also beside a column of whole numbers: rounding 3.5 to 4 would hide half of what was found out.
        """
        source = pa.array(["suggested", "given"]).take(scores[GIVEN].cast(pa.int8()).combine_chunks())
        return scores.select(COLUMNS).append_column("source", source)

    def predicted(self, model: PseudoLabelRegressor, X: pd.DataFrame, *, probabilities: bool) -> pa.Table:
        """Give the predicted number of new rows and the ends of its interval."""
        if probabilities:
            raise ParameterError("--probabilities speaks of classes, and this run is a regression. Leave it out.")
        lower, upper = model.predict_interval(X, level=LEVEL).T
        return pa.table({"pseudo_label": model.predict(X), "lower": lower, "upper": upper})
