"""What a schema says of a property, through references and all that speaks of the same value."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from prefactor_gen.diagnostics import DiagnosticError
from prefactor_gen.documents import ListNode, ObjectNode
from prefactor_gen.local_refs import LocalRefs
from prefactor_gen.marks import MARK
from prefactor_gen.walk import SAME_VALUE, subschemas

__all__ = ["Lookup"]

_OPEN = frozenset({"additionalProperties", "patternProperties", "unevaluatedProperties"})


class Lookup:
    """Looks up properties in one self-contained schema."""

    def __init__(self, root: ObjectNode) -> None:
        self.root = root
        self.refs = LocalRefs(root)

    def parts(self, schemas: Sequence[ObjectNode]) -> list[ObjectNode]:
        """The schemas with all that speak of the same value."""
        pending, parts = list(schemas), list[ObjectNode]()
        while pending:
            schema = pending.pop(0)
            if any(schema is each for each in parts):
                continue
            parts.append(schema)
            pending.extend(
                item for keys, item in subschemas(schema) if keys[0] in SAME_VALUE and isinstance(item, ObjectNode)
            )
            if isinstance(reference := schema.get("$ref"), str):
                try:
                    target = self.refs.schema_at(self.refs.pointer(reference, schema.place))
                except DiagnosticError:  # told where it is resolved for the types
                    continue
                pending.extend([target] if isinstance(target, ObjectNode) else [])
        return parts

    def is_redacted(self, schemas: Sequence[ObjectNode]) -> bool:
        """Whether a value of these schemas is replaced before it is recorded."""
        return any(part.get(MARK) is True for part in self.parts(schemas))

    def members(self, schemas: Sequence[ObjectNode], name: str | int) -> list[ObjectNode] | None:
        """The schemas of a member; none where there cannot be one, None where nothing tells."""
        parts = self.parts(schemas)
        found: list[ObjectNode] = []
        tells = False
        for part in parts:
            if isinstance(name, int):
                items = part.get("items")
                found.extend([items] if isinstance(items, ObjectNode) else [])
                continue
            properties = part.get("properties")
            if isinstance(properties, ObjectNode):
                tells = True
                member = properties.get(name)
                found.extend([member] if isinstance(member, ObjectNode) else [])
                if member is True:
                    return None
            kind = part.get("type")
            kinds = set(kind) if isinstance(kind, ListNode) else {kind}
            tells = tells or (kind is not None and not kinds & {"object", "array"})
        is_open = any(part.get(keyword, False) is not False for part in parts for keyword in _OPEN)
        return found if found or (tells and not is_open) else None

    def names(self, schemas: Sequence[ObjectNode]) -> Iterator[str]:
        """The names of the properties."""
        for part in self.parts(schemas):
            properties = part.get("properties")
            yield from properties if isinstance(properties, ObjectNode) else ()
