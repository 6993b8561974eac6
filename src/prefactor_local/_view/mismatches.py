"""The values of a span that do not match its span type, each with the schema that it should match."""

from __future__ import annotations

import json
import sqlite3

from typing_extensions import TypedDict

from prefactor_local._operations.schemas import Problem, SpanChecks, check_span
from prefactor_local._protocol.pointers import steps_of
from prefactor_local._view.shapes import Json, Mismatch
from prefactor_local._view.span_types import SpanTypes

__all__ = ["mismatches_of"]

_MOST_SCHEMA_CHARS = 256 * 1024
"""How long all schemas are together: a thousand values may have the same large one."""


def mismatches_of(
    types: SpanTypes, row: sqlite3.Row, params: dict[str, Json], result: dict[str, Json] | None
) -> list[Mismatch]:
    """What does not match in a span, given as a row of the database and its payloads."""
    if not row["mismatches"]:
        return []
    version, name = row["agent_schema_version_id"], row["schema_name"]
    span_type = types.stored(version).get(name)
    checks = None if span_type is None else SpanChecks(span_type)
    schemas = _Schemas(types, version, name)
    return [
        {"part": problem["part"], "pointer": problem["path"], "message": problem["message"], **schemas.of(problem)}
        for problem in check_span(checks, params, result, row["status"])
    ]


class _Described(TypedDict, total=False):
    schema: Json


class _Schemas:
    """Finds the schemas of the values, as many as are short enough together."""

    def __init__(self, types: SpanTypes, version: str, name: str) -> None:
        self._types = types
        self._type = (version, name)
        self._lengths: dict[int, int] = {}
        self._left = _MOST_SCHEMA_CHARS

    def of(self, problem: Problem) -> _Described:
        if problem["part"] == "schema_name":  # there is none
            return {}
        schema = self._types.places(*self._type, problem["part"]).at(steps_of(problem["path"]))
        if schema is None:
            return {}
        if id(schema) not in self._lengths:
            self._lengths[id(schema)] = len(json.dumps(schema))
        self._left -= self._lengths[id(schema)]
        return {"schema": schema} if self._left >= 0 else {}
