"""Compares definitions as `prefactor-gen diff` does, and says what was found on a line each."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

from prefactor_gen.comparison.changes import Change
from prefactor_gen.comparison.compare import compare
from prefactor_gen.comparison.options import ComparisonOptions
from prefactor_gen.definitions.definitions import Definitions
from prefactor_gen.definitions.schema_files import SchemaFiles
from prefactor_gen.definitions.sources import Document
from prefactor_gen.diagnostics.diagnostics import Place, Severity
from prefactor_gen.documents.nodes import from_python
from prefactor_gen.pipeline.resolved_definitions import definitions_of

TODAY = date(2026, 11, 28)
TEXT = {"type": "string"}
EMPTY = {"type": "object"}
_LETTERS = {Severity.ERROR: "E", Severity.WARNING: "w", Severity.NOTE: "n", None: "–"}


def definitions(*span_types: dict[str, Any], quality: list[dict[str, Any]] | None = None) -> Definitions:
    """Definitions as a file would have them."""
    content = {"span_type_schemas": list(span_types), "quality_schemas": quality or []}
    document = Document("spans.json", from_python(content, Place("spans.json")))
    found, diagnostics = definitions_of([document], SchemaFiles(Path(), [document]))
    assert not diagnostics
    return found


def span_type(params: dict[str, Any], result: dict[str, Any] | None = None, /, **more: Any) -> dict[str, Any]:
    """A span type, which is `agent:step` unless it has another name."""
    stated = {} if result is None else {"result_schema": result}
    return {"name": "agent:step", "params_schema": params, "data_risk": RISK, **stated, **more}


RISK = {"action_profile": {"read_data": "allowed"}}


def changes(old: Definitions, new: Definitions, **options: Any) -> list[Change]:
    return compare(old, new, ComparisonOptions(today=TODAY, **options))


def changes_of_params(old: dict[str, Any], new: dict[str, Any], **options: Any) -> list[Change]:
    return changes(definitions(span_type(old)), definitions(span_type(new)), **options)


def told(found: list[Change]) -> list[str]:
    """`PD204 amount: minimum 0 became minimum 1 (E/–)`: the path, and how severe it is for writers and readers."""
    return list(_lines(found))


def _lines(found: list[Change]) -> Iterator[str]:
    for each in found:
        where = f" {each.path}" if each.path else ""
        yield f"{each.rule.code}{where}: {each.message} ({_LETTERS[each.writers]}/{_LETTERS[each.readers]})"
