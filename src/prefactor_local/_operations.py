"""All operations of the API: name, route, function; and how one is carried out, once for every idempotency key."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b
from typing import Any, TypeAlias

from prefactor_local import _agents, _instances, _spans, _versions
from prefactor_local._errors import LocalApiError, unauthorized, validation_errors
from prefactor_local._paths import PREFIX
from prefactor_local._platform import Call, Platform, answer
from prefactor_local._requestlog import RecordedCall
from prefactor_local._requests import GeneratePfids, parse
from prefactor_local._store import Record

__all__ = ["OPERATIONS", "TERMINATE", "Operation", "carry_out", "perform"]

Function: TypeAlias = Callable[[Platform, Call], Record]
KEY_LENGTH = 64
_FORM = frozenset({"idempotency_key", "details"})
_encode = json.JSONEncoder(separators=(",", ":"), sort_keys=True).encode


@dataclass(frozen=True)
class Operation:
    """One thing that the API does.

    Attributes:
        name: as the bulk endpoint calls it.
        path: below `/api/v1`; its parameter, if any, is also the name under which a bulk item gives the target's ID.
        account_only: a deployment token is refused.
    """

    name: str
    method: str
    path: str
    run: Function
    account_only: bool = False

    @cached_property
    def parameter(self) -> str | None:
        return self.path.partition("{")[2].partition("}")[0] or None

    def place(self, target: str) -> str:
        """The path of a request for it."""
        return PREFIX + (self.path.replace(f"{{{self.parameter}}}", target) if self.parameter else self.path)


def perform(platform: Platform, operation: Operation, call: Call) -> Record:
    """The answer to a call of a client. A key that was used for this operation and target gets the first answer again.

    Raises:
        LocalApiError: the call is refused, and nothing has changed.
    """
    try:
        given, replay = carry_out(platform, operation, call)
    except LocalApiError as error:
        _record(platform, operation, call, None, status=error.status, code=error.code)
        raise
    _record(platform, operation, call, given, replay=replay)
    return given


def carry_out(platform: Platform, operation: Operation, call: Call) -> tuple[Record, bool]:
    """As perform(), unrecorded. Tells also whether the answer is that of an earlier call."""
    if operation.account_only and not call.caller.is_account:
        raise unauthorized("This action needs an account token.")
    with platform.store.transaction():
        if operation.method == "GET":
            return operation.run(platform, call), False
        return _carry_out_once(platform, operation, call)


def _carry_out_once(platform: Platform, operation: Operation, call: Call) -> tuple[Record, bool]:
    key = _idempotency_key(call.body)
    if key is None:
        return operation.run(platform, call), False
    scope, essence = f"{operation.name} {call.target}", _essence(call.body)
    earlier = platform.store.one("answered", operation=scope, key=key)
    if earlier is not None:
        platform.replays[operation.name] += 1
        platform.violations.update(["key_reused"] if earlier["fingerprint"] != essence else [])
        return earlier["answer"], True
    given = operation.run(platform, call)
    platform.store.insert("answered", operation=scope, key=key, fingerprint=essence, answer=given)
    return given, False


def _essence(body: Mapping[str, Any]) -> str:
    """The same for two forms of one request: fields under `details` or flat, null or left out."""
    details = body.get("details")
    fields = {**body, **details} if isinstance(details, dict) else body
    said = {name: value for name, value in fields.items() if value is not None and name not in _FORM}
    return blake2b(_encode(said).encode(), digest_size=16).hexdigest()


def _record(platform: Platform, operation: Operation, call: Call, given: Record | None, **outcome: Any) -> None:
    details = (given or {}).get("details")
    # What creates something has no target before.
    target = call.target or (details.get("id", "") if isinstance(details, dict) else "")
    platform.record(RecordedCall(operation.name, target, call.body, bulk=call.bulk, **outcome))


def _idempotency_key(body: Mapping[str, Any]) -> str | None:
    """Clients put it beside `details` or inside."""
    details = body.get("details")
    key = body.get("idempotency_key")
    if key is None and isinstance(details, dict):
        key = details.get("idempotency_key")
    if key is None:
        return None
    if not isinstance(key, str) or not 0 < len(key) <= KEY_LENGTH or not key.isprintable():
        raise validation_errors({"idempotency_key": [f"must be a string of 1 to {KEY_LENGTH} characters"]})
    return key


def _ping(_platform: Platform, _call: Call) -> Record:
    return {"status": "success"}


def _generate_pfids(platform: Platform, call: Call) -> Record:
    count = parse(GeneratePfids, call.body).count
    return answer({"pfids": [platform.new_id() for _ in range(count)]})


TERMINATE = Operation(
    "agent_instances/terminate",
    "POST",
    "/agent_instance/{agent_instance_id}/terminate",
    _instances.terminate,
    account_only=True,
)
OPERATIONS = (
    Operation("ping", "GET", "/ping", _ping),
    Operation("agents/list", "GET", "/agent", _agents.list_agents, account_only=True),
    Operation("agents/create", "POST", "/agent", _agents.create, account_only=True),
    Operation("agents/show", "GET", "/agent/show", _agents.show, account_only=True),
    Operation("agents/get", "GET", "/agent/{agent_id}", _agents.get, account_only=True),
    Operation("agents/update", "PUT", "/agent/{agent_id}", _agents.update, account_only=True),
    Operation("agents/delete", "DELETE", "/agent/{agent_id}", _agents.delete, account_only=True),
    Operation("agents/retire", "POST", "/agent/{agent_id}/retire", _agents.retire, account_only=True),
    Operation("agents/reinstate", "POST", "/agent/{agent_id}/reinstate", _agents.reinstate, account_only=True),
    Operation("agent_schema_versions/list", "GET", "/agent_schema_version", _versions.list_schema_versions),
    Operation(
        "agent_schema_versions/show",
        "GET",
        "/agent_schema_version/{agent_schema_version_id}",
        _versions.show_schema_version,
    ),
    Operation("agent_instances/list", "GET", "/agent_instance", _instances.list_instances),
    Operation("agent_instances/register", "POST", "/agent_instance/register", _instances.register),
    Operation("agent_instances/show", "GET", "/agent_instance/{agent_instance_id}", _instances.get),
    Operation("agent_instances/start", "POST", "/agent_instance/{agent_instance_id}/start", _instances.start),
    Operation("agent_instances/finish", "POST", "/agent_instance/{agent_instance_id}/finish", _instances.finish),
    TERMINATE,
    Operation(
        "agent_instances/record_quality",
        "POST",
        "/agent_instance/{agent_instance_id}/record_quality",
        _instances.record_quality,
    ),
    # As on the live service, a token that may write spans may not read them.
    Operation("agent_spans/list", "GET", "/agent_spans", _spans.list_spans, account_only=True),
    Operation("agent_spans/create", "POST", "/agent_spans", _spans.create),
    Operation("agent_spans/finish", "POST", "/agent_spans/{agent_span_id}/finish", _spans.finish),
    Operation("pfids/generate", "POST", "/pfid/generate", _generate_pfids),
)
