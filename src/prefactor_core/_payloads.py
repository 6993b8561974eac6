"""What every payload goes through before it enters the queue: redaction, then the size bound."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from prefactor_core._fit import fit
from prefactor_core._log_once import LogOnce
from prefactor_core._redaction import Marks, PayloadPart, RedactCallback, redact_fields
from prefactor_core._snapshot import MEANT_FOR_THE_PROGRAM, NO_STACK, Payload
from prefactor_http._log import logger_of

__all__ = ["PayloadPolicy"]

logger = logger_of("prefactor_core")


@dataclass
class PayloadPolicy:
    """The client's policy for payloads.

    Args:
        max_bytes: what the JSON of one payload takes at most.
        redact: the program's callable.
    """

    max_bytes: int
    redact: RedactCallback | None = None
    _log_once: LogOnce = field(default_factory=LogOnce, init=False)

    def seal(self, payload: Payload, schema_name: str, part: PayloadPart, marks: Marks | None = None) -> Payload:
        """The payload as it is recorded; never raises.

        Args:
            payload: a JSON-safe copy.
            schema_name: the span type, or the name of the quality payload.
            part: which payload of it.
            marks: what its schema marks.
        """

        def failed(error: BaseException) -> None:
            # Neither the message nor the traceback: they may hold the value.
            what = f"has a field that redact failed for ({type(error).__name__}); a marker is recorded in its place"
            self._tell("redact", schema_name, part, what)

        def sealed() -> Payload:
            marked = payload if marks is None else marks.redact(payload)
            redact = self.redact
            redacted = marked if redact is None else redact_fields(marked, redact, schema_name, part, failed)
            return fit(redacted, self.max_bytes)

        done = _or_nothing(sealed)
        if done.cut:
            self._tell("cut", schema_name, part, f"is too large and was cut (max_payload_bytes is {self.max_bytes:,})")
        return done

    def bounded(self, payload: Payload) -> Payload:
        """The payload, not larger than it may be, for what is gathered until it is sealed; never raises."""
        return _or_nothing(lambda: fit(payload, self.max_bytes))

    def too_late(self, schema_name: str, part: PayloadPart) -> None:
        """A payload was given for what is recorded already: a second start, or a result after the end."""
        self._tell("late", schema_name, part, "was given after it had been recorded, and is ignored")

    def _tell(self, what: str, schema_name: str, part: PayloadPart, text: str) -> None:
        if self._log_once((what, schema_name, part)):
            logger.warning("%s of %r %s; further ones are not logged", part, schema_name, text)


def _or_nothing(make: Callable[[], Payload]) -> Payload:
    try:
        return make()
    except MEANT_FOR_THE_PROGRAM:
        raise
    except BaseException:  # a stack that is almost used up; what is left half done must not get out
        return Payload({"unreadable": NO_STACK}, cut=True)
