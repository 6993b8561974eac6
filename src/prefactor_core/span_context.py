"""The object that `async with client.span(...)` yields, and that `async with` itself."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager, AsyncContextDecorator
from datetime import datetime
from types import TracebackType
from typing import Any, Generic, Literal, Self, TypeVar

from prefactor_core._records import Phase, SpanRecord
from prefactor_core._snapshot import Payload, error_payload, snapshot_object
from prefactor_core.context_stack import push_entry, remove_entry
from prefactor_core.exceptions import ClientClosedError, SpanValidationError
from prefactor_core.managers.span import SpanManager
from prefactor_core.queue import QueueClosedError
from prefactor_http.models.types import FinishStatus

__all__ = ["SpanContext", "SpanScope"]

SpanT_co = TypeVar("SpanT_co", covariant=True)


class SpanContext:
    """A span and its life: prepared, started, finished.

    What is not called explicitly happens when the `async with` body is left: a span that was not started is started,
    one that was not finished is finished, as `failed` after an exception and as `cancelled` after a cancellation.
    Calls that come too late do nothing. Payloads are copied when they are given.

    Args:
        temp_id: the id of a span that `span_manager` has prepared.
        span_manager: hands over.
        default_payload: params that count when `start` gives none.

    Every method that takes a payload raises TypeError when it is no mapping, and ClientClosedError on a closed client.
    """

    def __init__(self, temp_id: str, span_manager: SpanManager, default_payload: dict[str, Any] | None = None) -> None:
        self._manager = span_manager
        self._record = span_manager.record(temp_id)
        self._result = Payload({})
        if default_payload is not None:
            self._record.default_payload = snapshot_object(default_payload, "payload")

    @property
    def id(self) -> str:
        """The span's id. When the API generates it, it is a local one until `start` has returned."""
        return self._record.id

    async def start(self, payload: dict[str, Any] | None = None, started_at: datetime | None = None) -> None:
        """Start the span.

        Args:
            payload: the params; those given to `span(payload=)` by default.
            started_at: now by default.
        """
        if self._record.phase is not Phase.PREPARED:
            self._tell_if_lost("params", payload)
            return
        params = self._default_params() if payload is None else snapshot_object(payload, "payload")
        self._manager.check(self._record, "params", params)
        await self._manager.start_span(self._record, params, started_at)

    async def complete(self, result: dict[str, Any] | None = None, timestamp: datetime | None = None) -> None:
        """Finish the span as `complete`.

        Args:
            result: merged into what `set_result` has collected.
            timestamp: now by default.
        """
        self._finish("complete", result, timestamp)

    async def fail(self, result: dict[str, Any] | None = None, timestamp: datetime | None = None) -> None:
        """Finish the span as `failed`; arguments as in `complete`."""
        self._finish("failed", result, timestamp)

    async def cancel(self, timestamp: datetime | None = None) -> None:
        """Finish the span as `cancelled`, before or after its start."""
        self._finish("cancelled", None, timestamp)

    async def finish(self) -> None:
        """Finish the span as `complete`, with what `set_result` has collected."""
        self._finish("complete", None, None)

    def set_result(self, data: dict[str, Any]) -> None:
        """Collect result data for the finish; later values of a key win."""
        if self._record.phase is Phase.FINISHED:
            self._tell_if_lost("result", data)
        self._result = self._manager.payloads.bounded(_merged(self._result, snapshot_object(data, "result")))

    def _finish(self, status: FinishStatus, result: dict[str, Any] | None, timestamp: datetime | None) -> None:
        if self._record.phase is Phase.FINISHED:
            self._tell_if_lost("result", result)
            return
        merged = _merged(self._result, snapshot_object(result, "result"))
        if status == "complete":
            if self._record.phase is Phase.PREPARED:
                self._manager.check(self._record, "params", self._default_params())
            self._manager.check(self._record, "result", merged)
        self._manager.end(self._record, status, merged, timestamp)

    def _tell_if_lost(self, part: Literal["params", "result"], payload: Mapping[str, object] | None) -> None:
        if payload:
            self._manager.payloads.too_late(self._record.schema_name, part)

    def _leave(self, error: BaseException | None) -> None:
        """The `async with` body is left. Nothing may come in the way of its exception, so that is not checked."""
        if self._record.phase is Phase.FINISHED:
            return
        if error is None:
            try:
                self._finish("complete", None, None)
            except SpanValidationError:
                self._manager.end(self._record, "complete", self._result)
                raise
        elif isinstance(error, asyncio.CancelledError | GeneratorExit):
            self._manager.end(self._record, "cancelled", self._result)
        else:
            self._manager.end(self._record, "failed", _merged(self._result, error_payload(error)))

    def _default_params(self) -> Payload:
        return self._record.default_payload or Payload({})


def _merged(first: Payload, later: Payload) -> Payload:
    return Payload(
        {**first.value, **later.value},
        first.size + later.size,
        cut=first.cut or later.cut,
        unreadable=first.unreadable or later.unreadable,
        depth=max(first.depth, later.depth),
    )


class SpanScope(AbstractAsyncContextManager[SpanT_co], AsyncContextDecorator, Generic[SpanT_co]):
    """`async with` around a span; as a decorator of a coroutine function, around a span of its own for each call.

    It serves one block at a time: entering it while it is entered raises RuntimeError.

    Args:
        manager: makes the span.
        open_span: prepares it; called when the scope is entered, for the parent is the span that is current then.
        wrap: what the scope yields for the span's context.
        on_left_open: called when the client was closed inside the block.
    """

    def __init__(
        self,
        manager: SpanManager,
        open_span: Callable[[], SpanRecord],
        wrap: Callable[[SpanContext], SpanT_co],
        on_left_open: Callable[[], None],
    ) -> None:
        self._manager = manager
        self._open_span = open_span
        self._wrap = wrap
        self._on_left_open = on_left_open
        self._context: SpanContext | None = None

    def _recreate_cm(self) -> Self:
        return type(self)(self._manager, self._open_span, self._wrap, self._on_left_open)

    async def __aenter__(self) -> SpanT_co:
        if self._context is not None:
            raise RuntimeError("this span is entered already: call span() for every block")
        record = self._open_span()
        try:
            self._context = SpanContext(record.id, self._manager)
            yielded = self._wrap(self._context)
            push_entry(record)
            return yielded
        except BaseException:  # a signal handler's: nobody leaves what was not entered
            self._context = None
            remove_entry(record)
            raise

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        context, self._context = self._context, None
        if context is None:
            return
        try:
            context._leave(exc)
        except (ClientClosedError, QueueClosedError):  # not the body's fault, and its exception must pass
            self._on_left_open()
        finally:
            remove_entry(context._record)
