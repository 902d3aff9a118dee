"""Database: the file of a review, made whole and opened with care.

Takes  a path.
Gives  a Database, which lends each thread a connection, to read from one moment or to write in one commit.

Write-ahead log, and every commit is on the disk before it is reported: readers and a writer do not wait for each
other, and an answer that was shown as saved survives a power cut. What opens is ours, sound, and of a version that we
know: SQLite itself takes an empty file for a new database, and answers from a damaged one as if nothing were wrong.

Before this: schema.py. After this: log.py, rounds.py, store.py.
"""

import os
import sqlite3
import struct
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from pseudolabel.errors import BusyError, InputError, PseudolabelError, ResourceError
from pseudolabel.review.schema import APPLICATION, STATEMENTS, VERSION
from pseudolabel.storage import flush_folder, flush_to_disk

OLDEST_SQLITE = (3, 37, 0)
"""The first with STRICT tables, which refuse a text where a number should stand."""

BUSY_S = 10.0
"""Seconds to wait for another writer."""

CHECKS = ["quick_check(1)", *(f"integrity_check({table})" for table in ("decision", "item", "class", "standing"))]
"""All pages; and that the indexes of what people saw and said agree with it. Those of suggestions are left out: they
are ten times as large, and what is wrong there is an order or a number, which the next round writes anew."""

CACHE_KIB = 65536
"""Memory of a connection for pages at most: the indexes of 200,000 rows, which a new round adds to in no order."""

SETTINGS = (
    "synchronous = FULL",
    "foreign_keys = ON",
    "trusted_schema = OFF",
    "temp_store = MEMORY",
    f"cache_size = -{CACHE_KIB}",
)
"""Of every connection."""

HEADER_BYTES = 100
MAGIC = b"SQLite format 3\x00"
VERSION_AT, APPLICATION_AT, PAGE_AT = 60, 68, 16
"""Where in the header these stand, the highest byte first; 4 bytes each, and 2 for the bytes of a page:
https://sqlite.org/fileformat.html"""

LARGEST_PAGE = 65_536
"""Bytes; it is written as 1."""

FULL_CODES = {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN}
DAMAGED_CODES = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
BUSY_CODES = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_PROTOCOL}


class Database:
    """The connections to a review, one for each thread.

    Parameters
    ----------
    path : Path
        Of a file that `require_sound` has let pass.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._connections: dict[threading.Thread, sqlite3.Connection] = {}
        self._opening = threading.Lock()
        self._writing = threading.Lock()
        self._file = _identity(path)

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Lend a connection that sees the file as it is at this moment, whatever is written meanwhile."""
        with plain_errors(self.path):
            connection = self._connection()
            if connection.in_transaction:
                yield connection
                return
            connection.execute("BEGIN")
            try:
                yield connection
            finally:
                connection.execute("ROLLBACK")

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Lend a connection to write with; all of it is stored at the end, or nothing if an error comes first.

        Threads take turns here, as SQLite only polls: under load it would let some wait for seconds.
        """
        with plain_errors(self.path):
            connection = self._connection()
            with self._writing:
                self._require_there()
                connection.execute("BEGIN IMMEDIATE")
                try:
                    yield connection
                    connection.execute("COMMIT")
                except BaseException:
                    with suppress(sqlite3.Error):  # a full disk has ended the transaction already
                        connection.execute("ROLLBACK")
                    raise

    def close(self) -> None:
        """Close the connections of all threads; the last one folds the write-ahead log into the file."""
        with self._opening:
            for connection in self._connections.values():
                connection.close()
            self._connections.clear()

    def _require_there(self) -> None:
        """Raise if the file was moved or deleted: SQLite would go on in one that nobody finds again."""
        if _identity(self.path) != self._file:
            raise ResourceError(
                f"{str(self.path)!r} was moved, replaced or deleted while it was open. Nothing was stored; put it back "
                "and start the review again."
            )

    def _connection(self) -> sqlite3.Connection:
        me = threading.current_thread()
        connection = self._connections.get(me)
        if connection is None:
            connection = connect(self.path)
            with self._opening:
                for thread in [thread for thread in self._connections if not thread.is_alive()]:
                    self._connections.pop(thread).close()
                self._connections[me] = connection
        return connection


def _identity(path: Path) -> tuple[int, int] | None:
    """Give what tells a file from any other on this machine; None where there is none."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino


def connect(path: Path, mode: str = "rw") -> sqlite3.Connection:
    """Open the database at `path`, which is never created by it."""
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode={mode}",
        uri=True,
        timeout=BUSY_S,
        isolation_level=None,
        check_same_thread=False,  # a connection is used by one thread, and closed by whichever ends the review
    )
    try:
        for setting in SETTINGS:
            connection.execute(f"PRAGMA {setting}")
    except sqlite3.Error:  # the file is no database
        connection.close()
        raise
    return connection


def create_database(path: Path, fill: Callable[[sqlite3.Connection], None]) -> None:
    """Make a review at `path`, whole or not at all, that only its owner may read.

    Parameters
    ----------
    path : Path
        Where nothing may stand; its folder must exist.
    fill : function of a connection
        Writes what a new review begins with.

    Raises
    ------
    InputError
        If something stands there, or the folder keeps no write-ahead log, as network folders do.
    ResourceError
        If the disk is full or the system refuses.
    """
    require_sqlite()
    if os.path.lexists(path):
        raise InputError(f"{str(path)!r} exists. Open it, or move it away to begin a new review.")
    try:
        with tempfile.TemporaryDirectory(prefix=f".{path.name}.", dir=path.parent) as folder:
            made = Path(folder) / path.name
            made.touch(0o600, exist_ok=False)
            with plain_errors(path), closing(connect(made)) as connection:
                _lay_out(connection, path)
                fill(connection)
                connection.execute("COMMIT")
            flush_to_disk(made)
            _put_down(made, path)
        flush_folder(path.parent)
    except OSError as error:
        if isinstance(error, PseudolabelError):
            raise
        raise ResourceError(
            f"Cannot write {str(path)!r}: {error.strerror or error}. Nothing of it was left; make room or choose "
            "another place."
        ) from error


def _lay_out(connection: sqlite3.Connection, path: Path) -> None:
    """Make the tables, and leave the transaction open."""
    connection.execute(f"PRAGMA application_id = {APPLICATION}")
    connection.execute(f"PRAGMA user_version = {VERSION}")
    if connection.execute("PRAGMA journal_mode = WAL").fetchone()[0] != "wal":
        raise InputError(
            f"The folder of {str(path)!r} keeps no write-ahead log, as folders on a network do. Copy the run to a disk "
            "of this machine and review it there."
        )
    connection.execute("BEGIN IMMEDIATE")
    for statement in STATEMENTS:
        connection.execute(statement)


def _put_down(made: Path, path: Path) -> None:
    """Give the file its name unless something got there first."""
    try:
        os.link(made, path)
    except FileExistsError:
        raise InputError(f"{str(path)!r} was made by another process in the meantime. Open that one.") from None
    except OSError:  # a file system without hard links
        if os.path.lexists(path):
            raise InputError(f"{str(path)!r} was made by another process in the meantime. Open that one.") from None
        os.replace(made, path)


def require_sqlite() -> None:
    """Raise if Python came with an SQLite that is too old for us.

    Raises
    ------
    InputError
    """
    if sqlite3.sqlite_version_info < OLDEST_SQLITE:
        oldest = ".".join(map(str, OLDEST_SQLITE[:2]))
        raise InputError(
            f"A review needs SQLite {oldest} or newer; this Python came with {sqlite3.sqlite_version}. Install a newer "
            "Python."
        )


def require_sound(path: Path, look: Callable[[sqlite3.Connection], str | None]) -> None:
    """Raise unless the file is a review that is whole, and of a version that we know. Nothing is written.

    Parameters
    ----------
    path : Path
    look : function of a connection
        Says what else is wrong with it; None if nothing is.

    Raises
    ------
    InputError
        Saying what is wrong with it, and what can be done.
    """
    require_sqlite()
    _require_ours(path, _header(path))
    with plain_errors(path), closing(connect(path, "ro")) as connection:
        _require_known(path, connection.execute("PRAGMA user_version").fetchone()[0])  # of the log, if it is newer
        if _schema(connection) != _schema_wanted():
            raise _damaged(path, "its tables are not those of a review")
        for check in CHECKS:
            found = connection.execute(f"PRAGMA {check}").fetchone()[0]
            if found != "ok":
                raise _damaged(path, found.splitlines()[-1])
        damage = look(connection)
        if damage is not None:
            raise _damaged(path, damage)
    if not os.access(path, os.W_OK) or not os.access(path.parent, os.W_OK):
        raise InputError(f"{str(path)!r} or its folder must not be written to, so no answer could be stored in it.")


def _header(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(HEADER_BYTES)
    except FileNotFoundError:
        raise InputError(f"There is no review {str(path)!r}. Begin one with `pseudolabel review`.") from None
    except OSError as error:
        raise InputError(f"{str(path)!r} cannot be read: {error.strerror}.") from error


def _require_ours(path: Path, header: bytes) -> None:
    """Judge the file by its first bytes, before SQLite may touch it."""
    if not header:
        raise _damaged(path, "it is empty, 0 bytes")
    if len(header) < HEADER_BYTES or not header.startswith(MAGIC):
        raise _damaged(path, "it does not begin as a database does")
    version, application = (struct.unpack_from(">I", header, place)[0] for place in (VERSION_AT, APPLICATION_AT))
    page = struct.unpack_from(">H", header, PAGE_AT)[0]
    if path.stat().st_size % (page if page > 1 else LARGEST_PAGE):
        raise _damaged(path, "it was cut short")
    if application != APPLICATION:
        raise InputError(
            f"{str(path)!r} is a database, but not of a review by pseudolabel. It was left as it is; move it away to "
            "begin a review."
        )
    _require_known(path, version)


def _require_known(path: Path, version: int) -> None:
    if version > VERSION:
        raise InputError(
            f"{str(path)!r} was written by a newer pseudolabel (its format is {version}, this one knows {VERSION}). "
            "Nothing of it was read or written. Update: pip install --upgrade pseudolabel."
        )
    if version < VERSION:
        raise _damaged(path, f"its format is {version}, which there never was")


def _damaged(path: Path, how: str) -> InputError:
    return InputError(
        f"{str(path)!r} is damaged: {how}. It was left as it is. Put a copy of it back; or save what can still be read "
        f'(sqlite3 "{path.name}" .recover), move the file away, and begin a new review.'
    )


def _schema(connection: sqlite3.Connection) -> list[tuple[str, str]]:
    return connection.execute(
        "SELECT name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%' ORDER BY name"
    ).fetchall()


def _schema_wanted() -> list[tuple[str, str]]:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        for statement in STATEMENTS:
            connection.execute(statement)
        return _schema(connection)


@contextmanager
def plain_errors(path: Path) -> Iterator[None]:
    """Say in our words what SQLite reports about the file or the machine; errors of ours in SQL stay as they are."""
    try:
        yield
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_OK) & 0xFF  # without the details
        if code in BUSY_CODES:
            raise BusyError(
                f"{str(path)!r} was kept busy by another process for {BUSY_S:.0f} s. Nothing was stored; try again."
            ) from error
        if code in DAMAGED_CODES:
            raise _damaged(path, str(error)) from error
        if code in FULL_CODES:
            raise ResourceError(
                f"Cannot write {str(path)!r}: {error}. Nothing was stored; make room and try again."
            ) from error
        raise
