"""How long to wait before an operation is tried again."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field

__all__ = ["RetryPolicy"]

_MAX_DELAY = 60.0
_MAX_ASKED_DELAY = 300.0  # of Retry-After: a mistaken answer must not hold an operation for the life of the process


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """`base * 2**n` seconds, times 0.75 to 1.25 so that clients do not march in step, and not sooner than asked."""

    base: float
    max_retries: int
    random: Callable[[], float] = field(default=random.random)

    def delay(self, retry: int, retry_after: float | None) -> float:
        """Seconds before retry number `retry`, counted from 0; `retry_after` is what the API asked for,
        honoured up to `_MAX_ASKED_DELAY`.
        """
        backoff = min(self.base * 2.0 ** min(retry, 32), _MAX_DELAY) * (0.75 + self.random() / 2)
        return max(backoff, min(retry_after or 0.0, _MAX_ASKED_DELAY))
