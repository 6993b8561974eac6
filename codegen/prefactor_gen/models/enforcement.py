"""Finds what enforces each keyword of a schema: the generated types, the check against the schema, or neither."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal
from urllib.parse import unquote

from prefactor_gen.definitions.definitions import Definitions, SchemaSource
from prefactor_gen.diagnostics.diagnostics import Place
from prefactor_gen.documents.nodes import ObjectNode, child_pointer
from prefactor_gen.json_schema.keywords import ASSERTIONS, CHECKED_FORMATS, CONTENT
from prefactor_gen.json_schema.references import applicable_schemas
from prefactor_gen.json_schema.subschemas import subschemas

__all__ = ["By", "Enforced", "enforcement"]


class By(StrEnum):
    """What enforces a keyword."""

    TYPES = "types"
    SCHEMA = "schema"
    NOTHING = "nothing"


@dataclass(frozen=True)
class Enforced:
    """A keyword of a span type's schema, its place in that schema, and what enforces it."""

    span_type: str
    part: Literal["params", "result"]
    pointer: str
    keyword: str
    by: By


def enforcement(
    definitions: Definitions, untyped_places: AbstractSet[Place], *, assert_formats: bool = False
) -> Iterator[Enforced]:
    """Every keyword that decides whether a payload is valid, in the order of the definitions.

    Args:
        definitions: definitions whose schemas are self-contained.
        untyped_places: the places of the keywords that the generated types cannot express.
        assert_formats: whether formats are checked with the schema.
    """
    formats = CHECKED_FORMATS if assert_formats else frozenset[str]()
    for item in definitions.span_types:
        sources: dict[Literal["params", "result"], SchemaSource | None] = {"params": item.params, "result": item.result}
        for part, source in sources.items():
            if source is not None:
                reader = _Reader(source.schema, untyped_places, formats)
                for pointer, keyword, by in reader.keywords(source.schema, "", By.TYPES):
                    yield Enforced(item.name, part, pointer, keyword, by)


class _Reader:
    """Goes through one schema.

    Attributes:
        applicable: the schemas that can apply to a value, by pointer, without the keywords that have no effect.
    """

    def __init__(self, root: ObjectNode, untyped_places: AbstractSet[Place], formats: AbstractSet[str]) -> None:
        self.applicable = {unquote(pointer): schema for pointer, schema in applicable_schemas(root)}
        self.untyped_places = untyped_places
        self.formats = formats

    def keywords(self, schema: ObjectNode, pointer: str, above: By) -> Iterator[tuple[str, str, By]]:
        """The keywords of a schema and of those below it.

        Args:
            schema: the schema.
            pointer: its pointer.
            above: what enforces the keyword that the schema is under.
        """
        effective = self.applicable.get(pointer, ())
        by = {keyword: self.by(schema, keyword, above) if keyword in effective else By.NOTHING for keyword in schema}
        yield from ((pointer, keyword, by[keyword]) for keyword in schema if keyword in ASSERTIONS | CONTENT)
        for keys, item in subschemas(schema):
            where = functools.reduce(child_pointer, keys, pointer)
            members = schema[keys[0]]
            if isinstance(item, ObjectNode):
                # A schema in a keyword without effect applies only if a reference leads to it, as a type of its own.
                yield from self.keywords(item, where, by[keys[0]] if keys[0] in effective else By.TYPES)
            elif item is False and isinstance(members, ObjectNode) and members.place_at(keys[1]) in self.untyped_places:
                yield where, "false", By.SCHEMA

    def by(self, schema: ObjectNode, keyword: str, above: By) -> By:
        if keyword in CONTENT:  # JSON Schema leaves it unchecked
            return By.NOTHING
        if keyword == "format":
            return By.SCHEMA if schema[keyword] in self.formats and above is not By.NOTHING else By.NOTHING
        return By.SCHEMA if above is By.TYPES and schema.place_at(keyword) in self.untyped_places else above
