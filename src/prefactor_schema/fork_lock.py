"""A lock that `os.fork()` waits for.

The child has only the thread that forked. Work that another thread had begun would stay unfinished in it.
"""

from __future__ import annotations

import os
from threading import RLock
from types import TracebackType

__all__ = ["ForkLock"]

# A holder needs milliseconds, but locks are not fair. The wait is limited, because a holder may need a lock of the
# forking thread.
_FORK_WAITS_SECONDS = 10.0


class ForkLock:
    """A reentrant lock that no thread holds in a forked child. It is never freed: make one per purpose."""

    def __init__(self) -> None:
        self._lock = RLock()
        self._held_by_fork = False
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(before=self._before, after_in_parent=self._after, after_in_child=self._after)

    def __enter__(self) -> None:
        self._lock.acquire()

    def __exit__(
        self, error_type: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._lock.release()

    def _before(self) -> None:
        self._held_by_fork = self._lock.acquire(timeout=_FORK_WAITS_SECONDS)

    def _after(self) -> None:
        if self._held_by_fork:
            self._lock.release()
