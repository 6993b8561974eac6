"""Who enforces what a schema says: the generated types, the check against the schema itself, or nobody."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from prefactor_gen.definitions import Definitions
from prefactor_gen.diagnostics import Place
from prefactor_gen.documents import ObjectNode, child_pointer
from prefactor_gen.keywords import ASSERTIONS, CHECKED_FORMATS, CONTENT
from prefactor_gen.walk import subschemas

__all__ = ["By", "Enforced", "enforcement"]

# Annotations by JSON Schema's own rules: a validator may ignore them.
_ANNOTATIONS = CONTENT | {"format"}


class By(StrEnum):
    """Who enforces a keyword."""

    TYPES = "types"
    SCHEMA = "schema"
    NOBODY = "nobody"


@dataclass(frozen=True)
class Enforced:
    """A keyword of a span type's schema, where it stands in that schema, and who enforces it."""

    span_type: str
    part: Literal["params", "result"]
    pointer: str
    keyword: str
    by: By


def enforcement(
    definitions: Definitions, unsaid: AbstractSet[Place], *, assert_formats: bool = False
) -> Iterator[Enforced]:
    """Every keyword that decides whether a payload is valid, in the order of the definitions.

    Args:
        definitions: with all that their schemas refer to in other files.
        unsaid: the places of the keywords that types do not say.
        assert_formats: the schema itself enforces formats.
    """
    formats = CHECKED_FORMATS if assert_formats else frozenset[str]()
    for item in definitions.span_types:
        yield from _schema(item.name, "params", item.params.schema, "", unsaid, formats=formats)
        if item.result is not None:
            yield from _schema(item.name, "result", item.result.schema, "", unsaid, formats=formats)


def _schema(
    span_type: str,
    part: Literal["params", "result"],
    schema: ObjectNode,
    pointer: str,
    unsaid: AbstractSet[Place],
    *,
    formats: AbstractSet[str],
    inside: bool = False,
) -> Iterator[Enforced]:
    """The keywords of a schema and of what stands in it; `inside` one that the schema itself enforces."""
    for keyword in schema:
        if keyword in ASSERTIONS | _ANNOTATIONS:
            by = _by(keyword, said=not inside and schema.place_at(keyword) not in unsaid)
            if keyword == "format" and schema[keyword] in formats:
                by = By.SCHEMA
            yield Enforced(span_type, part, pointer, keyword, by)
    for keys, item in subschemas(schema):
        where = functools.reduce(child_pointer, keys, pointer)
        members = schema[keys[0]]
        if isinstance(item, ObjectNode):
            below = inside or schema.place_at(keys[0]) in unsaid
            yield from _schema(span_type, part, item, where, unsaid, formats=formats, inside=below)
        elif item is False and isinstance(members, ObjectNode) and members.place_at(keys[1]) in unsaid:
            yield Enforced(span_type, part, where, "false", By.SCHEMA)


def _by(keyword: str, *, said: bool) -> By:
    if keyword in _ANNOTATIONS:
        return By.NOBODY
    return By.TYPES if said else By.SCHEMA
