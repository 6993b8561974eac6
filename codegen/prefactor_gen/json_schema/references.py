"""Resolves the references inside one schema: by JSON pointer, by anchor, by the `$id` of the schema or of a part."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from itertools import islice
from urllib.parse import unquote, urljoin

from prefactor_gen.diagnostics.diagnostics import DiagnosticError, Place
from prefactor_gen.diagnostics.rules import UNRESOLVED_REFERENCE
from prefactor_gen.documents.nodes import JsonValue, ObjectNode
from prefactor_gen.json_schema.pointers import canonical_pointer, resolve_pointer, step
from prefactor_gen.json_schema.subschemas import effective_schema, located_schemas, object_subschemas
from prefactor_schema.suggestions import closest_match, did_you_mean

__all__ = ["NO_URI", "REFERENCES", "LocalRefs", "applicable_schemas", "similar_target"]

# The base of a schema without an $id, the same as in `prefactor_schema`. Nothing is fetched.
NO_URI = "https://schema.prefactor.invalid/"
# A name is compared with so many others for a hint, which takes time for each.
_MAX_COMPARED = 1_000
REFERENCES = ("$ref", "$dynamicRef")


class LocalRefs:
    """The references of one self-contained schema, which was found by this URI unless it gives itself another one."""

    def __init__(self, root: ObjectNode, uri: str = NO_URI) -> None:
        self.root = root
        self.draft_07 = root.is_draft_07
        self._uri = uri

    @cached_property
    def _parts(self) -> _Parts:
        return _Parts(self.root, self._uri)

    @cached_property
    def pointers(self) -> dict[Place, str]:
        """The pointer of each schema, by its place."""
        found: dict[Place, str] = {}
        for pointer, schema in located_schemas(self.root):
            found.setdefault(schema.place, pointer)
        return found

    @property
    def base(self) -> str:
        """The URI of the schema; for one without `$id`, a URI that stands for it."""
        return self._parts.base

    @property
    def uris(self) -> list[str]:
        """The URIs that the schema and its parts give themselves."""
        return [uri for uri in self._parts.pointers if uri != self._uri]

    def resolved(self, reference: str, place: Place) -> tuple[str, str]:
        """The URI, without its fragment, and the fragment of a reference at this place."""
        return self._parts.resolved(reference, place)

    def is_local(self, reference: str, place: Place) -> bool:
        """Whether a reference at this place leads into the schema itself."""
        return reference[:1] in {"", "#"} or self._parts.resolved(reference, place)[0] in self._parts.pointers

    def uri_below_an_id(self, reference: str, place: Place) -> str | None:
        """The URI of a reference in a part with its own `$id`, None elsewhere."""
        return self._parts.resolved(reference, place)[0] if place in self._parts.bases else None

    def pointer(self, reference: str, place: Place) -> str:
        """The JSON pointer of the target of a reference.

        Args:
            reference: the value of `$ref` or `$dynamicRef`.
            place: the place of the keyword, or of the schema that has it.

        Raises:
            DiagnosticError: the target is not a schema, or does not exist.
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
            hint = did_you_mean(fragment, [name for base, name in islice(parts.anchors, _MAX_COMPARED) if base == uri])
            raise _unresolved(f"no schema has the anchor {fragment!r}{hint}", place)
        if not isinstance(resolve_pointer(self.root, pointer), ObjectNode | bool):
            hint = similar_target(self.root, pointer)
            raise _unresolved(f"expected a schema at {reference!r}, found none{hint}", place)
        return pointer

    def targets(self, schema: ObjectNode) -> Iterator[str]:
        """The JSON pointers of the schemas that a schema refers to, without those that do not exist."""
        for keyword in REFERENCES:
            if isinstance(reference := schema.get(keyword), str):
                try:
                    yield self.pointer(reference, schema.place_at(keyword))
                except DiagnosticError:  # reported by reference_check
                    continue

    def schema_at(self, pointer: str) -> JsonValue:
        """The schema at a pointer that `pointer` returned."""
        return resolve_pointer(self.root, pointer)


def similar_target(root: JsonValue, pointer: str, file: str = "") -> str:
    """The end of a message that suggests a target whose pointer is similar to one that leads nowhere.

    Args:
        root: the schema or the file.
        pointer: the pointer.
        file: what the reference says before the `#`.
    """
    outer, _, token = pointer.rpartition("/")
    holder = resolve_pointer(root, outer) if pointer else None
    if isinstance(holder, ObjectNode):
        names = islice(holder, _MAX_COMPARED)
        near = closest_match(unquote(token).replace("~1", "/").replace("~0", "~"), names)
        return "" if near is None else f"; did you mean '{file}#{outer}{step([near])}'?"
    # The name of the keyword before is wrong: `definitions` and `$defs` hold the same.
    section = outer.rpartition("/")[0]
    found = [
        f"{section}/{keyword}/{token}"
        for keyword in ("$defs", "definitions")
        if isinstance(resolve_pointer(root, f"{section}/{keyword}/{token}"), ObjectNode | bool)
    ]
    return f"; did you mean '{file}#{found[0]}'?" if found else ""


def applicable_schemas(root: ObjectNode) -> Iterator[tuple[str, ObjectNode]]:
    """Yield each schema that can apply to a value, with its JSON pointer.

    In draft-07, schemas in keywords that have no effect are left out, except those that a reference leads to.
    """
    every = dict(located_schemas(root))
    if not root.is_draft_07 or all(effective_schema(each, draft_07=True) is each for each in every.values()):
        yield from every.items()
        return
    refs = LocalRefs(root)
    seen = set[str]()
    pending = [""]
    while pending:
        start = pending.pop()
        if start in seen or start not in every:
            continue
        for pointer, schema in located_schemas(every[start], draft_07=True, pointer=start):
            if pointer not in seen:
                seen.add(pointer)
                pending.extend(refs.targets(schema))
                yield pointer, schema


class _Parts:
    """The parts of a schema that have an `$id`, and the anchors in each.

    Attributes:
        base: the URI of the root.
        pointers: the pointer of each part, by its URI.
        anchors: the pointer of each anchor, by the URI of its part and its name.
        bases: the base URI of references, by the places of schemas and references, where it is not `base`.
    """

    def __init__(self, root: ObjectNode, uri: str) -> None:
        self.draft_07 = root.is_draft_07
        self.pointers: dict[str, str] = {uri: ""}
        self.anchors: dict[tuple[str, str], str] = {}
        self.bases: dict[Place, str] = {}
        self.base = self.named(root, "", uri)
        self.visit(root, "", self.base)

    def resolved(self, reference: str, place: Place) -> tuple[str, str]:
        """The URI, without its fragment, and the fragment of a reference."""
        base = self.bases.get(place, self.base)
        uri, _, fragment = reference.partition("#")
        return (_joined(base, uri) if uri else base), fragment

    def named(self, schema: ObjectNode, pointer: str, base: str) -> str:
        """The URI that the references in a schema are relative to."""
        identifier = schema.get("$id")
        if not isinstance(identifier, str) or (self.draft_07 and "$ref" in schema):
            return base
        name, _, anchor = identifier.partition("#")
        uri = _joined(base, name) if name else base
        if name:
            self.pointers.setdefault(uri, pointer)
        if anchor:  # draft-07 writes anchors as an $id
            self.anchors.setdefault((uri, anchor), pointer)
        return uri

    def visit(self, schema: ObjectNode, pointer: str, base: str) -> None:
        for keyword in ("$anchor", "$dynamicAnchor"):
            if isinstance(anchor := schema.get(keyword), str):
                self.anchors.setdefault((base, anchor), pointer)
        if base != self.base:
            places = (schema.place, *(schema.place_at(keyword) for keyword in REFERENCES))
            self.bases.update(dict.fromkeys(places, base))
        for keys, item in object_subschemas(schema):
            inner = pointer + step(keys)
            self.visit(item, inner, self.named(item, inner, base))


def _joined(base: str, reference: str) -> str:
    try:
        return urljoin(base, reference)
    except ValueError:  # not a URI
        return reference


def _unresolved(message: str, place: Place) -> DiagnosticError:
    return DiagnosticError([UNRESOLVED_REFERENCE.at(place, message)])
