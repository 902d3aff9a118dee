"""Run: a plan in, every stage in order, a run folder out.

Takes  a Plan: which table, which column holds the labels, where to put what comes out.
Gives  an Outcome: the record, and a folder with the labeled table, the model, the record and the report.

Labeled rows and a sample of the others are learnt from; then all rows are scored in one pass, and the table is written
from the scores. What is made appears whole or not at all. What takes long is kept as soon as it is done, and a run that
was cut off is gone on with from there: the same seeds and the same sums in the same order give the same results.

Before this: results/. After this: cli.py.
"""

import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from threadpoolctl import threadpool_limits

from pseudolabel.budget import workers_within
from pseudolabel.comparison import NOT_KEPT, AnyEvidence, Comparable, Kept, compare_by_splits, compare_on_test
from pseudolabel.data.dataset import Dataset, TestRows
from pseudolabel.data.features import Features
from pseudolabel.data.rows import Part
from pseudolabel.data.rows.source import rows_of_batch
from pseudolabel.engine.here import Here
from pseudolabel.engine.opening import check_engine, open_engine
from pseudolabel.engine.probe import holds_interpreter
from pseudolabel.errors import InputError
from pseudolabel.judgement.acceptance import Acceptance
from pseudolabel.judgement.findings import (
    Finding,
    of_novelty,
    of_renamed_columns,
    of_shift,
)
from pseudolabel.judgement.novelty import Novelty, look_for_novelty
from pseudolabel.judgement.shift import Shift, look_for_shift
from pseudolabel.judgement.verdict import Verdict, judge, without_evidence
from pseudolabel.manifest import read_manifest
from pseudolabel.plan import Plan
from pseudolabel.reading import PROCEDURES, Reading, read
from pseudolabel.results.answers import Answers
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
    RECORD,
    Record,
    make_record,
    read_record,
    record_of_inputs,
    record_of_novelty,
    record_of_shift,
)
from pseudolabel.results.table import (
    Changed,
    check_table_path,
    free_names,
    is_text,
    with_columns,
    write_parts,
    write_table,
)
from pseudolabel.run_folder import Workplace, run_folder, settle
from pseudolabel.scoring import Scored, Scorer, score_all
from pseudolabel.storage import plain_json
from pseudolabel.tasks.procedure import Procedure
from pseudolabel.unfinished import begin, read_unfinished, require_same

LABELED_TABLE = "labeled.parquet"
REVIEWED_TABLE = "reviewed.parquet"
"""The rows of a run with the answers of its review: what the next round reads."""

MODEL = "model.skops"
REPORT = "report.html"
CARD = "card.md"
TIMINGS = "timings.json"

MADE = (LABELED_TABLE, MODEL, RECORD, REPORT, CARD, TIMINGS, EVIDENCE)
"""All that stands in a run folder, but for the manifest."""

Stage = Callable[[str, int | None], AbstractContextManager[Callable[..., None]]]
"""Opens a stage by its name and number of steps (None if unknown); gives what to call after each step, or after some
with their number."""

PROBED_ROWS = 5_000
"""Rows scored to find out whether threads would wait for each other."""


@dataclass
class Clock:
    """How long each stage took, in seconds, who did the scoring, and where the table lay."""

    seconds: dict[str, float] = field(default_factory=dict)
    engine: str = ""
    data: str = ""

    @contextmanager
    def time(self, name: str) -> Iterator[None]:
        """Time what happens inside."""
        start = time.perf_counter()
        yield
        self.seconds[name] = round(time.perf_counter() - start, 3)

    def record(self) -> Record:
        """Give what is the same in no two runs."""
        return {"seconds": self.seconds, "engine": self.engine, "data": self.data}


@dataclass(frozen=True)
class Outcome:
    """What a run gave: its record, its folder; and the cells of `--table` that were changed, as `write_table` says."""

    record: Record
    folder: Path
    changed: Mapping[str, int] = field(default_factory=dict)


def no_display(name: str, steps: int | None) -> AbstractContextManager[Callable[..., None]]:
    """Show nothing of a stage."""
    return nullcontext(lambda n_steps=1: None)


def carry_out(plan: Plan, stage: Stage = no_display, *, keep: Sequence[Path] = (), resumed: bool = False) -> Outcome:
    """Label the table, compare, and leave a run folder.

    Parameters
    ----------
    plan : Plan
    stage : function, optional
        Shows the progress of each stage.
    keep : sequence of Path, default=()
        Files to copy into the run folder. A run with such files cannot be gone on with: when it is cut off nothing is
        left of it.
    resumed : bool, default=False
        Go on with the unfinished run of the same plan.

    Raises
    ------
    InputError, ParameterError
        If a table, column, path or option cannot be used as it is. Nothing has been written then.
    BusyError
        If another process is writing in the run folder.
    ResourceError, KeyboardInterrupt
        If the run was cut off. What it has done is kept in the run folder, and `go_on` takes it up.
    """
    plan.check_numbers()
    _check_paths(plan)
    with run_folder(plan.out, MADE, overwrite=plan.overwrite, resumed=resumed) as work:
        if not keep:
            begin(work.kept, plan)
        # The same sums in the same order on every machine: with more threads BLAS and OpenMP round otherwise.
        with threadpool_limits(limits=1):
            record, changed = _make(plan, stage, work)
        for path in keep:
            shutil.copy(path, work.made)
    return Outcome(record, plan.out, changed)


def go_on(
    run: Path,
    stage: Stage = no_display,
    *,
    engine: str | None = None,
    jobs: int | None = None,
    memory: int | None = None,
) -> Outcome:
    """Go on with a run that was cut off; give what a complete one gave.

    Parameters
    ----------
    run : Path
        The run folder.
    stage : function, optional
        Shows the progress of each stage.
    engine, jobs, memory : optional
        As in `Plan`; by default as it was begun. None of them changes the results.

    Raises
    ------
    InputError
        If there is no run, or an input is not as it was when the run was begun.
    BusyError
        If another process is at it.
    """
    if settle(run):
        return Outcome(read_record(read_manifest(run)), run)
    given: dict[str, Any] = {"engine": engine, "jobs": jobs, "memory": memory}
    changes = {name: value for name, value in given.items() if value is not None}
    return carry_out(replace(read_unfinished(run), **changes), stage, resumed=True)


def _make(plan: Plan, stage: Stage, work: Workplace) -> tuple[Record, Changed]:
    """Make everything a run leaves behind; give the record, and the cells of the table elsewhere that were changed."""
    clock, changed = Clock(data=str(plan.data.resolve())), Changed()
    with clock.time("read"), stage("Reading", None):
        reading = read(plan)
        dataset, procedure = reading.dataset, reading.procedure
        _workers(plan, dataset, processes=False)  # too little memory is said at once
        inputs = record_of_inputs(reading.sources)
        require_same(work.kept, inputs)
    with clock.time("learn"), stage("Learning", None):
        model = fit_model(plan, dataset, n_jobs=plan.jobs)
        reading = reading.without_repeats(model.features_)
    case, key = procedure.case(model, dataset), key_of(plan.evidence_settings(), inputs)
    with clock.time("compare"):
        evidence = _known_evidence(plan, work, key) or compare(
            plan, case, model, reading.tested, stage, Answers(work.kept)
        )
        if evidence is not None:
            save_evidence(work.kept / EVIDENCE, evidence, key)
        former = _former(plan, case, dataset)
        model.heed(evidence, _judge(plan, case, evidence, former), dataset.X)
    with clock.time("look"), stage("Looking", None):
        looked = look_at_rows(case, dataset, model.features_, plan.seed)
    with clock.time("score"), stage("Scoring", dataset.rows.n_rows) as done:
        scored, clock.engine = score_rows(plan, procedure, model, dataset, work.kept, done)
    acceptance = procedure.accept(plan, model, evidence, dataset, scored.tally, shifted=looked.shift.voids_promise)
    found = Found(reading, model, evidence, looked, scored, acceptance)
    with clock.time("write"), stage("Writing", dataset.rows.n_rows) as done:
        if evidence is not None:
            shutil.copy(work.kept / EVIDENCE, work.made)
        record = _write(plan, found, former, inputs, work.made, done)
        if plan.table is not None:
            changed = _write_table(plan, found, plan.table)
    (work.made / TIMINGS).write_text(plain_json(clock.record()), encoding="utf-8")
    return record, changed


def _known_evidence(plan: Plan, work: Workplace, key: str) -> AnyEvidence | None:
    """Give the evidence that this run, before it was cut off, or the former one has gathered of the same rows."""
    return load_evidence(work.kept, key) or (load_evidence(plan.out, key) if plan.overwrite else None)


def fit_model(plan: Plan, dataset: Dataset, n_jobs: int) -> Any:
    """Give the model a plan asks for, fitted on all that is to be learnt from."""
    ruled_out = dataset.reviewed.ruled_out_of(dataset.positions)
    known = {} if ruled_out is None else {"ruled_out": ruled_out}
    return new_model(plan, dataset, n_jobs).fit(dataset.X, dataset.labels.values, **known)


def new_model(plan: Plan, dataset: Dataset, n_jobs: int) -> Any:
    """Give the classifier or regressor a plan asks for, not yet fitted."""
    return PROCEDURES[dataset.task.name].new_model(plan, dataset, n_jobs)


def compare(
    plan: Plan, case: Comparable, model: Any, tested: TestRows | None, stage: Stage, kept: Kept = NOT_KEPT
) -> AnyEvidence | None:
    """Compare the model with and without pseudo-labels: on rows kept for it, or on labeled rows held out in turn."""
    if plan.evidence == "none":
        return None
    design = None if tested is not None else case.design(plan.evidence)
    with stage("Comparing", None if design is None else design.n_splits) as done:
        if tested is not None:
            return compare_on_test(case, model, tested.X, tested.y)
        return compare_by_splits(case, plan.evidence, n_jobs=plan.jobs, on_split=done, kept=kept)


def _former(plan: Plan, case: Comparable, dataset: Dataset) -> Former:
    """Find out what a former run in the same folder knew of these labels."""
    labeled = case.codes >= 0
    labels = digest_of(case.y[labeled], dataset.positions[labeled])
    return read_former(plan.out, labels) if plan.overwrite else Former(labels)


@dataclass(frozen=True)
class Found:
    """What the stages of a run found out, until it is written down."""

    reading: Reading
    model: Any
    evidence: AnyEvidence | None
    looked: "Looked"
    scored: Scored
    acceptance: Acceptance | None

    @property
    def dataset(self) -> Dataset:
        """What was learnt from."""
        return self.reading.dataset

    @property
    def procedure(self) -> Procedure:
        """What a run does differently for this task."""
        return self.reading.procedure

    @property
    def names(self) -> dict[str, str]:
        """The names of the columns the labeled table ends in."""
        return free_names(self.dataset.rows.schema.names, self.procedure.appended)


def score_rows(
    plan: Plan, procedure: Procedure, model: Any, dataset: Dataset, work: Path, done: Callable[[int], None]
) -> tuple[Scored, str]:
    """Score all rows that the model was not fitted on; give the scores of all, and who made them."""
    known, scorer = procedure.known(plan, model, dataset), procedure.scorer(plan, model, dataset)
    if known.num_rows == dataset.rows.n_rows:
        return score_all(dataset.rows, known, scorer, work, Here(), on_rows=done), Here.name
    asked = _engine_for(plan, scorer, dataset)
    n_jobs, work = _workers(plan, dataset, processes=asked != "threads"), work.absolute()  # workers start elsewhere
    read = [path.absolute() for path in (plan.data, *plan.unlabeled)]
    with open_engine(asked, n_jobs=n_jobs, folder=work, inputs=read) as engine:
        scored = score_all(dataset.rows, known, scorer, work, engine, on_rows=done)
        return scored, f"{engine.n_workers} {engine.name}"


def _workers(plan: Plan, dataset: Dataset, *, processes: bool) -> int:
    n_columns, n_taken = len(dataset.features), len(dataset.positions)
    return workers_within(plan.memory, plan.jobs, n_columns=n_columns, n_taken=n_taken, processes=processes)


def _engine_for(plan: Plan, scorer: Scorer, dataset: Dataset) -> str:
    """Choose threads, unless a worker would hold the interpreter so that the others wait for it."""
    if plan.engine != "local":
        return plan.engine
    if _workers(plan, dataset, processes=False) == 1:
        return "threads"
    part = next(iter(dataset.rows.parts()))
    rows = next(part.batches(scorer.columns, at_most=PROBED_ROWS))
    return "processes" if holds_interpreter(scorer.score, rows) else "threads"


@dataclass(frozen=True)
class Looked:
    """How the unlabeled rows lie beside the labeled ones."""

    shift: Shift
    novelty: Novelty


def look_at_rows(case: Comparable, dataset: Dataset, features: Features, seed: int) -> Looked:
    """Find out whether labeled and unlabeled rows are from one population, and which of these are unlike any label."""
    matrix, given, design = features.matrix(dataset.X), dataset.labels.given, case.rows.kind
    # Rows that people answered were chosen by doubt. To the question how labels were given they are unlabeled rows.
    by_chance = case.judged >= 0
    labeled, others = matrix[np.flatnonzero(by_chance)], matrix[np.flatnonzero(~by_chance)]
    return Looked(
        look_for_shift(labeled, others, features.origins(matrix.shape[1]), seed=seed, design=design),
        look_for_novelty(labeled, matrix[np.flatnonzero(~given)], seed=seed, design=design),
    )


def _judge(plan: Plan, case: Comparable, evidence: AnyEvidence | None, former: Former) -> Verdict:
    look, numbers = None if plan.single_look else former.look, case.classes is None
    if plan.evidence == "none":
        return without_evidence("not_asked", look=look, numbers=numbers)
    return judge(evidence, look=look, numbers=numbers)


def _check_paths(plan: Plan) -> None:
    """Refuse a plan whose outputs would lie in each other or in its inputs, or with an engine there is none of."""
    check_engine(plan.engine)
    inputs = [path for path in (plan.data, *plan.unlabeled, plan.test) if path is not None]
    reviewed = (plan.out / REVIEWED_TABLE).resolve()
    if any(given.resolve().is_relative_to(plan.out.resolve()) and given.resolve() != reviewed for given in inputs):
        raise InputError(f"{str(plan.out)!r} holds an input, and inputs are never changed. Choose another --out.")
    if plan.table is not None:
        check_table_path(plan.table, inputs=inputs)
        if plan.table.resolve().is_relative_to(plan.out.resolve()):
            raise InputError(f"--table {str(plan.table)!r} lies in the run folder to be made. Choose another place.")
    if plan.columns == "id" and plan.id is None:
        raise InputError("--columns id keeps the identifier column only, and none is named. Add --id COLUMN.")


def _write(
    plan: Plan, found: Found, former: Former, inputs: Sequence[Record], folder: Path, done: Callable[[int], None]
) -> Record:
    """Write everything a run leaves behind but its timings."""
    from pseudolabel.results.card import render_card
    from pseudolabel.results.report import render_report

    dataset, model, table = found.dataset, found.model, folder / LABELED_TABLE
    if plan.data.is_dir():
        write_parts(table, ((part.name, tables) for part, tables in labeled_parts(plan, found, table, done)))
    else:
        _write_table(plan, found, table, done)
    unlabeled = dataset.positions[~dataset.labels.given]
    sections = found.procedure.sections(dataset, model, found.evidence, found.scored, found.acceptance) | {
        "shift": record_of_shift(found.looked.shift),
        "novelty": record_of_novelty(found.looked.novelty, unlabeled, dataset.rows.place),
    }
    record = make_record(
        settings=plan.settings(),
        inputs=inputs,
        task=dataset.task,
        features=model.features_,
        sections=sections,
        verdict=model.verdict_.record(sections.get("classes", ())) | record_of_looks(former, model.verdict_),
        findings=_findings(plan, found, sections),
        table={"file": LABELED_TABLE, "columns": found.names},
    )
    model.save(folder / MODEL)
    (folder / RECORD).write_text(plain_json(record), encoding="utf-8")
    (folder / REPORT).write_text(render_report(record), encoding="utf-8")
    (folder / CARD).write_text(render_card(record), encoding="utf-8")
    return record


def _write_table(plan: Plan, found: Found, path: Path, done: Callable[[int], None] = lambda n_rows: None) -> Changed:
    tables = chain.from_iterable(tables for _, tables in labeled_parts(plan, found, path, done))
    return write_table(path, tables, raw=plan.raw)


def labeled_parts(
    plan: Plan, found: Found, out: Path, done: Callable[[int], None] = lambda n_rows: None
) -> Iterator[tuple[Part, Iterator[pa.Table]]]:
    """Give the labeled rows of each input file, in input order, some at a time."""
    everything = [name for name in found.dataset.rows.schema.names if name != plan.remarks]
    kept = {"all": everything, "id": [plan.id], "none": []}[plan.columns]
    for number, part in enumerate(found.dataset.rows.parts()):
        yield part, _labeled_rows(plan, found, number, part, kept, is_text(out), done)


def _labeled_rows(
    plan: Plan, found: Found, number: int, part: Part, kept: Sequence[str], verbatim: bool, done: Callable[[int], None]
) -> Iterator[pa.Table]:
    label_type = found.dataset.rows.schema.field(plan.label).type
    at_most = rows_of_batch(len(found.dataset.features))
    for rows, scores in zip(
        part.batches(kept, at_most=at_most, verbatim=verbatim),
        found.scored.of_part(number, at_most=at_most),
        strict=True,
    ):
        labels = found.procedure.labeled(scores, found.model, label_type, found.acceptance)
        yield with_columns(rows, labels, found.names)
        done(rows.num_rows)


def _findings(plan: Plan, found: Found, sections: Record) -> list[Finding]:
    """Gather what was noticed on the way, in the order of the stages."""
    return [
        *found.reading.findings(plan, found.model.features_),
        *found.procedure.findings(found.dataset, found.model, sections),
        *of_shift(found.looked.shift),
        *of_novelty(found.looked.novelty),
        *of_renamed_columns(found.names),
    ]
