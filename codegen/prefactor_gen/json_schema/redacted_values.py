"""Which values of a payload must not be shown: those that are redacted, and those that hold one.

A default, an example, and the values of `const` and `enum` say what a value may be, or is. So output shows them only
where nothing is redacted; the schema itself has them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from prefactor_gen.diagnostics.diagnostics import DiagnosticError
from prefactor_gen.documents.nodes import JsonValue, ListNode, ObjectNode
from prefactor_gen.json_schema.keywords import REDACT
from prefactor_gen.json_schema.payload_locations import Location, PayloadLocations
from prefactor_gen.json_schema.subschemas import map_subschemas, mentions

__all__ = ["REDACTED", "VALUE_KEYWORDS", "PayloadPlace", "RedactedValues", "without_values"]

REDACTED: Final = "[redacted]"
"""What is shown in place of a value."""

VALUE_KEYWORDS: Final = frozenset({"const", "default", "enum", "example", "examples"})
"""The keywords that say single values."""


class RedactedValues:
    """The redacted values in the payloads of one self-contained schema.

    In doubt, such as in a schema that is too large to look at all of it, a value counts as redacted.

    Args:
        schema: the schema.
    """

    def __init__(self, schema: ObjectNode) -> None:
        self._locations = PayloadLocations(schema)
        self._below: dict[Location, list[Location]] = {}
        self._redacted: set[Location] = set()
        self.has_any = mentions(REDACT, schema)
        self._is_unknown = False
        try:
            self._read()
        except DiagnosticError:  # it is too large
            self._is_unknown = True
        self._holding = _reached(self._redacted, _reversed(self._below))
        shown = self._holding | _reached(self._redacted, self._below)
        self._pointers = {each for location in shown for each in self._schemas(location)}
        self._known = {each for location in self._below for each in self._schemas(location)}

    @property
    def root(self) -> PayloadPlace:
        """The whole payload."""
        return PayloadPlace(self, PayloadLocations.root, self.is_redacted(PayloadLocations.root))

    def hides(self, pointer: str) -> bool:
        """Whether a schema describes a value that is redacted, is part of one, or holds one."""
        if not self.has_any or self._is_unknown:
            return self.has_any
        steps = pointer.split("/")
        around = ("/".join(steps[:count]) for count in range(len(steps), 0, -1))
        return next((each in self._pointers for each in around if each in self._known), True)

    def masked(self, value: object) -> object:
        """A payload, as plain JSON data, with a placeholder for each value that is redacted."""
        return _masked(value, self.root) if self.has_any else value

    def is_redacted(self, location: Location) -> bool:
        """Whether the value at a location is redacted itself."""
        if not self.has_any or self._is_unknown:
            return self.has_any
        return any(each.get(REDACT) is True for each in self._schemas(location).values())

    def holds_redacted(self, location: Location) -> bool:
        """Whether the value at a location is redacted, or holds one that is."""
        if not self.has_any or self._is_unknown:
            return self.has_any
        if location in self._below:
            return location in self._holding
        return not self._pointers.isdisjoint(self._schemas(location))

    def member(self, location: Location, name: str) -> Location:
        """A member of the object at a location."""
        return self._step(location, lambda: self._locations.member(location, name))

    def other(self, location: Location, pattern: str | None) -> Location:
        """A member of the object at a location that is described by this pattern only, or by none."""
        return self._step(location, lambda: self._locations.other(location, () if pattern is None else (pattern,)))

    def item(self, location: Location, index: int | None) -> Location:
        """An item of the array at a location; None for those without a schema of their own."""
        return self._step(
            location,
            lambda: self._locations.item(location, self._locations.first_items(location) if index is None else index),
        )

    def _read(self) -> None:
        pending = [PayloadLocations.root] if self.has_any else []
        while pending:
            location = pending.pop()
            if location and location not in self._below:
                self._below[location] = [inner for _, inner in self._locations.below(location, "")]
                self._redacted.update([location] if self.is_redacted(location) else [])
                pending.extend(self._below[location])

    def _schemas(self, location: Location) -> Mapping[str, ObjectNode]:
        return self._locations.schemas(location)

    def _step(self, location: Location, step: Callable[[], Location]) -> Location:
        if not self.has_any or self._is_unknown or not location:
            return ()
        try:
            return step()
        except DiagnosticError:
            self._is_unknown = True
            return ()


@dataclass(frozen=True)
class PayloadPlace:
    """A place of a payload.

    Attributes:
        location: the schemas of the value there.
        is_redacted: whether the value is redacted, or is part of one that is.
    """

    values: RedactedValues
    location: Location
    is_redacted: bool

    @property
    def holds_redacted(self) -> bool:
        """Whether the value is redacted, is part of one that is, or holds one."""
        return self.is_redacted or self.values.holds_redacted(self.location)

    def member(self, name: str) -> PayloadPlace:
        """A member of the object."""
        return self._at(self.values.member(self.location, name))

    def other(self, pattern: str | None = None) -> PayloadPlace:
        """A member of the object that is described by this pattern only, or by none."""
        return self._at(self.values.other(self.location, pattern))

    def item(self, index: int | None = None) -> PayloadPlace:
        """An item of the array; None for those without a schema of their own."""
        return self._at(self.values.item(self.location, index))

    def _at(self, location: Location) -> PayloadPlace:
        return replace(self, location=location, is_redacted=self.is_redacted or self.values.is_redacted(location))


def without_values(said: JsonValue) -> JsonValue:
    """A schema, or a list of schemas, with a placeholder for what it says of single values."""
    if isinstance(said, ListNode):
        return said.with_items(map(without_values, said))
    if not isinstance(said, ObjectNode):
        return said
    inner = map_subschemas(said, lambda each, _: without_values(each))
    return inner.with_items((key, REDACTED if key in VALUE_KEYWORDS else each) for key, each in inner.items())


def _masked(value: object, place: PayloadPlace) -> object:
    if place.is_redacted:
        return REDACTED
    if isinstance(value, dict):
        return {key: _masked(item, place.member(key)) for key, item in value.items()}
    if isinstance(value, list):
        return [_masked(item, place.item(index)) for index, item in enumerate(value)]
    return value


def _reached(start: Iterable[Location], steps: Mapping[Location, Iterable[Location]]) -> set[Location]:
    found = set(start)
    pending = list(found)
    while pending:
        new = [each for each in steps.get(pending.pop(), ()) if each and each not in found]
        found.update(new)
        pending.extend(new)
    return found


def _reversed(steps: Mapping[Location, Iterable[Location]]) -> dict[Location, list[Location]]:
    found: dict[Location, list[Location]] = {}
    for source, targets in steps.items():
        for target in targets:
            found.setdefault(target, []).append(source)
    return found
