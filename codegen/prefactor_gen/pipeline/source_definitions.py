"""The definitions of sources, and what is wrong with them: all that is found without compiling them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from prefactor_gen.checks.all_checks import lint_definition, schema_problems
from prefactor_gen.checks.allowances import allow
from prefactor_gen.checks.copy_check import check_copies
from prefactor_gen.checks.data_risk_check import check_data_risk
from prefactor_gen.checks.definition_lint import lint_forms, lint_names
from prefactor_gen.checks.deprecation_check import check_deprecated_span_types, check_replacing_span_types
from prefactor_gen.checks.overlay_causes import with_overlay_causes
from prefactor_gen.checks.suppressions import suppress
from prefactor_gen.definitions.collect import collect_definitions, read_problems, unused_documents
from prefactor_gen.definitions.definitions import Definitions, QualityDefinition, SpanTypeDefinition
from prefactor_gen.definitions.file_references import inline_files
from prefactor_gen.definitions.schema_files import SchemaFiles, duplicate_ids
from prefactor_gen.definitions.shared_types import SharedTypes, collect_shared_types
from prefactor_gen.definitions.sources import Document
from prefactor_gen.definitions.span_names import span_names
from prefactor_gen.diagnostics.diagnostics import Checked, Diagnostic, Place, sorted_diagnostics
from prefactor_gen.diagnostics.rules import stops
from prefactor_gen.package.imports import RESERVED_NAMES
from prefactor_gen.pipeline.resolved_definitions import nested_references, with_copies
from prefactor_gen.pipeline.settings import Settings

__all__ = ["SourceDefinitions", "checked_definitions", "span_type_problems"]


def checked_definitions(
    read: Checked[list[Document]], base: Path, package: Path, settings: Settings
) -> Checked[Definitions]:
    """The definitions of documents, and what is wrong with them.

    Every command that reads definitions, but compiles none, reports the errors.

    Args:
        read: the documents, and what is wrong with their files.
        base: the project folder, which paths are relative to.
        package: the folder of the package that is generated from them.
        settings: what the configuration says beside that.

    Returns:
        those that can be read, with what they refer to, and the findings of `prefactor-gen check` by place, but for
        those of compiling.
    """
    try:
        return SourceDefinitions(read, base, package, settings).checked()
    except RecursionError:
        sources = ", ".join(each.source for each in read.value)
        return Checked(Definitions(), [nested_references(Place(sources))])


def span_type_problems(
    written: SpanTypeDefinition, inlined: SpanTypeDefinition | None, *, is_named: bool, assert_formats: bool
) -> list[Diagnostic]:
    """What is wrong with a span type, and what is probably a mistake.

    Args:
        written: the definition as it was written.
        inlined: the definition with what it refers to in other files; None if a reference could not be resolved.
        is_named: whether it can have Python names.
        assert_formats: payloads must match the formats of their schemas.
    """
    problems = schema_problems(written.params, inlined.params if inlined is not None else None)
    if written.result is not None:
        problems.extend(schema_problems(written.result, inlined.result if inlined is not None else None))
    if inlined is not None and is_named and not stops(problems):
        problems.extend(lint_definition(inlined, assert_formats=assert_formats))
    return problems


class SourceDefinitions:
    """The definitions of documents.

    The arguments are those of `checked_definitions`.

    Attributes:
        invalid_places: the places of definitions with which something is wrong beside their schemas.
        names: the Python names of the span types; those that can have none are missing.
        inlined: the definition of each span type with what its schemas refer to in other files; None if a reference
            cannot be resolved.
        shared: what the schemas have in common by references.
    """

    def __init__(self, read: Checked[list[Document]], base: Path, package: Path, settings: Settings) -> None:
        self.settings = settings
        self.assert_formats = settings.assert_formats
        self.base = base
        self.package = package.name
        self.documents, self.unreadable = read
        self.files = SchemaFiles(base, self.documents, settings.references)
        self.definitions, self.invalid = collect_definitions(self.documents)
        self.invalid_places = {each.place for each in self.invalid}
        span_types = self.definitions.span_types
        self.names, self.of_names = span_names(span_types, RESERVED_NAMES.__contains__)
        self.inlined = [with_copies(item, self.files) for item in span_types]
        self.shared, self.of_shared = self.shared_types()

    def shared_types(self) -> Checked[SharedTypes]:
        found = [each.value for each in self.inlined if each.value is not None]
        sources = [source for item in found for source in (item.params, item.result) if source is not None]
        shared, diagnostics = collect_shared_types(sources, self.files, self.names.values(), RESERVED_NAMES)
        return Checked(shared, diagnostics)

    def checked(self) -> Checked[Definitions]:
        """The definitions that can be read, and what is found without compiling them."""
        quality, of_quality = self.quality()
        parts = (self.collected(), self.of_all(), self.span_type_problems(), of_quality, self.lints())
        found = self.not_allowed([each for part in parts for each in part], is_complete=False)
        span_types = [each.value for each in self.inlined if each.value is not None]
        return Checked(Definitions(span_types, quality), sorted_diagnostics(found))

    def span_type_problems(self) -> Iterator[Diagnostic]:
        """What is wrong with each span type by itself."""
        for item, (inlined, found) in zip(self.definitions.span_types, self.inlined, strict=True):
            yield from found
            is_named = item.name in self.names and item.place not in self.invalid_places
            yield from span_type_problems(item, inlined, is_named=is_named, assert_formats=self.assert_formats)

    def of_all(self) -> Iterator[Diagnostic]:
        """What is wrong with the names and the data risk of the span types."""
        yield from self.of_names
        yield from self.of_shared
        for item in self.definitions.span_types:
            yield from check_data_risk(item.data_risk)

    def collected(self) -> Iterator[Diagnostic]:
        """The diagnostics of reading the sources and collecting the definitions."""
        yield from read_problems(self.unreadable, self.invalid)
        yield from duplicate_ids(self.documents, self.settings.references)

    def lints(self) -> Iterator[Diagnostic]:
        """The warnings about all definitions together, once their references are resolved."""
        yield from unused_documents(self.documents, {*self.files.parsed, *self.settings.references.copied_files()})
        yield from check_copies(self.settings.references)
        yield from lint_forms(self.documents)
        yield from lint_names(self.definitions.span_types)
        yield from check_deprecated_span_types(self.definitions.span_types)
        inlined = [each for each, _ in self.inlined if each is not None]
        schemas = [source.schema for each in inlined for source in (each.params, each.result) if source is not None]
        yield from check_replacing_span_types(schemas, self.definitions.span_types)

    def quality(self) -> Checked[list[QualityDefinition]]:
        """The quality definitions without errors, with what their schemas refer to in other files."""
        definitions: list[QualityDefinition] = []
        diagnostics: list[Diagnostic] = []
        for item in self.definitions.quality:
            diagnostics.extend(check_data_risk(item.data_risk))
            schema, found = inline_files(item.schema, self.files)
            problems = [*found, *schema_problems(item.schema, schema, has_helper=False)]
            diagnostics.extend(problems)
            if schema is not None and not stops(problems):
                inlined = replace(item, schema=schema)
                diagnostics.extend(lint_definition(inlined))
                definitions.append(inlined)
        return Checked(definitions, diagnostics)

    def not_allowed(self, diagnostics: Iterable[Diagnostic], *, is_complete: bool) -> list[Diagnostic]:
        """The diagnostics without those that a definition or the configuration allows."""
        roots = [*(each.root for each in self.documents), *self.files.parsed.values()]
        allowances, span_types = self.settings.allowances, self.definitions.span_types
        kept = allow(suppress(diagnostics, roots), allowances, self.base, span_types, is_complete=is_complete)
        return with_overlay_causes(kept, roots)
