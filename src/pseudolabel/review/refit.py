"""Refit: the answers of a review become labels, and train the next round.

Takes  a run folder with a review.
Gives  the run made anew with what people said, in place of the former one; a round of suggestions that obeys it; and
       what has changed.

Answers become given labels, also those that name a new class; a class that was ruled out stays so. What is skipped or
disagreed on teaches nothing. Reviewers go on meanwhile: an answer given while a round is trained is for the one after
it.

Before this: intake.py, run.py. After this: cli.py.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from pseudolabel.data.reviewed import remark_of
from pseudolabel.data.rows.source import rows_of_batch
from pseudolabel.errors import InputError
from pseudolabel.plan import Plan
from pseudolabel.results.table import free_names
from pseudolabel.review.answers import HumanLabel
from pseudolabel.review.finished_run import FinishedRun, read_finished_run
from pseudolabel.review.intake import Published, add_round, open_review, read_published_labels
from pseudolabel.review.store import Store
from pseudolabel.run import REVIEWED_TABLE, Outcome, Stage, carry_out, go_on, no_display
from pseudolabel.run_folder import PLAN, UNFINISHED
from pseudolabel.storage import sha256_of, write_whole

REMARKS = "review_remarks"

_OF_PLAN = (
    *("label", "id", "task", "estimator", "method", "teacher", "committee", "mixture", "class_prior", "evidence"),
    *("groups", "time", "precision", "confidence", "per_class", "seed", "probabilities"),
)
"""Settings of a run that the next round has too."""


@dataclass(frozen=True)
class Refitted:
    """What a round of learning from answers has changed.

    Attributes
    ----------
    outcome : Outcome
    number : int
        Of the round.
    n_answers : int
        Rows whose label is an answer.
    n_ruled_out : int
        Rows of which some class is ruled out.
    n_changed : int
        Labels of other rows that are not what they were.
    n_accepted : (int, int)
        Published with a promise, before and now.
    verdict : (str, str)
        Before and now.
    """

    outcome: Outcome
    number: int
    n_answers: int
    n_ruled_out: int
    n_changed: int
    n_accepted: tuple[int, int]
    verdict: tuple[str, str]


@dataclass(frozen=True)
class Lessons:
    """What people said of rows, and the rows whose labels only they can give: an answer taken back is none."""

    taught: Mapping[int, HumanLabel]
    under_review: frozenset[int]


def refit(
    folder: Path, stage: Stage = no_display, *, test: Path | None = None, engine: str = "local", jobs: int = -1
) -> Refitted:
    """Train the next round of a run from the answers of its review.

    Parameters
    ----------
    folder : Path
        The run folder.
    stage : function, optional
        Shows the progress.
    test : Path, optional
        The table of the former `--test`, to be compared on again.
    engine, jobs : optional
        As in `Plan`.

    Raises
    ------
    InputError
        If there is no review, or no answer that a round has not learnt from.
    BusyError
        If another process is writing in the run folder.
    ResourceError, KeyboardInterrupt
        If it was cut off; the former run stands, and refitting again goes on.
    """
    if (folder / UNFINISHED / PLAN).is_file():
        go_on(folder, stage, engine=engine, jobs=jobs)
    run = read_finished_run(folder)
    with open_review(folder) as store:
        upto, labels = store.last_seq(), store.labels()
        taught = _taught(labels)
        _require_news(folder, store, upto, taught)
        before = read_published_labels(run)
        lessons = Lessons(taught, frozenset(store.rows(given=False)))
        plan = _plan(run, lessons, test=test, engine=engine, jobs=jobs)
        store.remember("reviewed", sha256_of(plan.data))
        store.remember("reviewed_upto", str(upto))
        outcome = carry_out(plan, stage)
        (folder / REVIEWED_TABLE).unlink(missing_ok=True)
        made = read_finished_run(folder)
        with stage("Preparing", None):
            number = add_round(made, store, upto=upto)
    return _told(outcome, number, taught, run, before, made)


def _taught(labels: Mapping[int, HumanLabel]) -> dict[int, HumanLabel]:
    """Leave out what teaches nothing: rows that were skipped, or are disagreed on."""
    return {row: human for row, human in labels.items() if human.label is not None or human.rejected}


def _require_news(folder: Path, store: Store, upto: int, taught: Mapping[int, HumanLabel]) -> None:
    rounds = store.rounds()
    if upto == rounds[-1].upto or (not taught and not any(each.upto for each in rounds)):
        raise InputError(
            f"Nothing new to learn from in {str(folder)!r}: no answer was given or taken back since round "
            f"{rounds[-1].number}. Review some rows first: pseudolabel review {folder}"
        )


def _plan(run: FinishedRun, lessons: Lessons, *, test: Path | None, engine: str, jobs: int) -> Plan:
    """Write the table of the next round, and give the plan to make it."""
    settings = run.record["settings"]
    remarks = free_names(run.columns, [REMARKS])[REMARKS]
    path = run.folder / REVIEWED_TABLE
    write_whole(path, lambda made: _write(run, lessons, made, remarks))
    same = {name: settings[name] for name in _OF_PLAN}
    return Plan(
        data=path,
        out=run.folder,
        remarks=remarks,
        markers=tuple(settings["unlabeled_markers"]),
        sample_rows=settings["sample_rows"],
        test=test,
        engine=engine,
        jobs=jobs,
        overwrite=True,
        **same,
    )


def _write(run: FinishedRun, lessons: Lessons, path: Path, remarks: str) -> None:
    """Write the rows of a run with the answers as labels, and a column of remarks."""
    kind = _label_type(run, lessons.taught)
    writer: pq.ParquetWriter | None = None
    try:
        for table in _reviewed(run, lessons, remarks, kind):
            writer = writer or pq.ParquetWriter(path, table.schema)
            writer.write_table(table)
    finally:
        if writer is not None:
            writer.close()


def _reviewed(run: FinishedRun, lessons: Lessons, remarks: str, kind: pa.DataType) -> Iterator[pa.Table]:
    start = 0
    for part in run.rows.parts():
        for batch in part.batches(list(run.columns), at_most=rows_of_batch(len(run.columns))):
            answers = [lessons.taught.get(start + place) for place in range(batch.num_rows)]
            labels = batch[run.label].cast(kind).to_pylist()
            for place, human in enumerate(answers):
                if start + place in lessons.under_review:
                    labels[place] = None if human is None or human.label is None else _in_type(human.label, kind)
            said = [None if human is None else remark_of(human.label is not None, human.rejected) for human in answers]
            at = batch.column_names.index(run.label)
            batch = batch.set_column(at, pa.field(run.label, kind), pa.array(labels, kind))
            yield batch.append_column(pa.field(remarks, pa.string()), pa.array(said, pa.string()))
            start += len(answers)


def _label_type(run: FinishedRun, taught: Mapping[int, HumanLabel]) -> pa.DataType:
    """Give the type of the labels; text, where an answer is a class that type cannot hold."""
    kind = run.rows.schema.field(run.label).type
    plain = kind.value_type if pa.types.is_dictionary(kind) else kind
    try:
        for name in {human.label for human in taught.values() if human.label is not None}:
            if str(_in_type(name, plain)) != name:
                return pa.string()
    except (ValueError, TypeError, pa.ArrowException):
        return pa.string()
    return pa.string() if pa.types.is_null(plain) else plain


def _in_type(name: str, kind: pa.DataType) -> Any:
    """Give the label a name stands for."""
    if pa.types.is_boolean(kind):
        return {"True": True, "False": False}[name]
    if pa.types.is_integer(kind):
        return int(name)
    if pa.types.is_floating(kind):
        return float(name)
    return pa.scalar(name).cast(kind).as_py()


def _told(
    outcome: Outcome,
    number: int,
    taught: Mapping[int, HumanLabel],
    former: FinishedRun,
    before: Published,
    made: FinishedRun,
) -> Refitted:
    now = read_published_labels(made)
    by_machine = np.isin(before.source, ["accepted", "suggested"]) & np.isin(now.source, ["accepted", "suggested"])
    changed = np.array([old != new for old, new in zip(before.label, now.label, strict=True)], dtype=bool)
    accepted = (int((before.source == "accepted").sum()), int((now.source == "accepted").sum()))
    return Refitted(
        outcome,
        number,
        n_answers=sum(human.label is not None for human in taught.values()),
        n_ruled_out=sum(human.label is None for human in taught.values()),
        n_changed=int((changed & by_machine).sum()),
        n_accepted=accepted,
        verdict=(former.record["verdict"]["code"], made.record["verdict"]["code"]),
    )
