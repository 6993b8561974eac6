"""Operations on spans."""

from __future__ import annotations

from prefactor_local._operations import instances, versions
from prefactor_local._operations.call import Call
from prefactor_local._operations.lists import listing
from prefactor_local._operations.request_bodies import Finish, SpanDetails, details_of, parse
from prefactor_local._operations.schemas import Problem, check_span
from prefactor_local._protocol.answers import success
from prefactor_local._protocol.errors import LocalApiError, not_found, validation_errors
from prefactor_local._protocol.strings import normalize_timestamp
from prefactor_local._state import life_cycle
from prefactor_local._state.account import Account
from prefactor_local._state.callers import Caller
from prefactor_local._state.life_cycle import TERMINAL, Parent
from prefactor_local._state.store import Record

__all__ = ["computed", "create", "finish", "list_spans", "schema_errors", "span_record"]

_NOT_SHOWN = frozenset({"agent_schema_version_id", "change", "mismatches", "seq"})


def create(account: Account, call: Call) -> Record:
    wanted = parse(SpanDetails, details_of(call.body))
    if wanted.result_payload is not None and wanted.status not in TERMINAL:
        raise validation_errors({"result_payload": ["is only valid with a terminal status"]})
    instance = instances.existing(account, call.caller, wanted.agent_instance_id)
    span_id = account.claim_id("agent_span", wanted.id, violation="span_create_after_create")
    account.apply(life_cycle.open_span(instance["status"], _parent(account, wanted)))
    now = account.now()
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
    row.update(_derived(account, row))
    account.store.insert("agent_span", **row)
    instances.note_start(account, instance, started_at)
    return _answer(account, call, row, instance)


def finish(account: Account, call: Call) -> Record:
    span, wanted = _existing_or_violation(account, call), parse(Finish, call.body)
    instance = instances.existing(account, call.caller, span["agent_instance_id"])
    status, now = wanted.status or "complete", account.now()
    account.apply(
        life_cycle.finish_span(span["status"], status, instance["status"], strict_cancel=account.settings.strict_cancel)
    )
    finished_at = wanted.timestamp or now
    started_at = span["started_at"] or finished_at
    changes = {
        "status": status,
        "result_payload": wanted.result_payload,
        "started_at": started_at,
        "finished_at": finished_at,
        "updated_at": now,
    }
    # While a span is active, only its params have been checked.
    params_match = span["status"] == "active" and not span["mismatches"]
    changes.update(_derived(account, {**span, **changes}, params_match=params_match))
    account.store.update("agent_span", span["id"], **changes)
    instances.note_start(account, instance, started_at)
    return _answer(account, call, {**span, **changes}, instance)


def list_spans(account: Account, call: Call) -> Record:
    wanted = {name: call.query[name] for name in ("agent_instance_id", "agent_id") if name in call.query}
    if not wanted:
        raise validation_errors({"agent_instance_id": ["is required"]})
    earliest, latest = _query_time(call, "start_time"), _query_time(call, "end_time")
    rows = [
        row
        for row in account.store.find_all("agent_span", **wanted)
        if (earliest is None or (row["started_at"] or "") >= earliest)
        and (latest is None or (row["started_at"] or "") <= latest)
    ]
    page = listing(rows, call)
    summaries = call.query.get("include_summaries") == "true"
    return {**page, "summaries": [_shown(account, call, row, summary=summaries) for row in page["summaries"]]}


def span_record(account: Account, row: Record, *, summary: bool = True) -> Record:
    """The span as the API shows it."""
    span_type = _span_type(account, row) or {}
    return {
        "type": "agent_span",
        "account_id": account.id,
        **{name: value for name, value in row.items() if name not in _NOT_SHOWN},
        "schema_title": span_type.get("title", row["schema_name"]),
        "summary": row["summary"] if summary else None,
    }


def computed(account: Account, row: Record, *, params_match: bool = False) -> Record:
    """What is stored with a span to be found quickly: its summary, and the number of its mismatches."""
    template = (_span_type(account, row) or {}).get("template")
    return {
        "summary": account.renderer.render(template, row["payload"], row["result_payload"]),
        "mismatches": len(schema_errors(account, row, params_match=params_match)),
    }


def schema_errors(account: Account, row: Record, *, params_match: bool = False) -> list[Problem]:
    """The mismatches of a span with its registered type."""
    checks = versions.checks_of(account, row["agent_schema_version_id"], row["schema_name"])
    return check_span(checks, row["payload"], row["result_payload"], row["status"], params_match=params_match)


def _derived(account: Account, row: Record, *, params_match: bool = False) -> Record:
    change = account.store.next_change(row["agent_instance_id"])
    return {**computed(account, row, params_match=params_match), "change": change}


def _shown(account: Account, call: Call, row: Record, *, summary: bool) -> Record:
    record = span_record(account, row, summary=summary)
    if call.query.get("include_schema_errors") == "true":
        record["schema_errors"] = schema_errors(account, row)
    return record


def _answer(account: Account, call: Call, row: Record, instance: Record) -> Record:
    details = _shown(account, call, row, summary=True)
    if instance["status"] != "terminated":
        return success(details)
    return success(details, control={"terminate": True, "reason": instance["termination_reason"]})


def _span_type(account: Account, row: Record) -> Record | None:
    types = versions.schemas_of(account, row["agent_schema_version_id"])["span_types"]
    span_type: Record | None = types.get(row["schema_name"])
    return span_type


def _parent(account: Account, wanted: SpanDetails) -> Parent:
    if wanted.parent_span_id is None:
        return "none"
    account.check_id("parent_span_id", wanted.parent_span_id)
    if account.store.exists("agent_span", id=wanted.parent_span_id, agent_instance_id=wanted.agent_instance_id):
        return "present"
    return "elsewhere" if account.store.exists("agent_span", id=wanted.parent_span_id) else "missing"


def _times(wanted: SpanDetails, now: str) -> tuple[str | None, str | None]:
    """When a new span started and finished; None for what has not happened, according to its status."""
    if wanted.status == "pending":
        return None, None
    started_at = wanted.started_at or wanted.finished_at or now
    return started_at, (wanted.finished_at or now) if wanted.status in TERMINAL else None


def _query_time(call: Call, name: str) -> str | None:
    text = call.query.get(name)
    try:
        return None if text is None else normalize_timestamp(text)
    except ValueError as error:
        raise validation_errors({name: [str(error)]}) from None


def _existing_or_violation(account: Account, call: Call) -> Record:
    try:
        return _existing(account, call.caller, call.target)
    except LocalApiError:
        account.violations["span_finish_before_create"] += 1
        raise


def _existing(account: Account, caller: Caller, span_id: str) -> Record:
    row = account.store.find("agent_span", id=span_id)
    if row is None or not caller.may_see(row["agent_id"]):
        raise not_found("Agent span")
    return row
