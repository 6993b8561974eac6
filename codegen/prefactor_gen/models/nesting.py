"""How deep the types of a payload nest."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from prefactor_gen.diagnostics.limits import MAX_TYPES_DEEP
from prefactor_gen.documents.nodes import JsonValue, ObjectNode
from prefactor_gen.json_schema.subschemas import subschemas

__all__ = ["first_too_deep"]


def first_too_deep(root: str, view_of: Callable[[str], JsonValue]) -> str | None:
    """The first type that is nested too deep in the root's type, if there is one.

    Args:
        root: the name of a definition.
        view_of: returns the typing view of a definition by its name.
    """
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
    """The definitions that a view refers to, and how deep in it."""
    if not isinstance(view, ObjectNode):
        return
    if view.reference is not None:
        yield view.reference.removeprefix("#/$defs/"), nesting
    for keys, item in subschemas(view):
        yield from _references(item, nesting if keys[0] == "properties" else nesting + 1)
