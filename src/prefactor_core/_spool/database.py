"""The database of a spool file: all SQL is here."""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, NamedTuple, TypeAlias

__all__ = [
    "Change",
    "Database",
    "NeverWrittenError",
    "OpenEntry",
    "StoredRow",
    "UnknownFormatError",
    "UnreadableRowError",
    "check_format",
    "is_corrupt",
    "is_open_elsewhere",
    "readable",
]

_FORMAT = 1
_OPEN_SECONDS = 1.0
_BUSY_MILLISECONDS = 50  # somebody is reading the file, and the log of SQLite is shortened another time
_LARGE_WAL_BYTES = 64 * 1024 * 1024
_WAL_BYTES = 4 * 1024 * 1024
_FREE_PAGES = 1000
_READ_BYTES = 4 * 1024 * 1024

_TABLES = """
CREATE TABLE about (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE operations (number INTEGER PRIMARY KEY, body TEXT NOT NULL);
CREATE TABLE open (id TEXT PRIMARY KEY, kind TEXT NOT NULL, instance TEXT NOT NULL, schema_name TEXT NOT NULL,
    agent TEXT NOT NULL, at TEXT NOT NULL, number INTEGER NOT NULL, shared INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID;
CREATE TABLE ids (old TEXT PRIMARY KEY, new TEXT, number INTEGER NOT NULL) WITHOUT ROWID;
"""

# A change is one statement: a trigger of the connection carries it out, in one transaction. With a statement for each
# table, the thread would give the GIL away for each, and a busy program returns it after 5 ms each time.
_CHANGE = """
CREATE TEMP VIEW change AS SELECT 0 AS first, '' AS bodies, '' AS opened, '' AS closed, '' AS renamed, '' AS done;
CREATE TEMP TRIGGER apply_change INSTEAD OF INSERT ON change BEGIN
    INSERT INTO operations (number, body) SELECT NEW.first + key, value FROM json_each(NEW.bodies);
    INSERT OR REPLACE INTO open (id, kind, instance, schema_name, agent, at, number)
        SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]'), json_extract(value, '$[2]'),
            json_extract(value, '$[3]'), json_extract(value, '$[4]'), json_extract(value, '$[5]'),
            json_extract(value, '$[6]')
        FROM json_each(NEW.opened);
    DELETE FROM open WHERE id IN (SELECT value FROM json_each(NEW.closed));
    INSERT OR REPLACE INTO ids (old, new, number)
        SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]'), json_extract(value, '$[2]')
        FROM json_each(NEW.renamed);
    DELETE FROM operations WHERE number IN (SELECT value FROM json_each(NEW.done));
END;
"""

OpenKind: TypeAlias = Literal["run", "span"]


class OpenEntry(NamedTuple):
    """A run or a span that was started and not finished.

    Attributes:
        id: its first id.
        kind: which of the two.
        instance: the first id of its agent instance.
        schema_name: the span type; empty for a run.
        agent: the name of the agent.
        at: when it was started, in ISO 8601.
        number: those with a higher number were started later.
    """

    id: str
    kind: OpenKind
    instance: str
    schema_name: str
    agent: str
    at: str
    number: int


class StoredRow(NamedTuple):
    """An operation in the file.

    Attributes:
        number: its place in the order.
        body: the operation as text; see `encoding`.
    """

    number: int
    body: str


@dataclass(slots=True)
class Change:
    """What changes in one transaction.

    Attributes:
        first: the number of the first body; the others follow.
        bodies: operations to add.
        opened: runs and spans that were started.
        closed: the ids of those that were finished, or will never exist.
        renamed: ids that the API has replaced, with the new one, which is None if the create failed, and the highest
            number of an operation that may contain the old id.
        done: the numbers of operations that are settled.
    """

    first: int = 0
    bodies: list[str] = field(default_factory=list)
    opened: dict[str, OpenEntry] = field(default_factory=dict)
    closed: dict[str, None] = field(default_factory=dict)
    renamed: dict[str, tuple[str | None, int]] = field(default_factory=dict)
    done: list[int] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        """Nothing changes."""
        return not (self.bodies or self.opened or self.closed or self.renamed or self.done)


class UnknownFormatError(Exception):
    """The file was written by another version of this package, or is none of ours."""


class UnreadableRowError(Exception):
    """The text of an operation describes none."""


class NeverWrittenError(UnknownFormatError):
    """The file is new: its process is just making it, or was killed while it did."""


def check_format(connection: sqlite3.Connection) -> None:
    """Check that this version of the package can read a file.

    Raises:
        UnknownFormatError: it cannot. Its subclass NeverWrittenError: there is nothing in it.
    """
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version == 0 and not connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
        raise NeverWrittenError("it is empty")
    if version != _FORMAT:
        raise UnknownFormatError(f"format {version}; this version reads format {_FORMAT}")


def readable(text: bytes) -> str:
    """A text of a file, also a damaged one. The error of SQLite would contain the text, and get into the log."""
    return text.decode(errors="replace")


def is_open_elsewhere(path: Path) -> bool:
    """Whether a process, also this one, has the file open: SQLite's own lock says so."""
    with _guard, contextlib.closing(sqlite3.connect(path, timeout=0, isolation_level=None)) as connection:
        connection.execute("PRAGMA locking_mode = EXCLUSIVE")  # first, before the file is read
        try:
            connection.execute("PRAGMA user_version").fetchone()
            connection.execute("PRAGMA synchronous = OFF")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorname == "SQLITE_BUSY":
                return True
            raise
    return False


class _ForkGuard:
    """Lets no fork happen while a thread is inside SQLite: its locks would be held in the child for ever."""

    def __init__(self) -> None:
        self.renew()

    def renew(self) -> None:
        """In a forked child: no other thread exists."""
        self._changed = threading.Condition()
        self._inside = 0
        self._forking = False

    def __enter__(self) -> None:
        with self._changed:
            while self._forking:
                self._changed.wait(_FORK_SECONDS)
            self._inside += 1

    def __exit__(self, *_: object) -> None:
        with self._changed:
            self._inside -= 1
            self._changed.notify_all()

    def before_fork(self) -> None:
        with self._changed:
            self._forking = True
            self._changed.wait_for(lambda: not self._inside, _FORK_SECONDS)

    def after_fork_in_parent(self) -> None:
        with self._changed:
            self._forking = False
            self._changed.notify_all()


_FORK_SECONDS = 2.0
_guard = _ForkGuard()

if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=_guard.before_fork, after_in_parent=_guard.after_fork_in_parent, after_in_child=_guard.renew
    )


class Database:
    """An open database. All methods are called on one thread, and raise sqlite3.Error.

    Args:
        path: the file, which exists. An empty one gets its tables.
        about: what is written about a new file.

    Raises:
        UnknownFormatError: another version of this package has written the file.
    """

    def __init__(self, path: Path, about: dict[str, str] | None = None) -> None:
        self.path = path
        self._wal = Path(f"{path}-wal")
        with _guard:
            self._connection = sqlite3.connect(path, timeout=_OPEN_SECONDS, isolation_level=None)
            self._connection.text_factory = readable
            try:
                self._open(about)
            except BaseException:
                self._connection.close()
                raise

    def _open(self, about: dict[str, str] | None) -> None:
        connection = self._connection
        connection.execute("PRAGMA synchronous = OFF")  # nothing that could be lost is written here
        if about is not None:
            connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA secure_delete = ON")  # what was delivered is overwritten
        connection.execute("PRAGMA temp_store = MEMORY")
        connection.execute("PRAGMA wal_autocheckpoint = 0")
        if about is not None:
            connection.executescript(f"BEGIN;{_TABLES}PRAGMA user_version = {_FORMAT};COMMIT;")
            connection.executemany("INSERT INTO about VALUES (?, ?)", about.items())
        check_format(connection)
        connection.executescript(_CHANGE)
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute(f"PRAGMA busy_timeout = {_BUSY_MILLISECONDS}")
        self._has_ids = connection.execute("SELECT 1 FROM ids LIMIT 1").fetchone() is not None

    def apply(self, change: Change) -> None:
        """Carry out a change, all or nothing."""
        values = (
            change.first,
            json.dumps(change.bodies),
            json.dumps(list(change.opened.values())),
            json.dumps(list(change.closed)),
            json.dumps([(old, *new) for old, new in change.renamed.items()]),
            json.dumps(change.done),
        )
        with _guard:
            self._connection.execute("INSERT INTO change VALUES (?, ?, ?, ?, ?, ?)", values)
        self._has_ids = self._has_ids or bool(change.renamed)

    def share_open(self) -> None:
        """Record that a forked child may go on with what is open now."""
        with _guard:
            self._connection.execute("UPDATE open SET shared = 1")

    def forget_open(self) -> None:
        """Record that the program has left what is open now as it is."""
        with _guard:
            self._connection.execute("DELETE FROM open")

    def read(self, first: int, last: int, limit: int) -> list[StoredRow]:
        """The operations with numbers from `first` to `last`, at most `limit` of them, and fewer if they are large."""
        query = (
            "SELECT json_group_array(json_array(number, body)) FROM "
            "(SELECT number, body, sum(length(body)) OVER (ORDER BY number) - length(body) AS before FROM "
            "(SELECT number, CAST(body AS TEXT) AS body FROM operations "
            "WHERE number BETWEEN ? AND ? ORDER BY number LIMIT ?)) "
            "WHERE before < ?"
        )
        with _guard:  # one row of the result, since the GIL is given away for each
            (rows,) = self._connection.execute(query, (first, last, limit, _READ_BYTES)).fetchone()
        return [StoredRow(*row) for row in json.loads(rows)]

    def creates_later(self, number: int, record_id: str) -> bool:
        """Whether an operation after `number` creates the span with this id."""
        query = (
            "SELECT 1 FROM operations WHERE number > ? AND instr(substr(body, 1, instr(body, char(10))), ?) > 0 LIMIT 1"
        )
        with _guard:
            return bool(self._connection.execute(query, (number, f'"creates": {json.dumps(record_id)}')).fetchone())

    def new_id(self, old: str) -> tuple[str | None] | None:
        """The id that replaces one, in a tuple; None if it was not replaced."""
        if not self._has_ids:
            return None
        with _guard:
            found: tuple[str | None] | None = self._connection.execute(
                "SELECT new FROM ids WHERE old = ?", (old,)
            ).fetchone()
            return found

    def count(self) -> int:
        """How many operations there are."""
        return self._number("SELECT count(*) FROM operations")

    def last_number(self) -> int:
        """The highest number of an operation."""
        return self._number("SELECT coalesce(max(number), 0) FROM operations")

    def about(self) -> dict[str, str]:
        """What is known about the file."""
        with _guard:
            return dict(self._connection.execute("SELECT name, value FROM about"))

    def open_entries(self, *, shared: bool = False) -> list[OpenEntry]:
        """The runs and spans that were not finished, the last one first; with those that a child may go on with."""
        query = (
            "SELECT id, kind, instance, schema_name, agent, at, number FROM open WHERE shared <= ? "
            "ORDER BY kind DESC, number DESC"
        )
        with _guard:
            return [OpenEntry(*row) for row in self._connection.execute(query, (int(shared),))]

    def tidy(self, *, idle: bool) -> None:
        """Remove what is not needed any more: old ids, delivered payloads in the log of SQLite, empty pages.

        Args:
            idle: nothing waits to be written. Otherwise only what has grown large is tidied.
        """
        with _guard:
            is_empty = idle and not self.count()
            wal_bytes = self._wal_bytes()
            if wal_bytes <= (0 if is_empty else _WAL_BYTES if idle else _LARGE_WAL_BYTES):
                return
            if is_empty:  # nothing that could be lost is written; to wait for the disk would delay what comes next
                self._connection.execute("PRAGMA synchronous = OFF")
            self._connection.execute(
                "DELETE FROM ids WHERE number < (SELECT coalesce(min(number), 9e18) FROM operations) "
                "AND old NOT IN (SELECT id FROM open UNION ALL SELECT instance FROM open)"
            )
            if self._number("PRAGMA freelist_count") > _FREE_PAGES:
                self._connection.execute("PRAGMA incremental_vacuum").fetchall()
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            self._connection.execute("PRAGMA synchronous = NORMAL")

    def close(self, *, discard: bool = False) -> None:
        """Close the file; it need not be complete on disk if it is discarded."""
        with _guard:
            if discard:
                self._connection.execute("PRAGMA synchronous = OFF")
            self._connection.close()

    def _wal_bytes(self) -> int:
        try:
            return self._wal.stat().st_size
        except OSError:
            return 0

    def _number(self, query: str) -> int:
        with _guard:
            (number,) = self._connection.execute(query).fetchone()
            return int(number)


def is_corrupt(error: Exception) -> bool:
    """Whether an error says that the file is damaged. Errors without a name come from reading a text that is none."""
    if isinstance(error, sqlite3.DatabaseError):
        return getattr(error, "sqlite_errorname", "SQLITE_CORRUPT") in {"SQLITE_CORRUPT", "SQLITE_NOTADB"}
    return isinstance(error, UnreadableRowError)
