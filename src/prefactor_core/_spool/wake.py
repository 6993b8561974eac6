"""Wakes a thread."""

from __future__ import annotations

import contextlib
from queue import Empty, SimpleQueue

__all__ = ["Wake"]


class Wake:
    """Like a threading.Event, but `set()` may also be called by a signal handler that interrupts `set()`.

    The lock of an Event is not reentrant: the agent's thread would wait for itself.
    """

    def __init__(self) -> None:
        self._calls: SimpleQueue[None] = SimpleQueue()

    def set(self) -> None:
        """Let `wait()` return: the one that is waiting, or the next one."""
        if self._calls.empty():
            self._calls.put(None)

    def wait(self, seconds: float) -> None:
        """Wait for `set()`, for so many seconds at most."""
        with contextlib.suppress(Empty):
            self._calls.get(timeout=max(seconds, 0.0))
            while True:  # several threads may have called at once
                self._calls.get_nowait()
