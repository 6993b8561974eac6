"""A queue in memory that works from any thread and any event loop."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Any, TypeVar

from prefactor_core.queue.base import Queue, QueueClosedError

__all__ = ["InMemoryQueue"]

T = TypeVar("T")


class InMemoryQueue(Queue[T]):
    """An unbounded first-in, first-out queue. Every method works from any thread and any event loop.

    There is no lock. A getter first enters itself among the sleepers and then looks for items once more; a putter first
    appends its item and then looks for sleepers. So at least one of them sees the other.
    """

    def __init__(self) -> None:
        self._items: deque[T] = deque()
        self._sleepers: deque[asyncio.Future[None]] = deque()
        self._closed = False

    def put_nowait(self, item: T) -> None:
        """Add an item.

        Raises:
            QueueClosedError: the queue is closed.
        """
        if self._closed:
            raise QueueClosedError("the queue is closed")
        self._items.append(item)
        if self._sleepers:
            self._wake_one()

    async def put(self, item: T) -> None:
        """Add an item; never waits."""
        self.put_nowait(item)

    def get_nowait(self, limit: int) -> list[T]:
        """Take the items that wait, oldest first, at most `limit` of them. Empty if no item waits."""
        items = self._items
        taken: list[T] = []
        while len(taken) < limit:
            try:
                taken.append(items.popleft())
            except IndexError:
                break
        return taken

    async def get(self) -> T:
        """Wait for an item and take it.

        Raises:
            QueueClosedError: the queue is closed and empty.
        """
        while True:
            if taken := self.get_nowait(1):
                return taken[0]
            if self._closed:
                raise QueueClosedError("the queue is closed")
            await self._sleep()

    async def _sleep(self) -> None:
        sleeper: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._sleepers.append(sleeper)
        if self._items or self._closed:
            self._discard(sleeper)
            return
        try:
            await sleeper
        except asyncio.CancelledError:
            self._discard(sleeper)
            if self._items:  # the wake-up may have come to this getter: pass it on
                self._wake_one()
            raise

    def _discard(self, sleeper: asyncio.Future[None]) -> None:
        try:
            self._sleepers.remove(sleeper)
        except ValueError:
            self._wake_one()  # it was removed to be woken, and does not need to be: wake another one

    def _wake_one(self) -> None:
        while True:
            try:
                sleeper = self._sleepers.popleft()
            except IndexError:
                return
            try:
                sleeper.get_loop().call_soon_threadsafe(_finish, sleeper)
            except RuntimeError:  # its loop is closed
                continue
            return

    def size(self) -> int:
        """How many items wait."""
        return len(self._items)

    async def close(self, num_waiters: int = 1) -> None:  # noqa: ARG002 - the queue knows its sleepers
        """Accept no more items. Items that wait can still be taken."""
        self.close_nowait()

    def close_nowait(self) -> None:
        """As `close`, without a coroutine."""
        self._closed = True
        while self._sleepers:
            self._wake_one()

    @property
    def closed(self) -> bool:
        """Whether `close()` was called."""
        return self._closed


def _finish(sleeper: asyncio.Future[Any]) -> None:
    if not sleeper.done():
        sleeper.set_result(None)
