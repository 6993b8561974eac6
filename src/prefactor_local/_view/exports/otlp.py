"""The run as an export request of the OpenTelemetry protocol, which collectors take at `/v1/traces`.

The same run has the same trace ID in every export: IDs are the first bytes of the SHA-256 of ours. A span that has not
finished ends with the run and has the status `unset`; the attribute `prefactor.status` has the one that was recorded.
"""

from __future__ import annotations

from prefactor_local._view.exports.json_text import json_text
from prefactor_local._view.exports.otlp_trace import resource_of, spans_of
from prefactor_local._view.exports.protobuf import encoded
from prefactor_local._view.shapes import Json, RunExport

__all__ = ["export_otlp", "export_otlp_protobuf"]

_SCOPE: dict[str, Json] = {"name": "prefactor"}


def export_otlp(export: RunExport) -> bytes:
    """A run as `ExportTraceServiceRequest` in OTLP/JSON, in UTF-8, with a line for each span."""
    resource, scope = json_text(resource_of(export)), json_text(_SCOPE)
    spans = ",\n".join(map(json_text, spans_of(export)))
    return (
        f'{{"resourceSpans":[{{"resource":{resource},\n"scopeSpans":[{{"scope":{scope},"spans":[\n{spans}\n]}}]}}]}}\n'
    ).encode()


def export_otlp_protobuf(export: RunExport) -> bytes:
    """A run as `ExportTraceServiceRequest` in Protocol Buffers, for readers that take no OTLP/JSON, such as Phoenix."""
    scope_spans: dict[str, Json] = {"scope": _SCOPE, "spans": list(spans_of(export))}
    return encoded({"resourceSpans": [{"resource": resource_of(export), "scopeSpans": [scope_spans]}]})
