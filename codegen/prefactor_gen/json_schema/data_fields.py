"""Reads `x-prefactor-data`: which values of a payload belong to a category of data."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, replace

from prefactor_gen.diagnostics.diagnostics import Checked, DiagnosticError, Place, Severity
from prefactor_gen.documents.nodes import ObjectNode
from prefactor_gen.json_schema.keywords import DATA, REDACT
from prefactor_gen.json_schema.payload_locations import Location, PayloadLocations
from prefactor_gen.json_schema.subschemas import mentions

__all__ = ["DataField", "data_fields"]


@dataclass(frozen=True, slots=True)
class DataField:
    """A value of a payload that belongs to categories of data.

    Attributes:
        path: the place in the payload, such as `customer.id`, `tags[]` or `labels.*`; empty for all of it.
        categories: as they are written, in this order.
        is_redacted: whether the value, or what it is part of, is replaced before it is recorded.
        place: where the schema says so.
    """

    path: str
    categories: tuple[str, ...]
    is_redacted: bool
    place: Place


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
        if said := [each for each in schemas if DATA in each]:
            names = (name for each in said for name in each.list_at(DATA) if isinstance(name, str))
            yield DataField(path, tuple(dict.fromkeys(names)), is_redacted, said[0].place_at(DATA))
        pending.extend((below, inner, is_redacted) for below, inner in locations.below(location, path))
