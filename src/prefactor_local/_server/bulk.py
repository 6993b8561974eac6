"""The bulk endpoint: executes operations in order, each in its own transaction, up to the first that is refused.

Settings can make it missing, or make it answer in an undocumented form that another client's code expects:
`{"status": "success", "details": {"items": [{"status": 200, "body": …}]}}`. Then the items are executed as usual.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from prefactor_local._faults.fault import Fault
from prefactor_local._faults.plan import Effect, FaultPlan, Target
from prefactor_local._faults.schema_names import names_of_operation
from prefactor_local._operations.call import Call
from prefactor_local._operations.operation import Operation, execute_and_record
from prefactor_local._operations.request_bodies import problems_by_field
from prefactor_local._operations.table import OPERATIONS
from prefactor_local._protocol.errors import LocalApiError, bad_request, not_found, validation_errors
from prefactor_local._protocol.strings import is_storable_text
from prefactor_local._state.account import Account
from prefactor_local._state.callers import Caller
from prefactor_local._state.store import Record

__all__ = ["execute"]

_BY_NAME = {operation.name: operation for operation in OPERATIONS}
_WITH_DETAILS = frozenset({"agents/create", "agents/update", "agent_spans/create"})


class _Item(BaseModel):
    model_config = ConfigDict(strict=True, extra="allow", hide_input_in_errors=True)

    type: str = Field(alias="_type")
    idempotency_key: Annotated[str, Field(min_length=8, max_length=64)]


class _Request(BaseModel):
    model_config = ConfigDict(strict=True, hide_input_in_errors=True)

    items: Annotated[list[_Item], Field(min_length=1)]


class _Output(NamedTuple):
    status: int
    body: Record
    delay: float = 0.0


def execute(account: Account, plan: FaultPlan, caller: Caller, body: Mapping[str, Any]) -> tuple[Record, float]:
    """Executes the items up to the first that is refused.

    Returns:
        The answer with the outputs by key, and how many seconds to delay it.

    Raises:
        LocalApiError: 422: the request itself is wrong; 404: there is no such endpoint. No item was executed.
    """
    if account.settings.bulk == "missing":
        raise not_found("Path")
    outputs: dict[str, _Output] = {}
    for item in _items(body):
        outputs[item.idempotency_key] = output = _output(account, plan, caller, item)
        if output.status != 200:
            break
    answer = _other_form(outputs) if account.settings.bulk == "other_form" else _documented_form(outputs)
    return answer, sum(output.delay for output in outputs.values())


def _documented_form(outputs: Mapping[str, _Output]) -> Record:
    return {"status": "success", "outputs": {key: output.body for key, output in outputs.items()}}


def _other_form(outputs: Mapping[str, _Output]) -> Record:
    items = [{"status": output.status, "body": output.body} for output in outputs.values()]
    return {"status": "success", "details": {"items": items}}


def _items(body: Mapping[str, Any]) -> list[_Item]:
    try:
        items = _Request.model_validate(body).items
    except ValidationError as error:
        raise validation_errors(problems_by_field(error)) from None
    if len({item.idempotency_key for item in items}) != len(items):
        raise validation_errors({"items": ["idempotency keys must be unique"]})
    return items


def _output(account: Account, plan: FaultPlan, caller: Caller, item: _Item) -> _Output:
    try:
        operation, call = _call(caller, item)
        delay, fault = _effect(account, plan, operation, call) if plan else Effect()
        if fault is None:
            return _Output(200, execute_and_record(account, operation, call))
        return _Output(fault.status or 500, _refusal(fault), delay)
    except LocalApiError as error:
        return _Output(error.status, error.envelope())


def _call(caller: Caller, item: _Item) -> tuple[Operation, Call]:
    operation = _BY_NAME.get(item.type)
    if operation is None:
        raise bad_request("Unknown _type.")
    fields = dict(item.model_extra or {})
    target = "" if operation.parameter is None else _target(operation.parameter, fields)
    # Only operations that read have query parameters.
    query = (
        {name: value for name, value in fields.items() if is_storable_text(value)} if operation.method == "GET" else {}
    )
    return operation, Call(caller, target, _body(item, fields), query, bulk=True)


def _effect(account: Account, plan: FaultPlan, operation: Operation, call: Call) -> Effect:
    return plan.effect_on_item(
        Target(
            operation.method,
            operation.path_for(call.target),
            lambda: names_of_operation(account.store, operation.name, call.target, call.body),
        )
    )


def _refusal(fault: Fault) -> Record:
    """The output of an item that a fault hits: always an object with the status `error`."""
    return {**fault.body, "status": "error"} if isinstance(fault.body, Mapping) else fault.envelope()


def _target(parameter: str, fields: dict[str, Any]) -> str:
    target = fields.pop(parameter, None)
    if not is_storable_text(target):
        raise validation_errors({parameter: ["is required"]})
    return str(target)


def _body(item: _Item, fields: dict[str, Any]) -> Record:
    # Clients send the fields of an object in `details` or beside the key.
    if item.type in _WITH_DETAILS and "details" not in fields:
        fields = {"details": fields}
    return {**fields, "idempotency_key": item.idempotency_key}
