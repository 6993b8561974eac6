"""A pool of workers."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from prefactor_core.queue.base import Queue, QueueClosedError
from prefactor_http._log import logger_of

__all__ = ["TaskExecutor"]

_FIRST_RETRY_DELAY = 1.0

logger = logger_of("prefactor_core")


class TaskExecutor:
    """Takes items from a queue and gives each to a handler, several at a time.

    Args:
        queue: the queue.
        handler: called with each item. If it raises, it is called again; after the last attempt, the error is logged.
        num_workers: how many items are handled at a time.
        max_retries: how often the handler is called again for an item, after 1, 2, 4 … seconds, during which
            its worker waits.
        is_retryable: whether to try again after an exception; by default, or with None, after every exception.
    """

    def __init__(
        self,
        queue: Queue[Any],
        handler: Callable[[Any], Awaitable[None]],
        num_workers: int = 3,
        max_retries: int = 3,
        *,
        is_retryable: Callable[[Exception], bool] | None = None,
    ) -> None:
        self._queue = queue
        self._handler = handler
        self._num_workers = num_workers
        self._max_retries = max_retries
        self._is_retryable = is_retryable or _is_any_exception
        self._workers: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Start the workers on the running event loop. Does nothing if they run already."""
        if not self._workers:
            self._workers = [asyncio.create_task(self._work()) for _ in range(self._num_workers)]

    async def stop(self) -> None:
        """Close the queue and wait until its items are handled. If this call is cancelled, so are the workers."""
        await self._queue.close(num_waiters=len(self._workers))
        workers, self._workers = self._workers, []
        try:
            await asyncio.gather(*workers)
        finally:
            for worker in workers:
                worker.cancel()
            await asyncio.gather(*workers, return_exceptions=True)

    async def _work(self) -> None:
        while True:
            try:
                item = await self._queue.get()
            except QueueClosedError:
                return
            await self._handle(item)

    async def _handle(self, item: Any) -> None:
        for attempt in range(self._max_retries + 1):
            try:
                await self._handler(item)
            except Exception as error:
                if attempt < self._max_retries and self._is_retryable(error):
                    await asyncio.sleep(_FIRST_RETRY_DELAY * 2**attempt)
                    continue
                logger.exception(
                    "an item is dropped, because its handler raised an exception; attempts: %d", attempt + 1
                )
            return


def _is_any_exception(_error: Exception) -> bool:
    return True
