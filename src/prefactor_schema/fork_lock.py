"""A lock that a fork waits for: what is half done in another thread when the process forks is never finished there."""

from __future__ import annotations

import os
from threading import RLock
from types import TracebackType

__all__ = ["ForkLock"]

# Who holds one needs milliseconds, but locks are not fair; not for ever, for the holder may need what the fork holds.
_FORK_WAITS_SECONDS = 10.0


class ForkLock:
    """A lock that its thread may take again, and that nobody holds in a forked child. Never freed: one per purpose."""

    def __init__(self) -> None:
        self._lock = RLock()
        self._held_by_fork = False
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(before=self._before, after_in_parent=self._after, after_in_child=self._after)

    def __enter__(self) -> None:
        self._lock.acquire()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._lock.release()

    def _before(self) -> None:
        self._held_by_fork = self._lock.acquire(timeout=_FORK_WAITS_SECONDS)

    def _after(self) -> None:
        if self._held_by_fork:
            self._lock.release()
