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
from typing import Any

import numpy as np
import pyarrow as pa

from pseudolabel.comparison import AnyEvidence, Comparable, compare_by_splits, compare_on_test
from pseudolabel.data.dataset import Dataset, TestRows, read_dataset, read_test_rows
from pseudolabel.data.features import Features
from pseudolabel.data.rows import Source
from pseudolabel.errors import InputError
from pseudolabel.judgement.findings import (
    Finding,
    of_columns,
    of_ignored_labels,
    of_notes,
    of_novelty,
    of_renamed_columns,
    of_shift,
)
from pseudolabel.judgement.novelty import Novelty, look_for_novelty
from pseudolabel.judgement.shift import Shift, look_for_shift
from pseudolabel.judgement.verdict import Verdict, judge, without_evidence
from pseudolabel.plan import Plan
from pseudolabel.results.former import (
    EVIDENCE,
    Former,
    digest_of,
    key_of,
    load_evidence,
    read_former,
    record_of_looks,
    save_evidence,
)
from pseudolabel.results.record import (
    Record,
    make_record,
    record_of_inputs,
    record_of_novelty,
    record_of_shift,
)
from pseudolabel.results.table import (
    as_written,
    check_table_path,
    free_names,
    labeled_columns,
    write_parts,
    write_table,
)
from pseudolabel.storage import plain_json, run_folder
from pseudolabel.tasks.classification import Classification
from pseudolabel.tasks.procedure import Procedure
from pseudolabel.tasks.regression import Regression

LABELED_TABLE = "labeled.parquet"
MODEL = "model.skops"
RECORD = "record.json"
REPORT = "report.html"
CARD = "card.md"
TIMINGS = "timings.json"

PROCEDURES: dict[str, Procedure] = {"classification": Classification(), "regression": Regression()}
"""By the name of the task: what a run does differently for it."""

Stage = Callable[[str, int | None], AbstractContextManager[Callable[[], None]]]
"""Opens a stage by its name and number of steps (None if unknown); gives what to call after each step."""


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
    _check_paths(plan)
    with run_folder(plan.out, overwrite=plan.overwrite) as folder:
        with clock.time("read"), stage("Reading", None):
            dataset = read_dataset(
                plan.data,
                plan.label,
                task=plan.task,
                unlabeled=plan.unlabeled,
                id=plan.id,
                groups=plan.groups,
                time=plan.time,
                markers=plan.markers,
                encoding=plan.encoding,
            )
            procedure = PROCEDURES[dataset.task.name]
            procedure.check(plan)
            tested = None if plan.test is None else _read_test(plan, dataset)
            inputs = record_of_inputs(_sources(dataset, tested))
        with clock.time("learn"), stage("Learning", None):
            model = new_model(plan, dataset, n_jobs=-1).fit(dataset.X, dataset.labels.values)
        case, key = procedure.case(model, dataset), key_of(plan.evidence_settings(), inputs)
        design = None if plan.evidence == "none" or tested is not None else case.design(plan.evidence)
        with clock.time("compare"), stage("Comparing", None if design is None else design.n_splits) as done:
            evidence = load_evidence(plan.out, key) if plan.overwrite else None
            if evidence is None:
                evidence = compare(plan, case, model, tested, done)
            labels = digest_of(case.y, case.codes >= 0)
            former = read_former(plan.out, labels) if plan.overwrite else Former(labels)
            model.heed(evidence, _judge(plan, case, evidence, former), dataset.X)
        with clock.time("look"), stage("Looking", None):
            looked = look_at_rows(case, dataset, model.features_, plan.seed)
            procedure.accept(plan, model, shifted=looked.shift.voids_promise)
        with clock.time("write"), stage("Writing", None):
            if evidence is not None:
                save_evidence(folder / EVIDENCE, evidence, key)
            record = _write(plan, dataset, model, evidence, looked, former, inputs, folder)
        for path in keep:
            shutil.copy(path, folder)
        (folder / TIMINGS).write_text(plain_json({"seconds": clock.seconds}), encoding="utf-8")
    if plan.table is not None:
        write_table(plan.table, (labeled for _, labeled in _labeled_parts(plan, dataset, model, plan.table)))
    return Outcome(record, plan.out)


def new_model(plan: Plan, dataset: Dataset, n_jobs: int) -> Any:
    """Give the classifier or regressor a plan asks for, not yet fitted."""
    return PROCEDURES[dataset.task.name].new_model(plan, dataset, n_jobs)


def compare(
    plan: Plan, case: Comparable, model: Any, tested: TestRows | None, done: Callable[[], None]
) -> AnyEvidence | None:
    """Compare the model with and without pseudo-labels: on rows kept for it, or on labeled rows held out in turn."""
    if plan.evidence == "none":
        return None
    if tested is not None:
        return compare_on_test(case, model, tested.X, tested.y)
    return compare_by_splits(case, plan.evidence, n_jobs=-1, on_split=done)


@dataclass(frozen=True)
class Looked:
    """How the unlabeled rows lie beside the labeled ones."""

    shift: Shift
    novelty: Novelty


def look_at_rows(case: Comparable, dataset: Dataset, features: Features, seed: int) -> Looked:
    """Find out whether labeled and unlabeled rows are from one population, and which of these are unlike any label."""
    matrix, given, design = features.matrix(dataset.X), dataset.labels.given, case.rows.kind
    labeled, unlabeled = matrix[np.flatnonzero(given)], matrix[np.flatnonzero(~given)]
    return Looked(
        look_for_shift(labeled, unlabeled, features.origins(matrix.shape[1]), seed=seed, design=design),
        look_for_novelty(labeled, unlabeled, seed=seed, design=design),
    )


def _judge(plan: Plan, case: Comparable, evidence: AnyEvidence | None, former: Former) -> Verdict:
    look, numbers = None if plan.single_look else former.look, case.classes is None
    if plan.evidence == "none":
        return without_evidence("not_asked", look=look, numbers=numbers)
    return judge(evidence, look=look, numbers=numbers)


def _read_test(plan: Plan, dataset: Dataset) -> TestRows:
    assert plan.test is not None
    return read_test_rows(plan.test, plan.label, dataset.X, markers=plan.markers, encoding=plan.encoding)


def _sources(dataset: Dataset, tested: TestRows | None) -> dict[str, Sequence[Source]]:
    """Name the sources of a run by their role."""
    sources: dict[str, Sequence[Source]] = {"data": [dataset.data], "unlabeled": dataset.unlabeled}
    return sources if tested is None else sources | {"test": [tested.source]}


def _check_paths(plan: Plan) -> None:
    """Refuse a plan whose outputs would lie in each other or in its inputs."""
    inputs = [path for path in (plan.data, *plan.unlabeled, plan.test) if path is not None]
    if any(given.resolve().is_relative_to(plan.out.resolve()) for given in inputs):
        raise InputError(f"{str(plan.out)!r} holds an input, and inputs are never changed. Choose another --out.")
    if plan.table is not None:
        check_table_path(plan.table, inputs=inputs)
        if plan.table.resolve().is_relative_to(plan.out.resolve()):
            raise InputError(f"--table {str(plan.table)!r} lies in the run folder to be made. Choose another place.")
    if plan.columns == "id" and plan.id is None:
        raise InputError("--columns id keeps the identifier column only, and none is named. Add --id COLUMN.")


def _write(
    plan: Plan,
    dataset: Dataset,
    model: Any,
    evidence: AnyEvidence | None,
    looked: Looked,
    former: Former,
    inputs: Sequence[Record],
    folder: Path,
) -> Record:
    """Write everything a run leaves behind but its timings."""
    from pseudolabel.results.card import render_card
    from pseudolabel.results.report import render_report

    procedure, table = PROCEDURES[dataset.task.name], folder / LABELED_TABLE
    if plan.data.is_dir():
        write_parts(table, _labeled_parts(plan, dataset, model, table))
    else:
        write_table(table, (labeled for _, labeled in _labeled_parts(plan, dataset, model, table)))
    unlabeled = np.flatnonzero(~dataset.labels.given)
    sections = procedure.sections(dataset, model, evidence) | {
        "shift": record_of_shift(looked.shift),
        "novelty": record_of_novelty(looked.novelty, unlabeled, dataset.rows.place),
    }
    record = make_record(
        settings=plan.settings(),
        inputs=inputs,
        task=dataset.task,
        features=model.features_,
        sections=sections,
        verdict=model.verdict_.record(sections.get("classes", ())) | record_of_looks(former, model.verdict_),
        findings=_findings(plan, dataset, model, looked, sections),
        table={"file": LABELED_TABLE, "columns": _names(dataset)},
    )
    model.save(folder / MODEL)
    (folder / RECORD).write_text(plain_json(record), encoding="utf-8")
    (folder / REPORT).write_text(render_report(record), encoding="utf-8")
    (folder / CARD).write_text(render_card(record), encoding="utf-8")
    return record


def _findings(plan: Plan, dataset: Dataset, model: Any, looked: Looked, sections: Record) -> list[Finding]:
    """Gather what was noticed on the way, in the order of the stages."""
    # Features names the nested columns too, with every other column that was left out.
    notes = [note for note in dataset.rows.notes if note.code != "nested-column"]
    return [
        *of_notes(notes),
        *PROCEDURES[dataset.task.name].findings(dataset, model, sections),
        *of_shift(looked.shift),
        *of_novelty(looked.novelty),
        *of_ignored_labels(dataset.n_ignored, plan.label),
        *of_columns(model.features_.left_out, model.features_.infinite),
        *of_renamed_columns(_names(dataset)),
    ]


def _names(dataset: Dataset) -> dict[str, str]:
    """Choose the names of the columns the labeled table ends in."""
    return free_names(dataset.rows.schema.names, PROCEDURES[dataset.task.name].appended)


def _labeled_parts(plan: Plan, dataset: Dataset, model: Any, out: Path) -> Iterator[tuple[str, pa.Table]]:
    """Give the labeled rows of each input file, in input order."""
    label_type = dataset.rows.schema.field(plan.label).type
    found = PROCEDURES[dataset.task.name].labeled(dataset, model, label_type, probabilities=plan.probabilities)
    start = 0
    for part in dataset.rows.parts():
        of_part = found.slice(start, part.table.num_rows)
        start += part.table.num_rows
        yield (
            part.name,
            labeled_columns(
                as_written(part, out), of_part, columns=plan.columns, id_column=plan.id, names=_names(dataset)
            ),
        )
