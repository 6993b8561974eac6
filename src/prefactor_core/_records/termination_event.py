"""The event that is set when an agent instance is terminated. It works from any thread and any event loop."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import Generic, Literal, ParamSpec
from weakref import WeakKeyDictionary

from prefactor_http._log import logger_of

__all__ = ["LoopFlag", "Subscribers", "TerminationEvent"]

P = ParamSpec("P")

logger = logger_of("prefactor_core")


class LoopFlag:
    """A flag with an asyncio.Event for each event loop, and one for callers outside of event loops.

    There is no lock, since a forked child could inherit it locked. `event` first enters its event and then reads the
    flag; `set` first sets the flag and then looks for events. So at least one of them sees the other.
    """

    def __init__(self) -> None:
        self._set = False
        self._unbound = asyncio.Event()
        self._events: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Event] = WeakKeyDictionary()

    def is_set(self) -> bool:
        """Whether the flag is set."""
        return self._set

    def set(self) -> None:
        """Set the flag, and wake those who wait for it."""
        self._set = True
        self._change(asyncio.Event.set)

    def clear(self) -> None:
        """Clear the flag."""
        self._set = False
        self._change(asyncio.Event.clear)

    def event(self) -> asyncio.Event:
        """The event of the running event loop, or the one for callers outside of event loops."""
        loop = asyncio._get_running_loop()
        event = self._unbound if loop is None else self._events.setdefault(loop, asyncio.Event())
        if self._set:
            event.set()
        return event

    def _change(self, change: Callable[[asyncio.Event], None]) -> None:
        change(self._unbound)
        for reference in self._events.keyrefs():  # a list, which other threads do not change
            loop = reference()
            if loop is None or (event := self._events.get(loop)) is None:
                continue
            with contextlib.suppress(RuntimeError):  # the loop is closed
                loop.call_soon_threadsafe(change, event)


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


class Subscribers(Generic[P]):
    """Callbacks. An exception of one is logged, and the others are still called.

    Args:
        what: what a callback is called in the log.
    """

    def __init__(self, what: str) -> None:
        self._what = what
        self._callbacks: list[Callable[P, object]] = []

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

    def call(self, *args: P.args, **kwargs: P.kwargs) -> None:
        """Call all callbacks."""
        for callback in list(self._callbacks):
            try:
                callback(*args, **kwargs)
            except BaseException:  # sys.exit too, which would end the delivery thread and not the program
                logger.exception("%s raised an exception, which is ignored", self._what)
