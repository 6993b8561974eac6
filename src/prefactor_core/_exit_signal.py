"""SIGTERM: deliver what waits before it takes effect.

Python runs a signal handler on the main thread between any two of its instructions, perhaps while that thread holds a
lock of ours, of `logging` or of `threading`. So the handler takes no lock and does not wait: it starts a thread that
delivers, and the program goes on meanwhile. That thread raises the signal once more, and this time it is passed on: to
the program's handler, or to the default action. A further signal that comes meanwhile is passed on at once.
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

from prefactor_core import _exit, _fork
from prefactor_http._log import logger_of

__all__ = ["install", "uninstall"]

_Handler: TypeAlias = Callable[[int, FrameType | None], object] | int | signal.Handlers | None

logger = logger_of("prefactor_core")


class _Sigterm:
    """The one handler of the process.

    Attributes:
        users: how many sessions want it.
        previous: what was there before; None when this one is not installed.
        draining: the drain that goes on.
    """

    def __init__(self) -> None:
        self.users = 0
        self.previous: _Handler = None
        self.draining: object = None

    def handle(self, number: int, frame: FrameType | None) -> None:
        """Drain first, or pass the signal on."""
        deliveries = _exit.drained_at_exit()
        if self.draining is not None or not deliveries:
            self.draining = None
            self._pass_on(number, frame)
            return
        self.draining = object()
        # Not threading.Thread: its start() takes a lock which the interrupted code may hold.
        try:
            _thread.start_new_thread(self._drain, (deliveries, self.draining))
        except RuntimeError:  # no thread can be started
            self.draining = None
            self._pass_on(number, frame)

    def _pass_on(self, number: int, frame: FrameType | None) -> None:
        if (programs := self._programs_handler()) is not None:
            programs(number, frame)
            return
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)

    def _programs_handler(self) -> Callable[[int, FrameType | None], object] | None:
        return self.previous if callable(self.previous) and not isinstance(self.previous, signal.Handlers) else None

    def _drain(self, deliveries: list[_exit.Drainable], drain: object) -> None:
        """On a thread of its own."""
        flushing = [delivery.begin_flush() for delivery in deliveries]
        concurrent.futures.wait(flushing, _exit.deadline(deliveries))
        if self.draining is not drain:  # a second signal did not wait
            return
        left = sum(delivery.pending for delivery in deliveries)
        if left and self._programs_handler() is None:  # else the program goes on: its end drains, and tells
            logger.error("SIGTERM: %d operations were not delivered in time", left)
        os.kill(os.getpid(), signal.SIGTERM)


_sigterm = _Sigterm()
_handle = _sigterm.handle  # one object: `is` tells whether it is installed


def install() -> None:
    """Drain on SIGTERM from now on, until as many calls of `uninstall()`.

    Not when the signal is ignored, or handled by an event loop: then the program decides how it ends, and the end of
    the program drains. From another thread than the main one, only a warning is logged.
    """
    _sigterm.users += 1
    current = signal.getsignal(signal.SIGTERM)
    if current is _handle:
        return
    if threading.current_thread() is not threading.main_thread():
        logger.warning("drain_on_sigterm needs initialize() on the main thread: SIGTERM is left as it is")
    elif current is None or current is signal.SIG_IGN or _is_of_a_loop(current):
        logger.info("drain_on_sigterm: SIGTERM is handled or ignored by the program; it is left as it is")
    elif _sigterm.previous is not None and current is not signal.SIG_DFL:  # it may call this one
        logger.warning("drain_on_sigterm: the program has replaced the handler of SIGTERM; it is left as it is")
    else:
        _sigterm.previous = current
        signal.signal(signal.SIGTERM, _handle)


def uninstall() -> None:
    """The last one restores what was there before: on the main thread, and if nobody has put another handler there."""
    _sigterm.users = max(_sigterm.users - 1, 0)
    if _sigterm.users or threading.current_thread() is not threading.main_thread():
        return
    if signal.getsignal(signal.SIGTERM) is _handle:
        signal.signal(signal.SIGTERM, _sigterm.previous)
        _sigterm.previous = None


def _is_of_a_loop(handler: _Handler) -> bool:
    """`loop.add_signal_handler` was used: it would be called at once whatever handler is installed beside it."""
    return getattr(handler, "__module__", "").partition(".")[0] in {"asyncio", "uvloop"}


def _start_anew() -> None:
    """In a forked child no drain goes on, and a session that is made there wants the handler anew."""
    _sigterm.draining = None
    _sigterm.users = 0


_fork.in_child(_start_anew)
