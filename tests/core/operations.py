"""Span records and operations for tests of the parts of delivery, which need no client."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from prefactor_core import Operation, OperationType
from prefactor_core._records.records import InstanceRecord, SpanRecord

__all__ = ["INSTANCE", "NOW", "operation", "span_of"]

NOW = datetime(2026, 1, 1, tzinfo=UTC)
INSTANCE = InstanceRecord("i")


def span_of(
    instance: InstanceRecord, parent: SpanRecord | None = None, name: str = "span", **fields: Any
) -> SpanRecord:
    """Return the record of a span with a minted ID; the name is its ID and its schema name."""
    return SpanRecord(name, instance, name, parent, **{"minted": True, "entered_at": NOW, **fields})


def operation(
    kind: OperationType = OperationType.CREATE_SPAN,
    instance: InstanceRecord = INSTANCE,
    span: SpanRecord | None = None,
    *,
    size: int = 0,
    **payload: Any,
) -> Operation:
    """Return an operation of an instance, or of a span of it; `payload` holds the arguments of the call."""
    return Operation(kind, payload, NOW, "key", instance=instance, span=span, size=size)
