"""Gives the interpreter away between slices of work: short ones while the program records, longer ones otherwise.

CPython runs one thread at a time. A thread that wants to run waits for up to 5 ms while another one computes, and an
agent would wait so long for the delivery thread. So the delivery thread sleeps for the shortest time between slices of
its work. `time.sleep(0)` would not do: the thread may be back before the other one has woken up.

A thread that gets the interpreter and computes on keeps it for 5 ms. Then delivery sleeps longer, so that few of the
agent's calls wait at all: what a loop records is delivered after the loop.
"""

from __future__ import annotations

import time
from collections.abc import Callable

__all__ = ["Slices"]

_SLICE_SECONDS = 0.0002
_LONG_SLICE_SECONDS = 0.0005  # while the program does not record, for it may still do other things
_SHORT_SLEEP = 0.000001  # the system makes some 50 µs of it
_LONG_SLEEP = 0.005
_KEPT_SECONDS = 0.002  # so late after a sleep, another thread has kept the interpreter
# The program counts as recording for so long after its last operation.
_RECORDING_SECONDS = 0.05
# A program that computes all the time must not keep delivery from working.
_MAX_KEPT_SECONDS = 0.5
_REGAINED = 0.1  # seconds per second of work


class Slices:
    """The slices of the work of one delivery. Used on the delivery thread.

    Args:
        handed_over: how many operations were handed over so far.
        clock: the time, in seconds.
        processor: the processor time of the thread, in seconds.
        sleep: sleeps for so many seconds.
    """

    def __init__(
        self,
        handed_over: Callable[[], int],
        *,
        clock: Callable[[], float] = time.perf_counter,
        processor: Callable[[], float] = time.thread_time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._handed_over = handed_over
        self._clock = clock
        self._processor = processor
        self._sleep = sleep
        self._count = 0
        self._began, self._processor_began = clock(), 0.0
        self._recorded_at = self._began - _RECORDING_SECONDS
        self._seconds = _SHORT_SLEEP
        self._left = _MAX_KEPT_SECONDS

    def pause(self) -> None:
        """Let other threads run, if the present slice is over. Called after every small piece of work."""
        now = self._clock()
        if now - self._began < _SLICE_SECONDS:
            return
        worked = self._processor() - self._processor_began
        if worked < _SLICE_SECONDS:  # the thread was idle, and other threads ran
            self._began = now - worked
            return
        if worked < _LONG_SLICE_SECONDS and not self._is_recording(now):
            return
        self._left = min(self._left + worked * _REGAINED, _MAX_KEPT_SECONDS)
        if self._left > 0:
            self._sleep(self._seconds)
            now = self._learn(now)
        self._began, self._processor_began = now, self._processor()

    def _is_recording(self, now: float) -> bool:
        count = self._handed_over()
        if count != self._count:
            self._count, self._recorded_at = count, now
        return now - self._recorded_at < _RECORDING_SECONDS

    def _learn(self, slept_at: float) -> float:
        """Decide how long to sleep the next time. Returns the time."""
        now = self._clock()
        if now - slept_at - self._seconds < _KEPT_SECONDS:
            self._seconds = _SHORT_SLEEP
        else:
            self._seconds = _LONG_SLEEP
            self._left -= now - slept_at
        return now
