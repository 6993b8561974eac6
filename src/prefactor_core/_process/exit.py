"""Drains clients that are still open when the program ends: delivers within a deadline, and logs what is lost."""

from __future__ import annotations

import atexit
import concurrent.futures
import sys
from typing import Any, Protocol

from prefactor_core._process.fork import abandon, in_child

__all__ = ["Drainable", "drain", "drain_at_exit", "forget", "open_deliveries", "seconds_to_wait"]


class Drainable(Protocol):
    """A delivery that the end of the program waits for."""

    @property
    def exit_seconds(self) -> float | None:
        """How many seconds draining may take; None for no limit."""
        ...

    def begin_flush(self) -> concurrent.futures.Future[None]:
        """Begin to deliver the operations that wait."""
        ...

    def begin_close(self, timeout: float | None) -> concurrent.futures.Future[None]:
        """Begin to deliver the operations that wait, and then end."""
        ...

    def finalise(self) -> None:
        """Drop what is not delivered by now, and log how much that is."""
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
    """Do not drain a delivery: it is closed."""
    _open.discard(delivery)


def open_deliveries() -> list[Drainable]:
    """The deliveries to drain. Takes no lock."""
    return list(_open)


def seconds_to_wait(deliveries: list[Drainable]) -> float | None:
    """How many seconds to wait for all deliveries; None for no limit."""
    limits = [delivery.exit_seconds for delivery in deliveries]
    known = [limit for limit in limits if limit is not None]
    return max(known, default=0.0) if len(known) == len(limits) else None


@atexit.register
def drain() -> None:
    """Drain all clients at the same time, within one deadline. Needs no running event loop."""
    deliveries = open_deliveries()
    try:
        closings = [delivery.begin_close(None) for delivery in deliveries]
        concurrent.futures.wait(closings, seconds_to_wait(deliveries))
    finally:  # Ctrl-C ends the wait: what is lost is logged then, too
        for delivery in deliveries:
            delivery.finalise()


def _drain_when_a_worker_ends() -> None:
    """Drain at the end of a forked worker of multiprocessing, which runs finalizers of its own in place of atexit."""
    global _worker_finalizer  # noqa: PLW0603 - one per process
    process: Any = sys.modules.get("multiprocessing.process")
    util: Any = sys.modules.get("multiprocessing.util")
    if util is None or process is None or process.parent_process() is None:
        return
    if _worker_finalizer is None or not _worker_finalizer.still_active():  # a worker clears its parent's
        _worker_finalizer = util.Finalize(None, drain, exitpriority=0)


def _reset_in_child() -> None:
    """In a forked child: abandon the deliveries of the parent."""
    abandon(open_deliveries())
    _open.clear()


in_child(_reset_in_child)
