"""Merges `allOf`, and the keywords beside a `$ref`, into one schema: Python types have no intersection.

`allOf: [A, B]` describes the values that match A and B. A class is made of one schema, so A, B and the keywords beside
them are merged: an object with the property `a` and an object with the property `b` become one object with both.

Limits: a keyword that two branches have is merged if one value can express both (see `_merged_value`). Otherwise the
first value stays, and the other keyword is *not mergeable*: the type accepts more than the schema, and the payload is
checked against its schema too. `additionalProperties`, `items` and `additionalItems` apply to the members that their
own branch does not name: they are not mergeable if another branch names members.

Order: the target of a `$ref` comes first, then the keywords beside it, then the branches of `allOf`; each target once.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

from prefactor_gen.diagnostics.diagnostics import DiagnosticError, Place
from prefactor_gen.diagnostics.rules import UNRESOLVED_REFERENCE
from prefactor_gen.documents.nodes import JsonValue, ListNode, ObjectNode, is_same
from prefactor_gen.json_schema.keywords import ASSERTIONS
from prefactor_gen.json_schema.pointers import is_metaschema
from prefactor_gen.json_schema.references import LocalRefs
from prefactor_gen.json_schema.subschemas import effective_schema

__all__ = ["Merged", "merge_all_of"]

_LOWER_BOUNDS = frozenset({"exclusiveMinimum", "minItems", "minLength", "minimum"})
_UPPER_BOUNDS = frozenset({"exclusiveMaximum", "maxItems", "maxLength", "maximum"})
# Keywords that apply to the members that the same schema does not name otherwise, and the keywords that name them.
_REST = {
    "additionalProperties": frozenset({"patternProperties", "properties"}),
    "items": frozenset({"prefixItems"}),
    "additionalItems": frozenset({"items"}),
}


@dataclass
class Merged:
    """A schema without `allOf`.

    Attributes:
        schema: the merged schema.
        origins: the places of the branches; empty if nothing was merged.
        not_mergeable: the keywords that the schema does not cover, each with its branch.
        branches: the schemas that were merged; the schema itself if nothing was.
    """

    schema: ObjectNode
    origins: frozenset[Place] = frozenset()
    not_mergeable: list[tuple[ObjectNode, str]] = field(default_factory=list)
    branches: Sequence[ObjectNode] = ()

    def __post_init__(self) -> None:
        self.branches = self.branches or (self.schema,)


def merge_all_of(schema: ObjectNode, refs: LocalRefs, *, follow: bool = False) -> Merged:
    """Merge a schema with all that its `allOf` and `$ref` apply to the same value.

    Args:
        schema: the schema.
        refs: the references of the schema that it is a part of.
        follow: whether a schema that is only a `$ref` becomes its target; otherwise it stays a reference.

    Raises:
        DiagnosticError: a branch leads back to itself.
    """
    schema = _without_metaschema(_unwrapped(schema, draft_07=refs.draft_07))
    # 1. Only a reference: it becomes a type of its own.
    if not follow and "$ref" in schema and not (schema.keys() - {"$ref"}) & ASSERTIONS:
        return Merged(schema.with_items([("$ref", schema["$ref"])]))
    # 2. Nothing to merge.
    if not {"$ref", "allOf"} & schema.keys():
        return Merged(schema)
    # 3. Several branches.
    return _merge(schema, list(_Branches(refs).of(schema, ())))


def _effective(schema: ObjectNode, refs: LocalRefs) -> ObjectNode:
    return _without_metaschema(effective_schema(schema, draft_07=refs.draft_07))


def _unwrapped(schema: ObjectNode, *, draft_07: bool) -> ObjectNode:
    """The effective schema. If its only assertion is an `allOf` with one branch, it is that branch."""
    schema = effective_schema(schema, draft_07=draft_07)
    while schema.keys() & ASSERTIONS == {"allOf"}:
        branches = schema.branches("allOf")
        schemas = [effective_schema(each, draft_07=draft_07) for each in branches if isinstance(each, ObjectNode)]
        asserting = [each for each in schemas if each.keys() & ASSERTIONS]
        if len(asserting) != 1 or False in branches:
            break
        schema = asserting[0]
    return schema


def _without_metaschema(schema: ObjectNode) -> ObjectNode:
    """Replaces a reference to a metaschema by a keyword that types cannot express, so that the schema is checked."""
    if not is_metaschema(schema.get("$ref")):
        return schema
    untyped = _never(schema.place, schema.place_at("$ref"))
    branches = ListNode([*schema.branches("allOf"), untyped], place=schema.place)
    return schema.without({"$ref"}).with_member("allOf", branches)


def _never(place: Place, key_place: Place) -> ObjectNode:
    """`not: {}`, which no value matches."""
    return ObjectNode([("not", ObjectNode(place=key_place))], place=place, key_places={"not": key_place})


class _Branches:
    """Yields the schemas that a value must match, without `allOf` and `$ref`."""

    def __init__(self, refs: LocalRefs) -> None:
        self.refs = refs
        self.seen: set[str] = set()

    def of(self, schema: JsonValue, path: tuple[str, ...]) -> Iterator[ObjectNode]:
        """The branches of one schema; `path` are the references that lead to it."""
        if schema is False:
            yield _never(self.refs.root.place, self.refs.root.place)
        if not isinstance(schema, ObjectNode):
            return
        schema = _effective(schema, self.refs)
        if schema.reference is not None:
            yield from self.target(schema.reference, schema.place_at("$ref"), path)
        own = schema.without({"$ref", "allOf"})
        if own.keys() & ASSERTIONS:
            yield own
        for branch in schema.branches("allOf"):
            yield from self.of(branch, path)

    def target(self, reference: str, place: Place, path: tuple[str, ...]) -> Iterator[ObjectNode]:
        pointer = self.refs.pointer(reference, place)
        if pointer in path:
            message = f"expected a schema that describes a value, found {reference!r}, which only leads back to itself"
            raise DiagnosticError([UNRESOLVED_REFERENCE.at(place, message)])
        if pointer not in self.seen:  # the second time it would add nothing
            self.seen.add(pointer)
            yield from self.of(self.refs.schema_at(pointer), (*path, pointer))


def _merge(schema: ObjectNode, branches: Sequence[ObjectNode]) -> Merged:
    merger = _Merger()
    # Two branches are enough to find one that is not the branch itself.
    naming = {keyword: [each for each in branches if names & each.keys()][:2] for keyword, names in _REST.items()}
    for branch in branches:
        named_elsewhere = {keyword for keyword, each in naming.items() if any(other is not branch for other in each)}
        merger.add(branch, named_elsewhere)
    merged = ObjectNode(merger.members.items(), place=schema.place, key_places=merger.places)
    return Merged(merged, frozenset(branch.place for branch in branches), merger.not_mergeable, branches)


class _Merger:
    def __init__(self) -> None:
        self.members: dict[str, JsonValue] = {}
        self.places: dict[str, Place] = {}
        self.not_mergeable: list[tuple[ObjectNode, str]] = []

    def add(self, branch: ObjectNode, named_elsewhere: AbstractSet[str]) -> None:
        """Merge a branch.

        Args:
            branch: a schema without `allOf` and `$ref`.
            named_elsewhere: the keywords of `_REST` for which another branch names members.
        """
        for keyword, value in branch.items():
            if keyword not in ASSERTIONS:
                continue
            # 1. It applies to what its own branch does not name; true allows everything.
            if keyword in named_elsewhere:
                if value is not True:
                    self.not_mergeable.append((branch, keyword))
            # 2. No other branch has it, or with the same value.
            elif keyword not in self.members or is_same(self.members[keyword], value):
                self.members[keyword] = value
                self.places[keyword] = branch.place_at(keyword)
            # 3. One value can express both.
            elif (merged := _merged_value(keyword, self.members[keyword], value)) is not None:
                self.members[keyword] = merged
            # 4. The first value stays.
            else:
                self.not_mergeable.append((branch, keyword))


def _merged_value(keyword: str, one: JsonValue, two: JsonValue) -> JsonValue:
    """The one value of a keyword that expresses two values, or None if there is no such value."""
    match one, two:
        case int() | float(), int() | float() if keyword in _LOWER_BOUNDS:
            return max(one, two)
        case int() | float(), int() | float() if keyword in _UPPER_BOUNDS:
            return min(one, two)
        case ListNode(), ListNode() if keyword == "required":
            return one.with_items([*one, *(name for name in two if name not in one)])
        case ObjectNode(), ObjectNode() if keyword == "properties":
            return _merged_properties(one, two)
        case _ if keyword == "type":
            return _common_type(one, two)
    return None


def _merged_properties(one: ObjectNode, two: ObjectNode) -> ObjectNode:
    """All properties; one that both have becomes an `allOf`, which is merged when its type is made."""
    members = dict(one)
    for name, schema in two.items():
        members[name] = _all_of(members[name], schema, two.place) if name in members else schema
    return ObjectNode(members.items(), place=one.place, key_places={**two.key_places, **one.key_places})


def _all_of(one: JsonValue, two: JsonValue, place: Place) -> JsonValue:
    if two is True or is_same(one, two):
        return one
    branches = one.list_at("allOf") if isinstance(one, ObjectNode) and one.keys() == {"allOf"} else [one]
    return ObjectNode([("allOf", ListNode([*branches, two], place=place))], place=place)


def _common_type(one: JsonValue, two: JsonValue) -> JsonValue:
    """The types that two values of `type` have in common, where integers are numbers; None without any."""
    first, second = ([*value] if isinstance(value, ListNode) else [value] for value in (one, two))
    common = [name for name in first if name in second or (name == "integer" and "number" in second)]
    common.extend(name for name in second if name == "integer" and name not in common and "number" in first)
    if not common:
        return None
    names = one if isinstance(one, ListNode) else two
    return common[0] if len(common) == 1 or not isinstance(names, ListNode) else names.with_items(common)
