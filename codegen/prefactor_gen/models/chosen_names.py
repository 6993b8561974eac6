"""Reads `x-prefactor-name`: the Python names that schemas choose for their properties."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from prefactor_gen.diagnostics.diagnostics import Checked, Diagnostic, Severity
from prefactor_gen.diagnostics.rules import NAME_COLLISION, UNUSABLE_NAME
from prefactor_gen.documents.nodes import JsonValue, ObjectNode
from prefactor_gen.json_schema.keywords import NAME
from prefactor_gen.models.bundle import Bundled
from prefactor_gen.models.field_names import is_field_name
from prefactor_gen.models.model_generator import plain_field_name

__all__ = ["chosen_names", "given_name"]


def chosen_names(definitions: Iterable[Bundled]) -> Checked[dict[str, dict[str, str]]]:
    """The chosen names by class and property, and the problems of those that cannot be used."""
    result: dict[str, dict[str, str]] = {}
    diagnostics: list[Diagnostic] = []
    for bundled in definitions:
        names: dict[str, str] = {}
        own_names = {name for name, schema in _properties(bundled.origin).items() if _with_name(schema) is None}
        for wire_name, schema in _choices(bundled):
            name, place = schema[NAME], schema.place_at(NAME)
            other = next((key for key, used in names.items() if used == name), None)
            if not isinstance(name, str) or not is_field_name(name, plain_field_name):
                message = f"expected a name that a keyword of a Python call can have, found {name!r}"
                diagnostics.append(UNUSABLE_NAME.at(place, message))
            elif name != wire_name and name in own_names:
                message = f"the property {name!r} has the name that {wire_name!r} chooses; choose another"
                diagnostics.append(NAME_COLLISION.at(place, message))
            elif other is not None:
                message = f"the properties {other!r} and {wire_name!r} both choose the name {name!r}"
                diagnostics.append(NAME_COLLISION.at(place, message))
            else:
                names[wire_name] = name
        if names:
            result[bundled.name] = names
    return Checked(result, diagnostics)


def given_name(bundled: Bundled, wire_name: str, name: str) -> Diagnostic:
    """Note the name of a property whose plain Python name is taken, and the line that chooses one."""
    origin = bundled.origin
    place = bundled.place
    if isinstance(origin, ObjectNode) and wire_name in origin.properties:
        place = origin.properties.place_at(wire_name)
    message = (
        f"the property {wire_name!r} is {name!r} in Python, because another property has or wants its plain name; "
        f"to choose a name, add {NAME}: {name}"
    )
    return NAME_COLLISION.at(place, message, Severity.NOTE)


def _properties(schema: JsonValue) -> Mapping[str, JsonValue]:
    return schema.properties if isinstance(schema, ObjectNode) else {}


def _choices(bundled: Bundled) -> Iterator[tuple[str, ObjectNode]]:
    for wire_name, schema in _properties(bundled.origin).items():
        if (found := _with_name(schema)) is not None:
            yield wire_name, found


def _with_name(schema: JsonValue) -> ObjectNode | None:
    """The schema with the keyword: that of the property, or a branch of `allOf`, which is how merged ones look."""
    if not isinstance(schema, ObjectNode):
        return None
    if NAME in schema:
        return schema
    return next((found for branch in schema.branches("allOf") if (found := _with_name(branch)) is not None), None)
