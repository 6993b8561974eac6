"""Reports losses to the program: a log record per cause, then their number, and a call of `on_error` per failure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from prefactor_core._delivery.dispatch import DEPENDENCY, Effects, without_full_stop
from prefactor_core._delivery.ledger import Ledger
from prefactor_core._delivery.pause_log import PauseLog
from prefactor_core._delivery.queue_bound import BOUNDED, QUEUE_FULL
from prefactor_core._log_once import LogOnce
from prefactor_core.exceptions import DeliveryError, ErrorCallback
from prefactor_http._log import logger_of
from prefactor_http.exceptions import PrefactorApiError

__all__ = ["LossLog"]

_MAX_CAUSES = 20
_FIRST_STEP = 10  # the number of failures with one cause is logged when it reaches 10, 100, 1,000 and so on
_Cause: TypeAlias = tuple[str | None, str, str, str | None]

logger = logger_of("prefactor_core")


@dataclass(slots=True)
class _Tally:
    """The failures with one cause.

    Attributes:
        first: the first one.
        failures: how many operations failed with it.
        dependents: how many failed because they depend on those.
        told: how many of `failures` the log has told of.
        next_step: the number at which the log tells of it again.
    """

    first: DeliveryError
    failures: int = 0
    dependents: int = 0
    told: int = 0
    next_step: int = _FIRST_STEP


class LossLog:
    """Logs losses, and calls `on_error`. Used on the delivery thread, and where delivery ends.

    Args:
        ledger: counts what is dropped.
        on_error: called for every operation that fails; the first exception that it raises is logged.
    """

    def __init__(self, ledger: Ledger, on_error: ErrorCallback | None) -> None:
        self._ledger = ledger
        self._on_error = on_error
        self._first_errors: dict[_Cause, DeliveryError] = {}
        self._tallies: dict[_Cause, _Tally] = {}
        self._untold = 0
        self._log_once = LogOnce()
        self._pauses = PauseLog()
        self._queue_is_full = False
        self._drops_logged = 0

    @property
    def errors(self) -> tuple[DeliveryError, ...]:
        """The first error of each cause."""
        return tuple(self._first_errors.values())[:_MAX_CAUSES]

    def record(self, effects: Effects) -> None:
        """Log the effects of a decision, and call `on_error` for each error."""
        if effects.paused:
            self._pauses.paused(effects.paused)
        if effects.resumed:
            self._pauses.resumed()
        self._pauses.check()
        if effects.bulk_unavailable:
            logger.warning(
                "the bulk endpoint is unavailable: %s (operations are sent one by one from now on)",
                without_full_stop(effects.bulk_unavailable),
            )
        self._log_causes(effects)
        for error in effects.errors:
            self._call_back(error)

    def queue_full(self) -> None:
        """Log that spans are dropped from now on; does nothing if that was logged."""
        if not self._queue_is_full:
            self._queue_is_full = True
            logger.error(
                "the queue is full (%d operations, %d bytes): new spans are dropped until it has room "
                "(QueueConfig.max_queue_size, max_queue_bytes and spool_max_bytes set its limits; the finish of an "
                "accepted span is taken beyond them)",
                self._ledger.pending,
                self._ledger.pending_bytes,
            )

    def queue_not_full(self) -> None:
        """Log how much was dropped while the queue was full; does nothing if it was not."""
        was_full, self._queue_is_full = self._queue_is_full, False
        if was_full:
            dropped = self._ledger.dropped_for(QUEUE_FULL, BOUNDED)
            lost = _count(dropped - self._drops_logged, "span or quality record was", "spans and quality records were")
            logger.error("%s dropped while the queue was full", lost)
            self._drops_logged = dropped

    def closed(self, dropped: int, last_error: DeliveryError | None, *, with_process: bool) -> None:
        """Log how many operations were dropped at the end.

        Args:
            dropped: how many.
            last_error: the last error of one of them, if there is one.
            with_process: the process ends, and the program has not closed the client.
        """
        logger.error(
            "%s not delivered before the %s, and %s dropped (QueueConfig.close_timeout limits how long it waits%s)%s",
            _count(dropped, "operation was", "operations were"),
            "process ended" if with_process else "client closed",
            "is" if dropped == 1 else "are",
            "; what is recorded meanwhile is dropped" if with_process else "",
            f"; the last error: {last_error}" if last_error else "",
        )
        if last_error:
            self._first_errors.setdefault(_cause(last_error), last_error)

    def kept(self, count: int) -> None:
        """Log how many operations wait in the spool at the end."""
        logger.warning(
            "%s not delivered yet, and kept in the spool: the next process that uses it delivers them",
            _count(count, "operation is", "operations are"),
        )

    def totals(self) -> None:
        """Log how many operations failed with each cause, and how many pauses there were, unless the log has told."""
        self._pauses.total()
        for tally in self._tallies.values():
            if tally.failures > tally.told:
                tally.told = tally.failures
                also = f", and {tally.dependents} that depend on them" if tally.dependents else ""
                logger.error("%d operations failed with this cause%s: %s", tally.failures, also, tally.first)
        if self._untold:
            logger.error("%d operations failed with causes that are not logged", self._untold)
            self._untold = 0

    def _log_causes(self, effects: Effects) -> None:
        """Log the first failure with each cause, and later their number.

        Operations that fail with another one are counted in the records of that one, which comes before them.
        """
        cause: _Cause | None = None
        for error in effects.errors:
            if error.reason != DEPENDENCY:
                cause = self._count_failure(error, effects)
            elif cause in self._tallies:
                self._tallies[cause].dependents += 1
            if len(self._first_errors) < _MAX_CAUSES:
                self._first_errors.setdefault(_cause(error), error)
        if effects.orphaned and not effects.errors and self._log_once("orphaned"):
            logger.warning(
                "a span of type %r is sent without its parent, which failed or was never started (further ones are not "
                "logged)",
                effects.orphaned[0].schema_name,
            )

    def _count_failure(self, error: DeliveryError, effects: Effects) -> _Cause:
        cause = _cause(error)
        tally = self._tallies.get(cause)
        if tally is None and len(self._tallies) >= _MAX_CAUSES:
            self._untold += 1
            return cause
        if tally is None:
            tally = self._tallies[cause] = _Tally(error, told=1)
            logger.error("%s%s (further failures with this cause are counted)", error, _dependents(effects))
        tally.failures += 1
        if tally.failures == tally.next_step:
            logger.error("%d operations have failed with this cause; the last one: %s", tally.failures, error)
            tally.told, tally.next_step = tally.failures, tally.next_step * 10
        return cause

    def _call_back(self, error: DeliveryError) -> None:
        if self._on_error is None:
            return
        try:
            self._on_error(error)
        except BaseException:  # also pytest.fail and sys.exit, which would end the delivery thread but not the program
            if self._log_once("on_error"):
                logger.exception("on_error raised an exception, which is ignored (further ones are not logged)")


def _dependents(effects: Effects) -> str:
    """How many operations and spans a failure affects, as the end of a log record."""
    failed = sum(error.reason == DEPENDENCY for error in effects.errors)
    orphaned = len(effects.orphaned)
    fail = _count(failed, "operation that depends on it fails", "operations that depend on it fail")
    are_sent = _count(orphaned, "span is sent without its parent", "spans are sent without their parents")
    return (f"; {fail}, too" if failed else "") + (f"; {are_sent}" if orphaned else "")


def _count(number: int, one: str, several: str) -> str:
    return f"{number} {one if number == 1 else several}"


def _cause(error: DeliveryError) -> _Cause:
    cause = error.__cause__
    code = cause.code if isinstance(cause, PrefactorApiError) else None
    return error.operation_type, error.reason, type(cause).__name__, code
