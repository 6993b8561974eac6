"""Delivers what the spool reads from disk. Used on the spool's thread."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from prefactor_core._delivery.ledger import Ledger
from prefactor_core._delivery.queue_bound import SpoolBound
from prefactor_core.operations import Operation, OperationType
from prefactor_core.queue import InMemoryQueue, QueueClosedError

__all__ = ["LOST", "SpoolFeed"]

LOST = "spool_lost"


class SpoolFeed:
    """Puts operations into the inbox, as `Feed` describes it.

    Args:
        inbox: where delivery takes them from.
        bound: knows how much room there is.
        ledger: counts them.
        on_change: called when less waits on disk.
    """

    def __init__(
        self, inbox: InMemoryQueue[Operation], bound: SpoolBound, ledger: Ledger, on_change: Callable[[], None]
    ) -> None:
        self._inbox = inbox
        self._bound = bound
        self._ledger = ledger
        self._on_change = on_change

    def room(self) -> int:
        return self._bound.room_to_read

    def give(self, operation: Operation, *, adopted: bool) -> None:
        if self._inbox.closed:
            raise QueueClosedError("the queue is closed")
        if adopted:
            self._ledger.adopt(operation)
        self._inbox.put_nowait(operation)

    def lose(self, lost: Mapping[OperationType, int], size: int) -> None:
        for type_, count in lost.items():
            for _ in range(count):
                self._ledger.drop(Operation(type_, {}, datetime.now(UTC), size=size), LOST)
                size = 0  # the first one stands for the bytes of all

    def changed(self) -> None:
        self._on_change()
