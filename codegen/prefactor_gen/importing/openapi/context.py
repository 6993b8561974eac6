"""One OpenAPI operation while it is read: its schemas, and what there is to tell about it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from prefactor_gen.diagnostics.diagnostics import Severity
from prefactor_gen.importing.openapi.components import Components
from prefactor_gen.importing.openapi.names import OperationName
from prefactor_gen.importing.openapi.references import BrokenReferenceError, Documents, Located
from prefactor_gen.importing.openapi.schemas import Component, Converted, Direction, SchemaConverter
from prefactor_gen.importing.span_types import Found

__all__ = ["Json", "Operation", "OperationContext", "json_media_type", "text_of"]

Json = Mapping[str, object]

_JSON = re.compile(r"((application|text)/([\w.+-]+\+)?json|(application|\*)/\*)\s*(;.*)?", re.IGNORECASE | re.DOTALL)


@dataclass
class Operation:
    """What an operation becomes. References in its schemas are components yet.

    Attributes:
        found: what there is to tell about it.
        uses: the components that its schemas refer to.
    """

    name: OperationName
    params: Json = field(default_factory=dict)
    result: Json | None = None
    title: str | None = None
    description: str | None = None
    deprecated: bool = False
    found: list[Found] = field(default_factory=list)
    uses: set[Component] = field(default_factory=set)


@dataclass(frozen=True)
class OperationContext:
    """What the readers of params and results share."""

    documents: Documents
    converter: SchemaConverter
    components: Components
    operation: Operation

    def note(self, message: str, severity: Severity = Severity.NOTE) -> None:
        """Tell something about the operation."""
        self.operation.found.append(Found(self.operation.name.of_document, message, severity))

    def schema(self, located: Located, direction: Direction) -> object:
        """A schema of the document, converted, which the operation uses.

        Raises:
            BrokenReferenceError: it, or a component that it reaches, cannot be converted.
        """
        return self.used(self.converter.converted(located, direction))

    def used(self, found: Converted) -> object:
        """A converted schema, which the operation uses; raises as `schema`."""
        reached = self.components.reached(found.uses)
        problems = [*found.problems, *(problem for each in reached.values() for problem in each.problems)]
        if problems:
            raise BrokenReferenceError(problems[0])
        self.operation.uses.update(found.uses)
        return found.schema

    def size(self, found: Converted) -> int:
        """The number of schemas that a value is described by, with those of all components that they reach."""
        return found.size + sum(each.size for each in self.components.reached(found.uses).values())

    def schema_of_media(self, content: Located, media_type: str) -> Located | None:
        """The schema that a request or a response has for a media type."""
        found = self.documents.follow(content.member(media_type))
        return found.member("schema") if "schema" in found.members else None


def json_media_type(content: Located) -> str | None:
    """The media type of JSON, or of anything, that a request or a response has."""
    return next(filter(_JSON.fullmatch, content.members), None)


def text_of(value: object) -> str | None:
    """The value if it is a text that says something."""
    return value if isinstance(value, str) and value.strip() else None
