"""The end of a program that did not close: what waits is delivered within a deadline, or the loss is said."""

from __future__ import annotations

import atexit
import concurrent.futures
import sys
from typing import Any, Protocol

from prefactor_core import _fork

__all__ = ["Drainable", "deadline", "drain", "drain_at_exit", "drained_at_exit", "forget"]


class Drainable(Protocol):
    """What the end of the program waits for."""

    @property
    def exit_seconds(self) -> float | None:
        """How long it may take; None without end."""
        ...

    def begin_flush(self) -> concurrent.futures.Future[None]:
        """Deliver what waits."""
        ...

    def begin_close(self, timeout: float | None) -> concurrent.futures.Future[None]:
        """Deliver what waits, and end."""
        ...

    def finalise(self) -> None:
        """Say what was not delivered."""
        ...

    @property
    def pending(self) -> int:
        """How many operations wait."""
        ...


_open: set[Drainable] = set()
_worker_finalizer: Any = None


def drain_at_exit(delivery: Drainable) -> None:
    """Drain a delivery when the process ends, unless it is closed before."""
    _open.add(delivery)
    _drain_when_a_worker_ends()


def forget(delivery: Drainable) -> None:
    """A delivery is closed."""
    _open.discard(delivery)


def drained_at_exit() -> list[Drainable]:
    """What is open. Takes no lock."""
    return list(_open)


def deadline(deliveries: list[Drainable]) -> float | None:
    """How long to wait for all, in seconds; None without end."""
    limits = [delivery.exit_seconds for delivery in deliveries]
    known = [limit for limit in limits if limit is not None]
    return max(known, default=0.0) if len(known) == len(limits) else None


@atexit.register
def drain() -> None:
    """Deliver what waits, without an event loop of the caller's: all clients at the same time, within one deadline."""
    deliveries = drained_at_exit()
    try:
        closings = [delivery.begin_close(None) for delivery in deliveries]
        concurrent.futures.wait(closings, deadline(deliveries))
    finally:  # an impatient Ctrl-C ends the wait, and is told what it cost
        for delivery in deliveries:
            delivery.finalise()


def _drain_when_a_worker_ends() -> None:
    """A worker of multiprocessing that was forked ends without atexit, but runs the finalizers of multiprocessing."""
    global _worker_finalizer  # noqa: PLW0603 - one per process
    process: Any = sys.modules.get("multiprocessing.process")
    util: Any = sys.modules.get("multiprocessing.util")
    if util is None or process is None or process.parent_process() is None:
        return
    if _worker_finalizer is None or not _worker_finalizer.still_active():  # a worker forgets its parent's
        _worker_finalizer = util.Finalize(None, drain, exitpriority=0)


def _start_anew() -> None:
    """In a forked child nothing is open: what was is the parent's."""
    _fork.abandon(drained_at_exit())
    _open.clear()


_fork.in_child(_start_anew)
