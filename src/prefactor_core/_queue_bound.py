"""The bound of the queue: what is dropped when it is full."""

from __future__ import annotations

from collections.abc import Callable

from prefactor_core._ledger import Ledger
from prefactor_core.operations import Operation, OperationType

__all__ = ["BOUNDED", "QUEUE_FULL", "QueueBound"]

BOUNDED = {OperationType.CREATE_SPAN, OperationType.RECORD_QUALITY}
QUEUE_FULL = "queue_full"
_ROOM_AGAIN = 0.9  # of the bound: loss has a beginning and an end, and is not told of with every operation


class QueueBound:
    """Decides whether the queue takes an operation; safe from any thread, and takes no lock.

    When it is full, whole spans are dropped, the newest ones: those that are started now, and quality records. What
    belongs to a span that was taken, and the start and finish of an instance, is taken always: so the queue may hold
    somewhat more than its bound.

    Args:
        ledger: knows what is pending.
        operations: how many operations may be pending.
        size: how many bytes their payloads may take.
        on_change: called when `full` has changed, on the agent's thread.

    Attributes:
        full: spans are being dropped.
    """

    def __init__(self, ledger: Ledger, operations: int, size: int, on_change: Callable[[], None]) -> None:
        self._ledger = ledger
        self._operations = operations
        self._size = size
        self._on_change = on_change
        self.full = False

    def refuses(self, operation: Operation) -> str | None:
        """Why the queue does not take an operation; None when it does."""
        kind, span = operation.type, operation.span
        if kind is OperationType.FINISH_SPAN and span:
            return span.dropped
        if kind not in BOUNDED or self._has_room():
            return None
        return QUEUE_FULL

    def _has_room(self) -> bool:
        room = self._below(_ROOM_AGAIN if self.full else 1.0)
        if room is self.full:
            self.full = not room
            self._on_change()
        return room

    def _below(self, share: float) -> bool:
        ledger = self._ledger
        return ledger.pending < share * self._operations and ledger.pending_bytes < share * self._size
