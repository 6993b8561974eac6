"""How often an operation is tried again, and how long it waits before each retry."""

from __future__ import annotations

from collections.abc import Callable

from prefactor_http.retry import Backoff, random_jitter

__all__ = ["RetryPolicy"]

_MAX_DELAY = 60.0
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

    def delay(self, retry: int, retry_after: float | None = None) -> float:
        """Seconds before retry number `retry`, counted from 0, and not less than the API asked for (up to 300 s)."""
        return max(self._backoff.delay(retry), min(retry_after or 0.0, _MAX_RETRY_AFTER))
