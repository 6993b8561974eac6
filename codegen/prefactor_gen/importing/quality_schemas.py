"""Leaves out the quality schemas of a source that the generator refuses, so that what is imported compiles."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from prefactor_gen.checks.all_checks import schema_problems
from prefactor_gen.definitions.collect import collect_definitions
from prefactor_gen.definitions.sources import Document
from prefactor_gen.diagnostics.diagnostics import Diagnostic, DiagnosticError, Place, Severity
from prefactor_gen.documents.nodes import from_python
from prefactor_gen.importing.span_types import Found

__all__ = ["usable_quality_schemas"]

Json = Mapping[str, object]


def usable_quality_schemas(entries: Iterable[Json]) -> tuple[list[Json], list[Found]]:
    """The quality schemas without errors, and what is wrong with the others."""
    usable: list[Json] = []
    found: list[Found] = []
    for entry in entries:
        error = next((each for each in _problems(entry) if each.severity is Severity.ERROR), None)
        if error is None:
            usable.append(entry)
        else:
            message = f"the quality schema {entry.get('name')!r} is left out: {error.code}: {error.message}"
            found.append(Found("", message, Severity.ERROR))
    return usable, found


def _problems(entry: Json) -> Iterator[Diagnostic]:
    try:
        root = from_python({"quality_schemas": [entry]}, Place(""))
    except DiagnosticError as error:
        yield from error.diagnostics
        return
    definitions, invalid = collect_definitions([Document("", root)])
    yield from invalid
    for item in definitions.quality:
        yield from schema_problems(item.schema, item.schema, has_helper=False)
