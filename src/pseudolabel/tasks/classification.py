"""Classification: the stages of a run that predicts classes.

Takes  a plan, a dataset whose labels are classes, and the model fitted on it.
Gives  each stage as procedure.py promises it.

Before this: procedure.py. After this: run.py.
"""

from collections.abc import Callable, Sequence
from typing import Any, cast

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from pseudolabel.classifier import PseudoLabelClassifier
from pseudolabel.comparison import Comparable, case_of_labels, read_dependence
from pseudolabel.data.block import Block
from pseudolabel.data.dataset import Dataset
from pseudolabel.data.labels import Labels
from pseudolabel.errors import ParameterError
from pseudolabel.judgement.acceptance import Acceptance, accept_nothing
from pseudolabel.judgement.evidence import Evidence
from pseudolabel.judgement.findings import Finding, of_labels, of_left_out_members, of_shares
from pseudolabel.judgement.oddities import of_contradictions, of_copies_of_classes, of_rare_classes
from pseudolabel.judgement.publication import publish
from pseudolabel.learning.teacher import FAILED
from pseudolabel.plan import Plan
from pseudolabel.results.class_record import class_sections
from pseudolabel.results.record import Record
from pseudolabel.results.table import in_type_of, probability_columns, side_by_side
from pseudolabel.scoring import GIVEN, Scored, Tally
from pseudolabel.tasks.class_scorer import CODE, CONFIDENCE, PROBABILITY, ClassScorer, scores_of_fit
from pseudolabel.validation import listed, near_match

SOURCES = ("given", "accepted", "suggested", "none")
"""Where the label of a row is from, as the labeled table says it."""


class Classification:
    """How a run that predicts classes goes about it."""

    appended: tuple[str, ...] = ("pseudo_label", "confidence", "source")

    def check(self, plan: Plan) -> None:
        """Refuse an estimator of numbers."""
        if plan.estimator == "linear":
            raise ParameterError(
                "--estimator linear predicts numbers, and this is a classification. Choose --estimator logistic, or "
                "--task regression if the labels are numbers to be predicted."
            )

    def new_model(self, plan: Plan, dataset: Dataset, n_jobs: int) -> PseudoLabelClassifier:
        """Give the classifier a plan asks for, not yet fitted."""
        more = plan.beyond_defaults()
        if plan.class_prior is not None:
            more["class_prior"] = class_prior(plan.class_prior, _labels(dataset).classes)
        return PseudoLabelClassifier(
            None if plan.estimator == "auto" else plan.estimator,
            method=plan.method,
            teacher=plan.teacher,
            unlabeled=None,  # the labels of a Table have nulls where there is none, and -1 may be a class
            sample_rows=plan.n_sampled,
            random_state=plan.seed,
            n_jobs=n_jobs,
            **more,
        )

    def case(self, model: PseudoLabelClassifier, dataset: Dataset) -> Comparable:
        """Give what is compared: the model, and all it learns from."""
        rows = read_dependence(dataset.groups, dataset.time, n_given=len(dataset.X))
        reviewed, positions = dataset.reviewed, dataset.positions
        return case_of_labels(
            model,
            Block(dataset.X),
            _labels(dataset),
            rows,
            answered=reviewed.is_answered(positions) if len(reviewed.answered) else None,
            ruled_out=reviewed.ruled_out_of(positions),
        )

    def known(self, plan: Plan, model: PseudoLabelClassifier, dataset: Dataset) -> pa.Table:
        """Give the scores of the rows the model was fitted on, with `given` and their `position` in the table."""
        return scores_of_fit(model, dataset.positions, all_classes=plan.probabilities)

    def scorer(self, plan: Plan, model: PseudoLabelClassifier, dataset: Dataset) -> ClassScorer:
        """Give what scores all other rows."""
        return ClassScorer(model.without_training_rows(), dataset.features, plan.probabilities)

    def accept(
        self,
        plan: Plan,
        model: PseudoLabelClassifier,
        evidence: Evidence | None,
        dataset: Dataset,
        tally: Tally,
        *,
        shifted: bool,
    ) -> Acceptance:
        """Accept the pseudo-labels that can be published with the precision asked for."""
        n_unlabeled = tally.n_rows - tally.n_given
        asked: dict[str, Any] = {
            "precision": plan.precision,
            "confidence": plan.confidence,
            "per_class": plan.per_class,
        }
        if model.verdict_.reason == "not_asked":
            return accept_nothing(n_unlabeled, n_classes=len(model.classes_), **asked)
        assert tally.summary is not None
        return publish(
            evidence,
            tally.summary,
            n_unlabeled=n_unlabeled,
            vetoed=model.verdict_.vetoed,
            n_labeled=tally.n_given,
            shifted=shifted,
            **asked,
        )

    def noticed(self, dataset: Dataset, used: Sequence[str], name: Callable[[int], str]) -> list[Finding]:
        """Report labels that look alike, stand alone or contradict each other, and columns that copy them."""
        labels = _labels(dataset)
        X = dataset.X.loc[labels.given, list(used)]
        return [
            *of_labels(labels.classes, labels.counts()),
            *of_rare_classes(labels.classes.tolist(), labels.counts()),
            *of_contradictions(X, labels.values[labels.given], name),
            *of_copies_of_classes(X, labels.codes[labels.given]),
        ]

    def findings(self, dataset: Dataset, model: PseudoLabelClassifier, sections: Record) -> list[Finding]:
        """Report class shares that differ, and learners that failed.

        Shares are compared only where the model was not told any. A member that was not called is no finding: nothing
        went wrong, and the record gives the reason.
        """
        labels, shares = _labels(dataset), sections["shares"]
        findings = list[Finding]()
        if shares["estimated"] is not None and shares["used"] is None:
            findings += of_shares(labels.classes, labels.counts(), np.array(list(shares["estimated"].values())))
        return findings + of_left_out_members(_failures(sections["learning"]["left_out"]))

    def sections(
        self,
        dataset: Dataset,
        model: PseudoLabelClassifier,
        evidence: Evidence | None,
        scored: Scored,
        acceptance: Acceptance | None,
    ) -> Record:
        """Give classes, counts, shares, confidence, learning, doubtful rows and metrics."""
        return class_sections(model, dataset, evidence, scored.tally, acceptance)

    def labeled(
        self,
        scores: pa.Table,
        model: PseudoLabelClassifier,
        label_type: pa.DataType,
        acceptance: Acceptance | None,
    ) -> pa.Table:
        """Give label, confidence, source, and the probabilities if they were kept."""
        codes, confidence, given = (scores[name].to_numpy() for name in (CODE, CONFIDENCE, GIVEN))
        accepted = np.zeros(len(codes), dtype=bool) if acceptance is None else acceptance.accepts(codes, confidence)
        source = np.select([given, codes < 0, accepted], [0, 3, 1], 2).astype(np.int8)
        labels = pa.array(model.classes_.tolist()).take(pa.array(codes, mask=codes < 0))
        found = pa.table(
            {
                "pseudo_label": in_type_of(pa.chunked_array([labels]), label_type),
                "confidence": pa.array(confidence),
                "source": pa.array(SOURCES).take(pa.array(source)),
            }
        )
        kept = [name for name in scores.column_names if name.startswith(PROBABILITY)]
        if not kept:
            return found
        of_classes = np.column_stack([scores[name].to_numpy() for name in kept])
        return side_by_side(found, probability_columns(of_classes, model.classes_))

    def predicted(self, model: PseudoLabelClassifier, X: pd.DataFrame, *, probabilities: bool) -> pa.Table:
        """Give the likeliest class of new rows, how likely it is, and all probabilities if they are asked for."""
        of_classes = model.predict_proba(X)
        found = pa.table(
            {
                "pseudo_label": pa.array(model.classes_[of_classes.argmax(axis=1)].tolist()),
                "confidence": pa.array(of_classes.max(axis=1)),
            }
        )
        return side_by_side(found, probability_columns(of_classes, model.classes_)) if probabilities else found


def class_prior(typed: str, classes: NDArray[Any]) -> str | dict[Any, float]:
    """Read what was typed after --class-prior.

    Parameters
    ----------
    typed : str
        "estimate", or "name=share,name=share".
    classes : ndarray of shape (n_classes,)

    Raises
    ------
    ParameterError
        If an entry is no pair of a class and a number.

    Examples
    --------
    >>> class_prior("ham=0.9,spam=0.1", np.array(["ham", "spam"], dtype=object))
    {'ham': 0.9, 'spam': 0.1}
    """
    if typed == "estimate":
        return typed
    named = {str(value): value for value in classes.tolist()}
    shares = {}
    for entry in typed.split(","):
        name, _, share = entry.rpartition("=")
        if name not in named:
            raise ParameterError(
                f"--class-prior: there is no class {name!r}.{near_match(name, named)} Write name=share,name=share with "
                f"the classes {listed(list(named))}, or the word estimate."
            )
        try:
            shares[named[name]] = float(share)
        except ValueError:
            raise ParameterError(
                f"--class-prior: {share!r} is no share of class {name!r}. Write a number from 0 to 1."
            ) from None
    return shares


def _failures(left_out: Sequence[Record]) -> dict[str, str]:
    """Give the members that failed, with what they said.

    Examples
    --------
    >>> _failures([{"name": "graph", "reason": "failed: no"}, {"name": "pairs", "reason": "sparse rows"}])
    {'graph': 'no'}
    """
    return {
        member["name"]: member["reason"].removeprefix(FAILED)
        for member in left_out
        if member["reason"].startswith(FAILED)
    }


def _labels(dataset: Dataset) -> Labels:
    return cast(Labels, dataset.labels)  # read_dataset gives them to this task
