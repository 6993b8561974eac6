"""Every payload is redacted, and then cut to the size limit, before it is handed over to delivery."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from prefactor_core._call_site import at_call_site
from prefactor_core._findings import report_finding
from prefactor_core._log_once import LogOnce
from prefactor_core._payloads.collected_result import CollectedResult
from prefactor_core._payloads.redaction import (
    PayloadPart,
    RedactCallback,
    RedactionRules,
    RulesByName,
    payload_name,
    redact_fields,
)
from prefactor_core._payloads.size_limit import ESCAPED_SIZE, cut_to_limit
from prefactor_core._payloads.snapshot import EXIT_EXCEPTIONS, NO_STACK, Payload
from prefactor_http._log import logger_of

__all__ = ["PayloadPolicy"]

logger = logger_of("prefactor_core")


@dataclass
class PayloadPolicy:
    """The client's policy for payloads.

    Args:
        max_bytes: the largest size of one payload, as JSON.
        redact: the program's callable.
        rules_by_name: the redaction rules of span types that are registered with Python types.
    """

    max_bytes: int
    redact: RedactCallback | None = None
    rules_by_name: RulesByName = field(default_factory=dict)
    _log_once: LogOnce = field(default_factory=LogOnce, init=False)

    def apply(
        self, payload: Payload, schema_name: str, part: PayloadPart, redaction_rules: RedactionRules | None = None
    ) -> Payload:
        """The payload as it is recorded; never raises.

        Args:
            payload: a JSON-safe copy.
            schema_name: the span type, or the name of the quality payload.
            part: which of its payloads.
            redaction_rules: the redaction rules of its generated class; by default those of its name.
        """
        rules = redaction_rules
        if rules is None and self.rules_by_name:
            rules = self.rules_by_name.get(schema_name, {}).get(part)
        if rules is None and self.redact is None and payload.size * ESCAPED_SIZE <= self.max_bytes and not payload.cut:
            return payload  # as a rule
        return self._redact_and_cut(payload, schema_name, part, rules)

    def _redact_and_cut(
        self, payload: Payload, schema_name: str, part: PayloadPart, rules: RedactionRules | None
    ) -> Payload:
        def failed(error: BaseException) -> None:
            # Neither the message nor the traceback is logged: they may hold the value.
            name = payload_name(part, schema_name)
            text = f"redact raised {type(error).__name__} for a value in {name}; a marker is recorded in its place"
            report_finding("redact_error", text)
            self._warn_once("redact", schema_name, part, text)

        def redact_and_cut() -> Payload:
            by_rules = payload if rules is None else rules.redact(payload)
            redact = self.redact
            redacted = by_rules if redact is None else redact_fields(by_rules, redact, schema_name, part, failed)
            return cut_to_limit(redacted, self.max_bytes)

        recorded = _or_marker(redact_and_cut)
        if recorded.cut:
            text = (
                f"{payload_name(part, schema_name)} {'were' if part == 'params' else 'was'} cut to fit "
                f"PrefactorCoreConfig.max_payload_bytes ({self.max_bytes:,}) or the limit of values; markers in the "
                "payload stand for what was cut"
            )
            self._warn_once("cut", schema_name, part, text)
        return recorded

    def collect_result(self) -> CollectedResult:
        """A result without members, for the parts that a program gives."""
        return CollectedResult(self.max_bytes, lambda result: _or_marker(lambda: cut_to_limit(result, self.max_bytes)))

    def _warn_once(self, what: str, schema_name: str, part: PayloadPart, text: str) -> None:
        if self._log_once((what, schema_name, part)):
            logger.warning("%s (%sfurther ones are not logged)", text, at_call_site())


def _or_marker(make: Callable[[], Payload]) -> Payload:
    """The payload that `make` returns, or one with only a marker if it fails."""
    try:
        return make()
    except EXIT_EXCEPTIONS:
        raise
    except BaseException:  # the stack is almost used up; a payload that is redacted in part must not be recorded
        return Payload({"unreadable": NO_STACK}, cut=True)
