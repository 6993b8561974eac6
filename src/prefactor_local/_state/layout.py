"""The tables of the database, and how a file of an earlier version gets them."""

from __future__ import annotations

import sqlite3

__all__ = [
    "APPLICATION",
    "LAYOUT",
    "UNCOMPUTED",
    "check_origin",
    "check_readable",
    "create_tables",
    "is_earlier",
    "is_new",
    "upgrade",
]

LAYOUT = 4
"""The version of the tables below; raise it with every change of them."""
APPLICATION = 0x50464C41
"""What tells our files from those of other programs (`PRAGMA application_id`)."""
UNCOMPUTED = "uncomputed"
"""A key of `meta`, in a file that was upgraded: the highest `seq` of a span without its `summary` and `mismatches`."""

# The payloads of a span come last, for SQLite reads a row from its beginning. `change` counts the changes of all spans
# of a run: readers ask for what is new. `origin` is the earliest start of a run and of its spans.
_SPANS = """
CREATE TABLE agent_span (
    seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, agent_id TEXT NOT NULL, agent_instance_id TEXT NOT NULL,
    agent_schema_version_id TEXT NOT NULL, parent_span_id TEXT, schema_name TEXT NOT NULL, status TEXT NOT NULL,
    started_at TEXT, finished_at TEXT, change INTEGER NOT NULL, mismatches INTEGER NOT NULL, summary TEXT,
    sensitive_encoding INTEGER, inserted_at TEXT NOT NULL, updated_at TEXT NOT NULL,
    payload TEXT NOT NULL, result_payload TEXT
) STRICT;
"""
_INDEXES = """
CREATE INDEX agent_span_of_instance ON agent_span (agent_instance_id, status, mismatches);
CREATE INDEX agent_span_change ON agent_span (agent_instance_id, change);
"""
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
    origin TEXT, UNIQUE (agent_id, external_identifier)
) STRICT;
CREATE TABLE answered (
    token TEXT, operation TEXT, key TEXT, fingerprint TEXT NOT NULL, answer TEXT NOT NULL,
    PRIMARY KEY (token, operation, key)
) STRICT;
"""
_COPY = """
INSERT INTO agent_span
    SELECT seq, id, agent_id, agent_instance_id, agent_schema_version_id, parent_span_id, schema_name, status,
        started_at, finished_at, ROW_NUMBER() OVER (PARTITION BY agent_instance_id ORDER BY seq), 0, NULL,
        sensitive_encoding, inserted_at, updated_at, payload, result_payload
    FROM earlier_span;
DROP TABLE earlier_span;
ALTER TABLE agent_instance ADD COLUMN origin TEXT;
UPDATE agent_instance SET origin = first.start FROM (
        SELECT agent_instance_id, MIN(started_at) AS start FROM agent_span GROUP BY agent_instance_id
    ) AS first WHERE first.agent_instance_id = agent_instance.id;
UPDATE agent_instance SET origin = started_at WHERE started_at < COALESCE(origin, '~');
INSERT INTO meta (key, value) SELECT 'uncomputed', MAX(seq) FROM agent_span HAVING MAX(seq) > 0;
"""
_SET_ASIDE = """
DROP INDEX agent_span_of_instance;
ALTER TABLE agent_span RENAME TO earlier_span;
"""


def is_new(connection: sqlite3.Connection) -> bool:
    return not any(_pragma(connection, name) for name in ("schema_version", "user_version", "application_id"))


def is_earlier(connection: sqlite3.Connection) -> bool:
    """Whether `upgrade` has something to do."""
    return _pragma(connection, "user_version") == 3


def check_origin(connection: sqlite3.Connection) -> int:
    """The layout of a file that is not new.

    Raises:
        sqlite3.DatabaseError: It is not ours, or cannot be upgraded.
    """
    layout = _pragma(connection, "user_version")
    # Layouts 1 and 2 have no application ID.
    if _pragma(connection, "application_id") != APPLICATION and not (0 < layout < 3 and _has_answers(connection)):
        raise sqlite3.DatabaseError("it is the database of another program: use another file")
    if layout not in {3, LAYOUT}:
        raise sqlite3.DatabaseError(
            f"another version of prefactor-sdk wrote it (it has layout {layout}, this version needs {LAYOUT}): "
            "delete it, or use another file"
        )
    return layout


def check_readable(connection: sqlite3.Connection) -> None:
    """Checks that a file can be read as it is.

    Raises:
        sqlite3.DatabaseError: It is not ours, or has an earlier layout.
    """
    if is_new(connection):
        raise sqlite3.DatabaseError("it is empty: no server has kept a run in it yet")
    if check_origin(connection) != LAYOUT:
        raise sqlite3.DatabaseError(
            "an earlier version of prefactor-sdk wrote it: start `prefactor-local serve --database FILE` with it once, "
            "which brings it up to date"
        )


def create_tables(connection: sqlite3.Connection) -> None:
    """Creates the tables in a new file. In a transaction."""
    _execute(connection, _TABLES + _SPANS + _INDEXES)
    connection.execute(f"PRAGMA application_id = {APPLICATION}")
    connection.execute(f"PRAGMA user_version = {LAYOUT}")


def upgrade(connection: sqlite3.Connection) -> None:
    """Gives a file of layout 3 the tables of this one, unless that has happened. In a transaction.

    The summaries and mismatches of its spans are not computed here; see `UNCOMPUTED`.
    """
    if is_earlier(connection):
        _execute(connection, _SET_ASIDE + _SPANS + _COPY + _INDEXES)
        connection.execute(f"PRAGMA user_version = {LAYOUT}")


def _execute(connection: sqlite3.Connection, statements: str) -> None:
    for statement in statements.split(";\n"):
        connection.execute(statement)


def _pragma(connection: sqlite3.Connection, name: str) -> int:
    return int(connection.execute(f"PRAGMA {name}").fetchone()[0])


def _has_answers(connection: sqlite3.Connection) -> bool:
    query = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'answered'"
    return connection.execute(query).fetchone() is not None
