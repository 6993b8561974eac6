"""The thread that executes operations, so that the event loop answers whatever an operation takes."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import ParamSpec, TypeVar

__all__ = ["OperationThread"]

P = ParamSpec("P")
T = TypeVar("T")

VIEW_SHARE = 0.1
"""The part of the thread's time that the viewer gets while operations wait."""


class OperationThread:
    """Executes operations one after another, in the order in which their requests arrived.

    Use it on one event loop.
    """

    def __init__(self) -> None:
        self._executor = ThreadPoolExecutor(1, "prefactor-local-operations")
        self._executor.submit(bool)  # starts the thread now: tests compare the threads before and after
        self._operations = 0
        self._steps: deque[asyncio.Future[None]] = deque()
        self._in_step = False
        self._next_step = 0.0  # when one may begin although operations wait

    async def run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Calls the function in the thread, and returns or raises what it does."""
        self._operations += 1
        try:
            return await self._call(partial(function, *args, **kwargs))
        finally:
            self._operations -= 1
            self._begin_step()

    async def run_step(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """As `run`, for a short step of the viewer, which lets operations go first."""
        turn = asyncio.get_running_loop().create_future()
        self._steps.append(turn)
        self._begin_step()
        try:
            await turn
            return await self._call(partial(self._timed, partial(function, *args, **kwargs)))
        finally:
            if turn.done() and not turn.cancelled():
                self._in_step = False
            self._begin_step()

    def close(self) -> None:
        """Waits for the operation in progress. Those that wait are not executed."""
        self._executor.shutdown(cancel_futures=True)

    async def _call(self, call: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._executor, call)

    def _timed(self, step: Callable[[], T]) -> T:
        start = time.monotonic()
        try:
            return step()
        finally:
            end = time.monotonic()
            self._next_step = end + (end - start) * (1 / VIEW_SHARE - 1)

    def _begin_step(self) -> None:
        """Lets the next step go to the thread, where it comes after the operations that wait there."""
        while self._steps and self._steps[0].done():  # its request was cancelled
            self._steps.popleft()
        if not self._steps or self._in_step:
            return
        if self._operations and time.monotonic() < self._next_step:
            return  # the end of an operation comes back here
        self._in_step = True
        self._steps.popleft().set_result(None)
