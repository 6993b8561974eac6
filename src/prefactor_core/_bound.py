"""The bound of the queue: what is dropped when it is full."""

from __future__ import annotations

import logging
import threading

from prefactor_core._ledger import Ledger
from prefactor_core._records import CreateState
from prefactor_core.operations import Operation, OperationType

__all__ = ["QueueBound"]

_ROOM_AGAIN = 0.9  # of the bound: loss has a beginning and an end, and is not told of with every operation

logger = logging.getLogger("prefactor_core")


class QueueBound:
    """Decides whether the queue takes an operation; safe from any thread.

    When it is full, whole spans are dropped, the newest ones: those that are started now, and quality records. What
    belongs to a span that was taken, and the start and finish of an instance, is taken always: so the queue may hold
    somewhat more than its bound.

    Args:
        ledger: knows what is pending.
        operations: how many operations may be pending.
        size: how many bytes their payloads may take.
    """

    def __init__(self, ledger: Ledger, operations: int, size: int) -> None:
        self._ledger = ledger
        self._operations = operations
        self._size = size
        self._lock = threading.Lock()
        self._full = False
        self._dropped = 0

    def takes(self, operation: Operation) -> bool:
        """The queue takes it; otherwise its span, if any, is marked as one that never will be."""
        kind, span = operation.type, operation.span
        if kind is OperationType.FINISH_SPAN and span:
            return not span.dropped
        if kind not in {OperationType.CREATE_SPAN, OperationType.RECORD_QUALITY} or self._has_room():
            return True
        if span:
            span.dropped, span.create_state, span.on_stack = True, CreateState.FAILED, False
        return False

    def _has_room(self) -> bool:
        if not self._full and self._below(1.0):
            return True
        with self._lock:
            return self._look_again()

    def _look_again(self) -> bool:
        if self._below(_ROOM_AGAIN if self._full else 1.0):
            self.end()
            return True
        if not self._full:
            self._full = True
            logger.error(
                "the queue is full (%d operations, %d bytes): new spans are dropped until there is room",
                self._ledger.pending,
                self._ledger.pending_bytes,
            )
        self._dropped += 1
        return False

    def end(self) -> None:
        """The queue has room again, or takes nothing more: say what was dropped, if anything was."""
        dropped, self._full, self._dropped = self._dropped, False, 0
        if dropped:
            logger.error("%d spans and quality records were dropped while the queue was full", dropped)

    def _below(self, share: float) -> bool:
        ledger = self._ledger
        return ledger.pending < share * self._operations and ledger.pending_bytes < share * self._size
