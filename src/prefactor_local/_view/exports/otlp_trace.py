"""The run as a trace of OpenTelemetry: the objects of its protocol, in the form of its JSON encoding."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from prefactor_local._view.exports.instants import Interval, intervals, run_interval
from prefactor_local._view.exports.json_text import json_text
from prefactor_local._view.exports.otlp_values import attributes_of, nanoseconds, unicode_text
from prefactor_local._view.exports.payload_fields import error_of
from prefactor_local._view.exports.span_attributes import Attributes, meaning_of
from prefactor_local._view.exports.tree import parents
from prefactor_local._view.shapes import Finding, Json, RunDetails, RunExport, SpanDetails
from prefactor_local._view.span_kinds import span_kinds

__all__ = ["resource_of", "spans_of"]

_INTERNAL, _CLIENT = 1, 3  # SpanKind
_OK, _ERROR = 1, 2  # StatusCode
_STATUS_CODES = {"complete": _OK, "failed": _ERROR, "terminated": _ERROR}
_KIND = "openinference.span.kind"


def resource_of(export: RunExport) -> dict[str, Json]:
    """The `Resource`: the agent."""
    run, runtime = export["run"]["run"], export["run"]["runtime"]
    known: Attributes = {
        "service.name": run["agent_name"],
        **({"service.version": run["version"]} if run["version"] else {}),
        "openinference.project.name": run["agent_name"],
        "prefactor.agent.id": run["agent_id"],
        "prefactor.environment.id": run["environment_id"],
    }
    if runtime:
        known["prefactor.runtime"] = json_text(runtime)
    return {"attributes": attributes_of(known)}


def spans_of(export: RunExport) -> Iterator[dict[str, Json]]:
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
            "events": list(_events(span, nanoseconds(times[span["id"]].end))),
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
        "events": [_finding(each, nanoseconds(time.end)) for each in export["findings"]],
        "status": _status(run["status"], run["termination_reason"] or ""),
    }


def _recorded_of_run(details: RunDetails) -> Attributes:
    run, quality = details["run"], details["quality"]
    found: dict[str, str | None] = {
        "prefactor.run.id": run["id"],
        "prefactor.run.external_identifier": run["external_identifier"],
        "prefactor.run.purpose": run["purpose"],
        "prefactor.status": run["status"],
        "prefactor.termination_reason": run["termination_reason"],
        "prefactor.quality": json_text(quality) if quality else None,
    }
    return {name: value for name, value in found.items() if value is not None}


def _finding(finding: Finding, end: str) -> Json:
    """What is wrong with the order of the run, as an event."""
    values: Attributes = {"name": finding["name"], "count": finding["count"], "message": finding["message"]}
    return {"timeUnixNano": end, "name": "prefactor.finding", "attributes": attributes_of(values)}


def _recorded(span: SpanDetails) -> Attributes:
    found: dict[str, str] = {
        "prefactor.span.id": span["id"],
        "prefactor.span.type": span["type"],
        "prefactor.status": span["status"],
        "prefactor.summary": span["summary"],
        "error.type": error_of(span["result"]).type if span["status"] == "failed" else "",
    }
    cut = [f"{each['side']}{each['pointer']}: {each['size']} ({each['kind']})" for each in span["cut"]]
    return {**{name: value for name, value in found.items() if value}, **({"prefactor.cut": cut} if cut else {})}


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
        "startTimeUnixNano": nanoseconds(interval.start),
        "endTimeUnixNano": nanoseconds(interval.end),
    }


def _hash(text: str, size: int) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[:size].hex()
