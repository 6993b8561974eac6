"""Delivery: takes operations from any thread and sends them from a thread of its own.

agent's threads  │  delivery thread
submit ── inbox ─┼─ intake ── Dispatch (decides) ── ready queue ── workers ── Sender
                 │                 └───────── settle ─────────────────┘
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import logging
import math
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any, TypeVar

from prefactor_core._dispatch import Dispatch, Losses
from prefactor_core._incidents import ErrorCallback, Incidents
from prefactor_core._ledger import DeliveryReport, Ledger
from prefactor_core._loop_thread import LoopThread
from prefactor_core._records import SpanRecord
from prefactor_core._retry import RetryPolicy
from prefactor_core._scheduler import Batch, Ticket
from prefactor_core._sender import Sender
from prefactor_core.config import QueueConfig
from prefactor_core.operations import Operation
from prefactor_core.queue import InMemoryQueue, Queue, QueueClosedError, TaskExecutor
from prefactor_http.client import PrefactorHttpClient

__all__ = ["Delivery"]

T = TypeVar("T")

_ADMIT_AT_ONCE = 500
# Between bursts the intake looks for more on a short timer before it sleeps: waking a sleeping loop from another thread
# costs the agent tens of microseconds.
_LINGER_SECONDS = 0.002
_LINGER_ROUNDS = 10
_RELEASE_SECONDS = 0.5
_GRACE_SECONDS = 1.0
_DEADLINE = "deadline"

logger = logging.getLogger("prefactor_core")


class Delivery:
    """Sends operations in causal order.

    Args:
        config: workers, retries, deadlines.
        sender: makes the requests; called on the delivery thread.
        ledger: the account.
        on_error: called on the delivery thread for every operation that fails.
        queue: a queue of the program's own; its methods are called on the delivery thread.
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
        self._dispatch = Dispatch(ledger, RetryPolicy(config.retry_delay_base, config.max_retries))
        self._inbox = queue if isinstance(queue, InMemoryQueue) else InMemoryQueue[Operation]()
        self._own_queue = None if queue is self._inbox else queue
        self._ready: InMemoryQueue[Batch] = InMemoryQueue()
        self._workers = TaskExecutor(self._ready, self._send, num_workers=config.num_workers, max_retries=0)
        self._thread = LoopThread("prefactor-delivery")
        self._background: list[asyncio.Task[None]] = []
        self._sending = 0
        self._timer: asyncio.TimerHandle | None = None
        self._rested = asyncio.Event()
        self._awaited: set[SpanRecord] = set()
        self._retired: list[PrefactorHttpClient] = []

    def start(self) -> None:
        """Start the thread. Delivery begins with `begin()`."""
        self._thread.start()

    def begin(self, *also: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Begin to deliver, and run other coroutines beside it until the end."""
        queue = self._own_queue
        sources = [self._intake] if queue is None else [partial(self._relay, queue), partial(self._intake_from, queue)]
        self._thread.submit(self._begin([*sources, *also]))

    def submit(self, operation: Operation) -> None:
        """Take an operation, from any thread; never waits.

        Raises:
            QueueClosedError: delivery is closed.
        """
        self._ledger.accept(operation.type)
        try:
            self._inbox.put_nowait(operation)
        except QueueClosedError:
            self._ledger.retract(operation.type)
            raise

    async def call(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine on the delivery thread."""
        return await self._thread.call(coroutine)

    @property
    def mints_ids(self) -> bool:
        """The API takes span ids that are minted here, as far as is known."""
        return self._dispatch.mint_ids

    def use_http(self, http: PrefactorHttpClient) -> None:
        """Send through another client from the next request on."""
        self._retired.append(self._sender.http)
        self._sender.http = http

    def report(self) -> DeliveryReport:
        """What became of all operations so far."""
        return self._ledger.report(self._incidents.errors)

    async def flush(self, timeout: float | None) -> DeliveryReport:
        """Wait until nothing more can be delivered now, at most `timeout` seconds."""
        seconds = self._seconds(timeout)
        await _wait(self._thread.submit(self._rest(seconds)), seconds)
        return self.report()

    async def close(self, timeout: float | None) -> DeliveryReport:
        """Take nothing more, deliver what can be delivered in `timeout` seconds, drop the rest, end the thread."""
        seconds = self._seconds(timeout)
        closing = self._thread.submit(self._close(seconds))
        closing.add_done_callback(lambda _: self._thread.stop())
        await _wait(closing, seconds)
        self._log_dropped()
        return self.report()

    def drain_at_exit(self) -> None:
        """As `close()`, without an event loop; does nothing in a forked child, where the thread is not there."""
        if not self._thread.alive:
            return
        seconds = self._seconds(None)
        closing = self._thread.submit(self._close(seconds))
        concurrent.futures.wait([closing], None if seconds is None else seconds + _GRACE_SECONDS)
        self._log_dropped()

    def abort(self) -> None:
        """End the thread; nothing was handed over yet."""
        self._thread.submit(self._release()).add_done_callback(lambda _: self._thread.stop())

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
                await self._relay_one(await self._inbox.get(), queue)

    async def _relay_one(self, operation: Operation, queue: Queue[Operation]) -> None:
        try:
            await queue.put(operation)
        except Exception:
            self._ledger.lose(operation.type, "dropped", "queue_refused")
            logger.exception("the program's queue refused an operation")

    async def _intake_from(self, queue: Queue[Operation]) -> None:
        """From the program's queue; when that fails, the rest of it is pending until the client closes."""
        while True:
            try:
                operation = await queue.get()
            except QueueClosedError:
                return
            except Exception:
                logger.exception("the program's queue failed")
                return
            self._admit([operation])

    def _admit(self, operations: list[Operation]) -> None:
        self._awaited.update(operation.span for operation in operations if operation.span and operation.span.answered)
        self._report(self._dispatch.admit(operations))
        self._pump()

    def _pump(self) -> None:
        """Give the workers what they can send now, and see to it that this is called again in time."""
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
            self._answer(*self._awaited)
        if self._at_rest():
            self._rested.set()

    async def _send(self, batch: Batch) -> None:
        try:
            for ticket in batch.tickets:
                await self._send_one(ticket)
        finally:
            self._sending -= 1
            self._pump()

    async def _send_one(self, ticket: Ticket) -> None:
        outcome = await self._sender.send(ticket, mint_ids=self._dispatch.mint_ids)
        losses = self._dispatch.settle(ticket, outcome, self._thread.loop.time())
        if span := ticket.operation.span:
            self._answer(span)
        self._report(losses)

    def _report(self, losses: Losses) -> None:
        self._answer(*(error.operation.span for error in losses.errors if error.operation.span))
        self._incidents.report(losses)

    def _answer(self, *spans: SpanRecord) -> None:
        """Let `start()` return, which waits for the ids of these spans; in an outage they come later."""
        for span in spans:
            self._awaited.discard(span)
            if span.answered and not span.answered.done():
                span.answered.set_result(None)

    def _at_rest(self) -> bool:
        """All that was handed over has arrived here, and none of it can be sent now or by time alone."""
        return self._dispatch.at_rest and self._ledger.pending == self._dispatch.open_operations

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
        self._log_dropped()
        for task in self._background:
            task.cancel()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(0):  # what is still in flight is cancelled
                await self._workers.stop()
        await self._release()

    async def _release(self) -> None:
        with contextlib.suppress(Exception):
            async with asyncio.timeout(_RELEASE_SECONDS):
                if self._own_queue is not None:
                    await self._own_queue.close()
                for http in (*self._retired, self._sender.http):
                    await http.close()

    def _log_dropped(self) -> None:
        if dropped := self._ledger.close(_DEADLINE):
            logger.error("%d operations were not delivered before the client closed", dropped)


async def _wait(future: concurrent.futures.Future[None], seconds: float | None) -> None:
    """Wait for the delivery thread, but not past a deadline even if a callback of the program blocks that thread.

    What was begun there goes on when the caller is cancelled.
    """
    await asyncio.wait({asyncio.wrap_future(future)}, timeout=None if seconds is None else seconds + _GRACE_SECONDS)
