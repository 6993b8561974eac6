"""An agent with OpenTelemetry, which exports with OTLP over HTTP."""

from __future__ import annotations

from typing import Any

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # type: ignore[import-untyped]
from opentelemetry.sdk.trace import TracerProvider  # type: ignore[import-untyped]
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter  # type: ignore[import-untyped]
from tests.benchmarks.speed.agents.agent import MODEL, Agent, prompt, response

__all__ = ["Measured"]


class Measured(Agent):
    async def open(self) -> None:
        self.provider = TracerProvider()
        self.provider.add_span_processor(BatchSpanProcessor(self.exporter()))
        self.tracer = self.provider.get_tracer("benchmark")

    def exporter(self) -> SpanExporter:
        return OTLPSpanExporter(endpoint=f"{self.url}/v1/traces")

    async def begin(self, number: int) -> Any:
        scope = self.tracer.start_as_current_span("agent:llm")
        span = scope.__enter__()
        span.set_attributes({"model": MODEL, "prompt": prompt(number)})
        return scope, span

    async def end(self, span: Any, number: int) -> None:
        scope, opened = span
        opened.set_attribute("response", response(number))
        scope.__exit__(None, None, None)

    async def drain(self) -> None:
        assert self.provider.force_flush(60_000)
