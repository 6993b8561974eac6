"""Whether a schema is within the limits: its members, what one value is compared with, and how deep its types stand."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from prefactor_gen.diagnostics import Diagnostic, DiagnosticError, Place
from prefactor_gen.documents import JsonValue, ListNode, ObjectNode
from prefactor_gen.limits import MAX_CHAIN, MAX_MEMBERS, MAX_PARTS, MAX_TYPES_DEEP
from prefactor_gen.local_refs import LocalRefs
from prefactor_gen.rules import LIMIT_EXCEEDED, UNRESOLVED_REFERENCE
from prefactor_gen.walk import SAME_VALUE, all_schemas, subschemas

__all__ = ["check_sizes", "too_deep"]

_REFERENCES = frozenset({"$dynamicRef", "$ref"})
_SAME_VALUE = SAME_VALUE | {"if", "not"}
_UNEVALUATED = frozenset({"unevaluatedItems", "unevaluatedProperties"})
_AGAIN = 4


def check_sizes(root: ObjectNode, place: Place) -> list[Diagnostic]:
    """What is past a limit in one self-contained schema, or never ends; the first that is found."""
    try:
        refers = _count_members(root, place)
        if refers:
            _Weights(root).weigh()
    except DiagnosticError as error:
        return list(error.diagnostics)
    return []


def _count_members(root: ObjectNode, place: Place) -> bool:
    """Whether there are references; without any, what one value is compared with is within this limit."""
    count, refers = 0, False
    for schema in all_schemas(root):
        refers = refers or bool(_REFERENCES & schema.keys())
        required = schema.get("required")
        count += 1 + (len(required) if isinstance(required, ListNode) else 0)
        if count > MAX_MEMBERS:
            message = f"the schema has more than {MAX_MEMBERS:,} members: properties, items, options; divide it"
            raise DiagnosticError([LIMIT_EXCEEDED.at(place, message)])
    return refers


@dataclass
class _Open:
    """A schema on the way, what is still to be weighed of it, and its weight and depth until now."""

    schema: ObjectNode
    rest: Iterator[ObjectNode]
    weight: int = 1
    depth: int = 1

    def take(self, weight: int, depth: int) -> None:
        # What is unevaluated is found by looking at all that speaks of the value again, and again in each of those.
        self.weight += weight * (_AGAIN if _UNEVALUATED & self.schema.keys() else 1)
        self.depth = max(self.depth, depth + 1)


class _Weights:
    """How many schemas a value is compared with at each schema: itself and all that speaks of the same value."""

    def __init__(self, root: ObjectNode) -> None:
        self.root = root
        self.refs = LocalRefs(root)
        self.alone = "draft-07" in str(root.get("$schema"))
        self.known: dict[int, tuple[int, int]] = {}

    def weigh(self) -> None:
        for schema in all_schemas(self.root):
            if id(schema) not in self.known:
                self.descend(schema)

    def descend(self, start: ObjectNode) -> None:
        """Without recursion: chains of references may be long."""
        path = [_Open(start, self.same_value(start))]
        on_path = {id(start)}
        while path:
            here = path[-1]
            part = next(here.rest, None)
            if part is None:
                path.pop()
                on_path.remove(id(here.schema))
                self.known[id(here.schema)] = _within_limits(here)
                if path:
                    path[-1].take(here.weight, here.depth)
            elif id(part) in on_path:
                raise DiagnosticError(_endless([each.schema for each in path], part))
            elif id(part) in self.known:
                here.take(*self.known[id(part)])
            else:
                path.append(_Open(part, self.same_value(part)))
                on_path.add(id(part))

    def same_value(self, schema: ObjectNode) -> Iterator[ObjectNode]:
        """The schemas that speak of the same value."""
        for keyword in _REFERENCES & schema.keys():
            target = self.target(schema[keyword], schema.place_at(keyword))
            yield from [target] if isinstance(target, ObjectNode) else []
        if self.alone and "$ref" in schema:
            return
        for keys, item in subschemas(schema):
            if keys[0] in _SAME_VALUE and isinstance(item, ObjectNode):
                yield item

    def target(self, reference: JsonValue, place: Place) -> JsonValue:
        try:
            return self.refs.schema_at(self.refs.pointer(str(reference), place))
        except DiagnosticError:  # told where it is resolved for the types
            return None


def _endless(path: list[ObjectNode], again: ObjectNode) -> list[Diagnostic]:
    """Each reference of a circle."""
    first = next(index for index, schema in enumerate(path) if schema is again)
    message = "expected a schema that ends, found a $ref that leads back to itself"
    return [
        UNRESOLVED_REFERENCE.at(schema.place_at(keyword), message)
        for schema in path[first:]
        for keyword in sorted(_REFERENCES & schema.keys())
    ]


def _within_limits(done: _Open) -> tuple[int, int]:
    if done.weight > MAX_PARTS:
        message = f"a value here would be compared with more than {MAX_PARTS:,} schemas, along all references"
    elif done.depth > MAX_CHAIN:
        message = f"more than {MAX_CHAIN} schemas of one value lead to one another here"
    else:
        return done.weight, done.depth
    raise DiagnosticError([LIMIT_EXCEEDED.at(done.schema.place, f"{message}; state it with fewer")])


def too_deep(root: str, view_of: Callable[[str], JsonValue]) -> str | None:
    """The first type that stands too deep inside the root's type, as pydantic goes through them, if one does."""
    seen = set[str]()
    pending: list[tuple[str, float]] = [(root, 0)]
    while pending:
        name, depth = pending.pop()
        if name in seen:
            continue
        seen.add(name)
        if depth > MAX_TYPES_DEEP:
            return name
        inner = [(each, depth + 1 + nesting / 2) for each, nesting in _references(view_of(name), 0)]
        pending.extend(reversed(inner))
    return None


def _references(view: JsonValue, nesting: int) -> Iterator[tuple[str, int]]:
    """The definitions that a view refers to, and how deep inside it."""
    if not isinstance(view, ObjectNode):
        return
    if isinstance(reference := view.get("$ref"), str):
        yield reference.removeprefix("#/$defs/"), nesting
    for keys, item in subschemas(view):
        yield from _references(item, nesting if keys[0] == "properties" else nesting + 1)
