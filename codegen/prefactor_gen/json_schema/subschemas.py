"""The subschemas of a schema. A property *named* `$ref` and the values in `enum` and `const` are not schemas."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from enum import Enum, auto

from prefactor_gen.documents.nodes import JsonValue, ListNode, ObjectNode
from prefactor_gen.json_schema.keywords import ASSERTIONS, NOT_IN_DRAFT_07
from prefactor_gen.json_schema.pointers import step

__all__ = [
    "POSITIONS",
    "Position",
    "all_schemas",
    "effective_schema",
    "located_schemas",
    "map_subschemas",
    "mentions",
    "object_subschemas",
    "subschemas",
    "tuple_keyword",
]

# What draft-07 ignores beside a `$ref`. Definitions stay, for references lead to them, and so do annotations.
_IGNORED_BESIDE_REF = NOT_IN_DRAFT_07 | ASSERTIONS - {"$ref"}


class Position(Enum):
    """The form in which a keyword holds subschemas."""

    SCHEMA = auto()
    LIST = auto()
    MAP = auto()
    SCHEMA_OR_LIST = auto()


POSITIONS: dict[str, Position] = {
    **dict.fromkeys(
        (
            "additionalItems", "additionalProperties", "contains", "contentSchema", "else", "if", "not",
            "propertyNames", "then", "unevaluatedItems", "unevaluatedProperties",
        ),
        Position.SCHEMA,
    ),
    **dict.fromkeys(("allOf", "anyOf", "oneOf", "prefixItems"), Position.LIST),
    **dict.fromkeys(
        ("$defs", "definitions", "dependentSchemas", "patternProperties", "properties", "dependencies"), Position.MAP
    ),
    "items": Position.SCHEMA_OR_LIST,
}  # fmt: skip

Visit = Callable[[JsonValue, tuple[str, ...]], JsonValue]


def subschemas(schema: ObjectNode) -> Iterator[tuple[tuple[str, ...], JsonValue]]:
    """Yield each direct subschema with the keys that lead to it."""
    if POSITIONS.keys().isdisjoint(schema):  # the usual case, and this function is called often
        return
    for keyword, value in schema.items():
        position = POSITIONS.get(keyword)
        if position is None:
            continue
        if position is Position.MAP and isinstance(value, ObjectNode):
            for name, member in value.items():
                yield (keyword, name), member
        elif position in {Position.LIST, Position.SCHEMA_OR_LIST} and isinstance(value, ListNode):
            for index, item in enumerate(value):
                yield (keyword, str(index)), item
        elif position in {Position.SCHEMA, Position.SCHEMA_OR_LIST}:
            yield (keyword,), value


def object_subschemas(schema: ObjectNode) -> Iterator[tuple[tuple[str, ...], ObjectNode]]:
    """Yield each direct subschema that is not a boolean, with the keys that lead to it."""
    for keys, item in subschemas(schema):
        if isinstance(item, ObjectNode):
            yield keys, item


def all_schemas(schema: ObjectNode) -> Iterator[ObjectNode]:
    """Yield the schema and every schema below it."""
    yield schema
    for _, item in subschemas(schema):
        if isinstance(item, ObjectNode):
            yield from all_schemas(item)


def located_schemas(
    schema: ObjectNode, *, draft_07: bool = False, pointer: str = ""
) -> Iterator[tuple[str, ObjectNode]]:
    """Yield the schema and every schema below it with their JSON pointers, in draft-07 without what it ignores."""
    schema = effective_schema(schema, draft_07=draft_07)
    yield pointer, schema
    for keys, item in object_subschemas(schema):
        yield from located_schemas(item, draft_07=draft_07, pointer=pointer + step(keys))


def mentions(keyword: str, value: JsonValue) -> bool:
    """Whether a keyword is anywhere in a value; most schemas have none of ours."""
    if isinstance(value, ObjectNode):
        return keyword in value or any(mentions(keyword, each) for each in value.values())
    return isinstance(value, ListNode) and any(mentions(keyword, each) for each in value)


def effective_schema(schema: ObjectNode, *, draft_07: bool) -> ObjectNode:
    """The schema without the keywords that have no effect.

    In draft-07 these are the keywords of later drafts, and the assertions beside a `$ref`.
    """
    if not draft_07:
        return schema
    ignored = _IGNORED_BESIDE_REF if "$ref" in schema else NOT_IN_DRAFT_07
    return schema if ignored.isdisjoint(schema) else schema.without(ignored)


def tuple_keyword(schema: ObjectNode) -> tuple[str | None, str]:
    """The keyword with a schema for each of the first items of an array, if any, and the keyword for the rest.

    The schema is an effective one: in draft-07 it has no `prefixItems`.
    """
    if isinstance(schema.get("items"), ListNode):
        return "items", "additionalItems"
    return ("prefixItems" if "prefixItems" in schema else None), "items"


def map_subschemas(schema: ObjectNode, visit: Visit) -> ObjectNode:
    """A copy of the schema in which each direct subschema is what `visit(subschema, keys)` returns."""

    def member(keyword: str, value: JsonValue) -> JsonValue:
        position = POSITIONS.get(keyword)
        if position is Position.MAP and isinstance(value, ObjectNode):
            return value.with_items((name, visit(item, (keyword, name))) for name, item in value.items())
        if position in {Position.LIST, Position.SCHEMA_OR_LIST} and isinstance(value, ListNode):
            return value.with_items(visit(item, (keyword, str(index))) for index, item in enumerate(value))
        if position in {Position.SCHEMA, Position.SCHEMA_OR_LIST}:
            return visit(value, (keyword,))
        return value

    return schema.with_items((keyword, member(keyword, value)) for keyword, value in schema.items())
