"""The contract of a queue."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Generic, TypeVar

__all__ = ["Queue", "QueueClosedError"]

T = TypeVar("T")


class QueueClosedError(Exception):
    """`put()` on a closed queue, or `get()` on one that is closed and empty."""


class Queue(ABC, Generic[T]):
    """First in, first out. A client that is given one calls all its methods on the delivery loop, so that it may be
    written for one loop. Only InMemoryQueue itself, which works from any thread, is filled by the caller's.
    """

    @abstractmethod
    async def put(self, item: T) -> None:
        """Add an item.

        Raises:
            QueueClosedError: the queue is closed.
        """

    @abstractmethod
    async def get(self) -> T:
        """Wait for an item and take it.

        Raises:
            QueueClosedError: the queue is closed and empty.
        """

    @abstractmethod
    def size(self) -> int:
        """How many items wait."""

    @abstractmethod
    async def close(self, num_waiters: int = 1) -> None:
        """Take no more items; what waits can still be taken. Closing again does nothing.

        Args:
            num_waiters: how many calls of `get()` may be waiting, for queues that must wake each.
        """

    @property
    @abstractmethod
    def closed(self) -> bool:
        """`close()` was called."""
