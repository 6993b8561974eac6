"""Schemas as plain JSON for the engine: their text, their references and their patterns."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TypeAlias

from prefactor_gen.json_schema.subschemas import POSITIONS, Position
from prefactor_schema.patterns import BacktrackingPattern, engine_pattern

__all__ = ["Plain", "references_in", "text_of", "with_engine_patterns"]

Plain: TypeAlias = "dict[str, object] | bool"
"""A schema without annotations, as plain JSON."""


def text_of(value: object) -> str:
    """JSON text that is equal for equal values, whatever the order of their members."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


def references_in(schema: object) -> Iterator[str]:
    """The names of the definitions that a plain schema refers to."""
    pending = [schema]
    while pending:
        item = pending.pop()
        if not isinstance(item, dict):
            continue
        reference = item.get("$ref")
        if isinstance(reference, str) and reference.startswith("#/$defs/"):
            yield reference.removeprefix("#/$defs/")
        for keyword, value in item.items():
            if POSITIONS.get(keyword) is Position.MAP and isinstance(value, dict):
                pending.extend(value.values())
            elif keyword in POSITIONS:
                pending.extend(value if isinstance(value, list) else [value])


def with_engine_patterns(schema: dict[str, object]) -> dict[str, object]:
    """The schema with its patterns as the engine writes them. One that the engine cannot match stays as it is."""
    if isinstance(pattern := schema.get("pattern"), str):
        schema["pattern"] = _engine_pattern(pattern)
    if isinstance(members := schema.get("patternProperties"), dict):
        renamed: dict[str, object] = {}
        for pattern, member in members.items():
            name = _engine_pattern(pattern)
            renamed[name] = {"allOf": [renamed[name], member]} if name in renamed else member
        schema["patternProperties"] = renamed
    return schema


def _engine_pattern(pattern: str) -> str:
    found = engine_pattern(pattern)
    return pattern if found is None else found.text if isinstance(found, BacktrackingPattern) else found
