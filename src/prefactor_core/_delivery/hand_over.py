"""Hand-over: takes operations from the agent's threads, without waiting."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from prefactor_core._delivery.intake import Intake
from prefactor_core._delivery.ledger import Ledger
from prefactor_core._delivery.queue_bound import QueueBound, SpoolBound
from prefactor_core._delivery.sending import Sending
from prefactor_core._delivery.waiting_starts import WaitingStarts
from prefactor_core._records.records import SpanRecord
from prefactor_core.operations import Operation, OperationType
from prefactor_core.queue import InMemoryQueue, QueueClosedError

if TYPE_CHECKING:
    from prefactor_core._spool.spool import Spool

__all__ = ["HandOver", "SpooledHandOver"]

_CREATE_SPAN: Final = OperationType.CREATE_SPAN


class HandOver:
    """Puts operations into the inbox, or drops them when the queue is full.

    Args:
        inbox: where delivery takes them from.
        bound: decides which operations are dropped.
        ledger: counts every operation.
        starts: the calls of `start()` that wait for an answer.
        sending: releases what waits for a dropped operation.
        intake: admits the operations, at its pace.
        answers_late: whether no answer can be expected soon, so that no `start()` should wait for one.
    """

    def __init__(
        self,
        inbox: InMemoryQueue[Operation],
        bound: QueueBound,
        ledger: Ledger,
        *,
        starts: WaitingStarts,
        sending: Sending,
        intake: Intake,
        answers_late: Callable[[], bool],
    ) -> None:
        self._inbox = inbox
        self._bound = bound
        self._ledger = ledger
        self._starts = starts
        self._sending = sending
        self._intake = intake
        self._answers_late = answers_late

    def submit(self, operation: Operation) -> None:
        """Take an operation, from any thread, or drop it when the queue is full; never waits.

        Raises:
            QueueClosedError: delivery is closed.
        """
        if (reason := self._bound.drop_reason(operation)) is not None:
            self._drop(operation, reason)
            return
        operation.compact()
        span = operation.span
        waiting = span if span and span.answered and operation.type is _CREATE_SPAN else None
        if waiting:
            self._starts.add(waiting)
        # No further call may come between these two: a signal handler may raise there, and the operation stays pending.
        self._ledger.accept(operation)
        try:
            self._inbox.put_nowait(operation)
        except QueueClosedError:
            self._ledger.retract(operation)
            raise
        if waiting:
            self._await_answer(waiting)
        elif self._intake.gathering and self._intake.has_enough:
            self._intake.hurry()

    def _await_answer(self, waiting: SpanRecord) -> None:
        self._intake.hurry()
        if self._answers_late():  # delivery may have released the starts before this one was added
            self._starts.release(waiting)

    def close(self) -> None:
        """Take no more operations."""
        self._inbox.close_nowait()

    def _drop(self, operation: Operation, reason: str) -> None:
        if self._inbox.closed:
            raise QueueClosedError("the queue is closed")
        self._ledger.refuse(operation, reason)
        self._sending.never_send(operation, reason)


class SpooledHandOver(HandOver):
    """As `HandOver`, and keeps every operation in the spool, too; or in the spool alone, while the queue is full.

    Args:
        inbox: where delivery takes operations from.
        bound: decides which operations are dropped.
        ledger: counts every operation.
        spool: keeps them on disk.
        starts: the calls of `start()` that wait for an answer.
        sending: releases what waits for a dropped operation.
        intake: admits the operations, at its pace.
        answers_late: whether no answer can be expected soon, so that no `start()` should wait for one.
    """

    def __init__(
        self,
        inbox: InMemoryQueue[Operation],
        bound: SpoolBound,
        ledger: Ledger,
        *,
        spool: Spool,
        starts: WaitingStarts,
        sending: Sending,
        intake: Intake,
        answers_late: Callable[[], bool],
    ) -> None:
        super().__init__(inbox, bound, ledger, starts=starts, sending=sending, intake=intake, answers_late=answers_late)
        self._memory = bound
        self._spool = spool
        self._closed = False

    def submit(self, operation: Operation) -> None:
        spool = self._spool
        if self._closed:
            raise QueueClosedError("the queue is closed")
        overflows = spool.overflowing or (self._memory.memory_is_full and spool.works)
        if not (overflows and self._overflow(operation)):
            operation.compact()
            spool.put(operation)  # first: when it is settled, the spool knows it
            try:
                super().submit(operation)
            except QueueClosedError:
                spool.settled(operation)
                raise
        spool.wait_until_written()

    def _drop(self, operation: Operation, reason: str) -> None:
        try:
            super()._drop(operation, reason)
        finally:
            self._spool.settled(operation)

    def close(self) -> None:
        """Take no more operations. The inbox stays open for those that are read back from disk."""
        with self._spool.lock:
            self._closed = True

    def _overflow(self, operation: Operation) -> bool:
        """Keep an operation in the spool alone. Returns False if operations do not overflow any more."""
        with self._spool.lock:
            if self._closed:
                raise QueueClosedError("the queue is closed")
            if not (self._spool.overflowing or (self._memory.memory_is_full and self._spool.works)):
                return False
            if (reason := self._bound.drop_reason(operation)) is not None:
                self._drop(operation, reason)
                return True
            self._ledger.accept(operation)
            self._spool.overflow(operation)
        if operation.span and operation.span.answered and operation.type is _CREATE_SPAN:
            self._starts.release(operation.span)  # nothing answers soon
        return True
