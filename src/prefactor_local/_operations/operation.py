"""Executes operations, each one once per idempotency key."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b
from typing import Any, TypeAlias

from prefactor_local._operations.call import Call
from prefactor_local._protocol.errors import LocalApiError, unauthorized, validation_errors
from prefactor_local._protocol.paths import PREFIX
from prefactor_local._state.account import Account
from prefactor_local._state.records import RecordedCall
from prefactor_local._state.store import Record

__all__ = ["Operation", "execute", "execute_and_record"]

Function: TypeAlias = Callable[[Account, Call], Record]
KEY_LENGTH = 64
_NOT_CONTENT = frozenset({"idempotency_key", "details"})
_encode = json.JSONEncoder(separators=(",", ":"), sort_keys=True).encode


@dataclass(frozen=True)
class Operation:
    """An operation of the API.

    Attributes:
        name: Its name at the bulk endpoint.
        method: HTTP method.
        path: Path below `/api/v1`. The name of its parameter, if it has one, is also the name of the field in which an
            item of a bulk request gives the target's ID.
        function: Executes it and returns the answer.
        account_only: Whether deployment tokens are refused.
    """

    name: str
    method: str
    path: str
    function: Function
    account_only: bool = False

    @cached_property
    def parameter(self) -> str | None:
        return self.path.partition("{")[2].partition("}")[0] or None

    def path_for(self, target: str) -> str:
        """The path of a request for a target."""
        return PREFIX + (self.path.replace(f"{{{self.parameter}}}", target) if self.parameter else self.path)


def execute_and_record(account: Account, operation: Operation, call: Call) -> Record:
    """Executes a client's call and records it.

    Returns:
        The answer. A key that was used before with this token, operation and target gets the first answer again.

    Raises:
        LocalApiError: The call is refused; nothing has changed.
    """
    try:
        answer, is_replay = execute(account, operation, call)
    except LocalApiError as error:
        _record(account, operation, call, None, status=error.status, code=error.code)
        raise
    _record(account, operation, call, answer, replay=is_replay)
    return answer


def execute(account: Account, operation: Operation, call: Call) -> tuple[Record, bool]:
    """As `execute_and_record`, without the record. Also returns whether the answer is that of an earlier call."""
    if operation.account_only and not call.caller.is_account:
        raise unauthorized("This action needs an account token.")
    is_read = operation.method == "GET"
    with account.transaction(write=not is_read):
        if is_read:
            return operation.function(account, call), False
        return _execute_once(account, operation, call)


def _execute_once(account: Account, operation: Operation, call: Call) -> tuple[Record, bool]:
    key = _idempotency_key(call.body)
    if key is None:
        return operation.function(account, call), False
    scope = {"token": call.caller.token_id, "operation": f"{operation.name} {call.target}", "key": key}
    fingerprint = _fingerprint(call.body)
    earlier = account.store.find("answered", **scope)
    if earlier is not None:
        account.replays[operation.name] += 1
        account.violations.update(["key_reused"] if earlier["fingerprint"] != fingerprint else [])
        return earlier["answer"], True
    answer = operation.function(account, call)
    account.store.insert("answered", **scope, fingerprint=fingerprint, answer=answer)
    return answer, False


def _fingerprint(body: Mapping[str, Any]) -> str:
    """A hash of the content, equal for all forms of one request: fields in `details` or not, null or left out."""
    details = body.get("details")
    fields = {**body, **details} if isinstance(details, dict) else body
    content = {name: value for name, value in fields.items() if value is not None and name not in _NOT_CONTENT}
    return blake2b(_encode(content).encode(), digest_size=16).hexdigest()


def _record(account: Account, operation: Operation, call: Call, answer: Record | None, **outcome: Any) -> None:
    details = (answer or {}).get("details")
    # A call that creates an object has no target; the ID of the new object takes its place.
    target = call.target or (details.get("id", "") if isinstance(details, dict) else "")
    account.record(RecordedCall(operation.name, target, call.body, bulk=call.bulk, **outcome))


def _idempotency_key(body: Mapping[str, Any]) -> str | None:
    """The key, which clients put beside `details` or inside."""
    details = body.get("details")
    key = body.get("idempotency_key")
    if key is None and isinstance(details, dict):
        key = details.get("idempotency_key")
    if key is None:
        return None
    if not isinstance(key, str) or not 0 < len(key) <= KEY_LENGTH or not key.isprintable():
        raise validation_errors({"idempotency_key": [f"must be a string of 1 to {KEY_LENGTH} characters"]})
    return key
