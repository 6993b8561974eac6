"""Encodes operations as requests. Only this module calls the HTTP client for queued operations."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping
from functools import cached_property
from typing import cast

from prefactor_core._delivery.outcomes import (
    BulkFailed,
    BulkOutcome,
    Delivered,
    NotExecuted,
    Outcome,
    SendSeparately,
    TryAgain,
    judge,
    judge_bulk,
)
from prefactor_core._delivery.ticket import Batch, Ticket
from prefactor_core._records.records import InstanceRecord, SpanRecord
from prefactor_core._records.span_index import SpanIndex
from prefactor_core.operations import Operation, OperationType
from prefactor_http.client import PrefactorHttpClient
from prefactor_http.endpoints.instance_writes import InstanceWrites
from prefactor_http.endpoints.span_writes import OutputReceipt, SpanCreate, SpanFinish, SpanReceipt, SpanWrites
from prefactor_http.exceptions import PrefactorConnectionError, PrefactorHttpError

__all__ = ["Sender"]


class Sender:
    """Sends operations. Ids are read from the records at that moment, so they are up to date.

    Args:
        http: used without its retries, and closed by `close()`.
        spans: the spans by id; a span that the API gives another id is renamed there.
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
        self._connections = http
        self._spans = spans
        self._on_registered = on_registered
        self._on_control = on_control
        self._calls: dict[OperationType, Callable[[PrefactorHttpClient, Operation], Awaitable[None]]] = {
            OperationType.REGISTER_AGENT_INSTANCE: self._register,
            OperationType.START_AGENT_INSTANCE: self._start_instance,
            OperationType.FINISH_AGENT_INSTANCE: self._finish_instance,
            OperationType.RECORD_QUALITY: self._record_quality,
            OperationType.CREATE_SPAN: self._create_span,
            OperationType.FINISH_SPAN: self._finish_span,
        }

    @cached_property
    def http(self) -> PrefactorHttpClient:
        """A client with the same connections that does not retry."""
        return self._connections.without_retries()

    @cached_property
    def _fresh_http(self) -> PrefactorHttpClient:
        return self._connections.without_retries(fresh_connections=True)

    async def close(self) -> None:
        """Close the connections."""
        await self._connections.__aexit__(None, None, None)

    async def send(self, ticket: Ticket, *, fresh: bool = False) -> Outcome:
        """Send an operation once, or once more if its connection is lost; never raises.

        A server may close a connection that was idle just when a request is sent on it. That is no outage.

        Args:
            ticket: the operation.
            fresh: on a new connection, because those that are open may be dead.
        """
        outcome = await self._send(ticket, fresh=fresh)
        if _lost_its_connection(outcome):
            ticket.count_repetition()
            return await self._send(ticket, fresh=True)
        return outcome

    async def send_bulk(
        self, batch: Batch, *, fresh: bool = False, pause: Callable[[], None] = lambda: None
    ) -> BulkOutcome:
        """Send creates and finishes of spans in one bulk request, as `send()` does; never raises.

        Args:
            batch: the operations.
            fresh: on a new connection.
            pause: called between operations that are encoded or read.
        """
        outcome = await self._send_bulk(batch, fresh=fresh, pause=pause)
        if _lost_its_connection(outcome):
            for ticket in batch.tickets:
                ticket.count_repetition()
            return await self._send_bulk(batch, fresh=True, pause=pause)
        return outcome

    async def _send(self, ticket: Ticket, *, fresh: bool) -> Outcome:
        operation = ticket.operation
        try:
            await self._calls[operation.type](self._fresh_http if fresh else self.http, operation)
        except Exception as error:
            _drop_frames(error)
            return judge(error, operation, repeated=ticket.tries > 1)
        return Delivered()

    async def _send_bulk(self, batch: Batch, *, fresh: bool, pause: Callable[[], None]) -> BulkOutcome:
        try:
            http = self._fresh_http if fresh else self.http
            outputs = await SpanWrites(http).execute(_bulk_items(batch, pause))
        except Exception as error:
            _drop_frames(error)
            return judge_bulk(error)
        if batch.tickets[0].operation.idempotency_key not in outputs:
            return BulkFailed(LookupError("the answer does not contain the first operation"), refused=False)
        return tuple(self._read_outputs(batch, outputs, pause))

    def _read_outputs(
        self, batch: Batch, outputs: Mapping[str, OutputReceipt], pause: Callable[[], None]
    ) -> Iterator[Outcome]:
        stopped = False
        for ticket in batch.tickets:
            pause()
            output = outputs.get(cast("str", ticket.operation.idempotency_key))
            if output is None:
                yield NotExecuted() if stopped else SendSeparately(refused=False)
            elif output.status == "error":
                stopped = True
                yield SendSeparately(refused=True)
            else:
                yield self._read_output(ticket.operation, output)

    def _read_output(self, operation: Operation, output: OutputReceipt) -> Outcome:
        span = _span(operation)
        if operation.type is OperationType.CREATE_SPAN and output.span_id != span.id:
            if output.span_id is None and not span.minted:
                return SendSeparately(refused=False)  # a single request with the same key returns the id
            self._spans.rename(span, output.span_id or span.id)
        if output.terminates:
            self._on_control(_instance(operation).id, output.termination_reason)
        return Delivered()

    async def _register(self, http: PrefactorHttpClient, operation: Operation) -> None:
        instance = _instance(operation)
        running, instance.registering = instance.registering, None
        if running is not None:
            instance_id = await running
        else:
            answer = await InstanceWrites(http).register(**operation.payload, idempotency_key=operation.idempotency_key)
            instance_id = answer.id
        self._on_registered(instance, instance_id)

    async def _start_instance(self, http: PrefactorHttpClient, operation: Operation) -> None:
        await InstanceWrites(http).start(
            _instance(operation).id, timestamp=operation.timestamp, idempotency_key=operation.idempotency_key
        )

    async def _finish_instance(self, http: PrefactorHttpClient, operation: Operation) -> None:
        await InstanceWrites(http).finish(
            _instance(operation).id,
            status=operation.payload["status"],
            timestamp=operation.timestamp,
            idempotency_key=operation.idempotency_key,
        )

    async def _record_quality(self, http: PrefactorHttpClient, operation: Operation) -> None:
        await InstanceWrites(http).record_quality(
            _instance(operation).id,
            operation.payload["name"],
            operation.payload["payload"],
            idempotency_key=operation.idempotency_key,
        )

    async def _create_span(self, http: PrefactorHttpClient, operation: Operation) -> None:
        span = _span(operation)
        answer = await SpanWrites(http).create(_create(operation), operation.idempotency_key)
        self._obey(operation, answer)
        if answer.details.id != span.id:
            self._spans.rename(span, answer.details.id)

    async def _finish_span(self, http: PrefactorHttpClient, operation: Operation) -> None:
        self._obey(operation, await SpanWrites(http).finish(_finish(operation), operation.idempotency_key))

    def _obey(self, operation: Operation, answer: SpanReceipt) -> None:
        if answer.control is not None and answer.control.terminate:
            self._on_control(_instance(operation).id, answer.control.reason)


def _lost_its_connection(outcome: Outcome | BulkOutcome) -> bool:
    error = outcome.error if isinstance(outcome, TryAgain) else None
    return isinstance(error, PrefactorConnectionError) and error.connection_lost


def _drop_frames(error: BaseException | None) -> None:
    """Drop the tracebacks of an error of the HTTP client: the error is kept, and its frames would keep the answer."""
    if not isinstance(error, PrefactorHttpError):
        return
    causes: list[BaseException] = []
    while error is not None and error not in causes:
        causes.append(error)
        error.__traceback__ = None
        error = error.__cause__ or error.__context__


def _create(operation: Operation) -> SpanCreate:
    span, params = _span(operation), operation.encode()
    return SpanCreate(
        agent_instance_id=_instance(operation).id,
        schema_name=span.schema_name,
        status=operation.status,
        payload=b"{}" if params == b"null" else params,
        id=span.id if span.minted else None,
        parent_span_id=span.parent_id(),
        started_at=operation.timestamp if operation.send_timestamp else None,
    )


def _finish(operation: Operation) -> SpanFinish:
    result = operation.encode()
    return SpanFinish(
        agent_span_id=_span(operation).id,
        status=operation.status,
        result_payload=None if result == b"null" else result,
        timestamp=operation.timestamp if operation.send_timestamp else None,
    )


def _bulk_items(batch: Batch, pause: Callable[[], None]) -> Iterator[bytes]:
    for ticket in batch.tickets:
        pause()
        yield _bulk_item(ticket.operation)


def _bulk_item(operation: Operation) -> bytes:
    key = cast("str", operation.idempotency_key)
    return _create(operation).item(key) if operation.type is OperationType.CREATE_SPAN else _finish(operation).item(key)


def _instance(operation: Operation) -> InstanceRecord:
    return cast("InstanceRecord", operation.instance)


def _span(operation: Operation) -> SpanRecord:
    return cast("SpanRecord", operation.span)
