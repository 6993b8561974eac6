"""JSON values that know where they were written."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import TypeAlias

from prefactor_gen.diagnostics import Diagnostic, DiagnosticError, Place
from prefactor_gen.limits import MAX_DEPTH

__all__ = ["JsonValue", "ListNode", "ObjectNode", "child_pointer", "from_python", "place_of", "to_plain"]

JsonValue: TypeAlias = "ObjectNode | ListNode | str | int | float | bool | None"


class ObjectNode(dict[str, "JsonValue"]):
    """A JSON object with its own place and the place of each of its keys."""

    def __init__(
        self,
        items: Iterable[tuple[str, JsonValue]] = (),
        *,
        place: Place,
        key_places: Mapping[str, Place] | None = None,
    ) -> None:
        super().__init__(items)
        self.place = place
        self.key_places: dict[str, Place] = dict(key_places or {})

    def place_at(self, key: str) -> Place:
        """The place of a member, or of the object when the member has none of its own."""
        return self.key_places.get(key, self.place)

    def with_items(self, items: Iterable[tuple[str, JsonValue]]) -> ObjectNode:
        """A copy at the same place with other members."""
        return ObjectNode(items, place=self.place, key_places=self.key_places)


class ListNode(list["JsonValue"]):
    """A JSON array with its own place and that of each item."""

    def __init__(self, items: Iterable[JsonValue] = (), *, place: Place, item_places: Iterable[Place] = ()) -> None:
        super().__init__(items)
        self.place = place
        self.item_places = list(item_places)

    def place_at(self, index: int) -> Place:
        """The place of an item, or of the array when the item has none of its own."""
        return self.item_places[index] if index < len(self.item_places) else self.place

    def with_items(self, items: Iterable[JsonValue]) -> ListNode:
        """A copy at the same place with other items."""
        return ListNode(items, place=self.place, item_places=self.item_places)


def child_pointer(pointer: str, key: str | int) -> str:
    """Append a reference token to a JSON pointer (RFC 6901)."""
    return f"{pointer}/{str(key).replace('~', '~0').replace('/', '~1')}"


def place_of(value: JsonValue, default: Place) -> Place:
    """The place of a container, or the given one for a scalar."""
    return value.place if isinstance(value, ObjectNode | ListNode) else default


def from_python(value: object, place: Place, depth: int = 0) -> JsonValue:
    """Turn plain Python data (a SchemaRegistry's) into nodes; what JSON cannot hold raises DiagnosticError."""
    if depth > MAX_DEPTH:
        raise DiagnosticError([Diagnostic("PG029", f"nested deeper than {MAX_DEPTH} levels", place)])
    if isinstance(value, float) and not math.isfinite(value):
        raise DiagnosticError([Diagnostic("PG001", f"expected a number that JSON has, found {value}", place)])
    if isinstance(value, str):
        return _text(value, place)
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, Mapping):
        node = ObjectNode(place=place)
        for key, member in value.items():
            if not isinstance(key, str):
                found = f"expected text as a key, found {type(key).__name__} {key!r}"
                raise DiagnosticError([Diagnostic("PG001", found, place)])
            member_place = Place(place.source, child_pointer(place.pointer, _text(key, place)))
            node.key_places[key] = member_place
            node[key] = from_python(member, member_place, depth + 1)
        return node
    if isinstance(value, list | tuple):
        places = [Place(place.source, child_pointer(place.pointer, index)) for index in range(len(value))]
        items = [from_python(item, at, depth + 1) for item, at in zip(value, places, strict=True)]
        return ListNode(items, place=place, item_places=places)
    found = f"expected a JSON value, found {type(value).__name__}"
    raise DiagnosticError([Diagnostic("PG001", found, place)])


def _text(value: str, place: Place) -> str:
    if not value.isascii() and any("\ud800" <= char <= "\udfff" for char in value):
        message = "expected text that UTF-8 can hold, found a lone surrogate"
        raise DiagnosticError([Diagnostic("PG001", message, place)])
    return value


def to_plain(value: JsonValue) -> object:
    """The same value as ordinary dicts and lists."""
    if isinstance(value, ObjectNode):
        return {key: to_plain(member) for key, member in value.items()}
    if isinstance(value, ListNode):
        return [to_plain(item) for item in value]
    return value
