"""Reports losses to the program: one log record per cause, and a call of `on_error` per operation that fails."""

from __future__ import annotations

from typing import TypeAlias

from prefactor_core._delivery.dispatch import DEPENDENCY, Effects
from prefactor_core._delivery.ledger import Ledger
from prefactor_core._delivery.queue_bound import BOUNDED, QUEUE_FULL
from prefactor_core._log_once import LogOnce
from prefactor_core.exceptions import DeliveryError, ErrorCallback
from prefactor_http._log import logger_of
from prefactor_http._text import error_text
from prefactor_http.exceptions import PrefactorApiError

__all__ = ["LossLog"]

_MAX_CAUSES = 20
_Cause: TypeAlias = tuple[str | None, str, str, str | None]

logger = logger_of("prefactor_core")


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
        self._log_once = LogOnce()
        self._queue_is_full = False
        self._drops_logged = 0

    @property
    def errors(self) -> tuple[DeliveryError, ...]:
        """The first error of each cause."""
        return tuple(self._first_errors.values())[:_MAX_CAUSES]

    def record(self, effects: Effects) -> None:
        """Log the effects of a decision, and call `on_error` for each error."""
        if effects.paused:
            logger.warning(
                "the API is unavailable, delivery is paused: %s (operations are kept, and sent when it is available)",
                error_text(effects.paused),
            )
        if effects.resumed:
            logger.info("the API is available again, delivery has resumed")
        if effects.bulk_unavailable:
            logger.warning(
                "the bulk endpoint is unavailable: %s (operations are sent one by one from now on)",
                error_text(effects.bulk_unavailable),
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
                "(QueueConfig.max_queue_size and max_queue_bytes set its limits)",
                self._ledger.pending,
                self._ledger.pending_bytes,
            )

    def queue_not_full(self) -> None:
        """Log how much was dropped while the queue was full; does nothing if it was not."""
        was_full, self._queue_is_full = self._queue_is_full, False
        if was_full:
            dropped = self._ledger.dropped_for(QUEUE_FULL, BOUNDED)
            logger.error(
                "%d spans and quality records were dropped while the queue was full", dropped - self._drops_logged
            )
            self._drops_logged = dropped

    def closed(self, dropped: int, last_error: DeliveryError | None) -> None:
        """Log how many operations were dropped at the end, and the last error of one of them, if there is one."""
        why = f"; the last error: {last_error}" if last_error else ""
        logger.error(
            "%d operations were not delivered before the client closed, and are dropped "
            "(QueueConfig.close_timeout limits how long it waits)%s",
            dropped,
            why,
        )
        if last_error:
            self._first_errors.setdefault(_cause(last_error), last_error)

    def _log_causes(self, effects: Effects) -> None:
        """One record per cause. Operations that fail with another one are counted in the record of that one."""
        for error in effects.errors:
            cause = _cause(error)
            if cause in self._first_errors or len(self._first_errors) >= _MAX_CAUSES:
                continue
            self._first_errors[cause] = error
            if error.reason != DEPENDENCY:
                logger.error(
                    "%s%s (further failures with this cause are counted, not logged)", error, _dependents(effects)
                )
        if effects.orphaned and not effects.errors and self._log_once("orphaned"):
            logger.warning(
                "a span of type %r is sent without its parent, which failed or was never started (further ones are not "
                "logged)",
                effects.orphaned[0].schema_name,
            )

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
    return (f"; operations that fail with it: {failed}" if failed else "") + (
        f"; spans that are sent without their parent: {orphaned}" if orphaned else ""
    )


def _cause(error: DeliveryError) -> _Cause:
    cause = error.__cause__
    code = cause.code if isinstance(cause, PrefactorApiError) else None
    return error.operation_type, error.reason, type(cause).__name__, code
