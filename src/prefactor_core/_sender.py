"""Encodes operations as requests: the only place that calls the HTTP client for queued operations."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import cast

from prefactor_core._index import SpanIndex
from prefactor_core._outcomes import Delivered, Outcome, judge
from prefactor_core._records import InstanceRecord, SpanRecord
from prefactor_core._scheduler import Ticket
from prefactor_core.operations import Operation, OperationType
from prefactor_http.client import PrefactorHttpClient
from prefactor_http.models.types import AgentStatus, FinishStatus

__all__ = ["Sender"]


class Sender:
    """Sends one operation at a time; ids are read from the records now, so they are the latest.

    Args:
        http: a client that does not retry.
        spans: told when the API gives a span another id.
        on_registered: called with the record and the id of an instance whose registration was queued.
        on_control: called with the instance's id and the reason when an answer says that it was terminated.
    """

    def __init__(
        self,
        http: PrefactorHttpClient,
        spans: SpanIndex,
        *,
        on_registered: Callable[[InstanceRecord, str], None],
        on_control: Callable[[str, str | None], None],
    ) -> None:
        self.http = http
        self._spans = spans
        self._on_registered = on_registered
        self._on_control = on_control
        self._calls: dict[OperationType, Callable[[Operation], Awaitable[None]]] = {
            OperationType.REGISTER_AGENT_INSTANCE: self._register,
            OperationType.START_AGENT_INSTANCE: self._start_instance,
            OperationType.FINISH_AGENT_INSTANCE: self._finish_instance,
            OperationType.RECORD_QUALITY: self._record_quality,
            OperationType.CREATE_SPAN: self._create_span,
            OperationType.FINISH_SPAN: self._finish_span,
        }

    async def send(self, ticket: Ticket, *, mint_ids: bool) -> Outcome:
        """Try once; never raises.

        Args:
            ticket: the operation.
            mint_ids: creates may carry the ids that were minted here. What was sent before is repeated unchanged.
        """
        operation = ticket.operation
        if operation.span and not mint_ids and ticket.tries == 1 and operation.type is OperationType.CREATE_SPAN:
            operation.span.minted = False
        try:
            await self._calls[operation.type](operation)
        except Exception as error:
            return judge(error, operation, repeated=ticket.tries > 1)
        return Delivered()

    async def _register(self, operation: Operation) -> None:
        answer = await self.http.agent_instances.register(
            **operation.payload, idempotency_key=operation.idempotency_key
        )
        self._on_registered(_instance(operation), answer.id)

    async def _start_instance(self, operation: Operation) -> None:
        await self.http.agent_instances.start(
            _instance(operation).id, timestamp=operation.timestamp, idempotency_key=operation.idempotency_key
        )

    async def _finish_instance(self, operation: Operation) -> None:
        await self.http.agent_instances.finish(
            _instance(operation).id,
            status=operation.payload["status"],
            timestamp=operation.timestamp,
            idempotency_key=operation.idempotency_key,
        )

    async def _record_quality(self, operation: Operation) -> None:
        await self.http.agent_instances.record_quality(
            _instance(operation).id,
            operation.payload["name"],
            operation.payload["payload"],
            idempotency_key=operation.idempotency_key,
        )

    async def _create_span(self, operation: Operation) -> None:
        span, instance = _span(operation), _instance(operation)
        answer = await self.http.agent_spans.create(
            instance.id,
            span.schema_name,
            cast("AgentStatus", operation.payload["status"]),
            operation.payload["payload"],
            id=span.id if span.minted else None,
            parent_span_id=span.parent_id(),
            started_at=operation.timestamp if operation.send_timestamp else None,
            idempotency_key=operation.idempotency_key,
            control_signal_callback=lambda reason: self._on_control(instance.id, reason),
        )
        if answer.id != span.id:
            self._spans.rename(span, answer.id)

    async def _finish_span(self, operation: Operation) -> None:
        instance = _instance(operation)
        await self.http.agent_spans.finish(
            _span(operation).id,
            status=cast("FinishStatus", operation.payload["status"]),
            result_payload=operation.payload["result_payload"] or None,
            timestamp=operation.timestamp if operation.send_timestamp else None,
            idempotency_key=operation.idempotency_key,
            control_signal_callback=lambda reason: self._on_control(instance.id, reason),
        )


def _instance(operation: Operation) -> InstanceRecord:
    return cast("InstanceRecord", operation.instance)


def _span(operation: Operation) -> SpanRecord:
    return cast("SpanRecord", operation.span)
