"""Stage 3: every schema becomes part of one document of uniquely named definitions, as the model generator wants it.

What goes to the model generator is the *typing view* of a schema: what types can say. Texts, defaults and the keywords
that types cannot say stay behind; the whole schema still goes to the API, and what is not enforced is told (PG010).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from prefactor_gen.diagnostics import Diagnostic, DiagnosticError, Place, Severity
from prefactor_gen.documents import JsonValue, ListNode, ObjectNode, place_of
from prefactor_gen.names import is_usable, pascal
from prefactor_gen.refs import canonical_pointer, resolve_pointer, step
from prefactor_gen.walk import map_subschemas, subschemas

__all__ = ["Bundle", "Bundled", "bundle_schema"]

_ANNOTATIONS = frozenset({
    "$anchor", "$comment", "$defs", "$id", "$schema", "$vocabulary", "default", "definitions", "deprecated",
    "description", "example", "examples", "readOnly", "title", "writeOnly",
})  # fmt: skip
_NOT_ENFORCED = frozenset({
    "$dynamicRef", "additionalItems", "contains", "contentEncoding", "contentMediaType", "contentSchema",
    "dependencies", "dependentRequired", "dependentSchemas", "else", "if", "maxContains", "maxProperties", "minContains",
    "minProperties", "not", "propertyNames", "then", "unevaluatedItems", "unevaluatedProperties", "uniqueItems",
})  # fmt: skip
_KEPT = frozenset({
    "$ref", "additionalProperties", "allOf", "anyOf", "const", "enum", "exclusiveMaximum", "exclusiveMinimum",
    "items", "maxItems", "maxLength", "maximum", "minItems", "minLength", "minimum", "multipleOf", "oneOf", "pattern",
    "patternProperties", "prefixItems", "properties", "required", "type",
})  # fmt: skip
_TYPED_FORMATS = frozenset({"date-time", "date", "time", "uuid"})
_CONSTRAINTS_OF_TEXT = frozenset({"minLength", "maxLength", "pattern", "enum", "const"})
_OBJECT_SHAPE = ("properties", "patternProperties", "additionalProperties", "required")
_ARRAY_OR_SCALAR_SHAPE = _KEPT - {*_OBJECT_SHAPE, "$ref", "type", "allOf", "anyOf", "oneOf"}


@dataclass(frozen=True)
class Bundled:
    """One definition of the bundle: its typing view, and the schema it came from."""

    name: str
    view: JsonValue
    origin: JsonValue
    place: Place


@dataclass
class Bundle:
    """The document for the model generator: definitions by class name, in the order in which they were met."""

    definitions: dict[str, Bundled] = field(default_factory=dict)
    diagnostics: list[Diagnostic] = field(default_factory=list)

    def document(self) -> dict[str, object]:
        """The JSON Schema document."""
        return {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "$defs": {name: bundled.view for name, bundled in self.definitions.items()},
        }

    def add(self, bundled: Bundled) -> None:
        """Take a definition in; a name that is taken, or that no class can have, is noted."""
        name = bundled.name
        if not is_usable(name):
            self.note("PG004", f"the class name {name!r} made from it is no usable Python name", bundled.place)
        elif name in self.definitions:
            other = self.definitions[name].place
            self.note("PG005", f"it becomes the class {name}, like the definition at {other}", bundled.place)
        else:
            self.definitions[name] = bundled

    def note(self, code: str, message: str, place: Place, severity: Severity = Severity.ERROR) -> None:
        """Add a finding."""
        self.diagnostics.append(Diagnostic(code, message, place, severity))


def bundle_schema(bundle: Bundle, name: str, schema: ObjectNode, place: Place) -> None:
    """Add a self-contained schema under a class name, and each of its objects and definitions under names of its own.

    Names depend on this schema alone: `$defs/Usage` and the property `usage` of `AgentLlmParams` become
    `AgentLlmParamsUsage` whatever else is generated. Findings go to `bundle.diagnostics`.
    """
    try:
        _SchemaBundler(bundle, name, schema, place).run()
    except DiagnosticError as error:
        bundle.diagnostics.extend(error.diagnostics)


def is_object_schema(schema: ObjectNode) -> bool:
    """Say whether the schema describes objects with named members: those become classes."""
    kind = schema.get("type")
    if kind is not None and kind != "object":
        return False
    if "enum" in schema or "const" in schema:
        return False
    closed = schema.get("additionalProperties") is False and "patternProperties" not in schema
    return (
        isinstance(schema.get("properties"), ObjectNode)
        or bool(schema.get("required"))
        or (kind == "object" and closed)
    )


class _SchemaBundler:
    def __init__(self, bundle: Bundle, name: str, schema: ObjectNode, place: Place) -> None:
        self.bundle = bundle
        self.root_name = name
        self.root = schema
        self.place = place
        self.anchors = dict(_anchors(schema, ""))
        self.names: dict[str, str] = {"": name}
        self.pending: list[tuple[str, str]] = []

    def run(self) -> None:
        self.define("", self.root, self.root_name, self.place)
        while self.pending:
            pointer, name = self.pending.pop(0)
            target = resolve_pointer(self.root, pointer)
            self.define(pointer, target, name, place_of(target, self.place))

    def define(self, pointer: str, schema: JsonValue, name: str, place: Place) -> None:
        self.bundle.add(Bundled(name, self.view(schema, name, pointer, hoist=False), schema, place))

    def view(self, schema: JsonValue, name: str, pointer: str, *, hoist: bool = True) -> JsonValue:
        """The typing view of a subschema; `name` is the class it gets if it needs one."""
        if not isinstance(schema, ObjectNode):
            return schema
        schema = self.merged(self.split_types(schema))
        if hoist and is_object_schema(schema) and "$ref" not in schema:
            if pointer not in self.names:
                self.names[pointer] = name
                self.bundle.add(Bundled(name, self.view(schema, name, pointer, hoist=False), schema, schema.place))
            return schema.with_items({"$ref": f"#/$defs/{self.names[pointer]}"}.items())

        def visit(item: JsonValue, keys: tuple[str, ...]) -> JsonValue:
            return self.view(item, name + _suffix(keys), pointer + step(keys))

        return map_subschemas(self.typing_keywords(schema), visit)

    def typing_keywords(self, schema: ObjectNode) -> ObjectNode:
        """Keep what types can say; note what is left behind."""
        kept: dict[str, JsonValue] = {}
        shaped = is_object_schema(schema)
        for keyword, value in schema.items():
            if keyword == "$ref" and isinstance(value, str):
                kept["$ref"] = f"#/$defs/{self.target(value, schema.place_at('$ref'))}"
            elif keyword == "format":
                if value in _TYPED_FORMATS and not _CONSTRAINTS_OF_TEXT & schema.keys():
                    kept["format"] = value
            elif keyword in _NOT_ENFORCED or (shaped and keyword in {"anyOf", "oneOf", "patternProperties", "allOf"}):
                self.not_enforced(schema, keyword)
            elif keyword in _KEPT:
                kept[keyword] = value
        if shaped:
            kept["type"] = "object"
            kept["properties"] = self.with_required(schema)
        return schema.with_items(kept.items())

    def with_required(self, schema: ObjectNode) -> ObjectNode:
        """The properties, and each name that is only required as a property of any type."""
        properties = schema.get("properties")
        if not isinstance(properties, ObjectNode):
            properties = ObjectNode(place=schema.place)
        required = schema.get("required")
        names = [name for name in required if isinstance(name, str)] if isinstance(required, ListNode) else []
        extra = [(name, ObjectNode(place=schema.place_at("required"))) for name in names if name not in properties]
        return properties.with_items([*properties.items(), *extra])

    def not_enforced(self, schema: ObjectNode, keyword: str) -> None:
        message = f"{keyword} is sent to the API but not enforced by the generated types"
        self.bundle.note("PG010", message, schema.place_at(keyword), Severity.WARNING)

    def split_types(self, schema: ObjectNode) -> ObjectNode:
        """`type: [object, null]` with properties → anyOf of the object and the rest: a class is one type."""
        kinds = schema.get("type")
        if not isinstance(kinds, ListNode) or "object" not in kinds or len(kinds) < 2:
            return schema
        shape = {key: value for key, value in schema.items() if key in _OBJECT_SHAPE}
        if not isinstance(shape.get("properties"), ObjectNode) or any(
            key in schema for key in ("anyOf", "oneOf", "allOf")
        ):
            return schema
        rest_kinds = kinds.with_items(kind for kind in kinds if kind != "object")
        rest = {key: value for key, value in schema.items() if key in _ARRAY_OR_SCALAR_SHAPE}
        options = [
            schema.with_items({"type": "object", **shape}.items()),
            schema.with_items({"type": rest_kinds, **rest}.items()),
        ]
        return schema.with_items({"anyOf": ListNode(options, place=schema.place)}.items())

    def merged(self, schema: ObjectNode) -> ObjectNode:
        """Fold `allOf` into one object where every part is a plain object and no property is said twice."""
        parts = schema.get("allOf")
        if not isinstance(parts, ListNode):
            return schema
        resolved = [self.merged(self.resolved(part)) for part in parts if isinstance(part, ObjectNode)]
        own = schema.with_items((key, value) for key, value in schema.items() if key != "allOf")
        everything = [part for part in (*resolved, own) if part.keys() - _ANNOTATIONS]
        if len(resolved) != len(parts) or not all(_is_plain_object(part) for part in everything):
            return schema
        properties: dict[str, JsonValue] = {}
        required: list[JsonValue] = []
        for part in everything:
            members = part.get("properties")
            for key, value in members.items() if isinstance(members, ObjectNode) else ():
                if key in properties:
                    return schema
                properties[key] = value
            names = part.get("required")
            required.extend(name for name in names if name not in required) if isinstance(names, ListNode) else None
        folded: dict[str, JsonValue] = {
            "type": "object",
            "properties": ObjectNode(properties.items(), place=schema.place),
            "required": ListNode(required, place=schema.place),
        }
        return schema.with_items(folded.items())

    def resolved(self, schema: ObjectNode, depth: int = 0) -> ObjectNode:
        """The target of a bare reference, else the schema itself."""
        reference = schema.get("$ref")
        if not isinstance(reference, str) or schema.keys() - _ANNOTATIONS - {"$ref"} or depth > 50:
            return schema
        target = resolve_pointer(self.root, self.pointer(reference, schema.place_at("$ref")))
        return self.resolved(target, depth + 1) if isinstance(target, ObjectNode) else schema

    def pointer(self, reference: str, place: Place) -> str:
        """The JSON pointer that a local reference means: `#/…`, `#anchor`, `#` or the root's own `$id`."""
        base, _, fragment = reference.partition("#")
        if base and base != str(self.root.get("$id", "")).rstrip("#"):
            raise DiagnosticError([Diagnostic("PG008", f"expected a local reference, found {reference!r}", place)])
        if not fragment or fragment.startswith("/"):
            return canonical_pointer(fragment)
        if fragment not in self.anchors:
            raise DiagnosticError([Diagnostic("PG008", f"no schema has the anchor {fragment!r}", place)])
        return self.anchors[fragment]

    def target(self, reference: str, place: Place) -> str:
        """The class name of what a local reference means; the definition is queued the first time."""
        pointer = self.pointer(reference, place)
        if not isinstance(resolve_pointer(self.root, pointer), ObjectNode | bool):
            message = f"expected a schema at {reference!r}, found none"
            raise DiagnosticError([Diagnostic("PG008", message, place)])
        if pointer not in self.names:
            self.names[pointer] = self.root_name + _pointer_words(pointer)
            self.pending.append((pointer, self.names[pointer]))
        return self.names[pointer]


def _is_plain_object(schema: ObjectNode) -> bool:
    plain = schema.keys() - _ANNOTATIONS <= {"type", "properties", "required", "additionalProperties"}
    opened = schema.get("additionalProperties", True) is True
    return plain and opened and schema.get("type", "object") == "object"


def _anchors(schema: ObjectNode, pointer: str) -> Iterator[tuple[str, str]]:
    if isinstance(anchor := schema.get("$anchor"), str):
        yield anchor, pointer
    for keys, item in subschemas(schema):
        if isinstance(item, ObjectNode):
            yield from _anchors(item, pointer + step(keys))


_SUFFIXES: Mapping[str, str] = {
    "items": "Item", "prefixItems": "Item", "additionalProperties": "Value", "patternProperties": "Value",
    "anyOf": "Option", "oneOf": "Option", "allOf": "Part",
}  # fmt: skip


def _suffix(keys: tuple[str, ...]) -> str:
    """The words that a class name gets for a step down: the property's name, `Item`, `Value`, `Option1` …"""
    keyword, *rest = keys
    if keyword == "properties":
        return pascal(rest[0]) or f"Property{len(rest[0])}"
    suffix = _SUFFIXES.get(keyword, pascal(keyword))
    if not rest or keyword == "patternProperties":
        return suffix + (pascal(re.sub(r"[^A-Za-z0-9]+", " ", rest[0])) if rest else "")
    return f"{suffix}{int(rest[0]) + 1}" if rest[0].isdecimal() else suffix + pascal(rest[0])


def _pointer_words(pointer: str) -> str:
    """`/$defs/Usage` → `Usage`; `/properties/usage/items` → `UsageItems`."""
    tokens = [token.replace("~1", "/").replace("~0", "~") for token in pointer.split("/")[1:]]
    containers = {"$defs", "definitions", "properties"}
    return "".join(pascal(token) for token in tokens if token not in containers) or "Definition"
