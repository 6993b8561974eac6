"""Which subschemas a schema applies to the same value, and which to its members and items."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from prefactor_schema.engine import draft_of
from prefactor_schema.engine_schema import DRAFTS_WITH_LONE_REFS, id_keyword
from prefactor_schema.keywords import DATA, MAPS
from prefactor_schema.locations import item_at, joined, steps_of
from prefactor_schema.mismatch import SchemaError

__all__ = ["MAX_URI_CHARS", "Part", "check_uris", "parts_of"]

MAX_URI_CHARS = 8_000_000
"""The most characters of all URIs in a schema, each with the `$id` that it is relative to: the engine keeps them so.

A megabyte of schema, a tenth of it one `$id`, would need 4 GB. Real schemas have under 100,000.
"""

_REFERENCES = frozenset({"$ref", "$dynamicRef", "$recursiveRef"})
_ANCHORS = ("$anchor", "$dynamicAnchor")
_RELATIVE = (*_ANCHORS, *_REFERENCES)
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


@dataclass(eq=False, slots=True)
class Part:
    """A schema, with the subschemas that it applies.

    Attributes:
        schema: The schema.
        base: The URI that its references are relative to.
        in_place: Those that apply to the same value.
        properties: Those that apply to one member each.
        members: Those that may apply to every member.
        first_items: Those that apply to one item each.
        items: Those that may apply to every item.
    """

    schema: Mapping[str, Any]
    base: str = ""
    in_place: list[Part] = field(default_factory=list)
    properties: list[Part] = field(default_factory=list)
    members: list[Part] = field(default_factory=list)
    first_items: list[Part] = field(default_factory=list)
    items: list[Part] = field(default_factory=list)

    def applied(self) -> tuple[list[Part], ...]:
        """All lists of them."""
        return (self.in_place, self.properties, self.members, self.first_items, self.items)


def parts_of(schema: Mapping[str, Any], uri: str) -> list[Part]:
    """The schemas in a schema that apply others, each after those that it applies.

    All schemas that apply no other are the same part, the first one. A reference that leads back is left out: the
    engine evaluates what it leads to once for each value.

    Args:
        schema: The schema.
        uri: Its URI, if it has none in `$id`.

    Raises:
        SchemaError: As for `check_uris`.
    """
    order = _order(_connected(schema, uri))
    for part, place in order.items():
        for applied in part.applied():
            if applied:
                applied[:] = [each for each in applied if order[each] < place]
    return list(order)


def check_uris(schema: Mapping[str, Any], uri: str) -> None:
    """Checks that the engine can keep the URIs of a schema. It takes less time than a check of a value.

    Args:
        schema: The schema.
        uri: Its URI, if it has none in `$id`.

    Raises:
        SchemaError: They are longer than `MAX_URI_CHARS`.
    """
    for _ in _schemas(schema, uri, {}):
        pass


def _connected(root: Mapping[str, Any], uri: str) -> list[Part]:
    resources: dict[str, object] = {uri: root}
    leaf = Part({})  # stands for all schemas that apply no other
    parts: dict[int, Part] = {}
    for schema, base in _schemas(root, uri, resources):
        if not _APPLIED.keys().isdisjoint(schema):
            parts[id(schema)] = Part(schema, base)
    for part in parts.values():
        for keyword, value in part.schema.items():
            if keyword not in _APPLIED:
                continue
            is_tuple = keyword == "items" and isinstance(value, list)  # in older drafts
            applied: list[Part] = part.first_items if is_tuple else getattr(part, _APPLIED[keyword])
            is_reference = keyword in _REFERENCES
            schemas = [_target(resources, part.base, value)] if is_reference else _subschemas(keyword, value)
            applied.extend(parts.get(id(each), leaf) for each in schemas)
    return [leaf, *parts.values()]


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
                for applied in part.applied():
                    pending.extend(each for each in applied if each not in entered)
            else:
                pending.pop()
                order.setdefault(part, len(order))
    return order


def _subschemas(keyword: str, value: object) -> Iterable[object]:
    if keyword in MAPS:
        return value.values() if isinstance(value, Mapping) else ()
    return value if isinstance(value, list) else (value,)


def _target(resources: Mapping[str, object], base: str, reference: object) -> object:
    """What a reference leads to; None if that is not in the schema."""
    if not isinstance(reference, str):
        return None
    path, _, fragment = reference.partition("#")
    uri = joined(base, path) if path else base
    if not fragment or fragment.startswith("/"):
        return item_at(resources.get(uri), steps_of(fragment))
    return resources.get(f"{uri}#{fragment}")


def _schemas(
    root: Mapping[str, Any], uri: str, resources: dict[str, object]
) -> Iterator[tuple[Mapping[str, Any], str]]:
    """All schemas in a schema, with the URIs that their references are relative to.

    The value of an unknown keyword may be a schema, because a reference may lead there.

    Args:
        root: The schema.
        uri: Its URI, if it has none of its own.
        resources: Gets what has a name, by its URI.

    Raises:
        SchemaError: The URIs are too long together.
    """
    draft = draft_of(root)
    own_uri = id_keyword(draft)
    chars = 0
    pending: list[tuple[Any, str, bool]] = [(root, uri, False)]
    while pending:
        node, base, is_map = pending.pop()
        if isinstance(node, list):
            pending.extend((item, base, False) for item in node if isinstance(item, dict | list))
            continue
        if not is_map:
            if own_uri in node and not ("$ref" in node and draft in DRAFTS_WITH_LONE_REFS):
                base = _named(node, node[own_uri], base, resources)
                chars += len(base)
            chars += sum(keyword in node for keyword in _RELATIVE) * (0 if base == uri else len(base))
            if chars > MAX_URI_CHARS:
                raise SchemaError(
                    f"its URIs have more than {MAX_URI_CHARS:,} characters: each {own_uri}, anchor and "
                    f"reference counts with the {own_uri} that it is relative to"
                )
            resources.update({f"{base}#{node[anchor]}": node for anchor in _ANCHORS if anchor in node})
            yield node, base
        for key, item in node.items():
            if isinstance(item, dict | list) and (is_map or key not in DATA):
                pending.append((item, base, not is_map and key in MAPS))


def _named(schema: Mapping[str, Any], name: object, base: str, resources: dict[str, object]) -> str:
    """The URI of a schema by its name and the URI around it. A fragment is an anchor, in older drafts."""
    if not isinstance(name, str):
        return base
    own = joined(base, name)
    resource, _, anchor = own.partition("#")
    if anchor:
        resources[own] = schema
    if not name.startswith("#"):
        resources[resource] = schema
    return resource
