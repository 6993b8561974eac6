"""Notices that the platform has terminated the active agent instance."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
from collections.abc import Awaitable, Callable
from typing import Protocol
from weakref import WeakKeyDictionary

__all__ = ["TerminationMonitor"]

logger = logging.getLogger("prefactor_core")


class InstanceState(Protocol):
    """What a poll reads of an agent instance."""

    @property
    def status(self) -> str: ...

    @property
    def termination_reason(self) -> str | None: ...


class TerminationMonitor:
    """Knows the active instance, and hears of its termination: from answers to span requests, and from a poll.

    What concerns another instance than the active one is ignored, so that a late answer of an old run cannot stop a
    new one. Every method works from any thread; `run()` belongs on the delivery loop.

    Args:
        fetch_instance: gets an instance from the API.
        poll_interval: seconds between two polls.
    """

    def __init__(self, fetch_instance: Callable[[str], Awaitable[InstanceState]], poll_interval: float = 30.0) -> None:
        self._fetch_instance = fetch_instance
        self._poll_interval = poll_interval
        self._lock = threading.RLock()
        self._active: str | None = None
        self._terminated = False
        self._reason: str | None = None
        self._events: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Event] = WeakKeyDictionary()
        self._unbound = asyncio.Event()
        self._callbacks: list[Callable[[], None]] = []

    @property
    def termination_reason(self) -> str | None:
        """Why the active instance was terminated, if it was and the platform said why."""
        return self._reason

    def sync(self, instance_id: str | None) -> None:
        """Make an instance the active one; None when none is. A new one starts with a clean state."""
        with self._lock:
            if instance_id is not None and instance_id != self._active:
                self.reset()
            self._active = instance_id

    def finished(self, instance_id: str) -> None:
        """An instance ended by itself: it is not watched any more."""
        with self._lock:
            if self._active == instance_id:
                self._active = None

    def detect_termination(self, reason: str | None, instance_id: str | None = None) -> None:
        """The platform terminated an instance, the active one by default. Events are set, callbacks called, once."""
        with self._lock:
            if self._terminated or (instance_id is not None and instance_id != self._active):
                return
            self._terminated, self._reason = True, reason
            callbacks = list(self._callbacks)
        self._change(asyncio.Event.set)
        for callback in callbacks:
            try:
                callback()
            except BaseException:  # sys.exit too: it would end the delivery thread, not the program
                logger.exception("a termination callback raised")

    def get_termination_event(self) -> asyncio.Event:
        """The event that is set at termination. Each event loop has its own, and so have callers outside of any."""
        loop = asyncio._get_running_loop()
        with self._lock:
            event = self._unbound if loop is None else self._events.setdefault(loop, asyncio.Event())
            if self._terminated:
                event.set()
            return event

    def subscribe(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Call `callback` at termination, on the delivery thread; the returned function ends that."""
        self._callbacks.append(callback)

        def unsubscribe() -> None:
            with contextlib.suppress(ValueError):
                self._callbacks.remove(callback)

        return unsubscribe

    def reset(self) -> None:
        """Forget the active instance and its termination."""
        with self._lock:
            self._active, self._terminated, self._reason = None, False, None
        self._change(asyncio.Event.clear)

    def destroy(self) -> None:
        """Forget everything, also who wants to know."""
        self.reset()
        self._callbacks.clear()

    def _change(self, change: Callable[[asyncio.Event], None]) -> None:
        change(self._unbound)
        for loop, event in list(self._events.items()):
            with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits there any more
                loop.call_soon_threadsafe(change, event)

    async def run(self) -> None:
        """Poll the active instance until cancelled."""
        while True:
            await asyncio.sleep(self._poll_interval)
            if (instance_id := self._active) is not None and not self._terminated:
                await self._poll(instance_id)

    async def _poll(self, instance_id: str) -> None:
        try:
            instance = await self._fetch_instance(instance_id)
        except Exception as error:
            logger.debug("the agent instance could not be polled: %s", error)
            return
        if instance.status == "terminated":
            self.detect_termination(instance.termination_reason, instance_id)
