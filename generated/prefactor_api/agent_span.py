# Written by prefactor-gen from schemas/api. Do not edit.

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict


class ControlSignal(BaseModel):
    """What the platform asks of a run; it rides on the answers to span writes."""

    model_config = ConfigDict(
        populate_by_name=True,
    )
    terminate: bool = False
    """The run was terminated: stop."""
    reason: str | None = None
    """Why."""


class CreateAgentSpanRequest(BaseModel):
    """Create a span."""

    model_config = ConfigDict(
        populate_by_name=True,
    )
    agent_instance_id: str
    schema_name: str
    """Name of the span type."""
    status: Literal["pending", "active", "complete", "failed", "cancelled", "terminated"]
    """State of an agent instance or a span. Only the platform sets terminated, and only on instances."""
    payload: dict[str, Any] = {}
    """The params."""
    result_payload: dict[str, Any] | None = None
    """The result; only with a finished status."""
    id: str | None = None
    """PFID in the instance's partition; the API makes one when it is absent."""
    parent_span_id: str | None = None
    started_at: str | None = None
    """ISO 8601; now when it is absent."""
    finished_at: str | None = None
    """ISO 8601; absent while the span runs."""
    idempotency_key: str | None = None
    """At most 64 characters; a repetition with the same key has no second effect."""


class FinishSpanRequest(BaseModel):
    """Finish a span."""

    model_config = ConfigDict(
        populate_by_name=True,
    )
    status: Literal["complete", "failed", "cancelled"] | None = None
    """complete when it is absent."""
    result_payload: dict[str, Any] | None = None
    """The result."""
    timestamp: str | None = None
    """ISO 8601; now when it is absent."""
    idempotency_key: str | None = None
    """At most 64 characters; a repetition with the same key has no second effect."""


class AgentSpan(BaseModel):
    """A span: one recorded step."""

    model_config = ConfigDict(
        populate_by_name=True,
    )
    type: Literal["agent_span"]
    id: str
    """PFID of the span."""
    account_id: str | None = None
    agent_id: str | None = None
    agent_instance_id: str
    parent_span_id: str | None = None
    """The span that this one belongs to."""
    schema_name: str
    """Name of the span type."""
    schema_title: str | None = None
    """Title of the span type."""
    status: Literal["pending", "active", "complete", "failed", "cancelled", "terminated"]
    """State of an agent instance or a span. Only the platform sets terminated, and only on instances."""
    payload: dict[str, Any] = {}
    """The params."""
    result_payload: dict[str, Any] | None = None
    """The result, once the span is finished."""
    summary: str | None = None
    """The span type's template, rendered."""
    started_at: datetime | None = None
    finished_at: datetime | None = None
    inserted_at: datetime | None = None
    """Time of creation."""
    updated_at: datetime | None = None
    """Time of the last change."""
