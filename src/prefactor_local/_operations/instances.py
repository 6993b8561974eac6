"""Operations on agent instances."""

from __future__ import annotations

from collections.abc import Mapping

from prefactor_local._operations import agents, versions
from prefactor_local._operations.call import Call
from prefactor_local._operations.lists import listing
from prefactor_local._operations.request_bodies import (
    AgentVersion,
    Finish,
    Quality,
    Register,
    SchemaVersion,
    Start,
    Terminate,
    parse,
)
from prefactor_local._protocol.answers import success
from prefactor_local._protocol.errors import not_found, validation_errors
from prefactor_local._state import life_cycle
from prefactor_local._state.account import Account
from prefactor_local._state.callers import Caller
from prefactor_local._state.life_cycle import SPAN_STATUSES, TERMINAL
from prefactor_local._state.store import Record

__all__ = [
    "existing",
    "finish",
    "get",
    "instance_record",
    "list_instances",
    "note_start",
    "record_quality",
    "register",
    "start",
    "terminate",
]

_NOT_SHOWN = frozenset({"origin", "seq"})


def register(account: Account, call: Call) -> Record:
    wanted = parse(Register, call.body)
    agent_id, environment_id = _identity(account, call.caller, wanted)
    instance_id = account.claim_id("agent_instance", wanted.id, violation="instance_create_after_create")
    _check_external_identifier(account, agent_id, wanted.external_identifier)
    described = wanted.agent_version or AgentVersion()
    agents.get_or_create(account, agent_id, described.name, described.description)
    schema_version = versions.get_or_create_schema_version(
        account, agent_id, wanted.agent_schema_version or SchemaVersion()
    )
    version = versions.get_or_create_version(account, agent_id, described, schema_version["id"])
    current_version_id = version["id"] if wanted.update_current_version else None
    deployment = versions.get_or_create_deployment(account, agent_id, environment_id, current_version_id)
    now = account.now()
    account.store.insert(
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
    schema_details = versions.schema_version_details(account, schema_version)
    return {**_answer(account, instance_id), "agent_schema_version": schema_details}


def start(account: Account, call: Call) -> Record:
    instance, wanted = existing(account, call.caller, call.target), parse(Start, call.body)
    account.apply(life_cycle.start_instance(instance["status"]))
    started_at = wanted.timestamp or account.now()
    note_start(account, instance, started_at)
    return _changed(account, instance, status="active", started_at=started_at)


def finish(account: Account, call: Call) -> Record:
    instance, wanted = existing(account, call.caller, call.target), parse(Finish, call.body)
    status, moment = wanted.status or "complete", wanted.timestamp or account.now()
    account.apply(life_cycle.finish_instance(instance["status"], status, strict_cancel=account.settings.strict_cancel))
    started_at = instance["started_at"] or moment
    note_start(account, instance, started_at)
    return _changed(account, instance, status=status, started_at=started_at, finished_at=moment)


def terminate(account: Account, call: Call) -> Record:
    instance, wanted = existing(account, call.caller, call.target), parse(Terminate, call.body)
    account.apply(life_cycle.terminate_instance(instance["status"]))
    # Open spans stay open and can still be finished, as on the live service.
    return _changed(account, instance, status="terminated", termination_reason=wanted.reason, finished_at=account.now())


def record_quality(account: Account, call: Call) -> Record:
    instance, wanted = existing(account, call.caller, call.target), parse(Quality, call.body)
    account.apply(life_cycle.record_quality(instance["status"]))
    others = {name: payload for name, payload in instance["quality_payloads"].items() if name != wanted.name}
    named = {} if wanted.payload is None else {wanted.name: wanted.payload}
    return _changed(account, instance, quality_payloads={**others, **named})


def get(account: Account, call: Call) -> Record:
    return success(instance_record(account, existing(account, call.caller, call.target)))


def list_instances(account: Account, call: Call) -> Record:
    agent_id = call.query.get("agent_id")
    if agent_id is None:
        raise validation_errors({"agent_id": ["is required"]})
    if not call.caller.may_see(agent_id):
        raise not_found("Agent")
    version = {name: call.query[name] for name in ("agent_version_id",) if name in call.query}
    rows = account.store.find_all("agent_instance", agent_id=agent_id, **version)
    return listing([instance_record(account, row) for row in rows], call)


def note_start(account: Account, instance: Record, started_at: str | None) -> None:
    """Stores the start of a run, or of one of its spans, as the origin of the run, if it is the earliest."""
    if started_at is not None and (instance["origin"] is None or started_at < instance["origin"]):
        account.store.update("agent_instance", instance["id"], origin=started_at)


def existing(account: Account, caller: Caller, instance_id: str) -> Record:
    """The row of an instance that the caller may see.

    Raises:
        LocalApiError: 404: there is no such instance.
    """
    row = account.store.find("agent_instance", id=instance_id)
    if row is None or not caller.may_see(row["agent_id"]):
        raise not_found("Agent instance")
    return row


def instance_record(account: Account, row: Record) -> Record:
    """The instance as the API shows it."""
    schemas = versions.schemas_of(account, row["agent_schema_version_id"])["quality_schemas"]
    return {
        "type": "agent_instance",
        "account_id": account.id,
        **{name: value for name, value in row.items() if name not in _NOT_SHOWN},
        "span_counts": _span_counts(account.store.count_by_status("agent_span", agent_instance_id=row["id"])),
        "quality_summaries": {
            name: summary
            for name, payload in row["quality_payloads"].items()
            if (summary := account.renderer.render(schemas.get(name, {}).get("template"), payload, None)) is not None
        },
    }


def _identity(account: Account, caller: Caller, wanted: Register) -> tuple[str, str]:
    """The IDs of agent and environment: those of the token if it has them, else those of the request."""
    if caller.agent_id is not None and caller.environment_id is not None:
        if wanted.agent_id not in {None, caller.agent_id}:
            raise validation_errors({"agent_id": ["is not the agent of the token"]})
        return caller.agent_id, caller.environment_id
    if wanted.agent_id is None:
        raise validation_errors({"agent_id": ["is required with an account token"]})
    return wanted.agent_id, wanted.environment_id or account.default_environment_id


def _check_external_identifier(account: Account, agent_id: str, identifier: str | None) -> None:
    if identifier is not None and account.store.exists(
        "agent_instance", agent_id=agent_id, external_identifier=identifier
    ):
        raise validation_errors({"external_identifier": ["has already been taken"]})


def _changed(account: Account, instance: Record, **changes: object) -> Record:
    account.store.update("agent_instance", instance["id"], **changes, updated_at=account.now())
    return _answer(account, instance["id"])


def _answer(account: Account, instance_id: str) -> Record:
    return success(instance_record(account, existing(account, Caller(), instance_id)))


def _span_counts(counts: Mapping[str, int]) -> dict[str, int]:
    return {
        **{status: counts.get(status, 0) for status in SPAN_STATUSES},
        "finished": sum(number for status, number in counts.items() if status in TERMINAL),
        "total": sum(counts.values()),
    }
