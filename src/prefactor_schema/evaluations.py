"""How often the engine evaluates schemas to check a value.

It evaluates a subschema anew wherever it is applied, unless the schema is recursive. So if both options of a union
refer to a definition, whose options do so again, one value takes 2^n evaluations; and a value of n levels does, if two
parts of each schema apply to the same member. The engine is native code, which cannot be stopped. So the number is
limited before.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from prefactor_schema.schema_graph import Part, parts_of

__all__ = ["MAX_EVALUATIONS", "Evaluations"]

MAX_EVALUATIONS = 100_000
"""The most evaluations for one value or one part of a value: about 3 milliseconds. Real schemas take under 1,000."""
_FACTOR_OF_UNEVALUATED = 3
"""To find out what is not evaluated, the engine evaluates all again, up to twice."""
_CAP = 2 * MAX_EVALUATIONS


class Evaluations:
    """The evaluations of a schema and its parts.

    Args:
        schema: The schema.
        uri: Its URI, if it has none of its own.
    """

    def __init__(self, schema: object, uri: str = "") -> None:
        self._parts = parts_of(schema, uri) if isinstance(schema, Mapping) else []
        self._most = _largest(self._counted(None))
        if self.are_always_few:
            self._parts = []  # not needed any more
        self._by_depth: tuple[list[int], dict[Part, int]] = ([], dict.fromkeys(self._parts, 0))

    @property
    def are_always_few(self) -> bool:
        """Whether they are few enough for any value."""
        return self._most <= MAX_EVALUATIONS

    def are_few(self, depth: int) -> bool:
        """Whether they are few enough for each part of a value of so many levels."""
        return self.are_always_few or self.most(depth) <= MAX_EVALUATIONS

    def most(self, depth: int) -> int:
        """The most evaluations for one part of a value of so many levels; above the limit, another number above it."""
        if self.are_always_few:
            return self._most
        found, counts = self._by_depth
        while len(found) <= depth and not (found and found[-1] > MAX_EVALUATIONS):
            counts = self._counted(counts)
            found = [*found, _largest(counts)]
        self._by_depth = found, counts  # at once: another thread may do the same
        return found[min(depth, len(found) - 1)]

    def _counted(self, last: Mapping[Part, int] | None) -> dict[Part, int]:
        """The evaluations for a value and the one of its members that takes most, by the schema that applies.

        Args:
            last: The same for the members; None for members of any depth.
        """
        found: dict[Part, int] = {}
        for part in self._parts:
            at = found if last is None else last
            again = "unevaluatedProperties" in part.schema or "unevaluatedItems" in part.schema
            factor = _FACTOR_OF_UNEVALUATED if again else 1
            members = _most(at, part.properties) + _sum(at, part.members)
            items = _most(at, part.first_items) + _sum(at, part.items)
            found[part] = min(_CAP, 1 + max(members, items) + factor * _sum(found, part.in_place))
        return found


def _largest(counts: Mapping[Part, int]) -> int:
    return max(counts.values(), default=1)


def _sum(counts: Mapping[Part, int], parts: Sequence[Part]) -> int:
    return sum(counts[part] for part in parts)


def _most(counts: Mapping[Part, int], parts: Sequence[Part]) -> int:
    return max((counts[part] for part in parts), default=0)
