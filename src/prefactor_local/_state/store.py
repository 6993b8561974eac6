"""The data in SQLite. Each operation is one transaction. Several servers may use one file."""

from __future__ import annotations

import json
import os
import sqlite3
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TypeAlias

from prefactor_local._state import layout
from prefactor_local._state.file_access import is_in_use, obstacle

__all__ = ["WITHOUT_FILE", "WRITER_SECONDS", "Record", "Store"]

Record: TypeAlias = dict[str, Any]
"""A row, or a JSON object of the API."""

_encode = json.JSONEncoder(separators=(",", ":")).encode

WRITER_SECONDS = 5.0
"""How long a transaction waits for a writer of another process."""
UPGRADE_SECONDS = 300.0
"""The same, while servers bring a file of an earlier version up to date."""
WITHOUT_FILE = ("", ":memory:")
"""What keeps the data in no file."""
_JSON = frozenset(
    {"answer", "payload", "quality_payloads", "quality_schemas", "result_payload", "runtime_environment", "span_types"}
)
_BOOLEAN = frozenset({"retired", "sensitive_encoding"})
_CONVERTED = _JSON | _BOOLEAN

_HIGHEST = 2**63 - 1
_MOST_TRIES = 250
_SECONDS_BETWEEN_TRIES = 0.02


class Store:
    """A connection to the database. Any thread may use it, one transaction at a time.

    Args:
        database: A file, created if it does not exist, or `":memory:"`. Only its owner can read it, for it holds
            payloads and tokens.
        read_only: See `open_for_reading`.

    Raises:
        sqlite3.Error: The file is not a database, cannot be written, or belongs to another user, another program or
            another version of this package.
    """

    def __init__(self, database: str | Path, *, read_only: bool = False) -> None:
        self._lock = threading.RLock()
        self._file = None if str(database) in WITHOUT_FILE else Path(database)
        self._found: tuple[int, int] | None = None
        self._snapshot = _state_of(Path(database)) if read_only else None
        if not read_only:
            self._create_file()
            self._check_owner()
        # SQLite says only that it cannot open a file, or later that it cannot write it.
        if self._file and (reason := obstacle(self._file, write=not read_only)):
            raise sqlite3.OperationalError(reason)
        self._connection = _open(database, read_only=read_only)
        self.wait_for_writers(WRITER_SECONDS)
        self._check(read_only=read_only)

    @classmethod
    def open_for_reading(cls, file: str | Path) -> Store:
        """A store that changes nothing, not even the layout of the file. It does not wait for writers.

        If no server uses the file, it reads what is there now: it does not see what a server writes that starts later;
        see `is_outdated`.

        Raises:
            FileNotFoundError: There is no such file.
            sqlite3.Error: The file is not a database, belongs to another program or another version of this package, or
                cannot be read.
        """
        if not Path(file).exists():
            raise FileNotFoundError(f"there is no file {file}")
        return cls(file, read_only=True)

    def is_outdated(self) -> bool:
        """Whether the file was opened for reading while no server used it, and a server has begun to use it since."""
        return self._snapshot is not None and self._file is not None and _state_of(self._file) != self._snapshot

    def close(self) -> None:
        with self._lock:
            self._connection.close()

    def wait_for_writers(self, seconds: float) -> None:
        """Sets how long a transaction waits for a writer of another process."""
        self._connection.execute(f"PRAGMA busy_timeout = {int(seconds * 1000)}")

    @contextmanager
    def transaction(self, *, write: bool = True) -> Iterator[None]:
        """A block whose changes are all stored, or all discarded if an exception leaves it.

        Args:
            write: Whether the block may change something. It then waits for the writers of other processes first, for
                SQLite refuses a write if another one came since the block has read.

        Raises:
            sqlite3.Error: SQLite cannot read or write; or the block may write, but the file was deleted or replaced,
                so that nobody would find what it writes.
        """
        with self._lock:
            if write and self._found is not None and self._identity() != self._found:
                raise sqlite3.OperationalError(f"the file {self._file} was deleted or replaced: start the server again")
            self._connection.execute("BEGIN IMMEDIATE" if write else "BEGIN")
            try:
                yield
                self._connection.commit()
            except BaseException:
                self._connection.rollback()
                raise

    # Names of tables and columns come from this package and values are bound: no SQL injection (S608).

    def insert(self, table: str, **values: object) -> None:
        names, placeholders = ", ".join(values), ", ".join("?" * len(values))
        self._execute(f"INSERT INTO {table} ({names}) VALUES ({placeholders})", values)  # noqa: S608

    def update(self, table: str, record_id: str, **values: object) -> None:
        changes = ", ".join(f"{name} = ?" for name in values)
        self._execute(f"UPDATE {table} SET {changes} WHERE id = ?", {**values, "": record_id})  # noqa: S608

    def delete(self, table: str, record_id: str) -> None:
        self._execute(f"DELETE FROM {table} WHERE id = ?", {"": record_id})  # noqa: S608

    def find(self, table: str, **equal: object) -> Record | None:
        """The first row with these values, or None."""
        row = self._execute(f"SELECT * FROM {table} {_where(equal)} LIMIT 1", equal).fetchone()  # noqa: S608
        return None if row is None else _record(row)

    def find_all(self, table: str, **equal: object) -> list[Record]:
        """All rows with these values, in order of arrival."""
        return [_record(row) for row in self._execute(f"SELECT * FROM {table} {_where(equal)} ORDER BY seq", equal)]  # noqa: S608

    def exists(self, table: str, **equal: object) -> bool:
        return self._execute(f"SELECT 1 FROM {table} {_where(equal)} LIMIT 1", equal).fetchone() is not None  # noqa: S608

    def count_by_status(self, table: str, **equal: object) -> dict[str, int]:
        query = f"SELECT status, COUNT(*) FROM {table} {_where(equal)} GROUP BY status"  # noqa: S608
        return dict(self._execute(query, equal).fetchall())

    def select(self, query: str, *values: object) -> list[sqlite3.Row]:
        """The rows of a SELECT, as they are stored. The values may be what people have typed."""
        return self._connection.execute(query, [_bindable(value) for value in values]).fetchall()

    def records(self, query: str, *values: object) -> list[Record]:
        """The rows of a SELECT, converted as by `find`."""
        return [_record(row) for row in self.select(query, *values)]

    def next_change(self, instance_id: str) -> int:
        """The number of the next change of the spans of an instance."""
        query = "SELECT COALESCE(MAX(change), 0) + 1 FROM agent_span WHERE agent_instance_id = ?"
        return int(self._connection.execute(query, (instance_id,)).fetchone()[0])

    def get_or_store(self, key: str, default: str) -> str:
        """The value of a key. If the key has no value yet, the default becomes its value."""
        self._connection.execute("INSERT OR IGNORE INTO meta (key, value) VALUES (?, ?)", (key, default))
        return self.value(key) or default

    def value(self, key: str) -> str | None:
        """The value of a key, if it has one."""
        row = self._connection.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        return None if row is None else str(row["value"])

    def set_value(self, key: str, value: str | None) -> None:
        """Gives a key a value; None takes it away."""
        if value is None:
            self._connection.execute("DELETE FROM meta WHERE key = ?", (key,))
        else:
            self._connection.execute("INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)", (key, value))

    def _check(self, *, read_only: bool) -> None:
        try:
            self.wait_for_writers(WRITER_SECONDS)
            if read_only:
                layout.check_readable(self._connection)
            else:
                self._prepare()
                self._found = self._identity()
        except BaseException:
            self._connection.close()
            raise

    def _prepare(self) -> None:
        if not layout.is_new(self._connection):
            layout.check_origin(self._connection)
        self._make_private()
        self._use_write_ahead_log()
        self._connection.execute("PRAGMA synchronous = NORMAL")
        if not layout.is_new(self._connection) and (
            layout.is_earlier(self._connection) or self.value(layout.UNCOMPUTED) is not None
        ):
            self.wait_for_writers(UPGRADE_SECONDS)
        with self.transaction():
            if layout.is_new(self._connection):  # no other server has made the tables meanwhile
                layout.create_tables(self._connection)
            else:
                layout.upgrade(self._connection)

    def _use_write_ahead_log(self) -> None:
        """Switch the file to it. SQLite does not wait by itself here if another server is about to do the same."""
        for _ in range(_MOST_TRIES - 1):
            try:
                self._connection.execute("PRAGMA journal_mode = WAL")
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:  # the higher bits tell its kinds apart
                    raise
                time.sleep(_SECONDS_BETWEEN_TRIES)
            else:
                return
        self._connection.execute("PRAGMA journal_mode = WAL")

    def _create_file(self) -> None:
        if self._file is not None:
            with suppress(OSError):  # what is wrong is said when SQLite opens it
                os.close(os.open(self._file, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))

    def _check_owner(self) -> None:
        """Whoever owns the file, or one of those that SQLite uses beside it, can read what is written."""
        if self._file is None or sys.platform == "win32":  # where the folder decides
            return
        for file in self._files():
            with suppress(OSError):
                if file.stat().st_uid != os.geteuid():
                    raise sqlite3.DatabaseError(
                        f"{file.name} belongs to another user, who could read it: use another file"
                    )

    def _identity(self) -> tuple[int, int] | None:
        """Which file has the name of the database now."""
        if self._file is None:
            return None
        try:
            found = self._file.stat()
        except OSError:
            return (0, 0)
        return found.st_dev, found.st_ino

    def _files(self) -> list[Path]:
        return [Path(f"{self._file}{suffix}") for suffix in ("", "-wal", "-shm")]

    def _make_private(self) -> None:
        """Takes the file of an earlier version from all but its owner. New files beside it get its mode from SQLite."""
        if self._file is not None:
            for file in self._files():
                with suppress(OSError):
                    file.chmod(0o600)

    def _execute(self, query: str, values: Mapping[str, object]) -> sqlite3.Cursor:
        bound = [_json(value) if name in _JSON else value for name, value in values.items()]
        return self._connection.execute(query, bound)


def _open(database: str | Path, *, read_only: bool) -> sqlite3.Connection:
    name = _read_only_uri(Path(database)) if read_only else database
    connection = sqlite3.connect(name, check_same_thread=False, isolation_level=None, uri=read_only)
    connection.row_factory = sqlite3.Row
    return connection


def _read_only_uri(file: Path) -> str:
    """The URI of a file. SQLite creates a file beside that of a database, even to read it, unless nobody writes it."""
    return f"{file.absolute().as_uri()}?{'mode=ro' if is_in_use(file) else 'immutable=1'}"


def _state_of(file: Path) -> tuple[int, ...] | None:
    """What differs as soon as a server uses the file that nobody uses now; None if one uses it, or it is gone."""
    try:
        found = file.stat()
    except OSError:
        return None
    return None if is_in_use(file) else (found.st_ino, found.st_size, found.st_mtime_ns)


def _where(equal: Mapping[str, object]) -> str:
    return "WHERE " + " AND ".join(f"{name} IS ?" for name in equal) if equal else ""


def _bindable(value: object) -> object:
    """A value that SQLite takes, in place of a text that is not Unicode, or of an integer of more than 64 bits."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    return max(-_HIGHEST, min(value, _HIGHEST)) if isinstance(value, int) else value


def _json(value: object) -> str | None:
    return None if value is None else _encode(value)


def _record(row: sqlite3.Row) -> Record:
    record = dict(zip(row.keys(), row, strict=True))  # faster than dict(row)
    for name in _CONVERTED & record.keys():
        if record[name] is not None:
            record[name] = json.loads(record[name]) if name in _JSON else bool(record[name])
    return record
