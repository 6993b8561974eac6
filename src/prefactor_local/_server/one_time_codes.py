"""Codes that stand for the viewer's token: other users of the machine see the link that a browser is started with."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable

__all__ = ["OneTimeCodes"]

VALID_SECONDS = 60.0
MOST_CODES = 100
"""How many may wait to be used. The oldest goes first."""


class OneTimeCodes:
    """Each code is valid once, and for a minute. Methods may be called from any thread.

    Args:
        clock: The time in seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._ends: dict[str, float] = {}
        self._lock = threading.Lock()

    def new(self) -> str:
        code = secrets.token_urlsafe(24)
        with self._lock:
            while len(self._ends) >= MOST_CODES:
                del self._ends[next(iter(self._ends))]
            self._ends[code] = self._clock() + VALID_SECONDS
        return code

    def use(self, code: str) -> bool:
        """Whether the code is valid. It is not any more."""
        with self._lock:
            end = self._ends.pop(code, None)
        return end is not None and self._clock() < end
