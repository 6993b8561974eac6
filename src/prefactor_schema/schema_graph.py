"""Which subschemas a schema applies to the same value, and which to its members and items."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from prefactor_schema.keywords import DATA, MAPS
from prefactor_schema.locations import item_at, steps_of

__all__ = ["Part", "parts_of"]

_REFERENCES = frozenset({"$ref", "$dynamicRef", "$recursiveRef"})
_NAMES = ("$anchor", "$dynamicAnchor", "$id", "id")
_APPLIED = {
    **dict.fromkeys(
        ("allOf", "anyOf", "oneOf", "not", "if", "then", "else", "dependentSchemas", "dependencies", *_REFERENCES),
        "in_place",
    ),
    "properties": "properties",
    **dict.fromkeys(("patternProperties", "additionalProperties", "unevaluatedProperties", "propertyNames"), "members"),
    "prefixItems": "first_items",
    **dict.fromkeys(("items", "additionalItems", "contains", "unevaluatedItems"), "items"),
}
"""The attributes of `Part` for the subschemas of each keyword."""


@dataclass(eq=False)
class Part:
    """A schema, with the subschemas that it applies.

    Attributes:
        schema: The schema.
        in_place: Those that apply to the same value.
        properties: Those that apply to one member each.
        members: Those that may apply to every member.
        first_items: Those that apply to one item each.
        items: Those that may apply to every item.
    """

    schema: Mapping[str, Any]
    in_place: list[Part] = field(default_factory=list)
    properties: list[Part] = field(default_factory=list)
    members: list[Part] = field(default_factory=list)
    first_items: list[Part] = field(default_factory=list)
    items: list[Part] = field(default_factory=list)

    def applied(self) -> Iterator[list[Part]]:
        """All lists of them."""
        yield from (self.in_place, self.properties, self.members, self.first_items, self.items)


def parts_of(schema: Mapping[str, Any]) -> list[Part]:
    """All schemas in a schema, each after those that it applies.

    A reference that leads back is left out: the engine evaluates what it leads to once for each value.
    """
    parts = _connected(schema)
    order = _order(parts)
    for part in order:
        for applied in part.applied():
            applied[:] = [each for each in applied if order[each] < order[part]]
    return list(order)


def _connected(root: Mapping[str, Any]) -> list[Part]:
    parts = {id(each): Part(each) for each in _schemas(root)}
    named = {
        name: each.schema for each in parts.values() for key in _NAMES if isinstance(name := each.schema.get(key), str)
    }
    for part in parts.values():
        for keyword, value in part.schema.items():
            if keyword not in _APPLIED:
                continue
            is_tuple = keyword == "items" and isinstance(value, list)  # in older drafts
            applied: list[Part] = part.first_items if is_tuple else getattr(part, _APPLIED[keyword])
            schemas = [_target(root, named, value)] if keyword in _REFERENCES else _subschemas(keyword, value)
            applied.extend(parts[id(each)] for each in schemas if id(each) in parts)  # others are `true` or `false`
    return list(parts.values())


def _order(parts: Iterable[Part]) -> dict[Part, int]:
    """The parts with their places in an order in which each comes after those that it applies."""
    order: dict[Part, int] = {}
    entered = set[Part]()
    for start in parts:
        pending = [start]  # no recursion: schemas may be nested deeply
        while pending:
            part = pending[-1]
            if part not in entered:
                entered.add(part)
                pending.extend(each for applied in part.applied() for each in applied if each not in entered)
            else:
                pending.pop()
                order.setdefault(part, len(order))
    return order


def _subschemas(keyword: str, value: object) -> Iterable[object]:
    if keyword in MAPS:
        return value.values() if isinstance(value, Mapping) else ()
    return value if isinstance(value, list) else (value,)


def _target(root: Mapping[str, Any], named: Mapping[str, object], reference: object) -> object:
    """What a reference leads to; None if that is not in the schema."""
    uri, _, fragment = reference.partition("#") if isinstance(reference, str) else ("", "", "")
    resource = named.get(uri) if uri else root
    if not fragment or fragment.startswith("/"):
        return item_at(resource, steps_of(fragment))
    return named.get(fragment, named.get(f"#{fragment}"))


def _schemas(root: object) -> Iterator[Mapping[str, Any]]:
    """All schemas in a schema. The value of an unknown keyword may be one, because a reference may lead there."""
    pending: list[tuple[object, bool]] = [(root, False)]
    while pending:
        node, is_map = pending.pop()
        if isinstance(node, list):
            pending.extend((item, False) for item in node)
        elif isinstance(node, Mapping):
            if not is_map:
                yield node
            items = ((key, item) for key, item in node.items() if is_map or key not in DATA)
            pending.extend((item, not is_map and key in MAPS) for key, item in items)
