"""The bulk endpoint: operations in order, each in a transaction of its own, up to the first that is refused."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from prefactor_local._errors import LocalApiError, bad_request, validation_errors
from prefactor_local._operations import OPERATIONS, perform
from prefactor_local._platform import Call, Caller, Platform
from prefactor_local._requests import is_text, problems
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


def execute(platform: Platform, caller: Caller, body: Mapping[str, Any]) -> Record:
    """The outputs by key. What comes after a refused item is left out.

    Raises:
        LocalApiError: 422, the request itself is wrong and no item was carried out.
    """
    outputs: dict[str, Record] = {}
    for item in _items(body):
        output = _output(platform, caller, item)
        outputs[item.idempotency_key] = output
        if output["status"] == "error":
            break
    return {"status": "success", "outputs": outputs}


def _items(body: Mapping[str, Any]) -> list[_Item]:
    try:
        items = _Request.model_validate(body).items
    except ValidationError as error:
        raise validation_errors(problems(error)) from None
    if len({item.idempotency_key for item in items}) != len(items):
        raise validation_errors({"items": ["idempotency keys must be unique"]})
    return items


def _output(platform: Platform, caller: Caller, item: _Item) -> Record:
    try:
        operation = _BY_NAME.get(item.type)
        if operation is None:
            raise bad_request("Unknown _type.")
        fields = dict(item.model_extra or {})
        target = "" if operation.parameter is None else _target(operation.parameter, fields)
        query = {name: value for name, value in fields.items() if is_text(value)}
        return perform(platform, operation, Call(caller, target, _body(item, fields), query))
    except LocalApiError as error:
        return error.envelope()


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
