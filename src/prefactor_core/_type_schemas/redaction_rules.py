"""The rules by which payloads are redacted, of the schemas that pydantic makes: for spans that are opened by name.

`prefactor-gen` compiles the rules of generated classes, from any JSON Schema. Here, only the keywords that pydantic
writes are known. Where `x-prefactor-redact` would have no effect, it is refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

from prefactor_core._type_schemas.json_schemas import REDACT, Schema, UnsupportedTypeError

__all__ = ["redaction_rules"]

_Rule: TypeAlias = dict[str, Any]

_IN_PLACE = ("anyOf", "oneOf", "allOf")
_JSON_TYPES = {bool: "boolean", int: "number", float: "number", str: "string", list: "array", dict: "object"}


def redaction_rules(schema: Schema) -> Mapping[str, _Rule]:
    """The rules of a schema, in the form of `prefactor_core._payloads.redaction`; empty if nothing is redacted.

    Raises:
        UnsupportedTypeError: the keyword has no effect.
    """
    marked = list(_marked(schema))
    if not marked:
        return {}
    places = _Places(schema)
    applied = {id(each) for place in places.by_pointer.values() for each in place.schemas}
    if not applied.issuperset(map(id, marked)) or places.by_pointer[""].is_redacted:
        raise UnsupportedTypeError(f"{REDACT} is where it has no effect", f"give the fields themselves {REDACT}: True")
    live = places.live()
    return {pointer: places.rule(place, is_live=pointer in live) for pointer, place in places.by_pointer.items()}


def _marked(value: object) -> Iterator[Schema]:
    """The schemas that have the keyword."""
    if isinstance(value, dict):
        mark = value.get(REDACT, False)
        if mark is True:
            yield value
        elif mark is not False and not isinstance(mark, dict):  # a property may have this name
            raise UnsupportedTypeError(f"{REDACT} is neither true nor false", f"write {REDACT}: True")
        value = [*value.values()]
    if isinstance(value, list):
        for each in value:
            yield from _marked(each)


class _Place:
    """A place in a payload: the schemas that apply to a value there, and where its members and items are.

    Attributes:
        objects: the pointers of members.
        arrays: the pointers of items.
    """

    def __init__(self) -> None:
        self.schemas: list[Schema] = []
        self.objects: list[_Rule] = []
        self.arrays: list[_Rule] = []

    @property
    def is_redacted(self) -> bool:
        return any(schema.get(REDACT) is True for schema in self.schemas)

    @property
    def pointers(self) -> Iterator[str]:
        for rule in (*self.objects, *self.arrays):
            for value in rule.values():
                yield from [value] if isinstance(value, str) else value.values() if isinstance(value, dict) else value

    @property
    def kinds(self) -> list[str]:
        found: set[str] = set()
        for schema in self.schemas:
            named = schema.get("type", [])
            values = [*schema.get("enum", ()), *([schema["const"]] if "const" in schema else ())]
            found.update([named] if isinstance(named, str) else named)
            found.update(_JSON_TYPES.get(type(value), "null") for value in values)
        return sorted({"number" if each == "integer" else each for each in found} - {"null"})


class _Places:
    """The places of a schema, by the pointer of the first schema that applies there."""

    def __init__(self, root: Schema) -> None:
        self._root = root
        self._schemas: dict[str, Any] = {"": root}
        self.by_pointer: dict[str, _Place] = {}
        pending = [""]
        for pointer in pending:  # grows
            if pointer not in self.by_pointer:
                place = self.by_pointer[pointer] = self._place(pointer)
                pending.extend(place.pointers)

    def live(self) -> set[str]:
        """The places that are redacted, or lead to one that is."""
        live = {pointer for pointer, place in self.by_pointer.items() if place.is_redacted}
        while True:
            more = {each for each, place in self.by_pointer.items() if not live.isdisjoint(place.pointers)}
            if more <= live:
                return live
            live |= more

    def rule(self, place: _Place, *, is_live: bool) -> _Rule:
        """The rule of a place. One that leads to nothing redacted has only its types."""
        rule: _Rule = {"kinds": place.kinds}
        for name, entries in (("objects", place.objects), ("arrays", place.arrays)) if is_live else ():
            if entries:
                rule[name] = [{key: self._targets(value) for key, value in entry.items()} for entry in entries]
        return rule

    def _targets(self, pointers: Any) -> Any:
        if isinstance(pointers, dict):
            return {name: self._targets(each) for name, each in pointers.items()}
        if isinstance(pointers, list):
            return [self._targets(each) for each in pointers]
        return True if self.by_pointer[pointers].is_redacted else [pointers]

    def _place(self, pointer: str) -> _Place:
        place = _Place()
        for at in self._in_place(pointer):
            schema = self._schemas[at]
            place.schemas.append(schema)
            members: _Rule = {}
            for keyword, name in (("properties", "properties"), ("patternProperties", "patterns")):
                if keyword in schema:
                    each = schema[keyword]
                    members[name] = {key: self._at(f"{at}/{keyword}/{key}", value) for key, value in each.items()}
            if "additionalProperties" in schema:
                members["others"] = self._at(f"{at}/additionalProperties", schema["additionalProperties"])
            items: _Rule = {}
            if "prefixItems" in schema:
                first = enumerate(schema["prefixItems"])
                items["first"] = [self._at(f"{at}/prefixItems/{index}", value) for index, value in first]
            if "items" in schema:
                items["items"] = self._at(f"{at}/items", schema["items"])
            place.objects.extend([members] if members else [])
            place.arrays.extend([items] if items else [])
        return place

    def _in_place(self, pointer: str) -> list[str]:
        """The pointers of all schemas that apply to the value to which that at a pointer applies."""
        found = [pointer]
        for at in found:  # grows
            schema = self._schemas[at]
            if not isinstance(schema, dict):
                continue
            more = [
                self._at(f"{at}/{keyword}/{index}", each)
                for keyword in _IN_PLACE
                for index, each in enumerate(schema.get(keyword, ()))
            ]
            if isinstance(reference := schema.get("$ref"), str):
                key = reference.removeprefix("#/$defs/")
                more.append(self._at(f"/$defs/{key}", self._root.get("$defs", {}).get(key)))
            found.extend(each for each in more if each not in found)
        return [at for at in found if isinstance(self._schemas[at], dict)]

    def _at(self, pointer: str, schema: Any) -> str:
        self._schemas[pointer] = schema
        return pointer
