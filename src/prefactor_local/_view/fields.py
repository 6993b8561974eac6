"""What the schemas of a span type say of each field of its payloads."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Literal, TypeAlias

from prefactor_local._protocol.pointers import below
from prefactor_local._view.schema_places import Schema, SchemaPlaces
from prefactor_local._view.shapes import FieldInfo, Json

__all__ = ["fields_of"]

_MOST_FIELDS = 2_000
_MOST_LEVELS = 32
_MOST_SCHEMAS = 50_000
"""How often a schema is looked at, for one field or another: a small schema may apply a thousand to each."""
_MOST_POINTER_CHARS = 1024 * 1024
"""How long all pointers are together: each repeats the names of all fields around its own."""
_MOST_CHARS = 1_000
_Text: TypeAlias = Literal["title", "description", "format"]
_JSON_TYPES = ("string", "integer", "number", "boolean", "object", "array", "null")


def fields_of(schema: Json) -> dict[str, FieldInfo]:
    """The fields that a schema describes, by the pattern of their JSON pointer. Of a large schema, the outer ones."""
    return dict(islice(_fields(SchemaPlaces(schema)), _MOST_FIELDS))


def _fields(places: SchemaPlaces) -> Iterator[tuple[str, FieldInfo]]:
    pending: list[tuple[str, list[Schema], list[frozenset[int]], bool]] = [("", places.root, [], False)]
    chars = 0
    for pointer, schemas, outer, required in pending:  # the loop appends to the list
        yield pointer, _field_info(schemas, required=required)
        location = frozenset(map(id, schemas))
        is_affordable = len(pending) < _MOST_FIELDS and places.looked_at < _MOST_SCHEMAS and chars < _MOST_POINTER_CHARS
        # A recursive schema is followed once.
        if is_affordable and outer.count(location) < 2 and len(outer) < _MOST_LEVELS:
            names = {name for schema in schemas for name in _texts(schema.get("required"))}
            for step, inner in islice(places.inside(schemas).items(), _MOST_FIELDS):
                if chars < _MOST_POINTER_CHARS and (inner or step != "*"):
                    pending.append((below(pointer, step), inner, [*outer, location], step in names))
                    chars += len(pending[-1][0])


def _field_info(schemas: Sequence[Schema], *, required: bool) -> FieldInfo:
    """What all schemas of one value say: the first text of each kind, and whatever one of them states."""
    info: FieldInfo = {}
    keywords: tuple[_Text, ...] = ("title", "description", "format")
    for keyword in keywords:
        if text := _first_text(schemas, keyword):
            info[keyword] = text
    if types := _types(schemas):
        info["type"] = types
    if unit := _first_text(schemas, "unit", "x-unit"):
        info["unit"] = unit
    if required:
        info["required"] = True
    if any("enum" in schema or "const" in schema for schema in schemas):
        info["enum"] = True
    if any(schema.get("x-prefactor-redact") is True for schema in schemas):
        info["redacted"] = True
    if categories := [name for schema in schemas for name in _texts(schema.get("x-prefactor-data"))]:
        info["data_risk"] = ", ".join(name.replace("_", " ") for name in dict.fromkeys(categories))[:_MOST_CHARS]
    if any(schema.get("deprecated") is True or "x-prefactor-deprecated" in schema for schema in schemas):
        info["deprecated"] = True
    return info


def _first_text(schemas: Sequence[Schema], *keywords: str) -> str:
    found = (schema[keyword] for schema in schemas for keyword in keywords if keyword in schema)
    return next((text[:_MOST_CHARS] for text in found if isinstance(text, str) and text), "")


def _types(schemas: Sequence[Schema]) -> str:
    named = {name for schema in schemas for name in _texts(schema.get("type"))}
    return " or ".join(name for name in _JSON_TYPES if name in named)


def _texts(value: Json) -> list[str]:
    """The texts that a keyword holds: one, or a list of them."""
    items = value if isinstance(value, list) else [value]
    return [item for item in items if isinstance(item, str)]
