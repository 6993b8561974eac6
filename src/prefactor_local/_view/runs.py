"""Runs: how one is found by what a person types, and the pages of their list."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from itertools import islice

from prefactor_local._state.layout import UNCOMPUTED
from prefactor_local._state.store import Store
from prefactor_local._view.errors import NoSuchRunError, quoted
from prefactor_local._view.shapes import MOST_OF_NAME, RunDetails, RunsPage, RunSummary
from prefactor_local._view.span_types import SpanTypes
from prefactor_local._view.times import milliseconds

__all__ = ["find_run", "listed_run", "origin_of", "run_details", "runs_page", "stored_run"]

_BATCH = 500
"""So many runs are read in one transaction."""
_NAMED = 5
"""So many IDs are named where several begin with the same text."""
_RUN = f"""
    SELECT run.*, substr(COALESCE(agent.name, run.agent_id), 1, {MOST_OF_NAME}) AS agent_name,
        substr(COALESCE(version.external_identifier, ''), 1, {MOST_OF_NAME}) AS version, version.runtime_environment
    FROM agent_instance AS run
        LEFT JOIN agent ON agent.id = run.agent_id
        LEFT JOIN agent_version AS version ON version.id = run.agent_version_id
"""  # noqa: S608 - a number
_ONE_RUN = f"{_RUN} WHERE run.id = ?"
_NEWEST_RUNS = f"""{_RUN}
    WHERE run.seq < COALESCE(?, 9223372036854775807) AND run.status = COALESCE(?, run.status)
        AND run.agent_id = COALESCE(?, run.agent_id)
    ORDER BY run.seq DESC LIMIT {_BATCH}
"""
_COUNTS = """
    SELECT COUNT(*) AS spans, COALESCE(SUM(status = 'failed'), 0) AS failed,
        COALESCE(SUM(status IN ('pending', 'active')), 0) AS open, COALESCE(SUM(mismatches), 0) AS mismatches
    FROM agent_span WHERE agent_instance_id = ?
"""
_LAST_CHANGE = """
    SELECT updated_at FROM agent_span INDEXED BY agent_span_change
    WHERE agent_instance_id = ? ORDER BY change DESC LIMIT 1
"""
_AGENTS = f"""
    SELECT id, substr(name, 1, {MOST_OF_NAME}) AS name FROM agent
    WHERE EXISTS (SELECT 1 FROM agent_instance WHERE agent_instance.agent_id = agent.id)
"""  # noqa: S608 - a number
_SEARCHED = ("id", "agent_id", "agent_name", "version", "external_identifier")


def find_run(store: Store, wanted: str) -> str:
    """The ID of a run, as `Reader.find_run` describes it."""
    with store.transaction(write=False):
        if wanted == "last":
            found = store.select("SELECT id FROM agent_instance ORDER BY seq DESC LIMIT 1")
        elif wanted:
            query = "SELECT id FROM agent_instance WHERE id >= ? AND id < ? ORDER BY id = ? DESC, seq DESC LIMIT ?"
            found = store.select(query, wanted, f"{wanted}\U0010ffff", wanted, _NAMED + 1)
        else:
            found = []
    ids = [str(row["id"]) for row in found]
    if len(ids) == 1 or wanted in ids:
        return ids[0]
    if ids:
        named = ", ".join([*ids[:_NAMED], *(["…"] if len(ids) > _NAMED else [])])
        raise NoSuchRunError(f"several runs have an ID that begins with {quoted(wanted)}: {named}")
    if wanted == "last":
        raise NoSuchRunError("there is no run yet")
    raise NoSuchRunError(f"no run has an ID that begins with {quoted(wanted)}")


def runs_page(
    store: Store, *, before: int | None, query: str, status: str | None, agent: str | None, limit: int
) -> RunsPage:
    """A page of runs, as `Reader.runs` describes it."""
    matching = (row for row in _newest(store, before, status, agent) if _holds(row, query.casefold().split()))
    page = list(islice(matching, limit + 1))
    with store.transaction(write=False):
        agents = [(str(row["id"]), str(row["name"])) for row in store.select(_AGENTS)]
    return {
        "runs": [_run_summary(store, row) for row in page[:limit]],
        "before": page[limit - 1]["seq"] if len(page) > limit else None,
        "agents": sorted(agents, key=lambda agent: (agent[1].casefold(), agent[0])),
    }


def stored_run(store: Store, run_id: str) -> sqlite3.Row:
    """A run as it is stored, with `agent_name`, `version` and `runtime_environment`. In a transaction.

    Raises:
        NoSuchRunError: There is none.
    """
    found = store.select(_ONE_RUN, run_id)
    if not found:
        raise NoSuchRunError(f"no run has the ID {quoted(run_id)}")
    return found[0]


def listed_run(store: Store, run_id: str) -> RunSummary:
    """A run, as `Reader.summary` describes it."""
    with store.transaction(write=False):
        row = stored_run(store, run_id)
    return _run_summary(store, row)


def run_details(store: Store, types: SpanTypes, run_id: str) -> RunDetails:
    """A run with its span types, as `Reader.run` describes it."""
    with store.transaction(write=False):
        row = stored_run(store, run_id)
        uncomputed = _uncomputed(store, run_id)
    details: RunDetails = {
        "run": _run_summary(store, row),
        "origin": origin_of(row),
        "runtime": json.loads(row["runtime_environment"] or "{}"),
        "quality": json.loads(row["quality_payloads"]),
        "span_types": types.shown(row["agent_schema_version_id"]),
    }
    return {**details, "uncomputed": uncomputed} if uncomputed else details


def _uncomputed(store: Store, run_id: str) -> int:
    """How many spans have no summary and no mismatches yet. In a transaction."""
    if (highest := store.value(UNCOMPUTED)) is None:
        return 0
    query = "SELECT COUNT(*) FROM agent_span WHERE agent_instance_id = ? AND seq <= ?"
    return int(store.select(query, run_id, int(highest))[0][0])


def origin_of(run: sqlite3.Row) -> str:
    """What the starts of spans count from: the earliest start of a run and of its spans, else its registration."""
    return str(run["origin"] or run["inserted_at"])


def _run_summary(store: Store, row: sqlite3.Row) -> RunSummary:
    """A run in the list, from a row of `stored_run`. A transaction of its own, for a run may have many spans."""
    with store.transaction(write=False):
        counts = store.select(_COUNTS, row["id"])[0]
        changes = [row["updated_at"], *(span["updated_at"] for span in store.select(_LAST_CHANGE, row["id"]))]
    return {
        "seq": row["seq"],
        "id": row["id"],
        "agent_id": row["agent_id"],
        "agent_name": row["agent_name"],
        "version": row["version"],
        "environment_id": row["environment_id"],
        "purpose": row["purpose"],
        "status": row["status"],
        "external_identifier": row["external_identifier"],
        "inserted_at": row["inserted_at"],
        "started_at": row["started_at"],
        "finished_at": row["finished_at"],
        "duration_ms": milliseconds(row["started_at"], row["finished_at"]),
        "changed_at": max(changes),
        "termination_reason": row["termination_reason"],
        "spans": counts["spans"],
        "failed": counts["failed"],
        "open": counts["open"],
        "mismatches": counts["mismatches"],
    }


def _newest(store: Store, before: int | None, status: str | None, agent: str | None) -> Iterator[sqlite3.Row]:
    while True:
        with store.transaction(write=False):
            rows = store.select(_NEWEST_RUNS, before, status, agent)
        yield from rows
        if len(rows) < _BATCH:
            return
        before = rows[-1]["seq"]


def _holds(row: sqlite3.Row, words: list[str]) -> bool:
    if not words:
        return True
    texts = [str(row[name]).casefold() for name in _SEARCHED if row[name] is not None]
    return all(any(word in text for text in texts) for word in words)
