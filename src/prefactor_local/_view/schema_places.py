"""The schemas that describe each value of a payload.

`prefactor_gen` goes through schemas, too, but it reads them from files, and keeps the place of each keyword. Here they
are what clients registered: any JSON.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TypeAlias
from urllib.parse import unquote, urljoin

from prefactor_local._protocol.pointers import steps_of
from prefactor_local._view.shapes import Json
from prefactor_schema.patterns import matcher

__all__ = ["Budget", "Schema", "SchemaPlaces"]

Schema: TypeAlias = dict[str, Json]

_LISTS = ("allOf", "anyOf", "oneOf")
_SINGLE = ("then", "else")  # a value need not match what is in `if` and `not`
_MAPS = ("dependentSchemas", "dependencies")
_MOST_APPLIED = 500
_MOST_PATTERNS = 50
_MOST_INDEXED = 50_000
_MOST_IDS = 1_000
_MOST_ID_CHARS = 500
_BASE_URI = "https://schema.prefactor.invalid/"


@dataclass
class Budget:
    """What may still be spent on schemas: a small one may have a million places.

    Attributes:
        looks: how many schemas and members may be looked at, each as often as that is.
        chars: how long the pointers and the texts of fields may be together.
    """

    looks: int = 50_000
    chars: int = 1024 * 1024

    def look(self) -> bool:
        """Whether one more may be looked at."""
        self.looks -= 1
        return self.looks >= 0


class SchemaPlaces:
    """Finds the schemas of values, one step at a time. When the budget is spent, there are no more.

    Args:
        schema: A JSON Schema. Parts that are not schemas are left out.
        budget: What may be spent on it.
    """

    def __init__(self, schema: Json, budget: Budget | None = None) -> None:
        self.budget = budget or Budget()
        self._ids = 0
        self._bases: dict[int, str] = {}
        self._named: dict[tuple[str, str], Json] = {}
        """The schemas that references lead to, by URI and anchor."""
        self._index(schema)
        self._in_place: dict[int, list[Schema]] = {}
        self._inside: dict[tuple[int, ...], dict[str, list[Json]]] = {}
        self._found: dict[tuple[tuple[int, ...], str], list[Schema]] = {}
        self.root = self.applied([schema])

    def applied(self, schemas: Sequence[Json]) -> list[Schema]:
        """The schemas, and all that they apply to the same value: by references, by `allOf`, `then` and the like."""
        found: dict[int, Schema] = {}
        pending = [*schemas[:_MOST_APPLIED]]
        for schema in pending:  # the loop appends to the list
            if len(found) == _MOST_APPLIED or not self.budget.look():
                break
            if isinstance(schema, dict) and id(schema) not in found:
                found[id(schema)] = schema
                pending.extend(self._applied_by(schema))
        return list(found.values())

    def inside(self, schemas: Sequence[Schema]) -> Iterator[tuple[str, list[Schema]]]:
        """The schemas of the members and the items of a value, by the step of a pointer; `*` is any other one."""
        for step, inner in self._inner(schemas).items():
            yield step, self.applied(inner)

    def at(self, steps: Sequence[str]) -> Schema | None:
        """The schema of the value at the end of some steps: the first that says something of it itself.

        None if there is none, or if the budget was spent on the schemas of other values.
        """
        schemas = self.root
        for step in steps:
            schemas = self._below(schemas, step)
        telling = (schema for schema in schemas if schema.keys() - {"$ref", "title", "description"})
        return next(telling, schemas[0] if schemas else None)

    def _below(self, schemas: list[Schema], step: str) -> list[Schema]:
        """The schemas of one member or item; they are kept."""
        location = tuple(map(id, schemas))
        if location not in self._inside:
            self._inside[location] = self._inner(schemas)
        inside = self._inside[location]
        name = step if step in inside else "*"
        if (location, name) not in self._found:
            self._found[location, name] = self.applied(inside.get(name, []))
        return self._found[location, name]

    def _inner(self, schemas: Sequence[Schema]) -> dict[str, list[Json]]:
        found: dict[str, list[Json]] = {}
        for schema in schemas:
            for step, inner in _steps(schema):
                if not self.budget.look():
                    return found
                found.setdefault(step, []).append(inner)
        patterns = [each for schema in schemas for each in _members(schema, "patternProperties")]
        names = {name for schema in schemas for name, _ in _members(schema, "properties")} if patterns else ()
        for pattern, inner in patterns[:_MOST_PATTERNS]:
            matches = matcher(pattern)
            for name in names:
                if matches is None or not self.budget.look():
                    break
                if matches(name):
                    found[name].append(inner)
        return found

    def _applied_by(self, schema: Schema) -> list[Schema]:
        """What a schema applies to the same value by itself; it is kept."""
        if id(schema) not in self._in_place:
            parts = (part for part in self._parts(schema) if isinstance(part, dict))
            self._in_place[id(schema)] = list(islice(parts, _MOST_APPLIED))
        return self._in_place[id(schema)]

    def _parts(self, schema: Schema) -> Iterator[Json]:
        for keyword in ("$ref", "$dynamicRef"):
            if isinstance(reference := schema.get(keyword), str):
                yield self._target(reference, self._bases.get(id(schema), _BASE_URI))
        for keyword in _LISTS:
            items = schema.get(keyword)
            yield from items if isinstance(items, list) else ()
        for keyword in _SINGLE:
            yield schema.get(keyword)
        for keyword in _MAPS:
            yield from (inner for _, inner in _members(schema, keyword))

    def _target(self, reference: str, base: str) -> Json:
        uri, _, fragment = reference.partition("#")
        resource = _joined(base, uri)
        if not fragment.startswith("/"):
            return self._named.get((resource, fragment))
        found = self._named.get((resource, ""))
        for step in steps_of(unquote(fragment)):
            found = _item(found, step)
        return found

    def _index(self, root: Json) -> None:
        """Notes what references are relative to, and where they lead: each `$id` and each anchor."""
        self._named[_BASE_URI, ""] = root
        pending: list[tuple[Json, str]] = [(root, _BASE_URI)]
        for node, base in pending:  # the loop appends to the list
            if len(pending) > _MOST_INDEXED:
                return
            if isinstance(node, dict):
                own = self._note(node, base)
                pending.extend((item, own) for item in node.values())
            elif isinstance(node, list):
                pending.extend((item, base) for item in node)

    def _note(self, schema: Schema, base: str) -> str:
        """Notes the names of a schema. Returns what references in it are relative to."""
        if isinstance(identifier := schema.get("$id"), str):
            name, _, anchor = identifier.partition("#")
            uri = _joined(base, name)
            if len(uri) <= _MOST_ID_CHARS and self._ids < _MOST_IDS:
                self._ids += 1
                base = uri
                self._named.setdefault((base, anchor), schema)
        for keyword in ("$anchor", "$dynamicAnchor"):
            if isinstance(own := schema.get(keyword), str):
                self._named.setdefault((base, own), schema)
        if base != _BASE_URI:
            self._bases[id(schema)] = base
        return base


def _steps(schema: Schema) -> Iterator[tuple[str, Json]]:
    yield from _members(schema, "properties")
    for _, inner in _members(schema, "patternProperties"):
        yield "*", inner
    first = schema.get("prefixItems", schema.get("items"))
    if isinstance(first, list):
        yield from ((str(index), inner) for index, inner in enumerate(first))
    for keyword in ("items", "additionalItems", "additionalProperties", "unevaluatedItems", "unevaluatedProperties"):
        yield "*", schema.get(keyword)


def _members(schema: Mapping[str, Json], keyword: str) -> Iterator[tuple[str, Json]]:
    members = schema.get(keyword)
    if isinstance(members, dict):
        yield from members.items()


def _item(node: Json, step: str) -> Json:
    if isinstance(node, dict):
        return node.get(step)
    if isinstance(node, list) and step.isdecimal() and len(step) < 10 and int(step) < len(node):
        return node[int(step)]
    return None


def _joined(base: str, reference: str) -> str:
    try:
        return urljoin(base, reference)
    except ValueError:  # not a URI
        return reference
