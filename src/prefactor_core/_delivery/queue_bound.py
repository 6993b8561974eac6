"""The bound of the queue: which operations are dropped when it is full."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from prefactor_core._delivery.ledger import Ledger
from prefactor_core.operations import Operation, OperationType

if TYPE_CHECKING:
    from prefactor_core._spool.spool import Spool

__all__ = ["BOUNDED", "QUEUE_FULL", "QueueBound", "SpoolBound"]

BOUNDED = {OperationType.CREATE_SPAN, OperationType.RECORD_QUALITY}
QUEUE_FULL = "queue_full"
_FINISH_SPAN: Final = OperationType.FINISH_SPAN
_RESUME_AT = 0.9  # of the bound: dropping begins and ends, and does not alternate with every operation


class QueueBound:
    """Decides whether the queue accepts an operation. Works from any thread, without a lock.

    A full queue drops new spans, each as a whole, and quality records. The finish of a span that was accepted, and the
    operations of an agent instance, are always accepted, so the queue may exceed its bound.

    Args:
        ledger: counts what is pending.
        operations: how many operations may be pending.
        size: how many bytes their payloads may take.
        on_change: called when `full` changes, on the agent's thread.

    Attributes:
        full: new spans are dropped.
    """

    def __init__(self, ledger: Ledger, operations: int, size: int, on_change: Callable[[], None]) -> None:
        self._ledger = ledger
        self._operations = operations
        self._size = size
        self._on_change = on_change
        self.full = False

    def drop_reason(self, operation: Operation) -> str | None:
        """Return why an operation is dropped; None if the queue accepts it."""
        span = operation.span
        type_ = operation.type
        if type_ is _FINISH_SPAN and span:
            return span.dropped
        if type_ not in BOUNDED or self._has_room():
            return None
        return QUEUE_FULL

    def _has_room(self) -> bool:
        room = self._below(_RESUME_AT if self.full else 1.0)
        if room is self.full:
            self.full = not room
            self._on_change()
        return room

    def _below(self, share: float) -> bool:
        ledger = self._ledger
        return ledger.pending < share * self._operations and ledger.pending_bytes < share * self._size


class SpoolBound(QueueBound):
    """The bound of a queue with a spool: it is full when both memory and the spool are.

    Args:
        ledger: counts what is pending.
        operations: how many operations may be in memory.
        size: how many bytes their payloads may take.
        on_change: called when `full` changes, on the agent's thread.
        spool: takes what memory has no room for.
    """

    def __init__(
        self, ledger: Ledger, operations: int, size: int, on_change: Callable[[], None], *, spool: Spool
    ) -> None:
        super().__init__(ledger, operations, size, on_change)
        self._spool = spool

    @property
    def memory_is_full(self) -> bool:
        """No further operation should be kept in memory."""
        return not self._memory_below(1.0)

    @property
    def room_to_read(self) -> int:
        """How many operations can be read back from disk: until half of the memory is used."""
        queued, queued_bytes = self._spool.queued
        if self._ledger.pending_bytes - queued_bytes >= self._size / 2:
            return 0
        return max(max(self._operations // 2, 1) - (self._ledger.pending - queued), 0)

    @property
    def _in_memory(self) -> int:
        return self._ledger.pending - self._spool.alone

    @property
    def _in_memory_bytes(self) -> int:
        return self._ledger.pending_bytes - self._spool.alone_bytes

    def _memory_below(self, share: float) -> bool:
        return self._in_memory < share * self._operations and self._in_memory_bytes < share * self._size

    def _below(self, share: float) -> bool:
        spool = self._spool
        if spool.overflowing and spool.works:  # what comes now has to queue behind what is on disk
            return spool.has_room
        return self._memory_below(share) or spool.has_room
