"""Handles SIGTERM: what waits is delivered before the signal ends the process.

The default action of SIGTERM ends a process without a chance to do anything. So this module's handler takes its place:
where the default action is set when a client is opened, and where the program sets it later, while a client is open.
The latter is what servers do: they handle SIGTERM themselves, and when they have answered their last request, they set
the default action again and raise the signal once more. To see that, `signal.signal` is replaced while a client is
open. Handlers of the program stay as they are, and a program that ends in another way than by the signal is drained at
its end.

Python runs a signal handler on the main thread between any two of its instructions, perhaps while that thread holds a
lock of this package, of `logging` or of `threading`. So the handler takes no lock: it starts a thread that delivers.
The handler waits for that thread, unless the main thread may hold such a lock; then the program goes on meanwhile, and
the thread raises the signal again. A second signal that comes meanwhile takes effect at once.
"""

from __future__ import annotations

import _thread
import atexit
import functools
import os
import signal
import threading
from collections.abc import Callable
from types import FrameType
from typing import TypeAlias

from prefactor_core._deadline import Deadline
from prefactor_core._process.exit import Drainable, close_all, fail_open_runs, open_deliveries, seconds_to_wait
from prefactor_core._process.fork import in_child
from prefactor_http._log import logger_of

__all__ = ["install", "uninstall"]

_Handler: TypeAlias = Callable[[int, FrameType | None], object] | int | signal.Handlers | None

_REASON = "the process was ended by SIGTERM"
# Code in these packages may hold a lock that the drain needs.
_LOCKING = {"prefactor_core", "prefactor_http", "logging", "threading", "queue", "importlib"}

logger = logger_of("prefactor_core")
_set_handler = signal.signal


class _Drain:
    """One drain, which runs on a thread of its own.

    Attributes:
        is_end: the process ends after it; otherwise a handler of the program is called.
    """

    def __init__(self, deliveries: list[Drainable], *, is_end: bool) -> None:
        self.is_end = is_end
        self._deliveries = deliveries
        self._done = _thread.allocate_lock()
        self._done.acquire()

    def run(self) -> None:
        """Deliver."""
        try:
            if self.is_end:
                fail_open_runs(_REASON)
                close_all(self._deliveries)
            else:
                flushing = [delivery.begin_flush(hurry=True) for delivery in self._deliveries]
                Deadline(seconds_to_wait(self._deliveries)).wait_for_all(flushing)
        finally:
            self._done.release()

    def wait(self) -> bool:
        """Wait until it is done, for `QueueConfig.close_timeout` at most. Return whether it is."""
        seconds = seconds_to_wait(self._deliveries)
        return self._done.acquire(timeout=-1 if seconds is None else seconds)


class _Sigterm:
    """The handler. There is one in a process.

    Attributes:
        users: how many sessions use it.
        installed: it was installed, and not removed by `uninstall()`. The program may have replaced it.
        program_handler: the handler of the program that this one has replaced, with `drain_on_sigterm=True`.
        drain: the drain that is running.
    """

    def __init__(self) -> None:
        self.users = 0
        self.installed = False
        self.program_handler: Callable[[int, FrameType | None], object] | None = None
        self.drain: _Drain | None = None

    def handle(self, number: int, frame: FrameType | None) -> None:
        """Start a drain. Let the signal take effect if one is running already, or there is nothing to drain."""
        deliveries = open_deliveries()
        if self.drain is not None or not deliveries:
            self.drain = None
            self._pass_on(number, frame)
            return
        self.drain = drain = _Drain(deliveries, is_end=self.program_handler is None)
        # Not threading.Thread: its start() takes a lock that the interrupted code may hold.
        try:
            _thread.start_new_thread(self._run, (drain,))
        except RuntimeError:  # no thread can be started, as at the end of the interpreter in Python 3.12.1
            if not _may_hold_a_lock(frame):
                drain.run()
            self.drain = None
            self._pass_on(number, frame)
            return
        if drain.is_end and not _may_hold_a_lock(frame):
            self.wait_for_the_end(drain)

    def wait_for_the_end(self, drain: _Drain) -> None:
        """Wait for a drain, and let the signal take effect."""
        if drain.wait():
            self.drain = None
            self._pass_on(signal.SIGTERM, None)

    def _pass_on(self, number: int, frame: FrameType | None) -> None:
        if self.program_handler is not None:
            self.program_handler(number, frame)
            return
        _set_handler(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)

    def _run(self, drain: _Drain) -> None:
        """Drain, then raise the signal again. Runs on a thread of its own."""
        try:
            drain.run()
        finally:
            if self.drain is drain:  # otherwise a second signal has taken effect meanwhile
                os.kill(os.getpid(), signal.SIGTERM)


def _may_hold_a_lock(frame: FrameType | None) -> bool:
    """Whether the code that a signal has interrupted may hold a lock that the drain needs."""
    while frame is not None:
        if str(frame.f_globals.get("__name__")).partition(".")[0] in _LOCKING:
            return True
        frame = frame.f_back
    return False


_sigterm = _Sigterm()
_handle = _sigterm.handle  # a bound method is a new object each time: keep one, to compare it with `is`


def install(*, before_handlers: bool) -> None:
    """Drain on SIGTERM from now on, until `uninstall()` was called as often as this.

    Does nothing while the signal is ignored or handled by the program: then the program decides how it ends.

    Args:
        before_handlers: drain also before a handler of the program is called, and log if that is not possible.
    """
    _sigterm.users += 1
    _watch_for_the_default_action()
    current = signal.getsignal(signal.SIGTERM)
    on_main_thread = threading.current_thread() is threading.main_thread()
    if current is _handle:
        return
    if current is signal.SIG_DFL and on_main_thread:
        _take_the_place_of(None)
    elif before_handlers and (reason := _why_not_before(current, on_main_thread=on_main_thread)):
        logger.warning("drain_on_sigterm=True has no effect, because %s", reason)
    elif before_handlers and callable(current) and not _is_of_event_loop(current):
        _take_the_place_of(current)
    elif current is signal.SIG_DFL:
        logger.info(
            "initialize() was not called on the main thread: if SIGTERM ends the program, operations that wait are lost"
        )


def uninstall() -> None:
    """Restore the previous handler when no session uses this one any more.

    Only on the main thread, and unless the program has replaced the handler since.
    """
    _sigterm.users = max(_sigterm.users - 1, 0)
    if _sigterm.users:
        return
    if signal.signal is _signal:
        signal.signal = _set_handler
    if threading.current_thread() is threading.main_thread() and signal.getsignal(signal.SIGTERM) is _handle:
        _set_handler(signal.SIGTERM, _sigterm.program_handler or signal.SIG_DFL)
        _sigterm.installed, _sigterm.program_handler = False, None


def _take_the_place_of(program_handler: Callable[[int, FrameType | None], object] | None) -> None:
    try:
        _set_handler(signal.SIGTERM, _handle)
    except ValueError:  # a subinterpreter
        return
    _sigterm.installed, _sigterm.program_handler = True, program_handler


def _why_not_before(current: _Handler, *, on_main_thread: bool) -> str | None:
    """Why the client cannot drain before a handler of the program is called; None if it can, or need not."""
    if not on_main_thread:
        return (
            "initialize() was not called on the main thread: SIGTERM will end the program without delivering the "
            "operations that wait"
        )
    if _sigterm.installed and callable(current):  # that one may call this one
        return (
            "the program has replaced the client's handler of SIGTERM: set handlers before initialize(), which keeps "
            "them and calls them after delivery"
        )
    return None


def _is_of_event_loop(handler: _Handler) -> bool:
    """Whether `loop.add_signal_handler` was used: the loop calls its handler at once, whatever is installed here."""
    return getattr(handler, "__module__", "").partition(".")[0] in {"asyncio", "uvloop"}


def _watch_for_the_default_action() -> None:
    if signal.signal is _set_handler:
        signal.signal = _signal


@functools.wraps(_set_handler)
def _signal(signalnum: int, handler: _Handler) -> _Handler:
    """Takes the place of `signal.signal` while a client is open."""
    if signalnum == signal.SIGTERM and handler == signal.SIG_DFL and _sigterm.users:
        previous = _set_handler(signalnum, _handle)
        _sigterm.installed, _sigterm.program_handler = True, None
        return previous
    return _set_handler(signalnum, handler)


@atexit.register
def _wait_for_the_signal() -> None:
    """If the program ends by itself while a drain runs, let the signal end it, as without a client."""
    drain = _sigterm.drain
    if drain is not None and drain.is_end:
        _sigterm.wait_for_the_end(drain)


def _reset_in_child() -> None:
    """In a forked child: no drain is running, and no session uses the handler yet."""
    _sigterm.drain = None
    _sigterm.users = 0


in_child(_reset_in_child)
