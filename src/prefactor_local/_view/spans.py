"""A span with its payloads."""

from __future__ import annotations

import json
import sqlite3
from typing import TypeAlias

from prefactor_local._state.store import Store
from prefactor_local._view.cuts import shortened
from prefactor_local._view.differences import MOST_DIFFERENCES, differences
from prefactor_local._view.errors import NoSuchRunError, quoted
from prefactor_local._view.mismatches import mismatches_of
from prefactor_local._view.shapes import Cut, Difference, Json, SpanDetails
from prefactor_local._view.span_types import SpanTypes
from prefactor_local._view.times import milliseconds

__all__ = ["differences_of", "payloads_of", "span_by_id", "span_by_seq"]

Payload: TypeAlias = dict[str, Json]


def span_by_id(store: Store, types: SpanTypes, span_id: str, *, full: bool) -> SpanDetails:
    """A span, as `Reader.span` describes it."""
    return _details(types, _stored(store, span_id), full=full)


def span_by_seq(store: Store, types: SpanTypes, run_id: str, seq: int, *, full: bool) -> SpanDetails:
    """A span, as `Reader.span_by_seq` describes it."""
    query = "SELECT * FROM agent_span WHERE seq = ? AND agent_instance_id = ?"
    with store.transaction(write=False):
        found = store.select(query, seq, run_id)
    if not found:
        raise NoSuchRunError(f"the run {quoted(run_id)} has no span with the number {seq}")
    return _details(types, found[0], full=full)


def differences_of(store: Store, a: str, b: str) -> list[Difference]:
    """What differs between two spans, as `Reader.differences` describes it."""
    params_a, result_a = payloads_of(_stored(store, a))
    params_b, result_b = payloads_of(_stored(store, b))
    found = [*differences("params", params_a, params_b), *differences("result", result_a, result_b)]
    return found[:MOST_DIFFERENCES]


def _stored(store: Store, span_id: str) -> sqlite3.Row:
    with store.transaction(write=False):
        found = store.select("SELECT * FROM agent_span WHERE id = ?", span_id)
    if not found:
        raise NoSuchRunError(f"no span has the ID {quoted(span_id)}")
    return found[0]


def payloads_of(row: sqlite3.Row) -> tuple[Payload, Payload | None]:
    """The params and the result of a row of a span."""
    return json.loads(row["payload"]), None if row["result_payload"] is None else json.loads(row["result_payload"])


def _details(types: SpanTypes, row: sqlite3.Row, *, full: bool) -> SpanDetails:
    params, result = payloads_of(row)
    cuts: list[Cut] = []
    return {
        "seq": row["seq"],
        "id": row["id"],
        "run_id": row["agent_instance_id"],
        "parent_id": row["parent_span_id"],
        "type": row["schema_name"],
        "status": row["status"],
        "started_at": row["started_at"],
        "finished_at": row["finished_at"],
        "duration_ms": milliseconds(row["started_at"], row["finished_at"]),
        "summary": row["summary"] or "",
        "params": params if full else shortened(params, "params", cuts),
        "result": result if full else shortened(result, "result", cuts),
        "cut": cuts,
        "mismatches": mismatches_of(types, row, params, result),
    }
