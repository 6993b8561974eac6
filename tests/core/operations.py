"""Span records and operations for tests of the parts of delivery, which need no client."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from prefactor_core import Operation, OperationType
from prefactor_core._records.records import InstanceRecord, SpanRecord

__all__ = ["INSTANCE", "NOW", "operation", "span_record"]

NOW = datetime(2026, 1, 1, tzinfo=UTC)
INSTANCE = InstanceRecord("i")


def span_record(
    instance: InstanceRecord = INSTANCE, parent: SpanRecord | None = None, *, span_id: str = "span", **fields: Any
) -> SpanRecord:
    """Return the record of a span with an ID of its own; `fields` are further ones of the record."""
    return SpanRecord(span_id, instance, "step", parent, **{"minted": True, "entered_at": NOW, **fields})


def operation(
    kind: OperationType = OperationType.CREATE_SPAN,
    span: SpanRecord | None = None,
    *,
    instance: InstanceRecord | None = None,
    size: int = 0,
    **payload: Any,
) -> Operation:
    """Return an operation of a span, or of an instance: `INSTANCE` if neither is given."""
    if instance is None:
        instance = INSTANCE if span is None else span.instance
    return Operation(kind, payload, NOW, "key", instance=instance, span=span, size=size)
