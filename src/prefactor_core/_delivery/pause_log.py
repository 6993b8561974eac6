"""Logs the pauses of delivery. Of an API that fails again and again, not each short pause is news."""

from __future__ import annotations

from collections.abc import Callable

from prefactor_http._clock import monotonic
from prefactor_http._log import logger_of
from prefactor_http._text import error_text

__all__ = ["PauseLog"]

_QUIET_SECONDS = 60.0
_LONG_SECONDS = 5.0

logger = logger_of("prefactor_core")


class PauseLog:
    """Logs when delivery pauses and resumes.

    A pause that begins within a minute after one that was logged is only counted, unless it lasts for 5 seconds.

    Args:
        clock: gives the seconds of a clock that never goes back.
    """

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._error: Exception | None = None  # while delivery is paused
        self._began_at = 0.0
        self._logged_at: float | None = None
        self._is_logged = False
        self._short_ones = 0

    def paused(self, error: Exception) -> None:
        """Delivery is paused because of this error."""
        self._error, self._began_at, self._is_logged = error, self._clock(), False
        if self._logged_at is None or self._began_at - self._logged_at >= _QUIET_SECONDS:
            self._log(error)

    def check(self) -> None:
        """Log a pause that turns out to be a long one. To be called now and then."""
        if self._error and not self._is_logged and self._clock() - self._began_at >= _LONG_SECONDS:
            self._log(self._error)

    def resumed(self) -> None:
        """Delivery has resumed."""
        if self._is_logged:
            logger.info("the API is available again, delivery has resumed")
        elif self._error:
            self._short_ones += 1
        self._error, self._is_logged = None, False

    def total(self) -> None:
        """Log how many pauses were not logged, if there were any since the last record."""
        if self._short_ones:
            logger.warning("delivery was paused %d more times, each time for less than 5 seconds", self._short_ones)
            self._short_ones = 0

    def _log(self, error: Exception) -> None:
        before = f"; short pauses before this one: {self._short_ones}" if self._short_ones else ""
        logger.warning(
            "the API is unavailable, delivery is paused: %s (operations are kept, and sent when it is available)%s",
            error_text(error).removesuffix("."),
            before,
        )
        self._logged_at, self._is_logged, self._short_ones = self._clock(), True, 0
