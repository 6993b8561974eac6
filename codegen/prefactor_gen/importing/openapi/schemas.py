"""Converts the schemas of an OpenAPI document into JSON Schema 2020-12."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple

from prefactor_gen.importing.openapi.keywords import ANNOTATIONS, in_json_schema, with_null
from prefactor_gen.importing.openapi.references import (
    BrokenReferenceError,
    Documents,
    Located,
    Location,
    is_list,
    is_object,
)
from prefactor_gen.json_schema.subschemas import POSITIONS, Position

__all__ = ["Component", "Converted", "Direction", "SchemaConverter", "is_needed"]

_MOST_PARTS = 50
_REFERENCES = ("$ref", "$recursiveRef", "$dynamicRef")


class Direction(StrEnum):
    """What a schema describes. A response need not have what is write-only, a request not what is read-only."""

    REQUEST = "readOnly"
    RESPONSE = "writeOnly"

    @property
    def not_needed(self) -> str:
        """The keyword of the properties that it need not have, though they are required."""
        return self.value


class Component(NamedTuple):
    """A schema that others refer to, in one direction. In converted schemas, it is the value of their `$ref`."""

    location: Location
    direction: Direction


@dataclass
class Converted:
    """A converted schema.

    Attributes:
        schema: the schema.
        uses: what it refers to.
        problems: why it cannot be used.
        size: the number of schemas in it.
        depends_on_direction: whether it would be another one in the other direction.
    """

    schema: object = None
    uses: set[Component] = field(default_factory=set)
    problems: list[str] = field(default_factory=list)
    size: int = 0
    depends_on_direction: bool = False


class SchemaConverter:
    """Converts schemas of one document.

    Args:
        documents: its files.
        is_3_0: whether it is of OpenAPI 3.0, where keywords beside a `$ref` have no effect.
    """

    def __init__(self, documents: Documents, *, is_3_0: bool) -> None:
        self._documents = documents
        self._is_3_0 = is_3_0

    def converted(self, located: Located, direction: Direction, root: Location | None = None) -> Converted:
        """A schema of a document.

        Args:
            located: the schema.
            direction: what it describes.
            root: where it stands, if it is a component; `$recursiveRef` leads there.
        """
        conversion = _Conversion(self._documents, located.file, direction, root, is_3_0=self._is_3_0)
        conversion.found.schema = conversion.schema(located.value)
        return conversion.found


class _Conversion:
    """The conversion of one schema, with those in it."""

    def __init__(
        self, documents: Documents, file: Path, direction: Direction, root: Location | None, *, is_3_0: bool
    ) -> None:
        self._documents = documents
        self._file = file
        self._direction = direction
        self._root = root
        self._is_3_0 = is_3_0
        self.found = Converted()

    def schema(self, schema: object, where: str = "schema") -> object:
        self.found.size += 1
        if isinstance(schema, bool):
            return schema
        if not is_object(schema):
            self.found.problems.append(f"expected a schema in {where}, found {type(schema).__name__}")
            return {}
        reference = next((each for key in _REFERENCES if isinstance(each := schema.get(key), str)), None)
        converted = self._members(schema) if reference is None else self._referring(reference, schema)
        return with_null(converted) if schema.get("nullable") is True else converted

    def _referring(self, reference: str, schema: Mapping[str, object]) -> dict[str, object]:
        component = self._component(reference)
        if component is None:
            return {}
        self.found.uses.add(component)
        effective = ANNOTATIONS if self._is_3_0 else schema.keys() - {*_REFERENCES}
        return {**self._members({key: schema[key] for key in schema if key in effective}), "$ref": component}

    def _component(self, reference: str) -> Component | None:
        if reference == "#" and self._root is not None:
            return Component(self._root, self._direction)
        try:
            location = self._documents.location(reference, self._file)
            self._documents.at(location)
        except BrokenReferenceError as error:
            self.found.problems.append(str(error))
            return None
        return Component(location, self._direction)

    def _members(self, schema: Mapping[str, object]) -> dict[str, object]:
        kept = in_json_schema(schema)
        if is_list(kept.get("items")):
            kept["prefixItems"] = kept.pop("items")
        converted = {key: self._keyword(key, value) for key, value in kept.items()}
        if is_list(required := kept.get("required")):
            names = dict.fromkeys(name for name in required if isinstance(name, str))
            converted["required"] = [name for name in names if self._is_needed(name, Located(kept, self._file))]
            self.found.depends_on_direction |= converted["required"] != list(names)
        if is_object(discriminator := schema.get("discriminator")):
            for keyword in ("oneOf", "anyOf"):
                if is_list(options := kept.get(keyword)):
                    converted[keyword] = [self._option(each, discriminator) for each in options]
        return converted

    def _keyword(self, keyword: str, value: object) -> object:
        position = POSITIONS.get(keyword)
        if position is Position.MAP and is_object(value):
            return self._map(keyword, value)
        if position in {Position.LIST, Position.SCHEMA_OR_LIST} and is_list(value):
            return [self.schema(each, keyword) for each in value]
        return self.schema(value, keyword) if position in {Position.SCHEMA, Position.SCHEMA_OR_LIST} else value

    def _map(self, keyword: str, members: Mapping[str, object]) -> dict[str, object]:
        """Schemas by name. Documents that are bundled later may refer to all of them at once."""
        try:
            value, file = self._documents.follow(Located(members, self._file))
        except BrokenReferenceError as error:
            self.found.problems.append(str(error))
            return {}
        inside = _Conversion(self._documents, file, self._direction, self._root, is_3_0=self._is_3_0)
        inside.found = self.found
        return {name: inside._member(keyword, each) for name, each in value.items()} if is_object(value) else {}

    def _member(self, keyword: str, schema: object) -> object:
        if keyword == "dependencies" and is_list(schema):
            return schema
        return self.schema(schema, keyword)

    def _is_needed(self, name: str, schema: Located) -> bool:
        properties = _followed(self._documents, schema.member("properties"))
        return is_needed(self._documents, properties.member(name), self._direction)

    def _option(self, schema: object, discriminator: Mapping[str, object]) -> object:
        """An option of a union with the value of the discriminator that belongs to it.

        OpenAPI derives it from the name of the component, which JSON Schema does not: both options would match.
        """
        converted, name = self.schema(schema), discriminator.get("propertyName")
        component = converted.get("$ref") if is_object(converted) else None
        if not isinstance(component, Component) or not isinstance(name, str):
            return converted
        if _says_values(self._documents, Located(schema, self._file), name):
            return converted
        values = self._values(component.location, discriminator.get("mapping"))
        allowed = {"const": values[0]} if len(values) == 1 else {"enum": values}
        return {"allOf": [converted, {"type": "object", "required": [name], "properties": {name: allowed}}]}

    def _values(self, location: Location, mapping: object) -> list[str]:
        chosen = (
            [value for value, target in mapping.items() if self._is_at(target, location)] if is_object(mapping) else []
        )
        return chosen or [location.name]

    def _is_at(self, target: object, location: Location) -> bool:
        if not isinstance(target, str):
            return False
        is_name = not target.startswith(("#", ".")) and "/" not in target and target == location.name
        try:
            return is_name or self._documents.location(target, self._file) == location
        except BrokenReferenceError:
            return False


def is_needed(documents: Documents, member: Located, direction: Direction) -> bool:
    """Whether a required property is required in this direction."""
    return all(each.members.get(direction.not_needed) is not True for each in _with_target(documents, member))


def _says_values(documents: Documents, option: Located, name: str) -> bool:
    """Whether an option says itself which values the discriminator has there."""
    parts = [option]
    for part in parts:  # grows by what allOf holds
        for each in _with_target(documents, part):
            properties = _followed(documents, each.member("properties"))
            for member in _with_target(documents, properties.member(name)):
                if not member.members.keys().isdisjoint({"const", "enum"}):
                    return True
            more = each.members.get("allOf")
            if is_list(more) and len(parts) < _MOST_PARTS:
                parts.extend(Located(each_part, each.file) for each_part in more)
    return False


def _with_target(documents: Documents, schema: Located) -> list[Located]:
    """The schema, and the one that it refers to."""
    return [schema, _followed(documents, schema)]


def _followed(documents: Documents, value: Located) -> Located:
    """What a value refers to. A reference that leads nowhere is reported where it is converted."""
    try:
        return documents.follow(value)
    except BrokenReferenceError:
        return value
