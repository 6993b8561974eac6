"""Who hears of losses: one log record per cause, the program's `on_error`, and the reports."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TypeAlias

from prefactor_core._dispatch import Losses
from prefactor_core._records import SpanRecord
from prefactor_core.exceptions import DeliveryError
from prefactor_http.exceptions import PrefactorApiError

__all__ = ["ErrorCallback", "Incidents"]

ErrorCallback: TypeAlias = Callable[[DeliveryError], None]

_KEPT = 20
_Cause: TypeAlias = tuple[str | None, str, str, str | None]

logger = logging.getLogger("prefactor_core")


class Incidents:
    """Tells of losses. Used on the delivery thread only.

    Args:
        on_error: called for every operation that fails; what it raises is logged.
    """

    def __init__(self, on_error: ErrorCallback | None) -> None:
        self._on_error = on_error
        self._first: dict[_Cause, DeliveryError] = {}
        self._orphans_logged = False

    @property
    def errors(self) -> tuple[DeliveryError, ...]:
        """The first error of each cause."""
        return tuple(self._first.values())[:_KEPT]

    def report(self, losses: Losses) -> None:
        """Tell of losses."""
        for error in losses.errors:
            self._log_once(error)
            self._call_back(error)
        if losses.orphaned and not self._orphans_logged:
            self._orphans_logged = True
            self._log_orphans(losses.orphaned)

    def _log_once(self, error: DeliveryError) -> None:
        cause = _cause(error)
        if cause not in self._first and len(self._first) < _KEPT:
            self._first[cause] = error
            logger.error("%s; further ones of this cause are counted, not logged", error)

    def _log_orphans(self, orphans: tuple[SpanRecord, ...]) -> None:
        logger.warning(
            "a span of type %r is sent without its parent, whose create failed or was never made; "
            "further ones are not logged",
            orphans[0].schema_name,
        )

    def _call_back(self, error: DeliveryError) -> None:
        if self._on_error is None:
            return
        try:
            self._on_error(error)
        except Exception:
            logger.exception("on_error raised")


def _cause(error: DeliveryError) -> _Cause:
    cause = error.__cause__
    code = cause.code if isinstance(cause, PrefactorApiError) else None
    return error.operation_type, error.reason, type(cause).__name__, code
