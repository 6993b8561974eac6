"""What a `$ref` inside one schema means: a JSON pointer, an anchor, an `$id` of the schema or of a part of it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from urllib.parse import urljoin

from prefactor_gen.diagnostics import Diagnostic, DiagnosticError, Place
from prefactor_gen.documents import JsonValue, ObjectNode
from prefactor_gen.pointers import canonical_pointer, is_metaschema, resolve_pointer, step
from prefactor_gen.rules import UNRESOLVED_REFERENCE
from prefactor_gen.walk import all_schemas, subschemas

__all__ = ["LocalRefs", "unresolved"]

# The base of a schema without an $id, as `prefactor_schema` has it. Nothing is ever fetched.
_BASE = "https://schema.prefactor.invalid/"
_REFERENCES = ("$ref", "$dynamicRef")


class LocalRefs:
    """The references of one self-contained schema."""

    def __init__(self, root: ObjectNode) -> None:
        self.root = root

    @cached_property
    def _parts(self) -> _Parts:
        return _Parts(self.root)

    def is_local(self, reference: str, place: Place) -> bool:
        """Say whether a reference that stands at a place stays inside the schema."""
        return reference[:1] in {"", "#"} or self._parts.resolved(reference, place)[0] in self._parts.pointers

    def uri_below_an_id(self, reference: str, place: Place) -> str | None:
        """The URI of a reference that stands in a part with an `$id` of its own."""
        return self._parts.resolved(reference, place)[0] if place in self._parts.bases else None

    def pointer(self, reference: str, place: Place) -> str:
        """The JSON pointer of the schema that a reference means.

        Args:
            reference: as it is written.
            place: where it stands, or the schema that it stands in.

        Raises:
            DiagnosticError: it leads to no schema.
        """
        parts = self._parts
        uri, fragment = parts.resolved(reference, place)
        if uri not in parts.pointers:
            raise _unresolved(f"expected a local reference, found {reference!r}", place)
        if not fragment or fragment.startswith("/"):
            pointer = parts.pointers[uri] + canonical_pointer(fragment)
        elif (uri, fragment) in parts.anchors:
            pointer = parts.anchors[uri, fragment]
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
        for keyword in _REFERENCES:
            reference = schema.get(keyword)
            if isinstance(reference, str) and not is_metaschema(reference):
                try:
                    refs.pointer(reference, schema.place_at(keyword))
                except DiagnosticError as error:
                    yield from error.diagnostics


class _Parts:
    """The parts of a schema that have an `$id`, and the anchors in each.

    Attributes:
        base: the URI of the whole.
        pointers: where each part stands, by its URI.
        anchors: where each anchor stands, by the URI of its part and its name.
        bases: the URI that references are relative to, by the places of schemas and references, where it is not `base`.
    """

    def __init__(self, root: ObjectNode) -> None:
        self.alone = "draft-07" in str(root.get("$schema"))  # keywords beside a $ref say nothing
        self.pointers: dict[str, str] = {_BASE: ""}
        self.anchors: dict[tuple[str, str], str] = {}
        self.bases: dict[Place, str] = {}
        self.base = self.named(root, "", _BASE)
        self.visit(root, "", self.base)

    def resolved(self, reference: str, place: Place) -> tuple[str, str]:
        """The URI, without its fragment, and the fragment of a reference."""
        base = self.bases.get(place, self.base)
        uri, _, fragment = reference.partition("#")
        return (_joined(base, uri) if uri else base), fragment

    def named(self, schema: ObjectNode, pointer: str, base: str) -> str:
        """The URI that the references in a schema are relative to."""
        identifier = schema.get("$id")
        if not isinstance(identifier, str) or (self.alone and "$ref" in schema):
            return base
        name, _, anchor = identifier.partition("#")
        uri = _joined(base, name) if name else base
        if name:
            self.pointers.setdefault(uri, pointer)
        if anchor:  # draft-07's
            self.anchors.setdefault((uri, anchor), pointer)
        return uri

    def visit(self, schema: ObjectNode, pointer: str, base: str) -> None:
        for keyword in ("$anchor", "$dynamicAnchor"):
            if isinstance(anchor := schema.get(keyword), str):
                self.anchors.setdefault((base, anchor), pointer)
        if base != self.base:
            places = (schema.place, *(schema.place_at(keyword) for keyword in _REFERENCES))
            self.bases.update(dict.fromkeys(places, base))
        for keys, item in subschemas(schema):
            if isinstance(item, ObjectNode):
                inner = pointer + step(keys)
                self.visit(item, inner, self.named(item, inner, base))


def _joined(base: str, reference: str) -> str:
    try:
        return urljoin(base, reference)
    except ValueError:  # no URI at all
        return reference


def _unresolved(message: str, place: Place) -> DiagnosticError:
    return DiagnosticError([UNRESOLVED_REFERENCE.at(place, message)])
