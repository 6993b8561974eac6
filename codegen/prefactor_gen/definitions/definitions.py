"""Definitions: the span types and quality schemas that all sources of a package define together."""

from __future__ import annotations

from dataclasses import dataclass, field

from prefactor_gen.definitions.sources import Document
from prefactor_gen.diagnostics.diagnostics import Place
from prefactor_gen.documents.nodes import ObjectNode
from prefactor_gen.json_schema.keywords import ALLOW

__all__ = [
    "QUALITY_KEYS",
    "ROOT_KEYS",
    "SECTIONS",
    "SPAN_TYPE_KEYS",
    "Definitions",
    "QualityDefinition",
    "SchemaSource",
    "SpanTypeDefinition",
]

_TEXTS = ("name", "title", "description", "template")
SPAN_TYPE_KEYS = (*_TEXTS, "params_schema", "result_schema", "data_risk", ALLOW)
QUALITY_KEYS = (*_TEXTS, "schema", "data_risk", ALLOW)
SECTIONS = ("span_type_schemas", "span_schemas", "span_result_schemas", "quality_schemas")
ROOT_KEYS = (*SECTIONS, "external_identifier", "$schema")


@dataclass(frozen=True)
class SchemaSource:
    """A schema and the document whose folder its `$ref`s may reach.

    Attributes:
        schema: the schema, in draft-07 or 2020-12.
        written: the schema in the draft that it names, if its author wrote the whole of it.
    """

    schema: ObjectNode
    document: Document
    place: Place
    written: ObjectNode | None = None


@dataclass(frozen=True)
class _Definition:
    """A definition as its author wrote it.

    Attributes:
        template_place: None in the legacy form, which has no texts.
    """

    name: str
    place: Place
    title: str | None = field(default=None, kw_only=True)
    description: str | None = field(default=None, kw_only=True)
    template: str | None = field(default=None, kw_only=True)
    template_place: Place | None = field(default=None, kw_only=True)
    data_risk: ObjectNode | None = field(default=None, kw_only=True)


@dataclass(frozen=True)
class SpanTypeDefinition(_Definition):
    """A span type."""

    params: SchemaSource
    result: SchemaSource | None = None


@dataclass(frozen=True)
class QualityDefinition(_Definition):
    """A named quality schema."""

    schema: SchemaSource


@dataclass(frozen=True)
class Definitions:
    """All definitions of a package, sorted by name."""

    span_types: list[SpanTypeDefinition] = field(default_factory=list)
    quality: list[QualityDefinition] = field(default_factory=list)
