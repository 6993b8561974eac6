"""Counts the combinations of options that a value may match, because comparing them takes time for each."""

from __future__ import annotations

from prefactor_gen.documents.nodes import JsonValue, ObjectNode
from prefactor_gen.json_schema.references import LocalRefs, applicable_schemas

__all__ = ["combinations_of", "has_too_many_combinations"]

_MOST = 5_000
_CAP = 2 * _MOST


def has_too_many_combinations(root: ObjectNode) -> bool:
    """Whether the options of a schema combine to so many cases that they are not compared with each other."""
    return combinations_of(root) > _MOST


def combinations_of(root: ObjectNode) -> int:
    """The number of these cases; if there are too many, a number that is too large as well."""
    counter = _Counter(LocalRefs(root))
    total = 0
    for _, schema in applicable_schemas(root):
        total += counter.count(schema) - 1
        if total > _MOST:
            break
    return total


class _Counter:
    def __init__(self, refs: LocalRefs) -> None:
        self.refs = refs
        self.known: dict[str, int] = {}

    def count(self, schema: JsonValue) -> int:
        """The combinations of one schema, at most a few more than are compared."""
        if not isinstance(schema, ObjectNode):
            return 1
        result = 1
        for pointer in self.refs.targets(schema):
            result *= self.at(pointer)
        for branch in schema.branches("allOf"):
            result = min(result, _CAP) * self.count(branch)
        for keyword in ("anyOf", "oneOf"):
            if branches := schema.branches(keyword):
                cases = sum(map(self.count, branches))
                result = min(result, _CAP) * (cases if keyword == "anyOf" or cases == 2 else cases**2)
        if "if" in schema:
            result *= sum(self.count(schema.get(keyword)) for keyword in ("if", "then", "else")) - 1
        if "not" in schema:
            result *= self.count(schema["not"]) ** 2
        for keyword in ("dependencies", "dependentRequired", "dependentSchemas"):
            for member in schema.object_at(keyword).values():
                result = min(result, _CAP) * (1 + self.count(member))
        return min(result, _CAP)

    def at(self, pointer: str) -> int:
        if pointer not in self.known:
            self.known[pointer] = 1  # a reference that leads back adds nothing
            self.known[pointer] = self.count(self.refs.schema_at(pointer))
        return self.known[pointer]
