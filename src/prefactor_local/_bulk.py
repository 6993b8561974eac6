"""The bulk endpoint: operations in order, each in a transaction of its own, up to the first that is refused.

It may be told to be missing, or to answer in the form of another client's code, which no documentation knows:
`{"status": "success", "details": {"items": [{"status": 200, "body": …}]}}`. The items are carried out then as always.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from prefactor_local._errors import LocalApiError, bad_request, not_found, validation_errors
from prefactor_local._faults import Fault, FaultPlan, Strike, Target
from prefactor_local._operations import OPERATIONS, Operation, perform
from prefactor_local._platform import Call, Caller, Platform
from prefactor_local._requests import is_text, problems
from prefactor_local._spantypes import of_operation
from prefactor_local._store import Record

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


def execute(platform: Platform, plan: FaultPlan, caller: Caller, body: Mapping[str, Any]) -> tuple[Record, float]:
    """The answer with the outputs by key, and the seconds that it is to be held back. What comes after a refused item
    is left out.

    Raises:
        LocalApiError: 422, the request itself is wrong; 404, there is no such endpoint. No item was carried out.
    """
    if platform.settings.bulk == "missing":
        raise not_found("Path")
    outputs: dict[str, _Output] = {}
    for item in _items(body):
        outputs[item.idempotency_key] = output = _output(platform, plan, caller, item)
        if output.status != 200:
            break
    answer = _other_form(outputs) if platform.settings.bulk == "other_form" else _documented_form(outputs)
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
        raise validation_errors(problems(error)) from None
    if len({item.idempotency_key for item in items}) != len(items):
        raise validation_errors({"items": ["idempotency keys must be unique"]})
    return items


def _output(platform: Platform, plan: FaultPlan, caller: Caller, item: _Item) -> _Output:
    try:
        operation, call = _call(caller, item)
        delay, fault = _strike(platform, plan, operation, call) if plan else Strike()
        if fault is None:
            return _Output(200, perform(platform, operation, call))
        return _Output(fault.status or 500, _refusal(fault), delay)
    except LocalApiError as error:
        return _Output(error.status, error.envelope())


def _call(caller: Caller, item: _Item) -> tuple[Operation, Call]:
    operation = _BY_NAME.get(item.type)
    if operation is None:
        raise bad_request("Unknown _type.")
    fields = dict(item.model_extra or {})
    target = "" if operation.parameter is None else _target(operation.parameter, fields)
    # Of the operations here only those that read have a query.
    query = {name: value for name, value in fields.items() if is_text(value)} if operation.method == "GET" else {}
    return operation, Call(caller, target, _body(item, fields), query, bulk=True)


def _strike(platform: Platform, plan: FaultPlan, operation: Operation, call: Call) -> Strike:
    return plan.strike_item(
        Target(
            operation.method,
            operation.place(call.target),
            lambda: of_operation(platform.store, operation.name, call.target, call.body),
        )
    )


def _refusal(fault: Fault) -> Record:
    """An item's output is always an object that says `error`."""
    return {**fault.body, "status": "error"} if isinstance(fault.body, Mapping) else fault.envelope()


def _target(parameter: str, fields: dict[str, Any]) -> str:
    target = fields.pop(parameter, None)
    if not is_text(target):
        raise validation_errors({parameter: ["is required"]})
    return str(target)


def _body(item: _Item, fields: dict[str, Any]) -> Record:
    # Span fields have been seen both under `details` and flat.
    if item.type in _WITH_DETAILS and "details" not in fields:
        fields = {"details": fields}
    return {**fields, "idempotency_key": item.idempotency_key}
