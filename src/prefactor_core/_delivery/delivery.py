"""Delivery: takes operations on any thread, and sends them on a thread of its own. This docstring is the map.

    agent's threads │ delivery thread
                    │
    HandOver ── inbox ── Intake ── Dispatch ── batches ── Sending ── Sender ── API
                    │                  └────── outcomes ─────┘

Where to look:

    is an operation accepted or dropped?     HandOver.submit(), QueueBound
    when are operations admitted?            Intake, in the intervals of Pace; HandOver and flushes hurry it
    when is a batch sent, what is in it?     Dispatch.next_batch(), which asks OutageMonitor (now?), BulkUse (how much?)
                                             and Scheduler (which operations?); called by Sending.pump()
    when is a request sent again?            Sending, which asks Patience and RepeatBudget; Tries are its tries
    what does an answer mean?                outcomes.judge() and judge_bulk(), called by Sender
    what follows from an outcome?            Dispatch.decide() and decide_bulk(): settled, or sent again, when and how
    when does delivery pause?                OutageMonitor; RetryPolicy has the delays
    when does it let the agent's thread run? Slices
    who logs?                                LossLog logs losses, outages and a full queue, and calls `on_error`;
                                             a module logs only what went wrong in itself or in the program's queue
    what happens at the end?                 Delivery.begin_close() and finalise()
    what is on disk?                         Spool: SpooledHandOver puts operations there, the ledger says what is
                                             settled, and SpoolFeed brings back what was on disk alone

Threads: everything runs on the delivery thread, except `HandOver.submit()` and `Sending.never_send()`, which run on the
agent's threads, and the first part of `Delivery`. The deliveries of a process share one thread (LoopThread), so nothing
on it may block; a delivery that calls code of the program (`on_error`, a queue) has its own. `Ledger`, `QueueBound`,
`WaitingStarts` and `InMemoryQueue` work from any thread. `Scheduler` has a lock, because `finalise()` also runs where
`close()` was called.

The words:

    operation     one call to the API that the agent's code asked for
    inbox         holds the operations that were handed over and not admitted yet
    gather        stay in the inbox until the end of an interval, to share a request
    ticket        an admitted operation, and its state (TicketState)
    batch         the operations of one request
    dispatch      decides what is sent when, and what an outcome means
    scheduler     the part of dispatch that keeps the causal order
    outcome       what an answer, or a missing one, means for an operation
    settled       an operation that was delivered, or has failed for good
    dropped       an operation that is not sent: the queue was full, or the client closed first
    lane          the operations of one agent instance; those of two instances do not wait for each other
    parked        waits for the create of a parent span that was not handed over yet
    orphaned      a span that is sent without its parent, which failed, was dropped or never started
    consequences  what the scheduler says follows from a failure: other operations fail, spans are orphaned
    effects       what dispatch reports of a decision: the consequences as errors, and the beginning or end of an outage
    verdict       whether a temporary failure uses up a retry of its operation, or counts as a part of an outage
    probe         the one operation that is sent during an outage, to see whether the API is available again
    try           one sending of a request; when the answer is overdue there are several, and the first answer counts
    worker        a place for a running request; there are `num_workers`
    silent        a request that has no answer for so long that no worker waits for it any more
    suspended     something that does not work, and is not used for a while: the bulk endpoint, ids of this client
    pump          sends what can be sent now, if a worker is free
    ledger        counts the operations that were accepted, delivered, failed and dropped, and are pending
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import math
import threading
from collections.abc import Awaitable, Callable, Coroutine
from functools import partial
from typing import TYPE_CHECKING, Any, TypedDict, TypeVar

from prefactor_core._deadline import Deadline
from prefactor_core._delivery.bulk_use import MAX_OPERATIONS
from prefactor_core._delivery.dispatch import DEADLINE, Dispatch
from prefactor_core._delivery.hand_over import HandOver, SpooledHandOver
from prefactor_core._delivery.intake import Intake
from prefactor_core._delivery.ledger import DeliveryReport, Ledger
from prefactor_core._delivery.loop_thread import LoopThread, wait_for
from prefactor_core._delivery.loss_log import LossLog
from prefactor_core._delivery.pace import Pace
from prefactor_core._delivery.queue_bound import QueueBound, SpoolBound
from prefactor_core._delivery.retry_policy import RetryPolicy
from prefactor_core._delivery.scheduler import mark_never_created
from prefactor_core._delivery.sender import Sender
from prefactor_core._delivery.sending import Sending
from prefactor_core._delivery.slices import Slices
from prefactor_core._delivery.spool_feed import SpoolFeed
from prefactor_core._delivery.waiting_starts import WaitingStarts
from prefactor_core.config import QueueConfig
from prefactor_core.exceptions import ErrorCallback
from prefactor_core.operations import Operation
from prefactor_core.queue import InMemoryQueue, Queue
from prefactor_http._clock import monotonic
from prefactor_http._log import logger_of

if TYPE_CHECKING:
    from prefactor_core._spool.spool import Spool

__all__ = ["Delivery"]

T = TypeVar("T")

_RELEASE_SECONDS = 0.5
_GRACE_SECONDS = 1.0

logger = logger_of("prefactor_core")


class _HandOverParts(TypedDict):
    starts: WaitingStarts
    sending: Sending
    intake: Intake
    answers_late: Callable[[], bool]


class _Closing:
    """The end of delivery, which happens once: each caller of `close()` waits for it with a time-out of its own.

    Nobody waits for a lock: a signal handler may interrupt the call that begins it, and close the client itself. Then
    it is begun twice, and the second time finds delivery at its end.

    Attributes:
        done: done when delivery has ended.
        final_at: the time (monotonic) from which delivery counts as ended, even if a callback of the program blocks
            the delivery thread.
    """

    def __init__(self) -> None:
        self.done: concurrent.futures.Future[None] = concurrent.futures.Future()
        self.final_at = math.inf
        self.begun = False
        self._lock = threading.RLock()

    def begin(self, begin: Callable[[], None]) -> None:
        """Call `begin`, unless it has been called, or another thread calls it just now."""
        if self.begun or not self._lock.acquire(blocking=False):
            return
        try:
            begin()
            self.begun = True
        finally:
            self._lock.release()

    def end(self) -> None:
        if not self.done.done():
            self.done.set_result(None)


class Delivery:
    """Sends operations in causal order.

    Args:
        config: workers, retries, deadlines.
        sender: makes the requests; called on the delivery thread.
        ledger: counts what becomes of every operation.
        request_timeout: seconds after which a request without an answer ends.
        on_error: called on the delivery thread for every operation that fails.
        queue: the program's own queue. Its methods are called on the delivery thread, except those of InMemoryQueue
            itself, which works from any thread.
        spool: keeps on disk what is not delivered.

    Attributes:
        submit: takes an operation; see `HandOver.submit()`. An attribute, because a method would cost every operation
            one more call.
        ends_with_process: the process ends, and delivery with it.
    """

    submit: Callable[[Operation], None]

    def __init__(
        self,
        config: QueueConfig,
        sender: Sender,
        ledger: Ledger,
        *,
        request_timeout: float,
        on_error: ErrorCallback | None = None,
        queue: Queue[Operation] | None = None,
        spool: Spool | None = None,
    ) -> None:
        self._config = config
        self._spool = spool
        self._kept = False
        self._sender = sender
        self._ledger = ledger
        # A subclass may override methods, so that its instances count as queues of the program.
        self._inbox = queue if type(queue) is InMemoryQueue else InMemoryQueue[Operation]()
        self._own_queue = None if queue is self._inbox else queue
        # Code of the program may block the thread, and must not hold up other clients.
        shared = on_error is None and self._own_queue is None
        self._thread = LoopThread("prefactor-delivery", at_end=self._disconnect, shared=shared)
        self._loss_log = LossLog(ledger, on_error)
        self._starts = WaitingStarts()
        retries = RetryPolicy(config.retry_delay_base, config.max_retries)
        slices = Slices(lambda: self._intake.handed_over)
        self._dispatch = Dispatch(ledger, retries, bulk=config.bulk == "auto", pause=slices.pause)
        self._sending = Sending(
            self._dispatch,
            sender,
            config.num_workers,
            request_timeout=request_timeout,
            thread=self._thread,
            starts=self._starts,
            loss_log=self._loss_log,
            slices=slices,
            on_pump=self._pumped,
        )
        self._intake = Intake(
            self._inbox,
            self._own_queue,
            dispatch=self._dispatch,
            ledger=ledger,
            sending=self._sending,
            thread=self._thread,
            slices=slices,
            pace=Pace(config.bulk_interval),
            enough=min(MAX_OPERATIONS, config.max_queue_size // 2),
            enough_bytes=config.max_queue_bytes // 2,
        )
        self._hand_over = self._new_hand_over()
        self.submit = self._hand_over.submit
        self._background: list[asyncio.Task[None]] = []
        self._has_pumped = asyncio.Event()
        self.ends_with_process = False
        self._closing = _Closing()
        self._thread.ended.add_done_callback(lambda _: self._starts.release_all())

    def _new_hand_over(self) -> HandOver:
        config, ledger, spool = self._config, self._ledger, self._spool
        parts: _HandOverParts = {
            "starts": self._starts,
            "sending": self._sending,
            "intake": self._intake,
            "answers_late": lambda: self._dispatch.paused or self._thread.ended.done(),
        }
        if spool is None:
            self._bound = QueueBound(ledger, config.max_queue_size, config.max_queue_bytes, self._bound_changed)
            return HandOver(self._inbox, self._bound, ledger, **parts)
        bound = SpoolBound(ledger, config.max_queue_size, config.max_queue_bytes, self._bound_changed, spool=spool)
        self._bound = bound
        ledger.on_settled = spool.settled
        self._feed = SpoolFeed(self._inbox, bound, ledger, lambda: self._thread.call_soon(self._sending.pump))
        self._thread.ended.add_done_callback(lambda _: spool.begin_close())
        return SpooledHandOver(self._inbox, bound, ledger, spool=spool, **parts)

    def start(self) -> None:
        """Start the thread. Delivery begins with `begin()`."""
        self._thread.start()
        if self._spool is not None:
            self._spool.start(self._feed)

    def begin(self, *also: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Begin to deliver, and run other coroutines on the delivery thread until the end."""
        self._thread.run(self._begin([*self._intake.tasks, *also]))

    async def call(self, coroutine: Coroutine[Any, Any, T], seconds: float | None = None) -> T:
        """Run a coroutine on the delivery thread, and wait for it.

        Raises:
            ClientClosedError: delivery ended first.
            TimeoutError: it takes longer than `seconds`.
        """
        return await self._thread.call(coroutine, seconds)

    @property
    def mints_ids(self) -> bool:
        """The API is not known to refuse span ids that this client makes."""
        return self._dispatch.mints_ids(monotonic())

    @property
    def paused(self) -> bool:
        """Delivery is paused during an outage of the API."""
        return self._dispatch.paused

    @property
    def successes(self) -> int:
        """How many requests have succeeded."""
        return self._dispatch.successes

    def call_soon(self, callback: Callable[[], object]) -> None:
        """Call a function on the delivery thread, unless delivery has ended. Takes no lock."""
        self._thread.call_soon(callback)

    def report(self) -> DeliveryReport:
        """What became of all operations so far."""
        return self._ledger.report(self._loss_log.errors)

    async def flush(self, timeout: float | None) -> DeliveryReport:
        """Wait until what was handed over by now is delivered, if it can be now, at most `timeout` seconds."""
        seconds = self._seconds(timeout)
        await wait_for(self.begin_flush(timeout), _with_grace(seconds))
        return self.report()

    def begin_flush(self, timeout: float | None = None, *, hurry: bool = False) -> concurrent.futures.Future[None]:
        """As `flush()`, without waiting. Takes no lock that another caller may hold.

        Args:
            timeout: seconds that it takes at most; None for `QueueConfig.close_timeout`.
            hurry: use the time as `close()` does, since the process may end afterwards.
        """
        return self._thread.run(self._flush(self._seconds(timeout), hurry=hurry))

    def begin_close(self, timeout: float | None, *, at_exit: bool = False) -> concurrent.futures.Future[None]:
        """Refuse new operations, deliver what can be delivered in `timeout` seconds, drop the rest, end the thread.

        That happens once: a second call returns the future of the first one. `at_exit` ends it as soon as the API's
        host refuses connections, since a process that ends should not wait for it.
        """
        if at_exit:
            self.ends_with_process = True
            self._thread.call_soon(self._end_when_refused)
        self._closing.begin(partial(self._begin_close, self._seconds(timeout)))
        return self._closing.done

    def _begin_close(self, seconds: float | None) -> None:
        self._closing.final_at = monotonic() + (_with_grace(seconds) or math.inf)
        self._thread.run(self._close(seconds)).add_done_callback(lambda _: self._closed())

    def _closed(self) -> None:
        self._thread.stop()
        self._closing.end()

    async def close(self, timeout: float | None) -> DeliveryReport:
        """As `begin_close()`, and wait for the end, at most `timeout` seconds."""
        await wait_for(self.begin_close(timeout), _with_grace(self._seconds(timeout)))
        if self._closing.done.done() or monotonic() >= self._closing.final_at:
            self.finalise()
        return self.report()

    def drop(self, operation: Operation) -> None:
        """Drop an operation that comes after the end of delivery."""
        self._ledger.accept(operation)  # so that it is one of those that `finalise()` counts
        self._sending.never_send(operation, DEADLINE)

    def finalise(self) -> None:
        """Drop what is not delivered by now, log how much that is, and let every waiting `start()` return.

        What the spool has is not dropped: it stays pending.
        """
        kept = self._spool is not None and self._is_kept(self._spool)
        dropped = self._ledger.close(DEADLINE, keep=kept)
        self._loss_log.queue_not_full()
        self._loss_log.totals()
        if kept and dropped:
            self._loss_log.kept(dropped)
        elif dropped:
            for operation in self._inbox.get_nowait(self._inbox.size()):
                mark_never_created(operation)
            self._dispatch.abandon()
            self._loss_log.closed(dropped, self._dispatch.last_error(), with_process=self.ends_with_process)
        self._starts.release_all()

    def _is_kept(self, spool: Spool) -> bool:
        """Whether the spool has everything that is pending. May wait a moment, but not on the delivery thread."""
        if self._kept or self._thread.runs_here:
            return self._kept
        with contextlib.suppress(concurrent.futures.TimeoutError):
            self._kept = spool.sync().result(_RELEASE_SECONDS)
        return self._kept

    def abort(self) -> None:
        """End the thread before anything was handed over; the program's queue stays open."""
        self._thread.run(self._disconnect()).add_done_callback(lambda _: self._thread.stop())

    @property
    def exit_seconds(self) -> float | None:
        """How long the exit of the program may wait for delivery; None if there is no limit."""
        return _with_grace(self._seconds(None))

    def _seconds(self, timeout: float | None) -> float | None:
        seconds = self._config.close_timeout if timeout is None else timeout
        return None if math.isinf(seconds) else max(seconds, 0.0)

    def _bound_changed(self) -> None:
        """Log that on the delivery thread, because a log handler may be slow, or may record spans itself."""
        self._thread.call_soon(self._log_bound)

    # Everything below runs on the delivery thread.

    def _log_bound(self) -> None:
        if self._bound.full:
            self._loss_log.queue_full()
        else:
            self._loss_log.queue_not_full()

    async def _begin(self, tasks: list[Callable[[], Coroutine[Any, Any, None]]]) -> None:
        self._background = [asyncio.create_task(task()) for task in tasks]

    def _pumped(self) -> None:
        if self._dispatch.paused:
            self._starts.release_all()
        self._has_pumped.set()
        self._intake.set_taking(taking=not self._dispatch.has_plenty)

    def _at_rest(self) -> bool:
        """All that was handed over is admitted, and nothing is ready, in flight, or waiting for its next try."""
        if self.ends_with_process and self._dispatch.paused and self._dispatch.refused:
            return True
        return self._dispatch.at_rest and self._intake.is_empty and self._all_in_memory()

    def _all_in_memory(self) -> bool:
        """Nothing is on disk alone."""
        return self._spool is None or self._spool.all_in_memory

    async def _flush(self, seconds: float | None, *, hurry: bool = False) -> None:
        deadline = Deadline(seconds)
        if hurry:
            self._sending.hurry(deadline.at)
        with self._intake.at_once():
            await self._wait(self._all_in_memory, deadline, hurry=hurry)
            await self._wait(self._intake.passed(), deadline, hurry=hurry)
        with self._dispatch.watch() as at_rest:
            await self._wait(at_rest, deadline, hurry=hurry)
        if hurry and not self._closing.begun:
            self._sending.hurry(math.inf)

    async def _wait(self, condition: Callable[[], bool], deadline: Deadline, *, hurry: bool = False) -> None:
        """Wait until a condition holds. It is asked after every pump."""
        until = deadline.at
        while not condition() and not deadline.is_over:
            self._has_pumped.clear()
            await deadline.wait(self._has_pumped)
            if hurry and deadline.at > until:
                until = deadline.at
                self._sending.hurry(until)

    def _end_when_refused(self) -> None:
        self._dispatch.probe_now()
        self._sending.pump()

    async def _close(self, seconds: float | None) -> None:
        self._hand_over.close()
        deadline = Deadline(seconds)
        self._sending.hurry(deadline.at)
        with self._intake.at_once():
            await self._wait(self._at_rest, deadline, hurry=True)
            self._sending.release_parked()
            await self._wait(self._at_rest, deadline, hurry=True)
        self._inbox.close_nowait()
        await self._note_what_is_kept()
        self.finalise()
        self._thread.cancel_calls()
        for task in self._background:
            task.cancel()
        await self._sending.stop()
        await self._release()

    async def _note_what_is_kept(self) -> None:
        if self._spool is not None:
            sync = self._spool.sync()
            self._kept = await wait_for(sync, _RELEASE_SECONDS) and sync.result()

    async def _release(self) -> None:
        await self._disconnect()
        if self._spool is not None:
            await wait_for(self._spool.begin_close(), _RELEASE_SECONDS)
        if self._own_queue is not None:
            await _close_part("the program's queue", self._own_queue.close)

    async def _disconnect(self) -> None:
        await _close_part("the connections", self._sender.close)


async def _close_part(name: str, close: Callable[[], Awaitable[None]]) -> None:
    try:
        async with asyncio.timeout(_RELEASE_SECONDS):
            await close()
    except asyncio.CancelledError:
        raise
    except BaseException as error:  # also SystemExit, which would end the thread
        logger.warning("%s could not be closed: %r", name, error)


def _with_grace(seconds: float | None) -> float | None:
    """How long a caller waits for a deadline that the thread keeps: a callback of the program may block the thread."""
    return None if seconds is None else seconds + _GRACE_SECONDS
