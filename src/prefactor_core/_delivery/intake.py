"""Intake: takes operations from the inbox, or from the program's own queue, and admits them to dispatch.

    inbox ─────────────────────────────── admit
    inbox ── relay ── program's queue ─── admit

The first operation after a pause is admitted at once, and wakes the delivery thread. Those that follow gather in the
inbox, and are admitted together at the end of an interval, so that they share a request. That costs the agent no
wake-ups of another thread. The program's queue is not paced: it may keep or order operations as it likes.

Everything here runs on the delivery thread, except `Intake.hurry()` and what it reads.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Coroutine, Iterator
from functools import partial
from typing import Any

from prefactor_core._delivery.dispatch import INTERNAL_ERROR, NO_EFFECTS, Dispatch
from prefactor_core._delivery.ledger import Ledger
from prefactor_core._delivery.loop_thread import LoopThread
from prefactor_core._delivery.pace import Pace
from prefactor_core._delivery.sending import Sending
from prefactor_core._delivery.slices import Slices
from prefactor_core._log_once import LogOnce
from prefactor_core.operations import Operation
from prefactor_core.queue import InMemoryQueue, Queue, QueueClosedError
from prefactor_http._log import logger_of
from prefactor_http.retry import Backoff

__all__ = ["Intake"]

_MAX_AT_ONCE = 500
# Without a pace, the intake still waits a moment before it looks again: to wake a sleeping loop from another thread
# costs the agent tens of microseconds.
_MIN_SECONDS = 0.002
_QUEUE_REFUSED = "queue_refused"
_GET_AGAIN = Backoff(0.1, 60.0)

logger = logger_of("prefactor_core")


class Intake:
    """Admits operations in the order in which they were handed over.

    Args:
        inbox: where the agent's threads put operations.
        own_queue: a queue of the program, through which all operations pass.
        dispatch: admits the operations.
        ledger: counts those that cannot be admitted.
        sending: sends what was admitted.
        thread: the delivery thread.
        slices: lets other threads run between operations.
        pace: how long operations gather in the inbox.
        enough: so many operations do not wait for more: they fill a request, or half of the queue.
        enough_bytes: nor do they while so much is pending: half of what the queue holds.

    Attributes:
        gathering: operations gather in the inbox. From any thread.
    """

    def __init__(
        self,
        inbox: InMemoryQueue[Operation],
        own_queue: Queue[Operation] | None,
        *,
        dispatch: Dispatch,
        ledger: Ledger,
        sending: Sending,
        thread: LoopThread,
        slices: Slices,
        pace: Pace,
        enough: int,
        enough_bytes: int,
    ) -> None:
        self._inbox = inbox
        self._own_queue = own_queue
        self._dispatch = dispatch
        self._ledger = ledger
        self._sending = sending
        self._thread = thread
        self._slices = slices
        self._pace = pace
        self._enough = enough
        self._enough_bytes = enough_bytes
        self._at_once = 0
        self._hurried = asyncio.Event()
        self.gathering = False
        self._relayed: set[Operation] = set()  # those in the program's queue, or on their way into it
        self._taken = 0
        self._may_take = asyncio.Event()
        self._log_once = LogOnce()

    @property
    def tasks(self) -> list[Callable[[], Coroutine[Any, Any, None]]]:
        """The coroutine functions that run until the queues close."""
        queue = self._own_queue
        return [self._take] if queue is None else [partial(self._relay, queue), partial(self._take_from, queue)]

    @property
    def handed_over(self) -> int:
        """How many operations have come so far."""
        return self._taken + self._inbox.size()

    @property
    def is_empty(self) -> bool:
        """Everything that was handed over has been admitted."""
        return not (self._inbox.size() or self._relayed)

    def passed(self) -> Callable[[], bool]:
        """What was handed over by now. Return a function that says whether all of that was admitted."""
        last = self.handed_over
        relayed: set[Operation] | None = None

        def have_passed() -> bool:
            nonlocal relayed
            if self._taken < last:
                return False
            if relayed is None:
                relayed = set(self._relayed)
            relayed &= self._relayed
            return not relayed

        return have_passed

    def set_taking(self, *, taking: bool) -> None:
        """Take operations from the inbox, or leave them there: they cost less garbage collection before admission."""
        if taking:
            self._may_take.set()
        else:
            self._may_take.clear()

    @property
    def has_enough(self) -> bool:
        """What is in the inbox should not wait for more. From any thread."""
        return self._inbox.size() >= self._enough or self._ledger.pending_bytes >= self._enough_bytes

    def hurry(self) -> None:
        """Take what is in the inbox by now, without waiting for the end of the interval. From any thread."""
        self.gathering = False  # the operations that follow need not ask again
        self._thread.call_soon(self._hurried.set)

    @contextlib.contextmanager
    def at_once(self) -> Iterator[None]:
        """Let no operation gather within the block."""
        self._at_once += 1
        self._hurried.set()
        try:
            yield
        finally:
            self._at_once -= 1

    async def _take(self) -> None:
        """From the inbox."""
        with contextlib.suppress(QueueClosedError):
            while True:
                operations = await self._next_operations()
                self._taken += len(operations)
                self._admit(operations)
                if len(operations) < self._enough:
                    await self._gather()
                else:
                    await asyncio.sleep(0)
                await self._may_take.wait()

    async def _next_operations(self) -> list[Operation]:
        self._hurried.clear()  # before the look into the inbox: what was put there before a hurry() is found
        if operations := self._inbox.get_nowait(_MAX_AT_ONCE):
            self._pace.gathered()
            return operations
        self._pace.paused()
        return [await self._inbox.get()]

    async def _gather(self) -> None:
        """Wait until the end of the interval, or for `hurry()`."""
        loop = self._thread.loop
        paced = not self._at_once and self._dispatch.shares_requests(loop.time())
        timer = loop.call_later(max(self._pace.seconds if paced else 0.0, _MIN_SECONDS), self._hurried.set)
        self.gathering = True  # before the look into the inbox: what is put there later is looked at by the hand-over
        try:
            if not self.has_enough:
                await self._hurried.wait()
        finally:
            self.gathering = False
            timer.cancel()

    async def _relay(self, queue: Queue[Operation]) -> None:
        """From the inbox into the program's queue."""
        with contextlib.suppress(QueueClosedError):
            while True:
                operation = await self._inbox.get()
                self._relayed.add(operation)
                self._taken += 1
                await self._relay_one(operation, queue)

    async def _relay_one(self, operation: Operation, queue: Queue[Operation]) -> None:
        try:
            await queue.put(operation)
        except asyncio.CancelledError:
            raise
        except BaseException as error:  # also SystemExit, which would end the thread
            self._relayed.discard(operation)
            self._ledger.drop(operation, _QUEUE_REFUSED)
            if self._log_once(type(error)):
                logger.exception(
                    "the program's queue refused an operation, which is dropped (further ones are counted, not logged)"
                )
            self._sending.never_send(operation, _QUEUE_REFUSED)
            self._sending.pump()

    async def _take_from(self, queue: Queue[Operation]) -> None:
        """From the program's queue. While it fails, its operations stay pending."""
        failures = 0
        while True:
            try:
                operation = await queue.get()
            except (QueueClosedError, asyncio.CancelledError):
                return
            except BaseException as error:  # also SystemExit, which would end the thread
                if self._log_once(("get", type(error))):
                    logger.exception(
                        "get() of the program's queue raised an exception; it is called again after growing delays "
                        "(further ones are not logged)"
                    )
                await asyncio.sleep(_GET_AGAIN.delay(failures))
                failures += 1
                continue
            failures = 0
            self._relayed.discard(operation)
            self._admit([operation])

    def _admit(self, operations: list[Operation]) -> None:
        for operation in operations:
            self._admit_one(operation)
            self._slices.pause()
        self._sending.pump()

    def _admit_one(self, operation: Operation) -> None:
        try:
            effects = self._dispatch.admit(operation)
        except Exception:
            self._fail(operation)
        else:
            if effects is not NO_EFFECTS:
                self._sending.report(effects)

    def _fail(self, operation: object) -> None:
        """Handle what cannot be admitted, such as an item that the program's queue made up. Delivery continues."""
        if self._log_once(INTERNAL_ERROR):
            name = operation.type.name if isinstance(operation, Operation) else type(operation).__name__
            logger.exception("an item of the queue cannot be delivered: %s (further ones are not logged)", name)
        if isinstance(operation, Operation):
            self._ledger.fail(operation, INTERNAL_ERROR)
            self._sending.never_send(operation, INTERNAL_ERROR)
