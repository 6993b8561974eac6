"""Detects that the platform terminates an agent instance."""

from __future__ import annotations

import asyncio
import itertools
import threading
import weakref
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Protocol, TypeAlias
from weakref import WeakKeyDictionary

from prefactor_core._records.records import CreateState, InstanceRecord
from prefactor_core._records.termination_event import LoopFlag, Subscribers
from prefactor_http._log import logger_of
from prefactor_http.exceptions import is_permanent_http_error

__all__ = ["TerminationCallback", "TerminationMonitor"]

TerminationCallback: TypeAlias = Callable[[str, str | None], object]

# Turns in which instances are polled: each instance in every sixth. Two turns are left for answers that take long.
_TURNS = 8
_TURNS_BETWEEN_POLLS = 6
_MOST_POLLS = 8  # at the same time, beside the requests of delivery

logger = logger_of("prefactor_core")


class InstanceState(Protocol):
    """The fields of an agent instance that a poll reads."""

    @property
    def status(self) -> str: ...

    @property
    def termination_reason(self) -> str | None: ...


class TerminationMonitor:
    """Detects terminations: from the answers to span requests, and by polling the instances that are live.

    Each instance has its own event, so a late answer for an old run cannot stop a new one. An instance that the agent
    has finished cannot be terminated any more. Integrations use another view beside these events: that of the *active*
    instance, which is the one that was created last (`sync()`, `get_termination_event()`, `subscribe()`,
    `termination_reason`).

    Every method works from any thread; `run()` must run on the delivery loop.

    Args:
        fetch_instance: gets an instance from the API.
        poll_interval: seconds after which a termination is known at the latest, if the API answers within a fourth of
            that time. Each instance is polled a little more often, and the polls are spread over the time.
    """

    def __init__(self, fetch_instance: Callable[[str], Awaitable[InstanceState]], poll_interval: float = 30.0) -> None:
        self.poll_interval = poll_interval
        self._fetch_instance = fetch_instance
        self._lock = threading.RLock()
        self._turn = 0
        self._places = itertools.cycle(range(_TURNS_BETWEEN_POLLS))
        self._live: WeakKeyDictionary[InstanceRecord, int] = WeakKeyDictionary()  # and the turn of the next poll
        self._due: deque[InstanceRecord | str] = deque()
        self._failures = 0  # in a row
        self._listeners: Subscribers[[str, str | None]] = Subscribers("an on_terminate callback")
        self._active: str | None = None
        self._active_turn = 0
        self._flag = LoopFlag()
        self._reason: str | None = None
        self._callbacks: Subscribers[[]] = Subscribers("a termination callback")

    # The instances.

    def watch(self, instance: InstanceRecord) -> None:
        """Poll an instance until it is finished or terminated, or its record is garbage-collected."""
        with self._lock:
            if not instance.ended and instance not in self._live:
                self._live[instance] = self._turn + _TURNS_BETWEEN_POLLS - next(self._places)

    def finished(self, instance: InstanceRecord) -> None:
        """The agent finished an instance: stop watching it."""
        with self._lock:
            instance.ended = True
            self._live.pop(instance, None)
            if self._active == instance.id:
                self._active = None

    def terminate(self, instance: InstanceRecord, reason: str | None) -> None:
        """Report that the platform terminated an instance: set its event and call the callbacks, once."""
        with self._lock:
            if instance.ended:
                return
            instance.ended = True
            self._live.pop(instance, None)
        instance.terminated._terminate(reason)
        if self._detect(reason, instance.id):
            self._callbacks.call_in_thread()
        self._listeners.call_in_thread(instance.id, reason)

    def on_terminate(self, callback: TerminationCallback) -> Callable[[], None]:
        """Call `callback` with the id and the reason of every instance that is terminated.

        Returns:
            A function that removes the callback.
        """
        return self._listeners.add(callback)

    # The active instance.

    @property
    def termination_reason(self) -> str | None:
        """Why the active instance was terminated; None if it was not, or the platform gave no reason."""
        return self._reason

    def sync(self, instance_id: str | None) -> None:
        """Make an instance the active one; None for no instance. Another instance than before resets the state."""
        with self._lock:
            if instance_id is not None and instance_id != self._active:
                self.reset()
                self._active_turn = self._turn + _TURNS_BETWEEN_POLLS
            self._active = instance_id

    def detect_termination(self, reason: str | None, instance_id: str | None = None) -> None:
        """Report that the platform terminated the active instance: set the event and call the subscribers, once.

        Args:
            reason: why; None if the platform gave no reason.
            instance_id: the instance. If it is not the active one, nothing happens; None is the active one.
        """
        if self._detect(reason, instance_id):
            self._callbacks.call()

    def _detect(self, reason: str | None, instance_id: str | None) -> bool:
        with self._lock:
            if self._flag.is_set() or (instance_id is not None and instance_id != self._active):
                return False
            self._reason = reason
            self._flag.set()
            return True

    def get_termination_event(self) -> asyncio.Event:
        """The event that is set at a termination. There is one for each event loop, and one outside of event loops."""
        return self._flag.event()

    def subscribe(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Call `callback` at a termination that the client detects, on a thread for such callbacks.

        Returns:
            A function that removes the callback.
        """
        return self._callbacks.add(callback)

    def reset(self) -> None:
        """Forget the active instance and its termination."""
        with self._lock:
            self._active, self._reason = None, None
            self._flag.clear()

    def destroy(self) -> None:
        """Forget all instances and all callbacks."""
        with self._lock:
            self._live.clear()
            self.reset()
        self._callbacks.clear()
        self._listeners.clear()

    def renew_locks(self) -> None:
        """In a forked child: make new locks, since another thread of the parent may have held the old ones."""
        self._lock = threading.RLock()
        self._listeners.renew_lock()
        self._callbacks.renew_lock()

    # The poll.

    def run(self) -> Coroutine[Any, Any, None]:
        """Poll until cancelled, or until the monitor is garbage-collected."""
        return _run(weakref.ref(self))

    def _next_turn(self) -> int:
        """Find the instances that are to be polled now. Returns how many these are."""
        with self._lock:
            self._turn += 1
            live = {each: turn for each, turn in self._live.items() if each.registration is CreateState.DELIVERED}
            self._due = deque(instance for instance, turn in live.items() if turn <= self._turn)
            by_id_only = self._active is not None and all(instance.id != self._active for instance in live)
            if self._active and by_id_only and self._active_turn <= self._turn and not self._flag.is_set():
                self._due.append(self._active)
        self._failures = 0
        return len(self._due)

    async def _poll_due(self) -> None:
        while self._due and self._failures < _MOST_POLLS:  # otherwise the API is away, and is asked again next time
            due = self._due.popleft()
            if self._is_still_due(due):
                await self._poll(due)

    def _is_still_due(self, due: InstanceRecord | str) -> bool:
        next_turn = self._turn + _TURNS_BETWEEN_POLLS
        with self._lock:
            if isinstance(due, str):
                self._active_turn = next_turn
                return due == self._active
            if due in self._live:
                self._live[due] = next_turn
            return due in self._live

    async def _poll(self, polled: InstanceRecord | str) -> None:
        instance_id = polled if isinstance(polled, str) else polled.id
        try:
            state = await self._fetch_instance(instance_id)
        except Exception as error:
            self._failures += not is_permanent_http_error(error)
            logger.debug(
                "an agent instance could not be polled for a termination, and is polled again later: %s", error
            )
            return
        self._failures = 0
        if state.status != "terminated":
            return
        if not isinstance(polled, str):
            self.terminate(polled, state.termination_reason)
        elif self._detect(state.termination_reason, instance_id):
            self._callbacks.call_in_thread()


async def _run(reference: weakref.ref[TerminationMonitor]) -> None:
    loop, polls = asyncio.get_running_loop(), set[asyncio.Task[None]]()
    turn_at = loop.time()
    try:
        while (monitor := reference()) is not None:
            turn_at = max(turn_at + monitor.poll_interval / _TURNS, loop.time())
            del monitor  # it is not kept while nothing is polled
            await asyncio.sleep(turn_at - loop.time())
            if (monitor := reference()) is not None:
                for _ in range(min(monitor._next_turn(), _MOST_POLLS - len(polls))):
                    polls.add(poll := loop.create_task(monitor._poll_due()))
                    poll.add_done_callback(polls.discard)
                    del poll
    finally:
        for poll in polls:
            poll.cancel()
