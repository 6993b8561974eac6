"""Reads the data risk of all definitions of a project."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from prefactor_gen.checks.data_risk_check import check_data_risk
from prefactor_gen.diagnostics.diagnostics import Checked, Severity, sorted_diagnostics
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
    for item in (*definitions.span_types, *definitions.quality):
        found.extend(check_data_risk(item.data_risk))
    return Checked(span_risks(definitions), sorted_diagnostics(found))
