"""Importing: answers that people gave in Label Studio become answers in the review.

Takes  a run folder, and a file that Label Studio exported: annotations of the tasks that we wrote for this run.
Gives  decisions in the review, each beside the name of who gave it. All that the file says is stored, or nothing.

What a machine predicted is no answer, and what we wrote ourselves is none either. Nobody there saw the answers of
here: both are kept, and where they differ the row becomes a conflict.

Before this: intake.py, label_studio.py. After this: cli.py.
"""

import json
import sqlite3
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Literal

from pseudolabel.errors import InputError
from pseudolabel.review.answers import Action, Answer
from pseudolabel.review.classes import all_classes, fold, is_name
from pseudolabel.review.finished_run import read_finished_run
from pseudolabel.review.intake import identity_of, open_review
from pseudolabel.review.label_studio import Annotation, names_beside, read_annotations
from pseudolabel.review.log import checked, last_seq, newest_round, store_answers
from pseudolabel.review.rounds import read_suggestion
from pseudolabel.run import Stage, no_display
from pseudolabel.storage import sha256_of
from pseudolabel.validation import brief

UNDATED = "label "
"""Begins the last part of a request's id where the file does not tell when."""


@dataclass(frozen=True)
class Imported:
    """What became of the annotations of a file; each is counted once, but for the conflicts.

    Attributes
    ----------
    stored : int
        Answers that are new in the review.
    known : int
        Those it had already, and those that export itself had written.
    skipped : int
        New ones that leave the row without an answer.
    outside : int
        Answers to rows that are not under review, such as those whose label was given.
    conflicts : int
        Rows of new answers on which people disagree now.
    """

    stored: int
    known: int
    skipped: int
    outside: int
    conflicts: int


def import_answers(run: Path, file: Path, *, stage: Stage = no_display) -> Imported:
    """Store in the review what people answered in Label Studio: all of it, or nothing where something is wrong.

    Parameters
    ----------
    run : Path
        The run folder; its review is made if there is none.
    file : Path
        The JSON or JSON-MIN export of a project of tasks that `export_run` wrote for this run.
    stage : function, optional
        Shows the progress.

    Raises
    ------
    InputError
        If the file is no such export, or is of another run, naming the task and what is wrong with it.
    BusyError, ResourceError
        If the review is kept busy or cannot be written.
    """
    found = read_finished_run(run)
    annotations = read_annotations(file, names_beside(found.columns))
    batch = f"import {sha256_of(file)[:16]}"
    with open_review(run, stage) as store:
        review, n_rows = identity_of(found, store), found.rows.n_rows
        for annotation in annotations:
            _require_of_run(annotation, review, n_rows)
        with store.database.writing() as connection:
            return _take_in(connection, annotations, batch)


def _require_of_run(annotation: Annotation, review: str, n_rows: int) -> None:
    if annotation.review != review:
        raise InputError(
            f"{annotation.place}: it is of another run: its review is {brief(annotation.review)}, and that of this run "
            f"is {review!r}. Import it into the run its tasks were exported from. Nothing was stored."
        )
    if annotation.row >= n_rows:
        raise InputError(
            f"{annotation.place}: there is no row {annotation.row}; this run has {n_rows:,}. Leave the data of tasks "
            "as they were exported. Nothing was stored."
        )


def _take_in(connection: sqlite3.Connection, annotations: Sequence[Annotation], batch: str) -> Imported:
    """Store annotations; the caller's transaction makes it all or nothing."""
    classes, number = _Classes([view.name for view in all_classes(connection)]), newest_round(connection)
    tally, rows = Counter[str](), set[int]()
    for annotation in annotations:
        outcome = _outcome(connection, annotation, classes, number, batch)
        tally[outcome] += 1
        if outcome == "stored":
            rows.add(annotation.row)
    found = connection.execute(
        "SELECT count(*) FROM standing WHERE kind = 'conflict' AND row IN (SELECT value FROM json_each(?))",
        (json.dumps(sorted(rows)),),
    )
    return Imported(
        tally["stored"], tally["known"], tally["skipped"], tally["outside"], conflicts=int(found.fetchone()[0])
    )


def _outcome(
    connection: sqlite3.Connection, annotation: Annotation, classes: "_Classes", number: int | None, batch: str
) -> Literal["stored", "known", "skipped", "outside"]:
    """Store one annotation where it says something new, and say what became of it."""
    item = connection.execute("SELECT key, given FROM item WHERE row = ?", (annotation.row,)).fetchone()
    if item is not None and item[0] != annotation.key:
        raise InputError(
            f"{annotation.place}: row {annotation.row} is {brief(item[0])} in this run and {brief(annotation.key)} in "
            "the file. Leave the data of tasks as they were exported. Nothing was stored."
        )
    if annotation.is_ours:
        return "known"
    if item is None or item[1] is not None:
        return "outside"
    label, is_new = (None, False) if annotation.label is None else classes.named(annotation.label, annotation.place)
    if _is_known(connection, annotation, label):
        return "known"
    suggestion = read_suggestion(connection, annotation.row, number)
    action: Action = "new_class" if is_new else "correct"
    if label is None:
        action = "skip"
    elif suggestion is not None and suggestion.label == label:
        action = "accept"
    answer = Answer(
        row=annotation.row,
        action=action,
        label=label,
        reviewer=annotation.reviewer,
        request_id=_request_of(annotation, label),
        seen=last_seq(connection, annotation.row),
        dwell_ms=annotation.dwell_ms,
        batch=batch,
    )
    store_answers(connection, [checked(answer)])
    return "skipped" if label is None else "stored"


def _request_of(annotation: Annotation, label: str | None) -> str:
    """Give the id the answer is stored under: the same for the same annotation, another after it was changed."""
    return f"{annotation.source}:{annotation.at or _undated(label)}"


def _undated(label: str | None) -> str:
    return f"{UNDATED}{sha256((label or '').encode('utf-8', 'surrogatepass')).hexdigest()[:16]}"


def _is_known(connection: sqlite3.Connection, annotation: Annotation, label: str | None) -> bool:
    """Tell whether the review has this annotation: as it is, as it was later, or changed in nothing that counts."""
    stored = connection.execute(
        "SELECT request_id, label FROM decision WHERE request_id >= ? AND request_id < ? ORDER BY seq",
        (f"{annotation.source}:", f"{annotation.source};"),  # ; comes after :
    ).fetchall()
    if not stored:
        return False
    moments = [request.removeprefix(f"{annotation.source}:") for request, _ in stored]
    is_later = any(annotation.at <= moment for moment in moments if not moment.startswith(UNDATED))
    return (
        (bool(annotation.at) and is_later)
        or stored[-1][1] == label
        or _request_of(annotation, label) in [request for request, _ in stored]
    )


class _Classes:
    """The names of the classes, and those that annotations add."""

    def __init__(self, names: Iterable[str]) -> None:
        self.names = dict.fromkeys(names)

    def named(self, text: str, place: str) -> tuple[str, bool]:
        """Give the class a text names, and whether it is a new one.

        Spaces and the way accents are stored may have changed on the way; a difference in case is for a person to
        judge.
        """
        if text in self.names:
            return text, False
        alike = [name for name in self.names if _spaced(name) == _spaced(text)]
        if len(alike) == 1:
            return alike[0], False
        near = [name for name in self.names if fold(name) == fold(text)]
        if near:
            raise InputError(
                f"{place}: there is no class {brief(text)}, but {brief(near[0])}. If they are the same, write it so in "
                "the file; if not, make the new class in `pseudolabel review` first. Nothing was stored."
            )
        name = _spaced(text)
        if not is_name(name):
            raise InputError(
                f"{place}: {brief(text)} cannot be the name of a class: 1 to 200 characters, none of them hidden. "
                "Nothing was stored."
            )
        self.names[name] = None
        return name, True


def _spaced(name: str) -> str:
    return " ".join(unicodedata.normalize("NFC", name).split())
