"""Operations on spans."""

from __future__ import annotations

from prefactor_local import _instances, _lifecycle, _versions
from prefactor_local._errors import LocalApiError, not_found, validation_errors
from prefactor_local._lifecycle import TERMINAL, Parent
from prefactor_local._listing import listing
from prefactor_local._platform import Call, Caller, Platform, answer
from prefactor_local._requests import Finish, SpanDetails, details_of, moment, parse
from prefactor_local._schemas import check_span
from prefactor_local._store import Record
from prefactor_local._templates import render

__all__ = ["create", "finish", "list_spans", "schema_errors", "span_record"]


def create(platform: Platform, call: Call) -> Record:
    wanted = parse(SpanDetails, details_of(call.body))
    if wanted.result_payload is not None and wanted.status not in TERMINAL:
        raise validation_errors({"result_payload": ["is only valid with a terminal status"]})
    instance = _instances.existing(platform, call.caller, wanted.agent_instance_id)
    span_id = platform.claim_id("agent_span", wanted.id, violation="span_create_after_create")
    platform.apply(_lifecycle.open_span(instance["status"], _parent(platform, wanted)))
    now = platform.now()
    started_at, finished_at = _times(wanted, now)
    row = {
        "id": span_id,
        "agent_id": instance["agent_id"],
        "agent_instance_id": instance["id"],
        "agent_schema_version_id": instance["agent_schema_version_id"],
        "parent_span_id": wanted.parent_span_id,
        "schema_name": wanted.schema_name,
        "status": wanted.status,
        "payload": wanted.payload,
        "result_payload": wanted.result_payload,
        "sensitive_encoding": wanted.sensitive_encoding,
        "started_at": started_at,
        "finished_at": finished_at,
        "inserted_at": now,
        "updated_at": now,
    }
    platform.store.insert("agent_span", **row)
    return _answer(platform, call, row, instance)


def finish(platform: Platform, call: Call) -> Record:
    span, wanted = _known(platform, call), parse(Finish, call.body)
    instance = _instances.existing(platform, call.caller, span["agent_instance_id"])
    status, now = wanted.status or "complete", platform.now()
    platform.apply(
        _lifecycle.finish_span(
            span["status"], status, instance["status"], strict_cancel=platform.settings.strict_cancel
        )
    )
    finished_at = wanted.timestamp or now
    changes = {
        "status": status,
        "result_payload": wanted.result_payload,
        "started_at": span["started_at"] or finished_at,
        "finished_at": finished_at,
        "updated_at": now,
    }
    platform.store.update("agent_span", span["id"], **changes)
    return _answer(platform, call, {**span, **changes}, instance)


def list_spans(platform: Platform, call: Call) -> Record:
    wanted = {name: call.query[name] for name in ("agent_instance_id", "agent_id") if name in call.query}
    if not wanted:
        raise validation_errors({"agent_instance_id": ["is required"]})
    earliest, latest = _query_time(call, "start_time"), _query_time(call, "end_time")
    rows = [
        row
        for row in platform.store.every("agent_span", **wanted)
        if (earliest is None or (row["started_at"] or "") >= earliest)
        and (latest is None or (row["started_at"] or "") <= latest)
    ]
    page = listing(rows, call)
    summaries = call.query.get("include_summaries") == "true"
    return {**page, "summaries": [_shown(platform, call, row, summary=summaries) for row in page["summaries"]]}


def span_record(platform: Platform, row: Record, *, summary: bool = True) -> Record:
    """The span as the API shows it."""
    span_type = _span_type(platform, row) or {}
    template = span_type.get("template") if summary else None
    return {
        "type": "agent_span",
        "account_id": platform.account_id,
        **{name: value for name, value in row.items() if name not in {"seq", "agent_schema_version_id"}},
        "schema_title": span_type.get("title", row["schema_name"]),
        "summary": render(template, row["payload"], row["result_payload"]),
    }


def schema_errors(platform: Platform, row: Record) -> list[dict[str, str]]:
    """Where the span does not match its registered type. One that never started has no params to match."""
    if row["status"] in {"pending", "cancelled"} and not row["payload"]:
        return []
    return check_span(_span_type(platform, row), row["payload"], row["result_payload"], row["status"])


def _shown(platform: Platform, call: Call, row: Record, *, summary: bool) -> Record:
    record = span_record(platform, row, summary=summary)
    if call.query.get("include_schema_errors") == "true":
        record["schema_errors"] = schema_errors(platform, row)
    return record


def _answer(platform: Platform, call: Call, row: Record, instance: Record) -> Record:
    details = _shown(platform, call, row, summary=True)
    if instance["status"] != "terminated":
        return answer(details)
    return answer(details, control={"terminate": True, "reason": instance["termination_reason"]})


def _span_type(platform: Platform, row: Record) -> Record | None:
    types = _versions.schemas_of(platform, row["agent_schema_version_id"])["span_types"]
    span_type: Record | None = types.get(row["schema_name"])
    return span_type


def _parent(platform: Platform, wanted: SpanDetails) -> Parent:
    if wanted.parent_span_id is None:
        return "none"
    platform.check_id("parent_span_id", wanted.parent_span_id)
    if platform.store.exists("agent_span", id=wanted.parent_span_id, agent_instance_id=wanted.agent_instance_id):
        return "present"
    return "elsewhere" if platform.store.exists("agent_span", id=wanted.parent_span_id) else "missing"


def _times(wanted: SpanDetails, now: str) -> tuple[str | None, str | None]:
    """When a new span started and finished, as far as its status says that it did."""
    if wanted.status == "pending":
        return None, None
    started_at = wanted.started_at or wanted.finished_at or now
    return started_at, (wanted.finished_at or now) if wanted.status in TERMINAL else None


def _query_time(call: Call, name: str) -> str | None:
    text = call.query.get(name)
    try:
        return None if text is None else moment(text)
    except ValueError as error:
        raise validation_errors({name: [str(error)]}) from None


def _known(platform: Platform, call: Call) -> Record:
    try:
        return _existing(platform, call.caller, call.target)
    except LocalApiError:
        platform.violations["span_finish_before_create"] += 1
        raise


def _existing(platform: Platform, caller: Caller, span_id: str) -> Record:
    row = platform.store.one("agent_span", id=span_id)
    if row is None or not caller.may_see(row["agent_id"]):
        raise not_found("Agent span")
    return row
