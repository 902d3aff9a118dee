"""Intake: the rows of a run become a review.

Takes  a run folder.
Gives  its review: a Store with every row that is asked about or can be looked up, and a round of suggestions.

What is suggested, and how surely, is what the labeled table says; the model adds the classes that come next. Labels
that people gave stay as they are: a round only says what a machine thinks.

Before this: finished_run.py, grounds.py, store.py. After this: serving.py, refit.py.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from pseudolabel.classifier import PseudoLabelClassifier, load
from pseudolabel.data.dataset import frame_of, take_cells
from pseudolabel.data.images import is_column_of_images
from pseudolabel.data.rows.source import rows_of_batch
from pseudolabel.data.sample import draw_sample
from pseudolabel.errors import InputError
from pseudolabel.review.answers import HumanLabel, Item, Kind, Suggestion
from pseudolabel.review.finished_run import FinishedRun, read_finished_run
from pseudolabel.review.grounds import find_grounds
from pseudolabel.review.store import Store
from pseudolabel.run import MODEL, Stage, no_display
from pseudolabel.storage import write_whole

MOST_ASKED = 200_000
"""Rows that can be asked about. Of more, half are those with the least confidence, half are drawn at random."""

MOST_GIVEN = 20_000
"""Labeled rows that can be shown as neighbors."""

MOST_RANKED_ROWS = 50_000
"""Rows whose second and further classes are asked of the model, those with the least confidence first: a default
committee takes a quarter of a minute for so many."""

MOST_RANKED = 9
"""Classes with a digit on the keyboard."""

MOST_COLUMNS = 200
"""Columns of a row that are shown."""

SHORTEST_TEXT = 40
"""Characters on average from which on a column of texts is read as a text and not as a cell."""

CELLS_TO_JUDGE = 200

OURS = ("pseudo_label", "confidence", "source")


@dataclass(frozen=True)
class Published:
    """What the labeled table says of its rows, in three arrays of shape (n_rows,).

    Attributes
    ----------
    label : ndarray of object
        None where there is no label.
    confidence : ndarray of float64
    source : ndarray of object
    """

    label: NDArray[Any]
    confidence: NDArray[np.float64]
    source: NDArray[Any]


def open_review(folder: Path, stage: Stage = no_display) -> Store:
    """Open the review of a run; make it, if there is none.

    Parameters
    ----------
    folder : Path
        The run folder.
    stage : function, optional
        Shows the progress.

    Raises
    ------
    InputError
        If it is no run of classes, or there is a review of another table.
    """
    run = read_finished_run(folder)
    if not run.review.exists():
        with stage("Preparing", None):
            write_whole(run.review, lambda path: make_review(run, path))
        return Store.open(run.review)
    store = Store.open(run.review)
    if store.meta.get("table") == run.table_digest:
        return store
    meta = store.meta
    is_refitted = "reviewed" in meta and [of["sha256"] for of in run.record["inputs"]][:1] == [meta["reviewed"]]
    if not is_refitted and run.inputs_digest != meta.get("inputs"):
        store.close()
        raise InputError(
            f"{str(run.review)!r} is the review of another table: the run was made anew from other rows. Export its "
            "answers with the former run, or move it away to begin a new review."
        )
    with stage("Preparing", None):
        add_round(run, store, upto=int(meta["reviewed_upto"]) if is_refitted else 0)
    return store


def identity_of(run: FinishedRun, store: Store | None) -> str:
    """Give what tells the tasks of a review from those of others: rows and label; it stays through all rounds."""
    inputs = run.inputs_digest if store is None else store.meta.get("inputs", run.inputs_digest)
    return sha256(f"{inputs} {run.label}".encode()).hexdigest()[:16]


def make_review(run: FinishedRun, path: Path) -> None:
    """Make the review of a run at a path where nothing stands."""
    meta = {"inputs": run.inputs_digest, "label": run.label, "seed": str(run.record["settings"]["seed"])}
    meta |= {} if (folder := run.data_folder()) is None else {"images": str(folder)}
    with Store.create(path, meta=meta, classes=run.classes) as store:
        published = read_published_labels(run)
        asked, given = choose_rows(published)
        positions = np.sort(np.concatenate([asked, given]))
        store.add_items(_items(run, published, positions))
        add_round(run, store, upto=0)


def add_round(run: FinishedRun, store: Store, *, upto: int) -> int:
    """Add what a run suggests as a round, and give its number.

    Parameters
    ----------
    run : FinishedRun
    store : Store
        Its review.
    upto : int
        The newest decision the run has learnt from.
    """
    published = read_published_labels(run)
    store.add_classes(run.classes)
    suggestions = _suggestions(run, store, published, np.array(store.rows(given=False), dtype=np.int64))
    verdict = {name: run.record["verdict"].get(name) for name in ("code", "sentence", "advice")}
    config = {"table": run.table_digest, "accepted": int((published.source == "accepted").sum())}
    number = store.add_round(suggestions, upto=upto, config=config, evidence=verdict)
    store.remember("table", run.table_digest)
    return number


def add_missing(run: FinishedRun, store: Store, rows: list[int]) -> None:
    """Add rows that were not chosen to be asked about, such as those an audit has drawn."""
    store.add_items(_items(run, read_published_labels(run), np.sort(np.array(rows, dtype=np.int64))))


def read_published_labels(run: FinishedRun) -> Published:
    """Read what the labeled table says of its rows."""
    columns = [run.ours(name) for name in OURS]
    batches = [
        batch for part in run.rows.parts() for batch in part.batches(columns, at_most=rows_of_batch(len(columns)))
    ]
    label, confidence, source = (pa.concat_tables(batches)[name].to_pylist() for name in columns)
    return Published(
        np.array([None if name is None else str(name) for name in label], dtype=object),
        np.array(confidence, dtype=np.float64),
        np.array(source, dtype=object),
    )


def choose_rows(published: Published) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Choose the rows to ask about, and the given ones to look up; two sorted arrays of positions."""
    given = np.flatnonzero(published.source == "given")
    open_rows = np.flatnonzero(published.source != "given")
    if len(open_rows) > MOST_ASKED:
        by_doubt = open_rows[np.argsort(published.confidence[open_rows], kind="stable")]
        doubtful, others = by_doubt[: MOST_ASKED // 2], np.sort(by_doubt[MOST_ASKED // 2 :])
        drawn = others[draw_sample(len(others), MOST_ASKED - len(doubtful), 0)]
        open_rows = np.sort(np.concatenate([doubtful, drawn]))
    return open_rows, given[draw_sample(len(given), MOST_GIVEN, 0)]


def _items(run: FinishedRun, published: Published, positions: NDArray[np.int64]) -> Iterator[Item]:
    """Give rows as they are shown."""
    columns = [name for name in run.columns if name != run.label][:MOST_COLUMNS]
    columns += [run.id] if run.id in run.columns and run.id not in columns else []
    cells = take_cells(run.rows, positions, columns)
    kind, first = _kind_of(run, cells)
    names = [first, *(name for name in columns if name != first)] if first else columns
    start = 0
    for batch in cells.to_batches(max_chunksize=4096):
        texts = {name: [shown_as(cell) for cell in batch.column(name).to_pylist()] for name in names}
        keys = texts.get(run.id or "", [""] * batch.num_rows)
        for place in range(batch.num_rows):
            row = int(positions[start + place])
            shown = {name: texts[name][place] for name in names}
            shown = ({kind: shown.pop(first)} | shown) if first else shown
            given = published.label[row] if published.source[row] == "given" else None
            yield Item(row, keys[place] or f"row {row}", kind, json.dumps(shown, ensure_ascii=False), given)
        start += batch.num_rows


def _kind_of(run: FinishedRun, cells: pa.Table) -> tuple[Kind, str | None]:
    """Find the column that is looked at as an image or read as a text; else a row is looked at cell by cell."""
    texts = {
        field.name: [cell for cell in cells[field.name].slice(0, CELLS_TO_JUDGE).to_pylist() if cell]
        for field in cells.schema
        if pa.types.is_string(field.type) or pa.types.is_large_string(field.type)
    }
    for name, some in texts.items():
        if some and is_column_of_images(some):
            return "image", name
    lengths = {name: float(np.mean([len(cell) for cell in some])) for name, some in texts.items() if some}
    longest = max(lengths, key=lambda name: lengths[name], default=None)
    if longest is None or lengths[longest] < SHORTEST_TEXT:
        return "row", None
    return "text", longest


def shown_as(cell: Any) -> str:
    """Give a cell as a person reads it; an empty text where there is none.

    Examples
    --------
    >>> shown_as(1.50), shown_as(None), shown_as(datetime(2026, 1, 31)), shown_as(True)
    ('1.5', '', '2026-01-31', 'True')
    """
    if cell is None or cell != cell:
        return ""
    if isinstance(cell, datetime) and (cell.hour, cell.minute, cell.second, cell.microsecond) == (0, 0, 0, 0):
        return cell.date().isoformat()
    if isinstance(cell, date | datetime):
        return cell.isoformat(sep=" ") if isinstance(cell, datetime) else cell.isoformat()
    if isinstance(cell, bytes):
        return cell.decode("latin-1")
    return cell.encode("utf-8", "replace").decode() if isinstance(cell, str) else str(cell)


def _suggestions(run: FinishedRun, store: Store, published: Published, rows: NDArray[np.int64]) -> Iterator[Suggestion]:
    """Give what is suggested for rows, in their order."""
    if not len(rows):
        return
    model, people = load(run.manifest.require(MODEL)), store.labels()
    ranked = _ranked(run, model, published, rows, people)
    margins = np.array([_margin(ranked.get(int(row)), published.confidence[row]) for row in rows])
    known = {row: str(published.label[row]) for row in store.rows(given=True)}
    known = dict(sorted((known | {row: human.label for row, human in people.items() if human.label}).items()))
    given = np.array(list(known), dtype=np.int64)
    codes = np.unique(list(known.values()), return_inverse=True)[1]
    seed = int(run.record["settings"]["seed"])
    grounds = find_grounds(_matrix(run, model, given), codes, _matrix(run, model, rows), margins, seed=seed)
    for place, row in enumerate(rows.tolist()):
        order = ranked.get(row) or ((str(published.label[row]), min(1.0, published.confidence[row])),)
        near = [
            (int(given[at]), known[int(given[at])], float(far))
            for at, far in zip(grounds.nearest[place], grounds.distance[place], strict=True)
            if given[at] != row
        ]
        yield Suggestion(
            row,
            order[0][0],
            order[0][1],
            float(margins[place]),
            float(grounds.impact[place]),
            float(grounds.novelty[place]),
            int(grounds.cluster[place]),
            order[:MOST_RANKED],
            tuple(near),
            bool(published.source[row] == "accepted"),
        )


def _ranked(
    run: FinishedRun,
    model: PseudoLabelClassifier,
    published: Published,
    rows: NDArray[np.int64],
    people: Mapping[int, HumanLabel],
) -> dict[int, tuple[tuple[str, float], ...]]:
    """Ask the model which classes come after the one that is published; of rows people have answered, all of them.

    Classes a person has ruled out are left out.
    """
    order = np.argsort(published.confidence[rows], kind="stable")
    answered = [row for row in rows.tolist() if row in people]
    chosen = np.union1d(rows[order[:MOST_RANKED_ROWS]], answered).astype(np.int64)
    names, found = [str(name) for name in model.classes_.tolist()], {}
    for start, frame in _frames(run, model, chosen):
        probabilities = model.suggest_proba(frame)
        for place, of_row in enumerate(probabilities):
            row = int(chosen[start + place])
            is_published = published.source[row] in ("accepted", "suggested")
            label = published.label[row] if is_published else None
            ruled_out = people[row].rejected if row in people else frozenset[str]()
            found[row] = rank(names, of_row, label, published.confidence[row], ruled_out)
    return found


def rank(
    names: list[str],
    probabilities: NDArray[np.float64],
    published: str | None,
    confidence: float,
    rejected: frozenset[str] = frozenset(),
) -> tuple[tuple[str, float], ...]:
    """Order classes by how likely they are: the published one first, with its confidence; the others share the rest.

    Parameters
    ----------
    names : list of str
    probabilities : ndarray of shape (n_classes,)
    published : str or None
        None where only the model is to be heard.
    confidence : float, 0 to 1
        Of the published class.
    rejected : frozenset of str
        Classes a person has said it is not.

    Examples
    --------
    >>> rank(["cat", "dog", "fox"], np.array([0.125, 0.375, 0.5]), "fox", 0.5)
    (('fox', 0.5), ('dog', 0.375), ('cat', 0.125))
    >>> rank(["cat", "dog", "fox"], np.array([0.125, 0.5, 0.375]), "dog", 0.5, frozenset({"dog"}))
    (('fox', 0.75), ('cat', 0.25))
    """
    shares = dict(zip(names, probabilities.tolist(), strict=True))
    shares = {name: share for name, share in shares.items() if name not in rejected} or shares
    first = min(1.0, float(confidence)) if published in shares and not rejected else None
    others = {name: share for name, share in shares.items() if first is None or name != published}
    total, rest = sum(others.values()), 1.0 if first is None else 1.0 - first
    scaled = {name: rest * share / total if total > 0 else rest / max(1, len(others)) for name, share in others.items()}
    others_in_order = sorted(scaled.items(), key=lambda entry: -entry[1])
    return tuple(others_in_order) if first is None else ((str(published), first), *others_in_order)


def _margin(ranked: tuple[tuple[str, float], ...] | None, confidence: float) -> float:
    """Give the lead of the first class; where the second is not known, the least it can be."""
    if ranked is None or len(ranked) < 2:
        return float(np.clip(2 * confidence - 1, 0, 1))
    return float(np.clip(ranked[0][1] - ranked[1][1], 0, 1))


def _matrix(run: FinishedRun, model: PseudoLabelClassifier, rows: NDArray[np.int64]) -> Any:
    frames = [frame for _, frame in _frames(run, model, rows)]
    return model.features_.matrix(pd.concat(frames, ignore_index=True))


def _frames(
    run: FinishedRun, model: PseudoLabelClassifier, rows: NDArray[np.int64]
) -> Iterator[tuple[int, pd.DataFrame]]:
    """Give the columns a model was fitted on, of some rows, in frames of as many as are looked at together."""
    columns = [str(name) for name in model.feature_names_in_]
    cells, at_most = take_cells(run.rows, rows, columns), rows_of_batch(len(columns))
    for start in range(0, len(rows), at_most):
        yield start, frame_of(cells.slice(start, at_most))
