"""The event that is set when an agent instance is terminated. It works from any thread and any event loop."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections import deque
from collections.abc import Callable
from contextvars import Context
from functools import partial
from typing import Generic, Literal, ParamSpec
from weakref import WeakKeyDictionary

from prefactor_core._client_thread import ClientThread
from prefactor_http._log import logger_of

__all__ = ["LoopFlag", "Subscribers", "TerminationEvent"]

P = ParamSpec("P")

logger = logger_of("prefactor_core")


class _LoopEvent:
    """The asyncio.Event of one event loop, and the number of clearings of the flag that it has followed."""

    def __init__(self, clearings: int) -> None:
        self.event = asyncio.Event()
        self.clearings = clearings


class LoopFlag:
    """A flag with an asyncio.Event for each event loop, and one for callers outside of event loops.

    Events follow the flag at once in their own event loop, and at its next turn if another thread changes the flag.
    Whoever waits while the flag is set is woken, even if it is cleared before that turn; who begins to wait after the
    clearing is not.

    There is no lock, since a forked child could inherit it locked. `event` first enters its event and then reads the
    flag; `set` first sets the flag and then looks for events. So at least one of them sees the other.
    """

    def __init__(self) -> None:
        self._set = False
        self._clearings = 0
        self._unbound = asyncio.Event()
        self._events: WeakKeyDictionary[asyncio.AbstractEventLoop, _LoopEvent] = WeakKeyDictionary()

    def is_set(self) -> bool:
        """Whether the flag is set."""
        return self._set

    def set(self) -> None:
        """Set the flag, and wake those who wait for it."""
        self._set = True
        self._unbound.set()
        self._update()

    def clear(self) -> None:
        """Clear the flag."""
        if not self._set:
            return
        self._set = False  # before the count: an event that sees the new count must not see the old flag
        self._clearings += 1
        self._unbound.clear()
        self._update()

    def event(self) -> asyncio.Event:
        """The event of the running event loop, or the one for callers outside of event loops."""
        loop = asyncio._get_running_loop()
        if loop is None:
            return self._unbound
        entry = self._events.setdefault(loop, _LoopEvent(self._clearings))
        self._follow(entry)
        return entry.event

    def _update(self) -> None:
        running = asyncio._get_running_loop()
        for reference in self._events.keyrefs():  # a list, which other threads do not change
            loop = reference()
            if loop is None or (entry := self._events.get(loop)) is None:
                continue
            if loop is running:
                self._follow(entry)
                continue
            with contextlib.suppress(RuntimeError):  # the loop is closed
                loop.call_soon_threadsafe(self._follow, entry)

    def _follow(self, entry: _LoopEvent) -> None:
        """Bring an event to the state of the flag, in the event's loop."""
        if entry.clearings != self._clearings:
            entry.clearings = self._clearings
            entry.event.set()  # for those who have waited since before the clearing
            entry.event.clear()
        if self._set:
            entry.event.set()


class TerminationEvent:
    """Set when the platform terminates an agent instance: an asyncio.Event for any thread and any event loop."""

    def __init__(self) -> None:
        self._flag = LoopFlag()
        self._reason: str | None = None

    def __repr__(self) -> str:
        return f"<TerminationEvent {'set' if self.is_set() else 'not set'}>"

    @property
    def reason(self) -> str | None:
        """Why the instance was terminated; None if it was not, or the platform gave no reason."""
        return self._reason

    def is_set(self) -> bool:
        """Whether the instance was terminated."""
        return self._flag.is_set()

    async def wait(self) -> Literal[True]:
        """Wait until the instance is terminated."""
        return await self._flag.event().wait()

    def _terminate(self, reason: str | None) -> None:
        """The platform has terminated the instance."""
        self._reason = reason
        self._flag.set()


# A repr, a pickle and documentation show where a program imports the class from.
TerminationEvent.__module__ = "prefactor_core"


class Subscribers(Generic[P]):
    """Callbacks. An exception of one is logged, and the others are still called.

    Args:
        what: what a callback is called in the log.
    """

    def __init__(self, what: str) -> None:
        self._what = what
        self._callbacks: list[Callable[P, object]] = []
        self._lock = threading.Lock()
        self._waiting: deque[Callable[[], None]] = deque()
        self._running = False

    def add(self, callback: Callable[P, object]) -> Callable[[], None]:
        """Add a callback. Returns a function that removes it."""
        self._callbacks.append(callback)

        def unsubscribe() -> None:
            with contextlib.suppress(ValueError):
                self._callbacks.remove(callback)

        return unsubscribe

    def clear(self) -> None:
        """Remove all callbacks."""
        self._callbacks.clear()

    def renew_lock(self) -> None:
        """In a forked child: the thread that calls does not exist there."""
        self._lock, self._running = threading.Lock(), False
        self._waiting.clear()

    def call_in_thread(self, *args: P.args, **kwargs: P.kwargs) -> None:
        """Call all callbacks on a thread of their own, one after the other: they may block."""
        if not self._callbacks:
            return
        with self._lock:
            self._waiting.append(partial(self.call, *args, **kwargs))
            if self._running:
                return
            self._running = True
        try:
            thread = ClientThread(target=self._call_waiting, name="prefactor-callbacks", daemon=True)
            Context().run(thread.start)  # Python 3.14 and OpenTelemetry may hand on the caller's context
        except RuntimeError:  # there are too many threads, or the program ends
            self._call_waiting()

    def _call_waiting(self) -> None:
        while True:
            with self._lock:
                if not self._waiting:
                    self._running = False
                    return
                call = self._waiting.popleft()
            call()

    def call(self, *args: P.args, **kwargs: P.kwargs) -> None:
        """Call all callbacks."""
        for callback in list(self._callbacks):
            try:
                callback(*args, **kwargs)
            except BaseException:  # sys.exit too, which would end this thread and not the program
                logger.exception("%s raised an exception, which is ignored", self._what)
