"""The types of recorded payloads, merged. Of the values, only their types are kept."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping

from prefactor_gen.json_schema.keywords import REDACT

__all__ = ["ENOUGH", "Samples"]

ENOUGH = 20
"""So many samples must have a member before it is said to be required."""
_MOST_MEMBERS = 200
"""An object with more different keys is a map: its keys are data."""
_FEW_MEMBERS = 10
"""An object with more keys is a map, too, if each is in few samples and all have the same type."""
_MOST_VALUES = 20
"""A text with more different values is no enumeration."""
_LONGEST_KEY = 60
_DEEPEST = 30
_REDACTED = "[redacted]"
_SENSITIVE = "$sensitive"
_TYPES = ("null", "boolean", "integer", "number", "string", "array", "object")
# What a person would not call a property: UUIDs, hashes, PFIDs, numbers, addresses, dates.
_ID = re.compile(
    r"[0-9a-f]{8}-[0-9a-f-]{27}|[0-9a-f]{12,}|[0-7][0-9a-hjkmnp-tv-z]{31}|[\w-]*\d{4,}[\w-]*|[\d-].*|[^\w$@-].*"
    r"|(?=\D*\d)[a-z0-9]{16,}|.+@.*|.*[/\s:].*",
    re.IGNORECASE | re.DOTALL,
)


class Samples:
    """What is known of the values at one place of payloads."""

    def __init__(self, depth: int = 0) -> None:
        self._depth = depth
        self._count = 0
        self._types: set[str] = set()
        self._is_redacted = False
        self._objects = 0
        self._members: dict[str, Samples] = {}
        self._others: Samples | None = None
        self._items: Samples | None = None
        self._texts: Counter[str] = Counter()

    def add(self, value: object) -> None:
        """Learn the type of one more value."""
        self._count += 1
        if value == _REDACTED:
            self._is_redacted = True
        elif isinstance(value, Mapping) and isinstance(name := value.get(_SENSITIVE), str):
            self._is_redacted = True
            self._types.update({name} & {*_TYPES})
        elif isinstance(value, Mapping):
            self._types.add("object")
            self._add_object(value)
        elif isinstance(value, list):
            self._types.add("array")
            self._add_items(value)
        else:
            self._types.add(_scalar_type(value))
            if isinstance(value, str) and len(self._texts) <= _MOST_VALUES:
                self._texts[value] += 1

    def schema(self, *, enums: bool = False) -> dict[str, object]:
        """The schema of these values.

        Args:
            enums: whether texts that repeat become an enumeration. Then the schema has values.
        """
        types = [each for each in _TYPES if each in self._types and not (each == "integer" and "number" in self._types)]
        schema: dict[str, object] = {"type": types[0] if len(types) == 1 else types} if types else {}
        if self._is_redacted:
            schema[REDACT] = True
            return schema
        if "object" in types and self._depth < _DEEPEST:
            schema.update(self._object_schema(enums=enums))
        if "array" in types and self._items is not None:
            schema["items"] = self._items.schema(enums=enums)
        if enums and types in (["string"], ["null", "string"]) and self._repeats():
            schema["enum"] = [*sorted(self._texts), *([None] if "null" in types else [])]
        return schema

    def _repeats(self) -> bool:
        values = len(self._texts)
        return 0 < values <= _MOST_VALUES and self._texts.total() >= max(ENOUGH, 2 * values)

    def _add_object(self, value: Mapping[str, object]) -> None:
        self._objects += 1
        if self._depth >= _DEEPEST:
            return
        for key, member in value.items():
            if key not in self._members and (_looks_like_data(key) or len(self._members) >= _MOST_MEMBERS):
                self._others = self._others or Samples(self._depth + 1)
                self._others.add(member)
            else:
                self._members.setdefault(key, Samples(self._depth + 1)).add(member)

    def _add_items(self, values: Iterable[object]) -> None:
        if self._depth < _DEEPEST:
            self._items = self._items or Samples(self._depth + 1)
            for each in values:
                self._items.add(each)

    def _object_schema(self, *, enums: bool) -> dict[str, object]:
        if self._is_map():
            return self._map_schema(enums=enums)
        schema: dict[str, object] = {}
        if self._members:
            schema["properties"] = {key: each.schema(enums=enums) for key, each in sorted(self._members.items())}
        required = [key for key, each in sorted(self._members.items()) if each._count == self._objects >= ENOUGH]
        if required:
            schema["required"] = required
        if self._others is not None:
            schema["additionalProperties"] = self._others.schema(enums=enums)
        return schema

    def _is_map(self) -> bool:
        members = self._members.values()
        if len(members) <= _FEW_MEMBERS or len(members) >= _MOST_MEMBERS:
            return len(members) >= _MOST_MEMBERS
        have_one_type = len({frozenset(each._types) for each in members}) == 1
        return have_one_type and max(each._count for each in members) * 2 < self._objects

    def _map_schema(self, *, enums: bool) -> dict[str, object]:
        """The schema of an object whose keys are data."""
        merged = self._others or Samples(self._depth + 1)
        for each in self._members.values():
            merged._merge(each)
        return {"additionalProperties": merged.schema(enums=enums)}

    def _merge(self, other: Samples) -> None:
        self._count += other._count
        self._types |= other._types
        self._is_redacted |= other._is_redacted
        self._objects += other._objects
        self._texts.update(other._texts)
        for key, member in other._members.items():
            self._members.setdefault(key, Samples(self._depth + 1))._merge(member)
        for name in ("_others", "_items"):
            if (theirs := getattr(other, name)) is not None:
                mine = getattr(self, name) or Samples(self._depth + 1)
                mine._merge(theirs)
                setattr(self, name, mine)


def _looks_like_data(key: str) -> bool:
    return len(key) > _LONGEST_KEY or not key.isprintable() or not key or _ID.fullmatch(key) is not None


def _scalar_type(value: object) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, float):
        return "integer" if value.is_integer() else "number"
    return "integer" if isinstance(value, int) else "string"
