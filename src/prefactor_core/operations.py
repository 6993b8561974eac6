"""Operations: the calls to the API that an agent hands over to delivery."""

from __future__ import annotations

import contextlib
import json
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum, auto
from typing import Any

from prefactor_core._records.records import InstanceRecord, SpanRecord
from prefactor_http._request import encode_json_types

__all__ = ["Operation", "OperationType"]


class OperationType(Enum):
    """The API call that an operation makes."""

    __hash__ = object.__hash__  # that of Enum is a Python function, and types are keys wherever operations are counted

    REGISTER_AGENT_INSTANCE = auto()
    START_AGENT_INSTANCE = auto()
    FINISH_AGENT_INSTANCE = auto()
    RECORD_QUALITY = auto()
    CREATE_SPAN = auto()
    FINISH_SPAN = auto()


_ENCODED_MEMBERS = {OperationType.CREATE_SPAN: "payload", OperationType.FINISH_SPAN: "result_payload"}


class _Encodable:
    """What `Operation.payload` stands for. These are no fields: copies of an operation are made of its payload."""

    __slots__ = ("_json", "_payload", "status")
    status: Any
    _payload: dict[str, Any] | None  # None once it is JSON
    _json: bytes  # the params or the result of a span

    def _keep(self, payload: dict[str, Any]) -> None:
        self.status, self._payload = payload.get("status"), payload

    def _keep_json(self, content: bytes) -> None:
        self._json = content  # first: another thread may be reading the payload
        self._payload = None


@dataclass(slots=True, eq=False)
class Operation(_Encodable):
    """One call to the API that is to be made.

    Attributes:
        type: which call.
        payload: the JSON-safe arguments of the call, which do not change any more. They contain no ids: those are read
            from `instance` and `span` when the request is encoded, since the API may still replace them.
        timestamp: when the agent made the call, with a time zone; or the time that the agent gave.
        idempotency_key: the key that every attempt sends.
        metadata: for custom queues; this package does not read it.
        instance: the agent instance that the operation belongs to.
        span: the span that the operation creates or finishes.
        send_timestamp: whether the request carries `timestamp`; otherwise the API uses its own clock.
        size: the approximate size of the agent's payload as JSON, in bytes; 0 without one.
        admitted: whether delivery has taken the operation from the queue. If a queue returns it again, it is ignored.
        tried: another process may have sent it before.

    While an operation waits, the params or the result of its span are JSON: many objects that wait would make garbage
    collection slow. `payload` decodes them each time.
    """

    type: OperationType
    payload: dict[str, Any] = field(repr=False)
    timestamp: datetime
    idempotency_key: str | None = None
    metadata: dict[str, Any] = field(default_factory=dict)
    instance: InstanceRecord | None = field(default=None, repr=False)
    span: SpanRecord | None = field(default=None, repr=False)
    send_timestamp: bool = True
    size: int = 0
    admitted: bool = field(default=False, repr=False)
    tried: bool = field(default=False, repr=False)

    def encode(self) -> bytes:
        """Keep the params or the result of a span as JSON, from now on. Returns them.

        Raises:
            PrefactorClientError: they have no JSON form.
        """
        payload = self._payload
        if payload is not None:
            value = payload[_ENCODED_MEMBERS[self.type]]
            self._keep_json(b"null" if value is None else encode_json_types(value))
            if self.span is not None and self.type is OperationType.CREATE_SPAN and self.span.payload is value:
                self.span.payload = self._json
        return self._json

    def compact(self) -> None:
        """As `encode()`, if there is anything to encode. Never raises: what has no JSON form fails when it is sent."""
        if self.type in _ENCODED_MEMBERS:
            with contextlib.suppress(Exception):
                self.encode()

    def payload_text(self) -> str:
        """The payload as JSON in ASCII, on one line.

        Raises:
            ValueError, TypeError: it has no JSON form.
        """
        if self._payload is None and self._json.isascii():
            member = _ENCODED_MEMBERS[self.type]
            return f'{{"status": {json.dumps(self.status)}, "{member}": {self._json.decode("ascii")}}}'
        return json.dumps(self.payload)


def _payload(self: Operation) -> dict[str, Any]:
    payload = self._payload  # once: another thread may be encoding it
    if payload is not None:
        return payload
    return {"status": self.status, _ENCODED_MEMBERS[self.type]: json.loads(self._json)}


# The documented class is a dataclass, which makes no property of a field.
Operation.payload = property(_payload, Operation._keep)  # type: ignore[assignment, misc]
