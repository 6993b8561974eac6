"""Time limits."""

from __future__ import annotations

import concurrent.futures
import contextlib
import math
from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from prefactor_http._clock import monotonic

if TYPE_CHECKING:
    import asyncio

__all__ = ["FROZEN_SECONDS", "Deadline"]

FROZEN_SECONDS = 1.0
"""What is so much later than it was to be shows that the process did not run."""

_TICK_SECONDS = 0.25
_SECONDS_AFTER_A_FREEZE = 2.0


class Deadline:
    """A time limit that does not count the time in which the process did not run.

    A process may be stopped and continued (SIGSTOP, the freezing of a container or of a serverless function). When it
    goes on, every ordinary time-out has passed, although nothing could be done. This one leaves a fresh minimum then.

    Args:
        seconds: how much time there is; None for no limit.

    Attributes:
        at: when the time is over, on the clock `monotonic()`; infinity for no limit.
    """

    def __init__(self, seconds: float | None) -> None:
        self.at = math.inf if seconds is None else monotonic() + seconds

    @property
    def is_over(self) -> bool:
        """There is no time left."""
        return monotonic() >= self.at

    async def wait(self, event: asyncio.Event) -> None:
        """Wait for an event, until the time is over."""
        import asyncio  # noqa: PLC0415 - it takes long to import; where there is an event, it is imported already

        while not event.is_set():
            before = monotonic()
            if (tick := self._tick(before)) <= 0:
                return
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(tick):
                    await event.wait()
            self._look_for_a_freeze(before + tick)

    def wait_for_all(self, futures: Collection[concurrent.futures.Future[Any]]) -> None:
        """Wait until all futures are done, without an event loop."""
        while (tick := self._tick(before := monotonic())) > 0:
            if not concurrent.futures.wait(futures, tick).not_done:
                return
            self._look_for_a_freeze(before + tick)

    def _tick(self, now: float) -> float:
        return min(self.at - now, _TICK_SECONDS)

    def _look_for_a_freeze(self, expected: float) -> None:
        now = monotonic()
        if now > expected + FROZEN_SECONDS:
            self.at = max(self.at, now + _SECONDS_AFTER_A_FREEZE)
