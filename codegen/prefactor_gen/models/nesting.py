"""How deep the types of a payload nest."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeAlias

from prefactor_gen.diagnostics.limits import MAX_TYPES_DEEP
from prefactor_gen.documents.nodes import JsonValue, ObjectNode
from prefactor_gen.json_schema.subschemas import subschemas

__all__ = ["References", "first_too_deep", "references_in"]


References: TypeAlias = Sequence[tuple[str, float]]
"""The types that a type refers to, each with how deep in it that is."""


def first_too_deep(root: str, references_of: Callable[[str], References]) -> str | None:
    """The first type that is nested too deep in the root's type, if there is one.

    Args:
        root: the name of a type.
        references_of: returns the types that a type refers to.
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
        pending.extend((each, depth + further) for each, further in reversed(references_of(name)))
    return None


def references_in(view: JsonValue) -> References:
    """The types that the typing view of a type refers to."""
    return [(name, 1 + nesting / 2) for name, nesting in _references(view, 0)]


def _references(view: JsonValue, nesting: int) -> Iterator[tuple[str, int]]:
    """The definitions that a view refers to, and how deep in it."""
    if not isinstance(view, ObjectNode):
        return
    if view.reference is not None:
        yield view.reference.removeprefix("#/$defs/"), nesting
    for keys, item in subschemas(view):
        yield from _references(item, nesting if keys[0] == "properties" else nesting + 1)
