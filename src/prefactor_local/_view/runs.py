"""Runs: how one is found by what a person types, and the pages of their list."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from itertools import islice
from typing import TypedDict

from prefactor_local._state.layout import UNCOMPUTED
from prefactor_local._state.store import Store
from prefactor_local._view.errors import NoSuchRunError, quoted
from prefactor_local._view.shapes import (
    MOST_OF_NAME,
    MOST_OF_SUMMARY,
    Json,
    Neighbours,
    RunDetails,
    RunsPage,
    RunSummary,
)
from prefactor_local._view.span_types import SpanTypes
from prefactor_local._view.times import milliseconds

__all__ = ["RunFilter", "find_run", "listed_run", "neighbours", "origin_of", "run_details", "runs_page", "stored_run"]

_BATCH = 500
"""So many runs are read in one transaction."""
_NAMED = 5
"""So many IDs are named where several begin with the same text."""
_MOST_OF_PARTS = 256 * 1024
"""How long the runtime, or what is said of the quality, of one run is."""
_MOST_PARTS = 100
_RUN = f"""
    SELECT run.seq, run.id, run.agent_id, run.agent_schema_version_id, run.environment_id, run.status, run.purpose,
        run.started_at, run.finished_at, run.inserted_at, run.updated_at, run.origin,
        substr(run.external_identifier, 1, {MOST_OF_NAME}) AS external_identifier,
        substr(run.termination_reason, 1, {MOST_OF_SUMMARY}) AS termination_reason,
        substr(COALESCE(agent.name, run.agent_id), 1, {MOST_OF_NAME}) AS agent_name,
        substr(COALESCE(version.external_identifier, ''), 1, {MOST_OF_NAME}) AS version
    FROM agent_instance AS run
        LEFT JOIN agent ON agent.id = run.agent_id
        LEFT JOIN agent_version AS version ON version.id = run.agent_version_id
"""  # noqa: S608 - numbers
_WHOLE = """
    SELECT run.external_identifier, run.termination_reason, run.quality_payloads, version.runtime_environment
    FROM agent_instance AS run LEFT JOIN agent_version AS version ON version.id = run.agent_version_id
    WHERE run.id = ?
"""
_ONE_RUN = f"{_RUN} WHERE run.id = ?"
_OLDER = f"""{_RUN}
    WHERE run.seq < ? AND run.status = COALESCE(?, run.status) AND run.agent_id = COALESCE(?, run.agent_id)
    ORDER BY run.seq DESC LIMIT {_BATCH}
"""
_NEWER = _OLDER.replace("<", ">").replace("DESC", "ASC")
_AFTER_ALL = 2**63 - 1
_COUNTS = """
    SELECT COUNT(*) AS spans, MIN(seq) AS first, COALESCE(SUM(status = 'failed'), 0) AS failed,
        COALESCE(SUM(status IN ('pending', 'active')), 0) AS open, COALESCE(SUM(mismatches), 0) AS mismatches
    FROM agent_span WHERE agent_instance_id = ?
"""
_LAST_CHANGE = """
    SELECT updated_at FROM agent_span INDEXED BY agent_span_change
    WHERE agent_instance_id = ? ORDER BY change DESC LIMIT 1
"""
# Up to the root, which is at most so far away: a parent can be missing, and a span can be its own ancestor.
_HEADLINE = f"""
    WITH RECURSIVE above (id, parent, height) AS (
        SELECT id, parent_span_id, 0 FROM agent_span WHERE seq = ?
        UNION ALL
        SELECT span.id, span.parent_span_id, height + 1 FROM above JOIN agent_span AS span ON span.id = above.parent
        WHERE height < 100 AND span.agent_instance_id = ?
    )
    SELECT substr(summary, 1, {MOST_OF_NAME}) FROM agent_span
    WHERE id = (SELECT id FROM above ORDER BY height DESC LIMIT 1)
"""  # noqa: S608 - a number
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


class RunFilter(TypedDict, total=False):
    """Which runs are listed.

    Attributes:
        query: Words; only runs that hold each of them in their ID, agent, version, external identifier or headline, in
            any case.
        status: Only runs with this status.
        agent: Only runs of the agent with this ID.
    """

    query: str
    status: str | None
    agent: str | None


def runs_page(store: Store, chosen: RunFilter, *, before: int | None, limit: int) -> RunsPage:
    """A page of runs, as `Reader.runs` describes it."""
    page = list(islice(_matching(store, _OLDER, _AFTER_ALL if before is None else before, chosen), limit + 1))
    with store.transaction(write=False):
        agents = [(str(row["id"]), str(row["name"])) for row in store.select(_AGENTS)]
    return {
        "runs": [_run_summary(store, row) for row in page[:limit]],
        "before": page[limit - 1]["seq"] if len(page) > limit else None,
        "agents": sorted(agents, key=lambda agent: (agent[1].casefold(), agent[0])),
    }


def neighbours(store: Store, run_id: str, chosen: RunFilter) -> Neighbours:
    """The runs beside a run, as `Reader.neighbours` describes it."""
    with store.transaction(write=False):
        seq = stored_run(store, run_id)["seq"]

    def nearest(side: str) -> str | None:
        return next((str(row["id"]) for row in _matching(store, side, seq, chosen)), None)

    return {"newer": nearest(_NEWER), "older": nearest(_OLDER)}


def stored_run(store: Store, run_id: str) -> sqlite3.Row:
    """A run as the list has it, with the beginnings of its long texts. In a transaction.

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


def run_details(store: Store, types: SpanTypes, run_id: str, *, full: bool) -> RunDetails:
    """A run with its span types, as `Reader.run` describes it."""
    with store.transaction(write=False):
        row = stored_run(store, run_id)
        whole = store.select(_WHOLE, run_id)[0]
        uncomputed = _uncomputed(store, run_id)
    run = _run_summary(store, row)
    if full:
        run["external_identifier"], run["termination_reason"] = (
            whole["external_identifier"],
            whole["termination_reason"],
        )
    details: RunDetails = {
        "run": run,
        "origin": origin_of(row),
        "runtime": _parts(whole["runtime_environment"] or "{}", full=full),
        "quality": _parts(whole["quality_payloads"], full=full),
        "span_types": types.shown(row["agent_schema_version_id"]),
    }
    return {**details, "uncomputed": uncomputed} if uncomputed else details


def _parts(stored: str, *, full: bool) -> dict[str, Json]:
    """What a client said of a run, by name. A text stands for what is too long, unless `full`."""
    parts: dict[str, Json] = json.loads(stored)
    if full or len(stored) <= _MOST_OF_PARTS:
        return parts
    shown: dict[str, Json] = {}
    left = _MOST_OF_PARTS
    for name, part in islice(parts.items(), _MOST_PARTS):
        size = len(json.dumps(part))
        fits = size <= left
        left -= size if fits else 0
        shown[name[:MOST_OF_NAME]] = part if fits else f"[{size:,} characters: the JSON export has them]"
    return shown


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
        headline = _headline(store, row["id"], counts["first"])
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
        "headline": headline,
    }


def _matching(store: Store, side: str, seq: int, chosen: RunFilter) -> Iterator[sqlite3.Row]:
    """The runs on one side of a place in the list, the nearest one first."""
    words = chosen.get("query", "").casefold().split()
    while True:
        with store.transaction(write=False):
            rows = store.select(side, seq, chosen.get("status"), chosen.get("agent"))
        yield from (row for row in rows if _holds(store, row, words))
        if len(rows) < _BATCH:
            return
        seq = rows[-1]["seq"]


def _holds(store: Store, row: sqlite3.Row, words: list[str]) -> bool:
    texts = [str(row[name]).casefold() for name in _SEARCHED if row[name] is not None]
    left = [word for word in words if not any(word in text for text in texts)]
    if not left:
        return True
    with store.transaction(write=False):
        first = store.select("SELECT MIN(seq) FROM agent_span WHERE agent_instance_id = ?", row["id"])[0][0]
        headline = _headline(store, row["id"], first).casefold()
    return all(word in headline for word in left)


def _headline(store: Store, run_id: str, first: int | None) -> str:
    """The summary at the root above the first span of a run. In a transaction."""
    found = store.select(_HEADLINE, first, run_id)
    return (found[0][0] or "") if found else ""
