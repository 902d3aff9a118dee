"""Run: a plan in, every stage in order, a run folder out.

Takes  a Plan: which table, which column holds the labels, where to put what comes out.
Gives  an Outcome: the record, and a folder with the labeled table, the model, the record and the report.

The folder appears whole or not at all; nothing is written anywhere before every stage has succeeded.

Before this: results/. After this: cli.py.
"""

import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pseudolabel.classifier import PseudoLabelClassifier
from pseudolabel.data.dataset import Dataset, read_dataset
from pseudolabel.data.labels import Labels
from pseudolabel.data.sample import draw_sample
from pseudolabel.errors import InputError
from pseudolabel.judgement.conclusion import conclude
from pseudolabel.judgement.evidence import Evidence, choose_design, count_scored_rows, weigh_evidence
from pseudolabel.judgement.findings import (
    Finding,
    of_columns,
    of_ignored_labels,
    of_labels,
    of_notes,
    of_renamed_columns,
)
from pseudolabel.results.record import Record, make_record, record_of_inputs
from pseudolabel.results.table import (
    as_written,
    check_table_path,
    free_names,
    in_type_of,
    labeled_columns,
    probability_columns,
    write_parts,
    write_table,
)
from pseudolabel.storage import plain_json, run_folder

LABELED_TABLE = "labeled.parquet"
MODEL = "model.skops"
RECORD = "record.json"
REPORT = "report.html"
TIMINGS = "timings.json"

MOST_UNLABELED_ROWS_AS_EVIDENCE = 5_000
"""Unlabeled rows that take part while the two models are compared, which is done up to twenty times."""

Columns = Literal["all", "id", "none"]
Stage = Callable[[str, int | None], AbstractContextManager[Callable[[], None]]]
"""Opens a stage by its name and number of steps (None if unknown); gives what to call after each step."""


@dataclass(frozen=True)
class Plan:
    """What to do; the command line's options, one for one.

    Attributes
    ----------
    data : Path
        The table with some labels.
    label : str
        The column that holds them.
    out : Path
        The run folder to make.
    unlabeled : tuple of Path
        More tables, all of whose rows are unlabeled.
    id : str or None
        A column that names the rows; never learnt from.
    estimator : {"auto", "forest", "boosting", "logistic"}
    method : {"auto", "one-shot", "self-training", "curriculum"}
    seed : int
    markers : tuple of str
        Values of the label column that mean "unlabeled", besides an empty cell.
    columns : {"all", "id", "none"}
        Which input columns the labeled table keeps.
    probabilities : bool
        Whether it gets a column for the probability of each class.
    table : Path or None
        A CSV or Parquet file to write the labeled table to as well.
    encoding : str
        Of text files.
    overwrite : bool
        Whether a former run in `out` may be replaced.
    """

    data: Path
    label: str
    out: Path
    unlabeled: tuple[Path, ...] = ()
    id: str | None = None
    estimator: str = "auto"
    method: str = "auto"
    seed: int = 0
    markers: tuple[str, ...] = ()
    columns: Columns = "all"
    probabilities: bool = False
    table: Path | None = None
    encoding: str = "utf-8"
    overwrite: bool = False

    def settings(self) -> Record:
        """Give what decides the result, without paths."""
        return {
            "label": self.label,
            "id": self.id,
            "estimator": self.estimator,
            "method": self.method,
            "seed": self.seed,
            "unlabeled_markers": list(self.markers),
            "encoding": self.encoding,
            "columns": self.columns,
            "probabilities": self.probabilities,
        }


@dataclass
class Clock:
    """How long each stage took, in seconds."""

    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def time(self, name: str) -> Iterator[None]:
        """Time what happens inside."""
        start = time.perf_counter()
        yield
        self.seconds[name] = round(time.perf_counter() - start, 3)


@dataclass(frozen=True)
class Outcome:
    """What a run gave: its record and its folder."""

    record: Record
    folder: Path


def no_display(name: str, steps: int | None) -> AbstractContextManager[Callable[[], None]]:
    """Show nothing of a stage."""
    return nullcontext(lambda: None)


def carry_out(plan: Plan, stage: Stage = no_display, *, keep: Sequence[Path] = ()) -> Outcome:
    """Label the table, compare, and leave a run folder.

    Parameters
    ----------
    plan : Plan
    stage : function, optional
        Shows the progress of each stage.
    keep : sequence of Path, default=()
        Files to copy into the run folder.

    Raises
    ------
    InputError
        If a table, column or path cannot be used as it is. Nothing has been written then.
    """
    clock = Clock()
    if any(given.resolve().is_relative_to(plan.out.resolve()) for given in (plan.data, *plan.unlabeled)):
        raise InputError(f"{str(plan.out)!r} holds an input, and inputs are never changed. Choose another --out.")
    if plan.table is not None:
        check_table_path(plan.table, inputs=(plan.data, *plan.unlabeled))
        if plan.table.resolve().is_relative_to(plan.out.resolve()):
            raise InputError(f"--table {str(plan.table)!r} lies in the run folder to be made. Choose another place.")
    if plan.columns == "id" and plan.id is None:
        raise InputError("--columns id keeps the identifier column only, and none is named. Add --id COLUMN.")
    with run_folder(plan.out, overwrite=plan.overwrite) as folder:
        with clock.time("read"), stage("Reading", None):
            dataset = read_dataset(
                plan.data,
                plan.label,
                unlabeled=plan.unlabeled,
                id=plan.id,
                markers=plan.markers,
                encoding=plan.encoding,
            )
        with clock.time("learn"), stage("Learning", None):
            model = new_model(plan, n_jobs=-1).fit(dataset.X, dataset.labels.values)
        with clock.time("compare"), stage("Comparing", _n_comparisons(dataset.labels)) as done:
            evidence = compare(plan, dataset, done)
        with clock.time("write"), stage("Writing", None):
            record = _write(plan, dataset, model, evidence, folder)
        for path in keep:
            shutil.copy(path, folder)
        (folder / TIMINGS).write_text(plain_json({"seconds": clock.seconds}), encoding="utf-8")
    if plan.table is not None:
        write_table(plan.table, (labeled for _, labeled in _labeled_parts(plan, dataset, model, plan.table)))
    return Outcome(record, plan.out)


def new_model(plan: Plan, n_jobs: int) -> PseudoLabelClassifier:
    """Give the classifier a plan asks for, not yet fitted."""
    return PseudoLabelClassifier(
        None if plan.estimator == "auto" else plan.estimator,
        method=plan.method,
        unlabeled=None,  # the labels of a Table have nulls where there is none, and -1 may be a class
        random_state=plan.seed,
        n_jobs=n_jobs,
    )


def compare(plan: Plan, dataset: Dataset, done: Callable[[], None]) -> Evidence | None:
    """Compare the model with and without pseudo-labels on labeled rows held out in turn."""
    codes = dataset.labels.codes
    unlabeled = np.flatnonzero(codes < 0)
    sample = unlabeled[draw_sample(len(unlabeled), MOST_UNLABELED_ROWS_AS_EVIDENCE, plan.seed)]
    rows = np.sort(np.concatenate([np.flatnonzero(codes >= 0), sample]))
    X, values = dataset.X.iloc[rows], dataset.labels.values[rows]

    def make_both(
        train: NDArray[np.int64], held_out: NDArray[np.int64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        model = new_model(plan, n_jobs=1).fit(X.iloc[train], values[train])
        unseen = X.iloc[held_out]
        return model.predict_proba_labels_only(unseen), model.predict_proba(unseen)

    return weigh_evidence(make_both, codes[rows], seed=plan.seed, n_jobs=-1, on_pair=done)


def _write(
    plan: Plan, dataset: Dataset, model: PseudoLabelClassifier, evidence: Evidence | None, folder: Path
) -> Record:
    """Write everything a run leaves behind but its timings."""
    from pseudolabel.results.report import render_report

    table = folder / LABELED_TABLE
    if plan.data.is_dir():
        write_parts(table, _labeled_parts(plan, dataset, model, table))
    else:
        write_table(table, (labeled for _, labeled in _labeled_parts(plan, dataset, model, table)))
    record = make_record(
        settings=plan.settings(),
        inputs=record_of_inputs({"data": [dataset.data], "unlabeled": dataset.unlabeled}),
        model=model,
        evidence=evidence,
        conclusion=conclude(evidence),
        findings=_findings(plan, dataset, model),
        table={"file": LABELED_TABLE, "columns": free_names(dataset.rows.schema.names)},
    )
    model.save(folder / MODEL)
    (folder / RECORD).write_text(plain_json(record), encoding="utf-8")
    (folder / REPORT).write_text(render_report(record), encoding="utf-8")
    return record


def _findings(plan: Plan, dataset: Dataset, model: PseudoLabelClassifier) -> list[Finding]:
    """Gather what was noticed on the way, in the order of the stages."""
    # Features names the nested columns too, with every other column that was left out.
    notes = [note for note in dataset.rows.notes if note.code != "nested-column"]
    return [
        *of_notes(notes),
        *of_labels(dataset.labels.classes, dataset.labels.counts()),
        *of_ignored_labels(dataset.n_ignored, plan.label),
        *of_columns(model.features_.left_out, model.features_.infinite),
        *of_renamed_columns(free_names(dataset.rows.schema.names)),
    ]


def _labeled_parts(
    plan: Plan, dataset: Dataset, model: PseudoLabelClassifier, out: Path
) -> Iterator[tuple[str, pa.Table]]:
    """Give the labeled rows of each input file, in input order."""
    found = pa.Table.from_pandas(model.pseudo_labels_, preserve_index=False)
    labels = in_type_of(found["pseudo_label"], dataset.rows.schema.field(plan.label).type)
    probabilities = probability_columns(model.label_distributions_, model.classes_) if plan.probabilities else None
    names = free_names(dataset.rows.schema.names)
    start = 0
    for part in dataset.rows.parts():
        rows = slice(start, start + part.table.num_rows)
        start = rows.stop
        of_part = found.slice(rows.start, part.table.num_rows)
        yield (
            part.name,
            labeled_columns(
                as_written(part, out),
                pseudo_label=labels.slice(rows.start, part.table.num_rows),
                confidence=of_part["confidence"],
                source=of_part["source"],
                probabilities=None if probabilities is None else probabilities.slice(rows.start, part.table.num_rows),
                columns=plan.columns,
                id_column=plan.id,
                names=names,
            ),
        )


def _n_comparisons(labels: Labels) -> int:
    return choose_design(count_scored_rows(labels.codes)).n_pairs
