"""What the schemas of a span type say of each field of its payloads."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Literal, NamedTuple

from prefactor_local._protocol.pointers import below
from prefactor_local._view.schema_places import Budget, Schema, SchemaPlaces
from prefactor_local._view.shapes import FieldInfo, Json

__all__ = ["fields_of"]

_MOST_FIELDS = 2_000
_MOST_LEVELS = 32
_MOST_CHARS = 1_000
_MOST_CATEGORIES = 20
_CHARS_OF_FIELD = 50
"""How long a field without texts is as JSON, more or less."""
_JSON_TYPES = ("string", "integer", "number", "boolean", "object", "array", "null")


def fields_of(schema: Json, budget: Budget | None = None) -> dict[str, FieldInfo]:
    """The fields that a schema describes, by the pattern of their JSON pointer. Of a large schema, the outer ones.

    Args:
        schema: A JSON Schema.
        budget: What may be spent on it.
    """
    return dict(islice(_fields(SchemaPlaces(schema, budget)), _MOST_FIELDS))


def _fields(places: SchemaPlaces) -> Iterator[tuple[str, FieldInfo]]:
    pending: list[tuple[str, list[Schema], list[frozenset[int]], bool]] = [("", places.root, [], False)]
    known: dict[int, _Said] = {}
    for pointer, schemas, outer, required in pending:  # the loop appends to the list
        said = [known.get(id(schema)) or known.setdefault(id(schema), _said(schema)) for schema in schemas]
        info = _field_info(said, required=required)
        places.budget.chars -= sum(len(text) for text in info.values() if isinstance(text, str))
        if places.budget.chars < 0:
            return
        yield pointer, info
        location = frozenset(map(id, schemas))
        # A recursive schema is followed once.
        if len(pending) < _MOST_FIELDS and outer.count(location) < 2 and len(outer) < _MOST_LEVELS:
            for step, inner in islice(places.inside(schemas), _MOST_FIELDS):
                if inner or step != "*":
                    path = below(pointer, step)
                    places.budget.chars -= len(path) + _CHARS_OF_FIELD
                    if places.budget.chars < 0:
                        break
                    pending.append((path, inner, [*outer, location], any(step in each.required for each in said)))


class _Said(NamedTuple):
    """What one schema says of its value.

    Attributes:
        required: names of the members that the value must have.
    """

    info: FieldInfo
    types: frozenset[str]
    categories: list[str]
    required: frozenset[str]


def _said(schema: Schema) -> _Said:
    info: FieldInfo = {}
    keywords: tuple[Literal["title", "description", "format"], ...] = ("title", "description", "format")
    for keyword in keywords:
        if text := _first_text(schema, keyword):
            info[keyword] = text
    if unit := _first_text(schema, "unit", "x-unit"):
        info["unit"] = unit
    if "enum" in schema or "const" in schema:
        info["enum"] = True
    if schema.get("x-prefactor-redact") is True:
        info["redacted"] = True
    if schema.get("deprecated") is True or "x-prefactor-deprecated" in schema:
        info["deprecated"] = True
    categories = [name.replace("_", " ")[:_MOST_CHARS] for name in _texts(schema.get("x-prefactor-data"))]
    types, required = (frozenset(_texts(schema.get(keyword))) for keyword in ("type", "required"))
    return _Said(info, types, categories[:_MOST_CATEGORIES], required)


def _field_info(said: Sequence[_Said], *, required: bool) -> FieldInfo:
    """What all schemas of one value say: the first text of each kind, and whatever one of them states."""
    info: FieldInfo = {}
    for each in reversed(said):
        info.update(each.info)
    if types := [name for name in _JSON_TYPES if any(name in each.types for each in said)]:
        info["type"] = " or ".join(types)
    if categories := dict.fromkeys(name for each in said for name in each.categories):
        info["data_risk"] = ", ".join(categories)[:_MOST_CHARS]
    if required:
        info["required"] = True
    return info


def _first_text(schema: Schema, *keywords: str) -> str:
    found = (schema[keyword] for keyword in keywords if keyword in schema)
    return next((text[:_MOST_CHARS] for text in found if isinstance(text, str) and text), "")


def _texts(value: Json) -> list[str]:
    """The texts that a keyword holds: one, or a list of them."""
    items = value if isinstance(value, list) else [value]
    return [item for item in items if isinstance(item, str)]
