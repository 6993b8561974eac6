"""Where schemas stand inside schemas. A property *named* `$ref` and what stands in enum or const are no schemas."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from enum import Enum, auto

from prefactor_gen.documents import JsonValue, ListNode, ObjectNode

__all__ = ["POSITIONS", "SAME_VALUE", "Position", "all_schemas", "map_subschemas", "subschemas"]

SAME_VALUE = frozenset({"allOf", "anyOf", "dependencies", "dependentSchemas", "else", "oneOf", "then"})
"""Keywords whose schemas speak of the same value as the schema that they stand in."""


class Position(Enum):
    """What the value of a keyword holds."""

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
    if POSITIONS.keys().isdisjoint(schema):  # mostly, and this is asked often
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


def all_schemas(schema: ObjectNode) -> Iterator[ObjectNode]:
    """Yield the schema and every schema that stands in it."""
    yield schema
    for _, item in subschemas(schema):
        if isinstance(item, ObjectNode):
            yield from all_schemas(item)


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
