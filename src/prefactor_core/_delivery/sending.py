"""Sending: workers send what dispatch hands out, and give the outcome back.

Everything here runs on the delivery thread, except `Sending.never_send()`.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from functools import partial

from prefactor_core._delivery.dispatch import INTERNAL_ERROR, Dispatch, Effects
from prefactor_core._delivery.loop_thread import LoopThread
from prefactor_core._delivery.loss_log import LossLog
from prefactor_core._delivery.outcomes import BulkFailed, BulkOutcome, Failed, Outcome
from prefactor_core._delivery.scheduler import mark_never_created
from prefactor_core._delivery.sender import Sender
from prefactor_core._delivery.ticket import Batch, Ticket
from prefactor_core._delivery.waiting_starts import WaitingStarts
from prefactor_core._records.records import SpanRecord
from prefactor_core.operations import Operation, OperationType
from prefactor_core.queue import InMemoryQueue, TaskExecutor
from prefactor_http._log import logger_of
from prefactor_http._text import error_text

__all__ = ["Sending"]

_INTERNAL_ERROR_TEXT = "internal error in delivery, which continues; please report it with this traceback"

logger = logger_of("prefactor_core")


class Sending:
    """Keeps the workers busy with what can be sent.

    Args:
        dispatch: decides what is sent when.
        sender: makes the requests.
        num_workers: how many requests run at a time.
        thread: the delivery thread.
        starts: the calls of `start()` that wait for an answer.
        loss_log: reports what dispatch decides.
        on_pump: called after every `pump()`.
    """

    def __init__(
        self,
        dispatch: Dispatch,
        sender: Sender,
        num_workers: int,
        *,
        thread: LoopThread,
        starts: WaitingStarts,
        loss_log: LossLog,
        on_pump: Callable[[], None],
    ) -> None:
        self._dispatch = dispatch
        self._sender = sender
        self._num_workers = num_workers
        self._thread = thread
        self._starts = starts
        self._loss_log = loss_log
        self._on_pump = on_pump
        self._batches: InMemoryQueue[Batch] = InMemoryQueue()
        self._workers = TaskExecutor(self._batches, self._send, num_workers=num_workers, max_retries=0)
        self._running = 0
        self._timer: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Start the workers."""
        self._workers.start()

    async def stop(self) -> None:
        """Stop the workers; requests that are running are cancelled."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(0):
                await self._workers.stop()

    def pump(self) -> None:
        """Give the workers what can be sent now, and set the timer for what can be sent later.

        Called whenever that may have changed: operations were admitted or released, a request has ended, or the timer
        has fired.
        """
        try:
            self._pump()
        except Exception:  # the caller must continue: a worker, the intake, or the timer
            logger.exception(_INTERNAL_ERROR_TEXT)

    def _pump(self) -> None:
        if self._batches.closed:
            return
        now = self._thread.loop.time()
        while self._running < self._num_workers and (batch := self._dispatch.next_batch(now)):
            self._running += 1
            self._batches.put_nowait(batch)
        if self._timer is not None:
            self._timer.cancel()
        wake_at = self._dispatch.wake_at()
        self._timer = None if wake_at is None else self._thread.loop.call_at(wake_at, self.pump)
        self._on_pump()

    def report(self, effects: Effects) -> None:
        """Report the effects of a decision: let the `start()` of spans that failed return, then log."""
        self._starts.release(*(error.operation.span for error in effects.errors if error.operation.span))
        self._loss_log.record(effects)

    def release_parked(self) -> None:
        """Send the children whose parents were never handed over, without a parent."""
        self.report(self._dispatch.release_parked())
        self.pump()

    def never_send(self, operation: Operation, reason: str) -> None:
        """Record that an operation is dropped before dispatch, and release what waits for it. From any thread."""
        mark_never_created(operation)
        span = operation.span
        if span is None or operation.type is not OperationType.CREATE_SPAN:
            return
        span.dropped = reason
        self._starts.release(span)
        if self._dispatch.has_parked:
            self._thread.call_soon(partial(self._release_children, span))

    def _release_children(self, span: SpanRecord) -> None:
        self.report(self._dispatch.release_children(span))
        self.pump()

    async def _send(self, batch: Batch) -> None:
        try:
            effects = await (self._send_one(*batch.tickets) if len(batch.tickets) == 1 else self._send_bulk(batch))
            self._starts.release(*(ticket.operation.span for ticket in batch.tickets if ticket.operation.span))
            self.report(effects)
        except Exception as error:
            logger.exception(_INTERNAL_ERROR_TEXT)
            for ticket in batch.tickets:
                self.report(self._dispatch.give_up(ticket, error))
        finally:
            self._running -= 1
            self.pump()

    async def _send_one(self, ticket: Ticket) -> Effects:
        outcome = await self._outcome(ticket)
        return self._dispatch.decide(ticket, outcome, self._thread.loop.time())

    async def _send_bulk(self, batch: Batch) -> Effects:
        outcome = await self._bulk_outcome(batch)
        return self._dispatch.decide_bulk(batch, outcome, self._thread.loop.time())

    async def _outcome(self, ticket: Ticket) -> Outcome:
        """The sender should not raise. If it does, this operation fails, and delivery continues."""
        try:
            return await self._sender.send(ticket)
        except asyncio.CancelledError:
            raise
        except BaseException as error:
            return Failed(_internal_error(error), INTERNAL_ERROR, answered=False)

    async def _bulk_outcome(self, batch: Batch) -> BulkOutcome:
        """As `_outcome()`, but the operations are then sent separately."""
        try:
            return await self._sender.send_bulk(batch)
        except asyncio.CancelledError:
            raise
        except BaseException as error:
            return BulkFailed(_internal_error(error), refused=False)


def _internal_error(error: BaseException) -> RuntimeError:
    return RuntimeError(f"internal error while sending: {type(error).__name__}: {error_text(error)}")
