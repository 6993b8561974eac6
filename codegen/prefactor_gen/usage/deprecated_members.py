"""Which properties of a payload are deprecated, by their names in the payload and in Python."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Literal, TypeAlias

from prefactor_gen.definitions.definitions import SchemaSource, SpanTypeDefinition
from prefactor_gen.documents.nodes import JsonValue, ListNode, ObjectNode
from prefactor_gen.json_schema.deprecation import Deprecation, deprecation
from prefactor_gen.json_schema.keywords import DEPRECATED, NAME
from prefactor_gen.json_schema.properties import Properties

__all__ = ["DeprecatedMembers", "Part", "payload_schema"]

Part: TypeAlias = Literal["params", "result"]


def payload_schema(definition: SpanTypeDefinition, part: Part) -> SchemaSource | None:
    """The schema of a part of a span type."""
    return definition.params if part == "params" else definition.result


class DeprecatedMembers:
    """The deprecated properties of one payload.

    Args:
        schema: the schema of the payload.
    """

    def __init__(self, schema: ObjectNode) -> None:
        self._properties = Properties(schema)
        self.any = _says_deprecated(schema)

    @property
    def root(self) -> tuple[str, ...]:
        """The schemas of the payload itself, as JSON pointers."""
        return ("",)

    def member(self, schemas: Iterable[str], key: str) -> tuple[str, ...]:
        """The schemas of a property; empty if nothing is known about it."""
        return tuple(self._properties.member(schemas, key) or ())

    def items(self, schemas: Iterable[str]) -> tuple[str, ...]:
        """The schemas of the items of an array."""
        return tuple(self._properties.member(schemas, 0) or ())

    def deprecation(self, schemas: Iterable[str]) -> Deprecation | None:
        """Whether the value with these schemas is deprecated."""
        applied = self._properties.in_place.applied(schemas).values()
        return next((found for each in applied if (found := deprecation(each)) is not None), None)

    @cached_property
    def keywords(self) -> Mapping[str, str]:
        """The names of the properties in the payload, by their names in Python."""
        from prefactor_gen.models.field_names import field_names
        from prefactor_gen.models.model_generator import plain_field_name  # takes long to import

        names = dict.fromkeys(self._properties.names(self.root))
        chosen = {name: made for name in names if (made := self._chosen(name)) is not None}
        return {made: name for name, made in field_names(names, plain_field_name, chosen).items()}

    def _chosen(self, name: str) -> str | None:
        applied = self._properties.in_place.applied(self.member(self.root, name)).values()
        return next((made for each in applied if isinstance(made := each.get(NAME), str)), None)


def _says_deprecated(schema: ObjectNode) -> bool:
    pending: list[JsonValue] = [schema]
    while pending:
        node = pending.pop()
        if isinstance(node, ObjectNode):
            if node.get("deprecated") is True or DEPRECATED in node:
                return True
            pending.extend(node.values())
        elif isinstance(node, ListNode):
            pending.extend(node)
    return False
