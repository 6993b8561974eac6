"""Drains clients that are still open when the process ends: delivers within a deadline, and logs what is lost."""

from __future__ import annotations

import atexit
import concurrent.futures
import sys
from collections.abc import Callable, Iterable
from typing import Any, Protocol
from weakref import WeakMethod

from prefactor_core._deadline import Deadline
from prefactor_core._process.fork import abandon, in_child
from prefactor_http._log import logger_of

__all__ = [
    "Drainable",
    "close_all",
    "drain",
    "drain_at_exit",
    "fail_open_runs",
    "forget",
    "open_deliveries",
    "seconds_to_wait",
]


class Drainable(Protocol):
    """A delivery that the end of the program waits for."""

    @property
    def exit_seconds(self) -> float | None:
        """How many seconds draining may take; None for no limit."""
        ...

    def begin_flush(self, *, hurry: bool = False) -> concurrent.futures.Future[None]:
        """Begin to deliver the operations that wait; in a hurry, since the process may end afterwards."""
        ...

    def begin_close(self, timeout: float | None, *, at_exit: bool = False) -> concurrent.futures.Future[None]:
        """Begin to deliver the operations that wait, and then end.

        Args:
            timeout: seconds that this takes at most; None for `QueueConfig.close_timeout`.
            at_exit: end as soon as the API's host refuses connections, since the process cannot wait for it.
        """
        ...

    def finalise(self) -> None:
        """Drop what is not delivered by now, and log how much that is."""
        ...


logger = logger_of("prefactor_core")

_open: dict[Drainable, WeakMethod[Callable[[str], None]]] = {}
_worker_finalizer: Any = None


def drain_at_exit(delivery: Drainable, fail_open_runs: WeakMethod[Callable[[str], None]]) -> None:
    """Drain a delivery when the process ends, unless it is closed before.

    Args:
        delivery: the delivery.
        fail_open_runs: finishes the runs that are still open as failed, for the reason that it is given.
    """
    _open[delivery] = fail_open_runs
    _drain_when_a_worker_ends()
    _drain_when_a_celery_worker_ends()


def forget(delivery: Drainable) -> None:
    """Do not drain a delivery: it is closed."""
    _open.pop(delivery, None)


def open_deliveries() -> list[Drainable]:
    """The deliveries to drain. Takes no lock."""
    return list(_open)


def fail_open_runs(reason: str) -> None:
    """Finish the runs of all clients that are still open as failed. The process is about to be ended."""
    for method in list(_open.values()):
        fail = method()
        try:
            if fail is not None:
                fail(reason)
        except Exception:
            logger.exception("open runs could not be finished at the end of the process; what waits is delivered")


def seconds_to_wait(deliveries: Iterable[Drainable]) -> float | None:
    """How many seconds to wait for all deliveries; None for no limit."""
    limits = [delivery.exit_seconds for delivery in deliveries]
    known = [limit for limit in limits if limit is not None]
    return max(known, default=0.0) if len(known) == len(limits) else None


@atexit.register
def drain() -> None:
    """Drain all clients, whose open runs have failed. Needs no running event loop."""
    deliveries = open_deliveries()
    try:
        if deliveries:
            fail_open_runs(_reason_of_end())
    finally:  # after Ctrl-C, too: what waits is delivered, and what is lost is logged
        close_all(deliveries)


def _reason_of_end() -> str:
    error = getattr(sys, "last_value", None)  # the unhandled exception; in an interactive session, any of the last ones
    if error is None or hasattr(sys, "ps1"):
        return "the program ended before the run was finished"
    return f"the program was ended by an unhandled {type(error).__name__}"


def close_all(deliveries: list[Drainable]) -> None:
    """Close deliveries at the same time, within one deadline."""
    try:
        closings = [delivery.begin_close(None, at_exit=True) for delivery in deliveries]
        Deadline(seconds_to_wait(deliveries)).wait_for_all(closings)
    finally:  # Ctrl-C ends the wait: what is lost is logged then, too
        for delivery in deliveries:
            delivery.finalise()


def _drain_when_a_worker_ends() -> None:
    """Drain at the end of a worker of multiprocessing or billiard, which runs finalizers of its own, not atexit."""
    global _worker_finalizer  # noqa: PLW0603 - one per process
    util: Any = sys.modules.get("multiprocessing.util")
    if util is None or not _is_worker():
        return
    if _worker_finalizer is None or not _worker_finalizer.still_active():  # a worker clears its parent's
        _worker_finalizer = util.Finalize(None, drain, exitpriority=0)


def _is_worker() -> bool:
    """Whether this process is a worker. In others atexit drains, after what the program has registered there."""
    process: Any = sys.modules.get("multiprocessing.process")
    billiard: Any = sys.modules.get("billiard.process")
    return (process is not None and process.parent_process() is not None) or (
        billiard is not None and billiard.current_process()._parent_pid is not None
    )


def _drain_when_a_celery_worker_ends() -> None:
    """Drain at the end of a worker of Celery's pool, which ends with os._exit after it has sent a signal of Celery."""
    signals: Any = sys.modules.get("celery.signals")
    if signals is not None:
        signals.worker_process_shutdown.connect(_celery_worker_ends, dispatch_uid=__name__)


def _celery_worker_ends(**_: object) -> None:
    drain()


def _reset_in_child() -> None:
    """In a forked child: abandon the deliveries of the parent."""
    abandon(open_deliveries())
    _open.clear()


in_child(_reset_in_child)
