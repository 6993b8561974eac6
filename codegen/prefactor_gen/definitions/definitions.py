"""Definitions: the span types and quality schemas that all sources of a package define together."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from pathlib import Path

from prefactor_gen.definitions.sources import Document
from prefactor_gen.diagnostics.diagnostics import Place
from prefactor_gen.documents.nodes import JsonValue, ObjectNode
from prefactor_gen.json_schema.deprecation import Deprecation
from prefactor_gen.json_schema.keywords import ALLOW, CLASS, DEPRECATED, RENAMED_FROM

__all__ = [
    "QUALITY_KEYS",
    "ROOT_KEYS",
    "SECTIONS",
    "SPAN_TYPE_KEYS",
    "Copies",
    "Definitions",
    "FileTarget",
    "QualityDefinition",
    "SchemaSource",
    "SpanTypeDefinition",
]

_TEXTS = ("name", "title", "description", "template")
SPAN_TYPE_KEYS = (
    *_TEXTS, "params_schema", "result_schema", "data_risk", "deprecated", DEPRECATED, ALLOW, CLASS, RENAMED_FROM,
)  # fmt: skip
QUALITY_KEYS = (*_TEXTS, "schema", "data_risk", ALLOW)
SECTIONS = ("span_type_schemas", "span_schemas", "span_result_schemas", "quality_schemas")
ROOT_KEYS = (*SECTIONS, "$defs", "external_identifier", "$schema")


@dataclass(frozen=True, order=True)
class FileTarget:
    """What a reference to a file leads to: the file, and a JSON pointer in it."""

    path: Path
    pointer: str


@dataclass(frozen=True)
class Copies:
    """What was copied from files into the `$defs` of a schema.

    Attributes:
        names: the name in `$defs` of each target.
        uses: the targets that a target refers to.
        of_other_files: the targets that another file than their own refers to.
    """

    names: Mapping[FileTarget, str] = field(default_factory=dict)
    uses: Mapping[FileTarget, AbstractSet[FileTarget]] = field(default_factory=dict)
    of_other_files: AbstractSet[FileTarget] = frozenset()


@dataclass(frozen=True)
class SchemaSource:
    """A schema and the document whose folder its `$ref`s may reach.

    Attributes:
        schema: the schema, in draft-07 or 2020-12.
        written: the schema in the draft that it names, if its author wrote the whole of it.
        copies: what it holds of other files.
    """

    schema: ObjectNode
    document: Document
    place: Place
    written: ObjectNode | None = None
    copies: Copies = field(default_factory=Copies)


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
    """A span type.

    Attributes:
        chosen_class: the Python class that it asks for.
        renamed_from: the name that it had before.
    """

    params: SchemaSource
    result: SchemaSource | None = None
    chosen_class: JsonValue = None
    class_place: Place | None = None
    deprecation: Deprecation | None = field(default=None, kw_only=True)
    renamed_from: str | None = field(default=None, kw_only=True)


@dataclass(frozen=True)
class QualityDefinition(_Definition):
    """A named quality schema."""

    schema: SchemaSource


@dataclass(frozen=True)
class Definitions:
    """All definitions of a package, sorted by name."""

    span_types: list[SpanTypeDefinition] = field(default_factory=list)
    quality: list[QualityDefinition] = field(default_factory=list)
