"""Time limits."""

from __future__ import annotations

import asyncio
import contextlib
import math

__all__ = ["FROZEN_SECONDS", "Deadline"]

_TICK_SECONDS = 0.25
FROZEN_SECONDS = 1.0
_SECONDS_AFTER_A_FREEZE = 2.0


class Deadline:
    """A time limit that does not count the time in which the process did not run.

    A process may be stopped and continued (SIGSTOP, the freezing of a container or of a serverless function). When it
    goes on, every ordinary time-out has passed, although nothing could be done. This one leaves a fresh minimum then.

    Args:
        seconds: how much time there is; None for no limit.

    Attributes:
        at: when the time is over, in the time of the running event loop; infinity for no limit.
    """

    def __init__(self, seconds: float | None) -> None:
        self._loop = asyncio.get_running_loop()
        self.at = math.inf if seconds is None else self._loop.time() + seconds

    @property
    def is_over(self) -> bool:
        """There is no time left."""
        return self._loop.time() >= self.at

    async def wait(self, event: asyncio.Event) -> bool:
        """Wait for an event. Return whether it came in time."""
        while not event.is_set():
            before = self._loop.time()
            tick = min(self.at - before, _TICK_SECONDS)
            if tick <= 0:
                return False
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(tick):
                    await event.wait()
            now = self._loop.time()
            if now - before > tick + FROZEN_SECONDS:
                self.at = max(self.at, now + _SECONDS_AFTER_A_FREEZE)
        return True
