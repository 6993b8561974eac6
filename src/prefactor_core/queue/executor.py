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
        queue: where the items come from.
        handler: called once per item; what it raises is retried, then logged.
        num_workers: how many items are handled at a time.
        max_retries: how often an item is given to the handler again, after 1, 2, 4 … seconds. The client passes 0:
            its retries are scheduled, for a wait must not occupy a worker.
        is_retryable: which exceptions are worth a retry; all by default.
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
        self._is_retryable = is_retryable
        self._workers: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Start the workers on the running event loop; does nothing when they run."""
        if not self._workers:
            self._workers = [asyncio.create_task(self._work()) for _ in range(self._num_workers)]

    async def stop(self) -> None:
        """Close the queue and wait until what it holds is handled. When cancelled, the workers are cancelled."""
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
                if attempt < self._max_retries and (self._is_retryable is None or self._is_retryable(error)):
                    await asyncio.sleep(_FIRST_RETRY_DELAY * 2**attempt)
                    continue
                logger.exception("an item was given up after %d attempts", attempt + 1)
            return
