"""The run as an export request of the OpenTelemetry protocol, which collectors take at `/v1/traces`.

The same run has the same trace ID in every export: IDs are the first bytes of the SHA-256 of ours. A span that has not
finished ends with the run and has the status `unset`; the attribute `prefactor.status` has the one that was recorded.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping

from prefactor_local._view.exports.attributes import Attributes, attributes_of, meaning_of, unicode_text
from prefactor_local._view.exports.json_text import json_text
from prefactor_local._view.exports.payload_fields import error_of
from prefactor_local._view.exports.places import Interval, intervals, parents, run_interval
from prefactor_local._view.exports.protobuf import encoded
from prefactor_local._view.exports.span_kinds import span_kinds
from prefactor_local._view.shapes import Finding, Json, RunDetails, RunExport, SpanDetails

__all__ = ["export_otlp", "export_otlp_protobuf"]

_SCOPE: dict[str, Json] = {"name": "prefactor"}
_MOST_NANOSECONDS = 2**64 - 1

_INTERNAL, _CLIENT = 1, 3  # SpanKind
_OK, _ERROR = 1, 2  # StatusCode
_STATUS_CODES = {"complete": _OK, "failed": _ERROR, "terminated": _ERROR}
_KIND = "openinference.span.kind"


def export_otlp(export: RunExport) -> bytes:
    """A run as `ExportTraceServiceRequest` in OTLP/JSON, in UTF-8, with a line for each span."""
    resource, scope = json_text(_resource(export)), json_text(_SCOPE)
    spans = ",\n".join(map(json_text, _spans(export)))
    return (
        f'{{"resourceSpans":[{{"resource":{resource},\n"scopeSpans":[{{"scope":{scope},"spans":[\n{spans}\n]}}]}}]}}\n'
    ).encode()


def export_otlp_protobuf(export: RunExport) -> bytes:
    """A run as `ExportTraceServiceRequest` in Protocol Buffers, for readers that take no OTLP/JSON, such as Phoenix."""
    scope_spans: dict[str, Json] = {"scope": _SCOPE, "spans": list(_spans(export))}
    return encoded({"resourceSpans": [{"resource": _resource(export), "scopeSpans": [scope_spans]}]})


def _resource(export: RunExport) -> dict[str, Json]:
    """The `Resource`: the agent."""
    run, runtime = export["run"]["run"], export["run"]["runtime"]
    known = _known(
        {
            "service.name": run["agent_name"],
            "service.version": run["version"],
            "openinference.project.name": run["agent_name"],
            "prefactor.agent.id": run["agent_id"],
            "prefactor.environment.id": run["environment_id"],
            "prefactor.runtime": json_text(runtime) if runtime else None,
        }
    )
    return {"attributes": attributes_of(known)}


def _spans(export: RunExport) -> Iterator[dict[str, Json]]:
    """Each `Span`. The first one is the run itself, so that the trace has one root."""
    run = export["run"]["run"]
    kinds, times, above = span_kinds(export), intervals(export), parents(export)
    yield _run_span(export, [span for span in export["spans"] if above[span["id"]] is None])
    for span in export["spans"]:
        name, attributes = meaning_of(span)
        kind = kinds[span["type"]]
        yield {
            "traceId": _hash(run["id"], 16),
            "spanId": _hash(span["id"], 8),
            "parentSpanId": _hash(above[span["id"]] or run["id"], 8),
            "name": unicode_text(name),
            "kind": _CLIENT if kind == "LLM" else _INTERNAL,
            **_times(times[span["id"]]),
            "attributes": attributes_of({_KIND: kind, **_recorded(span), **attributes}),
            "events": list(_events(span, _nanoseconds(times[span["id"]].end))),
            "status": _status(span["status"], error_of(span["result"]).message),
        }


def _run_span(export: RunExport, tops: list[SpanDetails]) -> dict[str, Json]:
    run, time = export["run"]["run"], run_interval(export)
    only = meaning_of(tops[0]).attributes if len(tops) == 1 else {}
    shown = {name: value for name, value in only.items() if name.startswith(("input.", "output."))}
    return {
        "traceId": _hash(run["id"], 16),
        "spanId": _hash(run["id"], 8),
        "name": unicode_text(run["agent_name"]),
        "kind": _INTERNAL,
        **_times(time),
        "attributes": attributes_of({_KIND: "AGENT", **_recorded_of_run(export["run"]), **shown}),
        "events": [_finding(each, _nanoseconds(time.end)) for each in export["findings"]],
        "status": _status(run["status"], run["termination_reason"] or ""),
    }


def _recorded_of_run(details: RunDetails) -> Attributes:
    run, quality = details["run"], details["quality"]
    return _known(
        {
            "prefactor.run.id": run["id"],
            "prefactor.run.external_identifier": run["external_identifier"],
            "prefactor.run.purpose": run["purpose"],
            "prefactor.status": run["status"],
            "prefactor.termination_reason": run["termination_reason"],
            "prefactor.quality": json_text(quality) if quality else None,
        }
    )


def _finding(finding: Finding, end: str) -> Json:
    """What is wrong with the order of the run, as an event."""
    values: Attributes = {"name": finding["name"], "count": finding["count"], "message": finding["message"]}
    return {"timeUnixNano": end, "name": "prefactor.finding", "attributes": attributes_of(values)}


def _recorded(span: SpanDetails) -> Attributes:
    return _known(
        {
            "prefactor.span.id": span["id"],
            "prefactor.span.type": span["type"],
            "prefactor.status": span["status"],
            "prefactor.summary": span["summary"],
            "error.type": error_of(span["result"]).type if span["status"] == "failed" else "",
            "prefactor.cut": [
                f"{each['side']}{each['pointer']}: {each['size']} ({each['kind']})" for each in span["cut"]
            ],
        }
    )


def _known(values: Mapping[str, str | list[str] | None]) -> Attributes:
    """The attributes whose values are not empty."""
    return {name: value for name, value in values.items() if value}


def _events(span: SpanDetails, end: str) -> Iterator[Json]:
    """What happened in the span: the exception that ended it, and the values that do not match their schema."""
    error = error_of(span["result"])
    if span["status"] == "failed" and error.type:
        exception: Attributes = {"exception.type": error.type, "exception.message": error.message}
        yield {"timeUnixNano": end, "name": "exception", "attributes": attributes_of(exception)}
    for each in span["mismatches"]:
        mismatch: Attributes = {"part": each["part"], "pointer": each["pointer"], "message": each["message"]}
        if "schema" in each:
            mismatch["schema"] = json_text(each["schema"])
        yield {"timeUnixNano": end, "name": "prefactor.mismatch", "attributes": attributes_of(mismatch)}


def _status(status: str, message: str) -> dict[str, Json]:
    code = _STATUS_CODES.get(status)
    if code is None:
        return {}
    return {"code": code, "message": unicode_text(message)} if code == _ERROR and message else {"code": code}


def _times(interval: Interval) -> dict[str, Json]:
    return {
        "startTimeUnixNano": _nanoseconds(interval.start),
        "endTimeUnixNano": _nanoseconds(interval.end),
    }


def _nanoseconds(microseconds: int) -> str:
    """A time: text, as JSON has no 64-bit integers. The protocol has none before 1970 or after 2554."""
    return str(min(max(0, microseconds * 1000), _MOST_NANOSECONDS))


def _hash(text: str, size: int) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[:size].hex()
