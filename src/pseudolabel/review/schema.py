"""Schema: the tables of a review.

Takes  nothing.
Gives  the statements that make them, and what marks a file as ours.

Decisions are only ever added: triggers refuse all else, whoever opens the file. What follows from them (`standing`, and
`state` of a suggestion) is kept beside them and changed in the same commit, because a queue of 200,000 rows has to be
entered in a millisecond. One index for each order of the queue; each holds what the filters ask for.

Before this: nothing. After this: database.py.
"""

APPLICATION = 0x504C4142
"""Marks the file as ours: "PLAB"."""

VERSION = 1
"""Raised when the meaning of a table changes; a file with a higher one is not read."""

WAITING, SKIPPED, SETTLED, GIVEN = range(4)
"""`state` of a suggestion."""

ORDERS = {
    "doubtful": ("margin",),
    "useful": ("useful",),
    "cluster": ("place", "margin"),
    "surest": ("surest",),
    "random": ("shuffle",),
}
"""The orders of the queue: the columns of `suggestion` each goes by, upwards; rows decide where these are equal."""

LAST_PLACE = 2**63 - 1
"""Of a row without a cluster, in the order by cluster."""

_TABLES = f"""
CREATE TABLE meta(key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;

CREATE TABLE item(
  row INTEGER PRIMARY KEY CHECK(row >= 0),
  key TEXT NOT NULL UNIQUE,
  kind TEXT NOT NULL CHECK(kind IN ('row', 'text', 'image')),
  shown TEXT NOT NULL,
  given TEXT,
  checksum INTEGER NOT NULL) STRICT;
CREATE INDEX item_given ON item(row) WHERE given IS NOT NULL;

CREATE TABLE class(
  number INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  fold_key TEXT NOT NULL,
  made_by INTEGER REFERENCES decision(seq)) STRICT;
CREATE INDEX class_fold_key ON class(fold_key);

CREATE TABLE round(
  number INTEGER PRIMARY KEY CHECK(number >= 1),
  is_done INTEGER NOT NULL CHECK(is_done IN (0, 1)),
  upto INTEGER NOT NULL CHECK(upto >= 0),
  config TEXT NOT NULL,
  evidence TEXT,
  at TEXT NOT NULL) STRICT;

CREATE TABLE suggestion(
  row INTEGER NOT NULL REFERENCES item(row),
  round INTEGER NOT NULL REFERENCES round(number),
  state INTEGER NOT NULL CHECK(state BETWEEN {WAITING} AND {GIVEN}),
  class INTEGER NOT NULL REFERENCES class(number),
  confidence REAL NOT NULL CHECK(confidence BETWEEN 0 AND 1),
  margin REAL NOT NULL CHECK(margin BETWEEN 0 AND 1),
  impact REAL NOT NULL,
  novelty REAL NOT NULL CHECK(novelty BETWEEN 0 AND 1),
  cluster INTEGER,
  accepted INTEGER NOT NULL CHECK(accepted IN (0, 1)),
  shuffle INTEGER NOT NULL,
  useful REAL AS (-impact) VIRTUAL,
  surest REAL AS (-confidence) VIRTUAL,
  place INTEGER AS (coalesce(cluster, {LAST_PLACE})) VIRTUAL,
  PRIMARY KEY(row, round)) STRICT, WITHOUT ROWID;

CREATE TABLE grounds(
  row INTEGER NOT NULL,
  round INTEGER NOT NULL,
  ranked TEXT NOT NULL,
  nearest TEXT NOT NULL,
  PRIMARY KEY(row, round)) STRICT;

CREATE TABLE decision(
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  request_id TEXT NOT NULL UNIQUE,
  batch TEXT,
  row INTEGER NOT NULL REFERENCES item(row),
  round INTEGER REFERENCES round(number),
  action TEXT NOT NULL CHECK(action IN ('accept', 'correct', 'reject', 'skip', 'new_class', 'undo')),
  label TEXT,
  suggested TEXT,
  shown_label TEXT,
  shown_confidence REAL,
  is_blind INTEGER NOT NULL CHECK(is_blind IN (0, 1)),
  is_confirmed INTEGER NOT NULL CHECK(is_confirmed IN (0, 1)),
  is_settling INTEGER NOT NULL CHECK(is_settling IN (0, 1)),
  is_audit INTEGER NOT NULL CHECK(is_audit IN (0, 1)),
  undoes INTEGER UNIQUE REFERENCES decision(seq),
  seen INTEGER NOT NULL CHECK(seen >= 0),
  reviewer TEXT NOT NULL,
  at TEXT NOT NULL,
  dwell_ms INTEGER CHECK(dwell_ms >= 0),
  checksum INTEGER NOT NULL,
  CHECK((action = 'undo') = (undoes IS NOT NULL)),
  CHECK((action IN ('accept', 'correct', 'reject', 'new_class')) = (label IS NOT NULL))) STRICT;
CREATE INDEX decision_row ON decision(row, seq);
CREATE INDEX decision_reviewer ON decision(reviewer, seq);
CREATE INDEX decision_label ON decision(label) WHERE label IS NOT NULL;
CREATE INDEX decision_batch ON decision(batch) WHERE batch IS NOT NULL;
CREATE INDEX decision_blind ON decision(seq) WHERE is_blind = 1;

CREATE VIEW live AS SELECT d.* FROM decision AS d
  WHERE d.action <> 'undo' AND NOT EXISTS (SELECT 1 FROM decision AS u WHERE u.undoes = d.seq);

CREATE TABLE standing(
  row INTEGER PRIMARY KEY REFERENCES item(row),
  kind TEXT NOT NULL CHECK(kind IN ('accepted', 'corrected', 'conflict', 'open')),
  state INTEGER NOT NULL CHECK(state BETWEEN {WAITING} AND {SETTLED}),
  label TEXT,
  seq INTEGER NOT NULL,
  checksum INTEGER NOT NULL) STRICT;
CREATE INDEX standing_kind ON standing(kind, state, label);
CREATE INDEX standing_seq ON standing(seq);
"""


def _indexes() -> list[str]:
    return [
        f"CREATE INDEX suggestion_{order} ON suggestion(round, state, {', '.join(columns)}, row, class, confidence, "
        "cluster)"
        for order, columns in ORDERS.items()
    ]


def _triggers() -> list[str]:
    kept = [
        f"CREATE TRIGGER {table}_no_{verb} BEFORE {verb} ON {table} BEGIN "
        f"SELECT RAISE(ABORT, '{table} is only ever added to'); END"
        for table in ("item", "class", "decision")
        for verb in ("update", "delete")
    ]
    replaced = (  # INSERT OR REPLACE deletes without asking the triggers above
        "CREATE TRIGGER decision_no_replace BEFORE INSERT ON decision WHEN EXISTS (SELECT 1 FROM decision WHERE seq = "
        "NEW.seq OR request_id = NEW.request_id OR undoes = NEW.undoes) BEGIN "
        "SELECT RAISE(ABORT, 'decision is only ever added to'); END"
    )
    return [*kept, replaced]


STATEMENTS = [*filter(str.strip, _TABLES.split(";\n")), *_indexes(), *_triggers()]
