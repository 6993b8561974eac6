"""The places of a payload, each with all schemas that apply to the value there.

A location is a tuple of JSON pointers: those of the schemas that a member or an item is described by. `allOf` and the
like may describe one member by several schemas. An empty location is a value that the schema does not describe.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from typing import Final, TypeAlias

from prefactor_gen.diagnostics.rules import LIMIT_EXCEEDED
from prefactor_gen.documents.nodes import ObjectNode
from prefactor_gen.json_schema.in_place import InPlace
from prefactor_gen.json_schema.pointers import step
from prefactor_gen.json_schema.subschemas import tuple_keyword
from prefactor_schema.patterns import matcher

__all__ = ["Location", "PayloadLocations", "below"]

Location: TypeAlias = tuple[str, ...]

_MAX_SCHEMAS: Final = 200_000
"""How often a schema is looked at, for a value or for what is inside of it: the largest real ones need half of that."""


class PayloadLocations:
    """Goes through the payloads of one self-contained schema, member by member."""

    root: Final[Location] = ("",)

    def __init__(self, schema: ObjectNode) -> None:
        self._schema = schema
        self._in_place = InPlace(schema)
        self._applied: dict[Location, dict[str, ObjectNode]] = {}
        self._looked_at = 0

    def schemas(self, location: Location) -> dict[str, ObjectNode]:
        """The schemas that apply to the value at a location, by pointer.

        Raises:
            DiagnosticError: the schema is too large to look at all of it.
        """
        if location not in self._applied:
            self._applied[location] = self._in_place.applied(location)
            self._count(len(self._applied[location]))
        return self._applied[location]

    def names(self, location: Location) -> list[str]:
        """The members that are described by name."""
        return list(dict.fromkeys(name for each in self.schemas(location).values() for name in each.properties))

    def patterns(self, location: Location) -> list[str]:
        """The patterns by which members are described."""
        schemas = self.schemas(location).values()
        return list(dict.fromkeys(pattern for each in schemas for pattern in each.object_at("patternProperties")))

    def member(self, location: Location, name: str) -> Location:
        """A member of the object at a location."""
        return self._member(
            location, name, {pattern for pattern in self.patterns(location) if _may_match(pattern, name)}
        )

    def other(self, location: Location, matched: Collection[str] = ()) -> Location:
        """A member of the object at a location whose name is not described, and matches just these patterns."""
        return self._member(location, None, matched)

    def _member(self, location: Location, name: str | None, matched: Collection[str]) -> Location:
        schemas = self.schemas(location).values()
        is_evaluated = any(_described(schema, name, matched) for schema in schemas)

        def keys(schema: ObjectNode) -> Iterator[tuple[str, ...]]:
            described = _described(schema, name, matched)
            yield from described
            if not described:
                yield ("additionalProperties",)
            if not is_evaluated:
                yield ("unevaluatedProperties",)

        return self._inside(location, keys)

    def member_names(self, location: Location) -> Location:
        """The names of the members of the object at a location."""
        return self._inside(location, lambda _: iter([("propertyNames",)]))

    def first_items(self, location: Location) -> int:
        """The number of items that have schemas of their own."""
        keywords = ((each, tuple_keyword(each)[0]) for each in self.schemas(location).values())
        return max((len(each.list_at(keyword)) for each, keyword in keywords if keyword), default=0)

    def item(self, location: Location, index: int) -> Location:
        """An item of the array at a location; that at `first_items` stands for all after it."""
        return self._inside(location, lambda schema: _keys_of_item(schema, index))

    def below(self, location: Location, path: str) -> Iterator[tuple[str, Location]]:
        """What is one step below a location, with its path: `customer.id`, `tags[]`, `labels.*`."""
        for name in self.names(location):
            yield below(path, name), self.member(location, name)
        for matched in ([], *([pattern] for pattern in self.patterns(location))):
            yield below(path, "*"), self.other(location, matched)
        first = self.first_items(location)
        for index in range(first):
            yield f"{path}[{index}]", self.item(location, index)
        yield f"{path}[]", self.item(location, first)

    def _inside(self, location: Location, keys_of: Callable[[ObjectNode], Iterator[tuple[str, ...]]]) -> Location:
        self._count(len(self.schemas(location)))
        found = [
            inner
            for pointer, schema in self.schemas(location).items()
            for keys in keys_of(schema)
            if self._describes(inner := pointer + step(keys), keys)
        ]
        return tuple(dict.fromkeys(found))

    def _count(self, schemas: int) -> None:
        self._looked_at += schemas
        if self._looked_at > _MAX_SCHEMAS:
            message = f"the values of a payload have more than {_MAX_SCHEMAS:,} schemas together; describe fewer"
            raise LIMIT_EXCEEDED.error(self._schema.place, message)

    def _describes(self, pointer: str, keys: tuple[str, ...]) -> bool:
        """Whether there is a schema. `true` describes a value only if it has a name, and `false` describes none."""
        schema = self._in_place.refs.schema_at(pointer)
        return isinstance(schema, ObjectNode) or (schema is True and keys[0] == "properties")


def below(path: str, name: str) -> str:
    """The path of a member."""
    return f"{path}.{name}" if path else name


def _may_match(pattern: str, name: str) -> bool:
    matches = matcher(pattern)
    return matches is None or matches(name)


def _described(schema: ObjectNode, name: str | None, matched: Collection[str]) -> list[tuple[str, ...]]:
    """The keys of the subschemas that describe a member by its name, or by a pattern that it matches."""
    found = [("properties", name)] if name is not None and name in schema.properties else []
    return [*found, *(("patternProperties", each) for each in schema.object_at("patternProperties") if each in matched)]


def _keys_of_item(schema: ObjectNode, index: int) -> Iterator[tuple[str, ...]]:
    first, rest = tuple_keyword(schema)
    if first is not None and index < len(schema.list_at(first)):
        yield first, str(index)
    else:
        yield (rest,)
    yield ("contains",)
    yield ("unevaluatedItems",)
