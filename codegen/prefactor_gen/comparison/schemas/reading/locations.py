"""What one schema says of the values at one place, split into groups of keywords that stand for themselves.

A value is valid if every group takes it. So `new` covers `old` exactly if every group of `new` does, and each group
that does not is a change of its own.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property, lru_cache
from typing import NamedTuple

from prefactor_gen.comparison.schemas.reading.groups import SETS, Group, Kind, values_of, with_values
from prefactor_gen.comparison.schemas.reading.paths import Path, PathStep
from prefactor_gen.comparison.schemas.reading.plain_schemas import Plain, text_of
from prefactor_gen.comparison.schemas.reading.sides import Side, Sides
from prefactor_gen.documents.nodes import JsonValue, ListNode, ObjectNode, Schema
from prefactor_gen.json_schema.json_types import types_of
from prefactor_gen.json_schema.references import REFERENCES
from prefactor_schema.json_schema import JsonSchema

__all__ = ["Location", "Pair", "matches", "schema_of"]


_UNEVALUATED = ("unevaluatedProperties", "unevaluatedItems")
_DEPENDING = ("anyOf", "oneOf", "if", "not", "dependentSchemas")
"""Keywords that evaluate members of some values only."""
_BRANCHES = ("anyOf", "oneOf", "allOf")


class Location:
    """What one schema says of the values at one place: they match all of some schemas.

    Args:
        sides: both schemas.
        side: the one whose parts these are.
        schemas: the parts.
        whole: further parts that are asked for as they are, because their keywords depend on each other.
    """

    def __init__(self, sides: Sides, side: Side, schemas: Iterable[Schema], whole: Iterable[ObjectNode] = ()) -> None:
        self.sides, self.side = sides, side
        self.schemas, self.whole = tuple(schemas), tuple(whole)

    @cached_property
    def plain(self) -> Plain:
        """The schema of the place for the engine."""
        parts = [self.sides.plain(self.side, each) for each in (*self.schemas, *self.whole) if each is not True]
        if False in parts:
            return False
        different = {text_of(each): each for each in parts if each != {}}
        if not different:
            return True
        return next(iter(different.values())) if len(different) == 1 else {"allOf": list(different.values())}

    @property
    def identity(self) -> tuple[int, ...]:
        """Equal for the same parts of the same schema."""
        return tuple(map(id, (*self.schemas, *self.whole)))

    @cached_property
    def node(self) -> ObjectNode | None:
        """The first of its schemas that has a place; None if there is none."""
        return next((each for each in self.schemas if isinstance(each, ObjectNode)), None)

    @property
    def said(self) -> JsonValue:
        """What it says, as it is written."""
        if len(self.schemas) == 1:
            return self.schemas[0]
        return None if self.node is None else ListNode(self.schemas, place=self.node.place)

    @property
    def is_never(self) -> bool:
        """Whether one of the parts is `false`."""
        return any(each is False for each in self._expanded[0])

    @property
    def whole_parts(self) -> tuple[ObjectNode, ...]:
        """The schemas with `unevaluatedProperties` or `unevaluatedItems` that say what they say only as a whole."""
        return self._expanded[1]

    @property
    def conjuncts(self) -> tuple[ObjectNode, ...]:
        """The schemas that apply, with those that they refer to and those in `allOf`, each without these keywords."""
        return tuple(each for each in self._expanded[0] if isinstance(each, ObjectNode))

    @cached_property
    def _expanded(self) -> tuple[tuple[Schema, ...], tuple[ObjectNode, ...]]:
        found: list[Schema] = []
        whole = list(self.whole)
        seen = set[int]()
        pending = list(reversed(self.schemas))
        while pending:
            schema = pending.pop()
            if isinstance(schema, bool):
                found.append(schema)
            elif id(schema) not in seen:
                seen.add(id(schema))
                inner = [*map(self.side.at, self.side.targets(schema)), *schema.branches("allOf")]
                pending.extend(reversed(inner))
                found.append(self._alone(schema))
                if any(keyword in schema for keyword in _UNEVALUATED):
                    members = self._unevaluated_members(schema)
                    found.extend([] if members is None else [members])
                    whole.extend([schema] if members is None or "unevaluatedItems" in schema else [])
        return tuple(found), tuple(whole)

    def _alone(self, schema: ObjectNode) -> ObjectNode:
        """The schema without what it refers to and has in `allOf`."""
        opaque = self.side.opaque(schema)
        dropped = {"allOf", *_UNEVALUATED, *(key for key in REFERENCES if key not in opaque)}
        return with_values(schema.without(dropped))

    def _unevaluated_members(self, schema: ObjectNode) -> ObjectNode | None:
        """`unevaluatedProperties` as `additionalProperties`; None if what is evaluated depends on the value."""
        known = self.side.unevaluated  # each is looked at once, however often it is referred to
        if id(schema) not in known:
            known[id(schema)] = (schema, self._as_additional(schema))  # kept, so that no other one has its id
        return known[id(schema)][1]

    def _as_additional(self, schema: ObjectNode) -> ObjectNode | None:
        inner = Location(self.sides, self.side, [schema.without(_UNEVALUATED)])
        if "unevaluatedProperties" not in schema or inner.whole_parts:
            return None
        if any(keyword in each for keyword in (*_DEPENDING, *REFERENCES) for each in inner.conjuncts):
            return None
        if any("additionalProperties" in each for each in inner.conjuncts):
            return schema.with_items(())  # they are all evaluated
        place = schema.place_at("unevaluatedProperties")
        items: list[tuple[str, JsonValue]] = [("additionalProperties", schema["unevaluatedProperties"])]
        for keyword in ("properties", "patternProperties"):
            names = dict.fromkeys(name for each in inner.conjuncts for name in each.object_at(keyword))
            items.append((keyword, ObjectNode([(name, True) for name in names], place=place)))
        return ObjectNode(items, place=schema.place, key_places={"additionalProperties": place})

    @cached_property
    def groups(self) -> tuple[Group, ...]:
        """The groups of keywords, without those of equal meaning, in the order of their kinds."""
        return tuple(group for kind in Kind for group in self.of(kind))

    def of(self, kind: Kind) -> list[Group]:
        """The groups of one kind."""
        return self._by_kind.get(kind, [])

    @cached_property
    def _by_kind(self) -> dict[Kind, list[Group]]:
        found: dict[tuple[Kind, str], Group] = {}
        for schema in self.conjuncts:
            sets = dict.fromkeys(SETS[keyword] for keyword in schema if keyword in SETS)
            for kind, keywords in sets:
                node = schema.with_items((keyword, schema[keyword]) for keyword in keywords if keyword in schema)
                plain = self.sides.plain(self.side, node)
                if plain not in ({}, True):
                    group = Group(kind, node, plain)
                    found.setdefault((kind, group.text), group)
        for schema in self.whole_parts:
            group = Group(Kind.UNEVALUATED, schema, self.sides.plain(self.side, schema))
            found.setdefault((Kind.UNEVALUATED, group.text), group)
        by_kind: dict[Kind, list[Group]] = {}
        for group in found.values():
            by_kind.setdefault(group.kind, []).append(group)
        return by_kind

    def member(self, name: str) -> Location:
        """What is said of the value of a property, whatever options apply."""
        found: list[Schema] = []
        for schema in self.conjuncts:
            members, patterns = schema.properties, schema.object_at("patternProperties")
            matching = [schema_of(value) for pattern, value in patterns.items() if matches(pattern, name)]
            found.extend([schema_of(members[name])] if name in members else [])
            found.extend(matching)
            if name not in members and not matching and "additionalProperties" in schema:
                found.append(schema_of(schema["additionalProperties"]))
        return self.inner(found)

    @cached_property
    def others(self) -> Location:
        """What is said of the values under names that no schema has in `properties`, and no pattern matches."""
        return self.inner(
            schema_of(each["additionalProperties"]) for each in self.conjuncts if "additionalProperties" in each
        )

    def matching(self, pattern: str) -> Location:
        """What is said of the values under names that match a pattern of `patternProperties`."""
        members = [each.object_at("patternProperties") for each in self.conjuncts]
        return self.inner(schema_of(each[pattern]) for each in members if pattern in each)

    def item(self, index: int) -> Location:
        """What is said of an item; of one after the last of `prefixItems`, what is said of the rest."""
        found: list[Schema] = []
        for schema in self.conjuncts:
            first = schema.branches("prefixItems")
            found.extend(first[index : index + 1])
            if index >= len(first) and "items" in schema:
                found.append(schema_of(schema["items"]))
        return self.inner(found)

    def inner(self, schemas: Iterable[Schema]) -> Location:
        """A place of the same side, of which these schemas tell."""
        return Location(self.sides, self.side, schemas)

    @cached_property
    def tuple_length(self) -> int:
        """The number of items that have a schema of their own."""
        return max((len(each.branches("prefixItems")) for each in self.applied), default=0)

    @cached_property
    def patterns(self) -> tuple[tuple[str, ...], ...]:
        """The patterns of each schema that has some."""
        lists = (each.object_at("patternProperties") for each in self.conjuncts)
        return tuple(sorted(tuple(sorted(names)) for names in lists if names))

    @cached_property
    def applied(self) -> tuple[ObjectNode, ...]:
        """All schemas that apply to the value, those of options and conditions as well, as they are written."""
        found: dict[int, ObjectNode] = {}
        pending: list[Schema] = list(self.schemas)
        for schema in pending:  # the loop appends to the list
            if isinstance(schema, bool) or id(schema) in found:
                continue
            found[id(schema)] = schema
            pending.extend(map(self.side.at, self.side.targets(schema)))
            for keyword in _BRANCHES:
                pending.extend(schema.branches(keyword))
            inner = [schema.get("then"), schema.get("else"), *schema.object_at("dependentSchemas").values()]
            pending.extend(each for each in inner if isinstance(each, ObjectNode))
        return tuple(found.values())

    @cached_property
    def declared(self) -> dict[str, ObjectNode]:
        """The names of all properties, those of options as well, each with a schema that has it."""
        found: dict[str, ObjectNode] = {}
        for schema in self.applied:
            for name in schema.properties:
                found.setdefault(name, schema)
        return found

    @cached_property
    def required(self) -> dict[str, ObjectNode]:
        """The names of required properties, each with a schema that says so."""
        return {name: each for each in reversed(self.conjuncts) for name in each.required}

    @cached_property
    def values(self) -> list[JsonValue] | None:
        """The values of `enum` and `const`, of the shortest list; None if there is none."""
        lists = [values_of(group.node) for group in self.of(Kind.VALUES)]
        return min(lists, key=len) if lists else None

    @cached_property
    def types(self) -> frozenset[str]:
        """The types that it names, or that its values have; empty if it does not tell. An integer is a number, too."""
        found: list[set[str]] = []
        named = [{*group.node.types} for group in self.of(Kind.TYPE)]
        found.extend(names | {"integer"} if "number" in names else names for names in named)
        if self.values is not None:
            found.append({name for value in self.values for name in types_of(value)})
        for group in self.of(Kind.OPTIONS):
            options = [self._types_of(each) for key in ("anyOf", "oneOf") for each in group.node.branches(key)]
            found.extend([set().union(*options)] if all(options) else [])
        return frozenset(set.intersection(*found)) if found else frozenset()

    def _types_of(self, option: Schema) -> frozenset[str]:
        """The types of an option, which is looked at once, however often it is referred to."""
        known = self.side.types
        if id(option) not in known:
            known[id(option)] = (option, frozenset())  # an option that leads back to itself
            known[id(option)] = (option, self.inner([option]).types)
        return known[id(option)][1]


class Pair(NamedTuple):
    """What both schemas say of one place.

    Attributes:
        old: what the old one says.
        new: what the new one says.
        path: the place in the payload.
    """

    old: Location
    new: Location
    path: Path

    def at(self, step: PathStep, old: Location, new: Location) -> Pair:
        """The place one step further."""
        return Pair(old, new, (*self.path, step))


def schema_of(value: JsonValue) -> Schema:
    """The value, if it is a schema; else `true`."""
    return value if isinstance(value, ObjectNode | bool) else True


@lru_cache(10_000)
def matches(pattern: str, name: str) -> bool:
    """Whether a name matches a pattern of `patternProperties`."""
    return JsonSchema({"pattern": pattern}).matches(name)
