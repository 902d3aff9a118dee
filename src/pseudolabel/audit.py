"""Audit: the published labels of a run, checked by a person on a random sample.

Takes  a run folder, and a sheet with answers.
Gives  a sheet of rows to check, or one row after the other; `audit.json` in the run folder: the draw, the answers and
       what they allow to say, which goes into record, report and card too.

The sample is drawn without a look at confidences, and the sheet does not show the pseudo-label: who sees it first
tends to agree. An answer that was given stays. Answers count in the order of the draw up to the first row without
one, so that rows that are hard to decide cannot be passed over.

What an answer file looks like is known to results/sheet.py, how answers are judged to judgement/audit.py; here is
what lies between: which rows, which answers, and that the labels are still those that were drawn from.

Before this: published.py, results/sheet.py, judgement/audit.py. After this: cli.py.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from itertools import takewhile
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pseudolabel.errors import InputError
from pseudolabel.judgement.audit import ERRORS_AFFORDED, Audit, Plan, judge_audit, plan_audit
from pseudolabel.lock import one_writer
from pseudolabel.manifest import read_manifest
from pseudolabel.published import PublishedLabels, Which, read_published
from pseudolabel.results.card import render_card
from pseudolabel.results.record import RECORD, read_record
from pseudolabel.results.report import render_report
from pseudolabel.results.sheet import Entry, answer_column, read_sheet, write_sheet
from pseudolabel.results.table import check_table_path, side_by_side
from pseudolabel.run import CARD, REPORT
from pseudolabel.run_folder import revise
from pseudolabel.storage import plain_json, write_whole
from pseudolabel.validation import check_count

STATE = "audit.json"

SHEET = "audit.csv"

FORMAT = 1
"""Of audit.json: raised when the meaning of a key changes."""

UNDECIDABLE = "?"
"""The answer to a row that nobody can decide; it counts as wrong."""


@dataclass(frozen=True)
class Wish:
    """What is asked of an audit; None leaves it to the audit that was begun, or to the run."""

    rows: int | None = None
    source: Which | None = None
    precision: float | None = None
    confidence: float | None = None
    seed: int | None = None

    def settled(self, settings: Mapping[str, Any]) -> dict[str, Any]:
        """Give the settings, with what is wished for in place of what stands there; the number of rows is none."""
        wished = {name: value for name, value in asdict(self).items() if name != "rows" and value is not None}
        return {**settings, **wished}


@dataclass(frozen=True)
class State:
    """An audit as far as it has come.

    Attributes
    ----------
    settings : mapping
        `source`, `precision`, `confidence` and `seed`.
    plan : Plan
    draw : tuple of int
        The rows of the labeled table to check, counted from 0, in the order they were drawn.
    answers : mapping from int to (str, bool)
        Of each answered row, in the order they came, the answer and whether the label was right. Only ever added to.
    sha256 : str
        Of the labeled table.
    """

    settings: Mapping[str, Any]
    plan: Plan
    draw: tuple[int, ...]
    answers: Mapping[int, tuple[str, bool]]
    sha256: str

    @property
    def open_rows(self) -> list[int]:
        """The drawn rows without an answer, in the order of the draw."""
        return [row for row in self.draw if row not in self.answers]

    def judge(self) -> Audit:
        """Judge the answers up to the first drawn row without one."""
        judged = takewhile(lambda row: row in self.answers, self.draw)
        return judge_audit(self.plan, [self.answers[row][1] for row in judged])


@dataclass(frozen=True)
class Drawn:
    """A sheet that was written: rows on it, the column for answers, the file, and the audit it belongs to."""

    n_rows: int
    answer_column: str
    path: Path
    state: State


@dataclass(frozen=True)
class Answered:
    """Answers that were taken in: how many were new, the audit they belong to, and what it says."""

    n_new: int
    state: State
    audit: Audit


def draw_rows(
    folder: Path,
    out: Path | None = None,
    wish: Wish | None = None,
    *,
    show_labels: bool = False,
    overwrite: bool = False,
) -> Drawn:
    """Write a sheet of rows to check: of an audit that was begun those without an answer, else of a new one.

    Parameters
    ----------
    folder : Path
        Of the run.
    out : Path, optional
        The sheet; by default `audit.csv` in the run folder. A file there is not replaced, as it may hold answers.
    wish : Wish, optional
        More rows than were drawn are added to the draw. All else is fixed by the first draw.
    show_labels : bool, default=False
        Show the pseudo-labels on the sheet.
    overwrite : bool, default=False
        Begin anew, and replace the sheet.

    Raises
    ------
    InputError
        If the folder holds no run that predicts classes, there are no rows to check, the labels are no longer those
        the audit was begun with, or the wish contradicts it.
    BusyError
        If another process is writing in the run folder.
    """
    wish, path = wish or Wish(), out or folder / SHEET
    check_table_path(path)
    if path.exists() and not overwrite:
        raise InputError(
            f"{str(path)!r} exists and may hold answers. Read them with --answers, or choose another --out."
        )
    rows = read_published(folder)
    with one_writer(folder):
        begun = (folder / STATE).exists() and not overwrite
        state = _more(load_state(folder, rows), rows, wish) if begun else begin(rows, wish)
        asked = state.open_rows
        if not asked:
            raise InputError(
                "Every row that was drawn is answered. Draw more with --rows, or see where it stands: --answers."
            )
        shown = side_by_side(rows.shown, pa.table({"pseudo_label": rows.labels})) if show_labels else rows.shown
        write_sheet(path, shown.take(pa.array(asked)), asked)
        store_state(folder, state)
    return Drawn(len(asked), answer_column(shown.column_names), path, state)


def begin_audit(folder: Path, rows: PublishedLabels, wish: Wish | None = None) -> State:
    """Begin an audit whose rows are answered one by one, without a sheet; or go on with one that was begun.

    Raises
    ------
    InputError, BusyError
        As `draw_rows`.
    """
    with one_writer(folder):
        if (folder / STATE).exists():
            return load_state(folder, rows)
        state = begin(rows, wish or Wish())
        store_state(folder, state)
    return state


def answer_row(folder: Path, rows: PublishedLabels, row: int, answer: str) -> Answered:
    """Add the answer to a drawn row to the audit of a run.

    Raises
    ------
    InputError, BusyError
        As `take_answers`.
    """
    with one_writer(folder):
        state = load_state(folder, rows)
        answered = add_answers(state, rows, [Entry(row, answer, f"row {row}")])
        store_state(folder, answered)
    return Answered(len(answered.answers) - len(state.answers), answered, answered.judge())


def take_answers(folder: Path, answers: Path, *, encoding: str = "utf-8") -> Answered:
    """Add the answers of a sheet to the audit of a run, all of them or none.

    Raises
    ------
    InputError
        If no audit was begun, the labels have changed since, or an answer is for a row that was not drawn, names no
        class or contradicts an earlier one.
    BusyError
        If another process is writing in the run folder.
    """
    rows = read_published(folder)
    with one_writer(folder):
        state = load_state(folder, rows)
        entries = read_sheet(answers, rows.shown.column_names, encoding=encoding)
        answered = add_answers(state, rows, entries)
        store_state(folder, answered)
    return Answered(len(answered.answers) - len(state.answers), answered, answered.judge())


def begin(rows: PublishedLabels, wish: Wish) -> State:
    """Plan an audit and draw its rows."""
    defaults = {"source": "accepted", "precision": 0.95, "confidence": 0.9, "seed": 0, **rows.promise}
    settings = wish.settled(defaults)
    check_count(wish, "seed", settings["seed"], at_least=0)
    candidates = rows.rows_of(settings["source"])
    if not len(candidates):
        raise InputError(_without_rows(settings["source"], rows))
    plan = plan_audit(len(candidates), wish.rows, precision=settings["precision"], confidence=settings["confidence"])
    size = plan.fixed_size or min(wish.rows or plan.rows_with(ERRORS_AFFORDED), plan.most_rows)
    return State(settings, plan, _draw(candidates, (), size, settings["seed"]), {}, rows.sha256)


def add_answers(state: State, rows: PublishedLabels, entries: Iterable[Entry]) -> State:
    """Give the audit with these answers added; one that was given before may come again, but not change."""
    drawn, answers = set(state.draw), dict(state.answers)
    for entry in entries:
        if entry.row not in drawn:
            raise InputError(
                f"{entry.place}: row {entry.row} is not among those that were drawn. Answer the rows of the sheet "
                "only: rows of one's own choice prove nothing about the others."
            )
        answer = _answer(entry, rows)
        before = answers.get(entry.row)
        if before is not None and before[0] != answer:
            raise InputError(
                f"{entry.place}: row {entry.row} was answered {before[0]!r} before and is {answer!r} now. An answer "
                "that was given stays; put it back, or begin a new audit with --overwrite."
            )
        answers[entry.row] = answer, answer == rows.label(entry.row)
    return replace(state, answers=answers)


def load_state(folder: Path, rows: PublishedLabels) -> State:
    """Read the audit of a run.

    Raises
    ------
    InputError
        If none was begun, the file is damaged, or the labels are no longer those it was begun with.
    """
    path = folder / STATE
    if not path.is_file():
        raise InputError(f"No audit of {str(folder)!r} was begun. Run `pseudolabel audit {folder}` first.")
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
        settings, fixed_size = stored["settings"], stored["fixed_size"]
        plan = Plan(stored["population"], settings["precision"], settings["confidence"], fixed_size)
        answers = {entry["row"]: (entry["answer"], entry["right"]) for entry in stored["answers"]}
        state = State(settings, plan, tuple(stored["draw"]), answers, stored["table_sha256"])
    except (ValueError, TypeError, KeyError) as error:
        raise InputError(f"{str(path)!r} is not the file of an audit. --overwrite begins a new one.") from error
    if state.sha256 != rows.sha256:
        raise InputError(
            "The labels of this run are no longer those the audit was begun with, so it says nothing about them: "
            f"{str(path)!r} is void. --overwrite begins a new audit."
        )
    return state


def store_state(folder: Path, state: State) -> None:
    """Write the audit of a run, with what it says as of now."""
    result = asdict(state.judge())
    stored = {
        "format": FORMAT,
        "settings": dict(state.settings),
        "population": state.plan.population,
        "fixed_size": state.plan.fixed_size,
        "table_sha256": state.sha256,
        "draw": list(state.draw),
        "answers": [{"row": row, "answer": answer, "right": right} for row, (answer, right) in state.answers.items()],
        "result": result,
    }
    write_whole(folder / STATE, lambda path: _write_text(path, plain_json(stored)))
    asked = {
        f"asked_{name}" if name in ("precision", "confidence") else name: value
        for name, value in state.settings.items()
    }
    _tell(folder, {**asked, "population": state.plan.population, **result})


def _tell(folder: Path, audit: Mapping[str, Any]) -> None:
    """Write what an audit says into the record of the run, and draw report and card anew."""
    manifest = read_manifest(folder)
    record = read_record(manifest)
    if record.get("audit") == json.loads(plain_json(dict(audit))):
        return
    record["audit"] = dict(audit)
    drawn = {REPORT: render_report, CARD: render_card}
    texts = {name: draw(record) for name, draw in drawn.items() if name in manifest.files}
    revise(folder, {RECORD: plain_json(record), **texts})


def _more(state: State, rows: PublishedLabels, wish: Wish) -> State:
    """Add rows to the draw of an audit, if more are wished for."""
    changed = [name for name, value in wish.settled(state.settings).items() if value != state.settings[name]]
    if changed:
        raise InputError(
            f"This audit was begun with another {' and '.join(changed)}, which is fixed before the first answer. Leave "
            "it out to go on, or begin a new audit with --overwrite."
        )
    size, plan = min(wish.rows or 0, state.plan.population), state.plan
    if size <= len(state.draw):
        return state
    if plan.fixed_size is not None and size < plan.population:
        raise InputError(
            f"This audit is about {plan.fixed_size} of {plan.population:,} rows, and a sample of fixed size proves "
            f"nothing if it grows while one looks at it. Answer these, or check all rows: --rows {plan.population}."
        )
    if size == plan.population:
        plan = replace(plan, fixed_size=size)
    size = min(size, plan.most_rows)
    candidates = rows.rows_of(state.settings["source"])
    return replace(state, plan=plan, draw=_draw(candidates, state.draw, size, state.settings["seed"]))


def _draw(candidates: NDArray[np.int64], drawn: tuple[int, ...], size: int, seed: int) -> tuple[int, ...]:
    """Give the rows drawn so far and as many more, in random order, as make up `size`."""
    left = np.setdiff1d(candidates, np.array(drawn, dtype=np.int64))
    more = np.random.default_rng([seed, len(drawn)]).permutation(left)[: size - len(drawn)]
    return (*drawn, *more.tolist())


def _answer(entry: Entry, rows: PublishedLabels) -> str:
    """Give the class an answer names, or the mark of a row that cannot be decided."""
    if entry.answer == UNDECIDABLE:
        return UNDECIDABLE
    try:
        return rows.class_named(entry.answer)
    except InputError as error:
        raise InputError(f"{entry.place}: {error} A row that cannot be decided is answered {UNDECIDABLE!r}.") from None


def _without_rows(which: str, rows: PublishedLabels) -> str:
    if which == "accepted" and len(rows.rows_of("suggested")):
        return (
            "No label of this run was accepted. Fit again with more labels or a lower --precision, or audit the labels "
            "it suggested: --source suggested."
        )
    return f"This run has no labels to audit (--source {which}): no row without a label was given one so."


def _write_text(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
