"""`allOf`, and what stands beside a `$ref`, folded into one schema: types have no intersection."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

from prefactor_gen.diagnostics import DiagnosticError, Place
from prefactor_gen.documents import JsonValue, ListNode, ObjectNode, is_same
from prefactor_gen.keywords import ASSERTIONS
from prefactor_gen.local_refs import LocalRefs
from prefactor_gen.pointers import is_metaschema
from prefactor_gen.rules import UNRESOLVED_REFERENCE

__all__ = ["Folded", "fold"]

_LOWER_BOUNDS = frozenset({"minimum", "exclusiveMinimum", "minLength", "minItems"})
_UPPER_BOUNDS = frozenset({"maximum", "exclusiveMaximum", "maxLength", "maxItems"})
_NAMED_MEMBERS = frozenset({"properties", "patternProperties"})
# What speaks of the members that others in the same schema do not name, and those others.
_REST = {
    "additionalProperties": _NAMED_MEMBERS,
    "items": frozenset({"prefixItems"}),
    "additionalItems": frozenset({"items"}),
}


@dataclass
class Folded:
    """A schema without `allOf`, the places of what it was folded from, and the keywords that did not fit."""

    schema: ObjectNode
    origins: frozenset[Place] = frozenset()
    left: list[tuple[ObjectNode, str]] = field(default_factory=list)


def fold(schema: ObjectNode, refs: LocalRefs, *, alone: bool, through: bool = False) -> Folded:
    """Fold a schema. One that has nothing to fold comes back as it is, a mere wrapper as what it wraps.

    Args:
        schema: the schema.
        refs: the references of the schema that it is a part of.
        alone: keywords beside a `$ref` say nothing (draft-07).
        through: a schema that is only a `$ref` is what that leads to.

    Raises:
        DiagnosticError: a part leads back to itself.
    """
    schema = _without_metaschema(_unwrapped(schema))
    if not through and "$ref" in schema and (alone or not (schema.keys() - {"$ref"}) & ASSERTIONS):
        return Folded(schema.with_items([("$ref", schema["$ref"])]))
    if not {"$ref", "allOf"} & schema.keys():
        return Folded(schema)
    parts = list(_Flattener(refs, alone).parts(schema, ()))
    result = Folded(schema, frozenset(part.place for part in parts))
    naming = {keyword: [part for part in parts if names & part.keys()][:2] for keyword, names in _REST.items()}
    merger = _Merger(result)
    for part in parts:
        beside = {keyword for keyword, named in naming.items() if any(other is not part for other in named)}
        merger.take(part, beside)
    result.schema = ObjectNode(merger.members.items(), place=schema.place, key_places=merger.places)
    return result


def _unwrapped(schema: ObjectNode) -> ObjectNode:
    """`{description, allOf: [X]}` is X."""
    while isinstance(parts := schema.get("allOf"), ListNode) and (schema.keys() & ASSERTIONS) == {"allOf"}:
        said = [part for part in parts if isinstance(part, ObjectNode) and part.keys() & ASSERTIONS]
        if len(said) != 1 or False in parts:
            break
        schema = said[0]
    return schema


def _without_metaschema(schema: ObjectNode) -> ObjectNode:
    """A reference to a metaschema as what no type says, so that it is checked with the schema."""
    if not is_metaschema(schema.get("$ref")):
        return schema
    place = schema.place_at("$ref")
    unsaid = ObjectNode([("not", ObjectNode(place=place))], place=schema.place, key_places={"not": place})
    parts = schema.get("allOf")
    members = {key: value for key, value in schema.items() if key != "$ref"}
    joined = ListNode([*(parts if isinstance(parts, ListNode) else ()), unsaid], place=schema.place)
    return schema.with_items({**members, "allOf": joined}.items())


class _Flattener:
    """Yields the parts of a conjunction, and what several of them refer to once."""

    def __init__(self, refs: LocalRefs, alone: bool) -> None:
        self.refs = refs
        self.alone = alone
        self.seen: set[str] = set()

    def parts(self, schema: JsonValue, path: tuple[str, ...]) -> Iterator[ObjectNode]:
        if not isinstance(schema, ObjectNode):
            if schema is False:
                place = self.refs.root.place
                yield ObjectNode([("not", ObjectNode(place=place))], place=place)
            return
        schema = _without_metaschema(schema)
        reference = schema.get("$ref")
        if isinstance(reference, str):
            yield from self.target(reference, schema, path)
            if self.alone:
                return
        own = schema.with_items((key, value) for key, value in schema.items() if key not in {"allOf", "$ref"})
        if own.keys() & ASSERTIONS:
            yield own
        conjuncts = schema.get("allOf")
        for part in conjuncts if isinstance(conjuncts, ListNode) else ():
            yield from self.parts(part, path)

    def target(self, reference: str, schema: ObjectNode, path: tuple[str, ...]) -> Iterator[ObjectNode]:
        place = schema.place_at("$ref")
        pointer = self.refs.pointer(reference, place)
        if pointer in path:
            message = f"expected a schema that ends, found {reference!r}, which leads back to itself"
            raise DiagnosticError([UNRESOLVED_REFERENCE.at(place, message)])
        if pointer not in self.seen:  # the same part a second time says nothing new
            self.seen.add(pointer)
            yield from self.parts(self.refs.schema_at(pointer), (*path, pointer))


class _Merger:
    def __init__(self, result: Folded) -> None:
        self.result = result
        self.members: dict[str, JsonValue] = {}
        self.places: dict[str, Place] = {}

    def take(self, part: ObjectNode, beside: AbstractSet[str]) -> None:
        """Take a part in, but what speaks of the rest of its own part only: one type cannot say that."""
        for keyword, value in part.items():
            if keyword not in ASSERTIONS:
                continue
            if keyword in beside:
                if value is not True:
                    self.result.left.append((part, keyword))
            elif keyword not in self.members or is_same(self.members[keyword], value):
                self.members[keyword] = value
                self.places[keyword] = part.place_at(keyword)
            elif (merged := _both(keyword, self.members[keyword], value)) is not None:
                self.members[keyword] = merged
            else:
                self.result.left.append((part, keyword))


def _both(keyword: str, one: JsonValue, two: JsonValue) -> JsonValue:
    """The value of a keyword that says what two values say, or None."""
    if keyword in _LOWER_BOUNDS | _UPPER_BOUNDS and isinstance(one, int | float) and isinstance(two, int | float):
        return max(one, two) if keyword in _LOWER_BOUNDS else min(one, two)
    if keyword == "required" and isinstance(one, ListNode) and isinstance(two, ListNode):
        return one.with_items([*one, *(name for name in two if name not in one)])
    if keyword == "properties" and isinstance(one, ObjectNode) and isinstance(two, ObjectNode):
        members = dict(one)
        for name, schema in two.items():
            members[name] = _conjunction(members[name], schema, two) if name in members else schema
        return ObjectNode(members.items(), place=one.place, key_places={**two.key_places, **one.key_places})
    if keyword == "type":
        return _common_type(one, two)
    return None


def _conjunction(one: JsonValue, two: JsonValue, node: ObjectNode) -> JsonValue:
    if two is True or is_same(one, two):
        return one
    joined = one.get("allOf") if isinstance(one, ObjectNode) and one.keys() == {"allOf"} else None
    parts = ListNode([*(joined if isinstance(joined, ListNode) else [one]), two], place=node.place)
    return ObjectNode([("allOf", parts)], place=node.place)


def _common_type(one: JsonValue, two: JsonValue) -> JsonValue:
    kinds = [list(value) if isinstance(value, ListNode) else [value] for value in (one, two)]
    common = [kind for kind in kinds[0] if kind in kinds[1] or (kind == "integer" and "number" in kinds[1])]
    common.extend(kind for kind in kinds[1] if kind == "integer" and kind not in common and "number" in kinds[0])
    if not common:
        return None
    node = one if isinstance(one, ListNode) else two
    return common[0] if len(common) == 1 or not isinstance(node, ListNode) else node.with_items(common)
