"""What any schema of a place says of its members and items, those of options as well: annotations apply there, too."""

from __future__ import annotations

from prefactor_gen.comparison.schemas.reading.locations import Location, schema_of
from prefactor_gen.documents.nodes import JsonValue, Schema

__all__ = ["described", "described_item", "described_others"]


def described(location: Location, name: str) -> Location:
    """What any schema says of a property, those of options as well."""
    return location.inner(schema_of(each.properties[name]) for each in location.applied if name in each.properties)


def described_others(location: Location) -> Location:
    """What any schema says of properties without a name of their own."""
    found: list[JsonValue] = []
    for each in location.applied:
        found.extend(each[key] for key in ("additionalProperties", "unevaluatedProperties") if key in each)
        found.extend(each.object_at("patternProperties").values())
    return location.inner(map(schema_of, found))


def described_item(location: Location, index: int) -> Location:
    """What any schema says of an item; of one after the last of all `prefixItems`, of the rest."""
    found: list[Schema] = []
    for each in location.applied:
        first = each.branches("prefixItems")
        found.extend(first[index : index + 1])
        if index >= len(first):
            found.extend(schema_of(each[key]) for key in ("items", "unevaluatedItems", "contains") if key in each)
    return location.inner(found)
