"""Groups of keywords of one schema that stand for themselves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto
from functools import cached_property

from prefactor_gen.comparison.schemas.reading.plain_schemas import Plain, text_of
from prefactor_gen.documents.nodes import JsonValue, ListNode, ObjectNode, Schema
from prefactor_gen.json_schema.json_types import types_of
from prefactor_gen.json_schema.keywords import ASSERTIONS

__all__ = ["SETS", "Group", "Kind", "values_of", "with_values"]


class Kind(Enum):
    """What a group of keywords is about."""

    TYPE = auto()
    VALUES = auto()
    LOWER = auto()
    UPPER = auto()
    MULTIPLE = auto()
    MIN_LENGTH = auto()
    MAX_LENGTH = auto()
    MIN_ITEMS = auto()
    MAX_ITEMS = auto()
    UNIQUE = auto()
    MIN_PROPERTIES = auto()
    MAX_PROPERTIES = auto()
    PATTERN = auto()
    FORMAT = auto()
    REQUIRED = auto()
    MEMBERS = auto()
    NAMES = auto()
    ITEMS = auto()
    CONTAINS = auto()
    OPTIONS = auto()
    EXCLUSION = auto()
    CONDITION = auto()
    DEPENDENT = auto()
    UNEVALUATED = auto()
    OPAQUE = auto()


_KEYWORDS: dict[Kind, tuple[tuple[str, ...], ...]] = {
    Kind.TYPE: (("type",),),
    Kind.VALUES: (("enum",), ("const",)),
    Kind.LOWER: (("minimum", "exclusiveMinimum"),),
    Kind.UPPER: (("maximum", "exclusiveMaximum"),),
    Kind.MULTIPLE: (("multipleOf",),),
    Kind.MIN_LENGTH: (("minLength",),),
    Kind.MAX_LENGTH: (("maxLength",),),
    Kind.MIN_ITEMS: (("minItems",),),
    Kind.MAX_ITEMS: (("maxItems",),),
    Kind.UNIQUE: (("uniqueItems",),),
    Kind.MIN_PROPERTIES: (("minProperties",),),
    Kind.MAX_PROPERTIES: (("maxProperties",),),
    Kind.PATTERN: (("pattern",),),
    Kind.FORMAT: (("format",),),
    Kind.REQUIRED: (("required",),),
    Kind.MEMBERS: (("properties", "patternProperties", "additionalProperties"),),
    Kind.NAMES: (("propertyNames",),),
    Kind.ITEMS: (("prefixItems", "items"),),
    Kind.CONTAINS: (("contains", "minContains", "maxContains"),),
    Kind.OPTIONS: (("anyOf",), ("oneOf",)),
    Kind.EXCLUSION: (("not",),),
    Kind.CONDITION: (("if", "then", "else"),),
    Kind.DEPENDENT: (("dependentRequired",), ("dependentSchemas",)),
    Kind.OPAQUE: (("$dynamicRef",), ("$ref",)),
}
"""The keywords of each kind, those together that depend on each other."""

SETS = {keyword: (kind, keywords) for kind, sets in _KEYWORDS.items() for keywords in sets for keyword in keywords}
"""The kind of each keyword, and the keywords that it depends on."""


@dataclass(frozen=True)
class Group:
    """Keywords of one schema that stand for themselves.

    Attributes:
        kind: what they are about.
        node: the schema with these keywords only.
        plain: the same for the engine.
    """

    kind: Kind
    node: ObjectNode
    plain: Plain

    @cached_property
    def text(self) -> str:
        """Equal for an equal meaning."""
        return text_of(self.plain)


def values_of(node: ObjectNode) -> list[JsonValue]:
    """The values in `enum` or `const`."""
    return list(node.list_at("enum")) if "enum" in node else [node["const"]]


def with_values(schema: ObjectNode) -> ObjectNode:
    """The schema with `enum` in place of options that are constants, as people write them to describe each."""
    for keyword in ("oneOf", "anyOf"):
        branches = schema.branches(keyword)
        if not branches or "enum" in schema or not all(map(_is_values, branches)):
            continue
        values = [value for each in branches if isinstance(each, ObjectNode) for value in values_of(each)]
        if keyword == "anyOf" or _are_different(values):
            place = schema.place_at(keyword)
            items = [*schema.without({keyword}).items(), ("enum", ListNode(values, place=place))]
            return ObjectNode(items, place=schema.place, key_places={**schema.key_places, "enum": place})
    return schema


def _are_different(values: Sequence[JsonValue]) -> bool:
    """Whether no two values are equal. Of numbers it does not tell: 1 and 1.0 are equal."""
    simple = all(isinstance(value, str | bool) or value is None for value in values)
    return simple and len({text_of(value) for value in values}) == len(values)


def _is_values(schema: Schema) -> bool:
    if not isinstance(schema, ObjectNode) or not ("const" in schema) ^ ("enum" in schema):
        return False
    others = schema.keys() & ASSERTIONS - {"const", "enum", "type"}
    return not others and all(not schema.types or types_of(value) & {*schema.types} for value in values_of(schema))
