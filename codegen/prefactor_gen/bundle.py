"""Stage 3: every schema becomes part of one document of uniquely named definitions, as the model generator wants it.

What goes to the model generator is the *typing view* of a schema: what types can say. Texts, defaults and the keywords
that types cannot say stay behind: the definition that they stand in is checked against the schema itself, too.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import unquote

from prefactor_gen.conjunction import Folded, fold
from prefactor_gen.diagnostics import Diagnostic, DiagnosticError, Place, Severity
from prefactor_gen.documents import JsonValue, ListNode, ObjectNode, place_of
from prefactor_gen.keywords import CHECKED_FORMATS
from prefactor_gen.limits import MAX_CLASS_NAME, MAX_OPTIONS, MAX_TYPES, MAX_TYPES_DEEP, MAX_VIEWS
from prefactor_gen.local_refs import LocalRefs
from prefactor_gen.pointers import resolve_pointer, step
from prefactor_gen.python_names import is_usable, pascal
from prefactor_gen.rules import LIMIT_EXCEEDED, NAME_COLLISION, UNRESOLVED_REFERENCE, UNUSABLE_NAME
from prefactor_gen.sizes import too_deep
from prefactor_gen.view import is_long_enum, is_object_schema, typing_view
from prefactor_gen.walk import POSITIONS, Position, all_schemas, map_subschemas

if TYPE_CHECKING:
    from prefactor_gen.models import Document

__all__ = ["Bundle", "Bundled", "Unsaid", "bundle_schema", "class_clash"]

# Where `false` is a member that may not be there, which types do not say.
_MEMBERS = frozenset({"patternProperties", "prefixItems", "properties"})
_SCALARS = frozenset({"boolean", "integer", "null", "number", "string"})


@dataclass(frozen=True)
class Bundled:
    """One definition of the bundle: its typing view, and the schema it came from.

    Attributes:
        payload: the class name of the payload that it is a part of.
        pointer: where in the schema of that payload it stands.
    """

    name: str
    view: JsonValue
    origin: JsonValue
    place: Place
    payload: str
    pointer: str


@dataclass(frozen=True)
class Unsaid:
    """A keyword that types do not say, and the class name of the definition that is checked because of it."""

    keyword: str
    place: Place
    definition: str


@dataclass
class Bundle:
    """The document for the model generator: definitions by class name, in the order in which they were met.

    Attributes:
        assert_formats: formats are checked with the schema itself.
        refused: the class names that could not be taken in.
    """

    assert_formats: bool = False
    definitions: dict[str, Bundled] = field(default_factory=dict)
    unsaid: list[Unsaid] = field(default_factory=list)
    diagnostics: list[Diagnostic] = field(default_factory=list)
    refused: set[str] = field(default_factory=set)

    def document(self, names: Iterable[str]) -> Document:
        """The JSON Schema document of some definitions."""
        return {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "$defs": {name: self.definitions[name].view for name in names},
        }

    def add(self, bundled: Bundled) -> None:
        """Take a definition in; a name that is taken, or that no class can have, is noted."""
        name = bundled.name
        if len(name) > MAX_CLASS_NAME:
            message = f"the class name made from it has more than {MAX_CLASS_NAME:,} characters"
            self.diagnostics.append(LIMIT_EXCEEDED.at(bundled.place, message))
        elif not is_usable(name):
            message = f"the class name {name!r} made from it is not a usable Python name"
            self.diagnostics.append(UNUSABLE_NAME.at(bundled.place, message))
        elif name in self.definitions:
            self.diagnostics.append(class_clash(name, bundled.place, self.definitions[name].place))
        else:
            self.definitions[name] = bundled
            return
        self.refused.add(name)


def class_clash(name: str, place: Place, other: Place) -> Diagnostic:
    """Two definitions become the same class."""
    return NAME_COLLISION.at(place, f"it would generate the class {name}, as the definition at {other} does")


def bundle_schema(bundle: Bundle, name: str, schema: ObjectNode, place: Place) -> None:
    """Add a self-contained schema under a class name, and each of its objects and definitions under names of its own.

    Names depend on this schema alone: `$defs/Usage` and the property `usage` of `AgentLlmParams` become
    `AgentLlmParamsUsage` whatever else is generated. Findings go to `bundle.diagnostics`.
    """
    avoided = frozenset[str]()
    while True:
        own = Bundle(bundle.assert_formats)
        _SchemaBundler(own, name, schema, place, avoided).run()
        if own.refused <= avoided:
            break
        avoided |= own.refused  # what an option is called by its constant may be something else's name, or none
    bundle.diagnostics.extend(own.diagnostics)
    bundle.unsaid.extend(own.unsaid)
    for bundled in own.definitions.values():
        bundle.add(bundled)


class _SchemaBundler:
    def __init__(self, bundle: Bundle, name: str, schema: ObjectNode, place: Place, avoided: AbstractSet[str]) -> None:
        self.bundle = bundle
        self.avoided = avoided
        self.root_name = name
        self.root = schema
        self.place = place
        self.refs = LocalRefs(schema)
        # What $dynamicRef means depends on all that leads to it.
        self.dynamic = any("$dynamicRef" in each for each in all_schemas(schema))
        self.refs_stand_alone = "draft-07" in str(schema.get("$schema"))
        self.names: dict[str, str] = {"": name}
        self.pending: deque[tuple[str, str]] = deque()
        self.viewed = 0
        self.open: dict[frozenset[Place], str] = {}
        self.origins: dict[str, ObjectNode] = {}
        self.checkable: list[str] = []

    def run(self) -> None:
        try:
            self.define_all()
        except DiagnosticError as error:
            self.bundle.diagnostics.extend(error.diagnostics)
            return
        except RecursionError:
            self.bundle.diagnostics.append(
                LIMIT_EXCEEDED.at(self.place, "its schemas are nested too deeply, along all references")
            )
            return
        deep = too_deep(self.root_name, self.view_of)
        if deep is not None:
            message = (
                f"more than {MAX_TYPES_DEEP} types stand in one another here, along all references; let one be any"
            )
            self.bundle.diagnostics.append(LIMIT_EXCEEDED.at(self.bundle.definitions[deep].place, message))
        self.note_endless()

    def view_of(self, name: str) -> JsonValue:
        return self.bundle.definitions[name].view if name in self.bundle.definitions else None

    def define_all(self) -> None:
        self.define("", self.root, self.root_name, self.place)
        while self.pending:
            pointer, name = self.pending.popleft()
            target = self.refs.schema_at(pointer)
            self.define(pointer, target, name, place_of(target, self.place))

    def note_endless(self) -> None:
        """Note each definition that is only another name of itself."""
        direct = {name: _direct_references(self.bundle.definitions[name].view) for name in self.own_names()}
        for name, targets in direct.items():
            reached, pending = set[str](), list(targets)
            while pending:
                if (target := pending.pop()) not in reached:
                    reached.add(target)
                    pending.extend(direct.get(target, ()))
            if name in reached:
                message = "expected a schema that ends, found a $ref that leads back to itself"
                self.bundle.diagnostics.append(UNRESOLVED_REFERENCE.at(self.bundle.definitions[name].place, message))

    def own_names(self) -> list[str]:
        return [name for name in self.names.values() if name in self.bundle.definitions]

    def define(self, pointer: str, schema: JsonValue, name: str, place: Place) -> None:
        with self.checked_as(name):
            view = self.view(schema, name, pointer, hoist=False)
            if schema is False:
                self.note_unsaid("false", place)
        self.bundle.add(Bundled(name, view, self.origins.get(name, schema), place, self.root_name, pointer))

    def view(self, schema: JsonValue, name: str, pointer: str, *, hoist: bool = True) -> JsonValue:
        """The typing view of a subschema; `name` is the class it gets if it needs one."""
        if not isinstance(schema, ObjectNode):
            return schema
        self.count_view(schema.place)
        try:
            folded = self.folded(schema, is_payload=not pointer)
        except DiagnosticError as error:
            self.bundle.diagnostics.extend(error.diagnostics)
            return True
        for part, keyword in folded.left:
            self.note_unsaid(keyword, part.place_at(keyword))
        said, left = typing_view(folded.schema, draft_07=self.refs_stand_alone)
        for keyword in left:
            self.note_unsaid(keyword, folded.schema.place_at(keyword))
        if self.bundle.assert_formats and folded.schema.get("format") in CHECKED_FORMATS:
            self.note_unsaid("format", folded.schema.place_at("format"))
        self.note_long(folded.schema)
        if not is_object_schema(said):
            return self.described(said, name, pointer)
        # The members of a folded object are those of its parts, with their texts.
        origin = schema.with_items({**schema, "properties": folded.schema.get("properties")}.items())
        if not hoist:
            self.origins[name] = origin
            return self.described(self.with_required(said), name, pointer, folded.origins)
        return said.with_items([("$ref", f"#/$defs/{self.hoisted(origin, said, name, pointer, folded.origins)}")])

    def folded(self, schema: ObjectNode, *, is_payload: bool) -> Folded:
        """The schema without `allOf`. A payload that is only a `$ref` to an object is that object: it has keywords."""
        folded = fold(schema, self.refs, alone=self.refs_stand_alone)
        if is_payload and "$ref" in folded.schema:
            target = fold(schema, self.refs, alone=self.refs_stand_alone, through=True)
            if is_object_schema(typing_view(target.schema)[0]):
                return target
        return folded

    def count_view(self, place: Place) -> None:
        self.viewed += 1
        if self.viewed > MAX_VIEWS or len(self.names) > MAX_TYPES:
            joined = (
                f"the schema joins more than {MAX_VIEWS:,} schemas: what allOf joins multiplies; state it with fewer"
            )
            made = f"the schema would become more than {MAX_TYPES:,} types; divide it, or let an inner object be any"
            raise DiagnosticError([LIMIT_EXCEEDED.at(place, joined if self.viewed > MAX_VIEWS else made)])

    def note_long(self, schema: ObjectNode) -> None:
        """Tell where types say less than they would of a shorter list."""
        for keyword in ("enum", "anyOf", "oneOf"):
            values = schema.get(keyword)
            if not isinstance(values, ListNode):
                continue
            if is_long_enum(values) if keyword == "enum" else len(values) > MAX_OPTIONS:
                message = (
                    f"{len(values):,} values of {keyword} are too many for types: they are checked with the payload"
                )
                self.bundle.diagnostics.append(LIMIT_EXCEEDED.at(schema.place_at(keyword), message, Severity.NOTE))

    def hoisted(self, origin: ObjectNode, said: ObjectNode, name: str, pointer: str, parts: frozenset[Place]) -> str:
        """The class of a nested object. One that is folded from what an outer one is folded from is that one again."""
        if parts and parts in self.open:
            return self.open[parts]
        if pointer not in self.names:
            self.names[pointer] = name
            with self.checked_as(name) if self.stands_at(origin, pointer) else nullcontext():
                view = self.described(self.with_required(said), name, pointer, parts)
            self.bundle.add(Bundled(name, view, origin, origin.place, self.root_name, pointer))
        return self.names[pointer]

    def described(
        self, said: ObjectNode, name: str, pointer: str, origins: frozenset[Place] = frozenset()
    ) -> ObjectNode:
        """The view with its subschemas viewed and its reference renamed."""
        reference = said.get("$ref")
        if isinstance(reference, str):
            target = self.target(reference, said.place_at("$ref"))
            return said.with_items([("$ref", f"#/$defs/{target}")] if target else [])
        # The members of a folded object stand nowhere: no reference leads to them.
        inner = f"{pointer}/allOf" if origins else pointer

        def visit(item: JsonValue, keys: tuple[str, ...]) -> JsonValue:
            if item is False and keys[0] in _MEMBERS:
                members = said[keys[0]]
                self.note_unsaid("false", members.place_at(keys[1]) if isinstance(members, ObjectNode) else said.place)
            return self.view(item, self.named(name, keys, said), inner + step(keys))

        opened = {origins: name} if origins and origins not in self.open else {}
        self.open.update(opened)
        view = _possible(map_subschemas(said, visit))
        for each in opened:
            del self.open[each]
        return view

    def with_required(self, said: ObjectNode) -> ObjectNode:
        """The object with each name that is only required as a property: of the other ones' type, if it is plain."""
        properties = said.get("properties")
        if not isinstance(properties, ObjectNode):
            properties = ObjectNode(place=said.place)
        required = said.get("required")
        names = [name for name in required if isinstance(name, str)] if isinstance(required, ListNode) else []
        extra = [name for name in names if name not in properties]
        kind: JsonValue = ObjectNode(place=said.place_at("required"))
        others = said.get("additionalProperties", True)
        if _has_no_class(others):
            kind = others
        elif extra and others is not True:
            self.note_unsaid("additionalProperties", said.place_at("additionalProperties"))
        every = properties.with_items([*properties.items(), *((name, kind) for name in extra)])
        return said.with_items({**said, "properties": every}.items())

    @contextmanager
    def checked_as(self, name: str) -> Iterator[None]:
        """What types do not say meanwhile is checked at this definition."""
        self.checkable.append(name)
        yield
        self.checkable.pop()

    def stands_at(self, schema: ObjectNode, pointer: str) -> bool:
        """Whether the schema stands there, so that it can be checked; a part of a folded one stands nowhere."""
        target = resolve_pointer(self.root, pointer)
        return isinstance(target, ObjectNode) and target.place == schema.place

    def note_unsaid(self, keyword: str, place: Place) -> None:
        definition = self.root_name if self.dynamic else self.checkable[-1]
        self.bundle.unsaid.append(Unsaid(keyword, place, definition))

    def target(self, reference: str, place: Place) -> str | None:
        """The class name of what a local reference means; the definition is queued the first time."""
        try:
            pointer = self.refs.pointer(reference, place)
        except DiagnosticError as error:
            self.bundle.diagnostics.extend(error.diagnostics)
            return None
        if pointer not in self.names:
            self.names[pointer] = self.name_at(pointer)
            self.pending.append((pointer, self.names[pointer]))
        return self.names[pointer]

    def named(self, name: str, keys: tuple[str, ...], schema: JsonValue) -> str:
        """The class name a step below the class `name`: with a property's name, `Item`, `Value`, an option's kind …"""
        keyword, *rest = keys
        if keyword in {"properties", "$defs", "definitions"} and rest:
            return name + _property_suffix(rest[0])
        counts = bool(rest) and rest[0].isdecimal() and keyword != "patternProperties"
        if counts and keyword in {"anyOf", "oneOf"}:
            for kind in _kinds(schema, keyword, int(rest[0])):
                if name + kind not in self.avoided:
                    return name + kind
        suffix = _SUFFIXES.get(keyword, pascal(keyword))
        if not rest:
            return name + suffix
        return f"{name}{suffix}{int(rest[0]) + 1}" if counts else name + suffix + pascal(rest[0])

    def name_at(self, pointer: str) -> str:
        """The class name for a whole pointer, the same as step by step: `/properties/usage/items` → `…UsageItem`."""
        tokens = [unquote(token).replace("~1", "/").replace("~0", "~") for token in pointer.split("/")[1:]]
        name, at = self.root_name, ""
        while tokens:
            position = POSITIONS.get(tokens[0])
            several = position in {Position.MAP, Position.LIST} or (
                position is Position.SCHEMA_OR_LIST and tokens[1:] and tokens[1].isdecimal()
            )
            keys = tuple(tokens[: 2 if several else 1])
            name = self.named(name, keys, resolve_pointer(self.root, at))
            at += step(keys)
            tokens = tokens[len(keys) :]
        return f"{name}Definition" if name == self.root_name else name


def _possible(view: ObjectNode) -> ObjectNode:
    """The view without options that are false; a union of nothing but null, which would become anything, as null."""
    for keyword in ("anyOf", "oneOf"):
        if isinstance(options := view.get(keyword), ListNode):
            options = options.with_items(option for option in options if option is not False)
            if options and all(map(_is_null, options)):
                return view.with_items([("type", "null")])
            view = view.with_items({**view, keyword: options}.items())
    return view


def _is_null(view: JsonValue) -> bool:
    return isinstance(view, ObjectNode) and (view.get("type") == "null" or view.get("enum") == [None])


def _has_no_class(schema: JsonValue) -> bool:
    """Whether a property of this schema surely makes no class of its own."""
    if not isinstance(schema, ObjectNode):
        return schema is False
    kind = schema.get("type")
    kinds = kind if isinstance(kind, ListNode) else [kind]
    return "enum" in schema or schema.keys() == {"$ref"} or all(str(each) in _SCALARS for each in kinds)


def _direct_references(view: JsonValue) -> set[str]:
    """The definitions that a value must match itself, rather than in one of its members."""
    if not isinstance(view, ObjectNode):
        return set()
    found = {reference.removeprefix("#/$defs/")} if isinstance(reference := view.get("$ref"), str) else set()
    for keyword in ("anyOf", "oneOf"):
        options = view.get(keyword)
        found.update(*map(_direct_references, options if isinstance(options, ListNode) else ()))
    return found


_SUFFIXES: Mapping[str, str] = {
    "items": "Item", "prefixItems": "Item", "additionalProperties": "Value", "patternProperties": "Value",
    "anyOf": "Option", "oneOf": "Option", "allOf": "Part",
}  # fmt: skip

# What other steps down are called.
_COUNTED = re.compile(rf"({'|'.join(sorted(set(_SUFFIXES.values())))})\d*")


def _property_suffix(name: str) -> str:
    return pascal(name) or f"Property{len(name)}"


def _kinds(schema: JsonValue, keyword: str, index: int) -> Iterator[str]:
    """The constants by which an option differs from all others, as words."""
    options = schema.get(keyword) if isinstance(schema, ObjectNode) else None
    if not isinstance(options, ListNode) or index >= len(options):
        return
    others = [_constants(option) for option in options]
    for name, word in others.pop(index).items():
        if word and not _COUNTED.fullmatch(word) and all(other.get(name) != word for other in others):
            yield word


def _constants(option: JsonValue) -> dict[str, str]:
    """The option's properties that are constant texts → those, as words."""
    if not isinstance(option, ObjectNode):
        return {}
    found: dict[str, str] = {}
    properties = option.get("properties")
    for name, schema in properties.items() if isinstance(properties, ObjectNode) else ():
        if isinstance(schema, ObjectNode):
            enum = schema.get("enum")
            values = [schema["const"]] if "const" in schema else enum if isinstance(enum, ListNode) else []
            if len(values) == 1 and isinstance(value := values[0], str):
                found[name] = pascal(value)
    parts = option.get("allOf")  # its own, then what stands beside the union
    for part in reversed(parts) if isinstance(parts, ListNode) else ():
        found |= _constants(part) | found
    return found
