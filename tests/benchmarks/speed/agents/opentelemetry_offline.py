"""An agent with OpenTelemetry, whose spans are batched and then thrown away."""

from __future__ import annotations

from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult  # type: ignore[import-untyped]
from tests.benchmarks.speed.agents import opentelemetry_otlp

__all__ = ["Measured"]


class Nowhere(SpanExporter):  # type: ignore[misc]
    def export(self, spans: object) -> SpanExportResult:
        return SpanExportResult.SUCCESS


class Measured(opentelemetry_otlp.Measured):
    def exporter(self) -> SpanExporter:
        return Nowhere()
