"""The threads that read for the viewer. They are few: what a page asks for must not slow down the agents."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from starlette.exceptions import HTTPException
from starlette.requests import Request

__all__ = ["ViewThreads"]

T = TypeVar("T")


class ViewThreads:
    """Two threads for what a page shows, and one for what takes long: searches, comparisons, exports."""

    def __init__(self) -> None:
        self._short = ThreadPoolExecutor(2, "prefactor-local-view")
        self._long = ThreadPoolExecutor(1, "prefactor-local-long-view")

    async def run(self, function: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._short, function)

    async def run_long(self, request: Request, function: Callable[[], T]) -> T:
        """As `run`, in turn with other long work. It is not begun if the client has gone before."""
        work = asyncio.get_running_loop().run_in_executor(self._long, function)
        gone = asyncio.ensure_future(_wait_until_gone(request))
        try:
            both: set[asyncio.Future[Any]] = {work, gone}
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
            if not work.done():
                raise HTTPException(408, "The client has gone.")  # which nobody reads
            return work.result()
        finally:
            gone.cancel()
            work.cancel()

    def close(self) -> None:
        """Waits for the work in progress. What waits is not begun."""
        for threads in (self._short, self._long):
            threads.shutdown(cancel_futures=True)


async def _wait_until_gone(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
