"""What a typed span needs of the span that it records through, which is a `SpanContext`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, Protocol, TypeAlias

from prefactor_core._handed import Handed
from prefactor_core._payloads.redaction import PayloadPart, RedactionRules

__all__ = ["Part", "PayloadCall", "UntypedSpan"]

Part: TypeAlias = Literal["params", "result"]
PayloadCall: TypeAlias = Literal["start", "complete", "set_result"]
"""The name of a method that takes a payload as keywords."""


class UntypedSpan(Protocol):
    """The span that a typed span records through."""

    @property
    def id(self) -> str: ...

    def start(self, payload: dict[str, Any] | None = None, started_at: datetime | None = None) -> Handed: ...

    def complete(self, result: dict[str, Any] | None = None, timestamp: datetime | None = None) -> Handed: ...

    def fail(self, result: dict[str, Any] | None = None) -> Handed: ...

    def cancel(self) -> Handed: ...

    def finish(self) -> Handed: ...

    def set_result(self, data: dict[str, Any]) -> None: ...

    def _use_span_type(
        self, package: str, schema_name: str, redaction_rules: Mapping[PayloadPart, RedactionRules]
    ) -> None: ...

    def _note_unknown_keywords(self, call: PayloadCall, names: Sequence[str], known: Sequence[str]) -> None: ...

    def _report_positional(self, call: PayloadCall, *, recorded: bool) -> None: ...
