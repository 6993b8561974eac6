"""Checks what deprecations say: what to use instead exists, and something helps those who meet it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from prefactor_gen.definitions.definitions import SpanTypeDefinition
from prefactor_gen.diagnostics.diagnostics import Diagnostic, Place
from prefactor_gen.diagnostics.rules import UNEXPLAINED_DEPRECATION, UNKNOWN_REPLACEMENT
from prefactor_gen.documents.nodes import ObjectNode
from prefactor_gen.json_schema.deprecation import Deprecation, deprecation
from prefactor_gen.json_schema.keywords import DEPRECATED
from prefactor_gen.json_schema.references import applicable_schemas
from prefactor_gen.json_schema.subschemas import all_schemas
from prefactor_schema.suggestions import did_you_mean

__all__ = ["check_deprecated_properties", "check_deprecated_span_types", "check_replacing_span_types"]

# A name is compared with so many others for a hint, which takes time for each.
_MAX_COMPARED = 1_000
_MAX_REPLACEMENTS = 100


def check_deprecated_span_types(span_types: Sequence[SpanTypeDefinition]) -> Iterator[Diagnostic]:
    """Check the deprecations of all span types of a package."""
    deprecated = {item.name: item.deprecation for item in span_types}
    for item in span_types:
        if item.deprecation is None:
            continue
        if deprecation(item.params.schema) is None:  # where the schema says it, there is a check of its own
            yield from _unexplained(item.deprecation, f"{item.name!r} is deprecated", item.place)
        if (problem := _wrong_replacement(item.deprecation.use, item.name, deprecated)) is not None:
            place = item.deprecation.place or item.place
            yield UNKNOWN_REPLACEMENT.at(place, f"{item.name!r} is deprecated: {problem}")


def check_deprecated_properties(schemas: Sequence[ObjectNode]) -> Iterator[Diagnostic]:
    """Check the deprecations in the self-contained schemas of a span type's payloads."""
    every = [each for schema in schemas for _, each in applicable_schemas(schema)]
    if not any(map(deprecation, every)):
        return
    names = {name for each in every for name in each.properties}
    for each in every:
        if (said := deprecation(each)) is not None:
            yield from _unexplained(said, "this is deprecated", each.place_at(DEPRECATED))
        members = {name: member for name, member in each.properties.items() if isinstance(member, ObjectNode)}
        deprecated = {name: deprecation(member) for name, member in members.items()}
        for name, found in deprecated.items():
            if found is None or _is_path(found.use, names - members.keys(), names):
                continue
            if (problem := _wrong_replacement(found.use, name, deprecated)) is not None:
                place = found.place or members[name].place_at(DEPRECATED)
                yield UNKNOWN_REPLACEMENT.at(place, f"{name!r} is deprecated: {problem}")


def check_replacing_span_types(
    schemas: Iterable[ObjectNode], span_types: Sequence[SpanTypeDefinition]
) -> Iterator[Diagnostic]:
    """Check the span types that properties of all self-contained schemas of a package name as their replacements."""
    deprecated = {item.name: item.deprecation for item in span_types}
    reported = set[Place]()
    for schema in schemas:
        every = list(all_schemas(schema))
        found = [said for each in every if (said := deprecation(each)) is not None and ":" in (said.use or "")]
        names = {name for each in every for name in each.properties} if found else set()
        for said in found:
            if said.place is None or said.use in names or said.place in reported:
                continue
            reported.add(said.place)  # a schema that others refer to is in each of them
            if (problem := _wrong_replacement(said.use, "", deprecated)) is not None:
                yield UNKNOWN_REPLACEMENT.at(said.place, f"this is deprecated: {problem}")


def _unexplained(said: Deprecation, what: str, place: Place) -> Iterator[Diagnostic]:
    if said.use is None and said.reason is None:
        message = f"{what}, and nothing says what to use instead, or why; add use or reason to {DEPRECATED}"
        yield UNEXPLAINED_DEPRECATION.at(place, message)


def _wrong_replacement(use: str | None, name: str, named: Mapping[str, Deprecation | None]) -> str | None:
    """What is wrong with the replacement of something that is deprecated, if anything is.

    Args:
        use: the replacement.
        name: what is deprecated.
        named: the deprecations of all that `use` may name, by name.
    """
    if use is None:
        return None
    if use == name:
        return f"use names {name!r} itself"
    if use not in named:
        return f"use names {use!r}, which does not exist{did_you_mean(use, [*named][:_MAX_COMPARED])}"
    if named[use] is None:
        return None
    return f"use names {use!r}, which is deprecated, too{_last_replacement(use, name, named)}"


def _last_replacement(use: str, name: str, named: Mapping[str, Deprecation | None]) -> str:
    """The end of a message about a replacement that is deprecated: what replaces it in the end."""
    seen = {name}
    current: str | None = use
    while current is not None and (found := named.get(current)) is not None:
        if current in seen:
            return f", and leads back to {current!r}"
        if len(seen) > _MAX_REPLACEMENTS:
            return ""
        seen.add(current)
        current = found.use
    return "" if current is None else f": use {current} instead"


def _is_path(use: str | None, elsewhere: Collection[str], names: Collection[str]) -> bool:
    """Whether a replacement is a property of another object, a path of properties, or a span type."""
    if use is None:
        return False
    parts = use.replace("[]", "").split(".")
    return use in elsewhere or ":" in use or (len(parts) > 1 and all(part in names for part in parts))
