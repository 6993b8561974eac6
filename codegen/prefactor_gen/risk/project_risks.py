"""Reads the data risk of all definitions of a project."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from prefactor_gen.definitions.sources import load_sources
from prefactor_gen.diagnostics.diagnostics import Checked, Severity
from prefactor_gen.pipeline.settings import Settings
from prefactor_gen.pipeline.source_definitions import checked_definitions
from prefactor_gen.risk.span_risk import SpanRisk, span_risks

__all__ = ["project_risks"]


def project_risks(sources: Sequence[str], base: Path, package: Path, settings: Settings) -> Checked[list[SpanRisk]]:
    """The data risk of the span types and quality schemas, and the errors of the definitions.

    Args:
        sources: files, folders and `module:attribute` registries.
        base: the project folder, which paths are relative to.
        package: the folder of the package that is generated from them.
        settings: what the configuration says beside that.
    """
    read = load_sources(sources, base, package, settings.references)
    definitions, found = checked_definitions(read, base, package, settings)
    wrong = [each for each in found if each.severity is Severity.ERROR]  # `check` reports the others
    return Checked([] if wrong else span_risks(definitions), wrong)
