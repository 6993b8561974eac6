"""Runs the checks of one definition, in an order in which each may rely on the ones before."""

from __future__ import annotations

from collections.abc import Iterator

from prefactor_gen.checks.data_risk_check import lint_data_categories
from prefactor_gen.checks.default_check import check_defaults
from prefactor_gen.checks.definition_lint import lint_payloads, lint_texts
from prefactor_gen.checks.deprecation_check import check_deprecated_properties
from prefactor_gen.checks.match_check import check_matches
from prefactor_gen.checks.redaction_check import check_redaction
from prefactor_gen.checks.reference_check import check_references
from prefactor_gen.checks.schema_check import check_compiles, check_schema
from prefactor_gen.checks.schema_lint import lint_enforcement, lint_schema
from prefactor_gen.checks.size_check import check_sizes
from prefactor_gen.definitions.definitions import QualityDefinition, SchemaSource, SpanTypeDefinition
from prefactor_gen.diagnostics.diagnostics import Diagnostic, has_errors

__all__ = ["lint_definition", "schema_problems"]


def schema_problems(
    written: SchemaSource, inlined: SchemaSource | None, *, has_helper: bool = True
) -> list[Diagnostic]:
    """Check and lint a schema with what it refers to.

    Args:
        written: the schema.
        inlined: the schema with what it refers to in other files; None if a reference could not be resolved.
        has_helper: a typed helper is generated for it.
    """
    problems = list(check_schema(written))
    if inlined is None:
        return problems
    if inlined.schema is not written.schema:
        problems.extend(check_schema(inlined))  # the schemas of other files are checked too
    if not has_errors(problems):
        problems.extend(check_references(inlined.schema, written.document))
        problems.extend(check_sizes(inlined.schema, written.place))
    if not has_errors(problems):
        problems.extend(check_compiles(inlined.schema))
    if not has_errors(problems):
        problems.extend(check_redaction(inlined.schema, typed=has_helper))
        problems.extend(lint_schema(inlined.schema))
        problems.extend(check_defaults(inlined.schema))
        problems.extend(check_matches(inlined.schema))
    return problems


def lint_definition(
    item: SpanTypeDefinition | QualityDefinition, *, assert_formats: bool = False
) -> Iterator[Diagnostic]:
    """Lint a valid definition: texts, property names, formats, template.

    `schema_problems` lints the rest of its schemas.
    """
    yield from lint_texts(item)
    sources = [item.schema] if isinstance(item, QualityDefinition) else [item.params, item.result]
    schemas = [source.schema for source in sources if source is not None]
    if isinstance(item, SpanTypeDefinition):
        yield from lint_payloads(item)
    yield from check_deprecated_properties(schemas)
    yield from lint_data_categories(item)
    for schema in schemas:
        yield from lint_enforcement(schema, assert_formats=assert_formats)
    if item.template and item.template_place is not None:
        from prefactor_gen.checks.template_lint import lint_template

        yield from lint_template(item.template, item.template_place, schemas)
