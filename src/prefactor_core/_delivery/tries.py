"""The tries of one batch: the same request, until one of them is answered."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import TypeAlias

from prefactor_core._delivery.outcomes import BulkOutcome, Outcome, TryAgain
from prefactor_core._delivery.ticket import Batch

__all__ = ["Result", "Tries"]

_MAX_RUNNING = 5

Result: TypeAlias = Outcome | BulkOutcome


class Tries:
    """Sends a batch, and sends it again on a new connection when that is asked for. The first answer counts.

    A try without an answer, because its connection is half dead or the API is slow, goes on: its answer may still come.
    All tries have the same idempotency keys, so the API executes the operations once.

    Args:
        batch: what is sent.
        send: makes the request; with True on a new connection. Its coroutine never raises.
        loop: the event loop.

    Attributes:
        result: done with the first answer, or when every try has ended without one.
        started_at: when the first try began (loop time).
        overdue: how often the answer was found to be overdue.
        silent: no worker waits for the answer any more.
        timer: finds the answer overdue.
    """

    def __init__(
        self, batch: Batch, send: Callable[[bool], Coroutine[None, None, Result]], loop: asyncio.AbstractEventLoop
    ) -> None:
        self.batch = batch
        self.result: asyncio.Future[Result] = loop.create_future()
        self.started_at = loop.time()
        self.overdue = 0
        self.silent = False
        self.timer: asyncio.TimerHandle | None = None
        self._send = send
        self._loop = loop
        self._running: dict[asyncio.Task[Result], float] = {}
        self._first: asyncio.Task[Result] | None = None
        self._answered_by: tuple[asyncio.Task[Result], float] | None = None

    def start(self, *, fresh: bool) -> None:
        """Begin another try. Of too many, the oldest ends: it is the least likely one to be answered."""
        if len(self._running) >= _MAX_RUNNING:
            next(iter(self._running)).cancel()
        task = self._loop.create_task(self._send(fresh))
        self._first = self._first or task
        self._running[task] = self._loop.time()
        task.add_done_callback(self._ended)

    def stop(self) -> None:
        """End what is still running."""
        if self.timer is not None:
            self.timer.cancel()
        for task in self._running:
            task.cancel()

    @property
    def seconds(self) -> float | None:
        """How long the try that was answered took; None if none was answered."""
        return self._answered_by[1] if self._answered_by else None

    @property
    def answered_by_repetition(self) -> bool:
        """The first try was not the one that was answered."""
        return self._answered_by is not None and self._answered_by[0] is not self._first

    def _ended(self, task: asyncio.Task[Result]) -> None:
        began_at = self._running.pop(task)
        if self.result.done() or task.cancelled():
            return
        result = task.result()
        if not (isinstance(result, TryAgain) and result.unreachable):
            self._answered_by = task, self._loop.time() - began_at
        elif self._running:
            return
        self.result.set_result(result)
