"""Checks that a schema is within the limits: its members, and the schemas that one value is checked against."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from prefactor_gen.diagnostics.diagnostics import Diagnostic, Place
from prefactor_gen.diagnostics.limits import MAX_CHAIN, MAX_MEMBERS, MAX_PARTS
from prefactor_gen.diagnostics.rules import LIMIT_EXCEEDED, UNRESOLVED_REFERENCE
from prefactor_gen.documents.nodes import ObjectNode
from prefactor_gen.json_schema.in_place import InPlace, Located
from prefactor_gen.json_schema.references import REFERENCES, applicable_schemas
from prefactor_gen.json_schema.subschemas import all_schemas

__all__ = ["check_sizes"]

_UNEVALUATED = frozenset({"unevaluatedItems", "unevaluatedProperties"})
_UNEVALUATED_COST = 4


def check_sizes(root: ObjectNode, place: Place) -> list[Diagnostic]:
    """Report the first limit that a self-contained schema exceeds, or the first reference that leads back to itself."""
    count, refers = 0, False
    for schema in all_schemas(root):
        refers = refers or "$ref" in schema or "$dynamicRef" in schema
        count += 1 + len(schema.list_at("required"))
        if count > MAX_MEMBERS:
            message = f"the schema has more than {MAX_MEMBERS:,} members: properties, items, options; divide it"
            return [LIMIT_EXCEEDED.at(place, message)]
    # Without references, one value is compared with no more schemas than there are.
    return _Weights(root).check() if refers else []


@dataclass
class _Open:
    """A schema that is being weighed: its subschemas that are still to come, and its weight and depth so far."""

    located: Located
    rest: Iterator[Located]
    weight: int = 1
    depth: int = 1

    def add(self, weight: int, depth: int) -> None:
        # To find unevaluated members, all schemas of the value are evaluated again, also those inside one another.
        self.weight += weight * (_UNEVALUATED_COST if _UNEVALUATED & self.located.schema.keys() else 1)
        self.depth = max(self.depth, depth + 1)


class _Weights:
    """Weighs each schema.

    The weight is the number of schemas that a value is compared with there: the schema, and all that it applies to the
    same value.
    """

    def __init__(self, root: ObjectNode) -> None:
        self.root = root
        self.in_place = InPlace(root)
        self.known: dict[str, tuple[int, int]] = {}

    def check(self) -> list[Diagnostic]:
        for pointer, schema in applicable_schemas(self.root):
            if pointer not in self.known and (found := self.descend(Located(pointer, schema))):
                return found
        return []

    def descend(self, start: Located) -> list[Diagnostic]:
        """Without recursion: chains of references may be long."""
        path = [self.opened(start)]
        on_path = {start.pointer}
        while path:
            here = path[-1]
            inner = next(here.rest, None)
            if inner is None:
                if (exceeded := _exceeded(here)) is not None:
                    return [exceeded]
                path.pop()
                on_path.remove(here.located.pointer)
                self.known[here.located.pointer] = here.weight, here.depth
                if path:
                    path[-1].add(here.weight, here.depth)
            elif inner.pointer in on_path:
                first = next(index for index, each in enumerate(path) if each.located.pointer == inner.pointer)
                return self.circular([each.located.schema for each in path[first:]])
            elif inner.pointer in self.known:
                here.add(*self.known[inner.pointer])
            else:
                path.append(self.opened(inner))
                on_path.add(inner.pointer)
        return []

    def opened(self, located: Located) -> _Open:
        return _Open(located, self.in_place.applied_by(located, conditions=True))

    def circular(self, circle: list[ObjectNode]) -> list[Diagnostic]:
        """Report each reference of a circle."""
        message = "expected a schema that describes a value, found a $ref that only leads back to itself"
        return [
            UNRESOLVED_REFERENCE.at(schema.place_at(keyword), message)
            for schema in circle
            for keyword in REFERENCES
            if keyword in schema
        ]


def _exceeded(done: _Open) -> Diagnostic | None:
    if done.weight > MAX_PARTS:
        message = f"a value here would be compared with more than {MAX_PARTS:,} schemas, counted through references"
    elif done.depth > MAX_CHAIN:
        message = f"a value here would be compared with a chain of more than {MAX_CHAIN} schemas"
    else:
        return None
    return LIMIT_EXCEEDED.at(done.located.schema.place, f"{message}; use fewer")
