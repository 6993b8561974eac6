"""JSON values with their places in the source.

An object node that is a schema has typed members for the keywords that the stages read most. They expect a schema that
is valid by its metaschema: a keyword whose value has another type counts as absent.
"""

from __future__ import annotations

import math
from collections.abc import Container, Iterable, Mapping, Sequence
from typing import TypeAlias

from prefactor_gen.diagnostics.diagnostics import Diagnostic, DiagnosticError, Place
from prefactor_gen.diagnostics.limits import MAX_DEPTH
from prefactor_gen.diagnostics.rules import LIMIT_EXCEEDED, UNREADABLE_SOURCE, Rule

__all__ = [
    "JsonValue",
    "ListNode",
    "ObjectNode",
    "Schema",
    "child_pointer",
    "from_python",
    "is_same",
    "place_of",
    "to_plain",
]

# The number of containers around a definition in a document: /span_type_schemas/0 is in two.
_DEFINITION_DEPTH = 2

JsonValue: TypeAlias = "ObjectNode | ListNode | str | int | float | bool | None"
Schema: TypeAlias = "ObjectNode | bool"


class ObjectNode(dict[str, "JsonValue"]):
    """A JSON object with its own place and the place of each of its keys.

    Attributes:
        spelled: the members that YAML makes a number, a truth value or null, as they are written there, by key.
    """

    def __init__(
        self,
        items: Iterable[tuple[str, JsonValue]] = (),
        *,
        place: Place,
        key_places: Mapping[str, Place] | None = None,
        spelled: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(items)
        self.place = place
        self.key_places: dict[str, Place] = dict(key_places or {})
        self.spelled: dict[str, str] = dict(spelled or {})

    def place_at(self, key: str) -> Place:
        """The place of a member, or of the object when the member has none of its own."""
        return self.key_places.get(key, self.place)

    def object_at(self, key: str) -> ObjectNode:
        """The member if it is an object, otherwise an empty one."""
        member = self.get(key)
        return member if isinstance(member, ObjectNode) else ObjectNode(place=self.place_at(key))

    def list_at(self, key: str) -> ListNode:
        """The member if it is an array, otherwise an empty one."""
        member = self.get(key)
        return member if isinstance(member, ListNode) else ListNode(place=self.place_at(key))

    def with_items(self, items: Iterable[tuple[str, JsonValue]]) -> ObjectNode:
        """A copy at the same place with other members."""
        return ObjectNode(items, place=self.place, key_places=self.key_places, spelled=self.spelled)

    def with_member(self, key: str, value: JsonValue) -> ObjectNode:
        """A copy in which one member is replaced or added."""
        return self.with_items({**self, key: value}.items())

    def without(self, keys: Container[str]) -> ObjectNode:
        """A copy without some members."""
        return self.with_items((key, value) for key, value in self.items() if key not in keys)

    @property
    def is_draft_07(self) -> bool:
        """Whether `$schema` names draft-07. Ask the root of a schema: all of its parts have the same draft."""
        return "draft-07" in str(self.get("$schema"))

    @property
    def types(self) -> list[str]:
        """The names in `type`; empty without the keyword."""
        names = self.get("type")
        return [name for name in (names if isinstance(names, ListNode) else [names]) if isinstance(name, str)]

    @property
    def properties(self) -> ObjectNode:
        """The subschemas in `properties`, by name."""
        return self.object_at("properties")

    @property
    def required(self) -> list[str]:
        """The names in `required`."""
        names = self.get("required")
        return [name for name in names if isinstance(name, str)] if isinstance(names, ListNode) else []

    @property
    def reference(self) -> str | None:
        """The `$ref`."""
        reference = self.get("$ref")
        return reference if isinstance(reference, str) else None

    def branches(self, keyword: str) -> list[Schema]:
        """The subschemas in `allOf`, `anyOf`, `oneOf` or `prefixItems`."""
        branches = self.get(keyword)
        if not isinstance(branches, ListNode):
            return []
        return [branch for branch in branches if isinstance(branch, ObjectNode | bool)]


class ListNode(list["JsonValue"]):
    """A JSON array with its own place and that of each item.

    Attributes:
        spelled: the items that YAML makes a number, a truth value or null, as they are written there, by index.
    """

    def __init__(
        self,
        items: Iterable[JsonValue] = (),
        *,
        place: Place,
        item_places: Iterable[Place] = (),
        spelled: Mapping[int, str] | None = None,
    ) -> None:
        super().__init__(items)
        self.place = place
        self.item_places = list(item_places)
        self.spelled: dict[int, str] = dict(spelled or {})

    def place_at(self, index: int) -> Place:
        """The place of an item, or of the array when the item has none of its own."""
        return self.item_places[index] if index < len(self.item_places) else self.place

    def with_items(self, items: Iterable[JsonValue]) -> ListNode:
        """A copy at the same place with other items."""
        return ListNode(items, place=self.place, item_places=self.item_places)


def is_same(one: JsonValue, two: JsonValue) -> bool:
    """Whether two values are equal in JSON, where true and 1 differ, unlike in Python."""
    if isinstance(one, ObjectNode) and isinstance(two, ObjectNode):
        return one.keys() == two.keys() and all(is_same(member, two[key]) for key, member in one.items())
    if isinstance(one, ListNode) and isinstance(two, ListNode):
        return len(one) == len(two) and all(map(is_same, one, two))
    return isinstance(one, bool) == isinstance(two, bool) and one == two


def child_pointer(pointer: str, key: str | int) -> str:
    """Append a reference token to a JSON pointer (RFC 6901)."""
    return f"{pointer}/{str(key).replace('~', '~0').replace('/', '~1')}"


def place_of(value: JsonValue, default: Place) -> Place:
    """The place of a container, or the given one for a scalar."""
    return value.place if isinstance(value, ObjectNode | ListNode) else default


Origins: TypeAlias = Mapping[tuple[str, str], Place]
"""The places of definitions in a program, by section and name."""


def from_python(value: object, place: Place, origins: Origins | None = None) -> JsonValue:
    """Turn plain Python data, such as that of a SchemaRegistry, into nodes.

    Args:
        value: the data.
        place: the place of the whole value.
        origins: the places of its definitions in the program, where they are known.

    Raises:
        DiagnosticError: the data has a value that JSON cannot express.
    """
    reader = _PythonReader(origins or {})
    node = reader.node(value, place)
    if reader.found:
        raise DiagnosticError(reader.found)
    return node


class _PythonReader:
    def __init__(self, origins: Origins) -> None:
        self.origins = origins
        self.found: list[Diagnostic] = []
        self._open: list[object] = []

    def node(self, value: object, place: Place) -> JsonValue:
        """The node of a value; errors are appended to `found`."""
        if isinstance(value, float) and not math.isfinite(value):
            return self._wrong(f"expected a number that JSON can express, found {value}", place)
        if isinstance(value, str):
            return self._text(value, place)
        if value is None or isinstance(value, bool | int | float):
            return value
        if not isinstance(value, Mapping | list | tuple):
            return self._wrong(f"expected a JSON value, found {type(value).__name__}", place)
        if any(value is container for container in self._open):
            return self._wrong(f"expected a JSON value, found a {type(value).__name__} that contains itself", place)
        if len(self._open) > MAX_DEPTH:
            return self._wrong(f"nested deeper than {MAX_DEPTH} levels", place, LIMIT_EXCEEDED)
        self._open.append(value)
        node = self._object(value, place) if isinstance(value, Mapping) else self._list(value, place)
        self._open.pop()
        return node

    def _object(self, value: Mapping[object, object], place: Place) -> ObjectNode:
        node = ObjectNode(place=place)
        for key, member in value.items():
            if not isinstance(key, str):
                self._wrong(f"expected text as a key, found {type(key).__name__} {key!r}", place)
                continue
            at = self._definition(place, key)._replace(pointer=child_pointer(place.pointer, self._text(key, place)))
            node.key_places[key] = at
            node[key] = self.node(member, at)
        return node

    def _list(self, value: Sequence[object], place: Place) -> ListNode:
        names = [item.get("name") if isinstance(item, Mapping) else None for item in value]
        places = [
            self._definition(place, name)._replace(pointer=child_pointer(place.pointer, index))
            for index, name in enumerate(names)
        ]
        items = [self.node(item, at) for item, at in zip(value, places, strict=True)]
        return ListNode(items, place=place, item_places=places)

    def _definition(self, section: Place, name: object) -> Place:
        """The place of a definition, where `section` is the place of a section; elsewhere that place unchanged."""
        if len(self._open) != _DEFINITION_DEPTH or not isinstance(name, str):
            return section
        origin = self.origins.get((section.pointer[1:], name))
        if origin is None:
            return section._replace(about=name)
        return origin._replace(about=f"{name} of {section.source}")

    def _text(self, value: str, place: Place) -> str:
        if not value.isascii() and any("\ud800" <= char <= "\udfff" for char in value):
            self._wrong("expected text that can be encoded in UTF-8, found a lone surrogate", place)
        return value

    def _wrong(self, message: str, place: Place, rule: Rule = UNREADABLE_SOURCE) -> JsonValue:
        self.found.append(rule.at(place, message))
        return None


def to_plain(value: JsonValue) -> object:
    """The same value as ordinary dicts and lists."""
    if isinstance(value, ObjectNode):
        return {key: to_plain(member) for key, member in value.items()}
    if isinstance(value, ListNode):
        return [to_plain(item) for item in value]
    return value
