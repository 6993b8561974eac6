"""What every source of an import yields: span types as plain data, before they are written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from prefactor_gen.diagnostics.diagnostics import Severity

__all__ = ["Found", "Imported", "ImportedSpanType", "Schema"]

Schema = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Found:
    """Something that an import tells about one span type, or about the whole source.

    Attributes:
        about: the name of the tool or operation in the source; empty for the whole source.
        message: what was found, what was done, and what to do.
        severity: an error leaves the span type out; the others are still imported.
    """

    about: str
    message: str
    severity: Severity = Severity.NOTE


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedSpanType:
    """One span type of a source.

    Attributes:
        name: the name without the prefix of the import, such as `git_log`.
        params: the schema of the params.
        result: the schema of the result; None if the source does not say it.
        title, description: the texts, if the source has them.
        template: how a span is shown; None if the source does not say it, and the import may choose one.
        data_risk: the data risk in the form of the API, if the source says something about it.
        deprecated: whether the source says that it should no longer be used.
    """

    name: str
    params: Schema
    result: Schema | None = None
    title: str | None = None
    description: str | None = None
    template: str | None = None
    data_risk: Mapping[str, object] | None = None
    deprecated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """All that a source has.

    Attributes:
        source: the name and version of the source, for people: `mcp-git 2026.10.19`.
        span_types: in the order of the source.
        found: what there is to tell.
        noun: what the source calls them: tool, operation, type, span type.
        are_span_types: they are span types already: their names are used as they are, without the name of the import
            before them; keywords of ours (`x-prefactor-…`) are kept; no title and no template is made up.
        quality_schemas: in the form of a definition file.
        shared: schemas that several span types refer to, by name, as `FILE.yaml#/$defs/NAME`; the `$defs` of the file.
    """

    source: str
    span_types: Sequence[ImportedSpanType]
    found: Sequence[Found] = field(default_factory=tuple)
    noun: str = "tool"
    are_span_types: bool = False
    quality_schemas: Sequence[Mapping[str, object]] = field(default_factory=tuple)
    shared: Mapping[str, Schema] = field(default_factory=dict)
