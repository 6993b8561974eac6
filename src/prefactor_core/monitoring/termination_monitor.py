"""Detects that the platform terminates an agent instance."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from typing import Protocol, TypeAlias
from weakref import WeakSet

from prefactor_core._records.records import CreateState, InstanceRecord
from prefactor_core._records.termination_event import LoopFlag, Subscribers
from prefactor_http._log import logger_of

__all__ = ["TerminationCallback", "TerminationMonitor"]

TerminationCallback: TypeAlias = Callable[[str, str | None], object]

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
        poll_interval: seconds between two polls.
    """

    def __init__(self, fetch_instance: Callable[[str], Awaitable[InstanceState]], poll_interval: float = 30.0) -> None:
        self.poll_interval = poll_interval
        self._fetch_instance = fetch_instance
        self._lock = threading.RLock()
        self._live: WeakSet[InstanceRecord] = WeakSet()
        self._listeners: Subscribers[[str, str | None]] = Subscribers("an on_terminate callback")
        self._active: str | None = None
        self._flag = LoopFlag()
        self._reason: str | None = None
        self._callbacks: Subscribers[[]] = Subscribers("a termination callback")

    # The instances.

    def watch(self, instance: InstanceRecord) -> None:
        """Poll an instance until it is finished or terminated, or its record is garbage-collected."""
        with self._lock:
            if not instance.ended:
                self._live.add(instance)

    def finished(self, instance: InstanceRecord) -> None:
        """The agent finished an instance: stop watching it."""
        with self._lock:
            instance.ended = True
            self._live.discard(instance)
            if self._active == instance.id:
                self._active = None

    def terminate(self, instance: InstanceRecord, reason: str | None) -> None:
        """Report that the platform terminated an instance: set its event and call the callbacks, once."""
        with self._lock:
            if instance.ended:
                return
            instance.ended = True
            self._live.discard(instance)
        instance.terminated._terminate(reason)
        self.detect_termination(reason, instance.id)
        self._listeners.call(instance.id, reason)

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
            self._active = instance_id

    def detect_termination(self, reason: str | None, instance_id: str | None = None) -> None:
        """Report that the platform terminated the active instance: set the event and call the subscribers, once.

        Args:
            reason: why; None if the platform gave no reason.
            instance_id: the instance. If it is not the active one, nothing happens; None is the active one.
        """
        with self._lock:
            if self._flag.is_set() or (instance_id is not None and instance_id != self._active):
                return
            self._reason = reason
            self._flag.set()
        self._callbacks.call()

    def get_termination_event(self) -> asyncio.Event:
        """The event that is set at a termination. There is one for each event loop, and one outside of event loops."""
        return self._flag.event()

    def subscribe(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Call `callback` at a termination, on the delivery thread.

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

    # The poll.

    async def run(self) -> None:
        """Poll until cancelled."""
        while True:
            await asyncio.sleep(self.poll_interval)
            for instance in self._polled():
                await self._poll(instance)
            if (active := self._active) is not None and not self._flag.is_set():
                await self._poll_active(active)

    def _polled(self) -> list[InstanceRecord]:
        with self._lock:
            return [instance for instance in self._live if instance.registration is CreateState.DELIVERED]

    async def _poll(self, instance: InstanceRecord) -> None:
        state = await self._state(instance.id)
        if state is not None and state.status == "terminated":
            self.terminate(instance, state.termination_reason)

    async def _poll_active(self, instance_id: str) -> None:
        if all(instance.id != instance_id for instance in self._polled()):  # made active by its id only
            state = await self._state(instance_id)
            if state is not None and state.status == "terminated":
                self.detect_termination(state.termination_reason, instance_id)

    async def _state(self, instance_id: str) -> InstanceState | None:
        try:
            return await self._fetch_instance(instance_id)
        except Exception as error:
            logger.debug(
                "an agent instance could not be polled for a termination, and is polled again later: %s", error
            )
            return None
