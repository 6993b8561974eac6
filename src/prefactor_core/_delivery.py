"""Delivery: takes operations from any thread and sends them from a thread of its own.

agent's threads  │  delivery thread
submit ── inbox ─┼─ intake ── Dispatch (decides) ── ready queue ── workers ── Sender
                 │                 └───────── settle ─────────────────┘
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import math
import threading
import time
from collections.abc import Awaitable, Callable, Coroutine
from functools import partial
from typing import Any, NamedTuple, TypeVar

from prefactor_core._dispatch import DEADLINE, Dispatch, Losses
from prefactor_core._ledger import DeliveryReport, Ledger
from prefactor_core._log_once import LogOnce
from prefactor_core._loop_thread import LoopThread, wait_for
from prefactor_core._loss_log import Incidents
from prefactor_core._outcomes import BulkOutcome, Failed, NotInBulk, Outcome
from prefactor_core._queue_bound import BOUNDED, QUEUE_FULL, QueueBound
from prefactor_core._records import SpanRecord
from prefactor_core._retry_policy import RetryPolicy
from prefactor_core._scheduler import Batch, Ticket, give_up
from prefactor_core._sender import Sender
from prefactor_core.config import QueueConfig
from prefactor_core.exceptions import ErrorCallback
from prefactor_core.operations import Operation, OperationType
from prefactor_core.queue import InMemoryQueue, Queue, QueueClosedError, TaskExecutor
from prefactor_http._log import logger_of

__all__ = ["Delivery"]

T = TypeVar("T")

_ADMIT_AT_ONCE = 500
# Between bursts the intake looks for more on a short timer before it sleeps: waking a sleeping loop from another thread
# costs the agent tens of microseconds.
_LINGER_SECONDS = 0.002
_LINGER_ROUNDS = 10
_RELEASE_SECONDS = 0.5
_GRACE_SECONDS = 1.0
_QUEUE_REFUSED = "queue_refused"
_INTERNAL_ERROR = "internal_error"

logger = logger_of("prefactor_core")


class _Closing(NamedTuple):
    """The one end of delivery: everyone who closes waits for it, each as long as it wants.

    Attributes:
        done: when it is over.
        final_at: the time (monotonic) from which it is over even if a callback of the program blocks its thread.
    """

    done: concurrent.futures.Future[None]
    final_at: float


class Delivery:
    """Sends operations in causal order.

    Args:
        config: workers, retries, deadlines.
        sender: makes the requests; called on the delivery thread.
        ledger: the account.
        on_error: called on the delivery thread for every operation that fails.
        queue: a queue of the program's own; its methods are called on the delivery thread, unless it is an
            InMemoryQueue itself, which takes operations from any thread.
    """

    def __init__(
        self,
        config: QueueConfig,
        sender: Sender,
        ledger: Ledger,
        *,
        on_error: ErrorCallback | None = None,
        queue: Queue[Operation] | None = None,
    ) -> None:
        self._config = config
        self._sender = sender
        self._ledger = ledger
        self._incidents = Incidents(on_error)
        retries = RetryPolicy(config.retry_delay_base, config.max_retries)
        self._dispatch = Dispatch(ledger, retries, bulk=config.bulk == "auto")
        self._bound = QueueBound(ledger, config.max_queue_size, config.max_queue_bytes, self._tell_of_bound_soon)
        self._told_of_loss = False
        self._told_lost = 0
        # A subclass may do more than its base: only the class itself may be filled past its methods.
        self._inbox = queue if type(queue) is InMemoryQueue else InMemoryQueue[Operation]()
        self._own_queue = None if queue is self._inbox else queue
        self._ready: InMemoryQueue[Batch] = InMemoryQueue()
        self._workers = TaskExecutor(self._ready, self._send, num_workers=config.num_workers, max_retries=0)
        self._thread = LoopThread("prefactor-delivery", at_end=self._disconnect)
        self._background: list[asyncio.Task[None]] = []
        self._sending = 0
        self._relayed: set[Operation] = set()  # they are in the program's queue, or on their way into it
        self._timer: asyncio.TimerHandle | None = None
        self._rested = asyncio.Event()
        self._wants_more = asyncio.Event()
        self._awaited: set[SpanRecord] = set()
        self._log_once = LogOnce()
        self._closing: _Closing | None = None
        self._closing_lock = threading.Lock()
        self._thread.ended.add_done_callback(lambda _: self._answer(*list(self._awaited)))

    def start(self) -> None:
        """Start the thread. Delivery begins with `begin()`."""
        self._thread.start()

    def begin(self, *also: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Begin to deliver, and run other coroutines beside it until the end."""
        queue = self._own_queue
        sources = [self._intake] if queue is None else [partial(self._relay, queue), partial(self._intake_from, queue)]
        self._thread.submit(self._begin([*sources, *also]))

    def submit(self, operation: Operation) -> None:
        """Take an operation, from any thread, or drop it when the queue is full; never waits.

        Raises:
            QueueClosedError: delivery is closed.
        """
        if (reason := self._bound.refuses(operation)) is not None:
            self._refuse(operation, reason)
            return
        self._ledger.accept(operation)
        span = operation.span
        if span is not None and span.answered is not None and operation.type is OperationType.CREATE_SPAN:
            self._awaited.add(span)
        try:
            self._inbox.put_nowait(operation)
        except QueueClosedError:
            self._ledger.retract(operation)
            raise
        if span is not None and (self._dispatch.away or self._thread.ended.done()):  # nobody else may see this one
            self._answer(span)

    def _refuse(self, operation: Operation, reason: str) -> None:
        if self._inbox.closed:
            raise QueueClosedError("the queue is closed")
        self._ledger.refuse(operation, reason)
        self._give_up(operation, reason)

    def _give_up(self, operation: Operation, reason: str) -> None:
        """An operation never comes as far as the scheduler: what waits for it is not left waiting."""
        give_up(operation)
        span = operation.span
        if span is None or operation.type is not OperationType.CREATE_SPAN:
            return
        span.dropped = reason
        self._answer(span)
        if self._dispatch.has_parked:
            self._thread.call_soon(partial(self._release_children, span))

    def _tell_of_bound_soon(self) -> None:
        """Not here: a handler of the log may record spans, or take its time."""
        self._thread.call_soon(self._tell_of_bound)

    async def call(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine on the delivery thread.

        Raises:
            ClientClosedError: delivery ended first.
        """
        return await self._thread.call(coroutine)

    @property
    def mints_ids(self) -> bool:
        """The API takes span ids that are minted here, as far as is known."""
        return self._dispatch.mint_ids

    def report(self) -> DeliveryReport:
        """What became of all operations so far."""
        return self._ledger.report(self._incidents.errors)

    async def flush(self, timeout: float | None) -> DeliveryReport:
        """Wait until nothing more can be delivered now, at most `timeout` seconds."""
        seconds = self._seconds(timeout)
        await wait_for(self.begin_flush(timeout), _with_grace(seconds))
        return self.report()

    def begin_flush(self, timeout: float | None = None) -> concurrent.futures.Future[None]:
        """As `flush()`, without waiting. Takes no lock that another caller may hold."""
        return self._thread.submit(self._rest(self._seconds(timeout)))

    def begin_close(self, timeout: float | None) -> concurrent.futures.Future[None]:
        """Take nothing more, deliver what can be delivered in `timeout` seconds, drop the rest, end the thread.

        That happens once: a second call has the first one's future.
        """
        with self._closing_lock:
            if self._closing is None:
                seconds = self._seconds(timeout)
                done = self._thread.submit(self._close(seconds))
                self._closing = _Closing(done, time.monotonic() + (_with_grace(seconds) or math.inf))
                done.add_done_callback(lambda _: self._thread.stop())
            return self._closing.done

    async def close(self, timeout: float | None) -> DeliveryReport:
        """As `begin_close()`, and wait for it, at most `timeout` seconds."""
        await wait_for(self.begin_close(timeout), _with_grace(self._seconds(timeout)))
        if self._closing and (self._closing.done.done() or time.monotonic() >= self._closing.final_at):
            self.finalise()
        return self.report()

    def finalise(self) -> None:
        """What is not delivered by now never will be: count it, tell of it, and let those go who wait for answers."""
        dropped = self._ledger.close(DEADLINE)
        self._tell_of_end_of_loss()
        if dropped:
            for operation in self._inbox.get_nowait(self._inbox.size()):
                give_up(operation)
            self._dispatch.abandon()
            self._incidents.dropped(dropped, self._dispatch.last_trouble())
        self._answer(*list(self._awaited))

    def abort(self) -> None:
        """End the thread; nothing was handed over yet, and the program's queue stays open."""
        self._thread.submit(self._disconnect()).add_done_callback(lambda _: self._thread.stop())

    @property
    def exit_seconds(self) -> float | None:
        """How long the end of the program may wait for delivery; None without end."""
        return _with_grace(self._seconds(None))

    @property
    def pending(self) -> int:
        """How many operations are still to be delivered."""
        return self._ledger.pending

    def _seconds(self, timeout: float | None) -> float | None:
        seconds = self._config.close_timeout if timeout is None else timeout
        return None if math.isinf(seconds) else max(seconds, 0.0)

    # Below: on the delivery thread.

    async def _begin(self, sources: list[Callable[[], Coroutine[Any, Any, None]]]) -> None:
        self._workers.start()
        self._background = [asyncio.create_task(source()) for source in sources]

    async def _intake(self) -> None:
        with contextlib.suppress(QueueClosedError):
            while True:
                self._admit(await self._next_operations())
                await asyncio.sleep(0)
                await self._wants_more.wait()

    async def _next_operations(self) -> list[Operation]:
        for _ in range(_LINGER_ROUNDS):
            if operations := self._inbox.get_nowait(_ADMIT_AT_ONCE):
                return operations
            await asyncio.sleep(_LINGER_SECONDS)
        return [await self._inbox.get()]

    async def _relay(self, queue: Queue[Operation]) -> None:
        """From the inbox into the program's queue."""
        with contextlib.suppress(QueueClosedError):
            while True:
                operation = await self._inbox.get()
                self._relayed.add(operation)
                await self._relay_one(operation, queue)

    async def _relay_one(self, operation: Operation, queue: Queue[Operation]) -> None:
        try:
            await queue.put(operation)
        except asyncio.CancelledError:
            raise
        except BaseException as error:  # SystemExit too: it would end the thread
            self._relayed.discard(operation)
            self._ledger.lose(operation, "dropped", _QUEUE_REFUSED)
            if self._log_once(type(error)):
                logger.exception("the program's queue refused an operation; further ones are counted, not logged")
            self._give_up(operation, _QUEUE_REFUSED)
            self._pump()

    async def _intake_from(self, queue: Queue[Operation]) -> None:
        """From the program's queue; when that fails, the rest of it is pending until the client closes."""
        while True:
            try:
                operation = await queue.get()
            except (QueueClosedError, asyncio.CancelledError):
                return
            except BaseException:  # SystemExit too: it would end the thread
                logger.exception("the program's queue failed")
                return
            self._relayed.discard(operation)
            self._admit([operation])

    def _admit(self, operations: list[Operation]) -> None:
        for operation in operations:
            self._admit_one(operation)
        self._pump()

    def _admit_one(self, operation: Operation) -> None:
        try:
            losses = self._dispatch.admit([operation])
        except Exception:
            self._lose_by_fault(operation)
        else:
            self._report(losses)

    def _lose_by_fault(self, operation: Operation) -> None:
        """An operation that cannot even be taken, such as what a queue of the program makes up. Delivery goes on."""
        if self._log_once(_INTERNAL_ERROR):
            logger.exception("%.100r cannot be delivered; further ones are not logged", operation)
        if isinstance(operation, Operation):
            self._ledger.lose(operation, "failed", _INTERNAL_ERROR)
            self._give_up(operation, _INTERNAL_ERROR)

    def _tell_of_bound(self) -> None:
        if not self._bound.full:
            self._tell_of_end_of_loss()
        elif not self._told_of_loss:
            self._told_of_loss = True
            self._incidents.queue_full(self._ledger.pending, self._ledger.pending_bytes)

    def _tell_of_end_of_loss(self) -> None:
        told, self._told_of_loss = self._told_of_loss, False
        if told:
            lost = self._ledger.dropped_for(QUEUE_FULL, BOUNDED)
            self._incidents.queue_has_room(lost - self._told_lost)
            self._told_lost = lost

    def _pump(self) -> None:
        """Give the workers what they can send now, and see to it that this is called again in time."""
        try:
            self._pump_once()
        except Exception:  # whoever calls this goes on
            logger.exception("internal error in delivery")

    def _pump_once(self) -> None:
        if self._ready.closed:
            return
        now = self._thread.loop.time()
        while self._sending < self._config.num_workers and (batch := self._dispatch.next_batch(now)):
            self._sending += 1
            self._ready.put_nowait(batch)
        if self._timer is not None:
            self._timer.cancel()
        wake_at = self._dispatch.wake_at()
        self._timer = None if wake_at is None else self._thread.loop.call_at(wake_at, self._pump)
        if self._dispatch.away:
            self._answer(*list(self._awaited))  # other threads add to it
        if self._at_rest():
            self._rested.set()
        if self._dispatch.has_plenty:  # what is not admitted is a third less work for the garbage collector
            self._wants_more.clear()
        else:
            self._wants_more.set()

    async def _send(self, batch: Batch) -> None:
        try:
            losses = await (self._send_one(*batch.tickets) if len(batch.tickets) == 1 else self._send_bulk(batch))
            self._answer(*_spans(batch))
            self._report(losses)
        except Exception:
            logger.exception("internal error in delivery")
        finally:
            self._sending -= 1
            self._pump()

    async def _send_one(self, ticket: Ticket) -> Losses:
        outcome = await self._try(ticket)
        return self._dispatch.settle(ticket, outcome, self._thread.loop.time())

    async def _send_bulk(self, batch: Batch) -> Losses:
        outcome = await self._try_bulk(batch)
        return self._dispatch.settle_bulk(batch, outcome, self._thread.loop.time())

    async def _try(self, ticket: Ticket) -> Outcome:
        """The sender does not raise; if a part below it does, that costs this operation and not the thread."""
        try:
            return await self._sender.send(ticket)
        except asyncio.CancelledError:
            raise
        except BaseException as error:
            return Failed(RuntimeError(f"sending failed: {error!r}"), _INTERNAL_ERROR, answered=False)

    async def _try_bulk(self, batch: Batch) -> BulkOutcome:
        """As `_try`; each operation is then tried by itself."""
        try:
            return await self._sender.send_bulk(batch)
        except asyncio.CancelledError:
            raise
        except BaseException as error:
            return NotInBulk(RuntimeError(f"sending failed: {error!r}"), refused=False)

    def _release_children(self, span: SpanRecord) -> None:
        """Of a span that was dropped."""
        self._report(self._dispatch.release_children(span))
        self._pump()

    def _report(self, losses: Losses) -> None:
        self._answer(*(error.operation.span for error in losses.errors if error.operation.span))
        self._incidents.report(losses)

    def _answer(self, *spans: SpanRecord) -> None:
        """Let `start()` return, which waits for the ids of these spans; in an outage they come later."""
        for span in spans:
            self._awaited.discard(span)
            if span.answered:
                with contextlib.suppress(concurrent.futures.InvalidStateError):  # it was answered before
                    span.answered.set_result(None)

    def _at_rest(self) -> bool:
        """All that was handed over has arrived here, and none of it can be sent now or by time alone."""
        return self._dispatch.at_rest and not (self._inbox.size() or self._relayed)

    async def _rest(self, seconds: float | None) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while not self._at_rest():
                    self._rested.clear()
                    await self._rested.wait()

    async def _close(self, seconds: float | None) -> None:
        self._inbox.close_nowait()
        deadline = None if seconds is None else self._thread.loop.time() + seconds
        await self._rest(seconds)
        self._report(self._dispatch.release_parked())
        self._pump()
        await self._rest(None if deadline is None else max(deadline - self._thread.loop.time(), 0.0))
        self.finalise()
        self._thread.cancel_calls()
        for task in self._background:
            task.cancel()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(0):  # what is still in flight is cancelled
                await self._workers.stop()
        await self._release()

    async def _release(self) -> None:
        await self._disconnect()
        if self._own_queue is not None:
            await _end("the program's queue", self._own_queue.close)

    async def _disconnect(self) -> None:
        await _end("the connections", self._sender.close)


def _spans(batch: Batch) -> list[SpanRecord]:
    return [ticket.operation.span for ticket in batch.tickets if ticket.operation.span]


async def _end(what: str, close: Callable[[], Awaitable[None]]) -> None:
    try:
        async with asyncio.timeout(_RELEASE_SECONDS):
            await close()
    except asyncio.CancelledError:
        raise
    except BaseException as error:  # SystemExit too: it would end the thread
        logger.warning("%s did not close: %r", what, error)


def _with_grace(seconds: float | None) -> float | None:
    """The thread keeps the deadline itself; a callback of the program that blocks it may not hold up the caller."""
    return None if seconds is None else seconds + _GRACE_SECONDS
