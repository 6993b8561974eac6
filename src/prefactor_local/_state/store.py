"""The data in SQLite. Each operation is one transaction. Several servers may use one file."""

from __future__ import annotations

import json
import os
import sqlite3
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TypeAlias

__all__ = ["WITHOUT_FILE", "Record", "Store"]

Record: TypeAlias = dict[str, Any]
"""A row, or a JSON object of the API."""

_encode = json.JSONEncoder(separators=(",", ":")).encode

LAYOUT = 3
"""The version of the tables below; raise it with every change of them."""
APPLICATION = 0x50464C41
"""What tells our files from those of other programs (`PRAGMA application_id`)."""

# `seq` keeps the order of arrival. There are no foreign keys: a span may arrive before its parent.
_TABLES = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
CREATE TABLE token (token TEXT PRIMARY KEY, agent_id TEXT NOT NULL, environment_id TEXT NOT NULL) STRICT;
CREATE TABLE agent (
    seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, name TEXT NOT NULL, description TEXT,
    external_identifier TEXT UNIQUE, owner_person_id TEXT, risk_profile_id TEXT, team_id TEXT,
    retired INTEGER NOT NULL DEFAULT 0, inserted_at TEXT NOT NULL, updated_at TEXT NOT NULL
) STRICT;
CREATE TABLE agent_deployment (
    seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, agent_id TEXT NOT NULL, environment_id TEXT NOT NULL,
    current_version_id TEXT, inserted_at TEXT NOT NULL, updated_at TEXT NOT NULL, UNIQUE (agent_id, environment_id)
) STRICT;
CREATE TABLE agent_version (
    seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, agent_id TEXT NOT NULL, fingerprint TEXT NOT NULL,
    external_identifier TEXT, runtime_environment TEXT, agent_schema_version_id TEXT NOT NULL,
    inserted_at TEXT NOT NULL, UNIQUE (agent_id, fingerprint)
) STRICT;
CREATE TABLE agent_schema_version (
    seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, agent_id TEXT NOT NULL, fingerprint TEXT NOT NULL,
    external_identifier TEXT, span_types TEXT NOT NULL, quality_schemas TEXT NOT NULL, inserted_at TEXT NOT NULL,
    UNIQUE (agent_id, fingerprint)
) STRICT;
CREATE TABLE agent_instance (
    seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, agent_id TEXT NOT NULL, agent_version_id TEXT NOT NULL,
    agent_schema_version_id TEXT NOT NULL, environment_id TEXT NOT NULL, agent_deployment_id TEXT NOT NULL,
    status TEXT NOT NULL, started_at TEXT, finished_at TEXT, termination_reason TEXT, external_identifier TEXT,
    purpose TEXT NOT NULL, quality_payloads TEXT NOT NULL, inserted_at TEXT NOT NULL, updated_at TEXT NOT NULL,
    UNIQUE (agent_id, external_identifier)
) STRICT;
CREATE TABLE agent_span (
    seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, agent_id TEXT NOT NULL, agent_instance_id TEXT NOT NULL,
    agent_schema_version_id TEXT NOT NULL, parent_span_id TEXT, schema_name TEXT NOT NULL, status TEXT NOT NULL,
    payload TEXT NOT NULL, result_payload TEXT, sensitive_encoding INTEGER, started_at TEXT, finished_at TEXT,
    inserted_at TEXT NOT NULL, updated_at TEXT NOT NULL
) STRICT;
CREATE INDEX agent_span_of_instance ON agent_span (agent_instance_id, status);
CREATE TABLE answered (
    token TEXT, operation TEXT, key TEXT, fingerprint TEXT NOT NULL, answer TEXT NOT NULL,
    PRIMARY KEY (token, operation, key)
) STRICT;
"""
WITHOUT_FILE = ("", ":memory:")
"""What keeps the data in no file."""
_JSON = frozenset(
    {"answer", "payload", "quality_payloads", "quality_schemas", "result_payload", "runtime_environment", "span_types"}
)
_BOOLEAN = frozenset({"retired", "sensitive_encoding"})
_CONVERTED = _JSON | _BOOLEAN

_MOST_TRIES = 250
_SECONDS_BETWEEN_TRIES = 0.02


class Store:
    """A connection to the database. Any thread may use it, one transaction at a time.

    Args:
        database: A file, created if it does not exist, or `":memory:"`. Only its owner can read it, for it holds
            payloads and tokens.

    Raises:
        sqlite3.Error: The file is not a database, cannot be written, or belongs to another program or another version
            of this package.
    """

    def __init__(self, database: str | Path) -> None:
        self._lock = threading.RLock()
        self._file = None if str(database) in WITHOUT_FILE else Path(database)
        self._create_file()
        self._connection = sqlite3.connect(database, check_same_thread=False, isolation_level=None)
        self._connection.row_factory = sqlite3.Row
        try:
            self._prepare()
        except BaseException:
            self._connection.close()
            raise

    def close(self) -> None:
        with self._lock:
            self._connection.close()

    @contextmanager
    def transaction(self, *, write: bool = True) -> Iterator[None]:
        """A block whose changes are all stored, or all discarded if an exception leaves it.

        Args:
            write: Whether the block may change something. It then waits for the writers of other processes first, for
                SQLite refuses a write if another one came since the block has read.
        """
        with self._lock:
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

    def get_or_store(self, key: str, default: str) -> str:
        """The value of a key. If the key has no value yet, the default becomes its value."""
        self._connection.execute("INSERT OR IGNORE INTO meta (key, value) VALUES (?, ?)", (key, default))
        row = self._connection.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        return str(row["value"])

    def _prepare(self) -> None:
        if not self._is_new():
            self._check_origin()
        self._make_private()
        self._use_write_ahead_log()
        self._connection.execute("PRAGMA synchronous = NORMAL")
        with self.transaction():
            if self._is_new():  # no other server has made the tables meanwhile
                for statement in _TABLES.split(";\n"):
                    self._connection.execute(statement)
                self._connection.execute(f"PRAGMA application_id = {APPLICATION}")
                self._connection.execute(f"PRAGMA user_version = {LAYOUT}")

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

    def _is_new(self) -> bool:
        return not any(map(self._pragma, ("schema_version", "user_version", "application_id")))

    def _check_origin(self) -> None:
        layout = self._pragma("user_version")
        # Layouts 1 and 2 have no application ID.
        if self._pragma("application_id") != APPLICATION and not (0 < layout < 3 and self._has_table("answered")):
            raise sqlite3.DatabaseError("it is the database of another program: use another file")
        if layout != LAYOUT:
            raise sqlite3.DatabaseError(
                f"another version of prefactor-sdk wrote it (it has layout {layout}, this version needs {LAYOUT}): "
                "delete it, or use another file"
            )

    def _pragma(self, name: str) -> int:
        return int(self._connection.execute(f"PRAGMA {name}").fetchone()[0])

    def _has_table(self, name: str) -> bool:
        query = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?"
        return self._connection.execute(query, (name,)).fetchone() is not None

    def _create_file(self) -> None:
        if self._file is not None:
            with suppress(OSError):  # SQLite says better what is wrong
                os.close(os.open(self._file, os.O_RDWR | os.O_CREAT, 0o600))

    def _make_private(self) -> None:
        """Takes the file of an earlier version from all but its owner. New files beside it get its mode from SQLite."""
        if self._file is not None:
            for suffix in ("", "-wal", "-shm"):
                with suppress(OSError):
                    Path(f"{self._file}{suffix}").chmod(0o600)

    def _execute(self, query: str, values: Mapping[str, object]) -> sqlite3.Cursor:
        bound = [_json(value) if name in _JSON else value for name, value in values.items()]
        return self._connection.execute(query, bound)


def _where(equal: Mapping[str, object]) -> str:
    return "WHERE " + " AND ".join(f"{name} IS ?" for name in equal) if equal else ""


def _json(value: object) -> str | None:
    return None if value is None else _encode(value)


def _record(row: sqlite3.Row) -> Record:
    record = dict(row)
    for name in _CONVERTED & record.keys():
        if record[name] is not None:
            record[name] = json.loads(record[name]) if name in _JSON else bool(record[name])
    return record
