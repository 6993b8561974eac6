"""Which values a report must not show, because one of the two schemas redacts them."""

from __future__ import annotations

from prefactor_gen.comparison.schemas.reading.paths import ITEMS, Path
from prefactor_gen.documents.nodes import ObjectNode
from prefactor_gen.json_schema.redacted_values import PayloadPlace, RedactedValues

__all__ = ["HiddenValues"]


class HiddenValues:
    """The values that at least one of two schemas redacts."""

    def __init__(self, old: ObjectNode, new: ObjectNode) -> None:
        self._sides = [each for each in map(RedactedValues, (old, new)) if each.has_any]

    def hides(self, path: Path) -> bool:
        """Whether a value at a place is redacted, is part of one that is, or holds one.

        In doubt, it is: a property that only one side has under this name may be redacted there under another.
        """
        places = [_at(each.root, path) for each in self._sides]
        return any(place.holds_redacted or not place.location for place in places)

    def masked(self, value: object) -> object:
        """A payload with a placeholder for each value that is redacted."""
        for each in self._sides:
            value = each.masked(value)
        return value


def _at(place: PayloadPlace, path: Path) -> PayloadPlace:
    for step in path:
        if isinstance(step, str):
            place = place.member(step)
        elif isinstance(step, int):
            place = place.item(step)
        else:
            place = place.item() if step == ITEMS else place.other(step.pattern or None)
    return place
