"""Sending: sends what dispatch hands out, `num_workers` requests at a time, and gives the outcomes back.

A request whose answer is overdue is sent again on a new connection: the first one may be dead, or lead to a server
that hangs. If that does not help, its worker goes on with other operations, while the request waits for an answer.

Everything here runs on the delivery thread, except `Sending.never_send()`.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable
from functools import partial
from typing import cast

from prefactor_core._deadline import FROZEN_SECONDS
from prefactor_core._delivery.dispatch import INTERNAL_ERROR, Dispatch, Effects
from prefactor_core._delivery.loop_thread import LoopThread
from prefactor_core._delivery.loss_log import LossLog
from prefactor_core._delivery.outcomes import BulkFailed, BulkOutcome, Failed, Outcome
from prefactor_core._delivery.patience import Patience, RepeatBudget
from prefactor_core._delivery.scheduler import mark_never_created
from prefactor_core._delivery.sender import Sender
from prefactor_core._delivery.slices import Slices
from prefactor_core._delivery.ticket import Batch
from prefactor_core._delivery.tries import Result, Tries
from prefactor_core._delivery.waiting_starts import WaitingStarts
from prefactor_core._records.records import SpanRecord
from prefactor_core.operations import Operation, OperationType
from prefactor_http._log import logger_of
from prefactor_http._text import error_text
from prefactor_http.exceptions import PrefactorConnectionError

__all__ = ["Sending"]

_MAX_SILENT = 8  # so many requests may wait for an answer without a worker
_MAX_REPEAT_SECONDS = 5.0
_MAX_REPETITIONS = 3

_INTERNAL_ERROR_TEXT = "internal error in delivery, which continues; please report it with this traceback"

logger = logger_of("prefactor_core")


class Sending:
    """Keeps as many requests running as there are workers, while something can be sent.

    Args:
        dispatch: decides what is sent when.
        sender: makes the requests.
        num_workers: how many requests run at a time, apart from those whose answers are long overdue.
        request_timeout: seconds after which a try ends.
        thread: the delivery thread.
        starts: the calls of `start()` that wait for an answer.
        loss_log: reports what dispatch decides.
        slices: lets other threads run between operations.
        on_pump: called after every `pump()`.
    """

    def __init__(
        self,
        dispatch: Dispatch,
        sender: Sender,
        num_workers: int,
        *,
        request_timeout: float,
        thread: LoopThread,
        starts: WaitingStarts,
        loss_log: LossLog,
        slices: Slices,
        on_pump: Callable[[], None],
    ) -> None:
        self._dispatch = dispatch
        self._sender = sender
        self._num_workers = num_workers
        self._thread = thread
        self._starts = starts
        self._loss_log = loss_log
        self._slices = slices
        self._on_pump = on_pump
        self._requests: set[asyncio.Task[None]] = set()
        self._stopped = False
        self._running = 0
        self._unanswered: dict[Tries, None] = {}  # oldest first
        self._silent: dict[Tries, None] = {}
        self._single_patience = Patience(request_timeout)
        self._bulk_patience = Patience(request_timeout)
        self._budget = RepeatBudget()
        self._hurried = False
        self._timer: asyncio.TimerHandle | None = None

    async def stop(self) -> None:
        """Send no more; requests that are running are cancelled."""
        self._stopped = True
        for request in self._requests:
            request.cancel()
        await asyncio.gather(*self._requests, return_exceptions=True)

    def pump(self) -> None:
        """Send what can be sent now, and set the timer for what can be sent later.

        Called whenever that may have changed: operations were admitted or released, a request has ended, or the timer
        has fired.
        """
        try:
            self._pump()
        except Exception:  # the caller must continue: a worker, the intake, or the timer
            logger.exception(_INTERNAL_ERROR_TEXT)

    def _pump(self) -> None:
        if self._stopped:
            return
        now = self._thread.loop.time()
        while self._running < self._num_workers and (batch := self._dispatch.next_batch(now)):
            self._running += 1
            # Not a queue and workers that wait for it: to wake a worker takes several steps of the event loop.
            request = self._thread.loop.create_task(self._send(batch))
            self._requests.add(request)
            request.add_done_callback(self._requests.discard)
        if self._silent and self._dispatch.probe_is_due(now):
            self._probe_with_a_silent_one(now)
        self._set_timer()
        self._on_pump()

    def _probe_with_a_silent_one(self, now: float) -> None:
        """During an outage, with no other operation that can be the probe. They take turns."""
        tries = next(iter(self._silent))
        del self._silent[tries]
        self._silent[tries] = None
        self._repeat(tries)
        self._dispatch.probe_repeated(now, self._patience(tries))

    def _set_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        times = [
            self._dispatch.wake_at() if self._running < self._num_workers else None,
            self._dispatch.next_probe() if self._silent else None,
        ]
        known = [at for at in times if at is not None]
        self._timer = self._thread.loop.call_at(min(known), self.pump) if known else None

    def report(self, effects: Effects) -> None:
        """Report the effects of a decision: let the `start()` of spans that failed return, then log."""
        self._starts.release(*(error.operation.span for error in effects.errors if error.operation.span))
        self._loss_log.record(effects)

    def release_parked(self) -> None:
        """Send the children whose parents were never handed over, without a parent."""
        self.report(self._dispatch.release_parked())
        self.pump()

    def never_send(self, operation: Operation, reason: str) -> None:
        """Record that an operation is dropped before dispatch, and release what waits for it. From any thread."""
        mark_never_created(operation)
        span = operation.span
        if span is None or operation.type is not OperationType.CREATE_SPAN:
            return
        span.dropped = reason
        self._starts.release(span)
        if self._dispatch.has_parked:
            self._thread.call_soon(partial(self._release_children, span))

    def _release_children(self, span: SpanRecord) -> None:
        self.report(self._dispatch.release_children(span))
        self.pump()

    def hurry(self, until: float) -> None:
        """Delivery ends soon: repeat what is not answered after a second, and let no delay take long.

        Args:
            until: when delivery ends (loop time); infinity if it does not.
        """
        now = self._thread.loop.time()
        self._hurried = until < math.inf
        self._dispatch.hurry(until, now)
        for tries in self._unanswered:
            self._watch(tries, max(tries.started_at + self._patience(tries) - now, 0.0))
        self.pump()

    async def _send(self, batch: Batch) -> None:
        tries = Tries(batch, partial(self._result, batch), self._thread.loop)
        self._unanswered[tries] = None
        try:
            tries.start(fresh=self._dispatch.paused)
            self._watch(tries, self._patience(tries))
            result = await tries.result
            self._learn(tries)
            was_paused = self._dispatch.paused
            effects = self._decide(batch, result)
            self._starts.release(*(ticket.operation.span for ticket in batch.tickets if ticket.operation.span))
            self.report(effects)
            if was_paused and not self._dispatch.paused:
                self._repeat_silent()
        except Exception as error:
            logger.exception(_INTERNAL_ERROR_TEXT)
            for ticket in batch.tickets:
                self.report(self._dispatch.give_up(ticket, error))
        finally:
            if not self._thread.loop.is_closed():  # otherwise something has ended the thread, and nothing goes on
                self._forget(tries)
                self.pump()

    def _forget(self, tries: Tries) -> None:
        tries.stop()
        del self._unanswered[tries]
        if tries.silent:
            del self._silent[tries]
        else:
            self._running -= 1

    def _decide(self, batch: Batch, result: Result) -> Effects:
        now = self._thread.loop.time()
        if len(batch.tickets) == 1:
            return self._dispatch.decide(batch.tickets[0], cast("Outcome", result), now)
        return self._dispatch.decide_bulk(batch, cast("BulkOutcome", result), now)

    def _watch(self, tries: Tries, seconds: float) -> None:
        if tries.timer is not None:
            tries.timer.cancel()
        tries.timer = self._thread.loop.call_later(seconds, self._overdue, tries)

    def _overdue(self, tries: Tries) -> None:
        """The answer is overdue.

        1. For the first time: the request is repeated, if the budget allows it.
        2. Later: its worker goes on with other operations. If no request has succeeded since the first try, that is an
           outage. Otherwise the request is repeated twice more, if the budget allows it.

        A probe is not repeated: the next one will be. When delivery ends soon, everything is repeated. So it is when
        the process did not run for a while, which may have cost the connection, and says nothing about the API.
        """
        if tries.result.done():
            return
        try:
            if was_frozen := self._is_late(tries):
                tries.overdue = 0
            else:
                tries.overdue += 1
            if tries.overdue > 1 or self._dispatch.paused:
                self._give_worker_back(tries)
            if was_frozen or self._hurried or self._may_be_repeated(tries):
                self._repeat(tries)
            self._watch(tries, self._repeat_after(tries))
        except Exception:
            logger.exception(_INTERNAL_ERROR_TEXT)
        self.pump()

    def _may_be_repeated(self, tries: Tries) -> bool:
        return not self._dispatch.paused and tries.overdue <= _MAX_REPETITIONS and self._budget.take()

    def _is_late(self, tries: Tries) -> bool:
        """The timer fired much too late."""
        return tries.timer is not None and self._thread.loop.time() - tries.timer.when() > FROZEN_SECONDS

    def _give_worker_back(self, tries: Tries) -> None:
        now = self._thread.loop.time()
        if not tries.silent and len(self._silent) < _MAX_SILENT:
            tries.silent = True
            self._silent[tries] = None
            self._running -= 1
        error = PrefactorConnectionError(f"no answer within {now - tries.started_at:.1f} s")
        self.report(self._dispatch.overdue(tries.batch, error, now))

    def _repeat(self, tries: Tries) -> None:
        self._dispatch.repeated(tries.batch)
        tries.start(fresh=True)

    def _repeat_silent(self) -> None:
        """The API is available again, and may have forgotten the requests that it did not answer."""
        for tries in list(self._silent):
            self._repeat(tries)

    def _repeat_after(self, tries: Tries) -> float:
        seconds = self._patience(tries)
        if self._hurried:
            return seconds
        return max(seconds, min(seconds * 2.0 ** max(tries.overdue - 1, 0), _MAX_REPEAT_SECONDS))

    def _patience(self, tries: Tries) -> float:
        size: int = sum(ticket.operation.size for ticket in tries.batch.tickets)
        return self._patience_for(tries).seconds(size, hurried=self._hurried)

    def _patience_for(self, tries: Tries) -> Patience:
        return self._single_patience if len(tries.batch.tickets) == 1 else self._bulk_patience

    def _learn(self, tries: Tries) -> None:
        if tries.seconds is not None:
            self._patience_for(tries).learn(tries.seconds)
            self._budget.answered(by_repetition=tries.answered_by_repetition)

    async def _result(self, batch: Batch, fresh: bool) -> Result:
        if len(batch.tickets) == 1:
            return await self._outcome(batch, fresh=fresh)
        return await self._bulk_outcome(batch, fresh=fresh)

    async def _outcome(self, batch: Batch, *, fresh: bool) -> Outcome:
        """The sender should not raise. If it does, this operation fails, and delivery continues."""
        try:
            return await self._sender.send(batch.tickets[0], fresh=fresh)
        except asyncio.CancelledError:
            raise
        except BaseException as error:
            return Failed(_internal_error(error), INTERNAL_ERROR, answered=False)

    async def _bulk_outcome(self, batch: Batch, *, fresh: bool) -> BulkOutcome:
        """As `_outcome()`, but the operations are then sent separately."""
        try:
            return await self._sender.send_bulk(batch, fresh=fresh, pause=self._slices.pause)
        except asyncio.CancelledError:
            raise
        except BaseException as error:
            return BulkFailed(_internal_error(error), refused=False)


def _internal_error(error: BaseException) -> RuntimeError:
    return RuntimeError(f"internal error while sending: {type(error).__name__}: {error_text(error)}")
