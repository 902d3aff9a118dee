"""Label Studio: rows as its tasks, and what people answered there.

Takes  rows with their labels; later the JSON file that Label Studio exports.
Gives  tasks and the labeling interface they fit; later Annotations, each with its place in the file.

What a machine says goes out as a prediction, what a person says as an annotation, and predictions are never read back.
An annotation we wrote ourselves is known again by the id of its result, which Label Studio keeps. Formats:
https://labelstud.io/guide/predictions (in) and https://labelstud.io/guide/task_format (out).

Before this: classes.py. After this: exporting.py, importing.py.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal
from xml.sax.saxutils import quoteattr

from pseudolabel.errors import InputError
from pseudolabel.results.table import free_names
from pseudolabel.review.classes import is_name
from pseudolabel.validation import brief

OURS = ("row", "key", "review", "text", "class", "shown", "status", "label")
"""What we add to a task's data, or call a part of the interface: by their names all is found again."""

PREFIX = "pseudolabel_"

MARK = "pseudolabel"
"""Begins the ids of results that we write."""

REVIEWER = "label-studio"
"""Begins the names of reviewers who answered there."""

_VARIABLE = re.compile(r"\$[\w\[\].{}]", re.ASCII)
"""What Label Studio's page replaces by a cell, wherever it stands in the name of a choice."""

MOST_BYTES = 1 << 28
"""Of a file that is read: a task of a wide table has a few thousand."""

MOST_CHARACTERS = 200
"""Of a name or a number that stands in the file: what is longer is neither."""

LARGEST_LEAD_S = 1e9

Status = Literal["given", "human", "accepted", "suggested", "none"]
BY_PEOPLE: tuple[Status, ...] = ("given", "human")


@dataclass(frozen=True)
class Row:
    """A row of a run, and what is known of its label.

    Attributes
    ----------
    number : int
        Its position in the labeled table, from 0.
    key : str
    cells : mapping from str to str
        Of every column of the user's table.
    text : str
        What is read before answering.
    status : Status
    label : str or None
    suggestion, confidence : str or None, float or None
        What a machine says, whatever people say.
    """

    number: int
    key: str
    cells: Mapping[str, str]
    text: str
    status: Status
    label: str | None
    suggestion: str | None
    confidence: float | None


@dataclass(frozen=True)
class Annotation:
    """What a person answered to one task.

    Attributes
    ----------
    place : str
        Where it stands, such as "answers.json, task 7, annotation 12".
    row : int
    key, review : str
        Of the row, and what tells its review from others.
    label : str or None
        None where the task was skipped.
    reviewer : str
        Who answered, such as "label-studio:3".
    source : str
        The same whenever this annotation is exported again, also after it was changed; no other has it.
    at : str
        When it was changed last, in UTC, so that later ones sort after earlier ones; empty if the file does not tell.
    dwell_ms : int or None
        Milliseconds it took.
    is_ours : bool
        We wrote it ourselves, and nobody has changed it.
    """

    place: str
    row: int
    key: str
    review: str
    label: str | None
    reviewer: str
    source: str
    at: str
    dwell_ms: int | None
    is_ours: bool


def names_beside(columns: Sequence[str]) -> dict[str, str]:
    """Give the names of what we add to tasks of a table with these columns.

    Examples
    --------
    >>> names_beside(["size"])["row"], names_beside(["pseudolabel_row"])["row"]
    ('pseudolabel_row', 'pseudolabel_pseudolabel_row')
    """
    free = free_names(columns, [PREFIX + name for name in OURS])
    return {name: free[PREFIX + name] for name in OURS}


def task_of(row: Row, names: Mapping[str, str], *, review: str, model: str) -> dict[str, Any]:
    """Give a row as a task: machines under `predictions`, people under `annotations`.

    Parameters
    ----------
    row : Row
    names : mapping
        As `names_beside` gives them.
    review : str
        Of which review the row is.
    model : str
        Who made the suggestion.
    """
    ours = {"row": row.number, "key": row.key, "review": review, "text": row.text, "status": row.status}
    data = {**row.cells, **{names[name]: value for name, value in ours.items()}}
    data[names["label"]] = (row.label or "") if row.status in BY_PEOPLE else ""
    task: dict[str, Any] = {"data": data}
    if row.suggestion is not None:
        made = {"model_version": model, "result": [_result(names, f"{MARK}-machine-{row.number}", row.suggestion)]}
        task["predictions"] = [made if row.confidence is None else made | {"score": row.confidence}]
    if row.status in BY_PEOPLE and row.label is not None:
        task["annotations"] = [{"result": [_result(names, _mark(row.status, row.number, row.label), row.label)]}]
    return task


def labeling_interface(names: Mapping[str, str], classes: Sequence[str]) -> str:
    """Give the labeling interface the tasks are made for, as XML.

    Raises
    ------
    InputError
        If the name of a class cannot stand in it.

    Examples
    --------
    >>> print(labeling_interface(names_beside([]), ["R&D"]))
    <View>
      <!-- made by pseudolabel: paste it into Settings, Labeling Interface, Code -->
      <Text name="pseudolabel_shown" value="$pseudolabel_text"/>
      <Choices name="pseudolabel_class" toName="pseudolabel_shown" choice="single">
        <Choice value="R&amp;D"/>
      </Choices>
    </View>
    <BLANKLINE>
    """
    for name in classes:
        if _VARIABLE.search(name) or not all(_is_xml(letter) for letter in name):
            raise InputError(
                f"The class {brief(name)} cannot be a choice in Label Studio, which takes what follows a $ for the "
                "name of a column, and no control characters. Rename it in the table and fit again, or export to "
                "another format."
            )
    lines = [f"    <Choice value={quoteattr(name)}/>" for name in classes]
    return "\n".join(
        [
            "<View>",
            f"  <!-- {INTERFACE_MARK}: paste it into Settings, Labeling Interface, Code -->",
            f'  <Text name="{names["shown"]}" value="${names["text"]}"/>',
            f'  <Choices name="{names["class"]}" toName="{names["shown"]}" choice="single">',
            *lines,
            "  </Choices>",
            "</View>",
            "",
        ]
    )


INTERFACE_MARK = "made by pseudolabel"
"""Tells a labeling interface of ours from a file that we must not replace."""


def read_annotations(path: Path, names: Mapping[str, str]) -> list[Annotation]:
    """Read what people answered, from the JSON or JSON-MIN export of a project made from our tasks.

    Parameters
    ----------
    path : Path
        The file; it may be damaged, or made to do harm.
    names : mapping
        As `names_beside` gives them for the table of the run.

    Returns
    -------
    annotations : list of Annotation
        Oldest first, as far as the file tells; predictions and drafts are left out.

    Raises
    ------
    InputError
        If the file is not such an export, naming the task and the field that is wrong.
    """
    found = list[Annotation]()
    for number, task in enumerate(_read_tasks(path), start=1):
        if not isinstance(task, dict):
            raise InputError(f"{path.name}, task {number}: {_kind(task)} stands where a task should. {EXPORT_AGAIN}")
        found += _annotations_of(_Field(f"{path.name}, task {_id_of(task, number)}", task), names)
    return sorted(found, key=lambda annotation: annotation.at)


EXPORT_AGAIN = "Give the file that Label Studio exports as JSON or JSON-MIN, as it is."


@dataclass(frozen=True)
class _Field:
    """A JSON object of the file, and where it stands."""

    place: str
    content: Mapping[str, Any]

    def wrong(self, name: str, wanted: str, found: Any) -> InputError:
        shown = _kind(found) if isinstance(found, dict | list) or found is None else brief(found, at_most=60)
        return InputError(f"{self.place}: `{name}` must be {wanted}, found {shown}. {EXPORT_AGAIN}")

    def objects(self, name: str) -> list[Mapping[str, Any]]:
        """Give a list of objects; none where there is no such list."""
        found = self.content.get(name)
        if found is None:
            return []
        if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
            raise self.wrong(name, "a list of objects", found)
        return found

    def identifier(self, name: str) -> str:
        """Give a number or a short text by which something is known."""
        found = self.content.get(name)
        if not _is_whole(found) and not (isinstance(found, str) and is_name(found, MOST_CHARACTERS)):
            raise self.wrong(name, "a number or a short text", found)
        return str(found)

    def text(self, name: str) -> str:
        found = self.content.get(name)
        if not isinstance(found, str):
            raise self.wrong(name, "text", found)
        return found

    def flag(self, name: str) -> bool:
        found = self.content.get(name)
        if found is not None and not isinstance(found, bool):
            raise self.wrong(name, "true or false", found)
        return bool(found)

    def moment(self, name: str) -> str:
        """Give a time so that texts sort as times do; empty where there is none."""
        found = self.content.get(name)
        if found is None:
            return ""
        try:
            read = datetime.fromisoformat(found)
            return (
                (read if read.tzinfo else read.replace(tzinfo=UTC)).astimezone(UTC).isoformat(timespec="microseconds")
            )
        except (TypeError, ValueError, OverflowError):
            raise self.wrong(name, "a time such as 2026-01-31T12:00:00Z", found) from None

    def milliseconds(self, name: str) -> int | None:
        found = self.content.get(name)
        if found is None:
            return None
        if isinstance(found, bool) or not isinstance(found, int | float):
            raise self.wrong(name, "a number of seconds", found)
        return int(found * 1000) if 0 <= found < LARGEST_LEAD_S else None  # also leaves out what is no number


def _read_tasks(path: Path) -> list[Any]:
    """Read the file, if it is a list and of a size and depth that can be held."""
    try:
        n_bytes = path.stat().st_size
        if n_bytes > MOST_BYTES:
            raise InputError(
                f"{str(path)!r} has {n_bytes:,} bytes, more than the {MOST_BYTES:,} that are read. Export fewer tasks "
                "at a time from Label Studio: what is imported twice is stored once."
            )
        tasks = json.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise InputError(f"There is no file {str(path)!r}. Check the name and the folder.") from None
    except OSError as error:
        raise InputError(
            f"Cannot read {str(path)!r}: {error.strerror or error}. Check its name and permissions."
        ) from None
    except RecursionError:
        raise InputError(f"{str(path)!r} is nested too deeply for a list of tasks. {EXPORT_AGAIN}") from None
    except ValueError as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{str(path)!r} is not JSON ({str(error)[:80]}). {EXPORT_AGAIN}") from None
    if not isinstance(tasks, list):
        raise InputError(f"{str(path)!r} holds {_kind(tasks)} and not a list of tasks. {EXPORT_AGAIN}")
    return tasks


def _annotations_of(task: _Field, names: Mapping[str, str]) -> Iterator[Annotation]:
    data = task.content.get("data")
    is_full = isinstance(data, dict) and names["row"] not in task.content
    about = _Field(task.place, data if is_full and isinstance(data, dict) else task.content)
    if names["row"] not in about.content:
        raise InputError(
            f"{task.place}: there is no {names['row']!r}, so it is not a task that `pseudolabel export` wrote for this "
            "run. Import the answers to tasks that were exported from it."
        )
    if not is_full:
        yield _from_flat(about, names)
        return
    for number, content in enumerate(task.objects("annotations"), start=1):
        of = _Field(f"{task.place}, annotation {_id_of(content, number)}", content)
        yield _from_full(task, about, of, names)


def _from_full(task: _Field, about: _Field, of: _Field, names: Mapping[str, str]) -> Annotation:
    """Read an annotation of the full export."""
    results = [_Field(of.place, one) for one in of.objects("result") if one.get("from_name") == names["class"]]
    if len(results) > 1:
        raise InputError(f"{of.place}: `result` answers {names['class']!r} twice. Keep one of the answers.")
    is_cancelled, row = of.flag("was_cancelled"), _row_of(about, names)
    label = _label_of_result(results[0]) if results and not is_cancelled else None
    written = str(results[0].content.get("id")) if results else ""
    is_marked = written.startswith((f"{MARK}-given-{row}-", f"{MARK}-human-{row}-"))
    is_ours = label is not None and written in [_mark(status, row, label) for status in BY_PEOPLE]
    changed_by = is_marked and not is_ours and of.content.get("updated_by") is not None
    who = _who(of, "updated_by" if changed_by else "completed_by")
    ids = task.identifier("id"), of.identifier("id")
    return _annotation(about, of, names, label, who, ids, is_ours)


def _from_flat(of: _Field, names: Mapping[str, str]) -> Annotation:
    """Read a record of the short export, which has one for each annotation and none for a skipped task."""
    answer = of.content.get(names["class"])
    if isinstance(answer, dict):
        answer = answer.get("choices")
    answers = [answer] if isinstance(answer, str) else [] if answer is None else answer
    label = _one_choice(of, names["class"], answers)
    status, known = of.content.get(names["status"]), of.content.get(names["label"])
    is_ours = label is not None and status in BY_PEOPLE and known == label
    ids = of.identifier("id"), of.identifier("annotation_id")
    return _annotation(of, of, names, label, _who(of, "annotator"), ids, is_ours)


def _annotation(
    about: _Field,
    of: _Field,
    names: Mapping[str, str],
    label: str | None,
    who: str,
    ids: tuple[str, str],
    is_ours: bool,
) -> Annotation:
    row, key = _row_of(about, names), about.text(names["key"])
    reviewer = f"{REVIEWER}:{who}"
    parts = json.dumps([*ids, row, key, reviewer, of.moment("created_at")])
    return Annotation(
        place=of.place,
        row=row,
        key=key,
        review=about.text(names["review"]),
        label=label,
        reviewer=reviewer,
        source=f"{REVIEWER}:{sha256(parts.encode('utf-8', 'surrogatepass')).hexdigest()[:24]}",
        at=of.moment("updated_at"),
        dwell_ms=of.milliseconds("lead_time"),
        is_ours=is_ours,
    )


def _label_of_result(result: _Field) -> str | None:
    if result.content.get("type") != "choices":
        raise result.wrong("result.type", "'choices'", result.content.get("type"))
    value = result.content.get("value")
    if not isinstance(value, dict):
        raise result.wrong("result.value", "an object", value)
    return _one_choice(result, "result.value.choices", value.get("choices"))


def _one_choice(of: _Field, name: str, choices: Any) -> str | None:
    if not isinstance(choices, list) or not all(isinstance(choice, str) for choice in choices):
        raise of.wrong(name, "a list of texts", choices)
    if len(choices) > 1:
        raise InputError(
            f"{of.place}: `{name}` holds {len(choices)} classes, and a row has one. Keep one of them, and set "
            'choice="single" in the labeling interface.'
        )
    return choices[0] if choices else None


def _row_of(about: _Field, names: Mapping[str, str]) -> int:
    found: Any = about.content.get(names["row"])
    if isinstance(found, str) and found.isascii() and found.isdecimal() and len(found) < 19:
        found = int(found)
    if not _is_whole(found) or found < 0:
        raise about.wrong(names["row"], "the number of a row", found)
    return int(found)


def _who(of: _Field, name: str) -> str:
    """Name a person by number or address; Label Studio writes either, or an object with both."""
    found = of.content.get(name)
    if isinstance(found, dict):
        inner = "id" if found.get("id") is not None else "email"
        return _Field(f"{of.place}, {name}", found).identifier(inner)
    return "unknown" if found is None else of.identifier(name)


def _id_of(content: Mapping[str, Any], number: int) -> str:
    """Name a task or annotation for a message: by its id where it has a proper one, else by its place in the list."""
    found = content.get("id")
    return str(found) if _is_whole(found) else f"no. {number}"


def _is_whole(found: Any) -> bool:
    return isinstance(found, int) and not isinstance(found, bool) and abs(found) < 2**63


def _kind(found: Any) -> str:
    kinds = {dict: "an object", list: "a list", str: "a text", bool: "a truth value", type(None): "nothing"}
    return kinds.get(type(found), "a number")


def _is_xml(letter: str) -> bool:
    return letter in "\t\n\r" or ("\x20" <= letter <= "\ud7ff") or (letter >= "\ue000" and letter not in "\ufffe\uffff")


def _mark(status: str, row: int, label: str) -> str:
    """Give the id of a result we write, by which it is known again unless somebody changes the answer."""
    return f"{MARK}-{status}-{row}-{sha256(label.encode('utf-8', 'surrogatepass')).hexdigest()[:12]}"


def _result(names: Mapping[str, str], id: str, label: str) -> dict[str, Any]:
    return {
        "id": id,
        "from_name": names["class"],
        "to_name": names["shown"],
        "type": "choices",
        "value": {"choices": [label]},
    }
