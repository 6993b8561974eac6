"""The subschemas for a property or an item, through references and in-place applicators."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from prefactor_gen.documents.nodes import ObjectNode
from prefactor_gen.json_schema.deprecation import Deprecation, deprecation
from prefactor_gen.json_schema.in_place import InPlace
from prefactor_gen.json_schema.keywords import REDACT
from prefactor_gen.json_schema.pointers import resolve_pointer, step
from prefactor_gen.json_schema.subschemas import tuple_keyword

__all__ = ["Properties"]

_OPEN = frozenset({"additionalProperties", "patternProperties", "unevaluatedProperties"})
_CONTAINERS = frozenset({"array", "object"})


class Properties:
    """Looks up properties in one self-contained schema, whose subschemas are named by JSON pointer; "" is the root."""

    def __init__(self, root: ObjectNode) -> None:
        self.root = root
        self.in_place = InPlace(root)

    def is_redacted(self, pointers: Iterable[str]) -> bool:
        """Whether a value of these schemas is replaced before it is recorded."""
        return any(schema.get(REDACT) is True for schema in self.in_place.applied(pointers).values())

    def deprecation(self, pointers: Iterable[str]) -> Deprecation | None:
        """What these schemas say about their deprecation: one of them, or what it refers to or joins by `allOf`."""
        pending = [self.in_place.at(pointer) for pointer in pointers]
        seen = set[str]()
        for located in pending:  # the loop appends to the list
            if located is None or located.pointer in seen:
                continue
            seen.add(located.pointer)
            if (found := deprecation(located.schema)) is not None:
                return found
            branches = (step(("allOf", str(index))) for index in range(len(located.schema.branches("allOf"))))
            pending.extend(self.in_place.at(located.pointer + branch) for branch in branches)
            pending.extend(map(self.in_place.at, self.in_place.refs.targets(located.schema)))
        return None

    def member(self, pointers: Iterable[str], key: str | int) -> Sequence[str] | None:
        """The schemas of a property or an item; empty if these schemas exclude it, None if that is unknown."""
        schemas = self.in_place.applied(pointers)
        places = [
            pointer + step(keys)
            for pointer, schema in schemas.items()
            if (keys := self._item(schema, key) if isinstance(key, int) else _property(schema, key)) is not None
        ]
        subschemas = {place: resolve_pointer(self.root, place) for place in places}
        if any(subschema is True for subschema in subschemas.values()):
            return None
        found = [place for place, subschema in subschemas.items() if isinstance(subschema, ObjectNode)]
        if found or (isinstance(key, str) and _excludes_others(schemas.values())):
            return found
        return None

    def names(self, pointers: Iterable[str]) -> Iterator[str]:
        """The names of the properties."""
        for schema in self.in_place.applied(pointers).values():
            yield from schema.properties

    def _item(self, schema: ObjectNode, index: int) -> tuple[str, ...] | None:
        """The keys of the subschema for an item."""
        first, rest = tuple_keyword(schema)
        if first is not None and index < len(schema.list_at(first)):
            return first, str(index)
        return (rest,) if rest in schema else None


def _property(schema: ObjectNode, name: str) -> tuple[str, ...] | None:
    """The keys of the subschema for a property."""
    return ("properties", name) if name in schema.properties else None


def _excludes_others(schemas: Iterable[ObjectNode]) -> bool:
    """Whether schemas name all properties, or describe values that have none.

    A schema without `additionalProperties` allows other properties, but to look one up is probably a mistake.
    """
    parts = list(schemas)
    if any(part.get(keyword, False) is not False for part in parts for keyword in _OPEN):
        return False
    if any("$dynamicRef" in part for part in parts):  # its target depends on the payload
        return False
    return any("properties" in part or (part.types and not _CONTAINERS & {*part.types}) for part in parts)
