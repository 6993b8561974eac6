"""The schemas that apply to the same value as a schema: through references and in-place applicators.

JSON Schema calls a keyword an in-place applicator when its subschemas apply to the value itself (`allOf`, `then`, …),
not to a member of it (`properties`, `items`, …).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from prefactor_gen.documents.nodes import ObjectNode
from prefactor_gen.json_schema.pointers import step
from prefactor_gen.json_schema.references import LocalRefs
from prefactor_gen.json_schema.subschemas import effective_schema, subschemas

__all__ = ["InPlace", "Located"]

_APPLICATORS = frozenset({"allOf", "anyOf", "dependencies", "dependentSchemas", "else", "oneOf", "then"})
_CONDITIONS = frozenset({"if", "not"})


class Located(NamedTuple):
    """A schema and its JSON pointer."""

    pointer: str
    schema: ObjectNode


class InPlace:
    """Traverses one self-contained schema.

    The schemas that its methods return are effective ones: without the keywords that draft-07 ignores.
    """

    def __init__(self, root: ObjectNode) -> None:
        self.refs = LocalRefs(root)
        self.draft_07 = self.refs.draft_07

    def at(self, pointer: str) -> Located | None:
        """The schema at a pointer, unless it is a boolean."""
        schema = self.refs.schema_at(pointer)
        if not isinstance(schema, ObjectNode):
            return None
        return Located(pointer, effective_schema(schema, draft_07=self.draft_07))

    def applied_by(self, located: Located, *, conditions: bool = False) -> Iterator[Located]:
        """The schemas that one schema itself applies to the same value.

        Args:
            located: the schema.
            conditions: with those in `if` and `not`, which a value is compared with and need not match.
        """
        keywords = _APPLICATORS | _CONDITIONS if conditions else _APPLICATORS
        for keys, item in subschemas(located.schema):
            if keys[0] in keywords and isinstance(item, ObjectNode):
                yield Located(located.pointer + step(keys), effective_schema(item, draft_07=self.draft_07))
        for pointer in self.refs.targets(located.schema):
            if (target := self.at(pointer)) is not None:
                yield target

    def applied(self, pointers: Iterable[str]) -> dict[str, ObjectNode]:
        """The schemas at some pointers and all that they apply to the same value, by pointer."""
        found: dict[str, ObjectNode] = {}
        pending = [self.at(pointer) for pointer in pointers]
        for located in pending:  # the loop appends to the list
            if located is not None and located.pointer not in found:
                found[located.pointer] = located.schema
                pending.extend(self.applied_by(located))
        return found
