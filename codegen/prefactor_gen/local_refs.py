"""What a `$ref` inside one schema means: a JSON pointer, an anchor, the schema's own `$id`."""

from __future__ import annotations

from collections.abc import Iterator

from prefactor_gen.diagnostics import Diagnostic, DiagnosticError, Place
from prefactor_gen.documents import JsonValue, ObjectNode
from prefactor_gen.refs import canonical_pointer, is_own_id, resolve_pointer, step
from prefactor_gen.walk import all_schemas, subschemas

__all__ = ["LocalRefs", "unresolved"]


class LocalRefs:
    """The references of one self-contained schema."""

    def __init__(self, root: ObjectNode) -> None:
        self.root = root
        self.anchors = dict(_anchors(root, ""))

    def pointer(self, reference: str, place: Place) -> str:
        """The JSON pointer of the schema that a reference means.

        Raises:
            DiagnosticError: it leads to no schema.
        """
        base, _, fragment = reference.partition("#")
        if base and not is_own_id(self.root, reference):
            raise _unresolved(f"expected a local reference, found {reference!r}", place)
        if not fragment or fragment.startswith("/"):
            pointer = canonical_pointer(fragment)
        elif fragment in self.anchors:
            pointer = self.anchors[fragment]
        else:
            raise _unresolved(f"no schema has the anchor {fragment!r}", place)
        if not isinstance(resolve_pointer(self.root, pointer), ObjectNode | bool):
            raise _unresolved(f"expected a schema at {reference!r}, found none", place)
        return pointer

    def schema_at(self, pointer: str) -> JsonValue:
        """The schema at a pointer that `pointer` returned."""
        return resolve_pointer(self.root, pointer)


def unresolved(root: ObjectNode) -> Iterator[Diagnostic]:
    """Each reference of a self-contained schema that leads nowhere, where no type stands too: under `not`, `if` …"""
    refs = LocalRefs(root)
    for schema in all_schemas(root):
        for keyword in ("$ref", "$dynamicRef"):
            reference = schema.get(keyword)
            if isinstance(reference, str):
                try:
                    refs.pointer(reference, schema.place_at(keyword))
                except DiagnosticError as error:
                    yield from error.diagnostics


def _unresolved(message: str, place: Place) -> DiagnosticError:
    return DiagnosticError([Diagnostic("PG008", message, place)])


def _anchors(schema: ObjectNode, pointer: str) -> Iterator[tuple[str, str]]:
    for keyword in ("$anchor", "$dynamicAnchor"):
        if isinstance(anchor := schema.get(keyword), str):
            yield anchor, pointer
    if isinstance(identifier := schema.get("$id"), str) and identifier.startswith("#"):  # draft-07's anchor
        yield identifier[1:], pointer
    for keys, item in subschemas(schema):
        if isinstance(item, ObjectNode):
            yield from _anchors(item, pointer + step(keys))
