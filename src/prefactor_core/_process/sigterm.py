"""Handles SIGTERM: the operations that wait are delivered before the signal takes effect.

Python runs a signal handler on the main thread between any two of its instructions, perhaps while that thread holds a
lock of this package, of `logging` or of `threading`. So the handler takes no lock and does not wait: it starts a thread
that delivers, and the program goes on meanwhile. That thread then raises the signal again, and this time it is passed
on: to the program's handler, or to the default action. A second signal that comes meanwhile is passed on at once.
"""

from __future__ import annotations

import _thread
import concurrent.futures
import os
import signal
import threading
from collections.abc import Callable
from types import FrameType
from typing import TypeAlias

from prefactor_core._process.exit import Drainable, open_deliveries, seconds_to_wait
from prefactor_core._process.fork import in_child
from prefactor_http._log import logger_of

__all__ = ["install", "uninstall"]

_Handler: TypeAlias = Callable[[int, FrameType | None], object] | int | signal.Handlers | None

logger = logger_of("prefactor_core")


class _Sigterm:
    """The handler. There is one in a process.

    Attributes:
        users: how many sessions use it.
        previous: the handler that it replaced; None if it is not installed.
        draining: identifies the drain that is running.
    """

    def __init__(self) -> None:
        self.users = 0
        self.previous: _Handler = None
        self.draining: object = None

    def handle(self, number: int, frame: FrameType | None) -> None:
        """Start a drain. Pass the signal on if one is running already, or there is nothing to drain."""
        deliveries = open_deliveries()
        if self.draining is not None or not deliveries:
            self.draining = None
            self._pass_on(number, frame)
            return
        self.draining = object()
        # Not threading.Thread: its start() takes a lock that the interrupted code may hold.
        try:
            _thread.start_new_thread(self._drain, (deliveries, self.draining))
        except RuntimeError:  # no thread can be started
            self.draining = None
            self._pass_on(number, frame)

    def _pass_on(self, number: int, frame: FrameType | None) -> None:
        if (handler := self._program_handler()) is not None:
            handler(number, frame)
            return
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)

    def _program_handler(self) -> Callable[[int, FrameType | None], object] | None:
        return self.previous if callable(self.previous) and not isinstance(self.previous, signal.Handlers) else None

    def _drain(self, deliveries: list[Drainable], drain: object) -> None:
        """Deliver, then raise the signal again. Runs on a thread of its own."""
        flushing = [delivery.begin_flush() for delivery in deliveries]
        concurrent.futures.wait(flushing, seconds_to_wait(deliveries))
        if self.draining is not drain:  # a second signal has been passed on meanwhile
            return
        left = sum(delivery.pending for delivery in deliveries)
        if left and self._program_handler() is None:  # otherwise the program goes on, and its end drains and logs
            logger.error(
                "SIGTERM: %d %s not delivered within QueueConfig.close_timeout, and lost",
                left,
                "operation was" if left == 1 else "operations were",
            )
        os.kill(os.getpid(), signal.SIGTERM)


_sigterm = _Sigterm()
_handle = _sigterm.handle  # a bound method is a new object each time: keep one, to compare it with `is`


def install() -> None:
    """Drain on SIGTERM from now on, until `uninstall()` was called as often as this.

    Does nothing if the signal is ignored or handled by an event loop: then the program decides how it ends, and its end
    drains. On another thread than the main one, only logs a warning.
    """
    _sigterm.users += 1
    current = signal.getsignal(signal.SIGTERM)
    if current is _handle:
        return
    if threading.current_thread() is not threading.main_thread():
        logger.warning(
            "drain_on_sigterm has no effect, because initialize() was not called on the main thread: "
            "SIGTERM will end the program without delivering the operations that wait"
        )
    elif current is None or current is signal.SIG_IGN or _is_of_event_loop(current):
        logger.info(
            "drain_on_sigterm has no effect, because the program ignores SIGTERM or handles it on its event loop: "
            "operations that wait are delivered when the program ends"
        )
    elif _sigterm.previous is not None and current is not signal.SIG_DFL:  # that one may call this one
        logger.warning(
            "drain_on_sigterm has no effect, because the program has replaced the client's handler of SIGTERM: "
            "set handlers before initialize(), which keeps them and calls them after delivery"
        )
    else:
        _sigterm.previous = current
        signal.signal(signal.SIGTERM, _handle)


def uninstall() -> None:
    """Restore the previous handler when no session uses this one any more.

    Only on the main thread, and unless the program has replaced the handler since.
    """
    _sigterm.users = max(_sigterm.users - 1, 0)
    if _sigterm.users or threading.current_thread() is not threading.main_thread():
        return
    if signal.getsignal(signal.SIGTERM) is _handle:
        signal.signal(signal.SIGTERM, _sigterm.previous)
        _sigterm.previous = None


def _is_of_event_loop(handler: _Handler) -> bool:
    """Whether `loop.add_signal_handler` was used: the loop calls its handler at once, whatever is installed here."""
    return getattr(handler, "__module__", "").partition(".")[0] in {"asyncio", "uvloop"}


def _reset_in_child() -> None:
    """In a forked child: no drain is running, and no session uses the handler yet."""
    _sigterm.draining = None
    _sigterm.users = 0


in_child(_reset_in_child)
