"""A span with its payloads, and what does not match in them."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

from prefactor_local._operations.schemas import SpanChecks, check_span
from prefactor_local._protocol.pointers import steps_of
from prefactor_local._state.store import Store
from prefactor_local._view.cuts import Shortening
from prefactor_local._view.differences import MOST_DIFFERENCES, differences
from prefactor_local._view.errors import NoSuchRunError, quoted
from prefactor_local._view.shapes import MOST_OF_SUMMARY, Cut, Difference, Json, Mismatch, Side, SpanDetails
from prefactor_local._view.span_types import SpanTypes
from prefactor_local._view.times import milliseconds

__all__ = ["differences_of", "span_by_id"]

_MOST_SCHEMA_CHARS = 256 * 1024
"""How long the schemas of all mismatches are together: a thousand values may have the same large one."""
_COLUMNS: Mapping[Side, str] = {"params": "payload", "result": "result_payload"}
_Payload: TypeAlias = dict[str, Json]


def span_by_id(store: Store, types: SpanTypes, span_id: str, *, full: bool) -> SpanDetails:
    """A span, as `Reader.span` describes it."""
    return _details(types, _stored(store, span_id), full=full)


def differences_of(store: Store, a: str, b: str) -> list[Difference]:
    """What differs between two spans, as `Reader.differences` describes it."""
    one, other = _stored(store, a), _stored(store, b)
    found: list[Difference] = []
    for side, column in _COLUMNS.items():
        if one[column] != other[column]:  # equal ones need not be read: each may have 16 MB
            found += differences(side, _json(one[column]), _json(other[column]))
    return found[:MOST_DIFFERENCES]


def _stored(store: Store, span_id: str) -> sqlite3.Row:
    with store.transaction(write=False):
        found = store.select("SELECT * FROM agent_span WHERE id = ?", span_id)
    if not found:
        raise NoSuchRunError(f"no span has the ID {quoted(span_id)}")
    return found[0]


def _json(payload: str | None) -> Any:
    """A payload, as it is stored."""
    return None if payload is None else json.loads(payload)


def _details(types: SpanTypes, row: sqlite3.Row, *, full: bool) -> SpanDetails:
    params, result = _json(row["payload"]), _json(row["result_payload"])
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
        "summary": (row["summary"] or "")[: None if full else MOST_OF_SUMMARY],
        "params": params if full else Shortening("params", cuts).shortened(params),
        "result": result if full else Shortening("result", cuts).shortened(result),
        "cut": cuts,
        "mismatches": list(_mismatches(types, row, params, result)) if row["mismatches"] else [],
    }


def _mismatches(types: SpanTypes, row: sqlite3.Row, params: _Payload, result: _Payload | None) -> Iterator[Mismatch]:
    """The values that do not match the span type, each with the schema that it should match."""
    version, name = row["agent_schema_version_id"], row["schema_name"]
    span_type = types.stored(version).get(name)
    checks = None if span_type is None else SpanChecks(span_type)
    left = _MOST_SCHEMA_CHARS
    for problem in check_span(checks, params, result, row["status"]):
        mismatch: Mismatch = {"part": problem["part"], "pointer": problem["path"], "message": problem["message"]}
        if problem["part"] != "schema_name" and left > 0:
            schema = types.places(version, name, problem["part"]).at(steps_of(problem["path"]))
            left -= len(json.dumps(schema))
            if schema is not None and left >= 0:
                mismatch["schema"] = schema
        yield mismatch
