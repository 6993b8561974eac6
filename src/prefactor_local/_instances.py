"""Operations on agent instances."""

from __future__ import annotations

from collections.abc import Mapping

from prefactor_local import _agents, _lifecycle, _versions
from prefactor_local._errors import not_found, validation_errors
from prefactor_local._lifecycle import SPAN_STATUSES, TERMINAL
from prefactor_local._listing import listing
from prefactor_local._platform import Call, Caller, Platform, answer
from prefactor_local._requests import AgentVersion, Finish, Quality, Register, SchemaVersion, Start, Terminate, parse
from prefactor_local._store import Record
from prefactor_local._templates import render

__all__ = [
    "existing",
    "finish",
    "get",
    "instance_record",
    "list_instances",
    "record_quality",
    "register",
    "start",
    "terminate",
]


def register(platform: Platform, call: Call) -> Record:
    wanted = parse(Register, call.body)
    agent_id, environment_id = _identity(platform, call.caller, wanted)
    instance_id = platform.claim_id("agent_instance", wanted.id, violation="instance_create_after_create")
    _check_external_identifier(platform, agent_id, wanted.external_identifier)
    described = wanted.agent_version or AgentVersion()
    _agents.found_or_created(platform, agent_id, described.name, described.description)
    schema_version = _versions.schema_version(platform, agent_id, wanted.agent_schema_version or SchemaVersion())
    version = _versions.version(platform, agent_id, described, schema_version["id"])
    moved_to = version["id"] if wanted.update_current_version else None
    deployment = _versions.deployment(platform, agent_id, environment_id, moved_to)
    now = platform.now()
    platform.store.insert(
        "agent_instance",
        id=instance_id,
        agent_id=agent_id,
        agent_version_id=version["id"],
        agent_schema_version_id=schema_version["id"],
        environment_id=environment_id,
        agent_deployment_id=deployment["id"],
        status="pending",
        external_identifier=wanted.external_identifier,
        purpose=wanted.purpose or "live",
        quality_payloads={},
        inserted_at=now,
        updated_at=now,
    )
    schema_details = _versions.schema_version_details(platform, schema_version)
    return {**_answer(platform, instance_id), "agent_schema_version": schema_details}


def start(platform: Platform, call: Call) -> Record:
    instance, wanted = existing(platform, call.caller, call.target), parse(Start, call.body)
    platform.apply(_lifecycle.start_instance(instance["status"]))
    return _changed(platform, instance, status="active", started_at=wanted.timestamp or platform.now())


def finish(platform: Platform, call: Call) -> Record:
    instance, wanted = existing(platform, call.caller, call.target), parse(Finish, call.body)
    status, moment = wanted.status or "complete", wanted.timestamp or platform.now()
    platform.apply(
        _lifecycle.finish_instance(instance["status"], status, strict_cancel=platform.settings.strict_cancel)
    )
    return _changed(platform, instance, status=status, started_at=instance["started_at"] or moment, finished_at=moment)


def terminate(platform: Platform, call: Call) -> Record:
    instance, wanted = existing(platform, call.caller, call.target), parse(Terminate, call.body)
    platform.apply(_lifecycle.terminate_instance(instance["status"]))
    # Open spans stay open and can still be finished, as on the live service.
    return _changed(
        platform, instance, status="terminated", termination_reason=wanted.reason, finished_at=platform.now()
    )


def record_quality(platform: Platform, call: Call) -> Record:
    instance, wanted = existing(platform, call.caller, call.target), parse(Quality, call.body)
    platform.apply(_lifecycle.record_quality(instance["status"]))
    others = {name: payload for name, payload in instance["quality_payloads"].items() if name != wanted.name}
    named = {} if wanted.payload is None else {wanted.name: wanted.payload}
    return _changed(platform, instance, quality_payloads={**others, **named})


def get(platform: Platform, call: Call) -> Record:
    return answer(instance_record(platform, existing(platform, call.caller, call.target)))


def list_instances(platform: Platform, call: Call) -> Record:
    agent_id = call.query.get("agent_id")
    if agent_id is None:
        raise validation_errors({"agent_id": ["is required"]})
    if not call.caller.may_see(agent_id):
        raise not_found("Agent")
    version = {name: call.query[name] for name in ("agent_version_id",) if name in call.query}
    rows = platform.store.every("agent_instance", agent_id=agent_id, **version)
    return listing([instance_record(platform, row) for row in rows], call)


def existing(platform: Platform, caller: Caller, instance_id: str) -> Record:
    """The row of an instance that the caller may see. Raises LocalApiError (404)."""
    row = platform.store.one("agent_instance", id=instance_id)
    if row is None or not caller.may_see(row["agent_id"]):
        raise not_found("Agent instance")
    return row


def instance_record(platform: Platform, row: Record) -> Record:
    """The instance as the API shows it."""
    schemas = _versions.schemas_of(platform, row["agent_schema_version_id"])["quality_schemas"]
    return {
        "type": "agent_instance",
        "account_id": platform.account_id,
        **{name: value for name, value in row.items() if name != "seq"},
        "span_counts": _span_counts(platform.store.count_by_status("agent_span", agent_instance_id=row["id"])),
        "quality_summaries": {
            name: summary
            for name, payload in row["quality_payloads"].items()
            if (summary := render(schemas.get(name, {}).get("template"), payload, None)) is not None
        },
    }


def _identity(platform: Platform, caller: Caller, wanted: Register) -> tuple[str, str]:
    """Agent and environment: of the token if it has them, else as asked for."""
    if caller.agent_id is not None and caller.environment_id is not None:
        if wanted.agent_id not in {None, caller.agent_id}:
            raise validation_errors({"agent_id": ["is not the agent of the token"]})
        return caller.agent_id, caller.environment_id
    if wanted.agent_id is None:
        raise validation_errors({"agent_id": ["is required with an account token"]})
    return wanted.agent_id, wanted.environment_id or platform.default_environment_id


def _check_external_identifier(platform: Platform, agent_id: str, identifier: str | None) -> None:
    if identifier is not None and platform.store.exists(
        "agent_instance", agent_id=agent_id, external_identifier=identifier
    ):
        raise validation_errors({"external_identifier": ["has already been taken"]})


def _changed(platform: Platform, instance: Record, **changes: object) -> Record:
    platform.store.update("agent_instance", instance["id"], **changes, updated_at=platform.now())
    return _answer(platform, instance["id"])


def _answer(platform: Platform, instance_id: str) -> Record:
    return answer(instance_record(platform, existing(platform, Caller(), instance_id)))


def _span_counts(counts: Mapping[str, int]) -> dict[str, int]:
    return {
        **{status: counts.get(status, 0) for status in SPAN_STATUSES},
        "finished": sum(number for status, number in counts.items() if status in TERMINAL),
        "total": sum(counts.values()),
    }
