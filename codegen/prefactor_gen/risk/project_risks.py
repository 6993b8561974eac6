"""Reads the data risk of all definitions of a project."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from prefactor_gen.checks.data_risk_check import check_data_risk, data_keyword_problems
from prefactor_gen.definitions.definitions import QualityDefinition, SpanTypeDefinition
from prefactor_gen.diagnostics.diagnostics import Checked, Diagnostic, Severity, sorted_diagnostics
from prefactor_gen.diagnostics.rules import UNKNOWN_KEYWORD
from prefactor_gen.json_schema.subschemas import located_schemas
from prefactor_gen.pipeline.resolved_definitions import resolved_definitions
from prefactor_gen.pipeline.settings import Settings
from prefactor_gen.risk.span_risk import SpanRisk, span_risks

__all__ = ["project_risks"]


def project_risks(sources: Sequence[str], base: Path, package: Path, settings: Settings) -> Checked[list[SpanRisk]]:
    """The data risk of the span types and quality schemas, and the errors of reading them.

    The arguments are those of `resolved_definitions`. Schemas are not checked beyond what is read of them.
    """
    definitions, diagnostics = resolved_definitions(sources, base, package, settings)
    found = [each for each in diagnostics if each.severity is Severity.ERROR]  # `check` reports the others
    items: list[SpanTypeDefinition | QualityDefinition] = [*definitions.span_types, *definitions.quality]
    for item in items:
        found.extend(check_data_risk(item.data_risk))
        found.extend(_wrong_keywords(item))
    return Checked(span_risks(definitions), sorted_diagnostics(found))


def _wrong_keywords(item: SpanTypeDefinition | QualityDefinition) -> Iterator[Diagnostic]:
    """What is wrong with x-prefactor-data, which would otherwise count as no category."""
    sources = [item.schema] if isinstance(item, QualityDefinition) else [item.params, item.result]
    for source in (each for each in sources if each is not None):
        for _, schema in located_schemas(source.schema):
            for place, message in data_keyword_problems(schema):
                yield UNKNOWN_KEYWORD.at(place, message, Severity.ERROR)
