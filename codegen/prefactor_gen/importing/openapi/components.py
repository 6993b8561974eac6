"""The components of an OpenAPI document that operations use: what each reaches, and the names that they get."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping

from prefactor_gen.importing.openapi.references import Documents, Located, Location, is_list, is_object
from prefactor_gen.importing.openapi.schemas import Component, Converted, Direction, SchemaConverter

__all__ = ["Components"]

_NOT_IN_A_NAME = re.compile(r"[^A-Za-z0-9_.-]+")


class Components:
    """Converts components when an operation needs them, each once in a direction."""

    def __init__(self, documents: Documents, converter: SchemaConverter) -> None:
        self._documents = documents
        self._converter = converter
        self._converted: dict[Component, Converted] = {}

    def reached(self, uses: Iterable[Component]) -> dict[Component, Converted]:
        """These components and all that they refer to."""
        found: dict[Component, Converted] = {}
        pending = list(uses)
        while pending:
            component = pending.pop()
            if component not in found:
                found[component] = self._convert(component)
                pending.extend(found[component].uses)
        return found

    def named(self, uses: Iterable[Component], reference: str) -> tuple[dict[str, object], Mapping[Component, str]]:
        """The components that these uses reach, by name, and what a `$ref` to each is.

        Args:
            uses: what the operations refer to.
            reference: the beginning of a reference: `pets.yaml#/$defs/`.
        """
        reached = self.reached(uses)
        names = _names(_merged(reached))
        references = {component: reference + name for component, name in names.items()}
        schemas = {
            name: _without_own_name(with_references(reached[component].schema, references), name)
            for component, name in names.items()
        }
        return dict(sorted(schemas.items())), references

    def _convert(self, component: Component) -> Converted:
        if component not in self._converted:
            located = Located(self._documents.at(component.location), component.location.file)
            self._converted[component] = self._converter.converted(located, component.direction, component.location)
        return self._converted[component]


def with_references(schema: object, references: Mapping[Component, str]) -> object:
    """A converted schema in which the components have become references."""
    if isinstance(schema, Component):
        return references[schema]
    if is_object(schema):
        return {key: with_references(value, references) for key, value in schema.items()}
    return [with_references(each, references) for each in schema] if is_list(schema) else schema


def _without_own_name(schema: object, name: str) -> object:
    """The schema of a component without a title that repeats its name."""
    if not is_object(schema) or schema.get("title") != name:
        return schema
    return {key: value for key, value in schema.items() if key != "title"}


def _merged(reached: Mapping[Component, Converted]) -> dict[Component, Component]:
    """For each component the one that stands for it: the same in both directions, unless that makes a difference."""
    users: dict[Location, set[Location]] = defaultdict(set)
    for component, each in reached.items():
        for used in each.uses:
            users[used.location].add(component.location)
    different: set[Location] = set()
    pending = [component.location for component, each in reached.items() if each.depends_on_direction]
    while pending:
        location = pending.pop()
        if location not in different:
            different.add(location)
            pending.extend(users[location])
    return {
        component: component if component.location in different else Component(component.location, Direction.RESPONSE)
        for component in reached
    }


def _names(merged: Mapping[Component, Component]) -> dict[Component, str]:
    both = {component.location for component in merged.values() if component.direction is Direction.RESPONSE}
    names: dict[Component, str] = {}
    numbers: dict[str, int] = {}  # the last one of each name in lower case
    for component in sorted(
        set(merged.values()), key=lambda each: (str(each.location.file), each.location.pointer, each.direction)
    ):
        name = _NOT_IN_A_NAME.sub("_", component.location.name).strip("_") or "Schema"
        if component.direction is Direction.REQUEST and component.location in both:
            name += "Request"
        unique = name
        while unique.casefold() in numbers:
            numbers[name.casefold()] += 1
            unique = f"{name}_{numbers[name.casefold()]}"
        numbers[unique.casefold()] = 1
        names[component] = unique
    return {component: names[standing] for component, standing in merged.items()}
