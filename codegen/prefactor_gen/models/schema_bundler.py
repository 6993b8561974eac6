"""Makes the definitions of one schema: of the schema itself, and of each object and definition in it."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field, replace

from prefactor_gen.definitions.reserved_names import ReservedNames
from prefactor_gen.diagnostics.diagnostics import Checked, Diagnostic, DiagnosticError, Place, Severity, has_errors
from prefactor_gen.diagnostics.limits import MAX_CLASS_NAME, MAX_OPTIONS, MAX_TYPES, MAX_VIEWS
from prefactor_gen.diagnostics.rules import LIMIT_EXCEEDED, NAME_COLLISION, UNUSABLE_NAME
from prefactor_gen.documents.nodes import JsonValue, ListNode, ObjectNode, place_of
from prefactor_gen.json_schema.all_of import Merged, merge_all_of
from prefactor_gen.json_schema.branch_members import BranchMember, BranchMembers, Variant, branches_beside_union
from prefactor_gen.json_schema.keywords import CHECKED_FORMATS, CLASS, NAME
from prefactor_gen.json_schema.pointers import resolve_pointer, step
from prefactor_gen.json_schema.references import LocalRefs, applicable_schemas
from prefactor_gen.json_schema.subschemas import map_subschemas
from prefactor_gen.models.branch_types import any_of_views, with_mentions
from prefactor_gen.models.bundle import DEFINITIONS, Bundle, Bundled, UntypedKeyword
from prefactor_gen.models.class_names import ClassNames, chosen_class
from prefactor_gen.models.typing_view import is_long_enum, is_object_schema, typing_view

__all__ = ["Unit", "bundle_schema"]

# Keywords where the subschema `false` forbids a member, which types cannot express.
_MEMBERS = frozenset({"patternProperties", "prefixItems", "properties"})
_SCALARS = frozenset({"boolean", "integer", "null", "number", "string"})
_UNIONS = ("anyOf", "oneOf")
_LISTS = frozenset({"enum", *_UNIONS})
_OF_PAYLOAD = re.compile(r"(/allOf|/(allOf|anyOf|oneOf)/\d+)*")


@dataclass(frozen=True)
class Unit:
    """A schema that is compiled into classes: a payload, or a definition that several span types refer to.

    Attributes:
        name: its class name.
        schema: the self-contained schema.
        place: the place of the payload or the definition.
        pointer: where the schema is that is compiled; empty for the whole.
        shared: the classes of other modules, by the pointers of their definitions in the schema.
        reserved: the names that its classes do not get.
        refs: the references inside the schema.
    """

    name: str
    schema: ObjectNode
    place: Place
    pointer: str = ""
    shared: Mapping[str, str] = field(default_factory=dict)
    reserved: ReservedNames = field(default_factory=ReservedNames)
    refs: LocalRefs | None = None


def bundle_schema(unit: Unit, *, assert_formats: bool) -> Checked[Bundle]:
    """The bundle of one self-contained schema: the schema, and each of its objects and definitions.

    Names depend on this schema only: `$defs/Usage` and the property `usage` of `AgentLlmParams` become
    `AgentLlmParamsUsage` whatever else is generated. Where two want one name, one of them gets another, and all is
    bundled again, because the names inside it begin with that name.

    Args:
        unit: the schema and its name.
        assert_formats: whether formats are checked with the schema.
    """
    bundled = _bundle_schema(unit, assert_formats=assert_formats, with_branches=True)
    if has_errors(bundled.diagnostics) or any(bundled.value.nesting_problems(unit.name)):
        # The members that only branches name may be too many types, or nest too deep: do without them.
        without = _bundle_schema(unit, assert_formats=assert_formats, with_branches=False)
        return bundled if has_errors(without.diagnostics) else without
    return bundled


def _bundle_schema(unit: Unit, *, assert_formats: bool, with_branches: bool) -> Checked[Bundle]:
    given: dict[str, str] = {}
    while True:
        bundler = _SchemaBundler(unit, given, assert_formats=assert_formats, with_branches=with_branches)
        bundled = bundler.bundle()
        others = {} if has_errors(bundled.diagnostics) else bundler.other_names()
        if not others:
            return Checked(bundled.value, [*bundled.diagnostics, *bundler.name_diagnostics()])
        given |= others


@dataclass(frozen=True)
class _Object:
    """An object that becomes a class.

    Attributes:
        origin: the schema that it is made from, with its properties.
        view: its typing view, without the members that only branches name.
        merged: the schema without `allOf`.
        members: the members that branches name.
    """

    origin: ObjectNode
    view: ObjectNode
    merged: Merged
    members: Mapping[str, BranchMember]


class _SchemaBundler:
    """Bundles one schema.

    Attributes:
        root_name: the class name of the whole schema.
        names: the class name of each schema that has one, by pointer.
        pending: the targets of references that are still to be defined, with their names.
        merging: the classes of merged objects that are being made, by the places of their branches.
        origins: the schemas that merged definitions were made from, by class name.
        checked: the definitions that are being made and can be checked against their schemas, innermost last.
        branches: what branches say about the members of an object; None if they are left out.
    """

    def __init__(self, unit: Unit, given: Mapping[str, str], *, assert_formats: bool, with_branches: bool) -> None:
        self.result = Bundle(assert_formats)
        self.diagnostics: list[Diagnostic] = []
        self.class_names = ClassNames(unit.schema, unit.name, unit.pointer, given)
        self.unit = unit
        self.given = given
        self.root_name = unit.name
        self.root = unit.schema
        self.place = unit.place
        self.refs = unit.refs or LocalRefs(unit.schema)
        self.branches = BranchMembers(self.refs) if with_branches else None
        # The target of a $dynamicRef depends on the schemas that lead to it: the whole payload is checked.
        self.dynamic = not unit.pointer and any("$dynamicRef" in each for _, each in applicable_schemas(unit.schema))
        self.names: dict[str, str] = {unit.pointer: unit.name}
        self.pending: deque[tuple[str, str]] = deque()
        self.viewed = 0
        self.merging: dict[frozenset[Place], str] = {}
        self.origins: dict[str, ObjectNode] = {}
        self.checked: list[str] = []

    def bundle(self) -> Checked[Bundle]:
        """The definitions that the schema becomes."""
        try:
            self.define_all()
        except DiagnosticError as error:
            self.report(*error.diagnostics)
        except RecursionError:
            self.report(LIMIT_EXCEEDED.at(self.place, "its schemas are nested too deeply, counted through references"))
        return Checked(self.result, self.diagnostics)

    def report(self, *diagnostics: Diagnostic) -> None:
        self.diagnostics.extend(diagnostics)

    def define_all(self) -> None:
        root = self.refs.schema_at(self.unit.pointer) if self.unit.pointer else self.root
        self.define(self.unit.pointer, root, self.root_name, self.place)
        while self.pending:
            pointer, name = self.pending.popleft()
            target = self.refs.schema_at(pointer)
            self.define(pointer, target, name, place_of(target, self.place))

    def define(self, pointer: str, schema: JsonValue, name: str, place: Place) -> None:
        with self.checked_as(name):
            view = self.view(schema, name, pointer, hoist=False)
            if schema is False:
                self.add_untyped("false", place)
        self.add(Bundled(name, view, self.origins.get(name, schema), place, self.root_name, pointer))

    def add(self, bundled: Bundled) -> None:
        if len(bundled.name) > MAX_CLASS_NAME:
            message = f"its class name would have more than {MAX_CLASS_NAME:,} characters"
            self.report(LIMIT_EXCEEDED.at(bundled.place, message))
        else:
            self.result.definitions[bundled.name] = bundled

    def reserved(self) -> ReservedNames:
        """The names that no class gets: in the body of a class, the name of a field would hide it."""
        members = {name for each in self.result.definitions.values() for name in _member_names(each)}
        return replace(self.unit.reserved, names=self.unit.reserved.names | members)

    def other_names(self) -> dict[str, str]:
        """Names for the classes whose names are not theirs alone, by pointer."""
        return self.class_names.other_names(self.names, self.reserved().has)

    def name_diagnostics(self) -> Iterator[Diagnostic]:
        """Note the names that were given, and report those that a schema chooses and that cannot be used."""
        for pointer, name in self.names.items():
            schema = resolve_pointer(self.root, pointer)
            if isinstance(schema, ObjectNode) and CLASS in schema and name != schema[CLASS]:
                other = self.result.definitions.get(str(schema[CLASS]))
                yield _unusable_class(schema, self.reserved(), other)
            elif self.class_names.needs_note(pointer):
                message = (
                    f"this is the class {name}, because something else has or wants its plain name; "
                    f"to choose a name, add {CLASS}: {name}"
                )
                yield NAME_COLLISION.at(self.result.definitions[name].place, message, Severity.NOTE)

    def view(self, schema: JsonValue, name: str, pointer: str, *, hoist: bool = True) -> JsonValue:
        """The typing view of a subschema.

        Args:
            schema: the subschema.
            name: the class name that it gets if it needs one.
            pointer: its pointer.
            hoist: whether an object becomes a definition of its own and its view a reference to it.
        """
        if not isinstance(schema, ObjectNode):
            return schema
        self.count_view(schema.place)
        try:
            merged = self.merged(schema, is_payload=self.is_payload(pointer) and not pointer)
            members = self.members(merged)
        except DiagnosticError as error:
            self.report(*error.diagnostics)
            return True
        view, keywords = typing_view(
            merged.schema, draft_07=self.refs.draft_07, branches=self.branches_beside_union(merged)
        )
        self.add_untyped_keywords(merged, keywords)
        self.report(*_long_lists(merged.schema))
        if not is_object_schema(view):
            return self.completed(view, name, pointer)
        members = members if view.get("additionalProperties") is not False else {}
        # The properties of a merged object are those of its branches, with their texts.
        origin = schema.with_member("properties", with_mentions(merged.schema.properties, members))
        found = _Object(origin, view, merged, members)
        if not hoist:
            self.origins[name] = origin
            return self.completed_object(found, name, pointer)
        return _reference(view, self.hoisted(found, name, pointer))

    def members(self, merged: Merged) -> Mapping[str, BranchMember]:
        """The members that branches of a schema name."""
        return self.branches.of(merged.branches) if self.branches is not None else {}

    def branches_beside_union(self, merged: Merged) -> list[ObjectNode]:
        """The branches that name members for each option of a union."""
        found = branches_beside_union(merged)
        return found if found and self.members(merged).keys() - merged.schema.properties.keys() else []

    def merged(self, schema: ObjectNode, *, is_payload: bool) -> Merged:
        """The schema without `allOf`. A payload that is only a `$ref` to an object is that object: it has keywords."""
        merged = merge_all_of(schema, self.refs)
        if is_payload and "$ref" in merged.schema:
            target = merge_all_of(schema, self.refs, follow=True)
            is_shared = (
                self.refs.pointer(str(merged.schema["$ref"]), merged.schema.place_at("$ref")) in self.unit.shared
            )
            if is_shared or is_object_schema(typing_view(target.schema, draft_07=self.refs.draft_07)[0]):
                return target
        return merged

    def count_view(self, place: Place) -> None:
        """Count a view.

        Raises:
            DiagnosticError: the schema becomes too many types, or too many schemas are merged.
        """
        self.viewed += 1
        if self.viewed > MAX_VIEWS:
            message = f"more than {MAX_VIEWS:,} schemas are merged here: the branches of allOf multiply; use fewer"
        elif len(self.names) > MAX_TYPES:
            message = f"the schema would become more than {MAX_TYPES:,} types; divide it, or use fewer inner objects"
        else:
            return
        raise DiagnosticError([LIMIT_EXCEEDED.at(place, message)])

    def hoisted(self, found: _Object, name: str, pointer: str) -> str:
        """The class name of a nested object. Its definition is added the first time.

        An object merged from the same branches as an enclosing one is recursive and reuses its class.
        """
        if found.merged.origins in self.merging:
            return self.merging[found.merged.origins]
        if pointer not in self.names:
            self.names[pointer] = name
            with self.checked_as(name) if self.is_at(found.origin, pointer) else nullcontext():
                view = self.completed_object(found, name, pointer)
            self.add(Bundled(name, view, found.origin, found.origin.place, self.root_name, pointer))
        return self.names[pointer]

    def completed_object(self, found: _Object, name: str, pointer: str) -> ObjectNode:
        """The completed view of an object, with the members that only its branches name."""
        members = found.members
        view = self.completed(self.with_required(found.view, members), name, pointer, found.merged.origins)
        if not members:
            return view
        if not pointer and self.branches is not None:
            variants = self.branches.variants(found.merged)
            self.result.variants[name] = [self.with_members(_narrowed(view, each), each.members) for each in variants]
        return self.with_members(view, members)

    def with_members(self, view: ObjectNode, members: Mapping[str, BranchMember]) -> ObjectNode:
        """A completed view with some members in addition; those that it has stay as they are."""
        others = view.get("additionalProperties", True)
        added = {
            key: self.member_view(member, others, view.place)
            for key, member in members.items()
            if key not in view.properties and member.schemas != ()
        }
        properties = view.properties.with_items([*view.properties.items(), *added.items()])
        unnamed = {key: others for key in view.required if key not in properties}
        properties = properties.with_items([*properties.items(), *unnamed.items()])
        required = [key for key, member in members.items() if member.required and key in properties]
        names = view.list_at("required").with_items(dict.fromkeys([*view.required, *required]))
        return view.with_items({**view, "properties": properties, "required": names}.items())

    def member_view(self, member: BranchMember, others: JsonValue, place: Place) -> JsonValue:
        """The view of a member that branches name: one of their schemas, each of which is at its own pointer."""
        if member.schemas is None or len(member.schemas) > MAX_OPTIONS:
            return others
        pointers = [self.refs.pointers[schema.place] for schema in member.schemas]
        views = [
            self.view(schema, self.class_names.at(pointer), pointer)
            for schema, pointer in zip(member.schemas, pointers, strict=True)
        ]
        return any_of_views(views, place)

    def completed(
        self, view: ObjectNode, name: str, pointer: str, branches: frozenset[Place] = frozenset()
    ) -> ObjectNode:
        """The view in which each subschema is a view too, and a reference leads to a definition of the bundle."""
        if view.reference is not None:
            target = self.target(view.reference, view.place_at("$ref"), is_payload=self.is_payload(pointer))
            return _reference(view, target) if target else view.with_items([])
        # The properties of a merged object have no pointer: no reference leads to them.
        inner = f"{pointer}/allOf" if branches else pointer

        def visit(item: JsonValue, keys: tuple[str, ...]) -> JsonValue:
            if item is False and keys[0] in _MEMBERS:
                members = view[keys[0]]
                self.add_untyped("false", members.place_at(keys[1]) if isinstance(members, ObjectNode) else view.place)
            at = inner + step(keys)
            return self.view(item, self.class_names.below(name, keys, at, view, item), at)

        starts_merging = bool(branches) and branches not in self.merging
        if starts_merging:
            self.merging[branches] = name
        complete = _without_impossible(map_subschemas(view, visit))
        if starts_merging:
            del self.merging[branches]
        return complete

    def with_required(self, view: ObjectNode, members: Mapping[str, BranchMember]) -> ObjectNode:
        """Adds a property for each required name that neither the schema nor a branch of it describes.

        Its schema is that of `additionalProperties`, if that makes no class of its own.
        """
        extra = [name for name in view.required if name not in view.properties and name not in members]
        others = view.get("additionalProperties", True)
        schema: JsonValue = ObjectNode(place=view.place_at("required"))
        if _has_no_class(others):
            schema = others
        elif extra and others is not True:
            self.add_untyped("additionalProperties", view.place_at("additionalProperties"))
        properties = view.properties.with_items([*view.properties.items(), *((name, schema) for name in extra)])
        return view.with_member("properties", properties)

    @contextmanager
    def checked_as(self, name: str) -> Iterator[None]:
        """Attributes untyped keywords found in the block to this definition."""
        self.checked.append(name)
        yield
        self.checked.pop()

    def is_at(self, schema: ObjectNode, pointer: str) -> bool:
        """Whether a pointer leads to the schema, so that it can be checked; a merged `allOf` has no pointer."""
        target = resolve_pointer(self.root, pointer)
        return isinstance(target, ObjectNode) and target.place == schema.place

    def add_untyped_keywords(self, merged: Merged, keywords: Iterable[str]) -> None:
        for branch, keyword in merged.not_mergeable:
            self.add_untyped(keyword, branch.place_at(keyword))
        for keyword in keywords:
            self.add_untyped(keyword, merged.schema.place_at(keyword))
        if self.result.assert_formats and merged.schema.get("format") in CHECKED_FORMATS:
            self.add_untyped("format", merged.schema.place_at("format"))

    def add_untyped(self, keyword: str, place: Place) -> None:
        definition = self.root_name if self.dynamic else self.checked[-1]
        self.result.untyped_keywords.append(UntypedKeyword(keyword, place, definition))

    def is_payload(self, pointer: str) -> bool:
        """Whether the schema at a pointer describes the payload itself, whose members are keywords."""
        return not self.unit.pointer and _OF_PAYLOAD.fullmatch(pointer) is not None

    def target(self, reference: str, place: Place, *, is_payload: bool) -> str | None:
        """The class name of the target of a reference, which is defined later; None if there is no target.

        What a payload itself may be becomes classes of its own module, because its members become keywords.
        """
        try:
            pointer = self.refs.pointer(reference, place)
        except DiagnosticError as error:
            self.report(*error.diagnostics)
            return None
        shared = None if is_payload else self.unit.shared.get(pointer)
        if shared is not None and shared != self.root_name:
            self.result.shared.add(shared)
            return shared
        if pointer not in self.names:
            self.names[pointer] = self.class_names.at(pointer)
            self.pending.append((pointer, self.names[pointer]))
        return self.names[pointer]


def _narrowed(view: ObjectNode, variant: Variant) -> ObjectNode:
    """The view with the constants of a variant."""
    constants = view.with_items([("enum", ListNode(variant.texts, place=view.place))])
    return view.with_member("properties", view.properties.with_member(variant.name, constants))


def _member_names(bundled: Bundled) -> Iterator[str]:
    """The names of the properties of a definition, and those that they choose."""
    if isinstance(bundled.view, ObjectNode) and bundled.view.properties:
        yield from bundled.view.properties
        for schema in bundled.origin.properties.values() if isinstance(bundled.origin, ObjectNode) else ():
            if isinstance(schema, ObjectNode) and isinstance(chosen := schema.get(NAME), str):
                yield chosen


def _unusable_class(schema: ObjectNode, reserved: ReservedNames, other: Bundled | None) -> Diagnostic:
    name, place = schema[CLASS], schema.place_at(CLASS)
    if chosen_class(schema) is None or reserved.has(str(name)):
        return UNUSABLE_NAME.at(place, f"expected a name that a class can have, found {name!r}")
    where = f"the schema at {other.place}" if other is not None else "another schema"
    return NAME_COLLISION.at(place, f"{where} is the class {name}, too; choose another")


def _long_lists(schema: ObjectNode) -> Iterator[Diagnostic]:
    """Note the lists that are too long for types."""
    for keyword in _LISTS & schema.keys():
        values = schema.list_at(keyword)
        if is_long_enum(values) if keyword == "enum" else len(values) > MAX_OPTIONS:
            noun = "values" if keyword == "enum" else "options"
            message = f"{len(values):,} {noun} of {keyword} are too many for types: they are checked with the payload"
            yield LIMIT_EXCEEDED.at(schema.place_at(keyword), message, Severity.NOTE)


def _reference(view: ObjectNode, name: str) -> ObjectNode:
    return view.with_items([("$ref", f"{DEFINITIONS}{name}")])


def _without_impossible(view: ObjectNode) -> ObjectNode:
    """The view without options that are false.

    A union whose options are all null becomes null, because the model generator would make it Any.
    """
    for keyword in _UNIONS:
        if keyword in view:
            options = view.list_at(keyword)
            options = options.with_items(option for option in options if option is not False)
            if options and all(map(_is_null, options)):
                return view.with_items([("type", "null")])
            view = view.with_member(keyword, options)
    return view


def _is_null(view: JsonValue) -> bool:
    return isinstance(view, ObjectNode) and (view.get("type") == "null" or view.get("enum") == [None])


def _has_no_class(schema: JsonValue) -> bool:
    """Whether a property with this schema certainly needs no class of its own."""
    if not isinstance(schema, ObjectNode):
        return schema is False
    return "enum" in schema or schema.keys() == {"$ref"} or ("type" in schema and _SCALARS.issuperset(schema.types))
