"""How often an operation is tried again, and how long it waits before each retry."""

from __future__ import annotations

import math
from collections.abc import Callable

from prefactor_http.retry import Backoff, random_jitter

__all__ = ["RetryPolicy"]

_MAX_DELAY = 60.0
_MIN_HURRIED_DELAY = 0.05
_MAX_RETRY_AFTER = 300.0  # a mistaken Retry-After must not hold an operation for the life of the process


class RetryPolicy:
    """Exponential back-off, and the API's Retry-After.

    Args:
        base: seconds before the first retry; doubled with each further one, up to 60 s, give or take 25 %.
        max_retries: how many retries an operation has.
        jitter: gives the factor for each delay.
    """

    def __init__(self, base: float, max_retries: int, *, jitter: Callable[[], float] = random_jitter) -> None:
        self.max_retries = max_retries
        self._backoff = Backoff(base, _MAX_DELAY, jitter=jitter)
        self._until = math.inf

    @property
    def hurried(self) -> bool:
        """Delivery ends soon."""
        return self._until < math.inf

    def hurry(self, until: float) -> None:
        """From now on, no delay is longer than a third of the time that is left until then."""
        self._until = until

    def longest(self, now: float) -> float:
        """The longest delay that may begin now, in seconds."""
        return max((self._until - now) / 3, _MIN_HURRIED_DELAY)

    def delay(self, retry: int, retry_after: float | None = None, *, now: float = 0.0) -> float:
        """Seconds before a retry.

        Args:
            retry: its number, counted from 0.
            retry_after: the seconds that the API asked for; the delay is not shorter, up to 300 s.
            now: the time.
        """
        delay = max(self._backoff.delay(retry), min(retry_after or 0.0, _MAX_RETRY_AFTER))
        return min(delay, self.longest(now))
