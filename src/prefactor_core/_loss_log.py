"""Who hears of losses: one log record per cause, the program's `on_error`, and the reports."""

from __future__ import annotations

from typing import TypeAlias

from prefactor_core._dispatch import DEPENDENCY, Losses
from prefactor_core._log_once import LogOnce
from prefactor_core.exceptions import DeliveryError, ErrorCallback
from prefactor_http._log import logger_of
from prefactor_http.exceptions import PrefactorApiError

__all__ = ["Incidents"]

_KEPT = 20
_Cause: TypeAlias = tuple[str | None, str, str, str | None]

logger = logger_of("prefactor_core")


class Incidents:
    """Tells of losses. Used on the delivery thread only.

    Args:
        on_error: called for every operation that fails; what it raises is logged once.
    """

    def __init__(self, on_error: ErrorCallback | None) -> None:
        self._on_error = on_error
        self._first: dict[_Cause, DeliveryError] = {}
        self._log_once = LogOnce()

    @property
    def errors(self) -> tuple[DeliveryError, ...]:
        """The first error of each cause."""
        return tuple(self._first.values())[:_KEPT]

    def report(self, losses: Losses) -> None:
        """Tell of losses, of an outage that begins or ends, and of a missing bulk endpoint."""
        if losses.paused:
            logger.warning("the API is away, delivery pauses: %s", losses.paused)
        if losses.resumed:
            logger.info("the API is back, delivery goes on")
        if losses.no_bulk:
            logger.warning("no bulk endpoint, operations are sent one by one: %s", losses.no_bulk)
        self._log_causes(losses)
        for error in losses.errors:
            self._call_back(error)

    def queue_full(self, operations: int, size: int) -> None:
        """Tell that loss begins."""
        logger.error(
            "the queue is full (%d operations, %d bytes): new spans are dropped until there is room", operations, size
        )

    def queue_has_room(self, dropped: int) -> None:
        """Tell that loss has ended."""
        logger.error("%d spans and quality records were dropped while the queue was full", dropped)

    def dropped(self, count: int, trouble: DeliveryError | None) -> None:
        """Tell of what the end of the client dropped, and why it had not been delivered, if that is known."""
        why = f"; the last error: {trouble}" if trouble else ""
        logger.error("%d operations were not delivered before the client closed%s", count, why)
        if trouble:
            self._first.setdefault(_cause(trouble), trouble)

    def _log_causes(self, losses: Losses) -> None:
        """One record per cause: what is lost with an operation is told in that operation's record."""
        dependent = sum(error.reason == DEPENDENCY for error in losses.errors)
        for error in losses.errors:
            cause = _cause(error)
            if cause in self._first or len(self._first) >= _KEPT:
                continue
            self._first[cause] = error
            if error.reason != DEPENDENCY:
                taken_along = _taken_along(losses, dependent)
                logger.error("%s%s; further ones of this cause are counted, not logged", error, taken_along)
        if losses.orphaned and not losses.errors and self._log_once("orphans"):
            logger.warning(
                "a span of type %r is sent without its parent, lost or never started; further ones are not logged",
                losses.orphaned[0].schema_name,
            )

    def _call_back(self, error: DeliveryError) -> None:
        if self._on_error is None:
            return
        try:
            self._on_error(error)
        except BaseException:  # pytest.fail and sys.exit too: they would end the delivery thread, not the program
            if self._log_once("on_error"):
                logger.exception("on_error raised; what it raises from now on is not logged")


def _taken_along(losses: Losses, dependent: int) -> str:
    """What an operation takes with it, in words."""
    lost = f"; operations that fail with it: {dependent}" if dependent else ""
    return lost + (f"; spans that are sent without their parent: {len(losses.orphaned)}" if losses.orphaned else "")


def _cause(error: DeliveryError) -> _Cause:
    cause = error.__cause__
    code = cause.code if isinstance(cause, PrefactorApiError) else None
    return error.operation_type, error.reason, type(cause).__name__, code
