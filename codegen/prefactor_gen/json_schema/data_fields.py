"""Reads `x-prefactor-data`: which values of a payload belong to a category of data."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from prefactor_gen.diagnostics.diagnostics import Checked, DiagnosticError, Place, Severity
from prefactor_gen.documents.nodes import ObjectNode
from prefactor_gen.json_schema.keywords import DATA, REDACT
from prefactor_gen.json_schema.payload_locations import Location, PayloadLocations, below
from prefactor_gen.json_schema.subschemas import mentions

__all__ = ["DataField", "data_fields"]


@dataclass(frozen=True, slots=True)
class DataField:
    """A value of a payload that belongs to categories of data.

    Attributes:
        path: the place in the payload, such as `customer.id`, `tags[]` or `labels.*`; empty for all of it. The names
            of the members of `labels` are `labels.* (name)`.
        places: the categories as they are written, each with the first place that says so.
        is_redacted: whether the value, or what it is part of, is replaced before it is recorded.
    """

    path: str
    places: Mapping[str, Place]
    is_redacted: bool

    @property
    def categories(self) -> tuple[str, ...]:
        """The categories, in the order of the schema."""
        return tuple(self.places)


def data_fields(schema: ObjectNode) -> Checked[list[DataField]]:
    """The values that belong to categories of data.

    What several places of a payload share by a reference has the path of one of them, or of two if only one of them is
    redacted.

    Of a schema that is too large to look at all of it, there are none, and a warning.
    """
    try:
        return Checked(list(_found(PayloadLocations(schema))) if mentions(DATA, schema) else [])
    except DiagnosticError as error:
        found = error.diagnostics[0]
        return Checked([], [replace(found, severity=Severity.WARNING, message=f"{DATA} is not read: {found.message}")])


def _found(locations: PayloadLocations) -> Iterator[DataField]:
    pending: deque[tuple[str, Location, bool]] = deque([("", locations.root, False)])
    seen: set[tuple[Location, bool]] = set()
    while pending:
        path, location, is_redacted = pending.popleft()
        schemas = locations.schemas(location).values()
        is_redacted = is_redacted or any(each.get(REDACT) is True for each in schemas)
        if not location or (location, is_redacted) in seen:
            continue
        seen.add((location, is_redacted))
        if places := _places(schemas):
            yield DataField(path, places, is_redacted)
        if names := _places(locations.schemas(locations.member_names(location)).values()):
            yield DataField(f"{below(path, '*')} (name)", names, is_redacted)
        pending.extend((inside, inner, is_redacted) for inside, inner in locations.below(location, path))


def _places(schemas: Iterable[ObjectNode]) -> dict[str, Place]:
    """The categories that schemas of one value name, each with the first place."""
    found: dict[str, Place] = {}
    for each in schemas:
        for name in each.list_at(DATA):
            if isinstance(name, str):
                found.setdefault(name, each.place_at(DATA))
    return found
