"""Compiles `"x-prefactor-redact": true` into the rules by which the typed helper redacts payloads.

The rules are data: a graph with one node for each place of the schema that leads to a redacted value, by JSON pointer.
A node describes the value at that place by all schemas that apply to it (`$ref`, `allOf`, `anyOf`, …). The value is
redacted if one of them has the keyword. `prefactor_core._payloads.redaction` applies the rules.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from prefactor_gen.documents.nodes import JsonValue, ObjectNode
from prefactor_gen.json_schema.in_place import InPlace
from prefactor_gen.json_schema.json_types import types_of
from prefactor_gen.json_schema.keywords import REDACT
from prefactor_gen.json_schema.pointers import step
from prefactor_gen.json_schema.subschemas import mentions, tuple_keyword
from prefactor_schema.patterns import matcher

__all__ = ["RedactedPlaces", "RedactionRules", "compile_redaction", "mentions_redaction"]

RedactionRules: TypeAlias = Mapping[str, Mapping[str, object]]

# An entry of a rule: the pointer of a schema, a list or an object of them, or None where the value is not redacted.
_Rule: TypeAlias = dict[str, object]


def compile_redaction(schema: ObjectNode) -> RedactionRules:
    """The rules of a self-contained schema, by JSON pointer; empty when nothing is redacted."""
    return _Compiler(schema).rules() if mentions_redaction(schema) else {}


def mentions_redaction(value: JsonValue) -> bool:
    """Whether the keyword is anywhere in a value; most schemas do not have it."""
    return mentions(REDACT, value)


@dataclass
class _Node:
    """A place of the schema: the schemas that apply to a value there, and their rules for its members and items.

    Attributes:
        targets: the pointers in the rules.
    """

    schemas: dict[str, ObjectNode]
    objects: list[_Rule] = field(default_factory=list)
    arrays: list[_Rule] = field(default_factory=list)
    targets: set[str] = field(default_factory=set)

    @property
    def is_redacted(self) -> bool:
        return any(schema.get(REDACT) is True for schema in self.schemas.values())

    @property
    def has_overlap(self) -> bool:
        """Whether more than one place can apply to a member or an item."""
        return len(self.objects) > 1 or len(self.arrays) > 1 or any("patterns" in rule for rule in self.objects)

    @property
    def types(self) -> list[str]:
        """The types that the schemas name; integers are numbers."""
        named = {name for schema in self.schemas.values() for name in _named_types(schema)}
        return sorted({"number" if name == "integer" else name for name in named} - {"null"})


def _named_types(schema: ObjectNode) -> Iterator[str]:
    yield from schema.types
    for value in [*schema.list_at("enum"), *([schema["const"]] if "const" in schema else [])]:
        yield from types_of(value)


class _Compiler:
    def __init__(self, schema: ObjectNode) -> None:
        self.in_place = InPlace(schema)
        self.nodes: dict[str, _Node] = {}

    def rules(self) -> RedactionRules:
        """The rules of all places that can be reached from the root, in the order of the schema."""
        live = self.live()
        if "" not in live:
            return {}
        overlap = any(self.node(pointer).has_overlap for pointer in live)
        rules: dict[str, Mapping[str, object]] = {}
        pending = [""]
        while pending:
            pointer = pending.pop(0)
            if pointer not in rules:
                rules[pointer], targets = self._rule(pointer, live, overlap=overlap)
                pending.extend(targets)
        return rules

    def node(self, pointer: str) -> _Node:
        """The node of a place, with the places one step further."""
        if pointer not in self.nodes:
            node = self.nodes[pointer] = _Node(self.in_place.applied([pointer]))
            for at, schema in node.schemas.items():
                node.objects.extend(_object_rules(at, schema, node))
                node.arrays.extend(_array_rules(at, schema))
            node.targets = {target for rule in (*node.objects, *node.arrays) for target in _targets(rule)}
        return self.nodes[pointer]

    def live(self) -> set[str]:
        """The places that are redacted, or lead to one that is."""
        pending = [""]
        while pending:
            pending.extend(sorted(self.node(pending.pop()).targets - self.nodes.keys()))
        live = {pointer for pointer, node in self.nodes.items() if node.is_redacted}
        sources: dict[str, list[str]] = {}
        for pointer, node in self.nodes.items():
            for target in node.targets:
                sources.setdefault(target, []).append(pointer)
        pending = list(live)
        while pending:
            for source in sources.get(pending.pop(), ()):
                if source not in live:
                    live.add(source)
                    pending.append(source)
        return live

    def _rule(self, pointer: str, live: set[str], *, overlap: bool) -> tuple[_Rule, list[str]]:
        """The rule of a place as data, and the places that it leads to.

        Where several places can apply to one value (`overlap`), those that are not live are kept for their types: a
        text that one branch allows is not redacted as a mismatch of another.
        """
        node = self.node(pointer)
        reached: list[str] = []

        def target(place: object) -> object:
            if not isinstance(place, str):
                return []
            if self.node(place).is_redacted:
                return True
            if place not in live and not overlap:
                return []
            reached.append(place)
            return [place]

        rule: _Rule = {"kinds": node.types}
        for name, entries in (("objects", node.objects), ("arrays", node.arrays)) if pointer in live else ():
            if any(_targets(entry) & live for entry in entries):
                rule[name] = [
                    _without_unused({key: _resolved(value, target) for key, value in entry.items()})
                    for entry in entries
                ]
        return rule, reached


class RedactedPlaces:
    """Where the values of a self-contained schema are redacted, for the reprs of models.

    In doubt, a place counts as one that shows a redacted value.

    Args:
        schema: the schema; it has the keyword somewhere.
    """

    def __init__(self, schema: ObjectNode) -> None:
        self._compiler = _Compiler(schema)
        self._live = self._compiler.live()

    def has(self, pointer: str) -> bool:
        """Whether a pointer leads to a schema. One into a merged `allOf` does not."""
        return self._compiler.in_place.at(pointer) is not None

    def is_inside(self, pointer: str) -> bool:
        """Whether the value at a place is redacted, or is a part of one that is."""
        steps = pointer.split("/")
        ancestors = ("/".join(steps[:count]) for count in range(1, len(steps) + 1))
        return any(self._compiler.node(each).is_redacted for each in ancestors if self.has(each))

    def is_live(self, pointer: str) -> bool:
        """Whether the value at a place is redacted, or has something inside that is."""
        return pointer in self._live

    def member(self, pointer: str, name: str) -> list[str]:
        """The places of a member of the object at a place that are redacted, or lead to one that is."""
        return self._members(pointer, lambda rule: _members_of(rule, name))

    def is_one_of_several(self, pointer: str, name: str) -> bool:
        """Whether several schemas apply to a member, and one of them redacts something: a model shows only one."""
        found = {each for rule in self._compiler.node(pointer).objects for each in _members_of(rule, name)}
        return len(found - {None}) > 1 and not found.isdisjoint(self._live)

    def others(self, pointer: str) -> list[str]:
        """As `member`, for those members that are not named."""
        return self._members(pointer, lambda rule: [rule.get("others"), *_mapping(rule, "patterns").values()])

    def is_shown_by_containers(self, places: Iterable[str]) -> bool:
        """Whether a value at one of the places is redacted, or an item or an unnamed member inside it."""
        seen = set[str]()
        pending = list(places)
        while pending:
            node = self._compiler.node(place := pending.pop())
            if node.is_redacted:
                return True
            if place not in seen:
                seen.add(place)
                pending.extend(target for rule in node.arrays for target in _targets(rule))
                pending.extend(self.others(place))
        return False

    def _members(self, pointer: str, targets: Callable[[_Rule], list[object]]) -> list[str]:
        around = re.sub(r"(/(anyOf|oneOf|allOf|dependentSchemas|dependencies)/[^/]*|/(then|else))+$", "", pointer)
        rules = [rule for each in {pointer, around} for rule in self._compiler.node(each).objects]
        found = [each for rule in rules for each in targets(rule)]
        return [each for each in found if isinstance(each, str) and each in self._live]


def _members_of(rule: _Rule, name: str) -> list[object]:
    return [_mapping(rule, "properties").get(name), *_matching(rule, name)]


def _matching(rule: _Rule, name: str) -> list[object]:
    """The targets of the patterns that a name matches, or may match."""
    patterns = ((matcher(pattern), target) for pattern, target in _mapping(rule, "patterns").items())
    return [target for matches, target in patterns if matches is None or matches(name)]


def _mapping(rule: _Rule, key: str) -> Mapping[str, object]:
    found = rule.get(key)
    return found if isinstance(found, dict) else {}


def _resolved(value: object, target: Callable[[object], object]) -> object:
    if isinstance(value, dict):
        return {key: target(item) for key, item in value.items()}
    if isinstance(value, list):
        return [target(item) for item in value]
    return target(value)


def _without_unused(rule: _Rule) -> _Rule:
    """The rule without entries that lead nowhere, unless they are exceptions from `others`."""
    rule = {key: value for key, value in rule.items() if key != "others" or value != []}
    properties = rule.get("properties")
    if isinstance(properties, dict) and "others" not in rule:
        rule["properties"] = {name: target for name, target in properties.items() if target != []}
    return rule


def _targets(rule: _Rule) -> set[str]:
    """The pointers in a rule."""
    found = set[str]()
    for value in rule.values():
        entries = value.values() if isinstance(value, dict) else value if isinstance(value, list) else [value]
        found.update(entry for entry in entries if isinstance(entry, str))
    return found


def _object_rules(pointer: str, schema: ObjectNode, node: _Node) -> Iterator[_Rule]:
    """The pointers of a schema for members: by name, by pattern, and for the others."""
    rule: _Rule = {}
    for keyword, name in (("properties", "properties"), ("patternProperties", "patterns")):
        if keyword in schema:
            rule[name] = {member: pointer + step((keyword, member)) for member in schema.object_at(keyword)}
    if "additionalProperties" in schema:
        rule["others"] = pointer + step(("additionalProperties",))
    if rule:
        yield rule
    if "unevaluatedProperties" in schema:  # the names and patterns of all these schemas are evaluated
        yield {
            "properties": dict.fromkeys(_names(node.schemas.values(), "properties")),
            "patterns": dict.fromkeys(_names(node.schemas.values(), "patternProperties")),
            "others": pointer + step(("unevaluatedProperties",)),
        }


def _names(schemas: Iterable[ObjectNode], keyword: str) -> list[str]:
    return [name for schema in schemas for name in schema.object_at(keyword)]


def _array_rules(pointer: str, schema: ObjectNode) -> Iterator[_Rule]:
    """The pointers of a schema for items: for the first ones, and for the rest."""
    first, rest = tuple_keyword(schema)
    rule: _Rule = {}
    if first is not None:
        rule["first"] = [pointer + step((first, str(index))) for index in range(len(schema.list_at(first)))]
    if rest in schema:
        rule["items"] = pointer + step((rest,))
    if rule:
        yield rule
    for keyword in ("contains", "unevaluatedItems"):
        if keyword in schema:
            yield {"items": pointer + step((keyword,))}
