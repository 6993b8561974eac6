"""The clocks, as they are before a program changes them.

freezegun replaces the functions of the module `time`, wherever a module holds one. Delivery must go on meanwhile, so
these clocks belong to a module `time` of our own, which freezegun does not know. time-machine changes the functions
themselves, but only those that tell the date: `now()` then is the date that the program travelled to.
"""

from __future__ import annotations

import contextlib
import importlib.util
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Final

__all__ = ["elapsed", "later", "monotonic", "now", "unix_time", "unix_time_ns"]


def _own_time() -> Any:
    spec: Any = importlib.util.find_spec("time")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _elapsed_clock(time: Any) -> Callable[[], float]:
    with contextlib.suppress(AttributeError, OSError):  # Linux only, and not in each sandbox
        time.clock_gettime(time.CLOCK_BOOTTIME)
        return partial(time.clock_gettime, time.CLOCK_BOOTTIME)
    return time.perf_counter  # type: ignore[no-any-return]


_time: Final = _own_time()

monotonic: Final[Callable[[], float]] = _time.perf_counter
"""Seconds on a clock that never goes back, for deadlines. It may stand still while the machine sleeps."""

elapsed: Final[Callable[[], float]] = _elapsed_clock(_time)
"""Seconds on a clock that never goes back, for durations. It goes on while the machine sleeps."""

unix_time: Final[Callable[[], float]] = _time.time
"""Seconds since 1970."""

unix_time_ns: Final[Callable[[], int]] = _time.time_ns
"""Nanoseconds since 1970."""


def now(_from_timestamp: Callable[..., datetime] = datetime.fromtimestamp) -> datetime:
    """The date and time, in UTC."""
    return _from_timestamp(unix_time(), UTC)


def later(at: datetime, reading: float) -> datetime:
    """The date and time, counted from an earlier one, at which `elapsed()` was read: never before it."""
    return at + timedelta(0, elapsed() - reading)
