"""Checks of payloads that take their time and lead to a warning at most: the delivery thread makes them."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable

from prefactor_core._incidents import FirstTime
from prefactor_http._log import logger_of

__all__ = ["LateChecks"]

_MOST_WAITING = 1000

logger = logger_of("prefactor_core")


class LateChecks:
    """Checks that wait, at most 1,000 of them: while more come than can be made, the others are left out."""

    def __init__(self) -> None:
        self._waiting: deque[Callable[[], None]] = deque()
        self._first_time = FirstTime()
        self._running: asyncio.Task[None] | None = None

    def add(self, check: Callable[[], None]) -> None:
        """Take a check, from any thread; never waits."""
        if len(self._waiting) < _MOST_WAITING:
            self._waiting.append(check)
        elif self._first_time("left out"):
            logger.warning("payloads come faster than they can be checked: not all of them are; they are recorded")

    # Below: on the delivery thread.

    def begin(self) -> None:
        """Make the checks that wait, beside what else the loop has to do."""
        if self._waiting and (self._running is None or self._running.done()):
            self._running = asyncio.create_task(self._make())

    async def rest(self) -> None:
        """Wait until none waits."""
        self.begin()
        if self._running is not None:
            await asyncio.shield(self._running)

    async def _make(self) -> None:
        while self._waiting:
            began = time.monotonic()
            try:
                self._waiting.popleft()()
            except BaseException:  # SystemExit too: it would end the thread
                if self._first_time("failed"):
                    logger.exception("a payload could not be checked; further ones are not logged")
            await asyncio.sleep(time.monotonic() - began)  # delivery has half of the thread's time at least
