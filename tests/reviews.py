"""Reviews to try things on: small ones, made whole."""

from itertools import count

from pseudolabel.review.store import Answer, Item, Store, Suggestion

CLASSES = ("cat", "dog", "fox")

_requests = count()


def suggestion_for(row, label="cat", confidence=None, **more):
    """A suggestion whose confidence, if none is told, rises with the row: row 0 is the most doubtful one."""
    confidence = 1 - 0.5 / (1 + row / 1000) if confidence is None else confidence
    fields = {"margin": 2 * confidence - 1, "impact": 1 / (1 + row), "novelty": 0.0, **more}
    return Suggestion(row, label, confidence, **fields)


def review_of(path, n_rows=5, suggestions=None, meta=None, given=()):
    """A review of `n_rows` rows with one round of suggestions; by default all are cats."""
    store = Store.create(path, meta=meta or {}, classes=CLASSES)
    rows = range(n_rows)
    store.add_items(Item(row, f"id{row}", "row", f'{{"size": "{row}"}}', given=dict(given).get(row)) for row in rows)
    add_round(store, [suggestion_for(row) for row in rows] if suggestions is None else suggestions)
    return store


def add_round(store, suggestions, upto=None):
    return store.add_round(suggestions, upto=store.last_seq() if upto is None else upto, config={}, evidence=None)


def answer_to(store, row, action="accept", label="cat", reviewer="ann", seen=None, request_id=None, **more):
    """An answer by somebody who has the page as it is now, unless `seen` says otherwise."""
    seen = store.item(row).newest_seq if seen is None else seen
    label = None if action == "skip" else label
    return Answer(row, action, label, reviewer, request_id or f"request {next(_requests)}", seen, **more)


def decide(store, row, *args, **more):
    return store.decide(answer_to(store, row, *args, **more))


def undo(store, reviewer="ann", seq=None):
    return store.undo(reviewer, f"request {next(_requests)}", seq)
