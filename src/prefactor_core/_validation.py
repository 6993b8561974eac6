"""What becomes of a typed payload that does not match its span type."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal, TypeAlias

from prefactor_core.exceptions import SpanValidationError
from prefactor_http._log import logger_of

__all__ = ["Validation", "ValidationMode"]

ValidationMode: TypeAlias = Literal["warn", "raise", "off"]

_MOST_WARNINGS = 1000

logger = logger_of("prefactor_core")


class Validation:
    """The client's policy: the platform records a span whether or not it matches, so by default this only tells.

    Args:
        mode: what a mismatch leads to.
        count: called for every mismatch.
        later: makes a check on the delivery thread.
    """

    def __init__(
        self, mode: ValidationMode, count: Callable[[], None], later: Callable[[Callable[[], None]], None]
    ) -> None:
        self.mode = mode
        self._count = count
        self._later = later
        self._told: set[tuple[str, str, str]] = set()

    def make(self, check: Callable[[], None], *, costly: bool) -> None:
        """Make a check of a payload: a costly one on the delivery thread, unless it may raise."""
        if costly and self.mode == "warn":
            self._later(check)
        else:
            check()

    def mismatch(self, span_type: str, part: Literal["params", "result"], problems: Sequence[str]) -> None:
        """A payload does not match.

        Args:
            span_type: name of the span type.
            part: which payload.
            problems: one line per mismatch, each `<path>: <what is wrong>`; not empty.

        Raises:
            SpanValidationError: the mode is "raise".
        """
        if self.mode == "off":
            return
        self._count()
        if self.mode == "raise":
            raise SpanValidationError(span_type, part, problems)
        if self._first(span_type, part, problems[0].partition(":")[0]):
            logger.warning(
                "%s of %r: not what the span type says: %s; recorded all the same; more at this place are not logged",
                part,
                span_type,
                "; ".join(problems),
            )

    def unknown_type(self, span_type: str) -> None:
        """A typed span is opened whose type the client's registry lacks."""
        if self._first(span_type, "", ""):
            logger.warning(
                "span type %r is not in the client's schema registry; its spans are recorded; give the client the "
                "registry of its package: PrefactorCoreConfig(schema_registry=…)",
                span_type,
            )

    def _first(self, span_type: str, part: str, path: str) -> bool:
        key = (span_type, part, path)
        if key in self._told or len(self._told) >= _MOST_WARNINGS:
            return False
        self._told.add(key)
        return True
