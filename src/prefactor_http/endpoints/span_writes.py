"""Writes of spans as delivery makes them: payloads are JSON already, and little of an answer is read.

What is sent is the same as with `AgentSpanClient` and `BulkClient`.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import Field
from typing_extensions import TypedDict

from prefactor_http._request import api_path, checked_key, encode_json_types, given, iso_time
from prefactor_http._request_sender import RequestSender
from prefactor_http.endpoints.receipt import Receipt
from prefactor_http.models.types import AgentStatus, FinishStatus

__all__ = ["OutputReceipt", "SpanCreate", "SpanFinish", "SpanReceipt", "SpanWrites"]


class SpanCreate(NamedTuple):
    """The create of a span that is not finished; the fields are those of `AgentSpanClient.create()`."""

    agent_instance_id: str
    schema_name: str
    status: AgentStatus
    payload: bytes
    id: str | None
    parent_span_id: str | None
    started_at: datetime | None

    def body(self, idempotency_key: str | None) -> bytes:
        """The request. Its key is in details, as with the documented client; the API documents it beside details."""
        return _encoded({"details": self._details(**_key(idempotency_key))}, "payload", self.payload, levels=2)

    def item(self, idempotency_key: str) -> bytes:
        """As an item of a bulk request: the fields of the span are in `details`."""
        item = {"_type": "agent_spans/create", "idempotency_key": idempotency_key, "details": self._details()}
        return _encoded(item, "payload", self.payload, levels=2)

    def _details(self, **more: str) -> dict[str, Any]:
        return {
            "agent_instance_id": self.agent_instance_id,
            "schema_name": self.schema_name,
            "status": self.status,
            **given(id=self.id, parent_span_id=self.parent_span_id, started_at=iso_time(self.started_at)),
            **more,
        }


class SpanFinish(NamedTuple):
    """The finish of a span; the fields are those of `AgentSpanClient.finish()`."""

    agent_span_id: str
    status: FinishStatus | None
    result_payload: bytes | None
    timestamp: datetime | None

    def body(self, idempotency_key: str | None) -> bytes:
        """The request."""
        return self._encoded(_key(idempotency_key))

    def item(self, idempotency_key: str) -> bytes:
        """As an item of a bulk request: the fields are beside the key."""
        return self._encoded(
            {
                "_type": "agent_spans/finish",
                "idempotency_key": idempotency_key,
                "agent_span_id": self.agent_span_id,
            }
        )

    def _encoded(self, fields: dict[str, Any]) -> bytes:
        fields = {**given(status=self.status, timestamp=iso_time(self.timestamp)), **fields}
        return _encoded(fields, "result_payload", self.result_payload, levels=1)


class _WrittenSpan(Receipt):
    id: str


class _Control(Receipt):
    terminate: bool = False
    reason: str | None = None


class SpanReceipt(Receipt):
    """What delivery reads of the answer to the write of a span."""

    status: str
    details: _WrittenSpan
    control: _Control | None = None


class _SpanMember(TypedDict, total=False):
    id: Annotated[str, Field(strict=True)]


class _ControlMember(TypedDict, total=False):
    terminate: Annotated[bool, Field(strict=True)]
    reason: Annotated[str | None, Field(strict=True)]


class OutputReceipt(Receipt):
    """What delivery reads of one output of a bulk request. Members of another form count as missing."""

    status: Literal["success", "error"]
    details: Annotated[_SpanMember | Any, Field(union_mode="left_to_right")] = None
    control: Annotated[_ControlMember | Any, Field(union_mode="left_to_right")] = None

    @property
    def span_id(self) -> str | None:
        """The ID of the span that the operation wrote, or None if the output does not contain it."""
        found = _member(self.details, "id")
        return found if isinstance(found, str) else None

    @property
    def terminates(self) -> bool:
        """Whether the platform has terminated the run."""
        return _member(self.control, "terminate") is True

    @property
    def termination_reason(self) -> str | None:
        """Why the run was terminated, or None if the platform gave no reason."""
        reason = _member(self.control, "reason")
        return reason if isinstance(reason, str) else None


class _BulkReceipt(Receipt):
    status: str = "success"
    outputs: dict[str, OutputReceipt]


class SpanWrites:
    """Makes the requests. They raise the errors of `PrefactorHttpClient`."""

    def __init__(self, http_client: RequestSender) -> None:
        self._http = http_client

    async def create(self, span: SpanCreate, idempotency_key: str | None) -> SpanReceipt:
        """Creates a span."""
        return await self._write(api_path("agent_spans"), span.body(idempotency_key))

    async def finish(self, span: SpanFinish, idempotency_key: str | None) -> SpanReceipt:
        """Finishes a span."""
        path = api_path("agent_spans", span.agent_span_id, "finish")
        return await self._write(path, span.body(idempotency_key))

    async def execute(self, items: Iterable[bytes]) -> dict[str, OutputReceipt]:
        """Executes writes in order, as `BulkClient.execute()`.

        Args:
            items: As `SpanCreate.item()` and `SpanFinish.item()` return them. They are encoded one by one, so that a
                long request does not block other threads.

        Returns:
            The outputs by idempotency key.
        """
        content = b'{"items":[' + b",".join(items) + b"]}"
        return (await self._http._send("POST", api_path("bulk"), content=content)).parse_part(_BulkReceipt).outputs

    async def _write(self, path: str, content: bytes) -> SpanReceipt:
        return (await self._http._send("POST", path, content=content)).parse_part(SpanReceipt)


def _key(idempotency_key: str | None) -> dict[str, str]:
    return given(idempotency_key=checked_key(idempotency_key))


def _encoded(value: dict[str, Any], name: str, member: bytes | None, *, levels: int) -> bytes:
    """A value as JSON, with a member that is JSON already at the end of the object in which it ends.

    Args:
        value: the value; it ends with so many objects in each other.
        name: the name of the member.
        member: the member; None to leave it out.
        levels: how many objects end there.
    """
    content = encode_json_types(value)
    if member is None:
        return content
    before, end = content[:-levels], content[-levels:]
    return b'%s%s"%s":%s%s' % (before, b"" if before == b"{" else b",", name.encode("ascii"), member, end)


def _member(value: object, name: str) -> object:
    return value.get(name) if isinstance(value, dict) else None
