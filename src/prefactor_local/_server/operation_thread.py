"""The thread that executes operations, so that the event loop answers whatever an operation takes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import ParamSpec, TypeVar

__all__ = ["OperationThread"]

P = ParamSpec("P")
T = TypeVar("T")


class OperationThread:
    """Executes operations one after another, in the order in which their requests arrived."""

    def __init__(self) -> None:
        self._executor = ThreadPoolExecutor(1, "prefactor-local-operations")
        self._executor.submit(bool)  # starts the thread now: tests compare the threads before and after

    async def run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Calls the function in the thread, and returns or raises what it does."""
        return await asyncio.get_running_loop().run_in_executor(self._executor, partial(function, *args, **kwargs))

    def close(self) -> None:
        """Waits for the operation in progress. Those that wait are not executed."""
        self._executor.shutdown(cancel_futures=True)
