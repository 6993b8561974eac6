"""Reads definitions as the generator does, without compiling them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from prefactor_gen.definitions.collect import collect_definitions, read_problems
from prefactor_gen.definitions.definitions import Definitions, QualityDefinition, SpanTypeDefinition
from prefactor_gen.definitions.file_references import inline_files
from prefactor_gen.definitions.schema_files import SchemaFiles, duplicate_ids
from prefactor_gen.definitions.sources import Document, load_sources
from prefactor_gen.diagnostics.diagnostics import Checked, Diagnostic, Place, sorted_diagnostics
from prefactor_gen.diagnostics.rules import UNREADABLE_SOURCE
from prefactor_gen.pipeline.settings import Settings

__all__ = ["definitions_of", "nested_references", "resolved_definitions", "with_copies"]


def resolved_definitions(
    sources: Sequence[str], base: Path, package: Path | None, settings: Settings
) -> Checked[Definitions]:
    """The definitions of sources, with what their schemas refer to in other files.

    Args:
        sources: files, folders and `module:attribute` registries.
        base: the project folder, which paths are relative to.
        package: the folder of the package that is generated from them.
        settings: what the configuration says beside that.

    Returns:
        those that can be read, and the errors of the others: a file that cannot be read, a definition in a wrong form,
        a reference without target. Schemas are not checked.
    """
    documents, unreadable = load_sources(sources, base, package, settings.references)
    try:
        definitions, found = definitions_of(documents, SchemaFiles(base, documents, settings.references))
    except RecursionError:
        definitions, found = Definitions(), [nested_references(Place(", ".join(sources)))]
    problems = [*read_problems(unreadable, found), *duplicate_ids(documents, settings.references)]
    return Checked(definitions, sorted_diagnostics(problems))


def definitions_of(documents: Sequence[Document], files: SchemaFiles) -> Checked[Definitions]:
    """The definitions of documents, with what their schemas refer to in other files."""
    collected, invalid = collect_definitions(documents)
    diagnostics: list[Diagnostic] = list(invalid)
    span_types: list[SpanTypeDefinition] = []
    quality: list[QualityDefinition] = []
    for item in collected.span_types:
        inlined, found = with_copies(item, files)
        diagnostics.extend(found)
        span_types.extend([] if inlined is None else [inlined])
    for each in collected.quality:
        schema, found = inline_files(each.schema, files)
        diagnostics.extend(found)
        quality.extend([] if schema is None else [replace(each, schema=schema)])
    return Checked(Definitions(span_types, quality), diagnostics)


def nested_references(place: Place) -> Diagnostic:
    """That a chain of references over several files, each of which is within the limit, is too long to be followed."""
    return UNREADABLE_SOURCE.at(place, "the references of the definitions to each other are nested too deeply")


def with_copies(item: SpanTypeDefinition, files: SchemaFiles) -> Checked[SpanTypeDefinition | None]:
    """The definition with what its schemas refer to in other files; None if a reference cannot be resolved."""
    params, diagnostics = inline_files(item.params, files)
    if item.result is None:
        return Checked(None if params is None else replace(item, params=params), diagnostics)
    result, found = inline_files(item.result, files)
    inlined = replace(item, params=params, result=result) if params is not None and result is not None else None
    return Checked(inlined, [*diagnostics, *found])
