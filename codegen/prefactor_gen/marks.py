"""`"x-prefactor-redact": true` in a schema → the rules by which the typed helper redacts payloads, as data.

The rules are a graph, for schemas are: one node for each place of the schema that leads to a mark, by JSON pointer. A
node holds what is said there, and by all that speaks of the same value (`$ref`, `allOf`, `anyOf` …); where one branch
marks a value, it is marked. `prefactor_core._payloads.redaction` walks the graph.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from prefactor_gen.diagnostics import Diagnostic, DiagnosticError, Place
from prefactor_gen.documents import JsonValue, ListNode, ObjectNode
from prefactor_gen.local_refs import LocalRefs
from prefactor_gen.pointers import step
from prefactor_gen.rules import MISPLACED_REDACTION
from prefactor_gen.view import kinds_of
from prefactor_gen.walk import SAME_VALUE, all_schemas, subschemas

__all__ = ["MARK", "MarkRules", "check_marks", "compile_marks"]

MARK = "x-prefactor-redact"

MarkRules: TypeAlias = Mapping[str, Mapping[str, object]]

# Keywords whose schemas say nothing of a value's members that could be replaced.
_BLIND = frozenset({"not", "if", "propertyNames", "contentSchema"})
_DATA = frozenset({"const", "default", "enum", "examples"})


def compile_marks(schema: ObjectNode) -> MarkRules:
    """The rules of a self-contained schema, by JSON pointer; empty when nothing is marked."""
    return _Compiler(schema).rules() if _mentions_a_mark(schema) else {}


def check_marks(schema: ObjectNode, *, typed: bool = True) -> list[Diagnostic]:
    """What is marked and cannot be redacted.

    Args:
        schema: a self-contained schema.
        typed: the schema is of a span type, which has a helper that redacts.
    """
    if not _mentions_a_mark(schema):  # mostly
        return []
    found = list(_stray_marks(schema, None if typed else "a quality payload has no typed helper"))
    if _Compiler(schema).node("").marked:
        message = "the payload itself cannot be redacted, only what is in it"
        found.extend(_cannot(part, message) for part in _Compiler(schema).node("").parts.values() if _is_marked(part))
    if any("$dynamicRef" in part for part in all_schemas(schema)) and any(map(_is_marked, all_schemas(schema))):
        found.append(_cannot(schema, "what a $dynamicRef leads to is not known before the payload is"))
    return found


def _mentions_a_mark(value: JsonValue) -> bool:
    if isinstance(value, ObjectNode):
        return MARK in value or any(map(_mentions_a_mark, value.values()))
    return isinstance(value, ListNode) and any(map(_mentions_a_mark, value))


def _is_marked(schema: ObjectNode) -> bool:
    return schema.get(MARK) is True


def _cannot(schema: ObjectNode, why: str, place: Place | None = None) -> Diagnostic:
    return MISPLACED_REDACTION.at(place or schema.place_at(MARK), f"{MARK} cannot be honoured: {why}")


def _stray_marks(schema: ObjectNode, blind: str | None) -> Iterator[Diagnostic]:
    """Marks that are no boolean, that stand under a blind keyword, or where no schema stands."""
    mark = schema.get(MARK, False)
    if not isinstance(mark, bool):
        yield _cannot(schema, "expected true or false")
    elif mark and blind:
        yield _cannot(schema, blind)
    known = set[str]()
    for keys, item in subschemas(schema):
        known.add(keys[0])
        if isinstance(item, ObjectNode):
            below = f"it stands under {keys[0]}, which names no part of a payload" if keys[0] in _BLIND else blind
            yield from _stray_marks(item, below)
    for keyword in schema.keys() - known - _DATA:
        yield from _marks_outside(schema[keyword], keyword)


def _marks_outside(value: JsonValue, keyword: str) -> Iterator[Diagnostic]:
    if isinstance(value, ObjectNode) and MARK in value:
        yield _cannot(value, f"it stands under {keyword}, where no schema is expected")
    for item in value.values() if isinstance(value, ObjectNode) else value if isinstance(value, ListNode) else ():
        yield from _marks_outside(item, keyword)


@dataclass
class _Node:
    """A place of the schema: the schemas that speak of a value there, by their own pointers."""

    parts: dict[str, ObjectNode] = field(default_factory=dict)
    objects: list[dict[str, object]] = field(default_factory=list)
    arrays: list[dict[str, object]] = field(default_factory=list)
    targets: set[str] = field(default_factory=set)

    @property
    def marked(self) -> bool:
        return any(map(_is_marked, self.parts.values()))

    @property
    def is_several(self) -> bool:
        """More than one place can apply to a member or an item."""
        return len(self.objects) > 1 or len(self.arrays) > 1 or any("patterns" in rule for rule in self.objects)

    @property
    def kinds(self) -> list[str]:
        """The kinds that the schemas name; integers are numbers."""
        named = {kind for part in self.parts.values() for kind in _named_kinds(part)}
        return sorted({"number" if kind == "integer" else kind for kind in named} - {"null"})


def _named_kinds(schema: ObjectNode) -> Iterator[str]:
    kind = schema.get("type")
    yield from map(str, kind) if isinstance(kind, ListNode) else [kind] if isinstance(kind, str) else []
    values = schema.get("enum")
    known = [*values] if isinstance(values, ListNode) else []
    for value in [*known, schema["const"]] if "const" in schema else known:
        yield from kinds_of(value)


class _Compiler:
    def __init__(self, schema: ObjectNode) -> None:
        self.refs = LocalRefs(schema)
        self.nodes: dict[str, _Node] = {}

    def rules(self) -> MarkRules:
        """The rules of what can be reached from the root; their order is that of the schema."""
        pending = [""]
        while pending:
            pending.extend(sorted(self.node(pending.pop()).targets - self.nodes.keys()))
        live = self._live()
        if "" not in live:
            return {}
        several = any(self.node(pointer).is_several for pointer in live)
        rules: dict[str, Mapping[str, object]] = {}
        pending = [""]
        while pending:
            pointer = pending.pop(0)
            if pointer not in rules:
                rules[pointer], targets = self._rule(
                    self.node(pointer), live, dead=pointer not in live, several=several
                )
                pending.extend(targets)
        return rules

    def node(self, pointer: str) -> _Node:
        """The node of a place, with what follows from it by one step."""
        if pointer not in self.nodes:
            node = self.nodes[pointer] = _Node(dict(self._parts(pointer)))
            for at, part in node.parts.items():
                node.objects.extend(_object_rules(at, part, node))
                node.arrays.extend(_array_rules(at, part))
            node.targets = {each for rule in (*node.objects, *node.arrays) for each in _places(rule)}
        return self.nodes[pointer]

    def _parts(self, pointer: str) -> Iterator[tuple[str, ObjectNode]]:
        """The schemas that speak of the value that the schema at a pointer speaks of."""
        seen, pending = set[str](), [pointer]
        while pending:
            at = pending.pop(0)
            schema = self.refs.schema_at(at)
            if at in seen or not isinstance(schema, ObjectNode):
                continue
            seen.add(at)
            yield at, schema
            pending.extend(at + step(keys) for keys, _ in subschemas(schema) if keys[0] in SAME_VALUE)
            reference = schema.get("$ref")
            if isinstance(reference, str):
                try:
                    pending.append(self.refs.pointer(reference, schema.place))
                except DiagnosticError:  # told where it is resolved for the types
                    continue

    def _live(self) -> set[str]:
        """The places that are marked, or lead to one that is."""
        live = {pointer for pointer, node in self.nodes.items() if node.marked}
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

    def _rule(self, node: _Node, live: set[str], *, dead: bool, several: bool) -> tuple[dict[str, object], list[str]]:
        """The rule as data, and the places that it leads to.

        Where several places can apply to one value, what is dead is kept for its kinds: a text that one branch allows
        is no deviation from another.
        """
        reached: list[str] = []

        def target(pointer: object) -> object:
            if not isinstance(pointer, str):
                return []
            if self.node(pointer).marked:
                return True
            if pointer not in live and not several:
                return []
            reached.append(pointer)
            return [pointer]

        rule: dict[str, object] = {"kinds": node.kinds}
        for name, each in () if dead else (("objects", node.objects), ("arrays", node.arrays)):
            if any(_places(one) & live for one in each):
                rule[name] = [
                    _without_dead({key: _resolved(value, target) for key, value in one.items()}) for one in each
                ]
        return rule, reached


def _resolved(value: object, target: Callable[[object], object]) -> object:
    if isinstance(value, dict):
        return {key: target(item) for key, item in value.items()}
    if isinstance(value, list):
        return [target(item) for item in value]
    return target(value)


def _without_dead(rule: dict[str, object]) -> dict[str, object]:
    """The rule without what leads nowhere, unless that is an exception from what `others` says."""
    rule = {key: value for key, value in rule.items() if key != "others" or value != []}
    properties = rule.get("properties")
    if isinstance(properties, dict) and "others" not in rule:
        rule["properties"] = {name: target for name, target in properties.items() if target != []}
    return rule


def _places(rule: Mapping[str, object]) -> set[str]:
    found = set[str]()
    for value in rule.values():
        members = value.values() if isinstance(value, dict) else value if isinstance(value, list) else [value]
        found.update(item for item in members if isinstance(item, str))
    return found


def _object_rules(pointer: str, schema: ObjectNode, node: _Node) -> Iterator[dict[str, object]]:
    """What a schema says of members: pointers by name, by pattern, and for the others; None says nothing."""
    own: dict[str, object] = {}
    for keyword, name in (("properties", "properties"), ("patternProperties", "patterns")):
        members = schema.get(keyword)
        if isinstance(members, ObjectNode):
            own[name] = {each: pointer + step((keyword, each)) for each in members}
    if "additionalProperties" in schema:
        own["others"] = pointer + step(("additionalProperties",))
    if own:
        yield own
    if "unevaluatedProperties" in schema:  # what any of the schemas names is evaluated
        yield {
            "properties": dict.fromkeys(_names(node.parts.values(), "properties")),
            "patterns": dict.fromkeys(_names(node.parts.values(), "patternProperties")),
            "others": pointer + step(("unevaluatedProperties",)),
        }


def _names(parts: Iterable[ObjectNode], keyword: str) -> list[str]:
    found = [part.get(keyword) for part in parts]
    return [name for members in found if isinstance(members, ObjectNode) for name in members]


def _array_rules(pointer: str, schema: ObjectNode) -> Iterator[dict[str, object]]:
    """What a schema says of items: pointers for the first ones, and for the rest."""
    items = schema.get("items")
    keyword = "items" if isinstance(items, ListNode) else "prefixItems"
    first, rest = schema.get(keyword), "additionalItems" if isinstance(items, ListNode) else "items"
    own: dict[str, object] = {}
    if isinstance(first, ListNode):
        own["first"] = [pointer + step((keyword, str(index))) for index in range(len(first))]
    if rest in schema:
        own["items"] = pointer + step((rest,))
    if own:
        yield own
    for keyword in ("contains", "unevaluatedItems"):
        if keyword in schema:
            yield {"items": pointer + step((keyword,))}
