"""The members of an object that only its branches name: the options of a union, `then` and `else`, dependent schemas.

A branch applies to the same object as the schema that holds it, for some values. What it says about a member holds for
these values only. So the type of a member is known if each branch that can apply says one; otherwise it is unknown.

    oneOf: [{properties: {size: {type: integer}}}, {properties: {size: {type: string}}}]    an integer or a text
    then: {properties: {size: {type: integer}}}                                             unknown: `else` says nothing
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from prefactor_gen.diagnostics.diagnostics import DiagnosticError
from prefactor_gen.diagnostics.limits import MAX_LITERALS
from prefactor_gen.documents.nodes import JsonValue, ObjectNode, is_same
from prefactor_gen.json_schema.all_of import Merged, merge_all_of
from prefactor_gen.json_schema.json_types import types_of
from prefactor_gen.json_schema.references import LocalRefs
from prefactor_gen.json_schema.subschemas import effective_schema

__all__ = ["BranchMember", "BranchMembers", "Variant", "branches_beside_union"]

_CONDITIONS = frozenset({"dependencies", "dependentRequired", "dependentSchemas", "else", "if", "then"})
_UNIONS = ("anyOf", "oneOf")
_CONDITION = frozenset({"if", "then", "else"})
_TEST = frozenset({"$comment", "const", "description", "enum", "title", "type"})
# The keywords whose subschemas apply to the object itself, for some values.
_BRANCHES = _CONDITIONS.union(_UNIONS)


@dataclass(frozen=True)
class BranchMember:
    """What the branches say about a member.

    Attributes:
        mentions: the schemas that branches have for it.
        schemas: the schemas of which its value matches one; None if it may be any value.
        required: whether each branch that can apply requires it.
    """

    mentions: tuple[ObjectNode, ...] = ()
    schemas: tuple[ObjectNode, ...] | None = None
    required: bool = False


@dataclass(frozen=True)
class Variant:
    """One of several objects that a constant tells apart.

    Attributes:
        name: the member that is the constant.
        texts: the values of the constant.
        members: what branches say about the members of this object.
    """

    name: str
    texts: Sequence[str]
    members: Members

    def is_impossible(self, required: Sequence[str]) -> bool:
        """Whether a member is required that no value can have."""
        return any(each.schemas == () and (each.required or name in required) for name, each in self.members.items())


Members: TypeAlias = Mapping[str, BranchMember]

_UNKNOWN = BranchMember()
_IMPOSSIBLE = BranchMember(schemas=())


class BranchMembers:
    """Reads the branches in one self-contained schema."""

    def __init__(self, refs: LocalRefs) -> None:
        self.refs = refs
        self.read: dict[str, Members] = {}
        self.reading: set[str] = set()
        self.has_circles = False

    def of(self, schemas: Iterable[ObjectNode]) -> Members:
        """The members that branches of these schemas name. An object matches all of the schemas."""
        found = _both(*(self._of_branches(schema) for schema in schemas))
        if self.has_circles:  # what was read on a circle is complete only where the circle was entered
            self.read.clear()
            self.has_circles = False
        return {name: member for name, member in found.items() if member.schemas != ()}

    def all_of(self, schema: JsonValue) -> Members:
        """The members that a schema itself or a branch of it names."""
        if not isinstance(schema, ObjectNode):
            return {}
        schema = effective_schema(schema, draft_07=self.refs.draft_07)
        branches = (self.all_of(branch) for branch in schema.branches("allOf"))
        return _both(_own(schema), self._of_branches(schema), *branches, self._of_target(schema))

    def variants(self, merged: Merged) -> list[Variant]:
        """The objects that an object schema describes, if a required constant tells its branches apart."""
        for found in (*self._of_unions(merged), self._of_conditions(merged)):
            possible = [each for each in found if not each.is_impossible(merged.schema.required)]
            if len(possible) > 1:
                return possible
        return []

    def _of_unions(self, merged: Merged) -> Iterator[list[Variant]]:
        """The options of a union, by each constant that tells them apart."""
        for schema in merged.branches:
            for keyword in _UNIONS:
                options = [self.all_of(option) for option in schema.branches(keyword) if self._is_possible(option)]
                others = self.of(each if each is not schema else each.without({keyword}) for each in merged.branches)
                for name in options[0] if options else ():
                    texts = self._distinct_texts(merged.schema, name, options)
                    yield [Variant(name, sorted(texts[index]), _both(options[index], others)) for index in texts]

    def _of_conditions(self, merged: Merged) -> list[Variant]:
        """What applies for each value of a required constant, if conditions ask for nothing else."""
        tests = {id(schema): self._test(schema.get("if")) for schema in merged.branches}
        name = next((test[0] for test in tests.values() if test is not None), "")
        values = self._texts(merged.schema.properties.get(name)) if name in merged.schema.required else None
        conditions = [schema for schema in merged.branches if (test := tests[id(schema)]) and test[0] == name]
        others = self.of(each.without(_CONDITION) if each in conditions else each for each in merged.branches)
        variants: dict[tuple[bool, ...], Variant] = {}
        for text in sorted(values or ()):
            matching = tuple(text in (tests[id(schema)] or ("", ()))[1] for schema in conditions)
            applied = [
                schema.get("then" if matches else "else", True)
                for schema, matches in zip(conditions, matching, strict=True)
            ]
            if all(map(self._is_possible, applied)):
                known = variants.get(matching) or Variant(name, [], _both(*map(self.all_of, applied), others))
                variants[matching] = replace(known, texts=[*known.texts, text])
        return list(variants.values())

    def _test(self, condition: JsonValue) -> tuple[str, frozenset[str]] | None:
        """The member and its texts that a condition asks for; None if it asks for something else."""
        if not isinstance(condition, ObjectNode) or len(condition.properties) != 1:
            return None
        [(name, schema)] = condition.properties.items()
        is_of_objects = condition.get("type", "object") == "object" and {*condition.required} <= {name}
        if not is_of_objects or not condition.keys() <= {"properties", "required", "type", "$comment"}:
            return None
        if not isinstance(schema, ObjectNode) or not schema.keys() <= _TEST or schema.get("type", "string") != "string":
            return None
        texts = self._texts(schema)
        return (name, texts) if texts is not None else None

    def _distinct_texts(self, schema: ObjectNode, name: str, options: Sequence[Members]) -> dict[int, frozenset[str]]:
        """The texts by which a required member tells options apart, by the index of each that is possible."""
        base = self._texts(schema.properties[name]) if name in schema.properties else None
        if name in schema.properties and base is None and not self._is_plain_text(schema.properties[name]):
            return {}
        found: dict[int, frozenset[str]] = {}
        for index, option in enumerate(options):
            member = option.get(name, _UNKNOWN)
            each = [self._texts(value) for value in member.schemas or ()]
            if not each or not (member.required or name in schema.required) or None in each:
                return {}
            texts = frozenset().union(*(texts for texts in each if texts))
            found[index] = texts if base is None else texts & base
        is_distinct = sum(map(len, found.values())) == len(frozenset().union(*found.values()))
        return {index: texts for index, texts in found.items() if texts} if is_distinct else {}

    def _texts(self, schema: JsonValue) -> frozenset[str] | None:
        """The texts that a value may be, None if it may be another value."""
        schema = self._followed(schema)
        if schema is None or not {"const", "enum"} & schema.keys():
            return None
        values = [schema["const"]] if "const" in schema else schema.list_at("enum")
        texts = [value for value in values if isinstance(value, str)]
        return frozenset(texts) if len(texts) == len(values) <= MAX_LITERALS else None

    def _is_plain_text(self, schema: JsonValue) -> bool:
        schema = self._followed(schema)
        return schema is not None and schema.types == ["string"] and not {"const", "enum", *_UNIONS} & schema.keys()

    def _followed(self, schema: JsonValue) -> ObjectNode | None:
        try:
            return merge_all_of(schema, self.refs, follow=True).schema if isinstance(schema, ObjectNode) else None
        except DiagnosticError:  # reported when its type is made
            return None

    def _of_target(self, schema: ObjectNode) -> Members:
        if schema.reference is None:
            return {}
        try:
            pointer = self.refs.pointer(schema.reference, schema.place_at("$ref"))
        except DiagnosticError:  # reported by reference_check
            return {}
        if pointer in self.reading:  # a schema that leads back to itself says nothing new
            self.has_circles = True
            return {}
        if pointer not in self.read:
            self.reading.add(pointer)
            self.read[pointer] = self.all_of(self.refs.schema_at(pointer))
            self.reading.remove(pointer)
        return self.read[pointer]

    def _of_branches(self, schema: ObjectNode) -> Members:
        if _BRANCHES.isdisjoint(schema):
            return {}
        unions = (self._either(schema.branches(keyword)) for keyword in _UNIONS)
        return _both(*unions, self._of_condition(schema), *self._of_dependencies(schema))

    def _of_condition(self, schema: ObjectNode) -> Members:
        """What `if` says holds for the values that `then` applies to."""
        if "if" not in schema:
            return {}
        condition, then, other = schema["if"], schema.get("then", True), schema.get("else", True)
        matching = _both(self.all_of(then), self.all_of(condition))
        return _either([*([matching] if self._is_possible(then) else []),
                        *([self.all_of(other)] if self._is_possible(other) else [])])  # fmt: skip

    def _of_dependencies(self, schema: ObjectNode) -> Iterator[Members]:
        for keyword in ("dependencies", "dependentRequired", "dependentSchemas"):
            for name, dependency in schema.object_at(keyword).items():
                names = [item for item in dependency if isinstance(item, str)] if isinstance(dependency, list) else []
                yield dict.fromkeys([name, *names], _UNKNOWN)
                yield _either([self.all_of(dependency), {}])

    def _either(self, options: Sequence[JsonValue]) -> Members:
        return _either([self.all_of(option) for option in options if self._is_possible(option)])

    def _is_possible(self, schema: JsonValue) -> bool:
        """Whether an object may match a schema, as far as its own keywords say."""
        if not isinstance(schema, ObjectNode):
            return schema is not False
        schema = effective_schema(schema, draft_07=self.refs.draft_07)
        if "enum" in schema or "const" in schema:
            values = [schema["const"]] if "const" in schema else schema.list_at("enum")
            return any("object" in types_of(value) for value in values)
        return "type" not in schema or "object" in schema.types


def branches_beside_union(merged: Merged) -> list[ObjectNode]:
    """The branches that apply to each option of the union that a merged schema is, if it is one."""
    found: list[ObjectNode] = []
    for schema in merged.branches:
        others = {key for key in _UNIONS if key in schema and not is_same(schema[key], merged.schema.get(key))}
        kept = schema.with_items((key, value) for key, value in schema.items() if key in _CONDITIONS | others)
        found.extend([kept] if kept else [])
    return found


def _own(schema: ObjectNode) -> Members:
    found = {name: _member(member) for name, member in schema.properties.items()}
    return found | {name: replace(found.get(name, _UNKNOWN), required=True) for name in schema.required}


def _member(schema: JsonValue) -> BranchMember:
    if isinstance(schema, ObjectNode):
        return BranchMember((schema,), (schema,))
    return _IMPOSSIBLE if schema is False else _UNKNOWN


def _both(*all_members: Members) -> Members:
    """What holds for an object for which all of these hold: the first that says the type of a member decides it."""
    found: dict[str, BranchMember] = {}
    for members in all_members:
        for name, member in members.items():
            known = found.get(name, _UNKNOWN)
            schemas = known.schemas if known.schemas is not None else member.schemas
            mentions = _joined(known.mentions, member.mentions)
            found[name] = BranchMember(mentions, schemas, required=known.required or member.required)
    return found


def _either(options: Sequence[Members]) -> Members:
    """What holds for an object for which one of these holds."""
    found: dict[str, list[BranchMember]] = {}
    for option in options:
        for name, member in option.items():
            found.setdefault(name, []).append(member)
    return {name: _one_of([*members, _UNKNOWN] if len(members) < len(options) else members)
            for name, members in found.items()}  # fmt: skip


def _one_of(members: Sequence[BranchMember]) -> BranchMember:
    known = [member.schemas for member in members if member.schemas is not None]
    return BranchMember(
        _joined(*(member.mentions for member in members)),
        _joined(*known) if len(known) == len(members) else None,
        required=all(member.required for member in members),
    )


def _joined(*groups: Iterable[ObjectNode]) -> tuple[ObjectNode, ...]:
    return tuple({id(schema): schema for group in groups for schema in group}.values())
