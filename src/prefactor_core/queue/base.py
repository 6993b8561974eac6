"""The interface of a queue."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Generic, TypeVar

__all__ = ["Queue", "QueueClosedError"]

T = TypeVar("T")


class QueueClosedError(Exception):
    """`put()` on a closed queue, or `get()` on one that is closed and empty."""


class Queue(ABC, Generic[T]):
    """A first-in, first-out queue.

    A client calls all methods of a queue that it is given on its delivery loop, so the queue may be written for one
    event loop. The exception is InMemoryQueue itself: it works from any thread, and the calling thread fills it.
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
        """Accept no more items. Items that wait can still be taken. Closing again does nothing.

        Args:
            num_waiters: how many calls of `get()` may be waiting, for queues that must wake each of them.
        """

    @property
    @abstractmethod
    def closed(self) -> bool:
        """Whether `close()` was called."""
