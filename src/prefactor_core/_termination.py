"""The stop signal of one agent instance, for any thread and any event loop."""

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
    """A flag with an asyncio.Event for each event loop, and one for callers outside of any.

    There is no lock, which a forked child could inherit locked: `event` first enters its event and then looks at the
    flag, `set` first sets the flag and then looks for events, so one sees the other.
    """

    def __init__(self) -> None:
        self._set = False
        self._unbound = asyncio.Event()
        self._events: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Event] = WeakKeyDictionary()

    def is_set(self) -> bool:
        """Whether it is set."""
        return self._set

    def set(self) -> None:
        """Set it, and wake who waits."""
        self._set = True
        self._change(asyncio.Event.set)

    def clear(self) -> None:
        """Clear it."""
        self._set = False
        self._change(asyncio.Event.clear)

    def event(self) -> asyncio.Event:
        """The caller's event loop's event."""
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
            with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits there any more
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
        """Why, if the instance was terminated and the platform said why."""
        return self._reason

    def is_set(self) -> bool:
        """The instance was terminated."""
        return self._flag.is_set()

    async def wait(self) -> Literal[True]:
        """Wait until the instance is terminated; for ever, when it never is."""
        return await self._flag.event().wait()

    def _terminate(self, reason: str | None) -> None:
        """The platform has terminated the instance."""
        self._reason = reason
        self._flag.set()


class Subscribers(Generic[P]):
    """Functions to call. What one raises is logged and does not reach the others."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._callbacks: list[Callable[P, object]] = []

    def add(self, callback: Callable[P, object]) -> Callable[[], None]:
        """Call `callback` from now on; the returned function ends that."""
        self._callbacks.append(callback)

        def unsubscribe() -> None:
            with contextlib.suppress(ValueError):
                self._callbacks.remove(callback)

        return unsubscribe

    def clear(self) -> None:
        """Forget all."""
        self._callbacks.clear()

    def call(self, *args: P.args, **kwargs: P.kwargs) -> None:
        """Call all."""
        for callback in list(self._callbacks):
            try:
                callback(*args, **kwargs)
            except BaseException:  # sys.exit too: it would end the delivery thread, not the program
                logger.exception("%s raised", self._what)
